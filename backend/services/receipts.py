"""Receipts: what became of each manifest line, said once the trailer is accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import invariants
from backend.core.receipt import count
from twin.ids import order_id_of, parse_address
from twin.messages import receipt as messages

if TYPE_CHECKING:
    from backend.core.dock import Place, Trailer
    from backend.services.desk import Desk

_OPEN_PLACES: tuple[Place, ...] = ("hand", "conveyor", "unknown")


def consider(desk: Desk, trailer: Trailer) -> None:
    """Close the receipt of a released trailer if every case is somewhere final, or its departure is long ago."""
    if not trailer.has_receipt:
        if not any(trailer.counts[place] for place in _OPEN_PLACES):
            _close(desk, trailer)
        elif trailer.is_departed and not trailer.is_receipt_due:
            _wait(desk, trailer)
    if trailer.has_receipt and trailer.is_departed:
        del desk.state.orders[order_id_of(trailer.trailer_id)]


def _wait(desk: Desk, trailer: Trailer) -> None:
    trailer.receipt_due_us = desk.now_us + desk.timeouts.receipt_us
    desk.set_timer(trailer.receipt_due_us, "receipt", trailer.trailer_id)


def deadline_passed(desk: Desk, trailer_id: str) -> None:
    """Long gone: what is still unknown is short. What is on a belt is waited for as long as that stands."""
    trailer = desk.state.trailers[trailer_id]
    if trailer.has_receipt or desk.now_us < trailer.receipt_due_us:
        return  # closed, or put off
    if trailer.counts["conveyor"] and _is_held_up(desk, trailer):
        _wait(desk, trailer)
        return
    _close(desk, trailer)
    desk.state.orders.pop(order_id_of(trailer_id), None)


def belt_runs_again(desk: Desk, entity: str) -> None:
    """What lies on it moves only now: receipts that wait for that wait anew."""
    kind, name = parse_address(entity)
    for order in desk.state.orders.values():
        trailer = desk.state.trailers[order.trailer_id]
        is_waited_for = trailer.is_receipt_due and trailer.counts["conveyor"] > 0
        if is_waited_for and (kind == "sorter" or _is_laid_on(trailer, name)):
            _wait(desk, trailer)


def _is_held_up(desk: Desk, trailer: Trailer) -> bool:
    """Whether the belt stands that its cases were laid on, or the sorter, which all belts of a site merge into."""
    state = desk.state
    if any(it.is_jammed for it in state.sorters.values()):
        return True
    return any(it.is_jammed and _is_laid_on(trailer, it.conveyor_id) for it in state.conveyors.values())


def _is_laid_on(trailer: Trailer, conveyor_id: str) -> bool:
    return any(case.place == "conveyor" and case.conveyor_id == conveyor_id for case in trailer.cases.values())


def _close(desk: Desk, trailer: Trailer) -> None:
    trailer.has_receipt = True
    lines, unidentified = count(trailer)
    invariants.check_receipt(desk.changes, trailer, lines, unidentified)
    size = messages.RECEIPT_LINES_PER_PART_MAX
    parts = [lines[at : at + size] for at in range(0, len(lines), size)] or [()]
    for number, part in enumerate(parts, 1):
        desk.publish(
            messages.ReceiptClosed,
            messages.ReceiptClosedData(
                trailer_id=trailer.trailer_id,
                part=number,
                parts=len(parts),
                lines=part,
                unidentified=unidentified,
            ),
            correlation_id=order_id_of(trailer.trailer_id),
        )
    desk.changes.touched.append(trailer)
