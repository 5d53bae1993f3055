"""A story that no file can tell: a robot starts again twice within two seconds, and its radio loses what it says.

Of its first boot some is lost for good, some waits behind the gap, one cannot be read, and how it ended is told only
later. Of its second boot one word is heard, or none. When the third speaks, a word of the first arrives that was long
on its way. What was heard counts, what was not shows, and nobody is sent there for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from unittest.mock import patch

from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge
from sim.gateway import Gateway
from sim.world import World
from tests.e2e.broken_words import UNREAD, BrokenWords, run_day
from tests.e2e.meddling import first_that_fails
from tests.e2e.restless_robots import Restless
from twin.clock import US_PER_S, parse_time
from twin.ids import DURABLE_CHANNELS
from twin.messages.exception import ExceptionRaised
from twin.messages.robot import AssignOrder, RobotErrorCleared, RobotErrorClearedData

if TYPE_CHECKING:
    from sim.link import Way
    from twin.messages.envelope import Message
    from twin.participant import Delivery

Heard = Literal["state", "event", "nothing"]
"""What comes through of the second boot."""

AT_US = parse_time("2026-01-05T06:09:00.000000Z")
"""When it starts again first."""
AGAIN_US = AT_US + 1_500_000
LOST_FROM_US = AT_US - 2_800_000
"""The first that it says from then on is lost for good; what follows is heard, and waits."""
UNHEARD_FROM_US = AT_US - 1_900_000
"""Nothing that it says from then on in its first boot is heard."""
UPLINK_US = 20_000
SILENCE_US = 32 * US_PER_S
"""Three periods and two seconds: no state is longer on its way."""
LATE_US = {"event": AGAIN_US + 3 * US_PER_S, "state": AGAIN_US + UPLINK_US + SILENCE_US}
"""When a word of the first boot arrives that was on its way: by its channel."""
SAYS_BEFORE_US = {
    2_700_000: "e-0",
    2_500_000: UNREAD,
    2_300_000: "e-1",
    2_100_000: UNREAD,
    1_000_000: "e-2",
    500_000: "e-3",
}
"""It says so long before it starts again that these errors are over, or what nobody can read."""
DAY = """\
# R1 starts again twice within two seconds while its radio loses what it says: what is missing shows, and it works on.
site:
  id: bos1
  doors: 2
  robots: 2
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 2, floor: 2, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 70}
  - {id: t-2, arrives: 06:05, cases: 70}
timeline: [{timeline}]
expect:
  - every_trailer: departed
    by: 06:40
  - every_case: [received, manual, damaged, refused]
  - name: as soon as nothing of a boot can come any more, it shows that something is missing
    eventually: exception.raised.v1
    where: {exception_type: messages_lost, entity: robot/r1}
    by: "06:09:01.6"
  - name: it says how many are missing of the first boot, and counts none that was heard
    eventually: exception.raised.v1
    where: {exception_type: messages_lost, detail: "{first}"}
  - name: what is missing of any boot and channel shows as soon as R1 has said that it has it no more
    eventually: exception.raised.v1
    where: {exception_type: messages_lost, entity: robot/r1}
    at_least: {missing}
    by: "06:09:05"
  - name: a gap is asked for within a second, also if what came behind it cannot be read
    eventually: action.resend.v1
    entity: robot/r1
    by: "06:08:58.6"
  - name: and is over as soon as R1 has said how it is
    each: exception.raised.v1
    where: {exception_type: messages_lost}
    leads_to: {message: exception.resolved.v1, where: {exception_type: messages_lost}}
    within: 15 s
  - name: R1 is one robot
    never: exception.raised.v1
    where: {exception_type: double_identity}
  - name: that works
    never: robot.removed.v1
  - name: it goes on soon
    eventually: order.assign.v1
    entity: robot/r1
    at_least: 2
    by: "06:09:10"
  - kpi: cases_short
    at_most: 0
