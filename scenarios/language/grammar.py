"""The scenario language, declared: every section, its keys, their kinds and what they mean."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import structs

from scenarios.language import names
from scenarios.language.kinds import (
    AnyScalar,
    Choice,
    Duration,
    Flag,
    Id,
    Number,
    Share,
    Text,
    Whole,
    Written,
)
from scenarios.language.rules import AtLeastOne, Depends, ExactlyOne, NotBoth, Rule, Takes, Together
from scenarios.language.sections import Entry, ListOf, MappingOf, Of, OneOf, ScalarOr, Section
from scenarios.language.times import Moment, Offset, Start, When
from sim.plan import DayPlan, DockPlan, LinkPlan, OperatorsPlan, RobotPlan, ServicePlan
from twin.clock import US_PER_S
from twin.site import DOORS_MAX, ROBOTS_MAX, Site

CASES_MAX = 5000
TRAILERS_MAX = 10_000
PEOPLE_MAX = 1000
ENTRIES_MAX = 1000
_MINUTE_US = 60 * US_PER_S
_HOUR_US = 60 * _MINUTE_US

_LINK, _DOCK, _OPERATORS, _ROBOT, _SERVICE = LinkPlan(), DockPlan(), OperatorsPlan(), RobotPlan(), ServicePlan()


def _default(struct: type[Any], field: str) -> int:
    """The default of a plan's field: it is said in one place."""
    return next(int(entry.default) for entry in structs.fields(struct) if entry.name == field)


class DoorEntry(Section, frozen=True, kw_only=True):
    """One door. Given as a number, doors are d1, d2 ... 4 m apart, with conveyors c1, c2 ..."""

    id: Annotated[str, Id(), "Its id."]
    conveyor: Annotated[str, Id(), "The id of the conveyor that begins at it."]
    position: Annotated[float, Written("m", least=0, most=10_000, what="a distance", example="4.5 m"), "On the dock."]


class RobotEntry(Section, frozen=True, kw_only=True):
    """One robot. Given as a number, robots are r1, r2 ... and all as `sim.assumptions` has them."""

    id: Annotated[str, Id(), "Its id."]
    cycle_scale: Annotated[float, Number(0.1, 10), "Its pick cycles take this many times as long."] = _ROBOT.cycle_scale
    grip_fails: Annotated[float | None, Share(), "How often a grip fails; as assumed, if not given."] = None
    drops: Annotated[float | None, Share(), "How often a carried case slips; as assumed, if not given."] = None
    travel_speed: Annotated[
        float | None,
        Written("m/s", least=0.01, most=10, what="a speed", example="0.8 m/s"),
        "Between doors; as assumed, if not given.",
    ] = None


class DockEntry(Section, frozen=True, kw_only=True):
    """How long things at a door take."""

    docking: Annotated[int, Duration(), "From the yard to the door."] = _DOCK.docking_us
    restraint: Annotated[int, Duration(), "Engaging the restraint, and releasing it."] = _DOCK.restraint_us
    door: Annotated[int, Duration(), "Opening the door, and closing it."] = _DOCK.door_us
    departure: Annotated[int, Duration(), "From the release until the door is free."] = _DOCK.departure_us
    conveyor_transit: Annotated[int, Duration(), "From the robot to induction."] = _DOCK.conveyor_transit_us
    robots_travel: Annotated[bool, Flag(), "Whether the way between doors takes robots time."] = _DOCK.robots_travel
    no_reads: Annotated[float | None, Share(), "How often a barcode cannot be read; as assumed, if not given."] = None


class LinkEntry(Section, frozen=True, kw_only=True):
    """The radio between all that stands on the dock and the bus, each direction on its own."""

    uplink: Annotated[int, Duration(), "The least latency to the bus."] = _LINK.uplink_least_us
    downlink: Annotated[int, Duration(), "The least latency from the bus."] = _LINK.downlink_least_us
    jitter: Annotated[int, Duration(), "Mean of an exponential tail on top of it."] = _LINK.jitter_us
    loss: Annotated[float, Share(), "State and commands are lost; events and replies come late."] = _LINK.loss
    duplication: Annotated[float, Share(), "Messages that come twice."] = _LINK.duplication
    reordering: Annotated[float, Share(), "Messages held back, so that later ones overtake them."] = _LINK.reordering
    reordering_delay: Annotated[int, Duration(), "How long they are held back."] = _LINK.reordering_delay_us
    retransmit: Annotated[int, Duration(), "How much later a lost event or reply is sent again."] = _LINK.retransmit_us


