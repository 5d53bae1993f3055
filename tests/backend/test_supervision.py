"""No more robots work at once than the people on duty may supervise, and as many as they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.backend.field import Field
from twin.messages import operator, reply, robot, trailer

if TYPE_CHECKING:
    from twin.messages import Message


def people(field: Field, robots_max: int | None, on_duty: int = 1) -> list[Message]:
    told = {"last_event_seq": 0, "last_reply_seq": 0}
    data = operator.OperatorStateData(role="remote", people_on_duty=on_duty, robots_max=robots_max, **told)
    return field.say("operator/remote", operator.OperatorState, data)


def two_trailers(field: Field) -> None:
    for name in ("r1", "r2"):
        field.report(name)
    for name, at in (("t-1", "d1"), ("t-2", "d2")):
        field.announce(name)
        field.arrive(name)
        field.complete(field.last(trailer.AssignDoor))
        field.dock(name, at=at)


def orders(field: Field) -> list[str]:
    return [it.subject for _, it in field.said if isinstance(it, robot.AssignOrder)]


def test_no_more_robots_work_than_people_on_duty_may_supervise() -> None:
    field = Field(doors=2, robots=2)
    people(field, 1)
    two_trailers(field)
    assert orders(field) == ["robot/r1"]
    assert robot.AssignOrder in map(type, people(field, 2, on_duty=2))
    assert orders(field) == ["robot/r1", "robot/r2"]


def test_a_robot_that_is_done_makes_room_for_another() -> None:
    field = Field(doors=2, robots=2)
    people(field, 1)
    two_trailers(field)
    field.reply(field.last(robot.AssignOrder), reply.CommandRejected, code="busy")
    assert len(orders(field)) == 2


def test_a_robot_that_is_done_makes_room_for_one_that_was_free_before_though_it_is_not_free_itself() -> None:
    field = Field(doors=2, robots=2)
    people(field, 1)
    two_trailers(field)
    order = field.last(robot.AssignOrder)
    field.reply(order, reply.CommandAccepted)
    for state in ("TRAVELLING", "ENTERING", "SCANNING", "EXITING"):
        field.report(state=state, door_id="d1", trailer_id="t-1")
    leaving = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=0)
    field.say("robot/r1", robot.UnloadFinished, leaving)
    assert orders(field) == ["robot/r1"]
    field.reply(order, reply.CommandCompleted)
    assert orders(field) == ["robot/r1", "robot/r2"]


def test_who_leaves_ends_no_work() -> None:
    field = Field(doors=2, robots=2)
    two_trailers(field)
    assert people(field, 0, on_duty=0) == []
    assert len(orders(field)) == 2


def test_without_a_limit_any_number_of_robots_works() -> None:
    field = Field(doors=2, robots=2)
    people(field, None)
    two_trailers(field)
    assert len(orders(field)) == 2


def test_a_planner_that_proposes_more_robots_than_may_be_supervised_is_refused() -> None:
    field = Field(doors=2, robots=2)
    people(field, 0)
    two_trailers(field)
    people(field, 1)
    assert orders(field) == ["robot/r1"]
    assert field.backend.refused == {"nobody_to_supervise": 1}
