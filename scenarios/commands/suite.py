"""`docktwin test`: a suite, its progress, and one line with a command for each way it fails."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from scenarios.commands.options import driver_of, whole_number
from scenarios.report.console import say, say_json
from scenarios.report.suite import SuiteProgress, suite_block
from scenarios.suite import jobs_of, run_jobs, scenario_files
from scenarios.verdict import error_object, this_platform, version
from twin.clock import US_PER_S, SystemClock
from twin.errors import EXIT_FAILED, EXIT_OUR_FAULT, EXIT_PASSED, DocktwinError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.suite import Outcome

WORKERS_MAX = 256
SEEDS_MAX = 100_000
"""A suite holds its jobs and what became of them in memory."""


def suite(paths: Sequence[str], *, workers: str | None, seeds: str | None, driver: str | None, as_json: bool) -> int:
    """Run it; the exit status. Raises BadInputError before anything is run."""
    try:
        return _suite(paths, workers=workers, seeds=seeds, driver=driver, as_json=as_json)
    except DocktwinError as error:
        if as_json:
            content = error_object(error)
            kept = {key: content[key] for key in ("version", "platform", "verdict", "wall_s", "error")}
            say_json({**kept, "runs": []}, sys.stdout)
        raise


def _suite(paths: Sequence[str], *, workers: str | None, seeds: str | None, driver: str | None, as_json: bool) -> int:
    jobs = jobs_of(
        scenario_files(paths),
        seeds=1 if seeds is None else whole_number("--seeds", seeds, least=1, most=SEEDS_MAX),
        driver=driver_of(driver or "inline"),
    )
    cores = len(os.sched_getaffinity(0))
    processes = min(cores if workers is None else whole_number("-n", workers, least=1, most=WORKERS_MAX), len(jobs))
    clock = SystemClock()
    began_us = clock.steady_us()
    with SuiteProgress(sys.stderr, total=len(jobs)) as tell:
        outcomes: list[Outcome] = []
        tell(outcomes)
        for outcome in run_jobs(jobs, workers=processes):
            outcomes.append(outcome)
            tell(outcomes)
    order = {job: n for n, job in enumerate(jobs)}
    outcomes.sort(key=lambda outcome: order[outcome.job])
    wall_s = (clock.steady_us() - began_us) / US_PER_S
    if as_json:
        say_json(_content(outcomes, wall_s), sys.stdout)
    else:
        say(suite_block(outcomes, wall_s=wall_s, workers=processes), sys.stdout)
    return _status(outcomes)


def _status(outcomes: Sequence[Outcome]) -> int:
    words = {outcome.word for outcome in outcomes}
    if "error" in words:
        return EXIT_OUR_FAULT
    return EXIT_FAILED if "failed" in words else EXIT_PASSED


def _content(outcomes: Sequence[Outcome], wall_s: float) -> dict[str, object]:
    words = {EXIT_PASSED: "passed", EXIT_FAILED: "failed", EXIT_OUR_FAULT: "error"}
    return {
        "version": version(),
        "platform": dict(this_platform()),
        "verdict": words[_status(outcomes)],
        "wall_s": wall_s,
        "runs": [{**outcome.content, "verdict": outcome.word} for outcome in outcomes],
    }
