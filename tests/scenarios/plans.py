"""Scenarios and runs made by hand, for what judges and shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.model import Condition, Expectation, Measure, Scenario
from sim.plan import Action, CountedLoad, DayPlan, TrailerPlan
from sim.truth import CaseRow, PhysicsReport, TrailerRow, Truth
from tests.scenarios.story import START_US
from twin.clock import us
from twin.site import Door, Site

if TYPE_CHECKING:
    from sim.case import Outcome
    from twin.participant import Delivery
    from twin.run_control import Violation


def at(seconds: float) -> int:
    """The instant so long after 06:00."""
    return START_US + us(seconds)


def scenario(
    *conditions: Condition | tuple[str, Condition],
    due_s: dict[str, float] | None = None,
    timeline: tuple[Action, ...] = (),
    measure: Measure | None = None,
) -> Scenario:
    """A scenario with these expectations (their names, or "expectation 1" ...) and trailers by their due times."""
    named = [c if isinstance(c, tuple) else (f"expectation {n}", c) for n, c in enumerate(conditions, start=1)]
    return Scenario(
        name="small_day",
        story="a small day",
        path="scenarios/library/small_day.yaml",
        text="",
        day=DayPlan(
            name="small_day",
            seed=7,
            fidelity="case",
            site=Site(
                site_id="bos1", doors=(Door(door_id="d1", conveyor_id="c1", position_m=0.0),), robots=("r1", "r2")
            ),
            start_us=START_US,
            trailers=tuple(
                TrailerPlan(
                    trailer_id=name, announced_us=START_US, arrives_us=at(60), due_us=at(due), load=CountedLoad(cases=3)
                )
                for name, due in (due_s or {}).items()
            ),
            timeline=timeline,
        ),
        dock_planner="earliest_due",
        unload_planner="top_down",
        expectations=tuple(Expectation(name=name, condition=c, line=10 + n) for n, (name, c) in enumerate(named)),
        measure=measure or Measure(),
    )


def truth(outcomes: dict[str, Outcome], *, trailer: str = "t-1") -> Truth:
    """One trailer and what became of its cases."""
    return Truth(
        trailers=(
            TrailerRow(
                trailer_id=trailer,
                door_id="d1",
                arrived_us=at(60),
                docked_us=at(180),
                unload_started_us=at(300),
                unload_finished_us=at(900.5),
                released_us=at(1200),
                departed_us=None,
                cases=len(outcomes),
            ),
        ),
        cases=tuple(
            CaseRow(
                case_id=case,
                trailer_id=trailer,
                manifest_line="1",
                label=f"label-{case}",
                weight_kg=9.5,
                fault="none",
                outcome=outcome,
                picked_us=at(400),
            )
            for case, outcome in outcomes.items()
        ),
    )


class HandmadeRun(Struct, kw_only=True):
    """The attributes of a RunResult, filled in by hand."""

    scenario: Scenario
    deliveries: list[Delivery]
    truth: Truth = truth({})
    physics: PhysicsReport = PhysicsReport()
    driver: str = "inline"
    digest: str = "9f3c41d077abe2c8" * 2
    timers: list[tuple[int, str]] = []
    inputs_checked: int = 74_311
    violations: list[Violation] = []
    start_us: int = START_US
    end_us: int = START_US + us(9667)
    wall_s: float = 11.8
    nats_version: str | None = None
