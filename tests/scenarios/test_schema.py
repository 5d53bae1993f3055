"""What a file says is what the simulator, the backend and the judge are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs
from yaml.nodes import ScalarNode

from scenarios.language.grammar.faults import FAULTS
from scenarios.language.kinds import UNREAD, Duration, duration_text
from scenarios.language.source import resolved
from scenarios.model import (
    Always,
    Eventually,
    EveryCase,
    EveryTrailer,
    KpiBound,
    Measure,
    MessagePattern,
    Never,
)
from scenarios.schema import load_scenario, scenario_from_text
from sim.assumptions import WEIGHT_LIMIT_HIGH_KG
from sim.plan import (
    DayPlan,
    DockPlan,
    Fault,
    LinkPlan,
    OperatorsPlan,
    RobotPlan,
    ServicePlan,
)
from tests.scenarios.days import HEAD, MIN, START, TRAILER, WHOLE, read
from twin.clock import US_PER_S, parse_time
from twin.errors import BadInputError, ConfigError, ScenarioError


def test_a_number_of_doors_and_robots_is_a_site_of_alike_ones() -> None:
    site = read().day.site
    assert [(door.door_id, door.conveyor_id, door.position_m) for door in site.doors] == [
        ("d1", "c1", 0.0),
        ("d2", "c2", 4.0),
    ]
    assert site.robots == ("r1", "r2")
    assert read().day.robots == {}


def test_doors_and_robots_may_be_told_one_by_one() -> None:
    day = read(
        head="""
site:
  id: 7
  doors:
    - {id: 6, conveyor: belt-6, position: 12.5 m}
  robots:
    - {id: r5, cycle_scale: 1.25, grip_fails: 2.5 %, drops: 0, travel_speed: 0.8 m/s}
    - {id: r6}
  state_period: 500 ms
  decision_latency: 2 ms
