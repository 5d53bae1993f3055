"""What becomes possible by one message is done at once, also where the message seldom is the one that makes it so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backend.field import Field
from twin.messages import case, reply, robot, trailer

AT_WORK: dict[str, Any] = {"door_id": "d1", "trailer_id": "t-1"}


def without_a_robot() -> Field:
    """r1 has given up the order of t-1, which waits for a robot; the pause after it is over."""
    field = Field(recheck_every=1)
    field.start(cases=2)
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, "cancelled")
    field.report(state="EXITING", **AT_WORK)
    return field


def orders_given(field: Field) -> int:
    return sum(isinstance(message, robot.AssignOrder) for _, message in field.said)


def test_a_robot_whose_last_case_is_heard_of_late_is_free_from_then_on() -> None:
    field = Field(recheck_every=1)
    field.start(cases=2)
    field.pick("t-1-c1")
    placed = case.CasePlacedData(trailer_id="t-1", track_id="t-1-c1", conveyor_id="c1")
    late = field.make("robot/r1", case.CasePlaced, placed)
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, "cancelled")
    field.report(state="EXITING", **AT_WORK)
    field.report()
    field.wait(12)
    assert orders_given(field) == 1
    field.deliver(late)
    assert orders_given(field) == 2
    assert field.codes() == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"operating_mode": "MANUAL"}, {}),
        ({"battery_fraction": 0.2}, {"battery_fraction": 0.3}),
        ({"holding": ("t-1-c9",)}, {}),
    ],
)
def test_an_idle_robot_that_becomes_able_to_work_is_given_work_at_once(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    field = without_a_robot()
    if "holding" in before:
        field.backend.state.robots["r1"].is_holding_doubted = True
    field.report(**before)
    field.wait(12)
    assert orders_given(field) == 1
    field.report(**after)
    assert orders_given(field) == 2
    assert field.codes() == []


def test_an_idle_robot_of_which_is_known_again_what_it_holds_is_given_work_at_once() -> None:
    field = Field(recheck_every=1)
    field.start(cases=2)
    field.pick("t-1-c1")
    lost = field.make(
        "robot/r1", case.CasePlaced, case.CasePlacedData(trailer_id="t-1", track_id="t-1-c1", conveyor_id="c1")
    )
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, "cancelled")
    field.report(state="EXITING", **AT_WORK)
    for _ in range(4):
        field.report()
        field.wait(9)
    assert lost.seq == field.backend.state.senders["/bos1/robot/r1"].event.last_seq, "it is given up"
    assert orders_given(field) == 1
    field.report()
    assert orders_given(field) == 2
    assert field.codes() == []


def test_a_door_that_the_yard_refuses_for_one_trailer_is_at_once_given_to_another() -> None:
    field = Field(recheck_every=1)
    field.report()
    for name in ("t-1", "t-2"):
        field.announce(name)
        field.arrive(name)
    said = field.reply(field.last(trailer.AssignDoor), reply.CommandRejected, "not_here")
    assert [it.data.trailer_id for it in said if isinstance(it, trailer.AssignDoor)] == ["t-2"]
    assert field.codes() == []


def test_a_robot_that_is_held_back_by_people_at_another_door_goes_on_when_they_leave() -> None:
    field = Field(recheck_every=1, doors=2)
    field.start(cases=2)
    field.reply(field.last(robot.AssignPickPlan), reply.CommandCompleted)
    field.report(state="PICKING", door_id="d2", trailer_id="t-1")
    field.people(1, at="d2", name=None)
    field.scan("t-1-c1", scan_id="s2")
    plans = [it for _, it in field.said if isinstance(it, robot.AssignPickPlan)]
    assert len(plans) == 1
    said = field.people(0, at="d2", name=None)
    assert [type(it) for it in said] == [robot.AssignPickPlan]
    assert field.codes() == []
