"""Facts about robots, folded into the twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.changes import Notice
from backend.core.fold_cases import doubt_holding, relocate
from backend.core.state import case_of, trailer_of
from twin.clock import parse_time
from twin.ids import order_id_of
from twin.robot_states import STATES, is_allowed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.core.changes import Changes, NoticeKind
    from backend.core.dock import Robot, Stop
    from backend.core.state import Order, Sender, SiteState
    from twin.messages import robot as messages
    from twin.messages.operator import ActionRequested
    from twin.messages.robot import RobotStateData

_UNTOLD = ("PICKING", "PLACING")
"""A robot changes between these without a report."""


def _next_reports(before: str) -> frozenset[str]:
    froms = _UNTOLD if before in _UNTOLD else (before,)
    after = [state for state in sorted(STATES) if any(is_allowed(one, state) for one in froms)]
    return frozenset([*after, *(_UNTOLD if any(state in _UNTOLD for state in after) else ())])


_NEXT_REPORTS = {state: _next_reports(state) for state in sorted(STATES)}


def state_report(state: SiteState, changes: Changes, sender: Sender, message: messages.RobotStateReport) -> None:
    """How the robot is; sharpened by its events, which alone say what it did."""
    data = message.data
    robot = state.robots[sender.entity]
    before = robot.reported
    robot.reported = data
    if robot.doubled_boot:
        robot.is_lost = False
        return  # of two machines nobody knows which this is
    if message.seq <= sender.state_seq:
        changes.breach("state_order", message.id, f"believed after number {sender.state_seq}")
    is_next = message.seq == sender.state_seq + 1
    has_changed = before is None or before.robot_state != data.robot_state
    if before is not None and has_changed and is_next and data.robot_state not in _NEXT_REPORTS[before.robot_state]:
        changes.breach("robot_state_transition", sender.address, f"{before.robot_state} to {data.robot_state}")
    if data.door_id is not None:
        robot.position_m = state.doors[data.door_id].position_m
    if robot.is_lost:
        robot.is_lost = False
        changes.notices.append(Notice("returned", sender.address))
    if data.last_event_seq == sender.event.last_seq:
        _compare_with_events(state, changes, sender, robot, data)
    safety = data.safety_state
    if robot.stop is not None or safety.awaits_release or safety.active_emergency_stop != "NONE":
        _compare_stops(changes, sender, robot, data)
        _check_mirrored(changes, sender, robot, data)
    if state.unknown_actions:
        changes.notices.append(Notice("state_known", sender.address))
    changes.robots[robot.robot_id] = None
    changes.touched.append(robot)


def _compare_with_events(
    state: SiteState, changes: Changes, sender: Sender, robot: Robot, data: RobotStateData
) -> None:
    """With all its events here, report and events must agree on what it holds; in doubt the report is right."""
    if sender.event.lost:
        changes.notices.append(Notice("errors_told", sender.address))
    if data.robot_state == "IDLE":
        robot.inside = None  # also if the word that it left is lost
    if not robot.is_holding_doubted:
        if data.holding != tuple(robot.holding):
            changes.breach(
                "holding_disagrees",
                f"robot/{robot.robot_id}",
                f"it reports {_listed(data.holding)}, its events say {_listed(robot.holding)}",
            )
        return
    robot.is_holding_doubted = False
    changes.notices.append(Notice("state_known", f"robot/{robot.robot_id}"))
    robot.holding.clear()
    if data.trailer_id is None:
        return
    trailer = trailer_of(state, data.trailer_id)
    for track_id in data.holding:
        case = case_of(trailer, track_id)
        if case.recovered is None:
            robot.holding[track_id] = data.trailer_id
            case.owner = robot.robot_id
            case.robot_place = "hand"
            relocate(changes, trailer, case)
            changes.touched.append(case)


def _listed(track_ids: Iterable[str]) -> str:
    return ", ".join(track_ids) or "nothing"


def _compare_stops(changes: Changes, sender: Sender, robot: Robot, data: RobotStateData) -> None:
    """A report that knows all we have heard is right. One that knows more is believed when it stops the robot."""
    safety = data.safety_state
    stop: Stop | None = "reset" if safety.awaits_release else None
    if safety.active_emergency_stop != "NONE":
        stop = "latched"
    heard_events, heard_replies = sender.event.last_seq, sender.reply.last_seq
    if data.last_event_seq < heard_events or data.last_reply_seq < heard_replies:
        return  # said before what we have heard since
    if data.robot_state == "STARTUP":
        return  # it looks at its latch when it has started
    if (data.last_event_seq, data.last_reply_seq) == (heard_events, heard_replies):
        if stop != robot.stop:
            _stop(changes, robot, stop)
        changes.notices.append(Notice(_STOP_NOTICES[stop], sender.address))
    elif robot.stop is None and stop is not None:
        _stop(changes, robot, stop)


def _check_mirrored(changes: Changes, sender: Sender, robot: Robot, data: RobotStateData) -> None:
    """However it has become known: a robot that says that it is stopped, and knows all we have heard, is stopped."""
    is_outdated = data.last_event_seq < sender.event.last_seq or data.last_reply_seq < sender.reply.last_seq
    is_latched = data.safety_state.active_emergency_stop != "NONE" and data.robot_state != "STARTUP"
    if is_latched and robot.stop is None and not is_outdated:
        changes.breach("stop_not_mirrored", sender.address, f"it says {data.robot_state}")


def _stop(changes: Changes, robot: Robot, stop: Stop | None) -> None:
    robot.stop = stop
    robot.is_release_granted = False
    changes.robots[robot.robot_id] = None
    changes.touched.append(robot)


_STOP_NOTICES: dict[Stop | None, NoticeKind] = {
    "latched": "emergency_stopped",
    "reset": "emergency_stop_reset",
    None: "stop_over",
}


def emergency_stopped(state: SiteState, changes: Changes, sender: Sender, _message: messages.EmergencyStopped) -> None:
    """The stop is latched: whoever had released the robot to work has not released it from this one."""
    _stop(changes, state.robots[sender.entity], "latched")
    changes.notices.append(Notice("emergency_stopped", sender.address))


def emergency_stop_reset(
    state: SiteState, changes: Changes, sender: Sender, _message: messages.EmergencyStopReset
) -> None:
    """A person has reset it at the machine; nobody has released it to work yet."""
    _stop(changes, state.robots[sender.entity], "reset")
    changes.notices.append(Notice("emergency_stop_reset", sender.address))


def released_to_work(changes: Changes, robot: Robot) -> None:
    """It has carried out its release: it goes on."""
    _stop(changes, robot, None)
    changes.notices.append(Notice("may_move", f"robot/{robot.robot_id}"))


def factsheet(state: SiteState, changes: Changes, sender: Sender, message: messages.RobotFactsheet) -> None:
    """What the robot can do; what it said of that in a boot that is over is believed no more."""
    robot = state.robots[sender.entity]
    if message.boot != robot.boot:
        return
    robot.factsheet = message.data
    changes.touched.append(robot)


def error_raised(_state: SiteState, changes: Changes, sender: Sender, _message: messages.RobotErrorRaised) -> None:
    """Exceptions look at it."""
    changes.notices.append(Notice("error_raised", sender.address))


def error_cleared(_state: SiteState, changes: Changes, sender: Sender, _message: messages.RobotErrorCleared) -> None:
    """Exceptions look at it."""
    changes.notices.append(Notice("error_cleared", sender.address))


def action_requested(_state: SiteState, changes: Changes, sender: Sender, _message: ActionRequested) -> None:
    """A person wants a robot to do something: services look whether it may."""
    changes.notices.append(Notice("action_requested", sender.address))


def unload_started(state: SiteState, changes: Changes, sender: Sender, message: messages.UnloadStarted) -> None:
    """The robot is inside."""
    data = message.data
    robot = state.robots[sender.entity]
    if robot.doubled_boot or message.boot != robot.boot or robot.is_taken_out:
        return  # of a boot that is over, or of which people have carried it out: its next one says where it is
    if state.doors[data.door_id].restrains != data.trailer_id:
        changes.breach("not_restrained", sender.address, f"it entered trailer {data.trailer_id}")
    if sender.event.announced <= message.seq:  # else it is late: it may have left, and another have come
        _check_alone(state, changes, robot, data.trailer_id)
    robot.inside = data.trailer_id
    robot.placed = 0
    robot.has_gaps = robot.is_holding_doubted
    changes.touched.append(robot)
    changes.touched.append(state.doors[data.door_id])


def _check_alone(state: SiteState, changes: Changes, robot: Robot, trailer_id: str) -> None:
    """One robot works a trailer: it enters for no other order than this, and not where the one that has it is."""
    order_id = order_id_of(trailer_id)
    if robot.order_id not in (None, order_id):
        changes.breach("two_robots_inside", f"robot/{robot.robot_id}", f"order {robot.order_id}, trailer {trailer_id}")
    order = state.orders.get(order_id)
    other = None if order is None or order.robot_id is None else state.robots[order.robot_id]
    if other is not None and other is not robot and other.inside == trailer_id:
        changes.breach("two_robots_inside", f"robot/{robot.robot_id}", f"{other.robot_id} is in trailer {trailer_id}")


def unload_finished(state: SiteState, changes: Changes, sender: Sender, message: messages.UnloadFinished) -> None:
    """The robot has ended its work and counts what it placed: so must we."""
    data = message.data
    robot = state.robots[sender.entity]
    order = state.orders.get(order_id_of(data.trailer_id))
    is_told_singly = not (data.counted_only or robot.has_gaps) and message.boot == robot.boot
    if is_told_singly and data.cases_placed != robot.placed:
        changes.breach("placed_disagrees", sender.address, f"it counts {data.cases_placed}, we count {robot.placed}")
    if order is not None and order.robot_id == robot.robot_id:
        order.is_finished = True
        changes.orders[order.order_id] = None
    if order is None or order.robot_id != robot.robot_id or order.is_robot_out:
        _leave(robot, data.trailer_id)  # how its order ended was heard before
    changes.touched.append(robot)


def order_ended(robot: Robot, order: Order) -> None:
    """The robot has said how its order ended: it is out once `unload.finished` is here too, whichever came first."""
    if order.is_finished:
        _leave(robot, order.trailer_id)


def _leave(robot: Robot, trailer_id: str) -> None:
    if robot.inside == trailer_id:
        robot.inside = None


def rebooted(state: SiteState, changes: Changes, sender: Sender) -> None:
    """The robot has started again: what it held and did before its last known message is not known."""
    robot = state.robots[sender.entity]
    if robot.boot:
        order = state.orders.get(robot.order_id or "")
        robot.before_boot_at = None if order is None else order.trailer_id
        doubt_holding(state, changes, robot)
        robot.holding.clear()
        if robot.order_id is not None:
            release_from_order(state, changes, robot)
        changes.notices.append(Notice("rebooted", sender.address))
        robot.inside = None
    robot.boot = sender.boot
    robot.reported = None
    robot.is_paused = robot.is_resume_due = False
    robot.is_release_granted = False  # nobody has released what stands there now: if it waits for that it says so
    changes.robots[robot.robot_id] = None


def removed(state: SiteState, changes: Changes, _sender: Sender, message: messages.RobotRemoved) -> None:
    """People took the robot out: its order is free for another, and so is what it had planned."""
    robot = state.robots[message.data.robot_id]
    speaker = state.senders.get(f"{message.source.rsplit('/', 2)[0]}/robot/{robot.robot_id}")
    if speaker is not None and speaker.boot_heard_us > parse_time(message.time):
        # It has started again since: this is about the boot before. All it says is that people were there.
        changes.notices.append(Notice("visited", f"robot/{robot.robot_id}"))
        return
    changes.notices.append(Notice("removed", f"robot/{robot.robot_id}"))
    doubt_holding(state, changes, robot)
    robot.removed_boot = robot.boot
    if robot.order_id is not None:
        release_from_order(state, changes, robot)
    robot.holding.clear()
    robot.inside = None
    changes.robots[robot.robot_id] = None


def release_from_order(state: SiteState, changes: Changes, robot: Robot) -> None:
    """The robot has no order any more; the order needs another robot unless it is finished."""
    order = state.orders.get(robot.order_id or "")
    robot.order_id = None
    changes.robots[robot.robot_id] = None
    if order is None:
        return
    order.robot_id = order.order_action = order.plan_action = order.planned_scan = None
    order.is_plan_pending = False
    trailer = trailer_of(state, order.trailer_id)
    trailer.scan = None
    for case in trailer.cases.values():
        if case.owner == robot.robot_id and case.robot_place != "hand":
            case.owner = None
            robot.holding.pop(case.track_id, None)  # not known any more: its next state says what it holds
            changes.touched.append(case)
    state.is_dock_due = True  # who has seen to it may see to another
    changes.orders[order.order_id] = None
