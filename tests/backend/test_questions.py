"""Questions to people: who sees to them, who answers, and what happens when nobody does."""

# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.backend.field import Field
from twin.clock import parse_time
from twin.messages import conveyor, door, exception, robot

if TYPE_CHECKING:
    from twin.messages import Message

NOTHING = conveyor.ConveyorData()


def jammed() -> Field:
    field = Field()
    field.say("conveyor/c1", conveyor.ConveyorJammed, NOTHING)
    return field


def asked(field: Field) -> list[exception.InterventionRequestedData]:
    return [it.data for _, it in field.said if isinstance(it, exception.InterventionRequested)]


def assigned(field: Field) -> list[str | None]:
    return [it.data.person for _, it in field.said if isinstance(it, exception.ExceptionAssigned)]


def answer(field: Field, what: Any = "retry", *, to: str | None = None, person: str | None = None) -> list[Message]:
    data = exception.InterventionAnsweredData(
        intervention_id=to or asked(field)[-1].intervention_id, answer=what, person=person
    )
    return field.say("operator/floor", exception.InterventionAnswered, data)


def refusal(said: list[Message]) -> exception.InterventionRefusedData:
    (message,) = said
    assert isinstance(message, exception.InterventionRefused)
    return message.data


def take(field: Field, person: str, message_type: Any = exception.InterventionTaken) -> list[Message]:
    data = exception.InterventionPersonData(intervention_id=asked(field)[-1].intervention_id, person=person)
    return field.say("operator/floor", message_type, data)


def test_without_a_default_people_are_asked_anew_at_each_deadline() -> None:
    field = jammed()
    field.wait(3 * 1800 + 1)
    questions = asked(field)
    assert len(questions) == 4
    assert len({it.intervention_id for it in questions}) == 4
    assert {it.exception_id for it in questions} == {questions[0].exception_id}
    assert {it.default_answer for it in questions} == {None}
    deadlines = [parse_time(it.deadline_at) for it in questions]
    assert {after - before for before, after in pairwise(deadlines)} == {1_800_000_000}


def test_an_answer_to_a_question_that_was_asked_anew_comes_too_late() -> None:
    field = jammed()
    field.wait(1801)
    refused = refusal(answer(field, to=asked(field)[0].intervention_id, person="ana"))
    assert (refused.code, refused.person) == ("too_late", "ana")
    assert field.backend.refused == {"answer_too_late": 1}
    assert exception.ExceptionResolved in map(type, answer(field))


def test_who_has_taken_a_question_that_is_asked_anew_has_it_no_more() -> None:
    field = jammed()
    take(field, "ana")
    field.wait(1801)
    assert assigned(field) == ["ana", None]


def test_the_second_answer_is_told_that_another_was_first() -> None:
    field = jammed()
    answer(field)
    refused = refusal(answer(field, person="ben"))
    assert (refused.code, refused.person) == ("answered_already", "ben")
    assert refused.answer_id.endswith(":event:2")


def test_an_answer_that_is_no_option_is_refused_and_the_question_stays_open() -> None:
    field = jammed()
    assert refusal(answer(field, "skip")).code == "not_an_option"
    assert field.backend.refused == {"answer_not_an_option": 1}
    assert exception.ExceptionResolved in map(type, answer(field))


def test_an_answer_after_the_default_has_held_is_too_late() -> None:
    field = Field()
    field.start()
    data = robot.RobotErrorData(
        error_id="e-1", error_type="grip_failed", error_level="URGENT", allowed_answers=("retry", "skip")
    )
    field.say("robot/r1", robot.RobotErrorRaised, data)
    field.wait(61)
    assert refusal(answer(field)).code == "too_late"


def test_what_was_answered_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.services.interventions.ANSWERED_REMEMBERED_MAX", 2)
    field = Field()
    for _ in range(4):
        field.say("conveyor/c1", conveyor.ConveyorJammed, NOTHING)
        answer(field)
    assert list(field.backend.state.answered) == ["i-3", "i-4"]


def test_who_sees_to_it_and_who_no_longer_does_is_said() -> None:
    field = jammed()
    (said,) = take(field, "ana")
    assert isinstance(said, exception.ExceptionAssigned)
    assert (said.data.exception_type, said.data.person) == ("conveyor_jammed", "ana")
    take(field, "ana", exception.InterventionHandedBack)
    take(field, "ben")
    assert assigned(field) == ["ana", None, "ben"]
    (it,) = field.backend.state.exceptions.values()
    assert it.person == "ben"


def test_a_question_that_is_over_is_nobodys() -> None:
    field = jammed()
    answer(field)
    assert take(field, "ana") == []
    assert field.backend.refused == {"question_over": 1}


@pytest.mark.parametrize(
    ("owner", "role", "default", "deadline_s"), [("floor", "floor", None, 1800), ("remote", "remote", "retry", 60)]
)
def test_a_robot_says_who_can_help_it(owner: Any, role: str, default: str | None, deadline_s: int) -> None:
    field = Field()
    field.start()
    data = robot.RobotErrorData(
        error_id="e-1", error_type="vacuum_lost", error_level="FATAL", allowed_answers=("retry",), owner=owner
    )
    field.say("robot/r1", robot.RobotErrorRaised, data)
    (question,) = asked(field)
    assert (question.role, question.default_answer) == (role, default)
    assert parse_time(question.deadline_at) - field.now_us == deadline_s * 1_000_000


def test_an_error_that_needs_nothing_asks_nobody() -> None:
    field = Field()
    data = robot.RobotErrorData(error_id="e-1", error_type="battery_low", error_level="WARNING", owner="floor")
    field.say("robot/r1", robot.RobotErrorRaised, data)
    assert asked(field) == []


def test_floor_staff_are_told_at_which_door_a_robot_stands() -> None:
    field = Field(doors=2)
    field.report(state="FAULT", door_id="d2")
    data = robot.RobotErrorData(
        error_id="e-1", error_type="vacuum_lost", error_level="FATAL", allowed_answers=("retry",), owner="floor"
    )
    field.say("robot/r1", robot.RobotErrorRaised, data)
    assert asked(field)[0].door_id == "d2"


def test_a_lost_robot_is_gone_to_again_until_it_is_found() -> None:
    field = Field()
    field.start()
    field.wait(200)
    field.wait(1801)
    field.wait(1801)
    assert [it.exception_type for it in asked(field)] == ["robot_lost"] * 3
    data = robot.RobotRemovedData(robot_id="r1", door_id="d1")
    field.say("operator/floor", robot.RobotRemoved, data)
    answer(field, "abandon")
    assert field.backend.state.exceptions == {}


def test_a_jam_is_outside_the_cell_and_answered_whoever_is_inside() -> None:
    field = jammed()
    field.say("door/d1", door.PersonEntered, door.DoorPeopleData(people_inside=1))
    assert exception.ExceptionResolved in map(type, answer(field))
