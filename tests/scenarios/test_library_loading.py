"""The library: every scenario loads, tells its story, and is what its name says. Runs of it are judged elsewhere."""

from __future__ import annotations

import pytest

from scenarios.model import EveryCase, EveryTrailer, KpiBound
from scenarios.schema import library, load_scenario
from sim.plan import BischoffRatcliffLoad, GeneratedLoad, OrdersLoad

NAMES = [entry.name for entry in library()]
STORY_MAX = 120


def test_the_library_has_the_scenarios_that_are_promised() -> None:
    promised = {
        "first_truck",
        "morning_rush",
        "radio_storm",
        "robot_dies_holding_a_case",
        "queue_at_the_gate",
        "real_orders",
        "bischoff_ratcliff",
        "mixed_load",
        "every_20_ms",
    }
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_tells_its_story_in_its_first_line(name: str) -> None:
    scenario = load_scenario(name)
    (entry,) = [entry for entry in library() if entry.name == name]
    assert scenario.name == scenario.day.name == name
    assert scenario.story == entry.story
    assert 20 < len(entry.story) <= STORY_MAX
    assert entry.story.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_judges_its_trailers_its_cases_and_a_figure(name: str) -> None:
    scenario = load_scenario(name)
    kinds = {type(entry.condition) for entry in scenario.expectations}
    assert EveryTrailer in kinds
    assert KpiBound in kinds
    if scenario.day.fidelity == "case":
        assert EveryCase in kinds
    names = [entry.name for entry in scenario.expectations]
    assert len(set(names)) == len(names), "two expectations that read alike"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [2, 17, 4711])
def test_every_scenario_loads_with_any_seed(name: str, seed: int) -> None:
    assert load_scenario(name, seed=seed).day.seed == seed


@pytest.mark.parametrize("name", NAMES)
def test_every_scenario_names_ids_and_numbers_at_most_once_a_line(name: str) -> None:
    """Each expectation points at a line of its own, so that a report can show it."""
    scenario = load_scenario(name)
    lines = [entry.line for entry in scenario.expectations]
    assert lines == sorted(set(lines))
    for line in lines:
        assert scenario.text.splitlines()[line - 1].lstrip().startswith("- ")


def test_the_demo_is_of_the_size_that_is_promised() -> None:
    day = load_scenario("morning_rush").day
    assert (len(day.site.doors), len(day.site.robots), len(day.trailers)) == (6, 5, 14)
    loads = [trailer.load for trailer in day.trailers]
    assert sum(load.cases for load in loads if isinstance(load, GeneratedLoad)) <= 5000
    assert [action.fault for action in day.timeline] == ["conveyor_jam", "robot_dies"]
    late = [trailer.arrives_us - (trailer.appointment_us or 0) for trailer in day.trailers]
    assert min(late) < 0 < max(late)


def test_nothing_but_service_takes_time_at_the_gate() -> None:
    day = load_scenario("queue_at_the_gate").day
    dock, link = day.dock, day.link
    assert (dock.docking_us, dock.restraint_us, dock.door_us, dock.departure_us, dock.robots_travel) == (
        0,
        0,
        0,
        0,
        False,
    )
    assert (link.uplink_least_us, link.downlink_least_us, link.jitter_us, link.loss) == (0, 1, 0, 0.0)
    assert day.site.decision_latency_us == 0
    assert len(day.site.robots) >= len(day.site.doors)
    assert (day.fidelity, day.service.distribution) == ("trailer", "exponential")


def test_every_duration_of_the_grid_scenario_is_on_its_grid() -> None:
    day = load_scenario("every_20_ms").day
    assert day.time_grid_us == 20_000
    instants = [trailer.arrives_us for trailer in day.trailers] + [
        day.site.state_period_us,
        day.site.decision_latency_us,
    ]
    instants += [day.link.uplink_least_us, day.link.downlink_least_us]
    assert {instant % 20_000 for instant in instants} == {0}
    assert len({trailer.arrives_us for trailer in day.trailers}) == 1


def test_only_the_real_orders_and_the_benchmark_need_data_from_outside() -> None:
    trailers = {name: load_scenario(name).day.trailers for name in NAMES}
    outside = OrdersLoad | BischoffRatcliffLoad
    needing = [name for name in NAMES if any(isinstance(trailer.load, outside) for trailer in trailers[name])]
    assert needing == ["bischoff_ratcliff", "real_orders"]
