"""Cells: at which doors a robot may be, and whether it may be set in motion there. Where a person is, nothing may move.

The one rule of what may go out now, for whoever decides, withholds or sends again. `invariants` has it in other words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.state import robot_at
from twin.messages.robot import AssignOrder, AssignPickPlan, Assist, ReleaseToWork, Resume, Retry, Skip
from twin.messages.trailer import ReleaseTrailer

if TYPE_CHECKING:
    from backend.core.dock import Door, Robot
    from backend.core.state import SiteState
    from twin.messages import Command

MOVING: frozenset[type[Command]] = frozenset(
    {AssignOrder, AssignPickPlan, Retry, Skip, Assist, Resume, ReleaseToWork},
)
"""The commands that set a robot in motion."""


def door_of(state: SiteState, robot: Robot) -> Door | None:
    """The door the robot is at or on its way to, by its order, else by its own word; None: at none that is known."""
    order = state.orders.get(robot.order_id or "")
    door_id = None if order is None else state.trailers[order.trailer_id].docked_at
    if door_id is None and robot.reported is not None:
        door_id = robot.reported.door_id
    return None if door_id is None else state.doors[door_id]


def doors_of(state: SiteState, robot: Robot) -> list[Door]:
    """Every door in whose cell it may be: by its order, its events and its own word.

    One that has started again says that it is at none. Until it is idle it may stand where its boot before has ended.
    """
    reported = robot.reported
    order = state.orders.get(robot.order_id or "")
    trailer_ids = [robot.inside, None if order is None else order.trailer_id]
    if order is None and (reported is None or reported.robot_state != "IDLE"):
        trailer_ids.append(robot.before_boot_at)
    trailers = [state.trailers.get(trailer_id) for trailer_id in trailer_ids if trailer_id is not None]
    door_ids = [None if it is None else it.docked_at for it in trailers]
    door_ids.append(None if reported is None else reported.door_id)
    return [state.doors[door_id] for door_id in dict.fromkeys(door_ids) if door_id is not None]


def is_clear(state: SiteState, robot: Robot) -> bool:
    """Whether nobody is where the robot may be."""
    return not any(door.people_inside for door in doors_of(state, robot))


def is_out_of_touch(robot: Robot) -> bool:
    """Whether nothing can be wanted of the robot: it is silent, away, not believed, or has never spoken."""
    return robot.is_lost or robot.reported is None or robot.doubled_boot != 0 or robot.is_taken_out


def may_be_released(state: SiteState, robot: Robot) -> bool:
    """Whether a release to work may go to the robot, once a person has granted it.

    What is granted ends as it starts again: then it says whether it waits for that, and somebody is asked anew.
    """
    return robot.stop == "reset" and not is_out_of_touch(robot) and is_clear(state, robot)


def may_move(state: SiteState, robot: Robot) -> bool:
    """Whether the robot may be set in motion where it is."""
    return robot.stop is None and not is_out_of_touch(robot) and is_clear(state, robot)


def may_be_entered(state: SiteState, trailer_id: str) -> bool:
    """Whether the trailer is held behind an open door, with the leveller down, and nobody is in the cell."""
    docked_at = state.trailers[trailer_id].docked_at
    if docked_at is None:
        return False
    door = state.doors[docked_at]
    return door.is_ready_for(trailer_id) and not door.people_inside


def is_withheld(state: SiteState, command: Command) -> bool:
    """Whether the command may not go out now. Whatever ends the reason has it looked at again."""
    if isinstance(command, ReleaseTrailer):
        door_id = state.trailers[command.data.trailer_id].docked_at
        return door_id is not None and state.doors[door_id].people_inside > 0
    if type(command) not in MOVING:
        return False
    robot = robot_at(state, command.subject)
    if isinstance(command, ReleaseToWork):
        return not (robot.is_release_granted and may_be_released(state, robot))
    if not may_move(state, robot):
        return True
    if isinstance(command, AssignOrder | AssignPickPlan):
        order = state.orders.get(command.data.order_id)
        return order is None or not may_be_entered(state, order.trailer_id)
    return False
