"""`docktwin run`: one scenario, its progress, its verdict, its files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.report.console import STRONG, line, say, say_json, wrapped
from scenarios.report.files import FILES
from scenarios.report.progress import ProgressRegion, is_animated
from scenarios.report.terminal import verdict_block
from scenarios.report.words import plural
from scenarios.running import run_loaded
from scenarios.verdict import error_object
from sim.plan import CountedLoad, GeneratedLoad
from twin.config import load_profile
from twin.errors import EXIT_FAILED, EXIT_PASSED, DocktwinError

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.commands.options import RunRequest
    from scenarios.drivers import Driver
    from scenarios.model import Scenario
    from scenarios.verdict import Verdict


def run(request: RunRequest, *, out: Path | None, as_json: bool, is_verbose: bool) -> int:
    """Run it; the exit status. Raises DocktwinError if there is no verdict."""
    try:
        driver = request.the_driver()
        scenario = request.load()
        profile = load_profile()
        folder = out or profile.runs_dir / f"{scenario.name}-{scenario.day.seed}"
        verdict = _run(
            scenario,
            driver,
            nats_url=request.nats_url or profile.nats_url,
            hang_guard_s=profile.hang_guard_s,
            out=folder,
        )
    except DocktwinError as error:
        if as_json:
            say_json(error_object(error, **request.known()), sys.stdout)
        raise
    if as_json:
        say_json(verdict.as_json(), sys.stdout)
    else:
        files = (str(folder), FILES)
        say(verdict_block(verdict, request.invocation(scenario), files=files, is_verbose=is_verbose), sys.stdout)
    return EXIT_PASSED if verdict.passed else EXIT_FAILED


def _run(scenario: Scenario, driver: Driver, *, nats_url: str | None, hang_guard_s: float, out: Path) -> Verdict:
    region = ProgressRegion(sys.stderr, start_us=scenario.day.start_us, utc_offset_s=scenario.utc_offset_s)
    if is_animated(sys.stderr):
        say(heading(scenario, driver), sys.stderr)
    with region:
        verdict = run_loaded(
            scenario, driver=driver, nats_url=nats_url, hang_guard_s=hang_guard_s, out=out, progress=region
        )
    if is_animated(sys.stderr):
        say([Text()], sys.stderr)
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
