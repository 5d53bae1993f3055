"""The simulator's side of the run loop (docs/architecture.md, "Time"); drivers differ only in who answers a grant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from twin.clock import NEVER_US

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim.world import World
    from twin.participant import Delivery

STANDSTILLS_MAX = 10_000
"""Windows in a row that end at one instant: with more, the two sides answer each other and time stands still."""

# A run has almost as many windows as messages, and a Struct is made in a tenth of the time a NamedTuple takes.


class Window(Struct, frozen=True, gc=False):
    """What the backend is granted: these uplinks in canonical order, and time until `until_us` (exclusive)."""

    until_us: int
    uplinks: list[Delivery]
    is_last: bool


class Answer(Struct, frozen=True, gc=False):
    """What the backend made of a window: what it published, and when it would act next on its own."""

    published: list[Delivery]
    next_us: int


def run_loop(world: World, *, windows: bool = True) -> Generator[Window, Answer, int]:
    """Yield windows to be answered until the end of the run; returns the end.

    With `windows` off (a test mode) time is granted instant by instant; the log must be the same.
    """
    least_up_us = world.uplink_least_us
    least_down_us = world.downlink_least_us + world.site.decision_latency_us
    assert least_down_us >= 1, "the schema refuses a backend that answers in no time"
    backend_next_us = NEVER_US
    end_us = NEVER_US if world.end_us is None else world.end_us
    last_us, standstills = -1, 0
    while True:
        backend_acts_us = min(backend_next_us, world.first_arrival())
        if windows:
            reached_us = world.advance(min(backend_acts_us + least_down_us, end_us))
            until_us = reached_us + least_up_us
        else:
            reached_us = world.advance(min(backend_acts_us, world.next_time(), end_us - 1) + 1)
            until_us = reached_us
        end_us = NEVER_US if world.end_us is None else world.end_us
        is_last = reached_us >= end_us
        until_us = min(until_us, end_us)
        standstills = standstills + 1 if until_us == last_us else 0
        assert standstills <= STANDSTILLS_MAX, f"time stands still at {until_us} us: {standstills} windows end there"
        last_us = until_us
        uplinks = world.take_arrivals(until_us)
        if not uplinks and backend_next_us >= until_us and not is_last:
            continue
        answer = yield Window(until_us, uplinks, is_last)
        if is_last:
            return end_us
        backend_next_us = answer.next_us
        for at_us, message in answer.published:
            world.deliver(at_us, message)
