"""What a well-formed message may say that cannot be of this site: doors and robots it does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.messages import operator, robot, trailer

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import SiteState
    from backend.services.desk import Desk
    from twin.messages import Message


def _door_unknown(state: SiteState, data: Any) -> str | None:  # noqa: ANN401 - any data with a door
    return None if data.door_id in state.doors else "unknown_door"


def _door_given_and_unknown(state: SiteState, data: Any) -> str | None:  # noqa: ANN401 - any data with a door
    return None if data.door_id is None or data.door_id in state.doors else "unknown_door"


def _removal_unknown(state: SiteState, data: robot.RobotRemovedData) -> str | None:
    return "unknown_robot" if data.robot_id not in state.robots else _door_unknown(state, data)


def _robot_unknown(state: SiteState, data: operator.ActionRequestedData) -> str | None:
    return None if data.robot_id in state.robots else "unknown_robot"


def _standing_at_unknown(state: SiteState, data: trailer.YardStateData) -> str | None:
    known = all(it.door_id is None or it.door_id in state.doors for it in data.trailers)
    return None if known else "unknown_door"


OBJECTIONS: dict[type[Message], Callable[[SiteState, Any], str | None]] = {
    trailer.TrailerArrived: _door_given_and_unknown,
    trailer.TrailerDocked: _door_unknown,
    trailer.TrailerReleased: _door_given_and_unknown,
    trailer.TrailerDeparted: _door_given_and_unknown,
    trailer.YardState: _standing_at_unknown,
    robot.RobotStateReport: _door_given_and_unknown,
    robot.UnloadStarted: _door_unknown,
    robot.UnloadFinished: _door_unknown,
    robot.RobotRemoved: _removal_unknown,
    operator.ActionRequested: _robot_unknown,
}
"""The code of what is wrong with the data of such a message, None if nothing is."""


def is_objected_to(desk: Desk, message: Message) -> bool:
    """Whether a message of a type that may say what cannot be of this site does; then it is counted."""
    objection = OBJECTIONS[type(message)](desk.state, message.data)
    if objection is None:
        return False
    desk.refuse(objection)
    return True
