"""The last block of a run on the terminal: the verdict first, then what a person needs next; 88 columns at most."""

from __future__ import annotations

import textwrap
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.text import Text

from backend.core.invariants import INVARIANTS
from scenarios import skips
from scenarios.kpis import BY_NAME
from scenarios.report.commands import Invocation, command
from scenarios.report.console import CLOSE, COMMAND, FAILED, PASSED, SECOND, STRONG, columns, line, wrapped
from scenarios.report.words import count, duration, figure, full_duration, plural, time_of_day
from twin.clock import US_PER_S
from twin.journal.digest import short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.evidence import Failure, Step
    from scenarios.results import ExpectationResult
    from scenarios.verdict import CaseCounts, ExceptionCounts, Verdict
    from twin.run_control import Violation

_LABEL = 11
_NAME_COLUMNS_MIN = 24
_CELL_COLUMNS_MAX = 24
"""What is longer, as the numbers of a receipt, goes on in the next line."""
_CHAIN_SHOWN_MAX = 8
_VIOLATIONS_SHOWN_MAX = 3


def verdict_block(
    verdict: Verdict, invocation: Invocation, *, files: tuple[str, tuple[str, ...]] | None, is_verbose: bool = False
) -> list[Text]:
    """All lines of the last block. `files`: the folder and the names in it, if any were written."""
    if verdict.passed:
        table = expectation_table(verdict.expectations)
        lines = [_headline(verdict), Text(), *table, *[Text()] * bool(table)]
    else:
        lines = [_headline(verdict), Text(), *_failures(verdict, invocation, is_verbose=is_verbose)]
    if verdict.passed or is_verbose:
        lines += _facts(verdict)
    if is_verbose:
        lines += [Text(), *_kpi_table(verdict)]
    if not verdict.passed and not is_verbose:
        lines += _closest(verdict)
    if files is not None:
        lines += [Text()] * is_verbose
        lines += wrapped(_label("Files"), f"{files[0]}/  {' '.join(files[1])}")
    if verdict.passed:
        lines += [Text(), *_next(verdict, files)]
    return lines


def _headline(verdict: Verdict) -> Text:
    total = sum(e.is_asked for e in verdict.expectations)
    left_out = len(verdict.expectations) - total
    asked = plural(total, "expectation") + (f" ({left_out} not asked in {verdict.fidelity})" if left_out else "")
    broken = len(verdict.violations)
    invariants = "no invariant broken" if not broken else f"{plural(broken, 'invariant')} broken"
    if verdict.not_met or not verdict.passed:
        told = f"{len(verdict.not_met)} of {asked} not met, {invariants}"
    elif total:
        told = f"{total} of {asked} met, {invariants}"
    else:
        told = f"it expects nothing, {invariants}"
    word = ("PASSED", PASSED) if verdict.passed else ("FAILED", FAILED)
    return line(word, "  ", (f"{verdict.scenario}, seed {verdict.seed}", STRONG), f": {told}")


# -- expectations ----------------------------------------------------------------------------------------------------


def expectation_table(expectations: tuple[ExpectationResult, ...]) -> list[Text]:
    """All expectations, aligned: met or not, name, expected, got, to spare."""
    if not expectations:
        return []
    rows = [(e, _spare(e)) for e in expectations]
    word = max(len(_met(e)) for e in expectations)
    expected = min(max(len("Expected"), *(len(e.expected) for e in expectations)), _CELL_COLUMNS_MAX)
    got = min(max(len("Got"), *(len(e.got) for e in expectations)), _CELL_COLUMNS_MAX)
    spare = max(len("To spare"), *(len(text) for _, text in rows))
    room = columns() - (2 + word + 2 + 2 + expected + 2 + got + 2 + spare)
    name = min(max(len("Expectation"), *(len(e.name) for e in expectations)), max(_NAME_COLUMNS_MIN, room))
    head = f"  {'':{word}}  {'Expectation':{name}}  {'Expected':{expected}}  {'Got':>{got}}  {'To spare':>{spare}}"
    lines = [Text(head, style=STRONG)]
    for e, text in rows:
        names = textwrap.wrap(e.name, name, break_on_hyphens=False, subsequent_indent="  ") or [""]
        first, *more = zip_longest(names, _pieces(e.expected, expected), _pieces(e.got, got), fillvalue="")
        padded = (f"  {text:>{spare}}", CLOSE if e.is_close else "") if text else ""
        cells = f"  {first[0]:{name}}  {first[1]:{expected}}  {first[2]:>{got}}"
        lines.append(line("  ", (f"{_met(e):{word}}", SECOND if e.met else FAILED), cells, padded))
        for rest in more:
            cells = f"  {'':{word}}  {rest[0]:{name}}  {rest[1]:{expected}}  {rest[2]:>{got}}"
            lines.append(Text(cells.rstrip()))
    return lines


