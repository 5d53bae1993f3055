"""A suite on the terminal: its progress, and at the end one line and a command for each way it fails."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TextIO

from rich.text import Text

from scenarios.report.console import COMMAND, FAILED, PASSED, SECOND, STRONG, line, wrapped
from scenarios.report.progress import Region
from scenarios.report.words import count, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scenarios.baselines import Comparison
    from scenarios.suite import Outcome
    from twin.clock import Clock

_SEEDS_NAMED_MAX = 12


class SuiteProgress(Region):
    """How many runs are done: one line in place on a terminal, else a line every 10 s."""

    def __init__(self, stream: TextIO, *, total: int, clock: Clock | None = None) -> None:
        super().__init__(stream, clock=clock)
        self._total = total

    def __call__(self, outcomes: Sequence[Outcome]) -> None:
        """Tell how far it is."""
        self.show(lambda: self._told(outcomes), lambda: self._told(outcomes))

    def _told(self, outcomes: Sequence[Outcome]) -> Text:
        return line(f"  {count(len(outcomes))} of {plural(self._total, 'run')} done{_tail(outcomes)}")


def suite_block(
    outcomes: Sequence[Outcome], comparisons: Sequence[Comparison] = (), *, wall_s: float, workers: int
) -> list[Text]:
    """All lines of the end of a suite. `comparisons`: with baselines; one that does not hold fails it."""
    scenarios = len({outcome.scenario for outcome in outcomes})
    of = f"{plural(len(outcomes), 'run')} of {plural(scenarios, 'scenario')}"
    unlike = sum(not comparison.holds for comparison in comparisons)
    tail = f"; {plural(unlike, 'scenario')} not as in the baseline" if unlike else ""
    lines = [*headline(outcomes, of, tail, holds=not unlike), Text()]
    lines += failures(outcomes)
    return [*lines, line(f"  {wall_s:.1f} s with {plural(workers, 'process', 'processes')}")]


def headline(outcomes: Sequence[Outcome], of: str, tail: str = "", *, holds: bool = True) -> list[Text]:
    """The verdict on many runs, and how many ended how."""
    words: Counter[str] = Counter(outcome.word for outcome in outcomes)
    word = ("PASSED", PASSED)
    if words["error"]:
        word = ("ERROR", FAILED)
    elif words["failed"] or not holds:
        word = ("FAILED", FAILED)
    return wrapped(line(word, "  ", (of, STRONG), ": "), f"{_counted(words)}{tail}")


def failures(outcomes: Sequence[Outcome]) -> list[Text]:
    """Each way in which runs did not pass, once, with the command for the simplest; and what was skipped."""
    lines: list[Text] = []
    for alike in _groups(outcomes, ("failed", "error")):
        lines += [*_failure(alike), Text()]
    for alike in _groups(outcomes, ("skipped",)):
        first = alike[0]
        lines += [*wrapped(line("  skipped  ", (first.scenario, STRONG), ": "), first.sentence), Text()]
    return lines


def _groups(outcomes: Iterable[Outcome], words: tuple[str, ...]) -> list[list[Outcome]]:
    """Those that fail alike together, the simplest (with the fewest messages) first."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.word in words:
            groups.setdefault((outcome.word, outcome.job.target, outcome.alike), []).append(outcome)
    return [sorted(group, key=lambda outcome: outcome.messages) for group in groups.values()]


def _failure(alike: list[Outcome]) -> list[Text]:
    first, *others = alike
    word = "error" if first.word == "error" else "broken" if first.is_broken else "not met"
    head = line("  ", (f"{word:7}", FAILED), "  ", (f"{first.scenario}, seed {first.job.seed}", STRONG), ": ")
    again = first.job.invocation().again()
    lines = [*_hanging(head, first.sentence), line(" " * 11, (again, COMMAND))]
    if others:
        seeds = sorted(other.job.seed for other in others)
        named = ", ".join(map(str, seeds[:_SEEDS_NAMED_MAX])) + (", ..." if seeds[_SEEDS_NAMED_MAX:] else "")
        told = f"and {plural(len(others), 'other seed')} fail{'s' if len(others) == 1 else ''} alike: {named}"
        lines += wrapped(line(" " * 11), told, style=SECOND)
    return lines


def _hanging(head: Text, body: str) -> list[Text]:
    """The body after the head, continued at the eleventh column."""
    pieces = wrapped(line(" " * 11), f"{'x' * (head.cell_len - 11)}{body}")
    first = head.copy().append(pieces[0].plain[head.cell_len :])
    return [first, *pieces[1:]]


def _counted(words: Counter[str]) -> str:
    named = (("passed", "passed"), ("failed", "failed"), ("error", "error"), ("skipped", "skipped"))
    return ", ".join(f"{count(words[word])} {name}" for word, name in named if words[word])


def _tail(outcomes: Sequence[Outcome]) -> str:
    failed = sum(outcome.word in {"failed", "error"} for outcome in outcomes)
    return f", {count(failed)} not passed" if failed else ""
