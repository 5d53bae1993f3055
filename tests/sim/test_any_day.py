"""Whatever goes wrong in whatever order: no case is lost, the robots keep to their table, windows do not show."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.plan import Action, LinkPlan, OperatorsPlan, Trigger
from tests.sim.days import day, seconds
from tests.sim.fake_backend import Day
from twin.robot_states import is_allowed

OUTCOMES = {"received", "damaged", "refused", "manual"}
AT_THE_WALL = {"PICKING", "PLACING"}

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
triggers = st.one_of(
    instants.map(lambda at_us: Trigger(at_us=at_us)),
    st.builds(Trigger, robot_holds_case=st.sampled_from(["r1", "r2"]), after_us=instants),
    st.builds(Trigger, cases_placed=st.integers(0, 40)),
)


def faults(name: Any, entity: str, **fields: Any) -> st.SearchStrategy[Action]:  # noqa: ANN401 - fields of Action
    return st.builds(Action, trigger=triggers, fault=st.just(name), entity=st.just(entity), **fields)


minutes = st.integers(1, 10).map(lambda count: count * 60_000_000)
actions = st.lists(
    st.one_of(
        faults("robot_dies", "robot/r1", for_us=minutes),
        faults("robot_silent", "robot/r2", for_us=minutes),
        faults("conveyor_jam", "conveyor/c1", for_us=minutes),
        faults("conveyor_jam", "conveyor/c2"),
        faults("link", "*", for_us=minutes, link=links),
        faults("grip_fails", "robot/r1"),
        faults("case_drops", "robot/r2"),
        faults("no_read", "conveyor/c1"),
    ),
    max_size=5,
)


@settings(max_examples=25, deadline=None)
@given(
    timeline=actions,
    link=links,
    seed=st.integers(1, 50),
    grid_us=st.sampled_from([1, 20_000]),
    answer=st.sampled_from(["retry", "skip", "assist"]),
)
def test_any_day_ends_with_every_case_in_one_place(
    timeline: list[Action], link: LinkPlan, seed: int, grid_us: int, answer: str
) -> None:
    people = OperatorsPlan(answers={"grip_failed": answer}, floor=2)
    plan = day(
        *timeline, cases=25, trailers=2, doors=2, robots=3, seed=seed, link=link, time_grid_us=grid_us, operators=people
    )
    wide, narrow = Day(plan).run(), Day(plan, has_windows=False).run()
    assert wide.arrivals == narrow.arrivals
    assert wide.published == narrow.published
    rows = wide.world.truth().cases
    assert len({row.case_id for row in rows}) == 50
    assert {row.outcome for row in rows} <= OUTCOMES
    assert wide.world.progress().trailers_done == 2


@settings(max_examples=10, deadline=None)
@given(timeline=actions, seed=st.integers(1, 50))
def test_on_a_clear_link_every_reported_change_is_in_the_table(timeline: list[Action], seed: int) -> None:
    clear = [action for action in timeline if action.fault not in {"link", "robot_silent", "robot_dies"}]
    run = Day(day(*clear, cases=25, trailers=2, doors=2, robots=3, seed=seed)).run()
    for robot in ("r1", "r2", "r3"):
        reported = [m.data.robot_state for m in run.messages("robot.state") if m.source.endswith(f"/{robot}")]
        for before, after in pairwise(reported):
            hops = AT_THE_WALL if before in AT_THE_WALL else {before}
            assert any(is_allowed(hop, after) for hop in hops), f"{before} -> {after}"