def _pieces(text: str, width: int) -> list[str]:
    """The text in lines; one that lists is broken between what it lists."""
    glued = text.replace(" ", "\0").replace(",\0", ", ") if len(text) > width and ", " in text else text
    return [piece.replace("\0", " ") for piece in textwrap.wrap(glued, width, break_on_hyphens=False)] or [""]


def _met(expectation: ExpectationResult) -> str:
    return ("met" if expectation.met else "not met") if expectation.is_asked else "not asked"


def _spare(expectation: ExpectationResult) -> str:
    return f"{expectation.to_spare or ''}{', close' if expectation.is_close else ''}"


def _closest(verdict: Verdict) -> list[Text]:
    """How many are met, and which of them only just."""
    met = [e for e in verdict.expectations if e.met and e.is_asked]
    if not met:
        return []
    measured = [(e.spare_fraction, e) for e in met if e.spare_fraction is not None]
    told = f"{len(met)} met"
    if measured:
        closest = min(measured, key=lambda pair: pair[0])[1]
        told += f"; the closest: {closest.name}, {closest.to_spare} to spare"
    return wrapped(line("  "), f"{told}  (all of them: --verbose)")


# -- what failed -----------------------------------------------------------------------------------------------------


def _failures(verdict: Verdict, invocation: Invocation, *, is_verbose: bool) -> Iterator[Text]:
    path = verdict.result.scenario.path
    offset_s = verdict.result.scenario.utc_offset_s
    for violation in verdict.violations[:_VIOLATIONS_SHOWN_MAX]:
        yield from _violation(violation, offset_s)
    if verdict.violations[_VIOLATIONS_SHOWN_MAX:]:
        yield line(
            f"  and {plural(len(verdict.violations) - _VIOLATIONS_SHOWN_MAX, 'broken invariant')} more, in verdict.json"
        )
        yield Text()
    for expectation in verdict.not_met:
        yield from wrapped(line("  ", ("not met", FAILED), "  "), expectation.name, style=STRONG)
        yield line(" " * 11, f"{path}:{expectation.line}")
        yield Text()
        if expectation.failure is not None:
            yield from _failure(expectation.failure, offset_s, is_verbose=is_verbose)
    if is_verbose:
        yield from expectation_table(verdict.expectations)
        yield Text()
    else:
        yield line(_indented("See it"), (invocation.again(verbose=True), COMMAND))
    again = line(_indented("Again"), (invocation.again(), COMMAND))
    digest = f"digest {short(verdict.digest)}"
    if again.cell_len + 2 + len(digest) <= columns():
        yield again.append(f"  {digest}", style=SECOND)
    else:
        yield again
        yield line(_indented(""), (digest, SECOND))
    yield Text()


def _violation(violation: Violation, offset_s: int) -> Iterator[Text]:
    yield line("  ", ("broken", FAILED), "   ", (violation.code, STRONG), f": {violation.entity}")
    yield from wrapped(line(" " * 11, time_of_day(violation.at_us, offset_s), "  "), violation.detail)
    yield Text()


def _failure(failure: Failure, offset_s: int, *, is_verbose: bool) -> Iterator[Text]:
    yield from wrapped(line(_indented("expected")), failure.expected)
    got = wrapped(line(_indented("got")), failure.got, style=FAILED)
    if failure.note and got[-1].cell_len + len(failure.note) + 4 <= columns():
        got[-1].append(f"  ({failure.note})", style=SECOND)
        yield from got
    else:
        yield from got
        if failure.note:
            yield from wrapped(line(_indented("")), f"({failure.note})", style=SECOND)
    yield Text()
    if failure.chain:
        yield from _chain(failure, offset_s, is_verbose=is_verbose)
        yield Text()


def _chain(failure: Failure, offset_s: int, *, is_verbose: bool) -> Iterator[Text]:
    steps = failure.chain if is_verbose else _telling(failure.chain)
    left_out = len(failure.chain) - len(steps)
    yield line(" " * 11, "What led there, each message caused by the one above it:")
    if left_out:
        yield line(" " * 13, (f"({plural(left_out, 'ordinary message')} between them not shown)", SECOND))
    for step in steps:
        is_last = step is failure.chain[-1]
        head = line(" " * 13, time_of_day(step.at_us, offset_s), "  ")
        yield from wrapped(head, step.text, style=FAILED if is_last else "")
    for scripted in failure.scripted:
        yield line(" " * 13, (f"scripted fault, {scripted}", SECOND))


