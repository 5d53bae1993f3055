"""What is said of one run of a candidate."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from scenarios.drivers import RunResult, run_scenario
from scenarios.explore.campaign import Campaign, base_of
from scenarios.explore.candidate import Wanted
from scenarios.explore.trial import EXPECTATION, reported, tried
from scenarios.pool import Pool
from scenarios.schema import load_scenario
from twin.run_control import Violation

SMALL = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_scenario(load_scenario(SMALL))


def test_a_run_fails_only_by_what_its_faults_have_broken() -> None:
    base = base_of(str(SMALL), wanted=Wanted(), folder=SMALL.parent)
    trailers = [*base.document["trailers"], {"id": "t-9", "arrives": "06:59", "cases": 24}]
    hopeless = msgspec.structs.replace(base, document={**base.document, "trailers": trailers, "until": "07:00"})
    assert tried(hopeless.document, base.path).has((EXPECTATION, "every trailer departed"))
    campaign = Campaign(hopeless, seed=1, numbers=range(1, 3))
    campaign.search(Pool(1), lambda _: None)
    assert (campaign.failure, campaign.done) == (None, 2)


def test_of_two_invariants_that_break_at_one_instant_the_first_is_the_cause(result: RunResult) -> None:
    told = [("order_known", "r1"), ("case_place", "t-1-c1"), ("case_place", "t-1-c2")]
    violations = [Violation(code=code, entity=entity, detail="", at_us=5) for code, entity in told]
    report = reported(result.scenario, msgspec.structs.replace(result, violations=violations))
    assert [(f.name, f.sentence) for f in report.findings] == [("order_known", "r1: "), ("case_place", "t-1-c1: ")]
