"""What is lost for good keeps nobody waiting for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.backend.fake_dock import LATENCY_US, FakeDock, dock_of
from tests.backend.field import Field
from twin.clock import US_PER_S, parse_time
from twin.messages import exception, reply, robot, trailer, wall

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


BOTH = ("t-1-c1", "t-1-c2")


def carries_out(field: Field, times: int, *still_there: str, by: str = "r1") -> None:
    """A robot ends so many plans, says nothing of their cases, and its next scan shows these again."""
    for _ in range(times):
        field.complete(field.last(robot.AssignPickPlan))
        field.scan(*still_there, by=by, scan_id=f"after-{len(field.said)}")


def plans(field: Field) -> list[tuple[str, ...]]:
    return [tuple(sorted(it.data.track_ids)) for _, it in field.said if isinstance(it, robot.AssignPickPlan)]


def test_cases_that_are_planned_three_times_in_vain_are_left_for_people() -> None:
    field = Field()
    field.start(cases=2)
    carries_out(field, 3, *BOTH)
    assert plans(field) == [BOTH, BOTH, BOTH, ()]
    field.finish(placed=0)
    assert field.last(exception.InterventionRequested).data.exception_type == "leftovers"


def test_a_plan_of_which_any_case_is_gone_is_not_in_vain() -> None:
    field = Field()
    field.start(cases=2)
    carries_out(field, 2, *BOTH)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    carries_out(field, 4, "t-1-c2")
    assert plans(field) == [BOTH, BOTH, BOTH, *[("t-1-c2",)] * 3, ()]


def test_what_else_a_scan_shows_is_planned_as_often_before_it_is_left_too() -> None:
    field = Field()
    field.start(cases=2)
    carries_out(field, 2, *BOTH)
    carries_out(field, 4, *BOTH, "t-1-c3")
    assert plans(field) == [*[BOTH] * 3, *[("t-1-c3",)] * 3, ()]


def test_a_plan_that_was_never_begun_is_not_in_vain() -> None:
    field = Field()
    field.start(cases=2)
    carries_out(field, 1, *BOTH)
    for _ in range(4):
        field.reply(field.last(robot.AssignPickPlan), reply.CommandRejected, "busy")
        field.wait(10.1)
    assert plans(field) == [BOTH] * 6


def test_another_robot_is_told_as_often_to_take_what_the_first_has_left() -> None:
    field = Field(robots=2)
    field.start(cases=2)
    carries_out(field, 2, *BOTH)
    field.report("r2")
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, "battery_low")
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    for state in ("TRAVELLING", "ENTERING", "SCANNING"):
        field.report("r2", state=state, door_id="d1", trailer_id="t-1")
    field.scan(*BOTH, by="r2", scan_id="of-r2")
    carries_out(field, 3, *BOTH, by="r2")
    assert plans(field) == [*[BOTH] * 6, ()]
