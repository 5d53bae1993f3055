"""What a robot leaves standing before cases that nobody has seen: people make way, and a robot goes on behind it."""

from __future__ import annotations

import pytest

from backend.services import dispatch
from tests.backend.field import Field
from twin.messages import case, exception, robot, trailer
from twin.messages import reply as robot_says


def begun(*, expected: int, ghosts: int = 0) -> Field:
    """One case is seen, of as many as are expected; the robot refuses it and leaves."""
    field = Field()
    field.report()
    field.announce(cases=expected)
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    refuse_all(field, 1, ghosts=ghosts)
    return field


def refuse_all(field: Field, scan: int, *, ghosts: int = 0) -> None:
    """A robot comes, sees one case more, refuses it and leaves; it takes back so many others that were none."""
    field.reply(field.last(robot.AssignOrder), robot_says.CommandAccepted)
    field.say("robot/r1", robot.UnloadStarted, robot.UnloadData(trailer_id="t-1", door_id="d1"))
    ghostly = [f"t-1-c{90 + number}" for number in range(ghosts)]
    field.scan(f"t-1-c{scan}", *ghostly, scan_id=f"s{scan}")
    plan = field.last(robot.AssignPickPlan)
    refused = case.CaseSetAsideData(trailer_id="t-1", track_id=f"t-1-c{scan}", reason="too_heavy")
    field.reply(plan, robot_says.CommandAccepted)
    field.say("robot/r1", case.CaseRefused, refused)
    for track_id in ghostly:
        field.say("robot/r1", case.CaseRetracted, case.CaseRetractedData(trailer_id="t-1", track_id=track_id))
    field.reply(plan, robot_says.CommandCompleted)
    field.scan(f"t-1-c{scan}", scan_id=f"s{scan}-again")
    field.finish(placed=0)
    field.report(state="IDLE")


def carry_out(field: Field, track_id: str | None) -> None:
    """Floor staff have what was asked carried out, and say so; None: of the case nobody hears."""
    if track_id is not None:
        data = case.CaseRecoveredData(trailer_id="t-1", track_id=track_id, disposition="refused")
        field.say("operator/floor", case.CaseRecovered, data)
    asked = field.last(exception.InterventionRequested).data
    answer = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="assist")
    field.say("operator/floor", exception.InterventionAnswered, answer)


def asked(field: Field) -> list[str]:
    return [it.data.exception_type for _, it in field.said if isinstance(it, exception.InterventionRequested)]


def orders(field: Field) -> int:
    return sum(isinstance(it, robot.AssignOrder) for _, it in field.said)


def test_people_make_way_and_a_robot_goes_on_behind() -> None:
    field = begun(expected=3)
    assert asked(field) == ["wall_blocked"]
    assert orders(field) == 1
    carry_out(field, "t-1-c1")
    assert orders(field) == 2
    assert not any(isinstance(it, trailer.ReleaseTrailer) for _, it in field.said)


def test_what_hides_nothing_more_is_carried_out_as_leftovers_and_the_trailer_goes() -> None:
    field = begun(expected=1)
    assert asked(field) == ["leftovers"]
    carry_out(field, "t-1-c1")
    assert orders(field) == 1
    assert field.last(trailer.ReleaseTrailer).data.trailer_id == "t-1"


def test_people_do_not_make_way_twice_for_what_no_robot_finds_behind() -> None:
    field = begun(expected=3)
    carry_out(field, None)
    field.reply(field.last(robot.AssignOrder), robot_says.CommandAccepted)
    field.say("robot/r1", robot.UnloadStarted, robot.UnloadData(trailer_id="t-1", door_id="d1"))
    field.scan(scan_id="s2")
    field.finish(placed=0)
    field.report(state="IDLE")
    assert asked(field) == ["wall_blocked", "leftovers"]
    assert field.codes() == []


def test_a_ghost_does_not_count_as_one_of_those_expected() -> None:
    assert asked(begun(expected=2, ghosts=1)) == ["wall_blocked"]
    assert asked(begun(expected=1, ghosts=1)) == ["leftovers"]


def test_people_make_way_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "WALLS_CLEARED_MAX", 1)
    field = begun(expected=9)
    carry_out(field, "t-1-c1")
    refuse_all(field, 2)
    assert asked(field) == ["wall_blocked", "leftovers"]
    assert field.codes() == []
