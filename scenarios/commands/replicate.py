"""`docktwin run --replications`: one scenario with many seeds, and how far its KPIs spread."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from scenarios.commands.options import whole_number
from scenarios.commands.suite import processes_for, run_all
from scenarios.replications import REPLICATIONS_MAX, jobs_with_seeds, replications_of
from scenarios.report.console import say, say_json
from scenarios.report.replications import replications_block
from scenarios.suite import Job
from scenarios.verdict import error_object
from twin.clock import US_PER_S, SystemClock
from twin.errors import EXIT_FAILED, EXIT_OUR_FAULT, EXIT_PASSED, DocktwinError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenarios.commands.options import RunRequest
    from sim.plan import Fidelity

_STATUS = {"passed": EXIT_PASSED, "failed": EXIT_FAILED, "error": EXIT_OUR_FAULT}


def replicate(
    request: RunRequest, replications: str, *, workers: str | None, refused: Sequence[str], as_json: bool
) -> int:
    """Run them; the exit status. `refused`: options that were given and go with one run only.

    Raises DocktwinError if nothing can be run.
    """
    try:
        jobs = _jobs(request, replications, refused)
        processes = processes_for(workers, len(jobs))
        clock = SystemClock()
        began_us = clock.steady_us()
        done = replications_of(run_all(jobs, workers=processes))
        wall_s = (clock.steady_us() - began_us) / US_PER_S
    except DocktwinError as error:
        if as_json:
            say_json(error_object(error, **request.known()), sys.stdout)
        raise
    content = done.as_json()
    if as_json:
        say_json({**content, "wall_s": wall_s}, sys.stdout)
    else:
        say(replications_block(done, wall_s=wall_s, workers=processes), sys.stdout)
    return _STATUS[content["verdict"]]


def _jobs(request: RunRequest, replications: str, refused: Sequence[str]) -> list[Job]:
    if refused:
        msg = f"got {refused[0]} and --replications, expected one of them; nothing was run"
        raise UsageError(msg, hint="Repeat one of the seeds by itself to see more of it.")
    job = Job(
        target=request.scenario,
        seed=0,
        driver=request.the_driver(),
        fidelity=cast("Fidelity | None", request.fidelity),
        dock_planner=request.dock_planner,
        unload_planner=request.unload_planner,
    )
    wanted = whole_number("--replications", replications, least=1, most=REPLICATIONS_MAX)
    return jobs_with_seeds(job, seed=request.the_seed(), replications=wanted)
