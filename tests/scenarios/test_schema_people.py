"""People of a file: by number or by name, with their shifts and breaks as instants."""

from __future__ import annotations

import pytest

from scenarios.schema import scenario_from_text
from sim.plan import PersonPlan, Shift
from tests.scenarios.days import HEAD, MIN, START, TRAILER, WHOLE, read
from twin.clock import US_PER_S
from twin.errors import ScenarioError

HOUR = 60 * MIN


def shifts_of(shifts: str, *, start: str = "06:00") -> tuple[Shift, ...] | None:
    """The shifts of one person, in a day that begins at `start` of 5 January and lasts 24 h."""
    people = f"[{{id: ana, role: floor, shifts: {shifts}}}]"
    head = HEAD.replace("robots: 2", f"robots: 2, operators: {{people: {people}}}").replace("06:00", start)
    arrives = "2026-01-06 02:00"
    day = scenario_from_text(head + TRAILER.replace("06:10", arrives), "day.yaml").day
    (person,) = day.operators.people
    return person.shifts


def at(hours: float) -> int:
    """The instant so many hours after midnight of 5 January at the site."""
    return round(START + (hours - 6) * HOUR)


def test_a_person_is_told_as_they_are_written() -> None:
    (person,) = scenario_from_text(WHOLE, "whole.yaml").day.operators.people
    early = Shift(from_us=START, until_us=at(14), breaks=((at(9), at(9) + 15 * MIN), (at(12), at(12) + 30 * MIN)))
    assert person == PersonPlan(
        person_id="ana",
        role="remote",
        skills=("grip_failed", "no_read"),
        shifts=(early, Shift(from_us=at(22), until_us=at(26))),
        response_us=9 * US_PER_S,
        handling_us=10 * US_PER_S,
        robots_max=4,
    )


def test_what_is_not_said_of_a_person_is_as_for_all() -> None:
    head = HEAD.replace("robots: 2", "robots: 2, operators: {people: [{id: ana, role: floor}]}")
    assert read(head=head).day.operators.people == (PersonPlan(person_id="ana", role="floor"),)


def test_a_shift_may_last_over_midnight_and_its_breaks_lie_in_it() -> None:
    shifts = shifts_of("[{from: 22:00, until: 06:00, breaks: [{from: 23:30, for: 1 h}, {from: 02:00, for: 30 min}]}]")
    assert shifts == (Shift(from_us=at(22), until_us=at(30), breaks=((at(23.5), at(24.5)), (at(26), at(26.5)))),)


def test_a_shift_that_ends_when_it_began_lasts_a_day() -> None:
    assert shifts_of("[{from: 06:00, until: 06:00}]") == (Shift(from_us=at(6), until_us=at(30)),)


def test_of_a_shift_under_way_the_simulator_is_told_what_is_left() -> None:
    early = "[{from: 18:00, until: 02:00, breaks: [{from: 19:00, for: 30 min}, {from: 21:45, for: 30 min}]}]"
    assert shifts_of(early, start="22:00") == (Shift(from_us=at(22), until_us=at(26), breaks=((at(22), at(22.25)),)),)


def test_a_shift_may_have_begun_on_the_day_before() -> None:
    assert shifts_of("[{from: 2026-01-04 22:00, until: 07:00}]") == (Shift(from_us=START, until_us=at(7)),)


def test_shifts_are_told_in_order() -> None:
    shifts = shifts_of(
        "[{from: 16:00, until: 22:00}, {from: 06:00, until: 12:00}, {from: 2026-01-06 01:00, until: 03:00}]"
    )
    assert shifts == tuple(Shift(from_us=at(a), until_us=at(b)) for a, b in ((6, 12), (16, 22), (25, 27)))


def test_a_shift_may_begin_when_the_one_before_ends() -> None:
    shifts = shifts_of("[{from: 06:00, until: 14:00}, {from: 14:00, until: 15:00}]")
    assert shifts is not None
    assert len(shifts) == 2


@pytest.mark.parametrize("role", ["remote", "floor"])
def test_a_role_of_which_nobody_is_ever_on_duty_is_a_story(role: str) -> None:
    head = HEAD.replace("robots: 2", f"robots: 2, operators: {{{role}: 0}}")
    assert getattr(read(head=head).day.operators, role) == 0


@pytest.mark.parametrize("person", ["ana", "floor-1"])
def test_an_expectation_may_name_a_person(person: str) -> None:
    """By name, or where nobody has one, by the number of who stands in."""
    head = HEAD.replace("robots: 2", "robots: 2, operators: {people: [{id: ana, role: remote}]}")
    body = "expect: [{never: exception.assigned.v1, where: {person: %s}}]\n"
    assert read(body % person, head=head).expectations
    with pytest.raises(ScenarioError, match="ana, floor-1"):
        read(body % "remote-1", head=head)
