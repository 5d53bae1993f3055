"""The sums of a receipt: pure, from a trailer's manifest and cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.messages.receipt import ReceiptLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.core.dock import Trailer
    from twin.messages.trailer import ManifestLine

_COUNTED_AS = {"delivered": "received", "manual": "received", "damaged": "damaged", "refused": "refused"}


def count(trailer: Trailer) -> tuple[tuple[ReceiptLine, ...], int]:
    """The receipt's lines in manifest order, and how many received cases no line could be found for.

    Cases are counted by label. Lines that share one are filled in manifest order: received, then damaged, then refused;
    what is too many stands as over at the last of them.
    """
    by_label: dict[str, dict[str, int]] = {line.label: dict.fromkeys(_TERMS, 0) for line in manifest(trailer)}
    unidentified = 0
    for case in trailer.cases.values():
        if case.label in by_label:  # it was read at induction or by people: there it is one of these
            by_label[case.label][_COUNTED_AS[case.place]] += 1
        elif _COUNTED_AS.get(case.place) == "received":
            unidentified += 1
    last = {line.label: line.line_id for line in manifest(trailer)}
    lines = [_line(line, by_label[line.label], is_last=last[line.label] == line.line_id) for line in manifest(trailer)]
    return tuple(lines), unidentified


_TERMS = ("received", "damaged", "refused")


def manifest(trailer: Trailer) -> Iterator[ManifestLine]:
    """The lines that have arrived, in order."""
    for part in sorted(trailer.lines_by_part):
        yield from trailer.lines_by_part[part]


def _line(line: ManifestLine, left: dict[str, int], *, is_last: bool) -> ReceiptLine:
    """Takes this line's share out of what is `left` of its label."""
    room = line.quantity
    taken: dict[str, int] = {}
    for term in _TERMS:
        taken[term] = min(left[term], room)
        left[term] -= taken[term]
        room -= taken[term]
    return ReceiptLine(
        line_id=line.line_id,
        po_id=line.po_id,
        expected=line.quantity,
        received=taken["received"],
        damaged=taken["damaged"],
        refused=taken["refused"],
        short=room,
        over=sum(left.values()) if is_last else 0,
    )
