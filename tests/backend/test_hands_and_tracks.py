"""Hands that hold several cases, tracks that prove to be none or several, batteries, and a gripper that lost vacuum."""

from __future__ import annotations

import msgspec
import pytest

from backend.services import policy
from tests.backend.field import Field
from twin.clock import format_time
from twin.messages import Message, case, exception, reply, robot, trailer


def two_handed() -> Field:
    """A robot before its wall that can take two cases at once."""
    field = Field()
    sheet = robot.RobotFactsheetData(
        software_version="1",
        calibrated_at=format_time(field.now_us),
        commands_accepted=(),
        weight_kg_max=30.0,
        weight_kg_max_high=30.0,
        high_from_m=1.5,
        size_m_max=(1.0, 1.0, 1.0),
        reach_m=2.0,
        speed_m_per_s=1.0,
        cases_per_pick_max=2,
    )
    field.say("robot/r1", robot.RobotFactsheet, sheet)
    field.start(cases=4)
    return field


def place_of(field: Field, track: str) -> str:
    return field.backend.state.trailers["t-1"].cases[track].place


def retract(field: Field, track: str, by: str = "robot/r1") -> list[Message]:
    return field.say(by, case.CaseRetracted, case.CaseRetractedData(trailer_id="t-1", track_id=track))


def split(field: Field, track: str, *successors: str) -> None:
    data = case.CaseSplitData(trailer_id="t-1", track_id=track, successors=successors)
    field.say("robot/r1", case.CaseSplit, data)


# --- hands ---


def test_a_hand_holds_as_many_cases_as_the_factsheet_says() -> None:
    field = two_handed()
    field.pick("t-1-c1")
    field.pick("t-1-c2")
    field.report(state="PLACING", door_id="d1", trailer_id="t-1", holding=("t-1-c1", "t-1-c2"))
    field.place("t-1-c1")
    field.report(state="PLACING", door_id="d1", trailer_id="t-1", holding=("t-1-c2",))
    field.place("t-1-c2")
    field.backend.audit()
    assert field.codes() == []
    assert field.backend.state.robots["r1"].placed == 2


def test_what_a_hand_could_hold_in_a_boot_that_is_over_does_not_hold_any_more() -> None:
    field = two_handed()
    late = field.make("robot/r1", robot.RobotFactsheet, field.backend.state.robots["r1"].factsheet)
    new = msgspec.structs.replace(late.data, cases_per_pick_max=1)
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.say("robot/r1", robot.RobotFactsheet, new)
    field.deliver(late)
    assert field.backend.state.robots["r1"].factsheet == new


def test_a_hand_holds_no_more_cases_than_that() -> None:
    field = two_handed()
    for track in ("t-1-c1", "t-1-c2", "t-1-c3"):
        field.pick(track)
    assert "hand_holds_too_many" in field.codes()


def test_an_audit_finds_a_hand_with_too_many_cases() -> None:
    field = two_handed()
    field.pick("t-1-c1")
    field.pick("t-1-c2")
    field.backend.state.robots["r1"].factsheet = None
    field.backend.audit()
    assert field.codes() == ["hand_holds_too_many"]


def test_all_that_a_lost_robot_held_is_unknown_and_all_of_it_known_when_it_speaks() -> None:
    field = two_handed()
    field.pick("t-1-c1")
    field.pick("t-1-c2")
    field.wait(60)
    assert {place_of(field, "t-1-c1"), place_of(field, "t-1-c2")} == {"unknown"}
    field.report(state="PLACING", door_id="d1", trailer_id="t-1", holding=("t-1-c1", "t-1-c2"))
    assert {place_of(field, "t-1-c1"), place_of(field, "t-1-c2")} == {"hand"}
    assert field.codes() == []


def test_people_take_each_case_out_of_the_hand() -> None:
    field = two_handed()
    field.pick("t-1-c1")
    field.pick("t-1-c2")
    for track in ("t-1-c1", "t-1-c2"):
        data = case.CaseRecoveredData(trailer_id="t-1", track_id=track, disposition="manual")
        field.say("operator/floor", case.CaseRecovered, data)
    assert field.backend.state.robots["r1"].holding == {}
    assert field.codes() == []


def test_a_gripper_that_loses_its_vacuum_drops_all_it_holds_and_people_go_there() -> None:
    field = two_handed()
    field.pick("t-1-c1")
    field.pick("t-1-c2")
    for track in ("t-1-c1", "t-1-c2"):
        data = case.CaseDroppedData(trailer_id="t-1", track_id=track, cause="slipped", height_m=1.0)
        field.say("robot/r1", case.CaseDropped, data)
    error = robot.RobotErrorData(
        error_id="e1",
        error_type="vacuum_lost",
        error_level="FATAL",
        trailer_id="t-1",
        allowed_answers=("retry",),
        owner="floor",
    )
    field.say("robot/r1", robot.RobotErrorRaised, error)
    field.report(state="FAULT", door_id="d1", trailer_id="t-1")
    asked = field.last(exception.InterventionRequested).data
    assert (asked.exception_type, asked.role, asked.options, asked.default_answer) == (
        "vacuum_lost",
        "floor",
        ("retry",),
        None,
    )
    field.people(1)
    answered = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="retry")
    assert field.say("operator/floor", exception.InterventionAnswered, answered) == []
    assert robot.Retry in map(type, field.people(0))
    assert {place_of(field, "t-1-c1"), place_of(field, "t-1-c2")} == {"floor"}
    assert field.codes() == []


