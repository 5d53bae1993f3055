"""What is said of one run of a candidate."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scenarios.drivers import RunResult, run_scenario
from scenarios.explore.trial import reported
from scenarios.schema import load_scenario
from twin.run_control import Violation

SMALL = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_scenario(load_scenario(SMALL))


def test_of_two_invariants_that_break_at_one_instant_the_first_is_the_cause(result: RunResult) -> None:
    told = [("order_known", "r1"), ("case_place", "t-1-c1"), ("case_place", "t-1-c2")]
    violations = [Violation(code=code, entity=entity, detail="", at_us=5) for code, entity in told]
    report = reported(result.scenario, msgspec.structs.replace(result, violations=violations))
    assert [(f.name, f.sentence) for f in report.findings] == [("order_known", "r1: "), ("case_place", "t-1-c1: ")]
