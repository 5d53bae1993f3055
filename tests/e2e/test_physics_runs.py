"""Whole runs on loads in PyBullet: they tell the story they tell without, and repeat to the byte on one platform."""

from __future__ import annotations

from functools import cache

import pytest

from scenarios.checks import Judge
from scenarios.drivers import RunResult, run_scenario
from scenarios.means import means_for
from scenarios.schema import find_scenario, load_scenario, scenario_from_text
from tests.e2e.outside_runs import unload
from twin.bus.embedded import EmbeddedServer
from twin.errors import DataAbsentError

pytestmark = pytest.mark.side_by_side

STORIES = ["first_truck", "wall_collapses"]
SMALL_LOADS = ["00100003", "BR2_01"]


@cache
def run_of(name: str) -> RunResult:
    return run_scenario(load_scenario(name, fidelity="physics"), means=means_for("physics"))


@pytest.mark.parametrize("name", STORIES)
def test_a_story_holds_with_physics(name: str) -> None:
    run = run_of(name)
    assert run.violations == []
    assert [result.name for result in Judge(run.scenario, run).results() if not result.met] == []


def test_a_run_with_physics_computed_ahead_in_another_process_gives_the_same_digest() -> None:
    again = run_scenario(load_scenario("wall_collapses", fidelity="physics"), means=means_for("physics", workers=1))
    assert again.digest == run_of("wall_collapses").digest


def test_a_run_with_physics_in_lockstep_gives_the_digest_of_one_inline() -> None:
    text = find_scenario("first_truck").read_text("utf-8")
    assert "cases: 300" in text
    scenario = scenario_from_text(text.replace("cases: 300", "cases: 40"), "small.yaml", fidelity="physics")
    inline = run_scenario(scenario, means=means_for("physics"))
    with EmbeddedServer() as server:
        lockstep = run_scenario(scenario, driver="lockstep", nats_url=server.url, means=means_for("physics"))
    assert inline.digest == lockstep.digest
    assert {row.outcome for row in inline.truth.cases} <= {"received", "damaged"}


@pytest.mark.parametrize("name", SMALL_LOADS)
def test_a_load_of_a_benchmark_is_unloaded_with_every_case_accounted_for(name: str) -> None:
    try:
        unloaded = unload(name)
    except DataAbsentError as error:
        pytest.skip(f"{error.message}; {error.hint}")
    assert unloaded.problems == ()
    assert sum(unloaded.outcomes.values()) == unloaded.cases
