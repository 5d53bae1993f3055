"""People step in: they want a robot to pause, to go on, or to end its order. Policy permits it or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from backend.core import cells
from backend.core.state import robot_at
from backend.services import commands, policy
from twin.messages import robot as messages
from twin.messages.operator import ActionRequested

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.services.commands import Ended
    from backend.services.desk import Desk


def action_requested(desk: Desk, _entity: str) -> None:
    """A person wants something of a robot."""
    assert isinstance(desk.cause, ActionRequested)
    data = desk.cause.data
    robot = desk.state.robots[data.robot_id]
    is_pausing = bool(desk.open_at.at(f"robot/{robot.robot_id}", "pause"))
    refusal = policy.request_refusal(robot, data.action, is_pausing=is_pausing)
    if refusal is not None:
        desk.refuse(refusal.code)
    elif data.action == "cancel":
        assert robot.order_id is not None, "policy refuses it"
        commands.cancel_order(desk, target=f"robot/{robot.robot_id}", order_id=robot.order_id)
    elif data.action == "pause":
        may_go_on = _forget_resume(desk, robot)
        if may_go_on or not (robot.is_paused or is_pausing):
            _issue(desk, robot, messages.Pause, "pause")
    else:
        robot.is_resume_due = True
        consider(desk, robot)


def _forget_resume(desk: Desk, robot: Robot) -> bool:
    """Whoever wanted it to go on before, the last word holds. Whether it may go on as it was told so already."""
    robot.is_resume_due = False
    told = desk.open_at.at(f"robot/{robot.robot_id}", "resume")
    for record in told:
        commands.abandon(desk, record.command.data.action_id)
    return bool(told)


def consider(desk: Desk, robot: Robot) -> None:
    """Tell it to go on if somebody wants that, its pause has arrived, and nothing is in the way."""
    if not robot.is_resume_due or not cells.may_move(desk.state, robot):
        return
    if not desk.open_at.at(f"robot/{robot.robot_id}", "pause", "resume"):
        _issue(desk, robot, messages.Resume, "resume")


def _issue(
    desk: Desk, robot: Robot, command_type: type[messages.Pause | messages.Resume], purpose: Literal["pause", "resume"]
) -> None:
    commands.issue(desk, command_type, messages.PauseData, target=f"robot/{robot.robot_id}", purpose=purpose)


def pause_ended(desk: Desk, ended: Ended) -> None:
    """It stands, or does not; whoever wants it to go on has waited for this."""
    robot = robot_at(desk.state, ended.record.command.subject)
    if ended.outcome == "completed" or ended.code == "already_paused":
        robot.is_paused = True
    consider(desk, robot)


def resume_ended(desk: Desk, ended: Ended) -> None:
    """It goes on, or was not paused. Anything else: it is told again."""
    robot = robot_at(desk.state, ended.record.command.subject)
    if ended.outcome in ("completed", "rejected"):
        robot.is_paused = robot.is_resume_due = False
    consider(desk, robot)
