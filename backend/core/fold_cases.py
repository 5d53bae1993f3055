"""Facts about cases, folded into the twin.

Each fold notes what the fact contradicts before it takes the fact: the field knows what happened, and the twin does not
hide that it was told something impossible.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from backend.core import invariants
from backend.core.changes import Notice
from backend.core.dock import Case, Scan
from backend.core.state import case_of, trailer_of
from twin.ids import order_id_of

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Place, Robot, Trailer
    from backend.core.state import Sender, SiteState
    from twin.messages import case as messages
    from twin.messages.wall import WallScanned

_IN_TRAILER = ("trailer", "floor", "unknown")
_MAY_FALL = (*_IN_TRAILER, "refused")
"""A refused case stands where it stood; on the floor it is tried again: there a robot may lift more."""


def relocate(changes: Changes, trailer: Trailer, case: Case) -> None:
    """Let `place` and the trailer's counts follow from what robots, conveyors and people have said."""
    place = case.place_told
    if place != case.place:
        if case.place == "delivered":
            changes.breach("delivered_reverted", f"trailer {trailer.trailer_id}", f"case {case.track_id} to {place}")
        trailer.counts[case.place] -= 1
        trailer.counts[place] += 1
        case.place = place


def doubt_holding(state: SiteState, changes: Changes, robot: Robot) -> None:
    """What the robot holds is not known until it says so again."""
    robot.is_holding_doubted = True
    robot.has_gaps = True
    for track_id, trailer_id in robot.holding.items():
        trailer = trailer_of(state, trailer_id)
        case = case_of(trailer, track_id)
        if case.robot_place == "hand":
            case.robot_place = "unknown"
            relocate(changes, trailer, case)
        changes.touched.append(case)
    changes.touched.append(robot)


def wall_scanned(state: SiteState, changes: Changes, sender: Sender, message: WallScanned) -> None:
    """New cases become known, known ones are seen where they are now."""
    data = message.data
    trailer = trailer_of(state, data.trailer_id)
    order = state.orders.get(order_id_of(data.trailer_id))
    if order is None or order.robot_id != sender.entity or message.boot != sender.boot:
        return  # a robot that no longer works here: what it saw then is not how it is now
    scan = trailer.scan
    if scan is None or scan.scan_id != data.scan_id or scan.robot_id != sender.entity:
        scan = trailer.scan = Scan(
            scan_id=data.scan_id,
            robot_id=sender.entity,
            parts=data.parts,
            position_stddev_m=data.position_stddev_m,
        )
    scan.cases_by_part[data.part] = data.cases
    for seen in data.cases:
        case = trailer.cases.get(seen.track_id)
        if case is None:
            case = trailer.cases[seen.track_id] = Case(track_id=seen.track_id)
            trailer.counts["trailer"] += 1
        if case.robot_place in _IN_TRAILER:
            case.robot_place = "floor" if seen.lies_on_floor else "trailer"
            relocate(changes, trailer, case)
        changes.touched.append(case)
    if scan.is_complete:
        changes.orders[order.order_id] = None


def picked(state: SiteState, changes: Changes, sender: Sender, message: messages.CasePicked) -> None:
    """Into the hand of the robot."""
    data = message.data
    trailer = state.trailers.get(data.trailer_id) or trailer_of(state, data.trailer_id)
    case = trailer.cases.get(data.track_id) or case_of(trailer, data.track_id)
    robot = state.robots[sender.entity]
    if robot.doubled_boot:
        case.robot_place = "unknown"  # two machines speak under its name: whatever they say, it may be gone
        relocate(changes, trailer, case)
        changes.touched.append(case)
        return
    if case.robot_place not in _IN_TRAILER:
        changes.breach("case_taken_twice", sender.address, f"case {case.track_id} was in {case.robot_place}")
    # The late word of a lost robot, of a boot that is over or of a plan it no longer has is no news of its hand: its
    # next state is.
    is_history = message.boot != robot.boot or (robot.is_holding_doubted and case.owner != robot.robot_id)
    if not (is_history or robot.is_holding_doubted):
        invariants.check_pick(state, changes, sender.address, robot, trailer, case)
    case.robot_place = "unknown" if robot.is_lost or is_history else "hand"
    case.weight_kg = data.weight_kg
    if case.recovered is None and not is_history:
        robot.holding[case.track_id] = trailer.trailer_id
    relocate(changes, trailer, case)
    changes.touched.append(case)
    changes.touched.append(robot)


def placed(state: SiteState, changes: Changes, sender: Sender, message: messages.CasePlaced) -> None:
    """Out of the hand, onto the conveyor."""
    data = message.data
    robot = state.robots[sender.entity]
    if robot.doubled_boot:
        return
    trailer = state.trailers.get(data.trailer_id) or trailer_of(state, data.trailer_id)
    case = trailer.cases.get(data.track_id) or case_of(trailer, data.track_id)
    if case.robot_place == "conveyor":
        changes.breach("case_placed_twice", sender.address, f"case {case.track_id}")
    _leave_hand(changes, robot, case, message.boot)
    robot.placed += 1
    case.conveyor_id = data.conveyor_id
    case.robot_place = "conveyor"
    relocate(changes, trailer, case)
    changes.touched.append(case)
    changes.touched.append(robot)


def _leave_hand(changes: Changes, robot: Robot, case: Case, boot: int) -> None:
    if (
        robot.holding.pop(case.track_id, None) is None
        and boot == robot.boot
        and not robot.is_holding_doubted
        and case.recovered is None
    ):
        changes.breach(
            "case_not_in_hand",
            f"robot/{robot.robot_id}",
            f"it let go of case {case.track_id} and held {', '.join(robot.holding) or 'nothing'}",
        )
    if robot.order_id is None:  # the word of its last case may come when it is idle: it may be free now
        changes.robots[robot.robot_id] = None