start: 2026-01-05 06:00
"""
    ).day
    assert day.site.site_id == "7"
    assert [(door.door_id, door.conveyor_id, door.position_m) for door in day.site.doors] == [("6", "belt-6", 12.5)]
    assert (day.site.state_period_us, day.site.decision_latency_us) == (500_000, 2_000)
    assert day.robots == {
        "r5": RobotPlan(cycle_scale=1.25, grip_fails=0.025, drops=0.0, travel_speed_m_per_s=0.8),
        "r6": RobotPlan(),
    }


def test_what_is_not_said_is_as_the_plans_have_it() -> None:
    day = read().day
    assert (day.dock, day.service, day.link, day.operators) == (
        DockPlan(),
        ServicePlan(),
        LinkPlan(),
        OperatorsPlan(),
    )
    assert (day.seed, day.fidelity, day.grace_us, day.time_grid_us, day.timeline) == (1, "case", MIN, 1, ())
    assert day.until_us == START + 24 * 60 * MIN


@pytest.fixture(scope="module")
def whole() -> DayPlan:
    return scenario_from_text(WHOLE, "whole.yaml").day


def test_the_dock_is_told_as_it_is_written(whole: DayPlan) -> None:
    assert whole.dock == DockPlan(
        docking_us=US_PER_S,
        restraint_us=2 * US_PER_S,
        door_us=3 * US_PER_S,
        leveller_us=4 * US_PER_S,
        departure_us=5 * US_PER_S,
        fetch_us=6 * US_PER_S,
        conveyor_length_m=7.5,
        conveyor_speed_m_per_s=0.8,
        sorter_rate_per_h=2400.0,
        robots_travel=False,
        no_reads=0.09,
        ghosts=0.1,
        merges=0.11,
        misses=0.12,
        position_stddev_m=0.013,
    )
    assert (whole.site.sorter_id, whole.site.equipment_state_period_us) == ("s9", 20 * US_PER_S)


def test_the_radio_is_told_as_it_is_written(whole: DayPlan) -> None:
    assert whole.link == LinkPlan(
        uplink_least_us=1_000,
        downlink_least_us=2_000,
        jitter_us=3_000,
        loss=0.04,
        duplication=0.05,
        reordering=0.06,
        reordering_delay_us=7_000,
        retransmit_us=8_000,
    )


def test_a_robot_is_told_as_it_is_written(whole: DayPlan) -> None:
    assert whole.robots["r1"] == RobotPlan(
        cycle_scale=1.25,
        grip_fails=0.025,
        drops=0.0,
        travel_speed_m_per_s=0.8,
        battery_us=8 * 60 * MIN,
        charging_us=90 * MIN,
        cases_per_pick=2,
        reach_m=2.2,
        weight_max_kg=30.0,
        weight_max_high_kg=15.5,
        size_max_m=(0.9, 0.6, 0.4),
    )


def test_a_robot_that_takes_little_takes_no_more_up_high() -> None:
    head = HEAD.replace("robots: 2", "robots: [{id: r1, weight_max: 20 kg}, {id: r2, weight_max: 40 kg}]")
    light, strong = read(head=head).day.robots.values()
    assert light.weight_max_high_kg == 20.0
    assert strong.weight_max_high_kg == WEIGHT_LIMIT_HIGH_KG


def test_a_sorter_may_be_a_rate_alone() -> None:
    day = read(head=HEAD.replace("robots: 2", "robots: 2, sorter: 1800 /h")).day
    assert (day.site.sorter_id, day.dock.sorter_rate_per_h) == ("s1", 1800.0)
    assert read().day.site.sorter_id is None


@pytest.mark.parametrize(
    ("service", "plan"),
    [
        ("{distribution: constant, mean: 20 min}", ServicePlan(distribution="constant", mean_us=20 * MIN)),
        ("{mean: 20 min}", ServicePlan(mean_us=20 * MIN)),
        (
            "{distribution: lognormal, mean: 20 min, sigma: 0.8}",
            ServicePlan(distribution="lognormal", mean_us=20 * MIN, sigma=0.8),
        ),
        (
            "{distribution: empirical, values: [20 min, 1 h]}",
            ServicePlan(distribution="empirical", values_us=(20 * MIN, 60 * MIN)),
        ),
    ],
)
def test_a_service_time_has_its_distribution(service: str, plan: ServicePlan) -> None:
    assert read(f"service: {service}\n").day.service == plan


def _said(whole: DayPlan) -> list[Struct]:
    """Every plan of the whole day that an author writes, with a value of its own for every field."""
    (live,) = (trailer for trailer in whole.trailers if trailer.trailer_id == "t-2")
    (person,) = whole.operators.people
    clock, collapse, link, _ = whole.random_faults
    (lost,) = (action for action in whole.timeline if action.fault == "messages_lost")
    both = structs.replace(clock, share=collapse.share, link=link.link, types=lost.types)
    return [whole, whole.site, whole.dock, whole.link, whole.robots["r1"], live, whole.operators, person, both]


NOT_SAID = {
    "data_dir": "the environment names the folder",
    **dict.fromkeys(("yard_id", "remote_operators_id", "floor_staff_id", "backend_id"), "there is one of it"),
    "remote": "instead of people by name",
    "fidelity": "`case` is the default, and only cases have flaws",
    "service": "of the other fidelity; it has a test of its own",
    "tables": "said by a file's name; they have a test of their own",
}


def test_no_field_of_a_plan_is_out_of_an_authors_reach(whole: DayPlan) -> None:
    """A field that a plan gains must be sayable too: in the whole day no field has its default."""
    untold = {
        f"{type(plan).__name__}.{field.name}"
        for plan in _said(whole)
        for field in structs.fields(plan)
        if field.name not in NOT_SAID and getattr(plan, field.name) == field.default
    }
    assert untold == set()


def test_every_fault_can_be_said(whole: DayPlan) -> None:
    assert {action.fault for action in whole.timeline} == set(get_args(Fault))
    assert set(FAULTS) == set(get_args(Fault))


def test_times_of_day_are_of_the_sites_zone_and_of_the_starts_day() -> None:
    scenario = read("until: 2026-01-06 01:30:00.25\n")
    day = scenario.day
    assert scenario.utc_offset_s == 3600
    assert day.start_us == START
    assert day.trailers[0].arrives_us == START + 10 * MIN
    assert day.until_us == parse_time("2026-01-06T00:30:00.250000Z")


def test_expectations_become_conditions_with_words_and_lines() -> None:
    body = """
expect:
  - every_trailer: departed
    by: 10:00
  - every_trailer: departed_before_due
  - every_case: received
  - every_case: [received, manual]
  - eventually: exception.raised.v1
    where: {exception_type: robot_lost, entity: robot/r1}
    at_least: 2
    by: 09:00
  - name: the case is known again
    eventually: case.recovered.v1
    after: {message: robot.removed.v1, entity: operator/floor}
    within: 10 min
  - never: trailer.released.v1
    where: {trailer_id: t-1}
    after: 07:00
  - always: robots_lost
    at_most: 1
  - kpi: turnaround_min_p90
    at_most: 75
