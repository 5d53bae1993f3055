"""What is always true of a site. A breach is recorded, never repaired: it is a bug, here or in the field.

Three kinds of check. The folds see what an input contradicts. `check_touched` looks after every input at all that it
has touched. `audit` looks at everything, now and then and at the end.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from backend.core.cells import MOVING
from backend.core.dock import PLACES, Case, Door, Place, Robot, Trailer
from backend.core.receipt import count, manifest
from backend.core.state import Order, robot_at
from twin.clock import parse_time
from twin.ids import order_id_of, parse_address
from twin.messages.reply import CommandAccepted
from twin.messages.robot import CASES_PER_PICK_MAX, AssignOrder, ReleaseToWork
from twin.messages.trailer import ReleaseTrailer

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.changes import Changes
    from backend.core.state import CommandRecord, SiteState, Stream
    from twin.messages import Command, Message, Reply
    from twin.messages.receipt import ReceiptLine

VIOLATIONS_KEPT_MAX = 1000
_THERE: tuple[Place, ...] = ("delivered", "manual", "damaged", "refused")
"""Where a case is of which a receipt can tell."""


class Invariant(NamedTuple):
    """One thing that is always true: the rule of docs/invariants.md it is part of, and what it says."""

    rule: int
    says: str


INVARIANTS: dict[str, Invariant] = {
    "case_place": Invariant(1, "a case is where robots, conveyors and people together say it is"),
    "case_count": Invariant(1, "the cases of a trailer, counted by place, are all its cases"),
    "case_taken_twice": Invariant(1, "only what is in the trailer is picked, falls, is set aside or proves to be none"),
    "case_placed_twice": Invariant(1, "a case is laid on a conveyor once"),
    "case_delivered_twice": Invariant(1, "a case reaches induction once"),
    "case_in_two_places": Invariant(1, "a case is delivered or carried out by people, and that once"),
    "case_not_in_hand": Invariant(1, "a robot lets go of what it holds"),
    "holding_disagrees": Invariant(1, "a robot's states and its events agree on what it holds"),
    "placed_disagrees": Invariant(1, "a robot counts as many placed cases as it has told of"),
    "delivered_reverted": Invariant(1, "what is delivered stays delivered"),
    "receipt_line": Invariant(1, "of each manifest line, expected = received + damaged + refused + short"),
    "receipt_sum": Invariant(1, "a receipt counts each case once, and forgets none"),
    "case_not_owned": Invariant(2, "a robot picks what is in its own plan"),
    "hand_holds_too_many": Invariant(2, "a hand holds no more cases than its factsheet says, else one"),
    "hand_without_robot": Invariant(2, "a case in hand is in the hand of the robot that owns it"),
    "hand_not_owned": Invariant(2, "what a robot holds it owns, and nobody has it elsewhere"),
    "two_robots_inside": Invariant(2, "a robot that enters a trailer has its order, and no other is inside with it"),
    "order_two_robots": Invariant(2, "an order and its robot name each other, and no other"),
    "door_two_trailers": Invariant(2, "a door is given to one trailer at most, and restrains and opens for that one"),
    "trailer_two_doors": Invariant(2, "a trailer is given one door at most"),
    "command_ended_twice": Invariant(3, "a command ends once"),
    "command_forgotten": Invariant(
        3, "a command that is not answered is watched until it is, or is unknown, which shows"
    ),
    "order_waits_in_vain": Invariant(3, "a command that an order waits for is open"),
    "ran_after_expiry": Invariant(3, "nothing is begun after it has expired, by its target's clock"),
    "old_epoch_accepted": Invariant(3, "nothing is begun under an older epoch than its target has seen"),
    "stream_order": Invariant(4, "durable messages of one boot take effect in order, each once"),
    "state_order": Invariant(4, "of two states the later is believed"),
    "robot_state_transition": Invariant(4, "a robot goes from state to state as the table of states allows"),
    "timer_late": Invariant(4, "a timer fires at its own instant, before whatever comes later"),
    "unsettled": Invariant(4, "what an input has made possible is done with it, and not with the next"),
    "never_woken": Invariant(4, "what waits for an instant is woken then, and what waits no more is not"),
    "shown_otherwise": Invariant(4, "of what is open people are told, and what they are told is open is so"),
    "held_in_vain": Invariant(4, "what is kept for somebody is kept for one who is there, or comes"),
    "stop_not_mirrored": Invariant(6, "a robot that says that it is stopped is known to be"),
    "rebuilt_otherwise": Invariant(5, "a backend rebuilt from its ledger is the one that was dropped, its timers too"),
    "kept_otherwise": Invariant(5, "what is kept beside the state is what the state gives"),
    "released_unasked": Invariant(
        6, "a robot is released to work only after it has said that its stop was reset, and a person has released it"
    ),
    "work_while_stopped": Invariant(6, "nothing but its release sets a robot in motion that was stopped in emergency"),
    "not_restrained": Invariant(7, "no robot is sent into, enters or picks in a trailer that is not restrained"),
    "not_ready": Invariant(7, "no robot is sent into a trailer unless its door is open and the leveller down"),
    "released_with_robot_inside": Invariant(7, "no trailer is let go with a robot inside"),
    "released_with_person_inside": Invariant(7, "no trailer is let go with a person inside"),
    "motion_with_person_inside": Invariant(7, "no robot is set in motion where a person is, wherever it may be"),
    "work_for_lost_robot": Invariant(8, "nothing sets a robot in motion that is lost, taken away or not believed"),
    "lost_robot_believed": Invariant(8, "what a robot held that is lost, or not believed, is unknown"),
}
"""All that is checked while a site runs, by the code a violation bears."""


# --- after every input, on what it touched ---


def check_touched(state: SiteState, changes: Changes) -> None:
    """Check what the input touched."""
    for it in changes.touched:
        _CHECKS[type(it)](state, changes, it)
    changes.touched.clear()


def _check_case(state: SiteState, changes: Changes, case: Case) -> None:
    place = case.place_told
    if case.place != place:
        changes.breach("case_place", f"case {case.track_id}", f"it is in {case.place}, its messages say {place}")
    if place == "hand":
        holder = None if case.owner is None else state.robots.get(case.owner)
        if holder is None or case.track_id not in holder.holding:
            changes.breach("hand_without_robot", f"case {case.track_id}", f"owner {case.owner or 'nobody'}")


def _check_robot(state: SiteState, changes: Changes, robot: Robot) -> None:
    for track_id, trailer_id in robot.holding.items():
        case = state.trailers[trailer_id].cases.get(track_id)
        if case is None or case.owner != robot.robot_id or case.robot_place not in ("hand", "unknown"):
            where = "no case" if case is None else f"{case.robot_place}, owner {case.owner}"
            changes.breach("hand_not_owned", f"robot/{robot.robot_id}", f"it holds {track_id}: {where}")
        elif (robot.is_lost or robot.doubled_boot) and case.robot_place == "hand":
            changes.breach("lost_robot_believed", f"robot/{robot.robot_id}", f"{track_id} is in its hand")
    if robot.order_id is not None:
        order = state.orders.get(robot.order_id)
        if order is None or order.robot_id != robot.robot_id:
            changes.breach("order_two_robots", f"robot/{robot.robot_id}", f"order {robot.order_id}")


def _check_order(state: SiteState, changes: Changes, order: Order) -> None:
    for action_id in (order.order_action, order.plan_action):
        if action_id is not None and action_id not in state.commands:
            changes.breach("order_waits_in_vain", f"order {order.order_id}", f"action {action_id} is over")
    if order.robot_id is not None:
        robot = state.robots[order.robot_id]
        if robot.order_id != order.order_id:
            changes.breach(
                "order_two_robots",
                f"robot/{robot.robot_id}",
                f"order {order.order_id} names it, it has {robot.order_id or 'none'}",
            )
        elif order.release_action is not None:
            changes.breach("released_with_robot_inside", f"robot/{robot.robot_id}", f"order {order.order_id}")


def _check_door(state: SiteState, changes: Changes, door: Door) -> None:
    trailer_id = door.trailer_id
    for held in (door.restrains, door.open_for, door.leveller_down_for):
        if held is not None and trailer_id is not None and held != trailer_id:
            changes.breach("door_two_trailers", f"door/{door.door_id}", f"trailer {held} and trailer {trailer_id}")
    for other in state.doors.values() if trailer_id is not None else ():
        if other is not door and other.trailer_id == trailer_id:
            changes.breach("trailer_two_doors", f"door/{door.door_id}", f"trailer {trailer_id}, door {other.door_id}")


def _check_trailer(state: SiteState, changes: Changes, trailer: Trailer) -> None:
    entity = f"trailer {trailer.trailer_id}"
    if sum(trailer.counts.values()) != len(trailer.cases):
        changes.breach("case_count", entity, f"{trailer.counts} of {len(trailer.cases)} cases")
    if trailer.docked_at is not None and state.doors[trailer.docked_at].trailer_id != trailer.trailer_id:
        changes.breach("door_two_trailers", entity, f"at door {trailer.docked_at}, given to another")


def check_receipt(changes: Changes, trailer: Trailer, lines: tuple[ReceiptLine, ...], unidentified: int) -> None:
    """Expected = received + damaged + refused + short by line, and no case is counted twice or forgotten."""
    entity = f"trailer {trailer.trailer_id}"
    for line in lines:
        if line.expected != line.received + line.damaged + line.refused + line.short:
            changes.breach("receipt_line", entity, f"line {line.line_id}: {line}")
    counted = sum(line.received + line.damaged + line.refused + line.over for line in lines) + unidentified
    places = [case.place for case in trailer.cases.values()]
    labels = {line.label for part in trailer.lines_by_part.values() for line in part}
    unlabelled = sum(
        case.place in ("damaged", "refused") and case.label not in labels for case in trailer.cases.values()
    )
    _check_short(changes, trailer, lines)
    there = sum(places.count(place) for place in _THERE)
    if counted + unlabelled != there:
        changes.breach("receipt_sum", entity, f"{counted} counted, {unlabelled} without a line, {there} cases")


def _check_short(changes: Changes, trailer: Trailer, lines: tuple[ReceiptLine, ...]) -> None:
    """What is short or over of each label, counted anew: from what was announced, and from the cases alone."""
    announced: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for line, receipt_line in zip(manifest(trailer), lines, strict=True):
        announced[line.label] += line.quantity
        told[line.label] += receipt_line.short - receipt_line.over
    there = Counter([case.label for case in trailer.cases.values() if case.place in _THERE])
    for label, quantity in announced.items():
        if told[label] != quantity - there[label]:
            entity = f"trailer {trailer.trailer_id}"
            changes.breach("receipt_line", entity, f"label {label}: {quantity} announced, {there[label]} there")


_CHECKS: dict[type, Callable[[SiteState, Changes, Any], None]] = {
    Case: _check_case,
    Robot: _check_robot,
    Order: _check_order,
    Door: _check_door,
    Trailer: _check_trailer,
}


# --- commands ---


def check_issue(state: SiteState, changes: Changes, record: CommandRecord) -> None:
    """Whether this may be commanded now, for the first time or again."""
    command = record.command
    if type(command) in MOVING:
        robot = robot_at(state, command.subject)
        _check_motion(state, changes, command, robot)
        if record.purpose in ("order", "plan"):
            _check_entry(state, changes, record)
        elif record.purpose == "release_to_work" and not (robot.stop == "reset" and robot.is_release_granted):
            granted = "granted" if robot.is_release_granted else "not granted"
            changes.breach("released_unasked", command.subject, f"its stop is {robot.stop}, its release {granted}")
    elif isinstance(command, ReleaseTrailer):
        _check_release(state, changes, command.data.trailer_id)


def _check_motion(state: SiteState, changes: Changes, command: Command, robot: Robot) -> None:
    """Nothing sets a robot in motion that is lost, away, not believed or stopped, or where a person may be with it."""
    if robot.is_lost or robot.doubled_boot or robot.is_taken_out:
        changes.breach("work_for_lost_robot", command.subject, command.type)
    if robot.stop is not None and not isinstance(command, ReleaseToWork):
        changes.breach("work_while_stopped", command.subject, f"{command.type}: its stop is {robot.stop}")
    for door in state.doors.values():
        if door.people_inside and (_is_told_at(state, robot, door) or _is_sent_to(command, door)):
            changes.breach("motion_with_person_inside", command.subject, f"{command.type} at door {door.door_id}")


def _is_sent_to(command: Command, door: Door) -> bool:
    return isinstance(command, AssignOrder) and command.data.door_id == door.door_id


def _is_told_at(state: SiteState, robot: Robot, door: Door) -> bool:
    """Whether anything says that the robot is at the door: what it said, what it has begun, and who was sent there.

    Found on its own ways, from the door to the robot, and not as those look that decide.
    """
    reported = robot.reported
    if reported is not None and reported.door_id == door.door_id:
        return True
    for trailer_id in (door.trailer_id, door.restrains):
        if trailer_id is None:
            continue
        order = state.orders.get(order_id_of(trailer_id))
        if order is not None and robot.robot_id in (order.robot_id, order.blocked_by):
            return True
        is_idle = reported is not None and reported.robot_state == "IDLE"
        if robot.inside == trailer_id or trailer_id in robot.holding.values():
            return True
        if robot.before_boot_at == trailer_id and robot.order_id is None and not is_idle:
            return True
    return False


def _check_entry(state: SiteState, changes: Changes, record: CommandRecord) -> None:
    """No robot goes to work in a trailer that may not be entered."""
    command = record.command
    trailer = state.trailers[state.orders[record.order_id or ""].trailer_id]
    door = None if trailer.docked_at is None else state.doors[trailer.docked_at]
    if door is None or door.restrains != trailer.trailer_id:
        changes.breach("not_restrained", command.subject, f"{command.type} for trailer {trailer.trailer_id}")
    elif not door.is_ready_for(trailer.trailer_id):
        changes.breach("not_ready", command.subject, f"{command.type} for trailer {trailer.trailer_id}")


def _check_release(state: SiteState, changes: Changes, trailer_id: str) -> None:
    """No trailer is let go with anybody in it."""
    docked_at = state.trailers[trailer_id].docked_at
    if docked_at is not None and state.doors[docked_at].people_inside:
        changes.breach("released_with_person_inside", f"door/{docked_at}", f"trailer {trailer_id}")
    for robot in state.robots.values():
        if robot.inside == trailer_id:
            changes.breach("released_with_robot_inside", f"robot/{robot.robot_id}", f"trailer {trailer_id}")


_CLOCK_TRUSTED_US = 5_000_000
"""An instant that a robot says is trusted if it came so soon after it."""


def _may_judge(state: SiteState, target: str, said_at: str, now_us: int) -> bool:
    """Whether what the target's clock says can be held against it: a robot's may be off."""
    kind, entity = parse_address(target)
    if kind != "robot":
        return True
    is_suspect = state.robots[entity].clock_strikes != 0
    return not is_suspect and now_us - _CLOCK_TRUSTED_US <= parse_time(said_at) <= now_us


def check_reply(state: SiteState, changes: Changes, record: CommandRecord, reply: Reply, *, now_us: int) -> None:
    """Nothing begins after it expired, by its target's clock, or under an older epoch than it has seen."""
    if type(reply) is not CommandAccepted:
        return
    command = record.command
    if reply.data.command_id == command.id:
        epoch = command.data.epoch
        if reply.time > command.data.expires_at and _may_judge(state, command.subject, reply.time, now_us):
            changes.breach("ran_after_expiry", command.subject, f"{command.id} expired at {command.data.expires_at}")
    else:
        epoch = record.superseded.get(reply.data.command_id, command.data.epoch)
    seen = state.epochs_accepted.get(command.subject, 0)
    if epoch < seen:
        changes.breach("old_epoch_accepted", command.subject, f"epoch {epoch} after {seen}")
    else:
        state.epochs_accepted[command.subject] = epoch


