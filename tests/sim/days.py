"""Small days for the simulator's tests."""

from __future__ import annotations

from typing import Any

from sim.plan import Action, CountedLoad, DayPlan, DockPlan, Fidelity, GeneratedLoad, RobotPlan, TrailerPlan
from twin.clock import US_PER_S
from twin.site import Door, Site

START_US = 1_767_589_200_000_000
DAY_US = 24 * 3600 * US_PER_S
NO_TIMES = DockPlan(
    docking_us=0, restraint_us=0, door_us=0, leveller_us=0, departure_us=0, fetch_us=0, robots_travel=False
)


def seconds(value: float) -> int:
    """The instant so many seconds after the start."""
    return START_US + round(value * US_PER_S)


def site(*, doors: int = 1, robots: int = 1, decision_latency_us: int = 50_000, sorter_id: str | None = None) -> Site:
    return Site(
        site_id="bos1",
        doors=tuple(Door(door_id=f"d{n}", conveyor_id=f"c{n}", position_m=4.0 * n) for n in range(1, doors + 1)),
        robots=tuple(f"r{n}" for n in range(1, robots + 1)),
        decision_latency_us=decision_latency_us,
        sorter_id=sorter_id,
    )


def day(
    *timeline: Action,
    fidelity: Fidelity = "case",
    cases: int = 60,
    trailers: int = 1,
    doors: int = 1,
    robots: int = 1,
    seed: int = 1,
    decision_latency_us: int = 50_000,
    robot_plans: dict[str, RobotPlan] | None = None,
    **settings: Any,  # noqa: ANN401 - any field of DayPlan
) -> DayPlan:
    """Trailers t1, t2, ... of so many cases, a second apart; robots r1, r2, ..., doors d1, ..., conveyors c1, ..."""
    load = GeneratedLoad(generator="columns", cases=cases) if fidelity != "trailer" else CountedLoad(cases=cases)
    return DayPlan(
        name="a day",
        seed=seed,
        fidelity=fidelity,
        site=site(
            doors=doors,
            robots=robots,
            decision_latency_us=decision_latency_us,
            sorter_id=settings.pop("sorter_id", None),
        ),
        start_us=START_US,
        trailers=tuple(
            TrailerPlan(
                trailer_id=f"t{n}", announced_us=START_US, arrives_us=seconds(n), due_us=START_US + DAY_US, load=load
            )
            for n in range(1, trailers + 1)
        ),
        until_us=settings.pop("until_us", START_US + DAY_US),
        timeline=timeline,
        robots=robot_plans or {},
        **settings,
    )
