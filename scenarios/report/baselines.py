"""KPIs against their baselines on the terminal: a table of what changed, and what to do about it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.kpis import BY_NAME
from scenarios.report.console import COMMAND, FAILED, SECOND, STRONG, columns, line, wrapped
from scenarios.report.words import figure, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scenarios.baselines import Change, Comparison

_ROWS_MAX = 60
"""With more changes than this, those within tolerance are counted, not shown."""
_WORDS_COLUMNS_MIN = 20
_NAMED_MAX = 6


def baseline_block(
    comparisons: Sequence[Comparison],
    *,
    folder: Path,
    update: str,
    written: Sequence[str] | None,
    look: str = "",
    unused: Sequence[str] = (),
) -> list[Text]:
    """All lines of a comparison. `update`: the command that accepts it; `written`: what it wrote, None if not asked.

    `look`: the command that shows the first run with other KPIs, empty if there is none; `unused`: the baselines of
    which nothing was run.
    """
    lines = [Text(), line("  KPIs against ", (str(folder), STRONG)), Text()]
    shown = [each for each in comparisons if each.changes]
    is_short = sum(len(each.changes) for each in shown) <= _ROWS_MAX
    lines += change_table(shown, is_short=is_short)
    lines += _not_compared(comparisons, set(written or ()))
    lines += _counted(comparisons)
    if unused:
        lines += wrapped(line("  "), f"baselines of which nothing was run: {_named(unused)}", style=SECOND)
    if written is not None:
        told = f"written: {', '.join(written)}. Read the diff before you commit it" if written else "nothing to write"
        lines += wrapped(line("  "), told)
    elif not all(each.holds for each in comparisons):
        lines += [line("  Look at it:"), line("  ", (look, COMMAND))] if look else []
        lines += [line("  If that is as it should be:"), line("  ", (update, COMMAND))]
    return lines


def change_table(comparisons: Sequence[Comparison], *, is_short: bool = True) -> list[Text]:
    """Every change, aligned, under the scenario it is of; without those within tolerance unless it `is_short`."""
    rows = [(each, [_cells(change) for change in each.changes if is_short or change.is_asked]) for each in comparisons]
    rows = [(each, cells) for each, cells in rows if cells]
    if not rows:
        return []
    head = ("", "KPI", "Baseline", "Now", "Change", "Tolerance")
    widths = [max(len(cells[n]) for cells in (head, *(c for _, many in rows for c in many))) for n in range(6)]
    room = columns() - 2 - sum(width + 2 for n, width in enumerate(widths) if n != 1)
    widths[1] = min(widths[1], max(_WORDS_COLUMNS_MIN, room))
    lines = [Text(_aligned(head, head[1], widths), style=STRONG)]
    for each, many in rows:
        lines.append(line("  ", (f"{each.scenario}, seed {each.seed}", STRONG)))
        for cells in many:
            first, *more = textwrap.wrap(cells[1], widths[1], break_on_hyphens=False)
            text = Text(_aligned(cells, first, widths))
            if cells[0] != "within":
                text.stylize(FAILED, 2, 2 + widths[0])
            lines.append(text)
            lines += [Text(f"{'':{widths[0] + 6}}{rest}") for rest in more]
    return [*lines, Text()]


def _aligned(cells: Sequence[str], words: str, widths: Sequence[int]) -> str:
    verdict, _, *figures = cells
    told = "  ".join(f"{text:>{width}}" for text, width in zip(figures, widths[2:], strict=True))
    return f"  {verdict:{widths[0]}}  {words:{widths[1]}}  {told}"


def _cells(change: Change) -> tuple[str, str, str, str, str, str]:
    kpi = BY_NAME.get(change.kpi)
    unit, words = (kpi.unit, kpi.words) if kpi is not None else ("", change.kpi)
    beside = tuple(value for value in (change.baseline, change.now) if value is not None)
    was, now = ("-" if value is None else figure(value, unit, beside=beside) for value in (change.baseline, change.now))
    return change.verdict, words, was, now, _difference(change, unit), change.tolerance


def _difference(change: Change, unit: str) -> str:
    """In the terms of the tolerance: as a share of the baseline, or in the KPI's unit."""
    if change.baseline is None or change.now is None:
        return ""
    by = change.now - change.baseline
    sign = "+" if by > 0 else "-"
    if change.tolerance.endswith("%") and change.baseline:
        share = abs(by / change.baseline) * 100
        return f"{sign}{share:.1f} %" if share >= 0.1 else f"{sign}{share:.2g} %"
    return f"{sign}{figure(abs(by), unit, beside=(0.0,))}"


def _not_compared(comparisons: Sequence[Comparison], written: set[str]) -> list[Text]:
    """Those without a baseline, and those whose baseline is of another run."""
    left = [each for each in comparisons if each.scenario not in written]
    absent = [each.scenario for each in left if each.word == "absent"]
    lines = wrapped(line("  ", ("no baseline", FAILED), "  "), ", ".join(absent)) if absent else []
    for each in left:
        if each.word == "of_another_run":
            head = line("  ", ("not comparable", FAILED), "  ", (each.scenario, STRONG), ": ")
            lines += wrapped(head, each.detail)
    return [*lines, *[Text()] * bool(lines)]


def _counted(comparisons: Sequence[Comparison]) -> list[Text]:
    """What needs no table."""
    same = sum(each.word == "same" for each in comparisons)
    within = sum(each.word == "within" for each in comparisons)
    parts = []
    if same:
        parts.append(f"{plural(same, 'scenario')} as in the baseline")
    if within:
        parts.append(f"{plural(within, 'scenario')} within tolerance")
    lines = wrapped(line("  "), "; ".join(parts)) if parts else []
    other = [each.scenario for each in comparisons if each.is_other_digest]
    if other:
        told = f"other messages than then (another digest; no failure by itself): {_named(other)}"
        lines += wrapped(line("  "), told, style=SECOND)
    return lines


def _named(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    return ", ".join(names[:_NAMED_MAX]) + (f" and {len(names) - _NAMED_MAX} more" if names[_NAMED_MAX:] else "")
