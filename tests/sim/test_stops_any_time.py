"""Whatever stops a robot whenever and however often: it goes on where it was, keeps to its table, and loses no case."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.plan import Action, DayPlan, DockPlan, OperatorsPlan, RobotPlan, Trigger
from sim.stops import Stops
from tests.sim.days import day, seconds
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S, parse_time
from twin.robot_states import is_allowed

if TYPE_CHECKING:
    from sim.plan import Fault
    from sim.stops import Reason

ROBOTS = ("r1", "r2", "r3")
STOPPED = {"EMERGENCY_STOP", "PAUSED", "PROTECTIVE_STOP"}
WORK = {"case.picked.v1", "case.placed.v1", "wall.scanned.v1", "unload.started.v1", "unload.finished.v1"}
AT_THE_WALL = {"PICKING", "PLACING"}
OUTCOMES = {"received", "damaged", "refused", "manual"}


def worked_while_stopped(run: Day) -> list[str]:
    """The ids of what robots did between saying that they stand and saying that they do not, by their own stamps."""
    found: list[str] = []
    for robot in ROBOTS:
        said = [d.message for d in run.arrivals if d.message.source.endswith(f"/{robot}")]
        states = sorted((m for m in said if m.type == "robot.state.v1"), key=lambda m: (m.boot, m.seq))
        for before, after in pairwise(states):
            if before.data.robot_state in STOPPED and before.boot == after.boot:
                found += [m.id for m in said if m.type in WORK and before.time < m.time < after.time]
    return found


def left_the_table(run: Day) -> list[str]:
    """The changes of state that were reported and are in no table; every state but the two at the wall is reported."""
    found: list[str] = []
    for robot in ROBOTS:
        said = [d.message for d in run.arrivals if d.message.source.endswith(f"/{robot}")]
        reported = sorted((m for m in said if m.type == "robot.state.v1"), key=lambda m: (m.boot, m.seq))
        for before, after in pairwise(reported):
            if before.boot != after.boot:
                continue
            was, is_now = before.data.robot_state, after.data.robot_state
            hops = AT_THE_WALL if was in AT_THE_WALL else {was}
            # What stopped it stopped it in either of the two at the wall, and it goes on there.
            if not any(is_allowed(hop, is_now) for hop in hops):
                found.append(f"{robot}: {was} -> {is_now}")
    return found


def judge(run: Day) -> None:
    assert worked_while_stopped(run) == []
    assert left_the_table(run) == []
    rows = run.world.truth().cases
    assert {row.outcome for row in rows} <= OUTCOMES
    assert run.world.progress().trailers_done == 2
    assert all(not robot.holding for robot in run.world._dock.robots.values())


def plan_of(timeline: list[Action], *, seed: int = 1, battery_us: int | None = None, grid_us: int = 1) -> DayPlan:
    return day(
        *timeline,
        cases=25,
        trailers=2,
        doors=2,
        robots=3,
        seed=seed,
        time_grid_us=grid_us,
        until_us=seconds(6 * 3600),
        operators=OperatorsPlan(floor=2, floor_response_us=60_000_000, floor_handling_us=60_000_000),
        robot_plans={"r2": RobotPlan(cases_per_pick=2, battery_us=battery_us, charging_us=600 * US_PER_S)},
        dock=DockPlan(ghosts=0.1, merges=0.1),
    )


instants = st.integers(300_000, 1_500_000).map(lambda ms: seconds(ms / 1000.0))
lengths = st.integers(1_000, 400_000).map(lambda ms: ms * 1000)
robots = st.sampled_from([f"robot/{name}" for name in ROBOTS])
at_instants = instants.map(lambda at_us: Trigger(at_us=at_us))


def strike(*names: Fault, entities: st.SearchStrategy[str] = robots, **fields: object) -> st.SearchStrategy[Action]:
    return st.builds(Action, trigger=at_instants, fault=st.sampled_from(names), entity=entities, **fields)  # type: ignore[arg-type]


stops = st.lists(
    st.one_of(
        strike("emergency_stop"),
        strike("protective_stop", "robot_zombie", "operator_pauses", "robot_dies", for_us=lengths),
        strike("vacuum_lost", "case_drops", "case_damaged", "grip_fails"),
        strike("person_in_cell", entities=st.sampled_from(["door/d1", "door/d2"]), for_us=lengths),
        strike("wall_collapse", "ghost_case", "merged_cases", entities=st.sampled_from(["trailer/t1", "trailer/t2"])),
        strike("conveyor_jam", entities=st.just("conveyor/c1"), for_us=lengths),
    ),
    max_size=10,
)


@settings(max_examples=40, deadline=None)
@given(
    timeline=stops,
    seed=st.integers(1, 50),
    battery_us=st.sampled_from([None, 200 * US_PER_S]),
    grid_us=st.sampled_from([1, 20_000]),
)
def test_whatever_stops_a_robot_it_goes_on_and_no_case_is_lost(
    timeline: list[Action], seed: int, battery_us: int | None, grid_us: int
) -> None:
    judge(Day(plan_of(timeline, seed=seed, battery_us=battery_us, grid_us=grid_us)).run())


STRUCK = [seconds(at) for at in range(301, 500, 3)]


def struck(name: Fault, at_us: int, for_us: int | None) -> str:
    """The state in which the fault found r1, on a day that was judged."""
    action = Action(trigger=Trigger(at_us=at_us), fault=name, entity="robot/r1", for_us=for_us)
    run = Day(day(action, cases=25, trailers=2, doors=2, robots=3)).run()
    judge(run)
    of_r1 = [m for m in run.messages("robot.state") if m.source.endswith("/r1")]
    return str([m for m in of_r1 if parse_time(m.time) < at_us][-1].data.robot_state)


def test_an_emergency_stop_may_strike_at_any_moment_of_an_unload() -> None:
    """From the way in to the way out, every three seconds, each in a day of its own: a sweep, not a sample."""
    states = {struck("emergency_stop", at_us, None) for at_us in STRUCK}
    assert {"ENTERING", "SCANNING", "PICKING", "ADVANCING", "EXITING", "IDLE"} <= states


@pytest.mark.parametrize("name", ["protective_stop", "robot_zombie", "operator_pauses", "robot_dies"])
def test_a_stop_may_strike_at_any_moment_of_an_unload(name: Fault) -> None:
    states = {struck(name, at_us, 45 * US_PER_S) for at_us in STRUCK[::3]}
    assert {"ENTERING", "PICKING", "EXITING", "IDLE"} <= states


def thaw_with_any_end(stops: Stops, reason: Reason) -> None:
    """A planted fault: whatever ends, ends all."""
    stops._held.pop(reason, None)
    if stops._is_in_force and stops._stopped_in is not None:
        stops._robot.thaw()


def test_a_latch_that_is_thawed_by_the_end_of_another_stop_is_found() -> None:
    latched = Action(trigger=Trigger(at_us=seconds(360)), fault="emergency_stop", entity="robot/r1")
    field = Action(trigger=Trigger(at_us=seconds(362)), fault="protective_stop", entity="robot/r1", for_us=US_PER_S)
    plan = plan_of([latched, field])
    judge(Day(plan).run())
    with mock.patch.object(Stops, "end", thaw_with_any_end), pytest.raises(AssertionError):
        judge(Day(plan).run(until_us=seconds(3600)))
