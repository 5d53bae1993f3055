"""Emergency stops: latched and reset at the machine alone. A robot works again when a person has released it.

Never commanded or reset over the bus. What we send is the release, once the reset is heard and a person has said so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells, fold_robots
from backend.core.state import robot_at
from backend.services import commands, exceptions
from twin.messages import robot as messages

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.core.state import OpenException
    from backend.services.commands import Ended
    from backend.services.desk import Desk


def emergency_stopped(desk: Desk, entity: str) -> None:
    """Somebody has to go there. What was said about releasing it from a stop before holds no more."""
    _forget_release(desk, entity)
    exceptions.resolve_if_open(desk, "release_to_work", entity=entity, resolution="stopped_again")
    _raise_once(desk, "emergency_stop", entity)


def emergency_stop_reset(desk: Desk, entity: str) -> None:
    """A person is asked whether it may work. If those who were asked to go there have reset it, they will say so."""
    stopped = exceptions.find(desk, "emergency_stop", entity=entity)
    cause = desk.cause
    if (
        stopped is not None
        and isinstance(cause, messages.EmergencyStopReset)
        and cause.causationid != stopped.request_id
    ):
        exceptions.resolve(desk, stopped, by="rule", resolution="reset_at_machine")
    if not robot_at(desk.state, entity).is_release_granted:
        _raise_once(desk, "release_to_work", entity)


def stop_over(desk: Desk, entity: str) -> None:
    """It says that it is neither stopped nor waits: whatever was heard of it before."""
    for exception_type in ("emergency_stop", "release_to_work"):
        exceptions.resolve_if_open(desk, exception_type, entity=entity, resolution="stop_over")


def removed(desk: Desk, entity: str) -> None:
    """It is away: if it is still stopped when it starts again, it says so."""
    for exception_type in ("emergency_stop", "release_to_work"):
        exceptions.resolve_if_open(desk, exception_type, entity=entity, resolution="robot_removed")


def release(desk: Desk, exception: OpenException) -> None:
    """A person with the right has said that it may work."""
    robot = robot_at(desk.state, exception.entity)
    if robot.stop == "reset":
        robot.is_release_granted = True
        _send_release(desk, robot)


def _send_release(desk: Desk, robot: Robot) -> None:
    """Once it may be sent; until then `consider` waits."""
    if cells.may_be_released(desk.state, robot):
        commands.issue(
            desk,
            messages.ReleaseToWork,
            messages.PauseData,
            target=f"robot/{robot.robot_id}",
            purpose="release_to_work",
        )


def consider(desk: Desk, robot: Robot) -> None:
    """Send the release that has waited until it may be sent."""
    if robot.is_release_granted and not desk.open_at.at(f"robot/{robot.robot_id}", "release_to_work"):
        _send_release(desk, robot)


def release_ended(desk: Desk, ended: Ended) -> None:
    """It goes on, or says why not. A release that came too late is sent again: the person's word still holds."""
    entity = ended.record.command.subject
    robot = robot_at(desk.state, entity)
    if ended.outcome == "completed":
        fold_robots.released_to_work(desk.changes, robot)
    elif ended.outcome == "rejected":
        robot.is_release_granted = False  # its next state says how it is, and somebody is asked again
    else:
        consider(desk, robot)


def _forget_release(desk: Desk, entity: str) -> None:
    for record in desk.open_at.at(entity, "release_to_work"):
        commands.abandon(desk, record.command.data.action_id)


def _raise_once(desk: Desk, exception_type: str, entity: str) -> None:
    if exceptions.find(desk, exception_type, entity=entity) is None:
        order = desk.state.orders.get(robot_at(desk.state, entity).order_id or "")
        trailer_id = None if order is None else order.trailer_id
        exceptions.raise_exception(desk, exception_type, entity=entity, trailer_id=trailer_id)
