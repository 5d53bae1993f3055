"""Whatever goes wrong in whatever order: the day ends, no case is lost, nobody is hurt, windows do not show."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.operators import Pool
from sim.plan import Action, DayPlan, Fault, LinkPlan, OperatorsPlan, PersonPlan, RandomFault, Shift, Trigger
from sim.stops import Stops
from sim.yard import Yard
from tests.sim.any_day_checks import OUTCOMES, check_cells, check_people
from tests.sim.console import Console
from tests.sim.days import START_US, day, seconds
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S
from twin.robot_states import is_allowed

AT_THE_WALL = {"PICKING", "PLACING"}
MINUTE_US = 60 * US_PER_S
HOUR_S = 3600

rates = st.sampled_from([0.0, 0.05, 0.3])
links = st.builds(
    LinkPlan,
    uplink_least_us=st.integers(0, 50_000),
    downlink_least_us=st.integers(0, 50_000),
    jitter_us=st.sampled_from([0, 100_000]),
    loss=rates,
    duplication=rates,
    reordering=rates,
)
instants = st.integers(300, 1200).map(seconds)
minutes = st.integers(1, 10).map(lambda count: count * MINUTE_US)
triggers = st.one_of(
    instants.map(lambda at_us: Trigger(at_us=at_us)),
    st.builds(Trigger, robot_holds_case=st.sampled_from(["r1", "r2"]), after_us=instants),
    st.builds(Trigger, cases_placed=st.integers(0, 40)),
)

LASTING: dict[Fault, tuple[str, ...]] = {
    "robot_dies": ("robot/r1", "robot/r2"),
    "robot_silent": ("robot/r2",),
    "robot_zombie": ("robot/r1", "robot/r3"),
    "protective_stop": ("robot/r1", "robot/r2"),
    "clock_off": ("robot/r3",),
    "operator_pauses": ("robot/r1",),
    "conveyor_jam": ("conveyor/c1",),
    "sorter_down": ("sorter/s1",),
    "person_in_cell": ("door/d1", "door/d2"),
    "link": ("*", "door/d1", "operator/floor"),
    "partition": ("robot/r1", "yard/yard"),
}
"""What lasts a while, and what it happens to."""

AT_ONCE: dict[Fault, tuple[str, ...]] = {
    "emergency_stop": ("robot/r1", "robot/r2"),
    "grip_fails": ("robot/r1",),
    "case_drops": ("robot/r2",),
    "case_damaged": ("robot/r1",),
    "vacuum_lost": ("robot/r1", "robot/r2"),
    "robot_zombie": ("robot/r2",),
    "ghost_case": ("trailer/t1", "trailer/t2"),
    "merged_cases": ("trailer/t1",),
    "wall_collapse": ("trailer/t1", "trailer/t2"),
    "wrong_door": ("trailer/t2", "trailer/t1"),
    "no_read": ("conveyor/c1",),
    "conveyor_jam": ("conveyor/c2",),
    "sorter_down": ("sorter/s1",),
    "late_answer": ("operator/floor",),
    "double_answer": ("operator/floor", "operator/remote"),
}
"""What is over at once, or until people end it."""


def _scripted(kinds: dict[Fault, tuple[str, ...]], **fields: Any) -> list[st.SearchStrategy[Action]]:  # noqa: ANN401
    return [
        st.builds(Action, trigger=triggers, fault=st.just(fault), entity=st.sampled_from(entities), **fields)
        for fault, entities in kinds.items()
    ]


actions = st.lists(
    st.one_of(*_scripted(LASTING, for_us=minutes, link=links, offset_us=st.just(3 * US_PER_S)), *_scripted(AT_ONCE)),
    max_size=5,
)

PATTERNS = {
    "robot": "robot/*",
    "door": "door/*",
    "conveyor": "conveyor/*",
    "trailer": "trailer/*",
    "sorter": "sorter/*",
}
random_faults = st.lists(
    st.sampled_from(sorted((LASTING | AT_ONCE).items())).flatmap(
        lambda kind: st.builds(
            RandomFault,
            fault=st.just(kind[0]),
            entity=st.just(PATTERNS.get(kind[1][0].partition("/")[0], kind[1][0])),
            per_h=st.sampled_from([1.0, 6.0]),
            from_us=st.just(START_US),
            until_us=st.just(seconds(HOUR_S)),
            for_us=st.just(MINUTE_US),
            link=links,
            offset_us=st.just(2 * US_PER_S),
        )
    ),
    max_size=3,
)

at_minutes = st.integers(0, 110).map(lambda count: seconds(count * 60))


@st.composite
def shift_plans(draw: st.DrawFn) -> Shift:
    from_us = draw(at_minutes)
    until_us = from_us + draw(st.integers(1, 60)) * MINUTE_US
    break_us = draw(at_minutes)
    return Shift(from_us=from_us, until_us=until_us, breaks=((break_us, break_us + 5 * MINUTE_US),))


@st.composite
def people(draw: st.DrawFn) -> OperatorsPlan:
    """A few with shifts and breaks, and one of each role who is always there and can do all."""
    named = [
        PersonPlan(
            person_id=f"p{number}",
            role=draw(st.sampled_from(["remote", "floor"])),
            skills=draw(st.sampled_from([None, ("leftovers", "grip_failed"), ("conveyor_jammed", "emergency_stop")])),
            shifts=tuple(draw(st.lists(shift_plans(), max_size=2))),
            response_us=draw(st.sampled_from([None, 0, 10 * MINUTE_US])),
            handling_us=draw(st.sampled_from([None, 0, MINUTE_US])),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    always = [PersonPlan(person_id=f"all-{role}", role=role) for role in ("remote", "floor")]
    answer = draw(st.sampled_from(["retry", "skip", "assist"]))
    return OperatorsPlan(people=(*named, *always), answers={"grip_failed": answer})


def run(plan: DayPlan, *, has_windows: bool = True) -> Day:
    return Day(plan, has_windows=has_windows).run()


def check(ended: Day) -> None:
    """All that holds on any day."""
    check_people(ended.plan, ended.arrivals, ended.requests())
    faults = {fault.fault for fault in ended.plan.timeline} | {fault.fault for fault in ended.plan.random_faults}
    check_cells(ended.arrivals, are_clocks_right="clock_off" not in faults)
    rows = ended.world.truth().cases
    assert len({row.case_id for row in rows}) == len(rows)
    assert {row.outcome for row in rows} <= OUTCOMES
    progress = ended.world.progress()
    assert progress.trailers_done == progress.trailers_total


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
        check_people(ended.plan, [d for d in ended.arrivals if d not in answered], ended.requests())


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
