"""What there is to strike: the things of a scenario, and what its robots did and when in a run without more faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.explore.times import DayClock, clock_of
from sim.plan import CountedLoad, GeneratedLoad
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import RobotStateReport
from twin.messages.trailer import TrailerDeparted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scenarios.drivers import RunResult
    from scenarios.model import Scenario
    from twin.participant import Delivery

SPAN_MAX_US = 6 * 3600 * US_PER_S
"""Faults begin within the first part of the day: what is not finished at its end then hangs."""


class Instant(Struct, frozen=True):
    """When a robot entered a state."""

    at_us: int
    robot_id: str


class Ground(Struct, frozen=True, kw_only=True):
    """A scenario as seen by who wants to break it. `moments`: by robot state, when any robot entered it."""

    seed: int
    clock: DayClock
    span_us: int
    robots: tuple[str, ...]
    doors: tuple[str, ...]
    conveyors: tuple[str, ...]
    sorters: tuple[str, ...]
    trailers: tuple[tuple[str, int], ...]
    """Each with how many cases it brings, 0 where that is not known."""
    operators: tuple[str, ...]
    """The roles that somebody fills."""
    moments: dict[str, tuple[Instant, ...]]


def ground_of(scenario: Scenario, result: RunResult) -> Ground:
    """What there is to strike in a scenario that was run."""
    day = scenario.day
    departed = [d.at_us for d in result.deliveries if isinstance(d.message, TrailerDeparted)]
    span_us = max(departed, default=result.end_us) - day.start_us
    people = {"remote": day.operators.remote, "floor": day.operators.floor}
    named = {person.role for person in day.operators.people}
    return Ground(
        seed=day.seed,
        clock=clock_of(scenario),
        span_us=min(span_us, SPAN_MAX_US),
        robots=day.site.robots,
        doors=tuple(door.door_id for door in day.site.doors),
        conveyors=tuple(door.conveyor_id for door in day.site.doors),
        sorters=() if day.site.sorter_id is None else (day.site.sorter_id,),
        trailers=tuple((trailer.trailer_id, _cases(trailer.load)) for trailer in day.trailers),
        operators=tuple(role for role, count in people.items() if count or role in named),
        moments=_moments(result.deliveries, day.start_us + SPAN_MAX_US),
    )


def _cases(load: object) -> int:
    return load.cases if isinstance(load, CountedLoad | GeneratedLoad) else 0


def _moments(deliveries: Iterable[Delivery], until_us: int) -> dict[str, tuple[Instant, ...]]:
    found: dict[str, list[Instant]] = {}
    states: dict[str, str] = {}
    for _, message in deliveries:
        if isinstance(message, RobotStateReport):
            robot_id = message.source.rpartition("/")[2]
            at_us = parse_time(message.time)
            if states.get(robot_id) != message.data.robot_state and at_us < until_us:
                states[robot_id] = message.data.robot_state
                found.setdefault(message.data.robot_state, []).append(Instant(at_us, robot_id))
    return {state: tuple(found[state]) for state in sorted(found)}