def check_stream(changes: Changes, stream: Stream, message: Message) -> None:
    """Messages of a durable stream take effect in order, each once; counted apart from where they are admitted."""
    stream.applied += 1
    if stream.applied + stream.lost != message.seq:
        changes.breach("stream_order", message.id, f"{stream.applied} took effect and {stream.lost} are lost before it")


def check_pick(state: SiteState, changes: Changes, entity: str, robot: Robot, trailer: Trailer, case: Case) -> None:
    """A robot of which all is known takes a case: with a free hand, by its plan, and out of a trailer that is held."""
    if robot.holding and len(robot.holding) >= _hand_size(robot):
        changes.breach("hand_holds_too_many", entity, f"{', '.join(robot.holding)} and {case.track_id}")
    if case.owner != robot.robot_id:
        changes.breach("case_not_owned", entity, f"case {case.track_id} is in the plan of {case.owner or 'nobody'}")
    if trailer.docked_at is None or state.doors[trailer.docked_at].restrains != trailer.trailer_id:
        changes.breach("not_restrained", entity, f"a pick in trailer {trailer.trailer_id}")


def _hand_size(robot: Robot) -> int:
    """How many cases it can hold at once: one unless it says otherwise, or what it said may be lost."""
    if robot.factsheet is None:
        return CASES_PER_PICK_MAX if robot.has_gaps else 1
    return robot.factsheet.cases_per_pick_max