"""


class Radio:
    """R1's, in place of the simulator's: what comes through is decided here, by boot and time."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._lost: set[str] = set()
        self._late: set[str] = set()

    def send(self, gateway: Gateway, way: Way, message: Message, *, transmission: int = 1) -> bool:
        """Whether it is lost for good."""
        if message.source.endswith("/robot/r1") and not self._comes_through(gateway, message):
            return message.CHANNEL in DURABLE_CHANNELS
        return _send(gateway, way, message, transmission=transmission)

    def _comes_through(self, gateway: Gateway, message: Message) -> bool:
        now_us = gateway._kernel.now_us
        if message.boot == 1 and now_us >= UNHEARD_FROM_US:
            if message.CHANNEL in LATE_US and message.CHANNEL not in self._late:
                self._late.add(message.CHANNEL)
                gateway._put_up(message, sent_us=now_us, at_us=LATE_US[message.CHANNEL], transmission=1)
            return False
        if message.boot == 1 and now_us >= LOST_FROM_US and message.CHANNEL == "event":
            if not self._lost:
                self._lost.add(message.id)
            return message.id not in self._lost
        if message.boot == 2:
            return self._heard == message.CHANNEL
        return True


_send = Gateway.send


def _restarted_twice(heard: Heard, *, missing: int, tail: int = 0, timeline: str = "") -> Verdict:
    """`missing`: on so many channels of its boots; `tail`: of how many words that the first boot ends with is known."""
    first = f"{1 + tail} messages of boot 1, event 39 to {42 + tail}"
    radio = Radio(heard)

    def send(gateway: Gateway, way: Way, message: Message, *, transmission: int = 1) -> bool:
        return radio.send(gateway, way, message, transmission=transmission)

    scenario = scenario_from_text(
        DAY.replace("{missing}", str(missing)).replace("{timeline}", timeline).replace("{first}", first),
        "two_restarts.yaml",
    )
    world = World(scenario.day)
    robot, kernel = world.dock.robots["r1"], world.dock.kernel
    for at_us in (AT_US, AGAIN_US):
        kernel.after(at_us - scenario.day.start_us, lambda: Restless._start_again(robot))  # type: ignore[arg-type]
    for before_us, error_id in SAYS_BEFORE_US.items():
        data = RobotErrorClearedData(error_id=error_id)
        after_us = AT_US - before_us - scenario.day.start_us
        kernel.after(after_us, lambda data=data: robot.endpoint.emit(RobotErrorCleared, data))  # type: ignore[misc]
    kernel.after(AT_US - 1_200_000 - scenario.day.start_us, robot.report)
    with patch.object(Gateway, "send", send), patch("sim.assumptions.STARTUP_S", 0.2):
        result, _ = run_day(scenario, world, BrokenWords().on_the_bus)
    _check_causes(result.deliveries)
    return judge(result)


def _check_causes(deliveries: list[Delivery]) -> None:
    """An order, and what is missed, is the consequence of what is heard at that instant, of nothing heard before."""
    heard_us = {message.id: at_us for at_us, message in deliveries}
    for at_us, message in deliveries:
        if isinstance(message, AssignOrder | ExceptionRaised) and message.causationid is not None:
            assert heard_us[message.causationid] == at_us, f"{message.id} is said to be caused by {message.causationid}"


def state_heard() -> Verdict:
    """Of the second boot a state is heard."""
    return _restarted_twice("state", missing=3, tail=4)


def event_heard() -> Verdict:
    """Of the second boot an event is heard."""
    return _restarted_twice("event", missing=1)


def nothing_heard() -> Verdict:
    """Of the second boot nothing is heard."""
    return _restarted_twice("nothing", missing=2)


def fast_clock() -> Verdict:
    """Its clock is known to be fast, so that its last words before it started again seem to be of later."""
    return _restarted_twice("nothing", missing=2, timeline="{at: 06:02, fault: clock_off, robot: r1, offset: 5 s}")


SCENES = (state_heard, event_heard, nothing_heard, fast_clock)


def run() -> Verdict:
    """The verdict of the story."""
    return first_that_fails(*SCENES)
