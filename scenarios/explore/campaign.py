"""A campaign: run after run with other faults and seeds, until one fails; that one is shrunk.

Which failure it ends with depends on scenario, seed and runs alone: the failing run with the lowest number.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from scenarios.drivers import run_scenario
from scenarios.explore.candidate import Wanted, fault_count, moved, prepared, size_of, struck
from scenarios.explore.document import Document, read
from scenarios.explore.faults import drawn
from scenarios.explore.ground import Ground, ground_of
from scenarios.explore.shrink import Shrinker, Suspect
from scenarios.explore.times import clock_of
from scenarios.explore.trial import CLOSELY, EXPECTATION, Finding, Report, loaded, of_faults, reported, tried
from scenarios.means import means_for
from scenarios.schema import load_scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scenarios.explore.candidate import Size
    from scenarios.explore.times import DayClock
    from scenarios.model import Scenario
    from scenarios.pool import Pool

_AT_ONCE = 64
"""Runs given to a pool together: between two such, the workers wait for the slowest."""


class Base(Struct, frozen=True, kw_only=True):
    """The scenario a campaign begins with, and what there is to strike in it. `path`: where candidates would lie."""

    scenario: Scenario
    document: Document
    path: str
    ground: Ground
    report: Report

    @property
    def clock(self) -> DayClock:
        """Of every candidate too."""
        return clock_of(self.scenario)


class Blow(NamedTuple):
    """One run of a campaign, to be carried out anywhere."""

    document: Document
    path: str
    ground: Ground
    seed: int
    run: int


class Run(NamedTuple):
    """What became of it."""

    number: int
    kinds: tuple[str, ...]
    report: Report


class Failure(Struct, frozen=True, kw_only=True):
    """The first run that failed; number 0 is the scenario as it is. `end_us`: of the run."""

    run: int
    finding: Finding
    document: Document
    end_us: int


class Campaign:
    """The state of a campaign, good at any instant: an interrupt may end it anywhere."""

    def __init__(self, base: Base, *, seed: int, numbers: range) -> None:
        self.base, self.seed, self.numbers = base, seed, numbers
        self.done = 0
        self.kinds: Counter[str] = Counter()
        self.failure: Failure | None = None
        self.shrinker: Shrinker | None = None

    def search(self, pool: Pool, tell: Callable[[Campaign], None]) -> None:
        """Run until one fails or all are done; `tell` is told after each."""
        if self.base.report.findings:
            self._fail(0, self.base.report, self.base.document)
            return
        for run in self._runs(pool):
            self.done += 1
            self.kinds.update(run.kinds)
            if run.report.findings:
                blows = drawn(self.seed, run.number, self.base.ground)
                self._fail(run.number, run.report, struck(self.base.document, blows))
                return
            tell(self)

    def shrink(self, pool: Pool, *, budget: int, tell: Callable[[Campaign], None]) -> None:
        """Make the failure smaller."""
        assert self.failure is not None
        suspect = Suspect(self.failure.document, self.base.path, self.failure.finding.signature)
        self.shrinker = Shrinker(pool, suspect, self.base.clock, budget=budget)
        self.shrinker.shrink(lambda _: tell(self))

    @property
    def least(self) -> Document:
        """The smallest document that is known to fail, with nothing else expected of it."""
        assert self.failure is not None
        document = self.shrinker.best if self.shrinker is not None else self.failure.document
        return _only(document, self.failure.finding, self.base.path)

    def sizes(self) -> tuple[Size, Size]:
        """How large the scenario was when the failure was found, and what is left of it."""
        assert self.failure is not None
        found, least, path = self.failure.document, self.least, self.base.path
        has_shrunk = self.shrinker is not None and self.shrinker.answer.finding is not None
        end_us = self.shrinker.answer.end_us if self.shrinker is not None and has_shrunk else self.failure.end_us
        return size_of(found, loaded(found, path), self.failure.end_us), size_of(least, loaded(least, path), end_us)

    def _fail(self, number: int, report: Report, document: Document) -> None:
        self.failure = Failure(run=number, finding=report.findings[0], document=document, end_us=report.end_us)

    def _runs(self, pool: Pool) -> Iterator[Run]:
        base = self.base
        blows = (Blow(base.document, base.path, base.ground, self.seed, number) for number in self.numbers)
        if not pool.is_shared:
            yield from map(carried_out, blows)
            return
        while batch := list(islice(blows, _AT_ONCE)):
            yield from _up_to_a_failure(pool.in_order(carried_out, batch))


def _up_to_a_failure(runs: Iterable[Run]) -> Iterator[Run]:
    """All runs up to the first that failed. The rest of what the pool was given is waited for."""
    has_failed = False
    for run in runs:
        if not has_failed:
            yield run
        has_failed = has_failed or bool(run.report.findings)


def carried_out(blow: Blow) -> Run:
    """Run it; of what fails, what its faults are to blame for."""
    blows = drawn(blow.seed, blow.run, blow.ground)
    document = struck(blow.document, blows)
    report = tried(document, blow.path)
    assert report.mistake is None, f"run {blow.run}: {report.mistake}"
    if report.findings and report.findings[0].what == EXPECTATION:
        report = of_faults(report, document, blow.path)
    return Run(blow.run, tuple(fault["fault"] for fault in blows.faults), report)


def base_of(target: str, *, wanted: Wanted, folder: Path) -> Base:
    """The scenario of this name or path, made ready; it is run once. Candidates would lie in `folder`.

    Raises BadInputError.
    """
    scenario = load_scenario(target)
    document = prepared(read(scenario.text, path=scenario.path), scenario, wanted)
    document = moved(document, from_folder=Path(scenario.path).parent, to_folder=folder)
    path = str(folder / f"{scenario.name}.yaml")
    ready = loaded(document, path)
    result = run_scenario(ready, oversight=CLOSELY, means=means_for(ready.day.fidelity))
    return Base(
        scenario=scenario,
        document=document,
        path=path,
        ground=ground_of(ready, result),
        report=reported(ready, result),
    )


def _only(document: Document, finding: Finding, path: str) -> Document:
    """The document with what failed as its only expectation; invariants are no expectations, they always count."""
    rest = {key: value for key, value in document.items() if key != "expect"}
    if fault_count(document) == 0:
        rest.pop("timeline", None)
    if finding.what != EXPECTATION:
        return rest
    names = [expectation.name for expectation in loaded(document, path).expectations]
    return {**rest, "expect": [document["expect"][names.index(finding.name)]]}
