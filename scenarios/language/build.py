"""From a file that was read to the scenario: references followed, bounds between values kept, draws made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from scenarios.language import names
from scenarios.language.arrivals import Arrivals
from scenarios.language.dock import Things, check_grace, planned
from scenarios.language.expectations import Conditions
from scenarios.language.kinds import duration_text
from scenarios.language.references import Known, Times
from scenarios.language.timeline import Timeline
from scenarios.language.times import Calendar
from scenarios.model import Measure, Scenario
from sim.plan import DayPlan, DockPlan, Fidelity, OperatorsPlan, OrdersLoad, ServicePlan
from twin.clock import US_PER_S
from twin.config import data_dir
from twin.rng import Draws

if TYPE_CHECKING:
    from scenarios.language.grammar import LatenessEntry, ScenarioFile

_DAY_US = 24 * 3600 * US_PER_S


class Wishes(Struct, frozen=True, kw_only=True):
    """What a caller decides instead of the file."""

    seed: int | None = None
    fidelity: Fidelity | None = None
    dock_planner: str | None = None
    unload_planner: str | None = None


def built(file: ScenarioFile, wishes: Wishes, *, name: str, story: str, folder: Path) -> Scenario:
    """The scenario a file tells; manifests lie in `folder`. Raises ScenarioError with every mistake of the file."""
    source = file.at.source
    times = _times(file)
    things = Things(file.site)
    trailers = Known("trailer", is_sound="trailers" not in file.at.troubled | file.at.unread)
    day = _day(file, wishes, times, things, trailers, name=name, folder=folder)
    conditions = Conditions(times, _known(things, trailers))
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
    file: ScenarioFile, wishes: Wishes, times: Times, things: Things, known: Known, *, name: str, folder: Path
) -> DayPlan:
    seed = file.seed if wishes.seed is None else wishes.seed
    fidelity: Fidelity = wishes.fidelity or ("trailer" if file.fidelity == "trailer" else "case")
    for lateness in (file.lateness, *(entry.lateness for entry in file.trailers)):
        _check_lateness(lateness)
    arrivals = Arrivals(times, Draws(seed), known, lateness=file.lateness, fidelity=fidelity, folder=folder)
    trailers = tuple(plan for entry in file.trailers for plan in arrivals.of(entry))
    timeline = Timeline(times, things, known)
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
        dock=planned(DockPlan(), file.site.dock),
        service=planned(ServicePlan(), file.service),
        link=things.link,
        operators=_operators(file),
        timeline=tuple(map(timeline.of, file.timeline)),
        data_dir=_data_folder() if any(isinstance(plan.load, OrdersLoad) for plan in trailers) else None,
        time_grid_us=file.time_grid,
    )


def _check_lateness(lateness: LatenessEntry | None) -> None:
    if lateness is not None and lateness.least > lateness.most and lateness.at.is_sound("least", "most"):
        lateness.at.blame("most", f"at least {duration_text(lateness.least)}, the least")


def _operators(file: ScenarioFile) -> OperatorsPlan:
    entry = file.site.operators
    if entry is None:
        return OperatorsPlan()
    answers = {exception_type: given.value for exception_type, given in entry.answers.items()}
    return replace(planned(OperatorsPlan(), entry), answers=answers)


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


def _known(things: Things, trailers: Known) -> dict[str, Known]:
    """What messages may be about or from, by the kind of its address; trailers too, though they say nothing."""
    site = things.site
    known = {"robot": things.robots, "door": things.doors, "conveyor": things.conveyors, "trailer": trailers}
    offices = {"yard": [site.yard_id], "operator": [site.remote_operators_id, site.floor_staff_id]}
    for kind, ids in {**offices, "backend": [site.backend_id]}.items():
        known[kind] = Known(kind)
        known[kind].lines.update(dict.fromkeys(ids, 0))
    return known
