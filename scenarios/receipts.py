"""Receipts as they were closed, their parts put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.model import MessagePattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.evidence import Log
    from scenarios.model import ReceiptCounts, ReceiptNumber
    from sim.truth import Truth
    from twin.messages.receipt import ReceiptLine
    from twin.participant import Delivery

_SET_ASIDE = frozenset({"damaged", "refused"})


class Receipt:
    """The receipt of one trailer. `closed`: the delivery of its last part."""

    def __init__(self, closed: Delivery) -> None:
        self.closed = closed
        self.lines: list[ReceiptLine] = []
        self.unidentified = 0

    def add(self, delivery: Delivery) -> None:
        """One part of it."""
        data = delivery.message.data
        self.closed = delivery
        self.lines += data.lines
        self.unidentified = data.unidentified  # each part says it

    def cases(self) -> int:
        """The cases it accounts for."""
        on_lines = sum(line.received + line.damaged + line.refused + line.over for line in self.lines)
        return on_lines + self.unidentified

    def numbers(self, wanted: ReceiptCounts) -> dict[ReceiptNumber, int] | None:
        """What it says of the lines that are meant, by number; None if it has none of them."""
        lines = [
            line for line in self.lines if wanted.po_id in {None, line.po_id} and wanted.line_id in {None, line.line_id}
        ]
        if not lines and (wanted.po_id is not None or wanted.line_id is not None):
            return None
        return {
            name: self.unidentified if name == "unidentified" else sum(getattr(line, name) for line in lines)
            for name in wanted.numbers
        }


def receipts_of(log: Log) -> dict[str, Receipt]:
    """Every receipt that was closed, by trailer."""
    found: dict[str, Receipt] = {}
    for delivery in log.matches(MessagePattern(type="receipt.closed.v1")):
        found.setdefault(delivery.message.data.trailer_id, Receipt(delivery)).add(delivery)
    return found


def wrong_receipts(
    receipts: dict[str, Receipt], truth: Truth, *, may_lack: bool = False
) -> Iterator[tuple[str, int, Receipt]]:
    """The receipts that do not account for each case of their trailer: its id, how many there are, the receipt.

    A case that is on no line of the manifest is counted as unidentified if it was received; set aside, it is not on the
    receipt at all. `may_lack`: what nobody could hear of may be missing on it; nothing may be on it that was not there.
    """
    if not truth.cases:
        return  # where no case is simulated, there are no lines
    off_lines: dict[str, int] = {}
    for row in truth.cases:
        if row.manifest_line is None and row.outcome in _SET_ASIDE:
            off_lines[row.trailer_id] = off_lines.get(row.trailer_id, 0) + 1
    for trailer in truth.trailers:
        receipt = receipts.get(trailer.trailer_id)
        there = trailer.cases - off_lines.get(trailer.trailer_id, 0)
        if receipt is None or receipt.cases() == there or (may_lack and receipt.cases() < there):
            continue
        yield trailer.trailer_id, there, receipt
