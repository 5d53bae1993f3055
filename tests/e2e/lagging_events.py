"""A story that no file can tell: one of the robots' streams lags, while the others come at once.

Each stream on the bus has its own reader. If events lag, a robot says that its order is over before the twin has heard
of its last cases, that it holds what it was not seen to pick, that it is released before it was stopped. If states lag,
it says that it holds what it has long laid down, and that it waits for a release that it has had.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sim.gateway import Gateway
from tests.e2e.meddling import ask, first_that_fails, run_meddled
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from twin.messages.envelope import Message

DAY = """\
# What robots have done, or how they are, is heard seconds late, and all else at once: work is slower, and right.
site:
  id: bos1
  doors: 2
  robots:
    - {id: r1, battery: 12 min, charging: 20 min}
    - {id: r2}
    - {id: r3, drops: 5 %}
  dock: {docking: 30 s, no_reads: 0 %, ghosts: 3 %}
  operators: {remote: 2, floor: 3, floor_response: 30 s, floor_handling: 30 s}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t, count: 6, arrivals: even, mean_gap: 3 min, arrives: 06:02, cases: 40}
timeline:
  - {when: {robot_holds_case: r2, cases_placed: 30}, fault: emergency_stop, robot: r2}
  - {at: 06:12, fault: operator_pauses, robot: r3, for: 20 s}
  - {at: 06:20, fault: operator_pauses, robot: r2, for: 5 s}
faults:
  - {fault: emergency_stop, robot: each, per_hour: 12, until: 06:40}
  - {fault: operator_pauses, robot: each, per_hour: 12, for: 20 s, until: 06:40}
  - {fault: grip_fails, robot: each, per_hour: 12, until: 06:40}
expect:
  - every_trailer: departed
    by: 07:30
  - every_case: [received, manual, damaged, refused]
  - kpi: cases_short
    at_most: 0
  - kpi: cases_manual
    at_most: 4
  - name: the lag is no loss
    never: exception.raised.v1
    where: {exception_type: messages_lost}
  - name: nobody is sent to a robot that works
    never: robot.removed.v1
  - name: nobody is asked in vain about a robot that was released
    never: exception.resolved.v1
    where: {resolution: stop_over}
  - name: each stop is asked about
    each: robot.emergency_stopped.v1
    leads_to: {message: robot.emergency_stop_reset.v1}
    same: robot
    within: 4 min
    at_least: 3
"""


LATER = """\
# One robot, and trailers that wait for it: it is known to be out of one, and what it did there is told later.
#
# Its orders are ended now and then while it is at it.
site:
  id: bos1
  doors: 2
  robots: 1
  dock: {docking: 30 s, no_reads: 0 %}
  operators: {remote: 2, floor: 3, floor_response: 30 s, floor_handling: 30 s}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t, count: 3, arrivals: even, mean_gap: 1 min, arrives: 06:02, cases: 40}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: the lag is no loss
    never: exception.raised.v1
    where: {exception_type: messages_lost}
"""
CANCELLED_AT = ("06:06:30", "06:10:20")
LAGGING = (
    ("event", 8 * US_PER_S, DAY),
    ("state", 3 * US_PER_S // 2, DAY),
    ("event", 25 * US_PER_S, LATER, *CANCELLED_AT),
)
"""Which channel, how long, on which day. States lag less, or their clocks would be taken to be off."""


def run() -> Verdict:
    """The verdict of the first day that does not pass."""
    return first_that_fails(*[partial(run_with, *lag) for lag in LAGGING])


def run_with(channel: str, lag_us: int, day: str, *cancelled_at: str) -> Verdict:
    """The verdict of a day on which this channel lags, and the orders that R1 has at these times are ended."""
    put_up = Gateway._put_up

    def put_up_late(gateway: Gateway, message: Message, *, at_us: int, **how: Any) -> None:  # noqa: ANN401 - as it is
        lags = channel == message.CHANNEL and "/robot/" in message.source
        put_up(gateway, message, at_us=at_us + (lag_us if lags else 0), **how)

    with patch.object(Gateway, "_put_up", put_up_late):
        return run_meddled(day, {at: ask("r1", "cancel") for at in cancelled_at})
