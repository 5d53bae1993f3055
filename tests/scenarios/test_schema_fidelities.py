"""Bounds that differ by fidelity, as a file says them and as a verdict shows them."""

from __future__ import annotations

import pytest
from msgspec import structs

from scenarios.model import Always, Bounds, Each, Eventually, EveryTrailer, Expectation, KpiBound, ReceiptCounts
from scenarios.report.commands import Invocation
from scenarios.report.terminal import verdict_block
from scenarios.verdict import Verdict, judge
from sim.plan import Fidelity
from tests.scenarios.days import MIN, START, read
from tests.scenarios.plans import HandmadeRun, scenario, truth
from tests.scenarios.story import Story
from twin.errors import ScenarioError


def expecting(entry: str, fidelity: Fidelity = "case") -> Expectation:
    (expectation,) = read(f"expect:\n  - {{{entry}}}\n", fidelity=fidelity).expectations
    return expectation


@pytest.mark.parametrize(
    ("entry", "in_case", "in_physics"),
    [
        (
            "kpi: cases_short, at_most: {case: 1, physics: 3}, at_least: 0",
            KpiBound(kpi="cases_short", at_most=1, at_least=0),
            KpiBound(kpi="cases_short", at_most=3, at_least=0),
        ),
        (
            "always: open_exceptions, at_most: {physics: 7, case: 5}",
            Always(gauge="open_exceptions", at_most=5),
            Always(gauge="open_exceptions", at_most=7),
        ),
        (
            "every_trailer: departed, by: {case: 06:10, physics: 06:20}",
            EveryTrailer(by_us=START + 10 * MIN),
            EveryTrailer(by_us=START + 20 * MIN),
        ),
        (
            "receipt: t-1, short: {at_most: {case: 0, physics: 2}}",
            ReceiptCounts(trailer_id="t-1", numbers={"short": Bounds(at_most=0)}),
            ReceiptCounts(trailer_id="t-1", numbers={"short": Bounds(at_most=2)}),
        ),
    ],
)
def test_a_bound_is_that_of_the_fidelity_of_the_run(entry: str, in_case: object, in_physics: object) -> None:
    assert expecting(entry).condition == in_case
    assert expecting(entry, "physics").condition == in_physics
    assert expecting(entry).asked_in == ("case", "physics")


def test_numbers_and_spans_of_messages_may_differ_too() -> None:
    entry = (
        "eventually: conveyor.cleared.v1, after: {message: conveyor.jammed.v1}, at_least: {case: 2, physics: 1}, "
        "within: {case: 1 min, physics: 2 min}"
    )
    condition = expecting(entry, "physics").condition
    assert isinstance(condition, Eventually)
    assert (condition.at_least, condition.within_us) == (1, 2 * MIN)
    entry = "each: conveyor.jammed.v1, leads_to: {message: conveyor.cleared.v1}, within: {case: 1 min, physics: 3 min}"
    condition = expecting(entry, "physics").condition
    assert isinstance(condition, Each)
    assert condition.within_us == 3 * MIN


def test_one_value_is_for_every_fidelity() -> None:
    assert expecting("kpi: cases_short, at_most: 1").asked_in == ()


def test_an_expectation_is_asked_where_all_its_bounds_name_the_fidelity() -> None:
    entry = "kpi: cases_short, at_least: {case: 0, physics: 1}, at_most: {physics: 3, trailer: 4}"
    assert expecting(entry).asked_in == ("physics",)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("kpi: cases_short, at_most: {phsics: 3}", "did you mean physics"),
        ("kpi: cases_short, at_most: {physics: many}", 'at_most.physics: got "many", expected a number'),
        ("kpi: cases_short, at_most: {}", "expected a number"),
        ("always: open_exceptions, at_most: {case: -1}", "expected a whole number 0 to"),
        ("every_trailer: departed, by: {case: 10:00, physics: 05:00}", "at or after the start"),
        ("kpi: cases_short, at_least: 2, at_most: {case: 5, physics: 1}", "2 is above 1"),
        ("kpi: cases_short, at_least: {case: 2}, at_most: {physics: 4}", "a fidelity in common"),
        ("always: open_exceptions, at_most: [1, 2]", "expected a whole number 0 to"),
    ],
)
@pytest.mark.parametrize("fidelity", ["case", "physics"])
def test_a_mistake_in_a_bound_of_any_fidelity_is_named_with_its_line(entry: str, said: str, fidelity: Fidelity) -> None:
    with pytest.raises(ScenarioError) as caught:
        expecting(entry, fidelity)
    told = " ".join(str(caught.value).split())
    assert said in told
    assert "day.yaml:6: expect[0]" in told
    assert len(caught.value.mistakes) == 1


def a_verdict() -> Verdict:
    """Of a run in which one of two expectations is not asked, and would not be met."""
    asked = Expectation(name="few are short", condition=KpiBound(kpi="cases_short", at_most=1), line=1)
    left = Expectation(
        name="many are short", condition=KpiBound(kpi="cases_short", at_least=9), line=2, asked_in=("physics",)
    )
    story = Story()
    story.announced(0, "t-1", cases=1, due_s=3600)
    story.arrived(60, "t-1")
    story.identified(100, "t-1", "t-1-c1")
    story.departed(3000, "t-1")
    run = HandmadeRun(
        scenario=structs.replace(scenario(), expectations=(asked, left)),
        deliveries=story.log,
        truth=truth({"c1": "received"}),
    )
    return judge(run)  # type: ignore[arg-type] # it has the attributes of a RunResult


def test_what_is_not_asked_in_a_fidelity_fails_no_run_and_is_told() -> None:
    verdict = a_verdict()
    assert verdict.passed
    assert [e.is_asked for e in verdict.expectations] == [True, False]
    assert [entry["is_asked"] for entry in verdict.as_json()["expectations"]] == [True, False]
    text = "\n".join(str(line) for line in verdict_block(verdict, Invocation(target="day", seed=1), files=None))
    assert "1 of 1 expectation (1 not asked in case) met" in text
    assert "not asked  many are short" in text
    assert "only in physics" in text
