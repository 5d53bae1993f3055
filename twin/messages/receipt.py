"""Receipts: what became of each manifest line of a trailer."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from twin.ids import Name, Token
from twin.messages.envelope import Count, Data, Event, Part, check_part

RECEIPT_LINES_PER_PART_MAX = 200


class ReceiptLine(Data, frozen=True, kw_only=True):
    """expected = received + damaged + refused + short; `over` stands apart."""

    line_id: Name
    po_id: Name
    expected: Count
    received: Count
    damaged: Count = 0
    refused: Count = 0
    short: Count = 0
    over: Count = 0


class ReceiptClosedData(Data, frozen=True, kw_only=True):
    """Part `part` (from 1) of `parts`. `unidentified`: cases received that no line could be found for."""

    trailer_id: Token
    part: Part
    parts: Part
    lines: Annotated[tuple[ReceiptLine, ...], Meta(max_length=RECEIPT_LINES_PER_PART_MAX)]
    unidentified: Count = 0

    def __post_init__(self) -> None:
        check_part(self.part, self.parts)


class ReceiptClosed(Event, tag="receipt.closed.v1", frozen=True, kw_only=True):
    """The trailer is accounted for."""

    PUBLISHERS = frozenset({"backend"})
    data: ReceiptClosedData
