"""Replications: one scenario with many seeds, and how far its KPIs spread. One replication is one unit."""

from __future__ import annotations

from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from scipy.special import stdtrit

from scenarios.kpis import KPIS
from scenarios.schema import SEED_MAX, load_scenario
from scenarios.suite import Job, Outcome, run_jobs
from scenarios.verdict import this_platform, version
from twin.errors import ConfigError, DataAbsentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scenarios.drivers import Driver
    from sim.plan import Fidelity

CONFIDENCE = 0.95
REPLICATIONS_MAX = 100_000
"""Their outcomes are held in memory."""


class Spread(Struct, frozen=True, kw_only=True):
    """One KPI over the replications. `n`: those that have a figure, `without`: those that have none.

    `low` to `high`: the 95 % confidence interval of the mean, by Student's t; None of fewer than two figures.
    """

    n: int
    without: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None


class Replications(Struct, frozen=True, kw_only=True):
    """What came out, in the order of the seeds. `kpis`: of the runs that have a verdict, by name."""

    scenario: str
    outcomes: tuple[Outcome, ...]
    kpis: dict[str, Spread]

    @property
    def passed(self) -> int:
        """How many passed."""
        return sum(outcome.word == "passed" for outcome in self.outcomes)

    @property
    def seeds_not_passed(self) -> tuple[int, ...]:
        """The seeds of those that failed or broke."""
        return tuple(outcome.job.seed for outcome in self.outcomes if outcome.word != "passed")

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        words = {outcome.word for outcome in self.outcomes}
        kept = ("seed", "verdict", "digest", "kpis")
        content = {
            "scenario": self.scenario,
            "version": version(),
            "platform": dict(this_platform()),
            "driver": self.outcomes[0].job.driver,
            "verdict": "error" if "error" in words else "failed" if "failed" in words else "passed",
            "replications": len(self.outcomes),
            "passed": self.passed,
            "seeds_not_passed": self.seeds_not_passed,
            "confidence": CONFIDENCE,
            "kpis": self.kpis,
            "runs": [{key: outcome.content[key] for key in kept} for outcome in self.outcomes],
        }
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
        return plain


def replicate(
    scenario: str | Path,
    *,
    replications: int,
    workers: int = 1,
    seed: int | None = None,
    driver: Driver = "inline",
    fidelity: Fidelity | None = None,
    dock_planner: str | None = None,
    unload_planner: str | None = None,
) -> Replications:
    """So many runs of a scenario, with seeds from its own (or `seed`) upwards, over `workers` processes.

    None leaves what the scenario says. Raises BadInputError if it cannot be run as asked; a run that fails or breaks is
    an outcome.
    """
    job = Job(
        target=str(scenario),
        seed=0 if seed is None else seed,
        driver=driver,
        fidelity=fidelity,
        dock_planner=dock_planner,
        unload_planner=unload_planner,
    )
    jobs = jobs_with_seeds(job, seed=seed, replications=replications)
    return replications_of(run_jobs(jobs, workers=min(workers, len(jobs))))


def jobs_with_seeds(job: Job, *, seed: int | None, replications: int) -> list[Job]:
    """The job once a seed, from `seed` or the scenario's own upwards. Raises BadInputError if it cannot be loaded."""
    if not 1 <= replications <= REPLICATIONS_MAX:
        msg = f"replications: got {replications}, expected 1 to {REPLICATIONS_MAX}; nothing was run"
        raise ConfigError(msg)
    loaded = load_scenario(
        job.target,
        seed=seed,
        fidelity=job.fidelity,
        dock_planner=job.dock_planner,
        unload_planner=job.unload_planner,
    )
    first = loaded.day.seed
    if first + replications - 1 > SEED_MAX:
        msg = f"seed: got {first} and {replications} replications, expected seeds up to {SEED_MAX}; nothing was run"
        raise ConfigError(msg)
    return [msgspec.structs.replace(job, seed=each) for each in range(first, first + replications)]


def replications_of(outcomes: Iterable[Outcome]) -> Replications:
    """The outcomes of one scenario, put together. Raises DataAbsentError if its outside data are not here."""
    ordered = tuple(sorted(outcomes, key=lambda outcome: outcome.job.seed))
    absent = next((outcome for outcome in ordered if outcome.word == "skipped"), None)
    if absent is not None:
        raise DataAbsentError(absent.sentence)
    judged = [outcome.content["kpis"] for outcome in ordered if outcome.word in {"passed", "failed"}]
    return Replications(
        scenario=ordered[0].scenario,
        outcomes=ordered,
        kpis={kpi.name: spread_of([values.get(kpi.name) for values in judged]) for kpi in KPIS},
    )


def spread_of(values: Sequence[float | None]) -> Spread:
    """The spread of one figure a replication; None where one has none.

    >>> spread = spread_of([1.0, 2.0, 3.0, None])
    >>> spread.n, spread.without, spread.mean, round(spread.low, 3), round(spread.high, 3)
    (3, 1, 2.0, -0.484, 4.484)
    """
    figures = [value for value in values if value is not None]
    n = len(figures)
    if not n:
        return Spread(n=0, without=len(values))
    mean = fmean(figures)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stdev(figures) / sqrt(n) if n > 1 else None
    return Spread(
        n=n,
        without=len(values) - n,
        mean=mean,
        low=None if half is None else mean - half,
        high=None if half is None else mean + half,
        least=min(figures),
        most=max(figures),
    )
