"""Commands: at most once on the wire, exactly once in effect, ended by their target alone or *unknown*.

Identical bytes are sent again until the target answers or the command has expired. An unknown one is issued anew, under
the same action, only when the target has said that it does not know the action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from backend.core import cells, invariants
from backend.core.state import CommandRecord, next_id, robot_at
from backend.services import exceptions
from twin.clock import format_time, parse_time
from twin.messages import reply, robot

if TYPE_CHECKING:
    from backend.core.state import Purpose, Sender
    from backend.services.desk import Desk
    from twin.messages import Command, Reply
    from twin.messages.envelope import CommandData
    from twin.messages.robot import ActionState, RecentAction

ENDED_PER_TARGET_MAX = 64
"""Outcomes remembered per target, to see a command that ends twice."""

OUTCOMES: dict[type[Reply], str] = {
    reply.CommandAccepted: "accepted",
    reply.CommandRejected: "rejected",
    reply.CommandCompleted: "completed",
    reply.CommandFailed: "failed",
    reply.CommandExpired: "expired",
}
_SEEN: dict[ActionState, str] = {"FINISHED": "completed", "FAILED": "failed"}


class Ended(NamedTuple):
    """A command that has ended, how, and the target's code."""

    record: CommandRecord
    outcome: str
    code: str | None


def issue(
    desk: Desk,
    command_type: type[Command],
    data_type: type[CommandData],
    *,
    target: str,
    purpose: Purpose,
    for_order: str | None = None,
    **fields: Any,  # noqa: ANN401 - the fields of whatever data type it is
) -> str:
    """Send a new command to `target` (`robot/r7`); returns its action id."""
    action_id = next_id(desk.state, "action", "a")
    data = data_type(
        action_id=action_id,
        epoch=desk.state.epoch,
        expires_at=format_time(desk.now_us + desk.timeouts.expires_us),
        **fields,
    )
    record = CommandRecord(
        command=_stamp(desk, command_type, data, target, for_order), purpose=purpose, order_id=for_order
    )
    desk.state.commands[action_id] = record
    desk.open_at.add(record)
    invariants.check_issue(desk.state, desk.changes, record)
    _send_first(desk, record)
    return action_id


def _stamp(desk: Desk, command_type: type[Command], data: CommandData, target: str, order_id: str | None) -> Command:
    return desk.emitter.command(
        command_type,
        data,
        target=target,
        at_us=desk.now_us,
        correlation_id=order_id,
        causation_id=None if desk.cause is None else desk.cause.id,
    )


def _send_first(desk: Desk, record: CommandRecord) -> None:
    action_id = record.command.data.action_id
    desk.send(record.command)
    desk.arm(desk.state.watchdogs.resend, action_id, desk.timeouts.resend_us)
    desk.arm(desk.state.watchdogs.expiry, action_id, desk.timeouts.expires_us + desk.timeouts.expiry_grace_us)


def is_pointless(desk: Desk, record: CommandRecord) -> bool:
    """Whether nobody wants it any more.

    The order that it was for is over, as its trailer has left before its target said what it did; or the robot was
    stopped again, and nobody has released it from this stop.
    """
    if record.purpose == "release_to_work":
        return not robot_at(desk.state, record.command.subject).is_release_granted
    return record.order_id is not None and record.order_id not in desk.state.orders


def issue_again(desk: Desk, record: CommandRecord) -> None:
    """A new message of the same action: its target has forgotten it or never heard of it, or our epoch has risen."""
    old = record.command
    data = msgspec.structs.replace(
        old.data,
        epoch=desk.state.epoch,
        expires_at=format_time(desk.now_us + desk.timeouts.expires_us),
    )
    record.superseded[old.id] = old.data.epoch
    record.command = _stamp(desk, type(old), data, old.subject, record.order_id)
    record.status = "sent"
    desk.state.unknown_actions.pop(data.action_id, None)
    invariants.check_issue(desk.state, desk.changes, record)
    _send_first(desk, record)


def take_over(desk: Desk) -> None:
    """Issue anew, under the present epoch, what an earlier epoch has issued and nobody has answered."""
    for record in list(desk.state.commands.values()):
        # What is withheld expires, and is issued anew later.
        is_wanted = record.status == "sent" and not is_pointless(desk, record)
        if is_wanted and not cells.is_withheld(desk.state, record.command):
            issue_again(desk, record)


def resend(desk: Desk, action_id: str) -> None:
    """Nobody has answered: the identical command once more, while it may still be carried out."""
    record = desk.state.commands[action_id]
    if desk.now_us < parse_time(record.command.data.expires_at):
        if not cells.is_withheld(desk.state, record.command):
            invariants.check_issue(desk.state, desk.changes, record)
            desk.send(record.command)
        desk.arm(desk.state.watchdogs.resend, action_id, desk.timeouts.resend_us)


def give_up_waiting(desk: Desk, action_id: str) -> None:
    """No answer until expiry and grace: the outcome is unknown, and the target is asked how it is."""
    record = desk.state.commands[action_id]
    if _is_unknown(desk, record, "was not answered"):
        ask_how_it_is(desk, record.command.subject)


def _is_unknown(desk: Desk, record: CommandRecord, why: str) -> bool:
    """What became of it is not known, and it shows. One that only asks is dropped: another is sent when needed."""
    action_id, target = record.command.data.action_id, record.command.subject
    if record.purpose in ("snapshot", "resend"):
        abandon(desk, action_id)
        return False
    record.status = "unknown"
    desk.state.unknown_actions[action_id] = target
    order = desk.state.orders.get(record.order_id or "")
    exceptions.raise_exception(
        desk,
        "command_unknown",
        entity=target,
        detail=f"{record.command.type} {why}",
        trailer_id=None if order is None else order.trailer_id,
        action_id=action_id,
    )
    return True


