from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.clock import format_time
from twin.ids import Address
from twin.messages import TYPES
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command
from twin.messages.reply import CommandAccepted, CommandRejected
from twin.messages.robot import RECENT_ACTIONS_MAX, RecentAction, Snapshot, SnapshotData
from twin.robot import CommandGate, Verdict, answer
from twin.robot.gate import REISSUE_HORIZON_US

COMMANDS = frozenset(name for name, cls in TYPES.items() if issubclass(cls, Command))
MINUTE_US = 60_000_000


def a_command(action_id: str, *, epoch: int = 1, expires_us: int = MINUTE_US, boot: int = 1, seq: int = 1) -> Snapshot:
    backend = Emitter(site="bos1", address=Address("backend", "core"), boot=boot, seqs={"robot/r1": seq - 1})
    data = SnapshotData(action_id=action_id, epoch=epoch, expires_at=format_time(expires_us))
    return backend.command(Snapshot, data, target="robot/r1", at_us=0, correlation_id="o-t-1")


def test_a_command_is_accepted_once_and_its_copies_are_silent_duplicates() -> None:
    gate = CommandGate(COMMANDS)
    assert gate.judge(a_command("a"), 0) == Verdict("accepted")
    assert gate.judge(a_command("a"), 0) == Verdict("duplicate")


def test_a_reissue_of_an_accepted_action_under_a_new_epoch_is_a_duplicate() -> None:
    gate = CommandGate(COMMANDS)
    gate.judge(a_command("a"), 0)
    assert gate.judge(a_command("a", epoch=2, boot=2), 0).outcome == "duplicate"


def test_a_command_under_an_older_epoch_is_refused() -> None:
    gate = CommandGate(COMMANDS)
    gate.judge(a_command("a", epoch=3), 0)
    assert gate.judge(a_command("b", epoch=2, seq=2), 0)[:2] == ("rejected", "epoch_stale")


def test_an_action_refused_for_its_epoch_may_be_issued_again() -> None:
    gate = CommandGate(COMMANDS)
    gate.judge(a_command("a", epoch=3), 0)
    gate.judge(a_command("b", epoch=2, seq=2), 0)
    assert gate.judge(a_command("b", epoch=3, seq=3), 0).outcome == "accepted"


def test_a_command_is_accepted_at_its_expiry_and_expired_a_microsecond_later() -> None:
    assert CommandGate(COMMANDS).judge(a_command("a", expires_us=1000), 1000).outcome == "accepted"
    assert CommandGate(COMMANDS).judge(a_command("a", expires_us=1000), 1001).outcome == "expired"


def test_a_copy_of_an_expired_command_is_answered_once() -> None:
    gate = CommandGate(COMMANDS)
    gate.judge(a_command("a", expires_us=1000), 1001)
    assert gate.judge(a_command("a", expires_us=1000), 1002).outcome == "duplicate"


def test_an_expired_command_still_teaches_its_epoch() -> None:
    gate = CommandGate(COMMANDS)
    gate.judge(a_command("a", epoch=5, expires_us=1), 2)
    assert gate.judge(a_command("b", epoch=4, seq=2), 2).code == "epoch_stale"


def test_an_unknown_command_type_is_refused_as_unsupported() -> None:
    gate = CommandGate(COMMANDS - {"action.snapshot.v1"})
    assert gate.judge(a_command("a"), 0)[:2] == ("rejected", "unsupported")


def test_an_objection_of_the_entity_is_given_as_the_code() -> None:
    gate = CommandGate(COMMANDS)
    assert gate.judge(a_command("a"), 0, objection="busy", detail="at o-t-2") == Verdict("rejected", "busy", "at o-t-2")
    assert gate.recent_actions() == (RecentAction(action_id="a", action_state="FAILED"),)


