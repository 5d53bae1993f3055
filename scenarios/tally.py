"""The tally of a day: what its messages say happened, folded in one pass, for the KPIs to be computed from.

Instants are the producers' stamps (`time`), not when the bus had the message: a late arrival changes no KPI. Copies and
re-sent messages count once; any order of arrival gives the same tally.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from twin.clock import parse_time
from twin.ids import parse_source
from twin.messages.case import (
    CaseDamaged,
    CaseIdentified,
    CasePicked,
    CasePlaced,
    CaseRecovered,
    CaseRefused,
    CaseUnreadable,
)
from twin.messages.exception import ExceptionRaised, ExceptionResolved, InterventionAnswered
from twin.messages.robot import RobotFactsheet, RobotRemoved, UnloadFinished, UnloadStarted
from twin.messages.trailer import TrailerAnnounced, TrailerArrived, TrailerDeparted, TrailerDocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.messages.envelope import Message
    from twin.participant import Delivery

_LAST = 2**62


class TrailerTally:
    """What is known of one trailer; instants in microseconds, None: not yet."""

    __slots__ = ("announced_cases", "arrived_us", "departed_us", "docked_us", "due_us")

    def __init__(self) -> None:
        self.announced_cases = 0
        self.due_us: int | None = None
        self.arrived_us: int | None = None
        self.docked_us: int | None = None
        self.departed_us: int | None = None


class CaseOutcome(NamedTuple):
    """The last thing said of a case, and when; ties are won by what ends its way later."""

    at_us: int
    rank: int
    outcome: str


class ExceptionTally:
    """One exception; `by` and `resolved_us` are None while it is open."""

    __slots__ = ("by", "exception_type", "raised_us", "resolved_us")

    def __init__(self) -> None:
        self.exception_type = ""
        self.raised_us: int | None = None
        self.resolved_us: int | None = None
        self.by: str | None = None


class RobotMark(NamedTuple):
    """A robot begins or ends its work in a trailer, ordered as the robot numbered it."""

    at_us: int
    boot: int
    seq: int
    begins: bool


class Tally:
    """Folds messages; holds plain facts, computes nothing."""

    def __init__(self) -> None:
        self.trailers: dict[str, TrailerTally] = {}
        self.exceptions: dict[str, ExceptionTally] = {}
        self.outcomes: dict[tuple[str, str], CaseOutcome] = {}
        self.placed_us: dict[tuple[str, str], int] = {}
        self.counted: list[tuple[int, str, int]] = []
        """Fidelity `trailer`: instant, trailer, cases placed, per finished unload."""
        self.robot_marks: dict[str, list[RobotMark]] = {}
        self.robots: set[str] = set()
        self.answered_us: list[int] = []
        self.picked_us: list[int] = []
        self.bus_us: list[int] = []
        """When the bus had each message, copies included."""
        self._seen: set[str] = set()

    def apply(self, at_us: int, message: Message) -> None:
        """Fold one message the bus had at `at_us`."""
        self.bus_us.append(at_us)
        handler = _HANDLERS.get(type(message))
        if handler is None or message.id in self._seen:
            return
        self._seen.add(message.id)
        handler(self, parse_time(message.time), message)

    def trailer(self, trailer_id: str) -> TrailerTally:
        """The trailer of this id, new if never heard of."""
        return self.trailers.setdefault(trailer_id, TrailerTally())


def tally_of(deliveries: Iterable[Delivery]) -> Tally:
    """The tally of a whole log."""
    tally = Tally()
    for at_us, message in deliveries:
        tally.apply(at_us, message)
    return tally


def _robot_of(message: Message) -> str:
    return parse_source(message.source)[1].entity


def _announced(tally: Tally, _at_us: int, message: TrailerAnnounced) -> None:
    trailer = tally.trailer(message.data.trailer_id)
    trailer.announced_cases = message.data.cases
    trailer.due_us = parse_time(message.data.due_at)


def _arrived(tally: Tally, at_us: int, message: TrailerArrived) -> None:
    tally.trailer(message.data.trailer_id).arrived_us = at_us


def _docked(tally: Tally, at_us: int, message: TrailerDocked) -> None:
    tally.trailer(message.data.trailer_id).docked_us = at_us


def _departed(tally: Tally, at_us: int, message: TrailerDeparted) -> None:
    tally.trailer(message.data.trailer_id).departed_us = at_us


def _started(tally: Tally, at_us: int, message: UnloadStarted) -> None:
    mark = RobotMark(at_us, message.boot, message.seq, begins=True)
    tally.robot_marks.setdefault(_robot_of(message), []).append(mark)


def _finished(tally: Tally, at_us: int, message: UnloadFinished) -> None:
    mark = RobotMark(at_us, message.boot, message.seq, begins=False)
    tally.robot_marks.setdefault(_robot_of(message), []).append(mark)
    if message.data.counted_only:
        tally.counted.append((at_us, message.data.trailer_id, message.data.cases_placed))


def _removed(tally: Tally, at_us: int, message: RobotRemoved) -> None:
    mark = RobotMark(at_us, _LAST, _LAST, begins=False)
    tally.robot_marks.setdefault(message.data.robot_id, []).append(mark)


def _factsheet(tally: Tally, _at_us: int, message: RobotFactsheet) -> None:
    tally.robots.add(_robot_of(message))


def _picked(tally: Tally, at_us: int, _message: CasePicked) -> None:
    tally.picked_us.append(at_us)


def _placed(tally: Tally, at_us: int, message: CasePlaced) -> None:
    tally.placed_us[message.data.trailer_id, message.data.track_id] = at_us


def _outcome(rank: int, outcome: str) -> Callable[[Tally, int, Message], None]:
    def fold(tally: Tally, at_us: int, message: Message) -> None:
        _keep_later(tally, message, CaseOutcome(at_us, rank, outcome))

    return fold


def _recovered(tally: Tally, at_us: int, message: CaseRecovered) -> None:
    _keep_later(tally, message, CaseOutcome(at_us, 3, message.data.disposition))


def _keep_later(tally: Tally, message: Message, outcome: CaseOutcome) -> None:
    key = (message.data.trailer_id, message.data.track_id)
    before = tally.outcomes.get(key)
    if before is None or before < outcome:
        tally.outcomes[key] = outcome


def _raised(tally: Tally, at_us: int, message: ExceptionRaised) -> None:
    exception = tally.exceptions.setdefault(message.data.exception_id, ExceptionTally())
    exception.exception_type = message.data.exception_type
    exception.raised_us = at_us


def _resolved(tally: Tally, at_us: int, message: ExceptionResolved) -> None:
    exception = tally.exceptions.setdefault(message.data.exception_id, ExceptionTally())
    exception.exception_type = message.data.exception_type
    exception.resolved_us = at_us
    exception.by = message.data.by


def _answered(tally: Tally, at_us: int, _message: InterventionAnswered) -> None:
    tally.answered_us.append(at_us)


_HANDLERS: dict[type[Message], Callable[..., None]] = {
    TrailerAnnounced: _announced,
    TrailerArrived: _arrived,
    TrailerDocked: _docked,
    TrailerDeparted: _departed,
    UnloadStarted: _started,
    UnloadFinished: _finished,
    RobotRemoved: _removed,
    RobotFactsheet: _factsheet,
    CasePicked: _picked,
    CasePlaced: _placed,
    CaseRefused: _outcome(0, "refused"),
    CaseDamaged: _outcome(1, "damaged"),
    CaseIdentified: _outcome(2, "received"),
    CaseUnreadable: _outcome(2, "received"),
    CaseRecovered: _recovered,
    ExceptionRaised: _raised,
    ExceptionResolved: _resolved,
    InterventionAnswered: _answered,
}
