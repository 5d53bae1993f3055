"""A story that no file can tell: machines of newer, of older and of broken software speak to the backend in bytes.

Of some of what they say the body cannot be read: its number is used, and nothing else of it counts. Some can be read
and cannot be meant. Some is cut off on the way and comes again whole. The radio is uneven, so that it comes in any
order; and the backend starts anew now and then, from what it wrote down.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from backend.restarts import RestartingBackend
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge
from sim.endpoint import Endpoint
from sim.world import World
from tests.e2e.driven import driven, settings_of
from twin.clock import parse_time
from twin.messages import codec
from twin.messages.operator import ActionRequested, ActionRequestedData
from twin.messages.robot import (
    EventsLost,
    EventsLostData,
    RobotErrorCleared,
    RobotErrorClearedData,
    RobotRemoved,
    RobotRemovedData,
    RobotStateReport,
    UnloadData,
    UnloadFinished,
    UnloadFinishedData,
    UnloadStarted,
)
from twin.messages.trailer import (
    StandingTrailer,
    TrailerArrived,
    TrailerData,
    TrailerDeparted,
    TrailerDocked,
    TrailerReleased,
    YardState,
    YardStateData,
)
from twin.subjects import subject_for, subject_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from backend.services.site import SiteBackend
    from scenarios.drivers import RunResult
    from scenarios.model import Scenario
    from twin.messages.envelope import Data, Message

EVERY = 7
"""Of so many messages of a robot, a door or a belt one is followed by another that is broken, or cannot be meant."""
EVERY_OF_FEW = 2
"""The same of those that say little."""
UNREAD = "of-newer-software"
RESTARTS_US = tuple(parse_time(f"2026-01-05T06:{at}.000000Z") for at in ("05:31", "08:50", "11:40", "15:01"))
DAY = """\
# Machines of newer and of broken software say what cannot be read or meant: the dock does its work as if they had not.
site:
  id: bos1
  doors: 2
  robots: 2
  link: {jitter: 150 ms, loss: 5 %, retransmit: 400 ms, duplication: 2 %, reordering: 25 %, reordering_delay: 900 ms}
  operators: {remote: 2, floor: 2, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
seed: 3
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 60}
timeline:
  - {at: "06:09", fault: emergency_stop, robot: r1}
  - {at: "06:12", fault: conveyor_jam, conveyor: c2, for: 20 s}
expect:
  - every_trailer: departed
    by: 06:45
  - every_case: [received, manual, damaged, refused]
  - name: nothing is taken for lost that has only been refused
    never: exception.raised.v1
    where: {exception_type: messages_lost}
  - name: no robot is taken for another
    never: exception.raised.v1
    where: {exception_type: double_identity}
  - name: nobody is sent to a robot that works
    never: exception.raised.v1
    where: {exception_type: robot_stuck}
  - name: no command is in vain
    never: exception.raised.v1
    where: {exception_type: command_unknown}
  - kpi: cases_short
    at_most: 0