def test_recent_actions_never_leave_out_one_that_is_open() -> None:
    gate = CommandGate(COMMANDS)
    for number in range(RECENT_ACTIONS_MAX + 8):
        gate.judge(a_command(f"a{number}", seq=number + 1), 0)
        gate.note(f"a{number}", "RUNNING" if number == 0 else "FINISHED")
    recent = gate.recent_actions()
    assert len(recent) == RECENT_ACTIONS_MAX
    assert recent[0] == RecentAction(action_id="a0", action_state="RUNNING")
    assert [action.action_id for action in recent[1:]] == [f"a{n}" for n in range(9, RECENT_ACTIONS_MAX + 8)]


@given(st.lists(st.sampled_from(["RUNNING", "FINISHED", "rejected"]), max_size=90))
def test_the_state_tells_of_all_that_is_open_and_of_the_latest_that_ended(states: list[str]) -> None:
    gate = CommandGate(COMMANDS)
    for number, state in enumerate(states):
        command = a_command(f"a{number}", seq=number + 1)
        gate.judge(command, 0, objection="busy" if state == "rejected" else None)
        if state != "rejected":
            gate.note(f"a{number}", "RUNNING" if state == "RUNNING" else "FINISHED")
    is_open = [state == "RUNNING" for state in states]
    ended = [number for number, open_still in enumerate(is_open) if not open_still]
    passed = set(ended[: max(0, len(ended) - max(0, RECENT_ACTIONS_MAX - sum(is_open)))])
    expected = [f"a{number}" for number in range(len(states)) if number not in passed][-RECENT_ACTIONS_MAX:]
    assert [action.action_id for action in gate.recent_actions()] == expected


def test_a_full_memory_refuses_rather_than_forget_what_may_come_again() -> None:
    gate = CommandGate(COMMANDS, actions_max=1)
    gate.judge(a_command("a"), 0)
    gate.note("a", "FINISHED")
    assert gate.judge(a_command("b", seq=2), 0).code == "too_many_commands"
    may_forget_us = MINUTE_US + REISSUE_HORIZON_US
    late = a_command("c", seq=3, expires_us=2 * may_forget_us)
    assert gate.judge(late, may_forget_us).code == "too_many_commands"
    late = a_command("d", seq=4, expires_us=2 * may_forget_us)
    assert gate.judge(late, may_forget_us + 1).outcome == "accepted"


def test_a_full_memory_never_forgets_an_action_that_is_open() -> None:
    gate = CommandGate(COMMANDS, actions_max=1)
    gate.judge(a_command("a"), 0)
    late_us = 2 * REISSUE_HORIZON_US
    assert gate.judge(a_command("b", seq=2, expires_us=late_us), late_us).code == "too_many_commands"


def test_a_restart_fails_what_was_open_and_forgets_nothing() -> None:
    before = CommandGate(COMMANDS)
    before.judge(a_command("a", epoch=2), 0)
    after = CommandGate(COMMANDS, memory=before.remember())
    after.restarted()
    assert after.recent_actions() == (RecentAction(action_id="a", action_state="FAILED"),)
    assert after.judge(a_command("a", epoch=2), 0).outcome == "duplicate"
    assert after.highest_epoch == 2


def test_an_answer_names_its_command_and_copies_its_correlation() -> None:
    robot = Emitter(site="bos1", address=Address("robot", "r1"), boot=1)
    command = a_command("a")
    reply = answer(robot, command, Verdict("rejected", "busy"), at_us=5)
    assert isinstance(reply, CommandRejected)
    assert (reply.data.command_id, reply.data.action_id, reply.data.code) == (command.id, "a", "busy")
    assert (reply.correlationid, reply.causationid, reply.seq) == ("o-t-1", command.id, 1)


def test_a_duplicate_gets_no_answer_and_uses_no_number() -> None:
    robot = Emitter(site="bos1", address=Address("robot", "r1"), boot=1)
    assert answer(robot, a_command("a"), Verdict("duplicate"), at_us=5) is None
    accepted = answer(robot, a_command("a"), Verdict("accepted"), at_us=5)
    assert isinstance(accepted, CommandAccepted)
    assert accepted.seq == 1
