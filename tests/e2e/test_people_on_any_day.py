"""With the real backend: whatever goes wrong, people keep to their shifts and cells, and the day ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.restarts import RestartingBackend
from backend.services.settings import Settings
from scenarios.run_loop import Answer, run_loop
from sim.plan import Action, LinkPlan, OperatorsPlan, RandomFault, RobotPlan
from sim.world import World
from tests.sim.any_day_checks import check_day, requests_in
from tests.sim.any_days import MINUTE_US, actions, links, people, random_faults
from tests.sim.days import day

if TYPE_CHECKING:
    from twin.participant import Delivery

ROBOTS = {"r1": RobotPlan(battery_us=15 * MINUTE_US, charging_us=20 * MINUTE_US), "r2": RobotPlan(cases_per_pick=2)}


@settings(max_examples=20, deadline=None)
@given(timeline=actions, faults=random_faults, staff=people(), link=links, seed=st.integers(1, 1000))
def test_any_day_ends_and_nobody_is_hurt(
    timeline: list[Action], faults: list[RandomFault], staff: OperatorsPlan, link: LinkPlan, seed: int
) -> None:
    plan = day(
        *timeline,
        cases=25,
        trailers=2,
        doors=2,
        robots=3,
        seed=seed,
        link=link,
        operators=staff,
        random_faults=tuple(faults),
        robot_plans=ROBOTS,
        sorter_id="s1",
    )
    world = World(plan)
    backend = RestartingBackend(Settings(site=plan.site, dock_planner="earliest_due", unload_planner="top_down"))
    arrivals: list[Delivery] = []
    published: list[Delivery] = []
    loop = run_loop(world)
    window = next(loop)
    while True:
        said = backend.handle_window(window.uplinks, window.until_us)
        arrivals += window.uplinks
        published += said
        if window.is_last:
            break
        window = loop.send(Answer(said, backend.next_time()))
    assert backend.violations == []
    check_day(world, plan, arrivals, requests_in(published))
