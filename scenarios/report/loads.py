"""What the terminal says of a load: what it is, how it settled, what a pick did to it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.loads import MOVED_M
from scenarios.report.commands import command
from scenarios.report.console import COMMAND, SECOND, STRONG, line, wrapped
from scenarios.report.words import count, duration, plural
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from scenarios.loads import NamedLoad, Picked, Settled
    from sim.load.load import Load, LoadedCase

_KINDS_SHOWN_MAX = 8
_FALLS_SHOWN_MAX = 20
_LABEL = 12


def load_block(named: NamedLoad, load: Load, worst: tuple[str, int] | None, files: Sequence[Path]) -> list[Text]:
    """A load as it was loaded."""
    lines = [line((f"{named.words()}: {plural(len(load.cases), 'case')} loaded", STRONG)), Text()]
    lines += _labelled("Trailer", f"{load.trailer_id}, {_size(load.interior_m)} inside")
    front_m = min(case.center_m[0] - case.size_m[0] / 2.0 for case in load.cases)
    back_m = max(case.center_m[0] + case.size_m[0] / 2.0 for case in load.cases)
    top_m = max(case.center_m[2] + case.size_m[2] / 2.0 for case in load.cases)
    weight_kg = sum(case.weight_kg for case in load.cases)
    extent = f"from {front_m:.2f} to {back_m:.2f} m behind the door, up to {top_m:.2f} m high"
    lines += _labelled("Load", f"{extent}, {count(round(weight_kg))} kg")
    reasons = Counter(left.reason for left in load.unplaced)
    for reason, cases in reasons.items():
        lines += _labelled("Not loaded", f"{plural(cases, 'case')}: {reason}")
    lines += [Text(), *_kinds(load.cases)]
    lines += _files(files)
    lines += _next(named, worst)
    return lines


def settled_block(named: NamedLoad, load: Load, settled: Settled, shifts: Mapping[str, float], how: str) -> list[Text]:
    """A load as it stands when the doors open. `how`: what settled it, in words."""
    standing, fallen = len(shifts), len(settled.state.floor)
    told = f"{named.words()}, settled by {how}: {count(standing)} of {plural(len(load.cases), 'case')} stand"
    lines = [line((f"{told}, {count(fallen) if fallen else 'none'} fallen", STRONG)), Text(), *_moved(shifts)]
    if settled.state.floor:
        lines += _labelled("Fallen", _some(settled.state.floor))
    lines += _labelled("At rest", "all" if settled.state.is_settled else "not all: the physics stopped looking before")
    for finding in settled.findings:
        lines += _labelled("Impossible", f"{', '.join(finding.subjects)} {finding.defect.value}: {finding.detail}")
    return [*lines, *_labelled("Time", duration(settled.took_us)), *_notices(settled)]


def picked_block(settled: Settled, picked: Picked, stood: int) -> list[Text]:
    """What a pick did. `stood`: how many cases did before it."""
    fallen = picked.extraction.fallen
    lines = [line((picked.words(), STRONG)), Text()]
    if fallen:
        width = max(len("Fell"), *(len(fall.case_id) for fall in fallen))
        lines.append(line((f"  {'Fell':{width}}  {'Height':>7}  {'After':>8}", SECOND)))
        lines += [
            line(f"  {fall.case_id:{width}}  {fall.height_m:5.2f} m  {fall.after_us / US_PER_S:6.2f} s")
            for fall in fallen[:_FALLS_SHOWN_MAX]
        ]
        if len(fallen) > _FALLS_SHOWN_MAX:
            lines.append(line(f"  and {plural(len(fallen) - _FALLS_SHOWN_MAX, 'other')}"))
        lines.append(Text())
    shifts = picked.shifts_m()
    lines += _moved(shifts)
    lines += _labelled("Stand", f"{count(stood)} before, {count(len(shifts))} after")
    lines += _labelled("Lie loose", f"{count(len(picked.before.floor))} before, {count(len(picked.after.floor))} after")
    return [*lines, *_labelled("Time", duration(picked.took_us)), *_notices(settled)]


def files_block(files: Sequence[Path]) -> list[Text]:
    """Where the pictures are, if any were asked for."""
    return _files(files)


def _kinds(cases: Sequence[LoadedCase]) -> Iterator[Text]:
    of_kind: dict[str, list[LoadedCase]] = {}
    for case in cases:
        of_kind.setdefault(case.sku, []).append(case)
    kinds = sorted(of_kind.items(), key=lambda kind: -len(kind[1]))
    width = max(len("Kind"), *(len(sku) for sku, _ in kinds[:_KINDS_SHOWN_MAX]))
    yield line((f"  {'Kind':{width}}  {'Cases':>6}  {'Size':20}  Weight", SECOND))
    for sku, same in kinds[:_KINDS_SHOWN_MAX]:
        weights = [case.weight_kg for case in same]
        weight = (
            f"{min(weights):.1f} to {max(weights):.1f} kg" if min(weights) < max(weights) else f"{weights[0]:.1f} kg"
        )
        yield line(f"  {sku:{width}}  {count(len(same)):>6}  {_size(same[0].size_m):20}  {weight}")
    left = kinds[_KINDS_SHOWN_MAX:]
    if left:
        told = f"and {plural(len(left), 'other kind')} of {plural(sum(len(same) for _, same in left), 'case')}"
        yield line(f"  {told}")


def _size(size_m: tuple[float, float, float]) -> str:
    return " x ".join(f"{side:.2f}" for side in size_m) + " m"


def _moved(shifts: Mapping[str, float]) -> list[Text]:
    case_id, farthest_m = max(shifts.items(), key=lambda shift: shift[1], default=("", 0.0))
    if farthest_m < 0.0005:
        return _labelled("Moved", "none of those that stand")
    moved = sum(shift_m >= MOVED_M for shift_m in shifts.values())
    told = f"{plural(moved, 'case') if moved else 'none'} by {MOVED_M * 1000:.0f} mm or more; "
    told += f"the farthest by {farthest_m * 1000:.1f} mm"
    return _labelled("Moved", f"{told}, {case_id}")


def _notices(settled: Settled) -> list[Text]:
    return [told for notice in settled.notices for told in _labelled("Notice", notice)]


def _some(case_ids: Sequence[str]) -> str:
    shown = ", ".join(case_ids[:_FALLS_SHOWN_MAX])
    left = len(case_ids) - _FALLS_SHOWN_MAX
    return f"{shown} and {plural(left, 'other')}" if left > 0 else shown


def _labelled(label: str, body: str) -> list[Text]:
    return wrapped(line(f"  {label:{_LABEL}}"), body)


def _files(files: Sequence[Path]) -> list[Text]:
    return (
        [Text(), *(line(f"  {'File' if n == 0 else '':{_LABEL}}{path}") for n, path in enumerate(files))]
        if files
        else []
    )


def _next(named: NamedLoad, worst: tuple[str, int] | None) -> list[Text]:
    nexts = [(command("load", "settle", *named.options()), "how it stands after the ride")]
    if worst is not None:
        case_id, falls = worst
        why = f"a bad pick: {plural(falls, 'case')} would fall by the support graph"
        nexts.append((command("load", "pick", case_id, *named.options()), why))
    lines = [Text()]
    for number, (typed, why) in enumerate(nexts):
        lines.append(line(f"  {'Next' if number == 0 else '':{_LABEL}}", (typed, COMMAND)))
        lines.append(line(f"  {'':{_LABEL}}  ", (why, SECOND)))
    return lines
