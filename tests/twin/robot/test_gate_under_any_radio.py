"""Under any radio each action runs at most once, none after it expired, none under an older epoch."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from twin.clock import format_time, parse_time
from twin.ids import Address
from twin.messages import TYPES
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command
from twin.messages.robot import RECENT_ACTIONS_MAX, Snapshot, SnapshotData
from twin.robot import CommandGate
from twin.robot.gate import REISSUE_HORIZON_US

COMMANDS = frozenset(name for name, cls in TYPES.items() if issubclass(cls, Command))
LIFETIME_US = 60_000_000
ACTIONS_MAX = 2


class RadioMachine(RuleBasedStateMachine):
    """A backend that issues, re-issues and loses its lease; a radio that keeps every command; one gate."""

    on_the_air = Bundle("on_the_air")

    @initialize()
    def power_on(self) -> None:
        self.now_us = 0
        self.epoch = 1
        self.backend = Emitter(site="bos1", address=Address("backend", "core"), boot=1)
        self.gate = CommandGate(COMMANDS, actions_max=ACTIONS_MAX)
        self.executed: list[Snapshot] = []
        self.epochs_heard = 0
        self.actions = 0
        self.first_issued_us: dict[str, int] = {}

    def _issue(self, action_id: str) -> Snapshot:
        data = SnapshotData(action_id=action_id, epoch=self.epoch, expires_at=format_time(self.now_us + LIFETIME_US))
        return self.backend.command(Snapshot, data, target="robot/r1", at_us=self.now_us)

    @rule(target=on_the_air)
    def a_new_action_is_issued(self) -> Snapshot:
        self.actions += 1
        self.first_issued_us[f"a{self.actions}"] = self.now_us
        return self._issue(f"a{self.actions}")

    @rule(target=on_the_air, earlier=on_the_air)
    def an_action_is_issued_again_if_the_snapshot_does_not_show_it(self, earlier: Snapshot) -> Snapshot:
        action_id = earlier.data.action_id
        is_shown = action_id in {action.action_id for action in self.gate.recent_actions()}
        is_overdue = parse_time(earlier.data.expires_at) < self.now_us
        is_too_late = self.first_issued_us[action_id] + REISSUE_HORIZON_US < self.now_us
        return self._issue(action_id) if is_overdue and not (is_shown or is_too_late) else earlier

    @rule(heard=on_the_air)
    def any_copy_arrives_at_any_time(self, heard: Snapshot) -> None:
        verdict = self.gate.judge(heard, self.now_us)
        if verdict.outcome == "accepted":
            assert self.now_us <= parse_time(heard.data.expires_at)
            assert heard.data.epoch >= self.epochs_heard
            self.executed.append(heard)
        self.epochs_heard = max(self.epochs_heard, heard.data.epoch)

    @rule()
    def all_that_is_open_ends(self) -> None:
        for action in self.gate.recent_actions():
            self.gate.note(action.action_id, "FINISHED")

    @rule(state=st.sampled_from(["RUNNING", "FINISHED", "FAILED"]))
    def an_action_goes_on(self, state: str) -> None:
        if self.executed and self.executed[-1].data.action_id in self.gate._actions:
            self.gate.note(self.executed[-1].data.action_id, state)  # type: ignore[arg-type]

    @rule(seconds=st.sampled_from([1, 30, 61, 1_800, 3_600]))
    def time_passes(self, seconds: int) -> None:
        self.now_us += seconds * 1_000_000

    @rule()
    def another_backend_takes_the_lease(self) -> None:
        self.epoch += 1
        self.backend = Emitter(site="bos1", address=Address("backend", "core"), boot=self.backend.boot + 1)

    @rule()
    def the_robot_restarts(self) -> None:
        self.gate = CommandGate(COMMANDS, memory=self.gate.remember(), actions_max=ACTIONS_MAX)
        self.gate.restarted()

    @invariant()
    def each_action_was_executed_at_most_once(self) -> None:
        done = [command.data.action_id for command in getattr(self, "executed", [])]
        assert len(done) == len(set(done))

    @invariant()
    def its_memory_is_bounded(self) -> None:
        if hasattr(self, "gate"):
            assert len(self.gate.recent_actions()) <= RECENT_ACTIONS_MAX
            assert len(self.gate.remember().actions) <= ACTIONS_MAX


TestGateUnderAnyRadio = RadioMachine.TestCase
TestGateUnderAnyRadio.settings = settings(max_examples=150, stateful_step_count=60, deadline=None, derandomize=True)