# --- everything ---


def size(state: SiteState) -> int:
    """How many things an audit would look at."""
    open_cases = sum(len(it.cases) for it in state.trailers.values() if not it.has_receipt)
    return len(state.robots) + len(state.doors) + len(state.trailers) + open_cases


def audit(state: SiteState, changes: Changes, *, with_closed: bool) -> None:
    """Look at all; `with_closed`: also at trailers whose receipt is closed."""
    for trailer in state.trailers.values():
        if trailer.has_receipt and not with_closed:
            continue
        for case in trailer.cases.values():
            _check_case(state, changes, case)
        _check_trailer(state, changes, trailer)
        _recount(state, changes, trailer)
        if trailer.has_receipt:
            check_receipt(changes, trailer, *count(trailer))
    for it in (*state.robots.values(), *state.doors.values(), *state.orders.values()):
        _CHECKS[type(it)](state, changes, it)
    shown = {it.action_id for it in state.exceptions.values() if it.exception_type == "command_unknown"}
    for action_id, record in state.commands.items():
        if action_id in state.ended.get(record.command.subject, {}):
            changes.breach("command_ended_twice", record.command.subject, f"action {action_id} has ended and is open")
        if record.status == "sent" and action_id not in state.watchdogs.expiry:
            changes.breach("command_forgotten", record.command.subject, f"action {action_id} waits for ever")
        elif record.status == "unknown" and not (action_id in shown and action_id in state.unknown_actions):
            changes.breach("command_forgotten", record.command.subject, f"action {action_id} is in doubt, unseen")


def _recount(state: SiteState, changes: Changes, trailer: Trailer) -> None:
    entity = f"trailer {trailer.trailer_id}"
    counts = dict.fromkeys(PLACES, 0)
    owners: dict[str, list[str]] = {}
    inducted = 0
    for case in trailer.cases.values():
        counts[case.place] += 1
        inducted += case.is_inducted
        if case.place == "hand" and case.owner is not None:
            owners.setdefault(case.owner, []).append(case.track_id)
    if counts != trailer.counts:
        changes.breach("case_count", entity, f"counted {counts}, kept {trailer.counts}")
    if inducted != trailer.inducted:
        changes.breach("delivered_reverted", entity, f"{trailer.inducted} inductions, {inducted} cases delivered")
    for owner, held in owners.items():
        if len(held) > _hand_size(state.robots[owner]):
            changes.breach("hand_holds_too_many", f"robot/{owner}", ", ".join(held))
