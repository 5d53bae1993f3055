"""The site, declared: doors, robots, the sorter, what takes time at a door, the radio."""

from __future__ import annotations

from typing import Annotated, ClassVar

from scenarios.language.grammar.bounds import DAY_US, MINUTE_US, default
from scenarios.language.grammar.people import OperatorsEntry
from scenarios.language.kinds import Duration, Flag, Id, Number, Share, Text, Whole, Written
from scenarios.language.rules import Rule, Together
from scenarios.language.sections import ListOf, Of, ScalarOr, Section
from scenarios.language.times import Offset
from sim.plan import DockPlan, LinkPlan, RobotPlan
from twin.messages.robot import CASES_PER_PICK_MAX
from twin.site import DOORS_MAX, ROBOTS_MAX, Site

_LINK, _DOCK, _ROBOT = LinkPlan(), DockPlan(), RobotPlan()
_EDGE = Written("m", least=0.05, most=5, what="a distance", example="0.6 m")
_WEIGHT = Written("kg", least=0.1, most=1000, what="a weight", example="27.2 kg")


class DoorEntry(Section, frozen=True, kw_only=True):
    """One door. Given as a number, doors are d1, d2 ... 4 m apart, with conveyors c1, c2 ..."""

    id: Annotated[str, Id(), "Its id."]
    conveyor: Annotated[str, Id(), "The id of the conveyor that begins at it."]
    position: Annotated[float, Written("m", least=0, most=10_000, what="a distance", example="4.5 m"), "On the dock."]


class RobotEntry(Section, frozen=True, kw_only=True):
    """One robot. Given as a number, robots are r1, r2 ... and all as `sim.assumptions` has them."""

    RULES: ClassVar[tuple[Rule, ...]] = (Together("battery", optional=("charging",)),)

    id: Annotated[str, Id(), "Its id."]
    cycle_scale: Annotated[float, Number(0.1, 10), "Its pick cycles take this many times as long."] = _ROBOT.cycle_scale
    grip_fails: Annotated[float | None, Share(), "How often a grip fails; as assumed, if not given."] = None
    drops: Annotated[float | None, Share(), "How often a carried case slips; as assumed, if not given."] = None
    travel_speed: Annotated[
        float | None,
        Written("m/s", least=0.01, most=10, what="a speed", example="0.8 m/s"),
        "Between doors; as assumed, if not given.",
    ] = None
    battery: Annotated[
        int | None,
        Duration(least_us=MINUTE_US, most_us=30 * DAY_US, example="8 h"),
        "How long a full battery lasts at work; if not given, it is on a tether.",
    ] = None
    charging: Annotated[
        int, Duration(least_us=MINUTE_US, most_us=30 * DAY_US, example="1 h"), "From empty to full."
    ] = _ROBOT.charging_us
    cases_per_pick: Annotated[int, Whole(1, CASES_PER_PICK_MAX), "So many cases at once, where they stand so."] = (
        _ROBOT.cases_per_pick
    )
    reach: Annotated[
        float | None,
        Written("m", least=0.1, most=10, what="a distance", example="2.5 m"),
        "How high it reaches; as assumed, if not given.",
    ] = None
    weight_max: Annotated[float | None, _WEIGHT, "The heaviest case it takes; as assumed, if not given."] = None
    weight_max_high: Annotated[
        float | None,
        _WEIGHT,
        "The same above chest height; as assumed, if not given, but at most `weight_max`.",
    ] = None
    size_max: Annotated[
        tuple[float, ...],
        ListOf(_EDGE, least=3, most=3),
        "The three edges of the largest case it takes; as assumed, if not given.",
    ] = ()


class DockEntry(Section, frozen=True, kw_only=True):
    """How long things at a door take, the conveyors, and how well cases are seen and read."""

    docking: Annotated[int, Duration(), "From the yard to the door."] = _DOCK.docking_us
    restraint: Annotated[int, Duration(), "Engaging the restraint, and releasing it."] = _DOCK.restraint_us
    door: Annotated[int, Duration(), "Opening the door, and closing it."] = _DOCK.door_us
    leveller: Annotated[int, Duration(), "Lowering the leveller, and storing it."] = _DOCK.leveller_us
    departure: Annotated[int, Duration(), "From the release until the door is free."] = _DOCK.departure_us
    fetch: Annotated[int, Duration(), "Until a tractor is there for a trailer that was dropped."] = _DOCK.fetch_us
    conveyor_length: Annotated[
        float,
        Written("m", least=1, most=1000, what="a distance", example="12 m"),
        "From the trailer to induction (or the sorter); a case takes 1 m of it.",
    ] = _DOCK.conveyor_length_m
    conveyor_speed: Annotated[
        float, Written("m/s", least=0.01, most=10, what="a speed", example="0.6 m/s"), "Of all conveyors."
    ] = _DOCK.conveyor_speed_m_per_s
    robots_travel: Annotated[bool, Flag(), "Whether the way between doors takes robots time."] = _DOCK.robots_travel
    no_reads: Annotated[float | None, Share(), "How often a barcode cannot be read; as assumed, if not given."] = None
    ghosts: Annotated[float, Share(), "How often a scan shows a case that is not there."] = _DOCK.ghosts
    merges: Annotated[float, Share(), "How often two neighbours are seen as one case."] = _DOCK.merges
    misses: Annotated[float, Share(), "How often a scan does not show a case that it could."] = _DOCK.misses
    position_stddev: Annotated[
        float,
        Written("m", least=0, most=0.5, what="a distance", example="0.01 m"),
        "How far off a case is seen, each way: a standard deviation.",
    ] = _DOCK.position_stddev_m
    failure_tables: Annotated[
        str | None,
        Text(256),
        "What falls and when a seal lets go in fidelity `case`: a file of `docktwin calibrate physics`, by its path "
        "from the scenario's folder; as assumed, if not given.",
    ] = None


class SorterEntry(Section, frozen=True, kw_only=True):
    """What the conveyors merge into. Given as a rate alone, its id is s1."""

    id: Annotated[str, Id(), "Its id."]
    rate: Annotated[
        float, Written("/h", least=1, most=100_000, what="a rate", example="2400 /h"), "So many cases an hour."
    ] = _DOCK.sorter_rate_per_h


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
    sorter: Annotated[
        float | SorterEntry | None,
        ScalarOr(Written("/h", least=1, most=100_000, what="a rate", example="2400 /h"), Of(SorterEntry)),
        "What the conveyors merge into; if not given, each ends at an induction of its own.",
    ] = None
    state_period: Annotated[int, Duration(least_us=1000, example="10 s"), "How often a robot says how it is."] = (
        default(Site, "state_period_us")
    )
    equipment_state_period: Annotated[
        int, Duration(least_us=1000, example="30 s"), "How often yard, doors, conveyors, sorter and people do."
    ] = default(Site, "equipment_state_period_us")
    decision_latency: Annotated[
        int, Duration(most_us=MINUTE_US, example="50 ms"), "Added to all that the backend says."
    ] = default(Site, "decision_latency_us")
    dock: Annotated[DockEntry | None, Of(DockEntry), "What takes time at a door, conveyors, perception."] = None
    link: Annotated[LinkEntry | None, Of(LinkEntry), "The radio."] = None
    operators: Annotated[OperatorsEntry | None, Of(OperatorsEntry), "The people."] = None