def ask_how_it_is(desk: Desk, target: str) -> None:
    """Ask a robot or the yard for its state; what else has one says it every period, and takes no commands."""
    if target.startswith(("robot/", "yard/")) and not desk.open_at.at(target, "snapshot"):
        issue(desk, robot.Snapshot, robot.SnapshotData, target=target, purpose="snapshot")


def doubt_outcomes(desk: Desk, target: str) -> None:
    """Replies of the target are lost, or it has started again: whatever it has taken on may have ended.

    What it has not answered yet is watched as before.
    """
    for record in desk.open_at.at(target):
        if record.status == "accepted":
            _is_unknown(desk, record, "may have ended: its end would be among lost messages")


def cancel_order(desk: Desk, *, target: str, order_id: str) -> None:
    """Tell a robot to end its order and leave the trailer."""
    issue(desk, robot.Cancel, robot.CancelData, target=target, purpose="cancel", for_order=order_id, order_id=order_id)


def abandon(desk: Desk, action_id: str) -> None:
    """Nobody will ever say what became of it. Whoever abandons what an order waits for takes it from the order too."""
    state = desk.state
    record = _take_off(desk, action_id)
    _stop_watching(desk, action_id)
    target = record.command.subject
    state.abandoned[target] = state.abandoned.get(target, 0) + 1
    exceptions.resolve_if_open(desk, "command_unknown", action_id=action_id, resolution="abandoned")


def _take_off(desk: Desk, action_id: str) -> CommandRecord:
    """It is open no more."""
    record = desk.state.commands.pop(action_id)
    desk.open_at.remove(record)
    return record


def abandon_all(desk: Desk, target: str) -> list[CommandRecord]:
    """Abandon whatever is outstanding at `target`; returns what it was."""
    records = desk.open_at.at(target)
    for record in records:
        abandon(desk, record.command.data.action_id)
    return records


def _stop_watching(desk: Desk, action_id: str) -> None:
    state = desk.state
    state.watchdogs.resend.pop(action_id, None)
    state.watchdogs.expiry.pop(action_id, None)
    state.unknown_actions.pop(action_id, None)


def hear(desk: Desk, sender: Sender, message: Reply) -> Ended | None:
    """Take the target's word; returns the command if it has ended."""
    data = message.data
    record = desk.state.commands.get(data.action_id)
    outcome = OUTCOMES[type(message)]
    if record is None or record.command.subject != sender.address:
        _hear_of_another(desk, sender, data.action_id, outcome)
        return None
    if data.command_id in record.superseded and (outcome == "expired" or data.code == "epoch_stale"):
        desk.refuse("reply_superseded")
        return None  # such a refusal does not use up the action: its latest message is still on its way
    invariants.check_reply(desk.state, desk.changes, record, message, now_us=desk.now_us)
    if record.status == "unknown":
        exceptions.resolve_if_open(desk, "command_unknown", action_id=data.action_id, resolution=outcome)
    _stop_watching(desk, data.action_id)
    if outcome == "accepted":
        record.status = "accepted"
        return None
    return _end(desk, record, outcome, data.code)


def _end(desk: Desk, record: CommandRecord, outcome: str, code: str | None) -> Ended:
    action_id, target = record.command.data.action_id, record.command.subject
    _take_off(desk, action_id)
    ended = desk.state.ended.setdefault(target, {})
    ended[action_id] = outcome
    if len(ended) > ENDED_PER_TARGET_MAX:
        desk.state.ended[target] = dict(list(ended.items())[ENDED_PER_TARGET_MAX // 2 :])
    return Ended(record, outcome, code)


def _hear_of_another(desk: Desk, sender: Sender, action_id: str, outcome: str) -> None:
    """A reply to a command we do not wait for."""
    before = desk.state.ended.get(sender.address, {}).get(action_id)
    if before is None:
        desk.refuse("reply_unmatched")
    elif not before.endswith(_BY_STATE):
        desk.changes.breach("command_ended_twice", sender.address, f"action {action_id}: {before}, then {outcome}")


_BY_STATE = " (by its state)"


def settle_unknown(desk: Desk, target: str, recent_actions: tuple[RecentAction, ...]) -> list[Ended]:
    """The target has said how it is: what it does not know is issued again, what it knows is known."""
    known = {it.action_id: it.action_state for it in recent_actions}
    ended: list[Ended] = []
    for action_id in [key for key, where in desk.state.unknown_actions.items() if where == target]:
        record = desk.state.commands[action_id]
        if desk.now_us < parse_time(record.command.data.expires_at) + desk.timeouts.expiry_grace_us:
            continue  # it may have been said before the command had expired: that may have arrived since
        action_state = known.get(action_id)
        if action_state is None and is_pointless(desk, record):
            abandon(desk, action_id)
            continue
        if action_state is None and not record.superseded:
            if cells.is_withheld(desk.state, record.command):
                continue  # its next state comes soon enough
            exceptions.resolve_if_open(desk, "command_unknown", action_id=action_id, resolution="issued_again")
            issue_again(desk, record)
            continue
        # Issued again, expired again, and still not told of: it ended so long ago that its target tells of it no more,
        # or was never heard. Either way it will not be carried out now.
        outcome = "expired" if action_state is None else _SEEN.get(action_state, "accepted")
        exceptions.resolve_if_open(desk, "command_unknown", action_id=action_id, resolution=outcome)
        _stop_watching(desk, action_id)
        if outcome == "accepted":
            record.status = "accepted"
        else:
            ended.append(_end(desk, record, outcome, None))
            desk.state.ended[target][action_id] = outcome + _BY_STATE
    return ended
