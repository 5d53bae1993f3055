"""Gauges: counts that go up and down during a run, folded from its messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.tally import STOPPED
from twin.ids import parse_source
from twin.messages.case import (
    CaseDamaged,
    CaseDropped,
    CaseIdentified,
    CasePicked,
    CasePlaced,
    CaseRecovered,
    CaseRefused,
    CaseRetracted,
    CaseSplit,
    CaseUnreadable,
)
from twin.messages.conveyor import ConveyorBlocked, ConveyorCleared, ConveyorJammed, ConveyorUnblocked
from twin.messages.door import PersonEntered, PersonLeft
from twin.messages.exception import ExceptionAssigned, ExceptionRaised, ExceptionResolved
from twin.messages.robot import RobotRemoved, RobotStateReport
from twin.messages.trailer import TrailerArrived, TrailerDocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scenarios.model import Gauge
    from twin.messages.envelope import Message
    from twin.participant import Delivery

ROBOT_UNHEARD = frozenset({"robot_lost", "messages_lost", "double_identity"})
"""While such an exception is open, what the robot held is unknown."""


class Reading:
    """The set of things a gauge counts, changed by messages."""

    def __init__(self, fold: Callable[[Reading, Message], None]) -> None:
        self.members: set[str] = set()
        self.holding: dict[str, str] = {}
        """The robot that has a track in hand, by track."""
        self.unknown_by_exception: dict[str, set[str]] = {}
        self._newest: dict[str, tuple[int, int]] = {}
        self._fold = fold

    def apply(self, message: Message) -> None:
        """Fold one message; the first copy of each."""
        self._fold(self, message)

    def is_news(self, entity: str, message: Message) -> bool:
        """Whether nothing later was said of the entity on this channel: how it is, the newest word says."""
        number = (message.boot, message.seq)
        if number < self._newest.get(entity, number):
            return False
        self._newest[entity] = number
        return True


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


def _exceptions_unassigned(reading: Reading, message: Message) -> None:
    if isinstance(message, ExceptionRaised) and message.data.owner != "rule":
        reading.members.add(message.data.exception_id)
    elif isinstance(message, ExceptionAssigned):
        change = reading.members.add if message.data.person is None else reading.members.discard
        change(message.data.exception_id)
    elif isinstance(message, ExceptionResolved):
        reading.members.discard(message.data.exception_id)


def _robots_lost(reading: Reading, message: Message) -> None:
    if isinstance(message, ExceptionRaised) and message.data.exception_type == "robot_lost":
        reading.members.add(message.data.exception_id)
    elif isinstance(message, ExceptionResolved):
        reading.members.discard(message.data.exception_id)


def _robots_stopped(reading: Reading, message: Message) -> None:
    if isinstance(message, RobotStateReport):
        if not reading.is_news(_entity(message), message):
            return
        change = reading.members.add if message.data.robot_state in STOPPED else reading.members.discard
        change(_entity(message))
    elif isinstance(message, RobotRemoved):
        reading.members.discard(f"robot/{message.data.robot_id}")


def _conveyors_blocked(reading: Reading, message: Message) -> None:
    if isinstance(message, ConveyorBlocked | ConveyorUnblocked) and reading.is_news(_entity(message), message):
        change = reading.members.add if isinstance(message, ConveyorBlocked) else reading.members.discard
        change(_entity(message))


def _conveyors_jammed(reading: Reading, message: Message) -> None:
    if isinstance(message, ConveyorJammed | ConveyorCleared) and reading.is_news(_entity(message), message):
        change = reading.members.add if isinstance(message, ConveyorJammed) else reading.members.discard
        change(_entity(message))


def _people_inside(reading: Reading, message: Message) -> None:
    if isinstance(message, PersonEntered | PersonLeft):
        door = _entity(message)
        if not reading.is_news(door, message):
            return
        others = {member for member in reading.members if member.rpartition("#")[0] != door}
        reading.members = others | {f"{door}#{n}" for n in range(message.data.people_inside)}


def _cases_unknown(reading: Reading, message: Message) -> None:
    if isinstance(message, CasePicked):
        reading.holding[message.data.track_id] = _entity(message)
        reading.members.discard(message.data.track_id)
    elif isinstance(message, _KNOWN_AGAIN):
        reading.holding.pop(message.data.track_id, None)
        reading.members.discard(message.data.track_id)
    elif isinstance(message, ExceptionRaised) and message.data.exception_type in ROBOT_UNHEARD:
        held = {track_id for track_id, robot in reading.holding.items() if robot == message.data.entity}
        reading.unknown_by_exception[message.data.exception_id] = held
        reading.members |= held
    elif isinstance(message, ExceptionResolved):
        reading.members -= reading.unknown_by_exception.pop(message.data.exception_id, set())


_KNOWN_AGAIN = (
    CasePlaced,
    CaseDropped,
    CaseDamaged,
    CaseRefused,
    CaseRecovered,
    CaseIdentified,
    CaseUnreadable,
    CaseRetracted,
    CaseSplit,
)
"""Somebody has said where it is, or that there is no such case."""


def _entity(message: Message) -> str:
    return str(parse_source(message.source)[1])


_FOLDS: dict[Gauge, Callable[[Reading, Message], None]] = {
    "open_exceptions": _open_exceptions,
    "exceptions_unassigned": _exceptions_unassigned,
    "trailers_waiting": _trailers_waiting,
    "robots_lost": _robots_lost,
    "robots_stopped": _robots_stopped,
    "cases_unknown": _cases_unknown,
    "conveyors_blocked": _conveyors_blocked,
    "conveyors_jammed": _conveyors_jammed,
    "people_inside": _people_inside,
}