class OperatorsEntry(Section, frozen=True, kw_only=True):
    """The people, and how long they take (medians)."""

    remote: Annotated[int, Whole(0, PEOPLE_MAX), "Operators at a screen."] = _OPERATORS.remote
    remote_response: Annotated[int, Duration(), "Until one of them answers."] = _OPERATORS.remote_response_us
    remote_handling: Annotated[int, Duration(), "Steering a robot through one pick."] = _OPERATORS.remote_handling_us
    floor: Annotated[int, Whole(0, PEOPLE_MAX), "Staff who go to the door."] = _OPERATORS.floor
    floor_response: Annotated[int, Duration(), "Until one of them is there."] = _OPERATORS.floor_response_us
    floor_handling: Annotated[int, Duration(), "Their work there."] = _OPERATORS.floor_handling_us
    answers: Annotated[
        dict[str, Entry],
        MappingOf(Choice(names.answers), of="exception types and answers", keys=Choice(names.exception_types)),
        "By exception type, the answer they give where it is allowed; else the first option.",
    ] = msgspec.field(default_factory=dict)


class SiteEntry(Section, frozen=True, kw_only=True):
    """What stands on the dock. Simulator and backend are told the same."""

    id: Annotated[str, Id(), "The site's id, part of every subject."]
    utc_offset: Annotated[int, Offset(), "The zone in which times of day are written and shown."] = 0
    doors: Annotated[
        int | tuple[DoorEntry, ...],
        ScalarOr(Whole(1, DOORS_MAX), ListOf(Of(DoorEntry), least=1, most=DOORS_MAX)),
        "How many, or which.",
    ]
    robots: Annotated[
        int | tuple[RobotEntry, ...],
        ScalarOr(Whole(0, ROBOTS_MAX), ListOf(Of(RobotEntry), most=ROBOTS_MAX)),
        "How many, or which.",
    ]
    state_period: Annotated[
        int,
        Duration(least_us=1000, example="10 s"),
        "How often a robot says how it is.",
    ] = _default(Site, "state_period_us")
    decision_latency: Annotated[
        int, Duration(most_us=_MINUTE_US, example="50 ms"), "Added to all that the backend says."
    ] = _default(Site, "decision_latency_us")
    dock: Annotated[DockEntry | None, Of(DockEntry), "How long things at a door take."] = None
    link: Annotated[LinkEntry | None, Of(LinkEntry), "The radio."] = None
    operators: Annotated[OperatorsEntry | None, Of(OperatorsEntry), "The people."] = None


_LATENESS = Duration(least_us=-24 * _HOUR_US, most_us=24 * _HOUR_US, example="5 min or -10 min")


class LatenessEntry(Section, frozen=True, kw_only=True):
    """How late trailers are for their appointment; early is negative."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Depends("distribution", {"normal": Takes(("mean", "stddev")), "uniform": Takes(("least", "most"))}),
    )

    distribution: Annotated[str, Choice(("normal", "uniform")), "How it is drawn, for each trailer on its own."]
    mean: Annotated[int, _LATENESS, "Of `normal`."] = 0
    stddev: Annotated[int, Duration(most_us=24 * _HOUR_US), "Of `normal`."] = 0
    least: Annotated[int, _LATENESS, "Of `uniform`."] = 0
    most: Annotated[int, _LATENESS, "Of `uniform`."] = 0


class TrailerEntry(Section, frozen=True, kw_only=True):
    """One trailer, or with `count` so many of them: the ids are then numbered, as t-1, t-2 ... of `t`."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        AtLeastOne("arrives", "appointment"),
        ExactlyOne("cases", "manifest", "orders"),
        NotBoth("due", "free_time"),
        Together("count", "arrivals", "mean_gap"),
        NotBoth("orders", "load"),
    )

    id: Annotated[str, Id(), "Its id."]
    arrives: Annotated[Moment | None, When(), "When it is in the yard."] = None
    appointment: Annotated[Moment | None, When(), "When it is expected; it comes by its lateness."] = None
    lateness: Annotated[LatenessEntry | None, Of(LatenessEntry), "Its own, instead of the scenario's."] = None
    due: Annotated[Moment | None, When(), "When its free time ends."] = None
    free_time: Annotated[int, Duration(), "It is due so long after arrival or a later appointment."] = 2 * _HOUR_US
    notice: Annotated[int, Duration(), "It is announced so long before, at the earliest at the start."] = (
        30 * _MINUTE_US
    )
    cases: Annotated[int, Whole(1, CASES_MAX), "So many cases, drawn by the seed."] = 0
    manifest: Annotated[str | None, Text(256), "The cases of a CSV manifest; a path from the scenario's folder."] = None
    orders: Annotated[
        str | tuple[str, ...],
        ScalarOr(Choice(("all",)), ListOf(Text(24), least=1, most=ENTRIES_MAX)),
        "Real pallet orders of the BED-BPP data: `all`, or a list of order ids.",
    ] = ()
    load: Annotated[str, Choice(("columns", "bricks")), "How the cases stand."] = "columns"
    purchase_orders: Annotated[int, Whole(1, 100), "So many purchase orders share the cases."] = 1
    carrier: Annotated[str, Text(64), "Who brings it."] = "not named"
    unload: Annotated[str, Choice(("live", "drop")), "Whether its driver waits."] = "live"
    count: Annotated[int | None, Whole(1, TRAILERS_MAX), "So many trailers like this."] = None
    arrivals: Annotated[
        str | None,
        Choice(("even", "poisson")),
        "With `count`: every `mean_gap` from `arrives` (or `appointment`) on, or at random with this mean.",
    ] = None
    mean_gap: Annotated[
        int, Duration(least_us=1, most_us=24 * _HOUR_US), "With `count`: mean time from one arrival to the next."
    ] = 0


