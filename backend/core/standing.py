"""What holds between any two inputs, looked at in the whole state: who waits is woken, and what is shown is so.

A test mode looks here, see `recheck`: it costs more than a check of what an input has touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.state import gap_key, robot_at
from twin.clock import parse_time
from twin.ids import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from backend.core.changes import Changes
    from backend.core.dock import Robot
    from backend.core.state import OpenException, Order, Sender, SiteState

_QUESTIONS = ("snapshot", "resend")
"""What is asked of a machine, whichever it is."""
_ENDS_AT_DEADLINE = ("robot_lost", "command_refused")
"""What a rule does not leave as it is when its deadline has passed."""


# --- whoever waits for an instant is woken then ---


def check_woken(state: SiteState, changes: Changes, now_us: int) -> None:
    """Whatever waits has its timer or its watchdog; none of those due by now is left to fire."""
    timers = {(at_us, kind, key) for at_us, _, kind, key in state.timers}
    kinds = {(at_us, kind) for at_us, _, kind, _ in state.timers}
    keys = {(kind, key) for _, _, kind, key in state.timers}
    for entity, timer in _awaited(state, now_us):
        if timer not in timers:
            changes.breach("never_woken", entity, f"it waits for {timer[1]} {timer[2]}, and no timer is set")
    for door in state.doors.values():
        if door.occupied_until_us > now_us and (door.occupied_until_us, "retry") not in kinds:
            changes.breach("never_woken", f"door/{door.door_id}", "it is held to be occupied, and no timer is set")
    for trailer in state.trailers.values():
        is_due = trailer.is_receipt_due and not trailer.has_receipt
        if is_due and ("receipt", trailer.trailer_id) not in keys:
            changes.breach("never_woken", f"trailer {trailer.trailer_id}", "its receipt is due, and no timer is set")
    if state.dock_answer is not None and ("dock_answer", "") not in keys:
        changes.breach("never_woken", "dock", "its planner's answer waits, and no timer is set")
    _check_deadlines(state, changes, now_us)
    _check_watchdogs(state, changes, now_us)
    _check_gaps(state, changes)


def _awaited(state: SiteState, now_us: int) -> Iterator[tuple[str, tuple[int, str, str]]]:
    """Who waits for which timer."""
    for order in state.orders.values():
        entity = f"order {order.order_id}"
        if order.retry_after_us > now_us:
            yield entity, (order.retry_after_us, "retry", order.order_id)
        if order.is_plan_pending:
            answer = state.unload_answers.get(order.order_id)
            yield entity, (0 if answer is None else answer.effect_us, "unload_answer", order.order_id)
    for exception in state.exceptions.values():
        if exception.deadline_us > now_us:
            yield exception.entity, (exception.deadline_us, "exception", exception.exception_id)


def _check_deadlines(state: SiteState, changes: Changes, now_us: int) -> None:
    for exception in state.exceptions.values():
        ends = exception.intervention_id is not None or exception.own_type in _ENDS_AT_DEADLINE
        if ends and exception.deadline_us <= now_us:
            late = f"{exception.exception_type} {exception.exception_id} is as it was before its deadline"
            changes.breach("never_woken", exception.entity, late)


def _check_watchdogs(state: SiteState, changes: Changes, now_us: int) -> None:
    dogs = state.watchdogs
    for name in ("robot", "resend", "expiry", "gap_resend", "gap_deadline"):
        deadlines = list(getattr(dogs, name).values())
        if deadlines != sorted(deadlines):
            changes.breach("never_woken", f"watchdogs {name}", "one that is due earlier stands behind another")
    for record in state.commands.values():
        action_id, target = record.command.data.action_id, record.command.subject
        is_sent = record.status == "sent"
        is_valid = now_us < parse_time(record.command.data.expires_at)
        if is_sent and is_valid and action_id not in dogs.resend:
            changes.breach("never_woken", target, f"action {action_id} is not answered, and not sent again")
        if record.status == "accepted" and (action_id in dogs.resend or action_id in dogs.expiry):
            changes.breach("never_woken", target, f"action {action_id} is answered, and still waited for")
    for action_id in (*dogs.resend, *dogs.expiry):
        if action_id not in state.commands:
            changes.breach("never_woken", f"action {action_id}", "it is over, and still waited for")
    for sender in state.senders.values():
        if sender.kind == "robot" and not state.robots[sender.entity].is_lost and sender.entity not in dogs.robot:
            changes.breach("never_woken", sender.address, "it is not lost, and nobody notices when it falls silent")


def _check_gaps(state: SiteState, changes: Changes) -> None:
    missing = {key for sender in state.senders.values() for key in _gaps(sender)}
    for name in ("gap_resend", "gap_deadline"):
        watched = getattr(state.watchdogs, name).keys()
        for key in sorted(missing ^ watched):
            told = "nobody watches it" if key in missing else "nothing is missing"
            changes.breach("never_woken", f"gap {key}", f"{told} ({name})")


def _gaps(sender: Sender) -> Iterator[str]:
    """The streams of which something is missing, or held back, by the key of their watchdogs."""
    streams = [(sender.boot, "event", sender.event), (sender.boot, "reply", sender.reply)]
    if sender.previous_boot:
        streams += [
            (sender.previous_boot, "event", sender.previous_event),
            (sender.previous_boot, "reply", sender.previous_reply),
        ]
    for boot, channel, stream in streams:
        if stream.announced > stream.last_seq or stream.held:
            yield gap_key(sender, boot, channel)


# --- what is shown is so ---


def check_shown(state: SiteState, changes: Changes) -> None:
    """What people are told is open is so, and of what is so they are told."""
    for exception in state.exceptions.values():
        why = _outlived(state, exception)
        if why:
            told = f"{exception.exception_type} {exception.exception_id} is open, {why}"
            changes.breach("shown_otherwise", exception.entity, told)
    asked = {it.intervention_id: key for key, it in state.exceptions.items() if it.intervention_id is not None}
    if asked != state.interventions:
        changes.breach("shown_otherwise", "questions", f"{len(state.interventions)} are open, {len(asked)} are asked")
    shown = {(it.own_type, it.entity) for it in state.exceptions.values()}
    for robot in state.robots.values():
        for exception_type in _not_to_be_missed(robot):
            if (exception_type, f"robot/{robot.robot_id}") not in shown:
                changes.breach("shown_otherwise", f"robot/{robot.robot_id}", f"no {exception_type} is open")
    left = {it.correlation_id for it in state.exceptions.values() if it.own_type in _LEFT}
    for order in state.orders.values():
        if _waits_for_people(state, order) and order.order_id not in left:
            changes.breach("shown_otherwise", f"order {order.order_id}", "it waits for people, and nobody is asked")


def _not_to_be_missed(robot: Robot) -> Iterator[str]:
    if robot.is_stuck:
        yield "robot_stuck"
    if robot.doubled_boot and not robot.is_visited:
        yield "double_identity"
    if robot.is_lost and robot.reported is not None and not robot.doubled_boot and not robot.is_taken_out:
        yield "robot_lost"


def _outlived(state: SiteState, exception: OpenException) -> str:
    """Why the exception should be over, empty if it need not be."""
    if exception.own_type == "command_unknown":
        record = state.commands.get(exception.action_id or "")
        return "" if record is not None and record.status == "unknown" else "and its command is not in doubt"
    if exception.own_type in _CLOSED_AT_ONCE:
        return "and was to be told and closed at once"
    if exception.own_type in _LEFT:
        order = state.orders.get(exception.correlation_id or "")
        return "" if order is not None and _waits_for_people(state, order) else "and nothing waits for it"
    if parse_address(exception.entity).kind != "robot":
        return "and was to be told and closed at once" if exception.own_type == "messages_lost" else ""
    return _outlived_of_robot(state, exception, robot_at(state, exception.entity))


def _waits_for_people(state: SiteState, order: Order) -> bool:
    """Whether people are to see to what is left in its trailer; one that was let go has left with it."""
    is_asked = order.is_floor_asked and not order.are_leftovers_settled
    return is_asked and not state.trailers[order.trailer_id].is_released


def _outlived_of_robot(state: SiteState, exception: OpenException, robot: Robot) -> str:
    if exception.error_id is None:
        is_so = _SO_LONG_AS.get(exception.exception_type)
        return "" if is_so is None or is_so(robot) else "and the robot is not so any more"
    if robot.is_taken_out or robot.doubled_boot:
        return "and the robot was taken out, or is not believed"
    reported = robot.reported
    speaker = next((it for it in state.senders.values() if it.address == exception.entity), None)
    if reported is None or speaker is None or reported.last_event_seq != speaker.event.last_seq:
        return ""  # what it has said of its errors is not all we have heard, or not yet all
    has_it = any(error.error_type == exception.exception_type for error in reported.errors)
    return "" if has_it else "and the robot has no such error"


_CLOSED_AT_ONCE = ("planner_failed", "wrong_door")
_LEFT = ("leftovers", "wall_blocked")
_SO_LONG_AS: dict[str, Callable[[Robot], bool]] = {
    "robot_stuck": lambda robot: robot.is_stuck,
    "double_identity": lambda robot: robot.doubled_boot != 0,
    "robot_lost": lambda robot: robot.is_lost or robot.is_taken_out,
    "release_to_work": lambda robot: robot.stop == "reset",
    "messages_lost": lambda robot: robot.is_holding_doubted,
    "clock_off": lambda robot: robot.clock_strikes < 0,
}


# --- doors and orders are held for somebody ---


def check_held(state: SiteState, changes: Changes) -> None:
    """What is kept for somebody is kept for somebody who is there, or comes."""
    for door in state.doors.values():
        trailer = state.trailers.get(door.trailer_id or "")
        if trailer is None:
            continue
        order = next((it for it in state.orders.values() if it.trailer_id == trailer.trailer_id), None)
        if trailer.docked_at != door.door_id and (order is None or order.door_id != door.door_id):
            changes.breach("held_in_vain", f"door/{door.door_id}", f"trailer {trailer.trailer_id} does not come here")
    for order in state.orders.values():
        robot = state.robots.get(order.blocked_by or "")
        if robot is not None and (not robot.doubled_boot or robot.is_visited):
            changes.breach("held_in_vain", f"order {order.order_id}", f"blocked by {robot.robot_id}: it is not there")
    for robot in state.robots.values():
        if robot.is_release_granted and robot.stop != "reset":
            changes.breach("held_in_vain", f"robot/{robot.robot_id}", f"a release is granted, its stop is {robot.stop}")
    for record in state.commands.values():
        kind, name = parse_address(record.command.subject)
        robot = state.robots[name] if kind == "robot" else None
        if robot is not None and record.purpose not in _QUESTIONS and (robot.is_taken_out or robot.doubled_boot):
            told = f"{record.command.type} waits for a robot that is away, or not believed"
            changes.breach("held_in_vain", record.command.subject, told)
