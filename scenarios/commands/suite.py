"""`docktwin test`: a suite, its progress, its baselines, and one line with a command for each way it fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, to_builtins

from scenarios.baselines import Comparison, compare, read_baselines, unused_in, updated, write_baseline
from scenarios.commands.options import driver_of, whole_number
from scenarios.junit import make_room, write_junit
from scenarios.means import WORKERS_MAX, cores
from scenarios.report.baselines import baseline_block, change_table
from scenarios.report.commands import command
from scenarios.report.console import say, say_json
from scenarios.report.suite import SuiteProgress, suite_block
from scenarios.suite import jobs_of, run_jobs, scenario_files
from scenarios.verdict import error_object, this_platform, version
from twin.clock import US_PER_S, SystemClock
from twin.errors import EXIT_FAILED, EXIT_OUR_FAULT, EXIT_PASSED, BadInputError, DocktwinError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.baselines import Baseline
    from scenarios.suite import Job, Outcome

SEEDS_MAX = 100_000
"""A suite holds its jobs and what became of them in memory."""


class SuiteRequest(Struct, frozen=True, kw_only=True):
    """The options of `docktwin test` as they were typed."""

    paths: Sequence[str]
    workers: str | None = None
    seeds: str | None = None
    driver: str | None = None
    baseline: Path | None = None
    is_update: bool = False
    junit: Path | None = None

    def jobs(self) -> list[Job]:
        """The runs that are meant. Raises BadInputError."""
        seeds = 1 if self.seeds is None else whole_number("--seeds", self.seeds, least=1, most=SEEDS_MAX)
        return jobs_of(scenario_files(self.paths), seeds=seeds, driver=driver_of(self.driver or "inline"))

    def update(self) -> str:
        """The command that makes this the baseline."""
        driver = [] if self.driver in {None, "inline"} else ["--driver", str(self.driver)]
        return command("test", *self.paths, *driver, "--baseline", str(self.baseline), "--update")


def suite(request: SuiteRequest, *, as_json: bool) -> int:
    """Run it; the exit status. Raises BadInputError before anything is run."""
    try:
        return _suite(request, as_json=as_json)
    except DocktwinError as error:
        if as_json:
            content = error_object(error)
            kept = {key: content[key] for key in ("version", "platform", "verdict", "wall_s", "error")}
            say_json({**kept, "runs": []}, sys.stdout)
        raise


def _suite(request: SuiteRequest, *, as_json: bool) -> int:
    if request.is_update and request.baseline is None:
        msg = "got --update alone, expected it with --baseline DIR; nothing was run"
        raise UsageError(msg)
    if request.junit is not None:
        make_room(request.junit)
    jobs = request.jobs()
    baselines = _baselines(request, jobs)
    processes = processes_for(request.workers, len(jobs))
    clock = SystemClock()
    began_us = clock.steady_us()
    outcomes = run_all(jobs, workers=processes)
    wall_s = (clock.steady_us() - began_us) / US_PER_S
    comparisons = {} if request.baseline is None else _compared(outcomes, baselines)
    written = _updated(request.baseline, outcomes, comparisons, baselines) if request.is_update else None
    if request.junit is not None:
        write_junit(request.junit, outcomes, changed=_changed(request, comparisons), wall_s=wall_s)
    accepted = {} if request.is_update else comparisons
    if as_json:
        say_json(_content(outcomes, comparisons, accepted, wall_s), sys.stdout)
    else:
        say(suite_block(outcomes, list(accepted.values()), wall_s=wall_s, workers=processes), sys.stdout)
        if request.baseline is not None:
            told = list(comparisons.values())
            unused = unused_in(request.baseline, [Path(job.target).stem for job in jobs])
            block = baseline_block(
                told,
                folder=request.baseline,
                update=request.update(),
                written=written,
                look=_look(comparisons),
                unused=unused,
            )
            say(block, sys.stdout)
    return _status(outcomes, accepted)


def processes_for(workers: str | None, jobs: int) -> int:
    """How many processes run so many jobs. Raises UsageError."""
    return min(cores() if workers is None else whole_number("-n", workers, least=1, most=WORKERS_MAX), jobs)


def run_all(jobs: Sequence[Job], *, workers: int) -> list[Outcome]:
    """The outcomes in the order of the jobs, their progress told on stderr."""
    with SuiteProgress(sys.stderr, total=len(jobs)) as tell:
        outcomes: list[Outcome] = []
        tell(outcomes)
        for outcome in run_jobs(jobs, workers=workers):
            outcomes.append(outcome)
            tell(outcomes)
    order = {job: n for n, job in enumerate(jobs)}
    return sorted(outcomes, key=lambda outcome: order[outcome.job])


# -- baselines -------------------------------------------------------------------------------------------------------


def _baselines(request: SuiteRequest, jobs: Sequence[Job]) -> dict[str, Baseline]:
    if request.baseline is None:
        return {}
    by_name: dict[str, str] = {}
    for job in jobs:
        name = Path(job.target).stem
        if by_name.setdefault(name, job.target) != job.target:
            msg = f"got two scenarios named {name}, {by_name[name]} and {job.target}; nothing was run"
            raise BadInputError(msg, hint="A baseline goes by the scenario's name. Rename one, or test them apart.")
    return read_baselines(request.baseline, by_name, may_be_new=request.is_update)


def _compared(outcomes: Sequence[Outcome], baselines: dict[str, Baseline]) -> dict[Job, Comparison]:
    """Each scenario's run with its own seed, which comes first, if it has a verdict."""
    compared: dict[Job, Comparison] = {}
    seen: set[str] = set()
    for outcome in outcomes:
        is_own = outcome.job.target not in seen
        seen.add(outcome.job.target)
        if is_own and outcome.word in {"passed", "failed"}:
            compared[outcome.job] = compare(baselines.get(outcome.scenario), outcome.content)
    return compared


