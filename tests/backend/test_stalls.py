"""What is lost for good keeps nobody waiting for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.backend.fake_dock import LATENCY_US, FakeDock, dock_of
from tests.backend.field import Field
from twin.clock import US_PER_S, parse_time
from twin.messages import exception, robot, trailer, wall

if TYPE_CHECKING:
    from twin.messages import Message


def dock_that_loses(message_type: type[Message]) -> FakeDock:
    """A dock whose first message of this type reaches nobody, however often it is asked for."""
    dock = dock_of(cases=7)
    lost: list[Message] = []

    def link(message: Message) -> list[int]:
        if isinstance(message, message_type) and not lost:
            lost.append(message)
            dock._kept.remove(message)
            return []
        return [LATENCY_US]

    dock.link = link
    return dock


def commands_of(dock: FakeDock, command_type: type[Any]) -> list[Any]:
    """Each command of this type once, whatever was sent again."""
    return list({it.id: it for it in dock.commands if isinstance(it, command_type)}.values())


@pytest.mark.parametrize(
    ("lost", "state"), [(wall.WallScanned, "SCANNING"), (robot.RobotErrorRaised, "AWAITING_ASSIST")]
)
def test_a_robot_that_waits_in_vain_is_told_to_leave_after_two_minutes(
    lost: type[Message], state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = dock_that_loses(lost)
    dock.grips["t-1-c2"] = ["grip_failed"]
    obeys = dock.command
    monkeypatch.setattr(dock, "command", lambda it: None if isinstance(it, robot.Cancel) else obeys(it))
    dock.run(1200)
    told_us = parse_time(commands_of(dock, robot.Cancel)[0].time)
    reports = [it for it in dock.heard if isinstance(it.message, robot.RobotStateReport)]
    since_us = next(at_us for at_us, it in reports if it.data.robot_state == state)
    assert 120 * US_PER_S <= told_us - since_us <= 180 * US_PER_S


def test_a_robot_that_is_served_is_never_told_to_leave() -> None:
    dock = dock_of(cases=7)
    dock.grips["t-1-c2"] = ["grip_failed"]
    dock.run(3600)
    assert commands_of(dock, robot.Cancel) == []


def test_a_completed_order_is_finished_though_its_last_event_is_lost() -> None:
    dock = dock_that_loses(robot.UnloadFinished).run(3600)
    assert len(commands_of(dock, trailer.ReleaseTrailer)) == 1


def test_a_command_nobody_ever_hears_is_ended_and_its_work_given_anew() -> None:
    dock = dock_of(cases=7)
    dock.deaf = {"robot/r1"}
    dock.run(600)
    assert len({it.data.action_id for it in commands_of(dock, robot.AssignOrder)}) > 1


def test_a_reply_that_overtakes_the_docking_gives_no_second_door() -> None:
    dock = dock_of(cases=7, doors=2)
    dock.link = lambda message: [5 * US_PER_S if isinstance(message, trailer.TrailerDocked) else LATENCY_US]
    dock.run(1200)
    assert len(commands_of(dock, trailer.AssignDoor)) == 1
    assert dock.backend.violations == []


def test_a_robot_whose_error_people_abandon_is_told_to_end_its_order() -> None:
    field = Field()
    field.start(cases=4)
    error = robot.RobotErrorData(
        error_id="e-1",
        error_type="arm_blocked",
        error_level="URGENT",
        trailer_id="t-1",
        allowed_answers=("retry", "abandon"),
    )
    field.say("robot/r1", robot.RobotErrorRaised, error)
    asked = field.last(exception.InterventionRequested).data
    field.say(
        "operator/remote",
        exception.InterventionAnswered,
        exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="abandon"),
    )
    assert field.last(robot.Cancel).data.order_id == "o-t-1"
    assert field.codes() == []
