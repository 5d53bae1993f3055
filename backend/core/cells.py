"""Cells: at which door a robot is, and whether people are there with it. Where a person is, nothing may move."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.ids import parse_address
from twin.messages.robot import AssignOrder, AssignPickPlan, Assist, ReleaseToWork, Resume, Retry, Skip

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


def is_clear(state: SiteState, robot: Robot) -> bool:
    """Whether nobody is in the robot's cell."""
    door = door_of(state, robot)
    return door is None or not door.people_inside


def door_entered_by(state: SiteState, command: Command) -> Door | None:
    """The door whose cell the command sets a robot in motion in; None: it moves nothing, or at no door."""
    if type(command) not in MOVING:
        return None
    if isinstance(command, AssignOrder):
        return state.doors[command.data.door_id]
    return door_of(state, state.robots[parse_address(command.subject).entity])


def is_withheld(state: SiteState, command: Command) -> bool:
    """Whether the command may not go out now, because of a person in the cell."""
    door = door_entered_by(state, command)
    return door is not None and door.people_inside > 0
