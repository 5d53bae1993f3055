"""The tally of a day: what its messages say happened, folded in one pass, for the KPIs to be computed from.

Instants are the producers' stamps (`time`), not when the bus had the message: a late arrival changes no KPI. Where a
producer's clock is off they are the bus's. Copies and re-sent messages count once; any order of arrival gives the same
tally.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from scenarios.spans import FROM_ELSEWHERE, Mark
from scenarios.stamps import Clocks, is_plausible
from twin.clock import NEVER_US, instant_us, parse_time
from twin.ids import parse_source
from twin.messages.case import (
    CaseDamaged,
    CaseIdentified,
    CasePicked,
    CasePlaced,
    CaseRecovered,
    CaseRefused,
    CaseRetracted,
    CaseSplit,
    CaseUnreadable,
)
from twin.messages.conveyor import ConveyorBlocked, ConveyorUnblocked
from twin.messages.exception import (
    ExceptionRaised,
    ExceptionResolved,
    InterventionAnswered,
    InterventionHandedBack,
    InterventionRequested,
    InterventionTaken,
)
from twin.messages.operator import OperatorState
from twin.messages.receipt import ReceiptClosed
from twin.messages.robot import (
    AssignOrder,
    RobotFactsheet,
    RobotRemoved,
    RobotStateReport,
    UnloadFinished,
    UnloadStarted,
)
from twin.messages.sorter import SorterState
from twin.messages.trailer import (
    TrailerAnnounced,
    TrailerArrived,
    TrailerDeparted,
    TrailerDocked,
    TrailerReleased,
)
from twin.participant import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twin.messages.envelope import Message

STOPPED = frozenset({"EMERGENCY_STOP", "PROTECTIVE_STOP", "PAUSED"})
"""States in which a robot has been stopped: its work waits where it was."""


class TrailerTally:
    """What is known of one trailer; instants in microseconds, None: not yet."""

    __slots__ = (
        "announced_cases",
        "arrived_us",
        "departed_us",
        "detention_per_h",
        "docked_us",
        "due_us",
        "released_us",
    )

    def __init__(self) -> None:
        self.announced_cases = 0
        self.detention_per_h = 0.0
        self.due_us: int | None = None
        self.arrived_us: int | None = None
        self.docked_us: int | None = None
        self.released_us: int | None = None
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


class InterventionTally:
    """One request to people. `answered_us`: of the first answer; `care`: from when on somebody saw to it, or nobody."""

    __slots__ = ("answered_us", "care", "exception_id", "requested_us", "role")

    def __init__(self) -> None:
        self.exception_id = ""
        self.role: Literal["remote", "floor"] | None = None
        self.requested_us: int | None = None
        self.answered_us: int | None = None
        self.care: list[Mark] = []


class ReceiptTally(NamedTuple):
    """One part of a receipt: when it was closed, and what it says beyond the manifest."""

    at_us: int
    over: int
    unidentified: int


class Tally:
    """Folds messages; holds plain facts, computes nothing."""

    def __init__(self) -> None:
        self.trailers: dict[str, TrailerTally] = {}
        self.exceptions: dict[str, ExceptionTally] = {}
        self.outcomes: dict[tuple[str, str], CaseOutcome] = {}
        self.no_cases: set[tuple[str, str]] = set()
        """Tracks that were ghosts, or several cases seen as one: nothing said of them counts."""
        self.placed_us: dict[tuple[str, str], int] = {}
        self.counted: list[tuple[int, str, int]] = []
        """Fidelity `trailer`: instant, trailer, cases placed, per finished unload."""
        self.work: dict[str, list[Mark]] = {}
        """By robot: the door at which it works in a trailer, or None."""
        self.stops: dict[str, list[Mark]] = {}
        """By robot: whether it has been stopped."""
        self.blocks: dict[str, list[Mark]] = {}
        """By conveyor: whether it is blocked."""
        self.duty: dict[Literal["remote", "floor"], list[Mark]] = {}
        """By role: how many people are on duty."""
        self.rates_per_h: dict[str, list[Mark]] = {}
        """By sorter: as many cases an hour as it takes."""
        self.conveyor_of: dict[str, str] = {}
        """By door, as the orders say."""
        self.belt: dict[str, list[tuple[int, int, tuple[str, str]]]] = {}
        """By conveyor: instant, 1 for a case that was placed or -1 for one that was inducted, its trailer and track."""
        self.robots: set[str] = set()
        self.interventions: dict[str, InterventionTally] = {}
        self.receipts: list[ReceiptTally] = []
        self.answered_us: list[int] = []
        self.picked_us: list[int] = []
        self.bus_us: list[int] = []
        """When the bus had each message, copies included."""
        self.first_us = NEVER_US
        """The first instant that is told of: messages come after what they tell."""
        self.doubtful: list[Delivery] = []
        """What bears an instant that is far from when it came: not folded before somebody says which is right."""
        self._seen: set[str] = set()

    def apply(self, at_us: int, message: Message) -> None:
        """Fold one message the bus had at `at_us`."""
        self.bus_us.append(at_us)
        handler = _HANDLERS.get(type(message))
        if handler is None or message.id in self._seen:
            return
        stamp_us = instant_us(message.time)
        if not is_plausible(stamp_us, at_us=at_us):
            self.doubtful.append(Delivery(at_us, message))
            return
        self._fold(handler, stamp_us, message)

    def settle(self, clocks: Clocks) -> None:
        """Fold what is doubtful, by what is known of the clocks."""
        for at_us, message in sorted(self.doubtful, key=lambda delivery: delivery.at_us):
            if message.id not in self._seen:
                self._fold(_HANDLERS[type(message)], clocks.instant_us(at_us, message), message)
        self.doubtful = []

    def _fold(self, handler: Callable[..., None], happened_us: int, message: Message) -> None:
        self._seen.add(message.id)
        self.first_us = min(self.first_us, happened_us)
        handler(self, happened_us, message)

    def trailer(self, trailer_id: str) -> TrailerTally:
        """The trailer of this id, new if never heard of."""
        return self.trailers.setdefault(trailer_id, TrailerTally())

    def intervention(self, intervention_id: str) -> InterventionTally:
        """The request of this id, new if never heard of."""
        return self.interventions.setdefault(intervention_id, InterventionTally())

    def accounted(self) -> dict[tuple[str, str], CaseOutcome]:
        """The last word of each case that is one, by trailer and track."""
        return {key: outcome for key, outcome in self.outcomes.items() if key not in self.no_cases}


def tally_of(deliveries: Sequence[Delivery]) -> Tally:
    """The tally of a whole log."""
    tally = Tally()
    for at_us, message in deliveries:
        tally.apply(at_us, message)
    if tally.doubtful:
        tally.settle(Clocks(deliveries, of={message.source for _, message in tally.doubtful}))
    return tally


def _entity_of(message: Message) -> str:
    return parse_source(message.source)[1].entity


def _mark(marks: dict[str, list[Mark]], name: str, at_us: int, message: Message, value: object) -> None:
    marks.setdefault(name, []).append(Mark(at_us, message.boot, message.seq, value))


def _announced(tally: Tally, _at_us: int, message: TrailerAnnounced) -> None:
    trailer = tally.trailer(message.data.trailer_id)
    trailer.announced_cases = message.data.cases
    trailer.due_us = parse_time(message.data.due_at)
    trailer.detention_per_h = message.data.detention_per_h


def _arrived(tally: Tally, at_us: int, message: TrailerArrived) -> None:
    tally.trailer(message.data.trailer_id).arrived_us = at_us


def _docked(tally: Tally, at_us: int, message: TrailerDocked) -> None:
    tally.trailer(message.data.trailer_id).docked_us = at_us


def _released(tally: Tally, at_us: int, message: TrailerReleased) -> None:
    tally.trailer(message.data.trailer_id).released_us = at_us


def _departed(tally: Tally, at_us: int, message: TrailerDeparted) -> None:
    tally.trailer(message.data.trailer_id).departed_us = at_us


def _ordered(tally: Tally, _at_us: int, message: AssignOrder) -> None:
    tally.conveyor_of[message.data.door_id] = message.data.conveyor_id


def _started(tally: Tally, at_us: int, message: UnloadStarted) -> None:
    _mark(tally.work, _entity_of(message), at_us, message, message.data.door_id)


def _finished(tally: Tally, at_us: int, message: UnloadFinished) -> None:
    _mark(tally.work, _entity_of(message), at_us, message, None)
    if message.data.counted_only:
        tally.counted.append((at_us, message.data.trailer_id, message.data.cases_placed))


def _removed(tally: Tally, at_us: int, message: RobotRemoved) -> None:
    tally.work.setdefault(message.data.robot_id, []).append(Mark(at_us, FROM_ELSEWHERE, FROM_ELSEWHERE, None))
    tally.stops.setdefault(message.data.robot_id, []).append(Mark(at_us, FROM_ELSEWHERE, FROM_ELSEWHERE, value=False))


def _factsheet(tally: Tally, at_us: int, message: RobotFactsheet) -> None:
    robot_id = _entity_of(message)
    tally.robots.add(robot_id)
    _mark(tally.work, robot_id, at_us, message, None)


def _robot_state(tally: Tally, at_us: int, message: RobotStateReport) -> None:
    _mark(tally.stops, _entity_of(message), at_us, message, message.data.robot_state in STOPPED)


def _blocked(tally: Tally, at_us: int, message: ConveyorBlocked | ConveyorUnblocked) -> None:
    _mark(tally.blocks, _entity_of(message), at_us, message, isinstance(message, ConveyorBlocked))


def _sorter_state(tally: Tally, at_us: int, message: SorterState) -> None:
    _mark(tally.rates_per_h, _entity_of(message), at_us, message, message.data.rate_per_h)


def _operator_state(tally: Tally, at_us: int, message: OperatorState) -> None:
    mark = Mark(at_us, message.boot, message.seq, message.data.people_on_duty)
    tally.duty.setdefault(message.data.role, []).append(mark)


def _picked(tally: Tally, at_us: int, _message: CasePicked) -> None:
    tally.picked_us.append(at_us)


def _placed(tally: Tally, at_us: int, message: CasePlaced) -> None:
    key = (message.data.trailer_id, message.data.track_id)
    tally.placed_us[key] = at_us
    tally.belt.setdefault(message.data.conveyor_id, []).append((at_us, 1, key))


def _inducted(tally: Tally, at_us: int, message: CaseIdentified | CaseUnreadable) -> None:
    key = (message.data.trailer_id, message.data.track_id)
    tally.belt.setdefault(_entity_of(message), []).append((at_us, -1, key))
    _keep_later(tally, message, CaseOutcome(at_us, 2, "received"))


def _is_no_case(tally: Tally, _at_us: int, message: CaseRetracted | CaseSplit) -> None:
    tally.no_cases.add((message.data.trailer_id, message.data.track_id))


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


def _requested(tally: Tally, at_us: int, message: InterventionRequested) -> None:
    intervention = tally.intervention(message.data.intervention_id)
    intervention.requested_us = at_us
    intervention.role = message.data.role
    intervention.exception_id = message.data.exception_id


def _taken(tally: Tally, at_us: int, message: InterventionTaken | InterventionHandedBack) -> None:
    is_taken = isinstance(message, InterventionTaken)
    tally.intervention(message.data.intervention_id).care.append(Mark(at_us, message.boot, message.seq, is_taken))


def _answered(tally: Tally, at_us: int, message: InterventionAnswered) -> None:
    tally.answered_us.append(at_us)
    intervention = tally.intervention(message.data.intervention_id)
    intervention.answered_us = min(at_us, intervention.answered_us or at_us)


def _receipt(tally: Tally, at_us: int, message: ReceiptClosed) -> None:
    data = message.data
    unidentified = data.unidentified if data.part == 1 else 0  # each part says it
    tally.receipts.append(ReceiptTally(at_us, sum(line.over for line in data.lines), unidentified))


_HANDLERS: dict[type[Message], Callable[..., None]] = {
    TrailerAnnounced: _announced,
    TrailerArrived: _arrived,
    TrailerDocked: _docked,
    TrailerReleased: _released,
    TrailerDeparted: _departed,
    AssignOrder: _ordered,
    UnloadStarted: _started,
    UnloadFinished: _finished,
    RobotRemoved: _removed,
    RobotFactsheet: _factsheet,
    RobotStateReport: _robot_state,
    ConveyorBlocked: _blocked,
    ConveyorUnblocked: _blocked,
    SorterState: _sorter_state,
    OperatorState: _operator_state,
    CasePicked: _picked,
    CasePlaced: _placed,
    CaseRefused: _outcome(0, "refused"),
    CaseDamaged: _outcome(1, "damaged"),
    CaseIdentified: _inducted,
    CaseUnreadable: _inducted,
    CaseRecovered: _recovered,
    CaseRetracted: _is_no_case,
    CaseSplit: _is_no_case,
    ExceptionRaised: _raised,
    ExceptionResolved: _resolved,
    InterventionRequested: _requested,
    InterventionTaken: _taken,
    InterventionHandedBack: _taken,
    InterventionAnswered: _answered,
    ReceiptClosed: _receipt,
}