def _telling(chain: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps to show of a long chain: what is abnormal, the first, and the last ones, in order."""
    if len(chain) <= _CHAIN_SHOWN_MAX:
        return chain
    chosen = [0, len(chain) - 1, len(chain) - 2]
    rest = reversed(range(1, len(chain) - 2))
    chosen += sorted(rest, key=lambda i: (not chain[i].is_abnormal, -i))[: _CHAIN_SHOWN_MAX - len(chosen)]
    return tuple(chain[i] for i in sorted(chosen))


def _indented(label: str) -> str:
    return f"{'':11}{label:8}  "


# -- facts -----------------------------------------------------------------------------------------------------------


def _label(label: str) -> Text:
    return line("  ", f"{label:{_LABEL}} ")


def _facts(verdict: Verdict) -> list[Text]:
    simulated_us = verdict.result.end_us - verdict.result.start_us
    speed = f" ({count(round(verdict.simulated_s / verdict.wall_s))}x)" if verdict.wall_s else ""
    wall = f"{verdict.wall_s:.1f}" if verdict.wall_s >= 0.1 else f"{verdict.wall_s:.2f}"
    return [
        *wrapped(_label("Cases"), _cases(verdict.cases)),
        *wrapped(_label("Exceptions"), _exceptions(verdict.exceptions)),
        *wrapped(_label("Invariants"), _invariants(verdict.invariants_checked)),
        *_physics(verdict),
        *wrapped(
            _label("Time"),
            f"{full_duration(simulated_us)} simulated in {wall} s{speed}, {plural(verdict.messages, 'message')}",
        ),
        line(
            _label("Digest"),
            (short(verdict.digest), STRONG),
            (f"  the same on every run of seed {verdict.seed}", SECOND),
        ),
    ]


def _physics(verdict: Verdict) -> list[Text]:
    report = verdict.result.physics
    return wrapped(_label("Physics"), skips.told(report)) if report.audited or report.unsettled else []


def _cases(cases: CaseCounts) -> str:
    parts = [f"{count(cases.received)} received"]
    named = (
        (cases.manual, "carried out by people"),
        (cases.damaged, "damaged"),
        (cases.refused, "refused"),
        (cases.short, "short"),
        (cases.to_come, "still to come"),
    )
    parts += [f"{count(number)} {name}" for number, name in named if number]
    over = f", {count(cases.over)} more than announced" if cases.over else ""
    return f"{', '.join(parts)} = {count(cases.announced + cases.over)}{over}"


def _invariants(inputs: int) -> str:
    return f"{len(INVARIANTS)}, checked after each of {plural(inputs, 'input')}"


def _exceptions(exceptions: ExceptionCounts) -> str:
    if not exceptions.raised:
        return "none"
    told = f"{count(exceptions.raised)} raised"
    told += " and resolved" if not exceptions.open else f", {count(exceptions.resolved)} resolved"
    if exceptions.resolved:
        told += f": {count(exceptions.by_rule)} by rule, {count(exceptions.by_people)} by simulated people"
    if exceptions.median_s is not None:
        told += f", median {duration(round(exceptions.median_s * US_PER_S))}"
    return told


def _kpi_table(verdict: Verdict) -> list[Text]:
    kpis = [(BY_NAME[name], value) for name, value in verdict.kpis.items()]
    words = max(len(kpi.words) for kpi, _ in kpis)
    figures = ["-" if value is None else figure(value, kpi.unit) for kpi, value in kpis]
    width = max(map(len, figures))
    lines = [Text(f"  {'KPI':{words}}  {'Value':>{width}}", style=STRONG)]
    for (kpi, value), text in zip(kpis, figures, strict=True):
        because = (f"  {kpi.none_when}", SECOND) if value is None else (f"  {kpi.name}", SECOND)
        lines.append(line(f"  {kpi.words:{words}}  {text:>{width}}", because))
    return lines


def _next(verdict: Verdict, files: tuple[str, tuple[str, ...]] | None) -> list[Text]:
    """Two commands that lead on."""
    other = "robot_dies_holding_a_case" if verdict.scenario != "robot_dies_holding_a_case" else "radio_storm"
    told = "lose a robot mid-pick" if other == "robot_dies_holding_a_case" else "lose messages on the radio"
    leads = [(command("run", other), told)]
    if files is not None:
        leads.append((command("digest", f"{files[0]}/run.mcap"), "recompute its digest"))
    else:
        leads.append((command("list"), "all scenarios"))
    width = max(len(text) for text, _ in leads)
    is_wide = _LABEL + 3 + width + 2 + max(len(words) for _, words in leads) > columns()
    lines = []
    for n, (text, words) in enumerate(leads):
        first = line(_label("Next" if n == 0 else ""), (text, COMMAND))
        if is_wide:
            lines += [first, line(_label(""), "  ", words)]
        else:
            lines.append(first.append(f"{'':{width - len(text)}}  {words}"))
    return lines