# --- tracks ---


@pytest.mark.parametrize("by", ["robot/r1", "operator/floor"])
def test_a_track_that_was_none_counts_in_no_sum_and_is_not_left_over(by: str) -> None:
    field = Field()
    plan = field.start(cases=2)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    field.identify("t-1-c1")
    retract(field, "t-1-c2", by)
    field.reply(plan, reply.CommandCompleted)
    field.scan(scan_id="s2")
    field.finish(placed=1)
    assert place_of(field, "t-1-c2") == "retracted"
    field.backend.audit()
    assert field.codes() == []
    assert isinstance(field.said[-1].message, trailer.ReleaseTrailer)


def test_a_track_that_was_none_never_comes_back() -> None:
    field = Field()
    plan = field.start(cases=2)
    retract(field, "t-1-c2")
    field.reply(plan, reply.CommandFailed, "wall_changed")
    field.scan("t-1-c1", "t-1-c2", scan_id="s2")
    assert place_of(field, "t-1-c2") == "retracted"
    assert field.last(robot.AssignPickPlan).data.track_ids == ("t-1-c1",)


def test_what_is_taken_cannot_prove_to_be_none() -> None:
    field = Field()
    field.start(cases=2)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    retract(field, "t-1-c1")
    assert field.codes() == ["case_taken_twice"]


def test_what_proved_to_be_none_cannot_be_taken() -> None:
    field = Field()
    field.start(cases=2)
    retract(field, "t-1-c1")
    field.pick("t-1-c1")
    assert "case_taken_twice" in field.codes()


@pytest.mark.parametrize("place", ["trailer", "floor"])
def test_what_was_seen_as_one_is_two_where_it_was(place: str) -> None:
    field = Field()
    field.start(cases=2)
    if place == "floor":
        data = case.CaseDroppedData(trailer_id="t-1", track_id="t-1-c1", cause="fell", height_m=1.0)
        field.say("robot/r1", case.CaseDropped, data)
    split(field, "t-1-c1", "t-1-c8", "t-1-c9")
    assert place_of(field, "t-1-c1") == "retracted"
    assert (place_of(field, "t-1-c8"), place_of(field, "t-1-c9")) == (place, place)
    field.backend.audit()
    assert field.codes() == []


def test_a_successor_that_people_have_carried_out_already_stays_there() -> None:
    field = Field()
    field.start(cases=2)
    out = case.CaseRecoveredData(trailer_id="t-1", track_id="t-1-c8", disposition="manual")
    field.say("operator/floor", case.CaseRecovered, out)
    split(field, "t-1-c1", "t-1-c8", "t-1-c9")
    assert (place_of(field, "t-1-c8"), place_of(field, "t-1-c9")) == ("manual", "trailer")
    assert field.codes() == []


# --- batteries ---


def waiting_trailer(battery: float | None, other: float | None = None) -> tuple[Field, list[Message]]:
    field = Field(robots=2)
    field.report("r1", battery_fraction=battery)
    if other is not None:
        field.report("r2", battery_fraction=other)
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    return field, field.dock()


def orders(said: list[Message]) -> list[str]:
    return [it.subject for it in said if isinstance(it, robot.AssignOrder)]


@pytest.mark.parametrize(("battery", "subjects"), [(None, ["robot/r1"]), (0.25, ["robot/r1"]), (0.2499, [])])
def test_a_robot_that_must_charge_gets_no_order(battery: float | None, subjects: list[str]) -> None:
    _, said = waiting_trailer(battery)
    assert orders(said) == subjects


def test_a_robot_whose_battery_has_fallen_while_a_planner_thought_is_refused() -> None:
    field, _ = waiting_trailer(0.1)
    refusal = policy.robot_refusal(field.backend.state, robot_id="r1", door_id="d1", now_us=field.now_us)
    assert refusal is not None
    assert refusal.code == "robot_battery_low"


def test_the_order_of_a_robot_that_must_charge_goes_to_another_at_once() -> None:
    field, said = waiting_trailer(0.9, 0.9)
    assert orders(said) == ["robot/r1"]
    order = field.last(robot.AssignOrder)
    field.reply(order, reply.CommandAccepted)
    field.report("r1", state="TRAVELLING", door_id="d1", trailer_id="t-1")
    assert orders(field.reply(order, reply.CommandFailed, "battery_low")) == ["robot/r2"]
    assert field.backend.state.exceptions == {}
    assert field.codes() == []


def test_a_report_of_a_hand_is_believed_though_the_belt_has_told_of_its_case_before() -> None:
    field = Field()
    field.start()
    field.backend.state.robots["r1"].is_holding_doubted = True
    field.identify("t-1-c1")
    field.report(state="PLACING", door_id="d1", trailer_id="t-1", holding=("t-1-c1",))
    field.place("t-1-c1")
    assert field.codes() == []
    assert place_of(field, "t-1-c1") == "delivered"
