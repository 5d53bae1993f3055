"""Replications: the spread of KPIs over seeds, against figures computed by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import replicate
from scenarios.replications import Spread, jobs_with_seeds, replications_of, spread_of
from scenarios.suite import Job, Outcome
from twin.errors import BadInputError, ConfigError, DataAbsentError

JOB = Job(target="first_truck", seed=0, driver="inline")


def an_outcome(seed: int, word: str = "passed", **kpis: float | None) -> Outcome:
    content: dict[str, Any] = {"seed": seed, "verdict": word, "digest": f"d{seed}", "kpis": kpis}
    return Outcome(
        job=Job(target="first_truck", seed=seed, driver="inline"),
        scenario="first_truck",
        word=word,  # type: ignore[arg-type] # one of the words
        sentence="" if word == "passed" else "late",
        alike=("late",),
        messages=1,
        content=content,
    )


@pytest.mark.parametrize(
    ("values", "mean", "half"),
    [
        # t(0.975, 2) = 4.302653; s = 1; n = 3
        ([1.0, 2.0, 3.0], 2.0, 4.302653 / 3**0.5),
        # t(0.975, 4) = 2.776445; s = sqrt(62.5); n = 5
        ([10.0, 15.0, 20.0, 25.0, 30.0], 20.0, 2.776445 * 62.5**0.5 / 5**0.5),
        # t(0.975, 1) = 12.706205; s = sqrt(2); n = 2
        ([1.0, 3.0], 2.0, 12.706205 * 2**0.5 / 2**0.5),
        ([7.0, 7.0, 7.0], 7.0, 0.0),
    ],
)
def test_the_interval_is_students(values: list[float], mean: float, half: float) -> None:
    spread = spread_of(values)
    assert spread.mean == pytest.approx(mean)
    assert spread.low == pytest.approx(mean - half)
    assert spread.high == pytest.approx(mean + half)
    assert (spread.least, spread.most, spread.n, spread.without) == (min(values), max(values), len(values), 0)


def test_a_replication_without_a_figure_counts_apart_and_not_as_0() -> None:
    spread = spread_of([None, 4.0, None, 6.0])
    assert (spread.n, spread.without, spread.mean, spread.least) == (2, 2, 5.0, 4.0)


def test_one_figure_has_a_mean_and_no_interval() -> None:
    assert spread_of([4.0, None]) == Spread(n=1, without=1, mean=4.0, least=4.0, most=4.0)


def test_no_figure_has_no_mean() -> None:
    assert spread_of([None, None]) == Spread(n=0, without=2)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20))
def test_the_mean_lies_in_its_interval_and_between_the_extremes(values: list[float]) -> None:
    spread = spread_of(values)
    assert spread.mean is not None
    assert spread.low is not None
    assert spread.high is not None
    assert spread.low - 1e-6 <= spread.mean <= spread.high + 1e-6
    assert min(values) - 1e-6 <= spread.mean <= max(values) + 1e-6


def test_a_run_without_a_verdict_has_no_part_in_the_spread() -> None:
    outcomes = [an_outcome(3, "error"), an_outcome(1, cases_received=10), an_outcome(2, "failed", cases_received=20)]
    done = replications_of(outcomes)
    assert [outcome.job.seed for outcome in done.outcomes] == [1, 2, 3]
    assert (done.passed, done.seeds_not_passed) == (1, (2, 3))
    assert (done.kpis["cases_received"].n, done.kpis["cases_received"].mean) == (2, 15.0)
    assert done.kpis["cases_short"] == Spread(n=0, without=2)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [(("passed", "passed"), "passed"), (("failed", "passed"), "failed"), (("failed", "error"), "error")],
)
def test_the_verdict_is_that_of_the_worst_run(words: tuple[str, ...], verdict: str) -> None:
    content = replications_of([an_outcome(n, word) for n, word in enumerate(words)]).as_json()
    assert content["verdict"] == verdict
    assert [run["seed"] for run in content["runs"]] == [0, 1]


def test_absent_data_are_said_not_counted() -> None:
    with pytest.raises(DataAbsentError, match="late"):
        replications_of([an_outcome(1, "skipped")])


def test_seeds_count_up_from_the_scenarios_own_or_from_the_one_given() -> None:
    assert [job.seed for job in jobs_with_seeds(JOB, seed=None, replications=3)] == [1, 2, 3]
    assert [job.seed for job in jobs_with_seeds(JOB, seed=40, replications=2)] == [40, 41]


@pytest.mark.parametrize(("seed", "replications"), [(None, 0), (None, -1), (2**53, 2)])
def test_what_cannot_be_replicated_is_refused_before_anything_is_run(seed: int | None, replications: int) -> None:
    with pytest.raises(ConfigError, match="nothing was run"):
        jobs_with_seeds(JOB, seed=seed, replications=replications)


def test_a_scenario_that_is_not_there_is_bad_input() -> None:
    with pytest.raises(BadInputError):
        replicate("first_truk", replications=2)


def test_a_notebook_replicates_in_one_call() -> None:
    done = replicate("first_truck", replications=3, seed=5)
    assert [outcome.job.seed for outcome in done.outcomes] == [5, 6, 7]
    assert done.passed == 3
    received = [outcome.content["kpis"]["cases_received"] for outcome in done.outcomes]
    assert done.kpis["cases_received"].mean == pytest.approx(sum(received) / 3)
    assert len({outcome.content["digest"] for outcome in done.outcomes}) == 3
