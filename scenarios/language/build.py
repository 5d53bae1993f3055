"""From a file that was read to the scenario: references followed, bounds between values kept, draws made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from scenarios.language import names
from scenarios.language.arrivals import Arrivals
from scenarios.language.dock import Things, check_grace, planned
from scenarios.language.expectations import Conditions
from scenarios.language.faults import Faults
from scenarios.language.lateness import check_lateness
from scenarios.language.people import People
from scenarios.language.references import Known, Times
from scenarios.language.times import Calendar
from scenarios.model import Measure, Scenario
from sim.plan import BischoffRatcliffLoad, DayPlan, Fidelity, OrdersLoad, ServicePlan
from twin.clock import US_PER_S
from twin.config import data_dir
from twin.rng import Draws

if TYPE_CHECKING:
    from scenarios.language.grammar.file import ScenarioFile

_DAY_US = 24 * 3600 * US_PER_S
_OUTSIDE = (OrdersLoad, BischoffRatcliffLoad)
"""Loads whose data are no part of docktwin."""


class Wishes(Struct, frozen=True, kw_only=True):
    """What a caller decides instead of the file."""

    seed: int | None = None
    fidelity: Fidelity | None = None
    dock_planner: str | None = None
    unload_planner: str | None = None


def built(file: ScenarioFile, wishes: Wishes, *, name: str, story: str, folder: Path) -> Scenario:
    """The scenario a file tells; its paths begin in `folder`. Raises ScenarioError with every mistake of the file."""
    source = file.at.source
    times = _times(file)
    things = Things(file.site, folder=folder)
    trailers = Known("trailer", is_sound="trailers" not in file.at.troubled | file.at.unread)
    people = People(times, file.site.operators)
    known = _known(things, trailers, people)
    day = _day(file, wishes, times, things, people, known, name=name, folder=folder)
    conditions = Conditions(times, known, day.fidelity)
    expectations = tuple(conditions.of(entry) for entry in file.expect)
    measure = _measure(file, times)
    planners = file.planners
    source.refuse_if_mistaken()
    return Scenario(
        name=name,
        story=story,
        path=source.path,
        text=source.text,
        day=day,
        dock_planner=wishes.dock_planner or (planners.dock if planners else names.DOCK_PLANNER),
        unload_planner=wishes.unload_planner or (planners.unload if planners else names.UNLOAD_PLANNER),
        expectations=expectations,
        measure=measure,
        utc_offset_s=file.site.utc_offset,
    )


def _times(file: ScenarioFile) -> Times:
    is_dated = file.at.is_sound("start", "site") and file.site.at.is_sound("utc_offset")
    calendar = Calendar(file.start, utc_offset_s=file.site.utc_offset) if is_dated else None
    return Times(calendar, until=file.until, until_at=file.at, longest_us=_DAY_US)


def _day(
    file: ScenarioFile,
    wishes: Wishes,
    times: Times,
    things: Things,
    people: People,
    known: Mapping[str, Known],
    *,
    name: str,
    folder: Path,
) -> DayPlan:
    seed = file.seed if wishes.seed is None else wishes.seed
    fidelity = wishes.fidelity or cast("Fidelity", file.fidelity)
    for lateness in (file.lateness, *(entry.lateness for entry in file.trailers)):
        check_lateness(lateness)
    arrivals = Arrivals(times, Draws(seed), known["trailer"], lateness=file.lateness, fidelity=fidelity, folder=folder)
    trailers = tuple(plan for entry in file.trailers for plan in arrivals.of(entry))
    faults = Faults(times, known, things.link, backend_id=things.site.backend_id)
    check_grace(file, things.link)
    return DayPlan(
        name=name,
        seed=seed,
        fidelity=fidelity,
        site=things.site,
        start_us=times.start_us,
        trailers=trailers,
        until_us=times.until_us,
        grace_us=file.grace,
        robots=things.robot_plans,
        dock=things.dock,
        service=planned(ServicePlan(), file.service),
        link=things.link,
        operators=people.plan,
        timeline=tuple(map(faults.scripted, file.timeline)),
        random_faults=tuple(fault for fault in map(faults.random, file.faults) if fault.per_h > 0),
        data_dir=_data_folder() if any(isinstance(plan.load, _OUTSIDE) for plan in trailers) else None,
        time_grid_us=file.time_grid,
    )


def _data_folder() -> str | None:
    folder = data_dir()
    return None if folder is None else str(folder)


def _measure(file: ScenarioFile, times: Times) -> Measure:
    entry = file.measure
    if entry is None:
        return Measure()
    from_us = times.us(entry.at, "from", entry.from_, within_day=True)
    until_us = times.us(entry.at, "until", entry.until)
    if from_us is not None and until_us is not None and until_us <= from_us:
        entry.at.blame("until", f"a time after {times.text(from_us)}")
    return Measure(from_us=from_us, until_us=until_us)


def _known(things: Things, trailers: Known, people: People) -> dict[str, Known]:
    """What messages may be about or from, by the kind of its address; trailers and persons too, who say nothing."""
    site = things.site
    known = {
        "robot": things.robots,
        "door": things.doors,
        "conveyor": things.conveyors,
        "sorter": things.sorters,
        "trailer": trailers,
        "person": people.known,
    }
    offices = {"yard": [site.yard_id], "operator": [site.remote_operators_id, site.floor_staff_id]}
    for kind, ids in {**offices, "backend": [site.backend_id]}.items():
        known[kind] = Known(kind)
        known[kind].lines.update(dict.fromkeys(ids, 0))
    return known
