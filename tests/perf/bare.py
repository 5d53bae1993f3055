"""What a run is compared with: SimPy and nothing else.

The bare loop is the least that can be called a pick: two timeouts of one process. The textbook model is what one would
write in SimPy to simulate such a dock: times that are drawn, a conveyor that holds so many cases, a ride for each case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy

from tests.perf.stopwatch import cpu_us
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Generator

PICK_US = 2_000_000
PLACE_US = 2_900_000
RIDE_US = 20_000_000
BELT_CASES = 40


def bare_us_per_pick(*, processes: int, picks: int) -> float:
    """CPU microseconds a pick of so many processes that share so many picks."""
    each = max(picks // processes, 1)

    def robot(environment: simpy.Environment, number: int) -> Generator[simpy.Event, Any, None]:
        pick_us, place_us = PICK_US + number, PLACE_US + number  # not all at the same instants
        for _ in range(each):
            yield environment.timeout(pick_us)
            yield environment.timeout(place_us)

    environment = simpy.Environment()
    for number in range(processes):
        environment.process(robot(environment, number))
    return _us_of(environment) / (each * processes)


def textbook_us_per_pick(*, processes: int, picks: int) -> float:
    """The same for the textbook model."""
    each = max(picks // processes, 1)
    draw = Draws(1).stream("textbook", "robots").triangular

    def ride(environment: simpy.Environment, belt: simpy.Resource) -> Generator[simpy.Event, Any, None]:
        with belt.request() as place:
            yield place
            yield environment.timeout(RIDE_US)

    def robot(environment: simpy.Environment, belt: simpy.Resource) -> Generator[simpy.Event, Any, None]:
        for _ in range(each):
            yield environment.timeout(int(draw(0.5, 1.5) * PICK_US))
            yield environment.timeout(int(draw(0.5, 1.5) * PLACE_US))
            environment.process(ride(environment, belt))

    environment = simpy.Environment()
    for _ in range(processes):
        environment.process(robot(environment, simpy.Resource(environment, BELT_CASES)))
    return _us_of(environment) / (each * processes)


def _us_of(environment: simpy.Environment) -> float:
    """Running it to the end; the processes have begun before."""
    while environment.peek() == 0:
        environment.step()
    return cpu_us(environment.run)
