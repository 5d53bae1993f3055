"""`docktwin explore`: random faults and seeds on top of a scenario; what fails is shrunk and written as a scenario."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from msgspec import Struct

from scenarios.commands.options import whole_number
from scenarios.explore.campaign import Campaign, base_of
from scenarios.explore.candidate import Wanted
from scenarios.explore.shrink import BUDGET
from scenarios.explore.story import file_name, file_text, is_ours
from scenarios.explore.trial import ERROR
from scenarios.pool import Pool
from scenarios.report.console import say, say_json
from scenarios.report.explore import Ending, ExploreProgress, explore_block, explore_object
from scenarios.schema import SEED_MAX, SUFFIXES
from scenarios.verdict import error_object
from twin.clock import US_PER_S, SystemClock
from twin.errors import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_OUR_FAULT,
    EXIT_PASSED,
    DocktwinError,
    OutputError,
    UsageError,
)

RUNS = 1_000
RUNS_MAX = 10_000_000
WORKERS_MAX = 256
_WORDS = ("safety", "all")


class ExploreRequest(Struct, frozen=True, kw_only=True):
    """The options of `docktwin explore` as they were typed."""

    scenario: str
    runs: str | None = None
    first: str | None = None
    seed: str | None = None
    workers: str | None = None
    expectations: str | None = None
    has_deadlines: bool = False
    shrink_runs: str | None = None
    out: Path | None = None
    is_forced: bool = False

    def wanted(self) -> Wanted:
        """What counts as a failure. Raises UsageError."""
        word = self.expectations or "safety"
        if word not in _WORDS:
            msg = f'--expectations: got "{word}", expected one of {", ".join(_WORDS)}; nothing was run'
            raise UsageError(msg)
        return Wanted(has_all=word == "all", has_deadlines=self.has_deadlines)

    def number(self, option: str, text: str | None, default: int, *, least: int, most: int) -> int:
        """The number of an option. Raises UsageError."""
        return default if text is None else whole_number(option, text, least=least, most=most)

    def numbers(self) -> range:
        """The numbers of the runs. Raises UsageError."""
        first = self.number("--first", self.first, 1, least=1, most=RUNS_MAX)
        return range(first, first + self.number("--runs", self.runs, RUNS, least=1, most=RUNS_MAX))

    def folder(self) -> Path:
        """Where the file of a failure goes. Raises UsageError for an --out that must not be written."""
        if self.out is None:
            return Path()
        if self.out.suffix not in SUFFIXES:
            msg = f"--out: got {self.out}, expected the name of a .yaml file; nothing was run"
            raise UsageError(msg)
        if self.out.exists() and not self.is_forced and not (self.out.is_file() and is_ours(self.out)):
            msg = f"--out: {self.out} is there and was not written by explore; nothing was run"
            raise UsageError(msg, hint="Write it all the same: --force")
        if not self.out.parent.is_dir():
            msg = f"--out: got {self.out}, expected a file in a folder that is there; nothing was run"
            raise UsageError(msg)
        return self.out.parent

    def origin(self, campaign: Campaign) -> tuple[str, ...]:
        """The words of the command that finds the failure again, at once."""
        wanted = self.wanted()
        words = ["explore", self.scenario, "--seed", str(campaign.seed)]
        if campaign.failure is not None and campaign.failure.run:
            words += ["--first", str(campaign.failure.run)]
        words += ["--runs", "1"] if campaign.failure is not None else ["--runs", str(len(campaign.numbers))]
        words += ["--expectations", "all"] if wanted.has_all else []
        words += ["--deadlines"] if wanted.has_deadlines else []
        return (*words, *(["--shrink-runs", self.shrink_runs] if self.shrink_runs is not None else []))


def explore(request: ExploreRequest, *, as_json: bool) -> int:
    """Run the campaign; the exit status. Raises BadInputError before anything is run."""
    try:
        return _explore(request, as_json=as_json)
    except DocktwinError as error:
        if as_json:
            say_json(error_object(error, scenario=Path(request.scenario).stem), sys.stdout)
        raise


def _explore(request: ExploreRequest, *, as_json: bool) -> int:
    numbers, folder, wanted = request.numbers(), request.folder(), request.wanted()
    budget = request.number("--shrink-runs", request.shrink_runs, BUDGET, least=0, most=RUNS_MAX)
    seed = None if request.seed is None else whole_number("--seed", request.seed, least=0, most=SEED_MAX)
    cores = len(os.sched_getaffinity(0))
    workers = min(request.number("-n", request.workers, cores, least=1, most=WORKERS_MAX), len(numbers))
    clock = SystemClock()
    began_us = clock.steady_us()
    base = base_of(request.scenario, wanted=wanted, folder=folder)
    campaign = Campaign(base, seed=base.scenario.day.seed if seed is None else seed, numbers=numbers)
    is_interrupted = False
    try:
        with ExploreProgress(sys.stderr) as tell, Pool(workers) as pool:
            campaign.search(pool, tell)
            if campaign.failure is not None:
                campaign.shrink(pool, budget=budget, tell=tell)
    except KeyboardInterrupt:
        is_interrupted = True
    ending = _ended(
        request,
        campaign,
        wall_s=(clock.steady_us() - began_us) / US_PER_S,
        workers=workers,
        is_interrupted=is_interrupted,
    )
    if as_json:
        say_json(explore_object(campaign, ending), sys.stdout)
    else:
        say(explore_block(campaign, ending), sys.stdout)
    return EXIT_INTERRUPTED if is_interrupted else _status(campaign)


def _ended(request: ExploreRequest, campaign: Campaign, *, wall_s: float, workers: int, is_interrupted: bool) -> Ending:
    """What there is to tell; the file is written on the way."""
    before = after = file = None
    origin = request.origin(campaign)
    if campaign.failure is not None:
        document = campaign.least
        before, after = campaign.sizes()
        finding, base = campaign.failure.finding, campaign.base
        if campaign.shrinker is not None and campaign.shrinker.answer.finding is not None:
            finding = campaign.shrinker.answer.finding
        text = file_text(document, finding, origin=("docktwin", *origin), size=after, story=base.scenario.story)
        target = request.out or _free(Path(file_name(base.scenario.name, finding, campaign.seed)))
        file = str(_write(target, text))
    return Ending(
        file=file,
        origin=origin,
        before=before,
        after=after,
        wall_s=wall_s,
        workers=workers,
        is_interrupted=is_interrupted,
    )


def _free(path: Path) -> Path:
    """The path, or where somebody else's file is there already, the next that is free or ours."""
    number, candidate = 2, path
    while candidate.exists() and not (candidate.is_file() and is_ours(candidate)):
        candidate = path.with_stem(f"{path.stem}-{number}")
        number += 1
    return candidate


def _write(path: Path, text: str) -> Path:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise OutputError(msg, hint="Name another file: --out") from error
    return path


def _status(campaign: Campaign) -> int:
    if campaign.failure is None:
        return EXIT_PASSED
    return EXIT_OUR_FAULT if campaign.failure.finding.what == ERROR else EXIT_FAILED