"""


class Said(NamedTuple):
    """A message of the simulator as it is on the bus."""

    subject: str
    payload: bytes


class BrokenWords:
    """Lets every machine say more than it means, and breaks what it says."""

    def __init__(self) -> None:
        self.refused = 0
        """So many have been handed to the backend that it must refuse, and keep for somebody to look at."""
        self._said: Counter[str] = Counter()
        self._cut: set[str] = set()

    def emit(self, endpoint: Endpoint, message_type: type[Message], data: Data, **named: Any) -> Message:  # noqa: ANN401 - as it is called
        """In place of the endpoint's own: now and then something more is said before."""
        kind = endpoint.address.kind
        every = EVERY_OF_FEW if kind in ("yard", "operator") else EVERY
        self._said[endpoint.address.entity] += 1
        number, rest = divmod(self._said[endpoint.address.entity], every)
        if rest == 0 and kind in _NOT_MEANT:
            _emit(endpoint, *_NOT_MEANT[kind][number % len(_NOT_MEANT[kind])])
        return _emit(endpoint, message_type, data, **named)

    def on_the_bus(self, message: Message) -> Iterator[Said]:
        """As bytes; some say something that nobody knows, and some come cut off or broken, and once more."""
        subject, payload = subject_of(message), codec.encode(message)
        if isinstance(message, RobotErrorCleared) and message.data.error_id == UNREAD:
            self.refused += 1
            subject = subject_for(message.source, "event", "robot.felt_warm.v1", None)
            yield Said(subject, payload.replace(b"robot.error_cleared.v1", b"robot.felt_warm.v1"))
            return
        if message.seq % EVERY == 0 and message.id not in self._cut:
            self.refused += 1
            self._cut.add(message.id)
            if isinstance(message, RobotStateReport):
                yield Said(subject, payload.replace(b'"robot_state":"', b'"robot_state":"NOT_'))
            else:
                yield Said(subject, payload[: len(payload) // 2])
        yield Said(subject, payload)


_emit = Endpoint.emit
_NOWHERE = TrailerData(trailer_id="t-1", door_id="d99")
_STANDING = StandingTrailer(trailer_id="t-1", door_id="d99")
_LOST = (EventsLost, EventsLostData(lost_boot=99, channel="event", from_seq=1, to_seq=9))
_UNREAD = (RobotErrorCleared, RobotErrorClearedData(error_id=UNREAD))
_NOT_MEANT: dict[str, list[tuple[type[Message], Data]]] = {
    "robot": [
        _UNREAD,
        (UnloadStarted, UnloadData(trailer_id="t-1", door_id="d99")),
        _UNREAD,
        _LOST,
        (UnloadFinished, UnloadFinishedData(trailer_id="t-1", door_id="d99", cases_placed=7)),
    ],
    "door": [_LOST],
    "conveyor": [_LOST],
    "yard": [
        (TrailerArrived, _NOWHERE),
        (TrailerDocked, _NOWHERE),
        (TrailerReleased, _NOWHERE),
        (TrailerDeparted, _NOWHERE),
        (
            YardState,
            YardStateData(trailers=(_STANDING,), last_event_seq=0, last_reply_seq=0),
        ),
    ],
    "operator": [
        (ActionRequested, ActionRequestedData(person="ann", robot_id="r9", action="cancel")),
        (RobotRemoved, RobotRemovedData(robot_id="r9", door_id="d1")),
        (RobotRemoved, RobotRemovedData(robot_id="r1", door_id="d99")),
    ],
}
"""By the kind of machine what one says that cannot be read, or is not of this site, one thing after another."""


class Day(NamedTuple):
    """What came of a day on a bus of bytes, and the backend at its end."""

    result: RunResult
    backend: SiteBackend


def run_day(
    scenario: Scenario,
    world: World,
    on_the_bus: Callable[[Message], Iterable[Said]],
    *,
    restarts_us: tuple[int, ...] = (),
) -> Day:
    """A whole day on which the backend hears bytes."""
    backend = RestartingBackend(settings_of(scenario, recheck_every=1, restarts_us=restarts_us))

    def hear(at_us: int, message: Message) -> None:
        for said in on_the_bus(message):
            backend.receive(at_us, said.subject, said.payload)

    result, _ = driven(scenario, world, backend, hear)
    return Day(result, backend.backend)


def run() -> Verdict:
    """The verdict of the story, if all that was refused has been counted and kept."""
    words = BrokenWords()

    def emit(endpoint: Endpoint, *args: Any, **named: Any) -> Message:  # noqa: ANN401 - as it is called
        return words.emit(endpoint, *args, **named)

    scenario = scenario_from_text(DAY, "broken_words.yaml")
    with patch.object(Endpoint, "emit", emit):
        result, backend = run_day(scenario, World(scenario.day), words.on_the_bus, restarts_us=RESTARTS_US)
    counts = backend.quarantine.counts
    assert sum(counts.values()) == words.refused, "what is refused is kept, to be looked at"
    assert backend.refused["unknown_type"] == counts["unknown_type"], "and counted"
    return judge(result)
