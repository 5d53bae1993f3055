"""A story that no file can tell: strangers speak on the bus, and machines say what cannot be meant.

The same day is run twice, once with the noise and once without. Refused input changes nothing but a counter and its
number: all that the backend says must be the same.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from msgspec.structs import replace

from backend.services.ledger import Refused
from backend.services.site import SiteBackend
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge
from sim.world import World
from tests.e2e.driven import driven, settings_of
from twin.ids import DURABLE_CHANNELS
from twin.messages.robot import RobotStateReport

if TYPE_CHECKING:
    from twin.messages.envelope import Message
    from twin.participant import Delivery

EVERY = 5
"""So many messages are followed by noise."""
DAY = """\
# Strangers speak on the bus and machines talk nonsense: nothing that the dock does is different for it.
site: {id: bos1, doors: 2, robots: 2, link: {jitter: 50 ms, duplication: 2 %}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 40}
  - {id: t-2, arrives: 06:05, cases: 40}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
"""


def run() -> Verdict:
    """The verdict of the day with the noise, if the backend says what it says without."""
    verdict, said = _day(is_noisy=True)
    assert said == _day(is_noisy=False)[1], "the noise has changed what the backend says"
    return verdict


def _day(*, is_noisy: bool) -> tuple[Verdict, list[Delivery]]:
    scenario = scenario_from_text(DAY, "noisy_bus.yaml")
    backend = SiteBackend(settings_of(scenario, recheck_every=1))
    heard = count(1)

    def hear(at_us: int, message: Message) -> None:
        backend.deliver(at_us, message)
        if is_noisy and next(heard) % EVERY == 0:
            _disturb(backend, at_us, message)

    result, said = driven(scenario, World(scenario.day), backend, hear)
    return judge(result), said


def _disturb(backend: SiteBackend, at_us: int, message: Message) -> None:
    """One of another site and one of a robot nobody knows say the same; the sender itself talks nonsense."""
    for stranger in ("/bos2/robot/r1", "/bos1/robot/r99", "/bos1/crane/c1"):
        backend.deliver(at_us, replace(message, source=stranger, id=f"{stranger[1:]}:1:x:{message.seq}"))
    if isinstance(message, RobotStateReport):
        nowhere = replace(message.data, door_id="d99")
        backend.deliver(at_us, replace(message, seq=message.seq + 100_000, data=nowhere))
    if message.CHANNEL in DURABLE_CHANNELS:
        backend.take_refused(Refused(at_us, message.source, message.boot, message.CHANNEL, message.seq, "not_json"))