def dropped(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseDropped) -> None:
    """On the trailer's floor: slipped from the hand, or fallen because another case was taken."""
    data = message.data
    robot = state.robots[sender.entity]
    if robot.doubled_boot:
        return
    trailer = trailer_of(state, data.trailer_id)
    case = case_of(trailer, data.track_id)
    if data.cause == "slipped":
        _leave_hand(changes, robot, case, message.boot)
        changes.touched.append(robot)
    elif case.robot_place not in _MAY_FALL:
        changes.breach("case_taken_twice", sender.address, f"case {case.track_id} fell and was in {case.robot_place}")
    case.robot_place = "floor"
    relocate(changes, trailer, case)
    changes.touched.append(case)


def damaged(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseDamaged) -> None:
    """Set aside in the trailer."""
    _set_aside(state, changes, sender, message, place="damaged")


def refused(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseRefused) -> None:
    """Left in the trailer for people."""
    _set_aside(state, changes, sender, message, place="refused")


def _set_aside(
    state: SiteState,
    changes: Changes,
    sender: Sender,
    message: messages.CaseDamaged | messages.CaseRefused,
    *,
    place: Literal["damaged", "refused"],
) -> None:
    robot = state.robots[sender.entity]
    if robot.doubled_boot:
        return
    trailer = trailer_of(state, message.data.trailer_id)
    case = case_of(trailer, message.data.track_id)
    if case.robot_place == "conveyor":
        changes.breach("case_taken_twice", sender.address, f"case {case.track_id} was on the conveyor")
    if case.track_id in robot.holding:
        _leave_hand(changes, robot, case, message.boot)
        changes.touched.append(robot)
    case.robot_place = place
    relocate(changes, trailer, case)
    changes.touched.append(case)


def retracted(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseRetracted) -> None:
    """It was none. People who find nothing there have the last word; a robot that is not believed has none."""
    if sender.kind == "robot" and state.robots[sender.entity].doubled_boot:
        return
    trailer = trailer_of(state, message.data.trailer_id)
    case = case_of(trailer, message.data.track_id)
    _end_track(changes, sender, trailer, case)
    changes.orders[order_id_of(trailer.trailer_id)] = None


def split(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseSplit) -> None:
    """It was several: they are where it was taken to be."""
    if state.robots[sender.entity].doubled_boot:
        return
    data = message.data
    trailer = trailer_of(state, data.trailer_id)
    case = case_of(trailer, data.track_id)
    place: Place = "floor" if case.robot_place == "floor" else "trailer"
    _end_track(changes, sender, trailer, case)
    for track_id in data.successors:
        successor = case_of(trailer, track_id)
        if successor.robot_place == "unknown":
            successor.robot_place = place
            relocate(changes, trailer, successor)
        changes.touched.append(successor)


def _end_track(changes: Changes, sender: Sender, trailer: Trailer, case: Case) -> None:
    if case.robot_place not in _IN_TRAILER:
        changes.breach(
            "case_taken_twice", sender.address, f"case {case.track_id} is none and was in {case.robot_place}"
        )
    case.robot_place = "retracted"
    relocate(changes, trailer, case)
    changes.touched.append(case)


def identified(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseIdentified) -> None:
    """Delivered, with its label."""
    _inducted(state, changes, sender, message).label = message.data.label


def unreadable(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseUnreadable) -> None:
    """Delivered, without a label."""
    _inducted(state, changes, sender, message)
    changes.notices.append(Notice("unreadable", sender.address))


def _inducted(
    state: SiteState, changes: Changes, sender: Sender, message: messages.CaseIdentified | messages.CaseUnreadable
) -> Case:
    data = message.data
    trailer = state.trailers.get(data.trailer_id) or trailer_of(state, data.trailer_id)
    case = trailer.cases.get(data.track_id) or case_of(trailer, data.track_id)
    if case.is_inducted:
        changes.breach("case_delivered_twice", sender.address, f"case {case.track_id}")
    if case.recovered is not None:
        changes.breach("case_in_two_places", sender.address, f"case {case.track_id}: delivered and {case.recovered}")
    case.is_inducted = True
    trailer.inducted += 1
    relocate(changes, trailer, case)
    changes.touched.append(case)
    if trailer.is_released:
        changes.orders[order_id_of(data.trailer_id)] = None
    return case


def recovered(state: SiteState, changes: Changes, sender: Sender, message: messages.CaseRecovered) -> None:
    """People have it: out of the trailer, or out of a robot's hand."""
    data = message.data
    trailer = trailer_of(state, data.trailer_id)
    case = case_of(trailer, data.track_id)
    if case.recovered is not None or case.is_inducted:
        where = case.recovered or "delivered"
        changes.breach("case_in_two_places", sender.address, f"case {case.track_id}: {where} and {data.disposition}")
    if case.owner is not None:
        state.robots[case.owner].holding.pop(case.track_id, None)  # its next report says that its hand is empty
        changes.touched.append(state.robots[case.owner])
    case.recovered = data.disposition
    case.label = data.label or case.label
    relocate(changes, trailer, case)
    changes.touched.append(case)
    changes.orders[order_id_of(data.trailer_id)] = None


def emptied(changes: Changes, trailer: Trailer) -> None:
    """People have seen to all that was in it: what they did not find there is nobody knows where, or never was.

    The word of a robot that died may be lost: that a case is on its belt, or that a track is no case.
    """
    for case in trailer.cases.values():
        if case.place in ("trailer", "floor"):
            case.robot_place = "unknown"
            relocate(changes, trailer, case)
            changes.touched.append(case)
