"""Clocks that are off are seen and said; nothing else depends on what a robot's clock shows."""

from __future__ import annotations

import msgspec
import pytest

from tests.backend.field import Field
from twin.clock import US_PER_S, format_time
from twin.messages import exception, reply, robot


def reports(field: Field, *ahead_s: float) -> None:
    """States that bear instants so far ahead of when they come."""
    for by_s in ahead_s:
        field.wait(10)
        seqs = field.emitter("robot/r1").seqs
        data = robot.RobotStateData(
            robot_state="IDLE",
            operating_mode="AUTOMATIC",
            connection_state="ONLINE",
            last_event_seq=seqs.get("event", 0),
            last_reply_seq=seqs.get("reply", 0),
        )
        message = field.make("robot/r1", robot.RobotStateReport, data)
        field.deliver(msgspec.structs.replace(message, time=format_time(field.now_us + round(by_s * US_PER_S))))


def raised(field: Field) -> list[str]:
    return [it.data.detail for _, it in field.said if isinstance(it, exception.ExceptionRaised)]


def resolved(field: Field) -> list[str]:
    return [it.data.resolution for _, it in field.said if isinstance(it, exception.ExceptionResolved)]


@pytest.mark.parametrize(
    ("ahead_s", "detail"), [(2.1, "its clock is 2.1 s ahead"), (-4.1, "its clock is 4.1 s behind")]
)
def test_a_clock_that_is_off_three_times_in_a_row_is_said_to_be(ahead_s: float, detail: str) -> None:
    field = Field()
    reports(field, ahead_s, ahead_s)
    assert raised(field) == []
    reports(field, ahead_s)
    assert raised(field) == [detail]
    assert field.last(exception.ExceptionRaised).data.owner == "rule"
    reports(field, ahead_s, ahead_s, ahead_s)
    assert len(raised(field)) == 1


@pytest.mark.parametrize("ahead_s", [2.0, -4.0, 0.0])
def test_a_state_that_was_on_its_way_for_a_while_tells_nothing_of_the_clock(ahead_s: float) -> None:
    field = Field()
    reports(field, *[ahead_s] * 5)
    assert raised(field) == []


def test_one_right_instant_begins_the_count_anew() -> None:
    field = Field()
    reports(field, 90.0, 90.0, 0.0, 90.0, 90.0)
    assert raised(field) == []


def test_a_clock_is_right_again_after_three_right_instants_in_a_row() -> None:
    field = Field()
    reports(field, 90.0, 90.0, 90.0, 0.0, 0.0)
    assert resolved(field) == []
    reports(field, 90.0, 0.0, 0.0)
    assert resolved(field) == []
    reports(field, 0.0)
    assert resolved(field) == ["clock_right"]
    assert field.backend.state.exceptions == {}


def accepted_late(field: Field, *, stamp_s: float) -> None:
    """The robot accepts its plan; the reply bears an instant so long after the command expired."""
    plan = field.last(robot.AssignPickPlan)
    data = reply.ReplyData(command_id=plan.id, action_id=plan.data.action_id)
    message = field.make("robot/r1", reply.CommandAccepted, data)
    stamp_us = field.now_us + round(stamp_s * US_PER_S)
    field.deliver(msgspec.structs.replace(message, time=format_time(stamp_us)))


def planned() -> Field:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    return field


def test_a_robot_whose_clock_is_ahead_is_not_judged_by_it() -> None:
    field = planned()
    accepted_late(field, stamp_s=61.0)
    assert field.codes() == []


def test_a_robot_whose_clock_is_right_is_judged_by_it() -> None:
    field = planned()
    for _ in range(6):
        field.wait(10.1)
        field.report(state="SCANNING", door_id="d1", trailer_id="t-1")
    accepted_late(field, stamp_s=0.0)
    assert field.codes() == ["ran_after_expiry"]


def test_an_unknown_command_is_settled_by_when_a_state_came_not_by_what_it_bears() -> None:
    field = planned()
    plan = field.last(robot.AssignPickPlan)
    for _ in range(6):
        field.wait(10.5)
        field.report(state="SCANNING", door_id="d1", trailer_id="t-1")
    field.wait(3)
    data = robot.RobotStateData(
        robot_state="SCANNING",
        operating_mode="AUTOMATIC",
        connection_state="ONLINE",
        door_id="d1",
        trailer_id="t-1",
        last_event_seq=field.emitter("robot/r1").seqs["event"],
        last_reply_seq=field.emitter("robot/r1").seqs["reply"],
    )
    message = field.make("robot/r1", robot.RobotStateReport, data)
    behind = msgspec.structs.replace(message, time=format_time(field.now_us - 3600 * US_PER_S))
    again = [it for it in field.deliver(behind) if isinstance(it, robot.AssignPickPlan)]
    assert [it.data.action_id for it in again] == [plan.data.action_id]
