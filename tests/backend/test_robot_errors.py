"""Errors of robots: they may bear any name, and end also where the word of that is lost."""

from __future__ import annotations

import pytest

from tests.backend.field import Field
from twin.clock import US_PER_S, format_time
from twin.messages import exception, robot


def fails(field: Field, error_type: str, *, is_asked: bool = True, at: str | None = "t-1") -> None:
    data = robot.RobotErrorData(
        error_id="e-1",
        error_type=error_type,
        error_level="URGENT",
        trailer_id=at,
        allowed_answers=("retry", "skip") if is_asked else (),
    )
    field.say("robot/r1", robot.RobotErrorRaised, data)


def open_types(field: Field) -> list[str]:
    return [it.exception_type for it in field.backend.state.exceptions.values()]


def lost(field: Field) -> None:
    """An event of r1 is lost for good."""
    field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="e-1"))
    seq = field.emitter("robot/r1").seqs["event"]
    data = robot.EventsLostData(lost_boot=1, channel="event", from_seq=seq, to_seq=seq)
    field.say("robot/r1", robot.EventsLost, data)


@pytest.mark.parametrize(
    "error_type", ["robot_lost", "release_to_work", "robot_stuck", "double_identity", "leftovers", "wall_blocked"]
)
def test_an_error_that_bears_a_name_of_ours_is_answered_as_an_error(error_type: str) -> None:
    field = Field()
    field.start()
    fails(field, error_type)
    asked = field.last(exception.InterventionRequested).data
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="retry")
    assert robot.Retry in [type(it) for it in field.say("operator/remote", exception.InterventionAnswered, data)]
    assert field.backend.state.orders["o-t-1"].walls_cleared == 0
    assert open_types(field) == []


def test_an_error_that_bears_a_name_of_ours_hides_nothing() -> None:
    field = Field()
    field.start()
    fails(field, "emergency_stop", is_asked=False)
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    assert open_types(field) == ["emergency_stop", "emergency_stop"]
    assert field.last(exception.InterventionRequested).data.exception_type == "emergency_stop"
    field.wait(40)
    assert "robot_lost" in open_types(field)
    assert open_types(field)[0] == "emergency_stop", "an error nobody can answer ends when the robot says so"


def test_an_error_whose_end_is_lost_is_over_when_the_robot_no_longer_tells_of_it() -> None:
    field = Field()
    field.start()
    fails(field, "battery_low", is_asked=False)
    lost(field)
    told = robot.RobotError(error_type="battery_low", error_level="URGENT")
    field.report(state="PICKING", door_id="d1", trailer_id="t-1", errors=(told,))
    assert "battery_low" in open_types(field)
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    assert open_types(field) == []
    assert field.last(exception.ExceptionResolved).data.resolution in ("not_reported", "state_known")


def test_a_question_a_robot_waits_with_is_not_over_as_it_leaves_it_untold() -> None:
    field = Field()
    field.start()
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    fails(field, "grip_failed")
    lost(field)
    field.report(state="AWAITING_ASSIST", door_id="d1", trailer_id="t-1")
    assert "grip_failed" in open_types(field)
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    assert "grip_failed" not in open_types(field)


def removed(field: Field) -> None:
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))


def is_an_hour_ahead(field: Field, times: int) -> None:
    """r1 says so often how it is, by a clock that is off."""
    for _ in range(times):
        before_us, field.now_us = field.now_us, field.now_us + 3600 * US_PER_S
        seqs = field.emitter("robot/r1").seqs
        data = robot.RobotStateData(
            robot_state="IDLE",
            operating_mode="AUTOMATIC",
            connection_state="ONLINE",
            last_event_seq=seqs.get("event", 0),
            last_reply_seq=seqs.get("reply", 0),
        )
        report = field.make("robot/r1", robot.RobotStateReport, data)
        field.now_us = before_us
        assert report.time > format_time(before_us)
        field.deliver(report)


def test_a_clock_of_a_robot_that_is_taken_out_is_off_no_more_until_it_returns() -> None:
    field = Field()
    is_an_hour_ahead(field, 5)
    assert open_types(field) == ["clock_off"]
    removed(field)
    assert open_types(field) == []
    is_an_hour_ahead(field, 2)
    assert open_types(field) == ["clock_off"]


def test_lost_messages_of_a_robot_that_is_taken_out_are_known_to_those_who_took_it() -> None:
    field = Field()
    field.start()
    lost(field)
    assert open_types(field) == ["messages_lost"]
    removed(field)
    assert open_types(field) == []
    lost(field)
    assert open_types(field) == []
