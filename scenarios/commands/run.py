"""`docktwin run`: one scenario, its progress, its verdict, its files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.commands.options import whole_number
from scenarios.means import WORKERS_MAX, means_for, workers_of_one_run
from scenarios.report.console import STRONG, line, say, say_json, say_plainly, wrapped
from scenarios.report.files import files_of
from scenarios.report.progress import ProgressRegion, is_animated
from scenarios.report.terminal import verdict_block
from scenarios.report.words import plural
from scenarios.running import run_loaded
from scenarios.verdict import error_object
from sim.plan import CountedLoad, GeneratedLoad
from twin.config import load_profile
from twin.errors import EXIT_FAILED, EXIT_PASSED, DocktwinError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.commands.options import RunRequest
    from scenarios.drivers import Driver
    from scenarios.model import Scenario
    from scenarios.verdict import Verdict
    from sim.physics.choose import Means
    from sim.plan import Fidelity
    from twin.config import Profile


def run(request: RunRequest, *, out: Path | None, as_json: bool, is_verbose: bool, workers: str | None = None) -> int:
    """Run it, physics over so many `workers`; the exit status. Raises DocktwinError if there is no verdict."""
    try:
        driver = request.the_driver()
        scenario = request.load()
        profile = load_profile()
        folder = out or profile.runs_dir / f"{scenario.name}-{scenario.day.seed}"
        verdict = _run(
            scenario,
            driver,
            nats_url=request.nats_url or profile.nats_url,
            profile=profile,
            means=means_for(scenario.day.fidelity, workers=_workers(workers, scenario.day.fidelity), profile=profile),
            out=folder,
        )
    except DocktwinError as error:
        if as_json:
            say_json(error_object(error, **request.known()), sys.stdout)
        raise
    if as_json:
        say_json(verdict.as_json(), sys.stdout)
    else:
        files = (str(folder), files_of(verdict))
        say(verdict_block(verdict, request.invocation(scenario), files=files, is_verbose=is_verbose), sys.stdout)
    return EXIT_PASSED if verdict.passed else EXIT_FAILED


def _workers(asked: str | None, fidelity: Fidelity) -> int:
    """How many processes compute physics. Raises UsageError."""
    if asked is None:
        return workers_of_one_run()
    if fidelity != "physics":
        expected = "expected it with --replications N or --fidelity physics"
        msg = f"got -n and the fidelity {fidelity}, {expected}; nothing was run"
        raise UsageError(msg)
    return whole_number("-n", asked, least=0, most=WORKERS_MAX)


def _run(
    scenario: Scenario, driver: Driver, *, nats_url: str | None, profile: Profile, means: Means, out: Path
) -> Verdict:
    region = ProgressRegion(sys.stderr, start_us=scenario.day.start_us, utc_offset_s=scenario.utc_offset_s)
    if is_animated(sys.stderr):
        say(heading(scenario, driver), sys.stderr)
    with region:
        verdict = run_loaded(
            scenario,
            driver=driver,
            nats_url=nats_url,
            hang_guard_s=profile.hang_guard_s,
            out=out,
            progress=region,
            means=means,
        )
    if is_animated(sys.stderr):
        say([Text()], sys.stderr)
    for notice in verdict.result.notices:
        say_plainly(f"note: {notice}", sys.stderr)
    return verdict


def heading(scenario: Scenario, driver: Driver) -> list[Text]:
    """What is about to run, in a sentence."""
    day = scenario.day
    parts = [
        plural(len(day.site.doors), "door"),
        plural(len(day.site.robots), "robot"),
        plural(len(day.trailers), "trailer"),
    ]
    loads = [trailer.load for trailer in day.trailers]
    known = [load.cases for load in loads if isinstance(load, CountedLoad | GeneratedLoad)]
    if len(known) == len(loads):
        parts.append(plural(sum(known), "case"))
    how = "lockstep on NATS" if driver == "lockstep" else "inline"
    return wrapped(line((scenario.name, STRONG), ", "), f"seed {day.seed}: {', '.join(parts)}; {how}")