class ServiceEntry(Section, frozen=True, kw_only=True):
    """How long a robot works at a trailer, in the fidelity `trailer`."""

    distribution: Annotated[str, Choice(("constant", "exponential")), "How it is drawn."] = _SERVICE.distribution
    mean: Annotated[int, Duration(least_us=1, most_us=24 * _HOUR_US), "Its mean."] = _SERVICE.mean_us


class WhenEntry(Section, frozen=True, kw_only=True):
    """When a fault begins: as soon as everything given here holds."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        AtLeastOne("robot_holds_case", "trailer_docked", "cases_placed"),
        Together("cases_placed", optional=("of_trailer",)),
    )

    robot_holds_case: Annotated[str | None, Id(), "This robot has a case in hand."] = None
    trailer_docked: Annotated[str | None, Id(), "This trailer stands at a door."] = None
    cases_placed: Annotated[int | None, Whole(1, CASES_MAX * TRAILERS_MAX), "So many cases are placed."] = None
    of_trailer: Annotated[str | None, Id(), "They are counted of this trailer, not of all."] = None
    after: Annotated[Moment | None, When(), "Not before this time."] = None


FAULTS: dict[str, Takes] = {
    "robot_dies": Takes(("robot",), ("for",)),
    "robot_silent": Takes(("robot", "for")),
    "conveyor_jam": Takes(("conveyor",), ("for",)),
    "link": Takes(("robot", "for", "link")),
    "grip_fails": Takes(("robot",)),
    "case_drops": Takes(("robot",)),
    "no_read": Takes(("conveyor",)),
}


class TimelineEntry(Section, frozen=True, kw_only=True):
    """A scripted fault."""

    RULES: ClassVar[tuple[Rule, ...]] = (ExactlyOne("at", "when"), Depends("fault", FAULTS))

    at_: Annotated[Moment | None, When(), "When it begins."] = None
    when: Annotated[WhenEntry | None, Of(WhenEntry), "What must hold for it to begin."] = None
    fault: Annotated[str, Choice(FAULTS), "What goes wrong."]
    robot: Annotated[str | None, Id(), "Which robot; with `link` also `all`."] = None
    conveyor: Annotated[str | None, Id(), "Which conveyor."] = None
    for_: Annotated[int | None, Duration(least_us=1), "How long; without it, until people end it."] = None
    link: Annotated[LinkEntry | None, Of(LinkEntry), "What the radio is like meanwhile."] = None


_NAME = Annotated[str | None, Text(100), "What a person reads; a sentence is made if it is not given."]
_WHERE = Annotated[
    dict[str, Entry],
    MappingOf(AnyScalar(), of="fields of the message and their values"),
    "Fields of its data, with the values they must have.",
]
_TYPE = Choice(names.message_types, what="a type of message", listed_by="docktwin schema messages")
_ENTITY = Annotated[str | None, Text(65), "Who says it, or whom a command is for, as robot/r5."]


class EveryTrailerEntry(Section, frozen=True, kw_only=True):
    """Every trailer of the day has departed."""

    every_trailer: Annotated[
        str, Choice(("departed", "departed_before_due")), "By the end (or `by`), or each within its free time."
    ]
    by: Annotated[Moment | None, When(), "At the latest."] = None
    name: _NAME = None


class EveryCaseEntry(Section, frozen=True, kw_only=True):
    """By the simulator's truth, every case has ended in one of these places; none counts twice, also on no receipt."""

    every_case: Annotated[
        str | tuple[str, ...],
        ScalarOr(Choice(names.case_ends), ListOf(Choice(names.case_ends), least=1, most=10)),
        "One place, or a list.",
    ]
    name: _NAME = None


