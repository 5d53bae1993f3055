"""Shrinks a scenario that fails: the fewest faults, robots, trailers and cases, the shortest time, that fail alike.

Delta debugging by moves: the first smaller candidate that still fails takes its place, until no move is left or the
budget is spent. The result depends on the candidate and the budget alone, not on how many workers there are.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from scenarios.explore.document import Document, written
from scenarios.explore.moves import MOVES
from scenarios.explore.times import span_us
from scenarios.explore.trial import EXPECTATION, of_faults, tried
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scenarios.explore.times import DayClock
    from scenarios.explore.trial import Finding
    from scenarios.pool import Pool

BUDGET = 300
"""Runs spent on making a failure smaller, unless told otherwise."""
_AT_ONCE = 8
_AFTER_A_BREACH_US = US_PER_S
_AFTER_FAULTS_US = 3600 * US_PER_S


class Suspect(NamedTuple):
    """A candidate, and how it should fail."""

    document: Document
    path: str
    signature: tuple[str, str]


class Answer(Struct, frozen=True, kw_only=True):
    """What a candidate came to. `finding`: None if it does not fail as it should.

    `runs`: how many it took; none if it was no scenario. `calm_end_us`: the end without faults.
    """

    finding: Finding | None = None
    runs: int = 1
    end_us: int = 0
    calm_end_us: int | None = None


def examined(suspect: Suspect) -> Answer:
    """Whether a candidate fails as it should."""
    report = tried(suspect.document, suspect.path)
    if suspect.signature[0] == EXPECTATION and report.has(suspect.signature):
        report = of_faults(report, suspect.document, suspect.path)
    found = next((it for it in report.findings if it.signature == suspect.signature), None)
    return Answer(finding=found, runs=report.runs, end_us=report.end_us, calm_end_us=report.calm_end_us)


class Shrinker:
    """One failure on its way to its least. `best` is always something that fails."""

    def __init__(self, pool: Pool, suspect: Suspect, clock: DayClock, *, budget: int = BUDGET) -> None:
        self._pool, self._clock, self._budget = pool, clock, budget
        self._path, self._signature = suspect.path, suspect.signature
        self.best = suspect.document
        self.answer = Answer()
        self.runs = 0
        self._runs_each_max = 2 if suspect.signature[0] == EXPECTATION else 1
        """A promise is broken by faults only if it is kept without them."""
        self._known: set[str] = {written(suspect.document)}

    def shrink(self, tell: Callable[[Shrinker], None]) -> None:
        """Make `best` as small as the budget allows; `tell` is told of each step."""
        if not self._left():
            return
        self.answer = examined(Suspect(self.best, self._path, self._signature))
        self.runs += self.answer.runs
        is_smaller = self.answer.finding is not None  # else it fails without its faults too: there is nothing to learn
        while is_smaller and self._left():
            is_smaller = False
            for move in (*MOVES, self._shorter_days):
                while self._replace(move(self.best, self._clock), tell):
                    is_smaller = True

    def _replace(self, candidates: Iterator[Document], tell: Callable[[Shrinker], None]) -> bool:
        """Take the first candidate that fails. Candidates that were tried before are not tried again."""
        fresh = self._fresh(candidates)
        while batch := list(islice(fresh, min(_AT_ONCE, self._left()))):
            suspects = [Suspect(document, self._path, self._signature) for document in batch]
            for document, answer in zip(batch, self._answers(suspects), strict=False):
                self.runs += answer.runs
                self._known.add(written(document))
                if answer.finding is not None:
                    self.best, self.answer = document, answer
                    tell(self)
                    return True
            tell(self)
        return False

    def _left(self) -> int:
        """So many candidates the budget is good for in any case."""
        return (self._budget - self.runs) // self._runs_each_max

    def _answers(self, suspects: Iterable[Suspect]) -> Iterable[Answer]:
        return list(self._pool.in_order(examined, suspects)) if self._pool.is_shared else map(examined, suspects)

    def _fresh(self, candidates: Iterator[Document]) -> Iterator[Document]:
        for document in candidates:
            if written(document) not in self._known:
                yield document

    def _shorter_days(self, document: Document, clock: DayClock) -> Iterator[Document]:
        """An end soon after the breach; of a promise that is not kept, long after it could have been."""
        finding = self.answer.finding
        assert finding is not None
        if finding.at_us is not None:
            end_us = finding.at_us + _AFTER_A_BREACH_US
        elif self.answer.calm_end_us is not None:
            end_us = (
                _faults_over_us(document, clock) + 2 * (self.answer.calm_end_us - clock.start_us) + _AFTER_FAULTS_US
            )
        else:
            return
        for unit_us in (60 * US_PER_S, US_PER_S):
            until_us = -(-end_us // unit_us) * unit_us
            if until_us < self.answer.end_us:
                yield {**document, "until": clock.text(until_us)}


def _faults_over_us(document: Document, clock: DayClock) -> int:
    """When the last fault that comes at an instant is over."""
    ends = [
        clock.us(fault["at"]) + span_us(fault.get("for", 0))
        for fault in document.get("timeline") or []
        if "at" in fault
    ]
    return max(ends, default=clock.start_us)
