"""Gauges: counts that go up and down during a run, folded from its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.ids import parse_source
from twin.messages.case import (
    CaseDamaged,
    CaseDropped,
    CaseIdentified,
    CasePicked,
    CasePlaced,
    CaseRecovered,
    CaseUnreadable,
)
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.trailer import TrailerArrived, TrailerDocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scenarios.model import Gauge
    from twin.messages.envelope import Message
    from twin.participant import Delivery

ROBOT_UNHEARD = frozenset({"robot_lost", "messages_lost"})
"""While such an exception is open, what the robot held is unknown."""


class Reading:
    """The set of things a gauge counts, changed by messages."""

    def __init__(self, fold: Callable[[Reading, Message], None]) -> None:
        self.members: set[str] = set()
        self.holding: dict[str, str] = {}
        self.unknown_by_exception: dict[str, str] = {}
        self._fold = fold

    def apply(self, message: Message) -> None:
        """Fold one message; the first copy of each."""
        self._fold(self, message)


def readings(deliveries: Iterable[Delivery], gauge: Gauge) -> Iterator[tuple[Delivery, int]]:
    """The gauge's value after each instant, with that instant's last message that changed it; only where it changed.

    Values are read when all messages of an instant are folded: what comes and goes within one is not seen.
    """
    reading = Reading(_FOLDS[gauge])
    value = 0
    changed: Delivery | None = None
    for delivery in deliveries:
        if changed is not None and delivery.at_us > changed.at_us:
            if len(reading.members) != value:
                value = len(reading.members)
                yield changed, value
            changed = None
        before = len(reading.members)
        reading.apply(delivery.message)
        if len(reading.members) != before:
            changed = delivery
    if changed is not None and len(reading.members) != value:
        yield changed, len(reading.members)


def _open_exceptions(reading: Reading, message: Message) -> None:
    if isinstance(message, ExceptionRaised):
        reading.members.add(message.data.exception_id)
    elif isinstance(message, ExceptionResolved):
        reading.members.discard(message.data.exception_id)


def _trailers_waiting(reading: Reading, message: Message) -> None:
    if isinstance(message, TrailerArrived):
        reading.members.add(message.data.trailer_id)
    elif isinstance(message, TrailerDocked):
        reading.members.discard(message.data.trailer_id)


def _robots_lost(reading: Reading, message: Message) -> None:
    if isinstance(message, ExceptionRaised) and message.data.exception_type == "robot_lost":
        reading.members.add(message.data.exception_id)
    elif isinstance(message, ExceptionResolved):
        reading.members.discard(message.data.exception_id)


def _cases_unknown(reading: Reading, message: Message) -> None:
    if isinstance(message, CasePicked):
        reading.holding[str(parse_source(message.source)[1])] = message.data.track_id
        reading.members.discard(message.data.track_id)
    elif isinstance(message, CasePlaced | CaseDropped | CaseDamaged):
        robot = str(parse_source(message.source)[1])
        if reading.holding.get(robot) == message.data.track_id:
            del reading.holding[robot]
        reading.members.discard(message.data.track_id)
    elif isinstance(message, CaseRecovered | CaseIdentified | CaseUnreadable):
        track_id = message.data.track_id
        reading.holding = {robot: held for robot, held in reading.holding.items() if held != track_id}
        reading.members.discard(track_id)
    elif isinstance(message, ExceptionRaised) and message.data.exception_type in ROBOT_UNHEARD:
        held = reading.holding.get(message.data.entity)
        if held is not None:
            reading.unknown_by_exception[message.data.exception_id] = held
            reading.members.add(held)
    elif isinstance(message, ExceptionResolved):
        reading.members.discard(reading.unknown_by_exception.pop(message.data.exception_id, ""))


_FOLDS: dict[Gauge, Callable[[Reading, Message], None]] = {
    "open_exceptions": _open_exceptions,
    "trailers_waiting": _trailers_waiting,
    "robots_lost": _robots_lost,
    "cases_unknown": _cases_unknown,
}
