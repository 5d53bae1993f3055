"""Whatever goes wrong in whatever order: the day ends, no case is lost, nobody is hurt, windows do not show."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.operators import Pool
from sim.plan import Action, DayPlan, LinkPlan, OperatorsPlan, PersonPlan, RandomFault, Shift, Trigger
from sim.stops import Stops
from sim.yard import Yard
from tests.sim.any_day_checks import check_cells, check_day, check_people, requests_in
from tests.sim.any_days import HOUR_S, MINUTE_US, actions, links, people, random_faults
from tests.sim.console import Console
from tests.sim.days import day, seconds
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S
from twin.robot_states import is_allowed

AT_THE_WALL = {"PICKING", "PLACING"}


def run(plan: DayPlan, *, has_windows: bool = True) -> Day:
    return Day(plan, has_windows=has_windows).run()


def check(ended: Day) -> None:
    check_day(ended.world, ended.plan, ended.arrivals, requests_in(ended.published))


@settings(max_examples=25, deadline=None)
@given(
    timeline=actions,
    faults=random_faults,
    staff=people(),
    link=links,
    seed=st.integers(1, 50),
    grid_us=st.sampled_from([1, 20_000]),
)
def test_any_day_ends_with_every_case_in_one_place_and_nobody_hurt(
    timeline: list[Action], faults: list[RandomFault], staff: OperatorsPlan, link: LinkPlan, seed: int, grid_us: int
) -> None:
    plan = day(
        *timeline,
        cases=25,
        trailers=2,
        doors=2,
        robots=3,
        seed=seed,
        link=link,
        time_grid_us=grid_us,
        operators=staff,
        random_faults=tuple(faults),
        sorter_id="s1",
    )
    wide, narrow = run(plan), run(plan, has_windows=False)
    assert wide.arrivals == narrow.arrivals
    assert wide.published == narrow.published
    check(wide)


@settings(max_examples=10, deadline=None)
@given(timeline=actions, seed=st.integers(1, 50))
def test_on_a_clear_link_every_reported_change_is_in_the_table(timeline: list[Action], seed: int) -> None:
    unheard = {"link", "partition", "robot_silent", "robot_dies", "robot_zombie"}
    clear = [action for action in timeline if action.fault not in unheard]
    ended = run(day(*clear, cases=25, trailers=2, doors=2, robots=3, seed=seed, sorter_id="s1"))
    for robot in ("r1", "r2", "r3"):
        reported = [m.data.robot_state for m in ended.messages("robot.state") if m.source.endswith(f"/{robot}")]
        for before, after in pairwise(reported):
            hops = AT_THE_WALL if before in AT_THE_WALL else {before}
            assert any(is_allowed(hop, after) for hop in hops), f"{before} -> {after}"


# -- the checks bite --------------------------------------------------------------------------------------------------

BUSY = OperatorsPlan(
    people=(
        PersonPlan(person_id="ada", role="floor", shifts=(Shift(from_us=seconds(0), until_us=seconds(550)),)),
        PersonPlan(person_id="bob", role="floor", shifts=(Shift(from_us=seconds(550), until_us=seconds(86_400)),)),
    )
)
JAMS = tuple(
    Action(trigger=Trigger(at_us=seconds(at_s)), fault="conveyor_jam", entity=f"conveyor/c{number}")
    for at_s, number in ((500, 1), (510, 2))
)
VISIT = Action(trigger=Trigger(at_us=seconds(450)), fault="person_in_cell", entity="door/d1", for_us=MINUTE_US)


def busy_day() -> Day:
    return run(day(*JAMS, VISIT, cases=30, trailers=2, doors=2, robots=2, operators=BUSY))


def test_a_busy_day_passes_the_checks() -> None:
    ended = busy_day()
    check(ended)
    assert ended.messages("intervention.handed_back")
    assert ended.messages("door.person_entered")


def test_the_checks_see_somebody_who_works_off_duty(monkeypatch: pytest.MonkeyPatch) -> None:
    def come_all(pool: Pool) -> None:
        for person in pool._people:
            person.is_on_duty = True

    monkeypatch.setattr(Pool, "_change_duty", come_all)
    with pytest.raises(AssertionError, match="off duty"):
        check(busy_day())


def test_the_checks_see_somebody_who_does_two_things_at_once() -> None:
    ended = busy_day()
    answered = [d for d in ended.arrivals if d.message.type == "intervention.answered.v1"]
    with pytest.raises(AssertionError, match="two things at once"):
        check_people(ended.plan, [d for d in ended.arrivals if d not in answered], requests_in(ended.published))


def test_the_checks_see_a_robot_that_works_where_somebody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stops, "begin", lambda *_: None)
    with pytest.raises(AssertionError, match="works at"):
        check(busy_day())


def test_the_checks_see_a_trailer_let_go_with_somebody_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Yard, "_why_not_release", lambda *_: None)
    visit = Action(
        trigger=Trigger(at_us=seconds(450)), fault="person_in_cell", entity="door/d1", for_us=HOUR_S * US_PER_S
    )
    console = Console(day(visit, robots=0, cases=20)).run(2)
    console.dock()
    console.run(500).release()
    with pytest.raises(AssertionError, match="person inside"):
        console.run(600)
    with pytest.raises(AssertionError, match="with somebody inside"):
        check_cells(console.log)
