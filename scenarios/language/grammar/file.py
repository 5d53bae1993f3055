"""A scenario file, declared: what stands at its top."""

from __future__ import annotations

from typing import Annotated

from scenarios.language import names
from scenarios.language.grammar.bounds import ENTRIES_MAX, MINUTE_US, TRAILERS_MAX, default
from scenarios.language.grammar.expectations import EXPECTATIONS, ExpectEntry
from scenarios.language.grammar.faults import RandomFaultEntry, TimelineEntry
from scenarios.language.grammar.site import SiteEntry
from scenarios.language.grammar.trailers import LatenessEntry, ServiceEntry, TrailerEntry
from scenarios.language.kinds import Choice, Duration, Whole
from scenarios.language.sections import ListOf, Of, OneOf, Section
from scenarios.language.times import Moment, Start, When
from sim.plan import DayPlan


class MeasureEntry(Section, frozen=True, kw_only=True):
    """KPIs count what lies between, so that a steady run has no warm-up in it."""

    from_: Annotated[Moment | None, When(), "Included; if not given, the start."] = None
    until: Annotated[Moment | None, When(), "Not included; if not given, the end."] = None


class PlannersEntry(Section, frozen=True, kw_only=True):
    """Who decides; the command line may name others."""

    dock: Annotated[str, Choice(names.dock_planners), "Which trailer to which door."] = names.DOCK_PLANNER
    unload: Annotated[str, Choice(names.unload_planners), "In what order the cases are taken."] = names.UNLOAD_PLANNER


class ScenarioFile(Section, frozen=True, kw_only=True):
    """A scenario. The first line of the file, a comment, tells its story."""

    site: Annotated[SiteEntry, Of(SiteEntry), "What stands on the dock."]
    start: Annotated[Moment, Start(), "The date and time at which the day begins."]
    trailers: Annotated[tuple[TrailerEntry, ...], ListOf(Of(TrailerEntry), least=1, most=TRAILERS_MAX), "What comes."]
    seed: Annotated[int, Whole(0, 2**53), "Of all random draws."] = 1
    fidelity: Annotated[
        str,
        Choice(names.fidelities),
        "`trailer`: one time a trailer; `case`: case by case; `physics`: that on a load in PyBullet.",
    ] = "case"
    until: Annotated[Moment | None, When(), "The end at the latest; if not given, 24 h after the start."] = None
    grace: Annotated[int, Duration(), "The run ends so long after the last trailer has departed."] = default(
        DayPlan, "grace_us"
    )
    time_grid: Annotated[int, Duration(least_us=1, most_us=MINUTE_US), "Durations are rounded up to it."] = 1
    lateness: Annotated[LatenessEntry | None, Of(LatenessEntry), "Of trailers that have an appointment."] = None
    service: Annotated[ServiceEntry | None, Of(ServiceEntry), "In the fidelity `trailer`."] = None
    timeline: Annotated[tuple[TimelineEntry, ...], ListOf(Of(TimelineEntry), most=ENTRIES_MAX), "Scripted faults."] = ()
    faults: Annotated[
        tuple[RandomFaultEntry, ...], ListOf(Of(RandomFaultEntry), most=ENTRIES_MAX), "Faults at random."
    ] = ()
    expect: Annotated[tuple[ExpectEntry, ...], ListOf(OneOf(EXPECTATIONS), most=ENTRIES_MAX), "What must hold."] = ()
    measure: Annotated[MeasureEntry | None, Of(MeasureEntry), "When KPIs are counted."] = None
    planners: Annotated[PlannersEntry | None, Of(PlannersEntry), "Who decides."] = None
