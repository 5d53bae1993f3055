"""What the terminal says of a calibration: progress, what was counted and fitted, and how far it is off."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TextIO

from rich.text import Text

from scenarios.report.commands import command
from scenarios.report.console import COMMAND, SECOND, STRONG, line, wrapped
from scenarios.report.progress import Region
from scenarios.report.words import count, duration, plural
from sim.physics.calibration_fit import bin_guess
from sim.physics.tables import RULE_OF_THUMB

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sim.physics.calibration_fit import Bin, Calibration, Fit
    from sim.physics.tables import Points

_LABEL = 12


class CalibrationProgress(Region):
    """How many loads are done."""

    def __init__(self, stream: TextIO, *, loads: int) -> None:
        super().__init__(stream)
        self._loads = loads
        self._tell(0, 0)

    def __call__(self, loads: int, picks: int) -> None:
        """So many loads, and picks from them."""
        self._tell(loads, picks)

    def _tell(self, loads: int, picks: int) -> None:
        told = line((f"  {count(loads)} of {plural(self._loads, 'load')}, {plural(picks, 'pick')}", SECOND))
        self.show(lambda: told, lambda: told)


def sentence(result: Calibration) -> str:
    """The result in a sentence."""
    told = f"{plural(result.picks, 'pick')} from {plural(result.loads, 'load')} by physics, "
    told += f"{plural(result.loads_held_out, 'load')} of them held out. "
    agreement = result.agreement
    if agreement is None:
        return f"{told}How far the tables are off is not known."
    briers = [
        f"Brier score {fit.fitted.brier:.3f} fitted and {fit.rule.brier:.3f} by the rule of thumb ({name})"
        for name, fit in (("stays", result.stays), ("seal lets go", result.lets_go))
        if fit.fitted is not None and fit.rule is not None
    ]
    alike = f"sets of fallen cases are alike to {agreement.fitted:.2f} with the tables written, "
    alike += f"{agreement.rule:.2f} with the rule of thumb, {agreement.nothing_falls:.2f} if nothing fell"
    return f"{told}On these: {'; '.join([*briers, alike])}."


def calibration_block(result: Calibration, files: Sequence[Path], *, took_us: int) -> list[Text]:
    """What was counted, what was fitted, and its error on loads that were held out."""
    fell = f"{plural(result.fallen, 'case')} fell, {plural(result.not_out, 'seal')} let go"
    lines = [
        line((f"{plural(result.picks, 'pick')} from {plural(result.loads, 'load')} by physics: {fell}", STRONG)),
        Text(),
        *_table("A case that lost a support stays", "inside, mm", result.stays, RULE_OF_THUMB.stays, scale=1000.0),
        Text(),
        *_table("A seal lets go as it is pulled", "carries, kg", result.lets_go, RULE_OF_THUMB.lets_go, scale=1.0),
        Text(),
        *_errors(result),
        Text(),
        *_rest(result),
        *wrapped(line(f"  {'Time':{_LABEL}}"), duration(took_us)),
        Text(),
    ]
    lines += [line(f"  {'Files' if n == 0 else '':{_LABEL}}{path}") for n, path in enumerate(files)]
    use = f"dock: {{failure_tables: {files[0].name}}} in the site of a scenario beside it, for the fidelity case"
    lines += wrapped(line(f"  {'Use':{_LABEL}}"), use)
    worst = command("load", "pick", "c12", "mixed", "--cases", "120")
    return [*lines, Text(), line(f"  {'Next':{_LABEL}}", (worst, COMMAND)), _why("one pick by physics, to look at")]


def _why(text: str) -> Text:
    return line(f"  {'':{_LABEL}}  ", (text, SECOND))


def _table(title: str, where: str, fit: Fit, rule: Points, *, scale: float) -> Iterator[Text]:
    yield line((f"  {title}", STRONG))
    head = f"{'count':>7}{'observed':>10}{'95 %':>12}{'fitted':>8}{'rule':>8}"
    yield line((f"  {where:20}{head}", SECOND))
    for each in fit.bins:
        interval = f"{each.low:.2f}-{each.high:.2f}"
        yield line(
            f"  {_range(each, scale):20}{count(each.count):>7}{each.happened / each.count:>10.2f}{interval:>12}"
            f"{bin_guess(fit.points, each):>8.2f}{bin_guess(rule, each):>8.2f}"
        )
    if not fit.bins:
        yield line("  no pick of this kind")


def _range(each: Bin, scale: float) -> str:
    low, high = each.from_where * scale, each.to_where * scale
    if math.isinf(low):
        return f"below {high:g}"
    return f"{low:g} and more" if math.isinf(high) else f"{low:g} to {high:g}"


def _errors(result: Calibration) -> Iterator[Text]:
    held_out = f"On the {plural(result.loads_held_out, 'load')} held out"
    yield line((f"  {held_out:38}{'count':>7}{'fitted':>8}{'rule':>8}{'no falls':>10}", SECOND))
    for name, fit in (("stays", result.stays), ("seal lets go", result.lets_go)):
        if fit.fitted is None or fit.rule is None:
            yield line(f"  {name + ', error not known: none held out':38}")
            continue
        for what, fitted, rule in (
            ("Brier score", fit.fitted.brier, fit.rule.brier),
            ("calibration error", fit.fitted.calibration, fit.rule.calibration),
        ):
            yield line(f"  {name + ', ' + what:38}{count(fit.held_out):>7}{fitted:>8.3f}{rule:>8.3f}{'-':>10}")
    for what, alike in (
        ("fallen sets alike (Jaccard), 1 is best", result.agreement),
        ("the same where the case came out", result.agreement_out),
    ):
        if alike is not None:
            figures = f"{count(alike.picks):>7}{alike.fitted:>8.3f}{alike.rule:>8.3f}{alike.nothing_falls:>10.3f}"
            yield line(f"  {what:38}{figures}")


def _rest(result: Calibration) -> Iterator[Text]:
    kept = [name for name, fit in (("stays", result.stays), ("lets_go", result.lets_go)) if not fit.is_better]
    if kept:
        why = f"the rule of thumb is in the file for {' and '.join(kept)}: what was fitted is not better on held out"
        yield from wrapped(line(f"  {'Kept':{_LABEL}}"), f"{why} loads, or that is not known")
    touching, fell = result.beside
    body = f"{count(fell)} of {plural(touching, 'case')} beside a picked one fell that lost nothing below"
    yield from wrapped(line(f"  {'Beside':{_LABEL}}"), f"{body}; no table says so")
    if result.height_m is not None:
        by_physics, by_graph = result.height_m
        body = f"{by_physics:.2f} m by physics at the median, {by_graph:.2f} m by the support graph"
        yield from wrapped(line(f"  {'Height':{_LABEL}}"), f"of a fall {body}")