"""
    expectations = read(body).expectations
    lost = MessagePattern(type="exception.raised.v1", where={"exception_type": "robot_lost", "entity": "robot/r1"})
    removed = MessagePattern(type="robot.removed.v1", entity="operator/floor")
    assert [entry.condition for entry in expectations] == [
        EveryTrailer(by_us=START + 240 * MIN),
        EveryTrailer(departed="before_due"),
        EveryCase(),
        EveryCase(allowed=("received", "manual")),
        Eventually(message=lost, at_least=2, by_us=START + 180 * MIN),
        Eventually(message=MessagePattern(type="case.recovered.v1"), after=removed, within_us=10 * MIN),
        Never(
            message=MessagePattern(type="trailer.released.v1", where={"trailer_id": "t-1"}), after_us=START + 60 * MIN
        ),
        Always(gauge="robots_lost", at_most=1),
        KpiBound(kpi="turnaround_min_p90", at_most=75.0),
    ]
    assert [entry.name for entry in expectations] == [
        "every trailer departed",
        "no trailer departs after its free time",
        "every case received",
        "every case received or manual",
        "eventually: exception.raised robot_lost robot/r1",
        "the case is known again",
        "never: trailer.released t-1",
        "robots lost at all times",
        "turn-around, 90th percentile",
    ]
    first = (HEAD + TRAILER + body).splitlines().index("  - every_trailer: departed") + 1
    assert [entry.line - first for entry in expectations] == [0, 2, 3, 4, 5, 9, 13, 16, 18]


def test_a_value_is_of_its_fields_type_not_of_its_looks() -> None:
    head = HEAD.replace("doors: 2", "doors: [{id: 6, conveyor: 6, position: 0}]")
    body = "expect: [{never: trailer.docked.v1, where: {door_id: 6}}, {never: wall.scanned.v1, where: {part: 6}}]\n"
    door, wall = (entry.condition for entry in read(body, head=head).expectations)
    assert isinstance(door, Never)
    assert isinstance(wall, Never)
    assert (door.message.where, wall.message.where) == ({"door_id": "6"}, {"part": 6})


def test_measure_and_planners_are_told_and_a_caller_decides_over_the_file() -> None:
    body = "seed: 5\nmeasure: {from: 07:00, until: 08:00}\nplanners: {dock: earliest_due, unload: top_down}\n"
    scenario = read(body)
    assert scenario.measure == Measure(from_us=START + 60 * MIN, until_us=START + 120 * MIN)
    assert (scenario.dock_planner, scenario.unload_planner) == ("earliest_due", "top_down")
    assert (scenario.day.seed, read(body, seed=0).day.seed) == (5, 0)


def test_a_scenario_knows_its_name_story_and_text(tmp_path: Path) -> None:
    path = tmp_path / "tuesday.yaml"
    path.write_text(HEAD + TRAILER)
    scenario = load_scenario(str(path))
    assert (scenario.name, scenario.day.name, scenario.story) == ("tuesday", "tuesday", "A day.")
    assert scenario.text == HEAD + TRAILER
    assert Path(scenario.path).resolve() == path.resolve()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"dock_planner": "earliest_dew"}, "did you mean earliest_due"),
        ({"unload_planner": "bottom_up"}, "top_down"),
        ({"seed": -1}, "whole number"),
        ({"fidelity": "cases"}, "did you mean case"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        read(**wish)
    assert "nothing was run" in caught.value.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mornig_rush", "did you mean morning_rush"),
        ("nothing_like_it_at_all", "expected a scenario of the library"),
        ("./none.yaml", "got no file"),
        ("none.yaml", "got no file"),
    ],
)
def test_a_scenario_that_is_not_there_is_said_to_be_missing(name: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        load_scenario(name)
    assert not isinstance(caught.value, ScenarioError)


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="got a folder"):
        load_scenario(tmp_path)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("0", 0),
        ("1 us", 1),
        ("250 ms", 250_000),
        ("4min", 4 * MIN),
        ("1 h 30 min", 90 * MIN),
        ("2.5 s", 2_500_000),
        ("0.5 ms", 500),
        ("1 d 1 us", 24 * 60 * MIN + 1),
    ],
)
def test_durations_say_their_units(text: str, us: int) -> None:
    assert _duration(text) == us


@pytest.mark.parametrize(
    "text", ["", "4", "min", "4 m", "4 min 1 h", "4 min 4 min", "-4 min", "0.1 us", "1e3 s", "٤ s"]
)
def test_what_is_no_duration_is_not_guessed_at(text: str) -> None:
    assert _duration(text) is UNREAD


@given(st.integers(min_value=0, max_value=366 * 24 * 60 * MIN))
def test_a_duration_reads_as_it_is_written(us: int) -> None:
    assert _duration(duration_text(us)) == us


def _duration(text: str) -> object:
    node = ScalarNode("plain", text)
    return Duration().parse(node, resolved(node))