class FirstEntry(Section, frozen=True, kw_only=True):
    """The message from which time is counted: the first that is like this."""

    message: Annotated[str, _TYPE, "Its type."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None


class EventuallyEntry(Section, frozen=True, kw_only=True):
    """Such a message comes."""

    RULES: ClassVar[tuple[Rule, ...]] = (Together("within", "after"), NotBoth("by", "within"))

    eventually: Annotated[str, _TYPE, "The type of the message."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None
    at_least: Annotated[int, Whole(1, 1_000_000), "So many of them."] = 1
    by: Annotated[Moment | None, When(), "At the latest."] = None
    after: Annotated[FirstEntry | None, Of(FirstEntry), "Counted from the first message like this."] = None
    within: Annotated[int | None, Duration(least_us=1), "At the latest so long after it."] = None
    name: _NAME = None


class NeverEntry(Section, frozen=True, kw_only=True):
    """No such message comes."""

    never: Annotated[str, _TYPE, "The type of the message."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None
    after: Annotated[Moment | None, When(), "From this time on."] = None
    name: _NAME = None


class AlwaysEntry(Section, frozen=True, kw_only=True):
    """A count of what is open stays within bounds from the beginning to the end."""

    RULES: ClassVar[tuple[Rule, ...]] = (AtLeastOne("at_most", "at_least"),)

    always: Annotated[str, Choice(names.gauges), "What is counted."]
    at_most: Annotated[int | None, Whole(0, 1_000_000), "Its upper bound."] = None
    at_least: Annotated[int | None, Whole(0, 1_000_000), "Its lower bound."] = None
    name: _NAME = None


class KpiEntry(Section, frozen=True, kw_only=True):
    """A KPI lies within bounds; one without a value does not."""

    RULES: ClassVar[tuple[Rule, ...]] = (AtLeastOne("at_most", "at_least"),)

    kpi: Annotated[str, Choice(names.kpis, what="a KPI", listed_by="docs/kpis.md"), "Its name in docs/kpis.md."]
    at_most: Annotated[float | None, Number(-1e9, 1e9), "Its upper bound."] = None
    at_least: Annotated[float | None, Number(-1e9, 1e9), "Its lower bound."] = None
    name: _NAME = None


ExpectEntry = EveryTrailerEntry | EveryCaseEntry | EventuallyEntry | NeverEntry | AlwaysEntry | KpiEntry
EXPECTATIONS: dict[str, type[Section]] = {
    "every_trailer": EveryTrailerEntry,
    "every_case": EveryCaseEntry,
    "eventually": EventuallyEntry,
    "never": NeverEntry,
    "always": AlwaysEntry,
    "kpi": KpiEntry,
}


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
    fidelity: Annotated[str, Choice(names.fidelities), "Whether cases are simulated, or one time a trailer."] = "case"
    until: Annotated[Moment | None, When(), "The end at the latest; if not given, 24 h after the start."] = None
    grace: Annotated[int, Duration(), "The run ends so long after the last trailer has departed."] = _default(
        DayPlan, "grace_us"
    )
    time_grid: Annotated[int, Duration(least_us=1, most_us=_MINUTE_US), "Durations are rounded up to it."] = 1
    lateness: Annotated[LatenessEntry | None, Of(LatenessEntry), "Of trailers that have an appointment."] = None
    service: Annotated[ServiceEntry | None, Of(ServiceEntry), "In the fidelity `trailer`."] = None
    timeline: Annotated[tuple[TimelineEntry, ...], ListOf(Of(TimelineEntry), most=ENTRIES_MAX), "Scripted faults."] = ()
    expect: Annotated[tuple[ExpectEntry, ...], ListOf(OneOf(EXPECTATIONS), most=ENTRIES_MAX), "What must hold."] = ()
    measure: Annotated[MeasureEntry | None, Of(MeasureEntry), "When KPIs are counted."] = None
    planners: Annotated[PlannersEntry | None, Of(PlannersEntry), "Who decides."] = None
