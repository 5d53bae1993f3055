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


class RadioMachine(RuleBasedStateMachine):
    """A backend that issues, re-issues and loses its lease; a radio that keeps every command; one gate.

    Few rules, each drawing what happens: Hypothesis leaves some rules out of each run.
    """

    on_the_air = Bundle("on_the_air")

    @initialize(target=on_the_air, actions_max=st.sampled_from([1, 2, 50]))
    def power_on(self, actions_max: int) -> Snapshot:
        self.actions_max = actions_max
        self.now_us = 0
        self.epoch = 1
        self.backend = Emitter(site="bos1", address=Address("backend", "core"), boot=1)
        self.gate = CommandGate(COMMANDS, actions_max=actions_max)
        self.executed: list[str] = []
        self.highest_epoch_heard = 0
        self.first_issued_us: dict[str, int] = {}
        return self._issue_new()

    def _issue(self, action_id: str) -> Snapshot:
        data = SnapshotData(action_id=action_id, epoch=self.epoch, expires_at=format_time(self.now_us + LIFETIME_US))
        return self.backend.command(Snapshot, data, target="robot/r1", at_us=self.now_us)

    def _issue_new(self) -> Snapshot:
        action_id = f"a{len(self.first_issued_us)}"
        self.first_issued_us[action_id] = self.now_us
        return self._issue(action_id)

    def _may_issue_again(self, earlier: Snapshot) -> bool:
        is_overdue = parse_time(earlier.data.expires_at) < self.now_us
        is_within_horizon = self.now_us <= self.first_issued_us[earlier.data.action_id] + REISSUE_HORIZON_US
        return is_overdue and is_within_horizon

    @rule(target=on_the_air, earlier=on_the_air)
    def the_backend_issues_an_unanswered_action_again_or_a_new_one(self, earlier: Snapshot) -> Snapshot:
        return self._issue(earlier.data.action_id) if self._may_issue_again(earlier) else self._issue_new()

    @rule(heard=on_the_air, delay_us=st.sampled_from([0, 0, 0, 1, LIFETIME_US - 1, LIFETIME_US, LIFETIME_US + 1]))
    def a_copy_arrives(self, heard: Snapshot, delay_us: int) -> None:
        self.now_us += delay_us
        verdict = self.gate.judge(heard, self.now_us)
        if verdict.outcome == "accepted":
            assert self.now_us <= parse_time(heard.data.expires_at)
            assert heard.data.epoch >= self.highest_epoch_heard
            self.executed.append(heard.data.action_id)
        self.highest_epoch_heard = max(self.highest_epoch_heard, heard.data.epoch)

    @rule(what=st.sampled_from(["lease", "lease", "restart", "end", "begin", "two minutes", "an hour"]))
    def something_else_happens(self, what: str) -> None:
        if what == "lease":
            self.epoch += 1
            self.backend = Emitter(site="bos1", address=Address("backend", "core"), boot=self.epoch)
        elif what == "restart":
            self.gate = CommandGate(COMMANDS, memory=self.gate.remember(), actions_max=self.actions_max)
            self.gate.restarted()
        elif what in {"begin", "end"}:
            for action in self.gate.recent_actions():
                self.gate.note(action.action_id, "RUNNING" if what == "begin" else "FINISHED")
        else:
            self.now_us += 2 * LIFETIME_US if what == "two minutes" else REISSUE_HORIZON_US

    @invariant()
    def each_action_was_executed_at_most_once(self) -> None:
        assert len(self.executed) == len(set(self.executed))

    @invariant()
    def its_memory_is_bounded(self) -> None:
        assert len(self.gate.recent_actions()) <= RECENT_ACTIONS_MAX
        assert len(self.gate.remember().actions) <= self.actions_max


TestGateUnderAnyRadio = RadioMachine.TestCase
TestGateUnderAnyRadio.settings = settings(max_examples=500, stateful_step_count=40, deadline=None, derandomize=True)