def _updated(
    folder: Path | None, outcomes: Sequence[Outcome], compared: dict[Job, Comparison], baselines: dict[str, Baseline]
) -> list[str]:
    """The scenarios whose baselines were written; of those alone that passed."""
    assert folder is not None
    passed = [outcome for outcome in outcomes if outcome.job in compared and outcome.word == "passed"]
    return [
        outcome.scenario
        for outcome in passed
        if write_baseline(folder, updated(baselines.get(outcome.scenario), outcome.content))
    ]


def _look(compared: dict[Job, Comparison]) -> str:
    """The command that shows the first run whose KPIs are not as in its baseline; empty if there is none."""
    first = next((job for job, comparison in compared.items() if comparison.beyond), None)
    return "" if first is None else first.invocation().again(verbose=True)


def _changed(request: SuiteRequest, compared: dict[Job, Comparison]) -> dict[Job, str]:
    """What the terminal says of each run that is not as its baseline."""
    if request.is_update:
        return {}
    return {
        job: "\n".join(
            each.plain
            for each in change_table([comparison])
            or baseline_block([comparison], folder=request.baseline or Path(), update=request.update(), written=None)
        )
        for job, comparison in compared.items()
        if not comparison.holds
    }


# -- results ---------------------------------------------------------------------------------------------------------


def _status(outcomes: Sequence[Outcome], accepted: dict[Job, Comparison]) -> int:
    words = {outcome.word for outcome in outcomes}
    if "error" in words:
        return EXIT_OUR_FAULT
    holds = all(comparison.holds for comparison in accepted.values())
    return EXIT_PASSED if holds and "failed" not in words else EXIT_FAILED


def _content(
    outcomes: Sequence[Outcome], compared: dict[Job, Comparison], accepted: dict[Job, Comparison], wall_s: float
) -> dict[str, object]:
    words = {EXIT_PASSED: "passed", EXIT_FAILED: "failed", EXIT_OUR_FAULT: "error"}
    runs = [{**outcome.content, "verdict": outcome.word} for outcome in outcomes]
    for outcome, run in zip(outcomes, runs, strict=True):
        if outcome.job in compared:
            run["baseline"] = to_builtins(compared[outcome.job])
    return {
        "version": version(),
        "platform": dict(this_platform()),
        "verdict": words[_status(outcomes, accepted)],
        "wall_s": wall_s,
        "runs": runs,
    }
