"""Zombies: robots that say how they are, and do nothing. Seen from their states alone: no timer is needed.

People go there. One that is dead they take out; one that works after all they leave alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backend.services import exceptions

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.core.state import Order
    from backend.services.desk import Desk
    from twin.messages.robot import RobotStateData

_MOVES: Final = frozenset({"ENTERING", "EXITING"})
_MOVES_AT_THE_WALL: Final = frozenset({"PICKING", "PLACING", "ADVANCING", "CLEARING_FLOOR", "REMOTE_ASSISTED"})
_WAITS_FOR: Final = {
    "IDLE": frozenset({"order", "pause", "resume", "release_to_work"}),
    "SCANNING": frozenset({"plan", "cancel"}),
    "AWAITING_ASSIST": frozenset({"answer", "cancel"}),
    "FAULT": frozenset({"answer", "cancel"}),
    "PAUSED": frozenset({"resume", "release_to_work"}),
}
"""What makes it go on from a state in which it does nothing, and rightly. A paused zombie may say that it is idle."""
_STOPPED: Final = frozenset({"PAUSED", "PROTECTIVE_STOP", "EMERGENCY_STOP", "FAULT"})
_FULL_FROM: Final = 0.98
"""A battery that is as full has nothing to wait for. Assumption: robots stop charging at 0.95."""
_JAMS: Final = frozenset({"conveyor_jammed", "sorter_jammed"})


def consider_free(desk: Desk, robot: Robot, reported: RobotStateData) -> None:
    """A robot without an order has said how it is: all it may owe is to pause, to go on, or to end its charging."""
    if reported.robot_state == "MAINTENANCE" and (reported.battery_fraction or 0.0) >= _FULL_FROM:
        consider(desk, robot, None, reported)
        return
    purposes = _WAITS_FOR.get(reported.robot_state)
    if purposes is not None and _has_taken_on(desk, robot, purposes - {"order"}):
        consider(desk, robot, None, reported)


def consider(desk: Desk, robot: Robot, order: Order | None, reported: RobotStateData) -> None:
    """A robot with something to do has said how it is: look whether it has done anything since."""
    if robot.stirred_as != reported.robot_state or robot.stirred_seq != reported.last_event_seq:
        robot.stirred_as, robot.stirred_seq = reported.robot_state, reported.last_event_seq
        robot.stirred_us = desk.now_us
        if robot.is_stuck and reported.robot_state not in _STOPPED:
            robot.is_stuck = False
            exceptions.resolve_if_open(desk, "robot_stuck", entity=f"robot/{robot.robot_id}", resolution="moves_again")
    elif not robot.is_stuck:
        limit_us = _limit_us(desk, robot, order, reported)
        if limit_us is None:
            robot.stirred_us = desk.now_us  # it rightly waits
        elif desk.now_us - robot.stirred_us >= limit_us:
            robot.is_stuck = True
            exceptions.raise_exception(
                desk,
                "robot_stuck",
                entity=f"robot/{robot.robot_id}",
                detail=f"{reported.robot_state} for {(desk.now_us - robot.stirred_us) / 1e6:g} s",
                trailer_id=None if order is None else order.trailer_id,
            )


def _limit_us(desk: Desk, robot: Robot, order: Order | None, reported: RobotStateData) -> int | None:
    """How long it may say the same, None: as long as it likes."""
    state = reported.robot_state
    if state in _MOVES or state == "MAINTENANCE":
        return desk.timeouts.stuck_us
    if state in _MOVES_AT_THE_WALL and order is not None:
        # One that never scans, because cases are only counted, may be at it for hours.
        scan = desk.state.trailers[order.trailer_id].scan
        return desk.timeouts.stuck_us if scan is not None and scan.robot_id == robot.robot_id else None
    if state in _WAITS_FOR:
        return desk.timeouts.stuck_us if _has_taken_on(desk, robot, _WAITS_FOR[state]) else None
    if state == "TRAVELLING":
        return desk.timeouts.floor_us  # docks may be long
    if state == "WAITING_FOR_CONVEYOR" and order is not None:
        return _limit_at_the_belt_us(desk, order)
    return None


def _limit_at_the_belt_us(desk: Desk, order: Order) -> int | None:
    """There is soon room on a belt that runs; on one that is blocked there is when the sorter takes from it again."""
    if any(it.own_type in _JAMS for it in desk.state.exceptions.values()):
        return None
    door = desk.state.doors.get(order.door_id or "")
    is_blocked = door is None or desk.state.conveyors[door.conveyor_id].is_blocked
    return desk.timeouts.floor_us if is_blocked else desk.timeouts.stuck_us


def _has_taken_on(desk: Desk, robot: Robot, purposes: frozenset[str]) -> bool:
    """Whether it has accepted what would make it go on."""
    open_here = desk.open_at.get(f"robot/{robot.robot_id}")
    return open_here is not None and any(
        it.status == "accepted" and it.purpose in purposes for it in open_here.values()
    )


def does_not_answer(desk: Desk, robot: Robot) -> None:
    """It says how it is, and twice nobody has answered its order: who speaks may not be who should hear."""
    robot.is_stuck = True
    exceptions.raise_exception(
        desk,
        "robot_stuck",
        entity=f"robot/{robot.robot_id}",
        detail="it does not answer an order",
        trailer_id=robot.before_boot_at if robot.before_boot_at in desk.state.trailers else None,
    )


def was_visited(desk: Desk, robot: Robot) -> None:
    """People were there and have left it as it is, or taken it out: its time begins anew."""
    robot.is_stuck = False
    robot.stirred_us = desk.now_us
    desk.changes.robots[robot.robot_id] = None
