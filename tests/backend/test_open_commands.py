from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from tests.backend.field import Field
from twin.messages import operator, reply, robot

if TYPE_CHECKING:
    from backend.core.state import CommandRecord


class NotLookedThrough(dict[str, "CommandRecord"]):
    """Commands that may be looked up, and not all be looked at."""

    def values(self) -> NoReturn:
        raise AssertionError

    items = values


def test_what_a_robot_says_makes_nobody_look_through_the_commands_of_others() -> None:
    field = Field(robots=2)
    field.start()
    pause = operator.ActionRequestedData(person="ana", robot_id="r2", action="pause")
    field.report("r2")
    field.say("operator/remote", operator.ActionRequested, pause)
    field.reply(field.last(robot.Pause), reply.CommandAccepted)
    state = field.backend.state
    state.commands = NotLookedThrough(state.commands)
    field.report("r2", state="IDLE")
    field.report("r1", state="SCANNING", door_id="d1", trailer_id="t-1")
    field.say("operator/remote", operator.ActionRequested, pause)
    assert field.backend.refused == {"already_paused": 1}


def test_a_target_has_no_place_once_all_that_it_had_has_ended() -> None:
    field = Field()
    field.start()
    open_at = field.backend._desk.open_at
    assert [it.purpose for it in open_at.at("robot/r1")] == ["order", "plan"]
    assert [it.purpose for it in open_at.at("robot/r1", "plan", "answer")] == ["plan"]
    field.reply(field.last(robot.AssignPickPlan), reply.CommandCompleted)
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed)
    assert open_at.at("robot/r1") == []
    assert "robot/r1" not in open_at
