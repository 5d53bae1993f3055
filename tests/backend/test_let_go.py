"""Trailers that others than the backend let go: at the yard, by hand. Whatever hung on their orders ends with them."""

from __future__ import annotations

import pytest

from tests.backend.field import Field
from twin.messages import case, door, exception, reply, robot, trailer

T_1 = trailer.TrailerData(trailer_id="t-1", door_id="d1")


def goes(field: Field, *, is_release_heard: bool = True) -> None:
    if is_release_heard:
        field.say("yard/yard", trailer.TrailerReleased, T_1)
    field.say("yard/yard", trailer.TrailerDeparted, T_1)


def left_over() -> Field:
    """A case is left in the trailer; floor staff have been asked to see to it."""
    field = Field()
    plan = field.start(cases=1)
    aside = case.CaseSetAsideData(trailer_id="t-1", track_id="t-1-c1", reason="too_heavy")
    field.say("robot/r1", case.CaseRefused, aside)
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    field.finish(placed=0)
    return field


@pytest.mark.parametrize("is_release_heard", [True, False])
def test_a_robot_whose_trailer_is_let_go_is_told_to_leave_and_works_elsewhere(*, is_release_heard: bool) -> None:
    field = Field()
    field.start()
    goes(field, is_release_heard=is_release_heard)
    field.complete(field.last(robot.Cancel))
    assert field.codes() == ["released_with_robot_inside"], "the field has let it go with a robot inside"
    assert field.backend.state.robots["r1"].order_id is None
    finished = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=0)
    field.say("robot/r1", robot.UnloadFinished, finished)
    for state in ("EXITING", "IDLE"):
        field.report(state=state)
    for told in (door.LevellerStored, door.DoorClosed, door.RestraintReleased):
        field.say("door/d1", told, door.DoorData(trailer_id="t-1"))
    field.announce("t-2")
    field.arrive("t-2")
    field.complete(field.last(trailer.AssignDoor))
    assert robot.AssignOrder in [type(it) for it in field.dock("t-2")]
    field.wait(4000)
    assert "o-t-1" not in field.backend.state.orders
    field.backend.audit()
    assert len(field.codes()) == 1


def test_a_robot_whose_trailer_is_let_go_is_told_so_once_and_again_if_it_has_not_left_in_two_minutes() -> None:
    field = Field()
    field.start()
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    field.say("yard/yard", trailer.TrailerReleased, T_1)
    field.complete(field.last(robot.Cancel))
    told = []
    for _ in range(13):
        field.wait(10)
        told.append(sum(isinstance(it, robot.Cancel) for it in field.report(state="PLACING", trailer_id="t-1")))
    assert told == [*[0] * 11, 1, 0]


def test_nobody_is_sent_to_a_trailer_that_was_let_go_though_its_door_has_not_told_so() -> None:
    field = Field(robots=2)
    field.start()
    field.report("r2")
    field.say("yard/yard", trailer.TrailerReleased, T_1)
    field.report("r2")
    assert [it.target for _, it in field.said if isinstance(it, robot.AssignOrder)] == ["robot/r1"]


def test_a_robot_taken_out_after_its_trailer_has_left_has_no_order_to_be_freed_from() -> None:
    field = Field()
    field.start()
    goes(field)
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    field.backend.audit()
    assert field.codes() == ["released_with_robot_inside"]


def test_what_was_left_in_a_trailer_that_is_let_go_is_asked_about_no_more() -> None:
    field = left_over()
    asked = field.last(exception.InterventionRequested).data
    goes(field)
    assert field.last(exception.ExceptionResolved).data.resolution == "trailer_released"
    answer = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="assist")
    field.say("operator/floor", exception.InterventionAnswered, answer)
    assert field.backend.refused == {"answer_too_late": 1}
    assert field.backend.state.orders == {}
    assert field.codes() == []


def test_a_trailer_that_leaves_before_it_has_docked_leaves_its_door_to_another() -> None:
    field = Field()
    field.announce()
    field.arrive()
    assert field.last(trailer.AssignDoor).data.trailer_id == "t-1"
    field.say("yard/yard", trailer.TrailerDeparted, trailer.TrailerData(trailer_id="t-1"))
    field.announce("t-2")
    field.arrive("t-2")
    assert field.last(trailer.AssignDoor).data.trailer_id == "t-2"
    assert field.codes() == []
