"""The days the benchmark runs: steady work, no scripted fault, a link without noise, people in plenty."""

from __future__ import annotations

from msgspec import Struct

from backend.services.site import Settings
from sim.plan import DayPlan, DockPlan, GeneratedLoad, OperatorsPlan, TrailerPlan
from twin.clock import US_PER_S
from twin.site import Door, Site

START_US = 1_767_589_200_000_000
SEED = 1
EQUIPMENT_STATE_PERIOD_US = 30 * US_PER_S
DOCK_PLANNER, UNLOAD_PLANNER = "earliest_due", "top_down"
_DUE_US = 24 * 3600 * US_PER_S
_QUICK_DOCK = DockPlan(
    docking_us=5 * US_PER_S,
    restraint_us=US_PER_S,
    door_us=US_PER_S,
    departure_us=5 * US_PER_S,
    robots_travel=False,
)
"""A trailer comes and goes in seconds: the day is picking."""


class Size(Struct, frozen=True, kw_only=True):
    """How much is measured; `FULL` is what counts, `TINY` shows in seconds that everything works."""

    repeats: int
    inline_doors: int
    inline_trailers: int
    """A door."""
    inline_cases: int
    """A trailer."""
    growth_repeats: int
    many_doors: int
    growth_trailers: int
    growth_cases: int
    few_robots: int
    many_robots: int
    robots_cases: int
    bare_picks: int
    lockstep_scenario: str
    lockstep_repeats: int
    day_scenario: str
    physics_repeats: int
    physics_pulls: int
    physics_front_cases: int
    physics_cases: int


FULL = Size(
    repeats=11,
    inline_doors=4,
    inline_trailers=2,
    inline_cases=300,
    growth_repeats=3,
    many_doors=200,
    growth_trailers=1,
    growth_cases=60,
    few_robots=10,
    many_robots=5000,
    robots_cases=25,
    bare_picks=100_000,
    lockstep_scenario="morning_rush",
    lockstep_repeats=3,
    day_scenario="long_night",
    physics_repeats=3,
    physics_pulls=8,
    physics_front_cases=300,
    physics_cases=1000,
)
TINY = Size(
    repeats=1,
    inline_doors=1,
    inline_trailers=1,
    inline_cases=30,
    growth_repeats=1,
    many_doors=3,
    growth_trailers=1,
    growth_cases=10,
    few_robots=2,
    many_robots=6,
    robots_cases=10,
    bare_picks=100,
    lockstep_scenario="first_truck",
    lockstep_repeats=1,
    day_scenario="first_truck",
    physics_repeats=1,
    physics_pulls=1,
    physics_front_cases=12,
    physics_cases=12,
)


def steady_day(
    *,
    trailers: list[int],
    doors: int,
    cases: int,
    robots: int | None = None,
    state_period_us: int = 10 * US_PER_S,
    equipment_state_period_us: int = EQUIPMENT_STATE_PERIOD_US,
    lasts_us: int | None = None,
) -> DayPlan:
    """A day with trailers of these numbers, which alone decide what is in them; a robot for each door, or so many.

    `lasts_us`: the day's length, whatever happens in it; None: until the last trailer has gone.
    """
    site = Site(
        site_id="bench",
        doors=tuple(Door(door_id=f"d{n}", conveyor_id=f"c{n}", position_m=4.0 * n) for n in range(1, doors + 1)),
        robots=tuple(f"r{n}" for n in range(1, (robots or doors) + 1)),
        state_period_us=state_period_us,
        equipment_state_period_us=equipment_state_period_us,
    )
    return DayPlan(
        name="a steady day",
        seed=SEED,
        fidelity="case",
        site=site,
        start_us=START_US,
        trailers=tuple(
            TrailerPlan(
                trailer_id=f"t{number}",
                announced_us=START_US,
                arrives_us=START_US + US_PER_S + 10_000 * place,
                due_us=START_US + _DUE_US,
                load=GeneratedLoad(generator="columns", cases=cases),
            )
            for place, number in enumerate(trailers)
        ),
        until_us=START_US + (_DUE_US if lasts_us is None else lasts_us),
        grace_us=60 * US_PER_S if lasts_us is None else _DUE_US,
        dock=_QUICK_DOCK,
        operators=OperatorsPlan(remote=doors, floor=doors),
    )


def settings_for(day: DayPlan) -> Settings:
    """What the backend of a day is told."""
    return Settings(site=day.site, dock_planner=DOCK_PLANNER, unload_planner=UNLOAD_PLANNER)
