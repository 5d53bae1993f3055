"""Replications on the terminal: how many passed, each way in which some did not, and how far the KPIs spread."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.kpis import KPIS, TOLERANCES
from scenarios.report.console import SECOND, STRONG, columns, line, wrapped
from scenarios.report.suite import failures, headline
from scenarios.report.words import figure, plural
from scenarios.tolerance import EXACT

if TYPE_CHECKING:
    from scenarios.kpis import Kpi
    from scenarios.replications import Replications, Spread

_WORDS_COLUMNS_MIN = 20
_NO_VERDICT = "no run has a verdict"
_COUNTED = frozenset(unit for unit, tolerance in TOLERANCES.items() if tolerance == EXACT)
_HEAD = ("KPI", "Mean", "95 % interval", "Least", "Most", "n")


def replications_block(replications: Replications, *, wall_s: float, workers: int) -> list[Text]:
    """All lines of the end of many runs of one scenario."""
    seeds = [outcome.job.seed for outcome in replications.outcomes]
    of = f"{replications.scenario}, {plural(len(seeds), 'replication')}"
    of += f", seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f", seed {seeds[0]}"
    lines = [*headline(replications.outcomes, of), Text()]
    lines += failures(replications.outcomes)
    lines += _table(replications)
    told = f"{wall_s:.1f} s with {plural(workers, 'process', 'processes')}; one replication is one unit"
    return [*lines, Text(), *wrapped(line("  "), told)]


def _table(replications: Replications) -> list[Text]:
    rows = [(kpi, replications.kpis[kpi.name]) for kpi in KPIS]
    cells = [_cells(kpi, spread) for kpi, spread in rows]
    shown = [row for (_, spread), row in zip(rows, cells, strict=True) if spread.n]
    widths = [max(len(row[n]) for row in (_HEAD, *shown)) for n in range(len(_HEAD))]
    room = columns() - 2 - sum(width + 2 for width in widths[1:])
    widths[0] = min(max(len(kpi.words) for kpi in KPIS), max(_WORDS_COLUMNS_MIN, room))
    lines = [Text(_aligned(_HEAD, widths), style=STRONG)]
    for (kpi, spread), row in zip(rows, cells, strict=True):
        first, *more = textwrap.wrap(row[0], widths[0], break_on_hyphens=False)
        if spread.n:
            lines.append(Text(_aligned((first, *row[1:]), widths)))
        else:
            lines.append(
                line(f"  {first:{widths[0]}}  {'-':>{widths[1]}}", (f"  {kpi.none_when or _NO_VERDICT}", SECOND))
            )
        lines += [Text(f"    {rest}") for rest in more]
    return lines


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    words, *figures = cells
    told = "  ".join(f"{text:>{width}}" for text, width in zip(figures, widths[1:], strict=True))
    return f"  {words:{widths[0]}}  {told}"


def _cells(kpi: Kpi, spread: Spread) -> tuple[str, ...]:
    """The unit stands with the mean alone."""
    unit = f" {kpi.unit}" if figure(0, kpi.unit) != _bare(0, kpi.unit) else ""
    mean = "-" if spread.mean is None else f"{_fine(spread.mean, kpi.unit)}{unit}"
    interval = "-"
    if spread.low is not None and spread.high is not None:
        interval = f"{_fine(spread.low, kpi.unit)} to {_fine(spread.high, kpi.unit)}"
    least, most = ("-" if value is None else _bare(value, kpi.unit) for value in (spread.least, spread.most))
    n = str(spread.n) if not spread.without else f"{spread.n} of {spread.n + spread.without}"
    return kpi.words, mean, interval, least, most, n


def _bare(value: float, unit: str) -> str:
    return figure(value, unit).removesuffix(f" {unit}")


def _fine(value: float, unit: str) -> str:
    """A mean of whole numbers has decimals."""
    if unit not in _COUNTED or value == int(value):
        return _bare(value, unit)
    return f"{value:,.{2 if abs(value) < 10 else 1}f}"
