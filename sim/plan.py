"""The plan of a simulated day: all that the simulator is told. Instants are microseconds since the Unix epoch."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from twin.clock import NEVER_US
from twin.site import Site

Fidelity = Literal["trailer", "case"]
Fault = Literal["robot_dies", "robot_silent", "conveyor_jam", "link", "grip_fails", "case_drops", "no_read"]


class GeneratedLoad(Struct, frozen=True, kw_only=True, tag="generated"):
    """So many cases from a generator; `purchase_orders` POs share them."""

    generator: Literal["columns", "bricks"]
    cases: int
    purchase_orders: int = 1


class ManifestLoad(Struct, frozen=True, kw_only=True, tag="manifest"):
    """The cases of a CSV manifest, placed by a generator."""

    path: str
    generator: Literal["columns", "bricks"] = "columns"


class OrdersLoad(Struct, frozen=True, kw_only=True, tag="orders"):
    """Real pallet orders from the BED-BPP packing plans, by order id; none given: all of them."""

    orders: tuple[str, ...] = ()


class CountedLoad(Struct, frozen=True, kw_only=True, tag="counted"):
    """So many cases, none of them simulated: all that the fidelity `trailer` needs."""

    cases: int


LoadPlan = GeneratedLoad | ManifestLoad | OrdersLoad | CountedLoad


class TrailerPlan(Struct, frozen=True, kw_only=True):
    """One trailer of the day."""

    trailer_id: str
    announced_us: int
    arrives_us: int
    due_us: int
    load: LoadPlan
    carrier: str = "not named"
    unload_kind: Literal["live", "drop"] = "live"
    appointment_us: int | None = None


class ServicePlan(Struct, frozen=True, kw_only=True):
    """How long a robot works at a trailer in the fidelity `trailer`."""

    distribution: Literal["constant", "exponential"] = "exponential"
    mean_us: int = 1_800_000_000


class RobotPlan(Struct, frozen=True, kw_only=True):
    """What differs of a robot from `sim.assumptions`; None: as there. Rates are probabilities, a grip or a carry."""

    cycle_scale: float = 1.0
    grip_fails: float | None = None
    drops: float | None = None
    travel_speed_m_per_s: float | None = None
    """None: as assumed; travelling takes no time where `DockPlan.robots_travel` is false."""


class DockPlan(Struct, frozen=True, kw_only=True):
    """How long things at a door take, microseconds."""

    docking_us: int = 240_000_000
    restraint_us: int = 15_000_000
    door_us: int = 45_000_000
    departure_us: int = 120_000_000
    conveyor_transit_us: int = 20_000_000
    robots_travel: bool = True
    no_reads: float | None = None
    """Probability that a barcode cannot be read at induction; None: as assumed."""


class LinkPlan(Struct, frozen=True, kw_only=True):
    """The radio of an entity, each direction: least latency plus an exponential tail of mean `jitter_us`."""

    uplink_least_us: int = 20_000
    downlink_least_us: int = 20_000
    jitter_us: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    reordering_delay_us: int = 200_000
    retransmit_us: int = 250_000
    """On durable channels a loss is a late arrival: this much later, again and again with the same probability."""


class OperatorsPlan(Struct, frozen=True, kw_only=True):
    """How many people there are and how long they take (medians of lognormals), microseconds."""

    remote: int = 1
    remote_response_us: int = 8_000_000
    remote_handling_us: int = 20_000_000
    floor: int = 1
    floor_response_us: int = 120_000_000
    floor_handling_us: int = 180_000_000
    answers: dict[str, str] = {}
    """By exception type, the answer these people give where it is allowed; else the first option."""


class Trigger(Struct, frozen=True, kw_only=True):
    """When an action happens: at an instant, or as soon as all that is given here holds, at or after `after_us`."""

    at_us: int | None = None
    after_us: int = 0
    robot_holds_case: str | None = None
    """The robot that has a case in hand."""
    trailer_docked: str | None = None
    cases_placed: int | None = None
    """That many cases of `of_trailer` (or of all trailers) are placed."""
    of_trailer: str | None = None


class Action(Struct, frozen=True, kw_only=True):
    """One line of the timeline: a fault, scripted."""

    trigger: Trigger
    fault: Fault
    entity: str
    """`robot/r5`, `conveyor/c4`; for `link` also `*` for every robot."""
    for_us: int | None = None
    """How long it lasts; None: until people end it (robot_silent, link: required)."""
    link: LinkPlan | None = None
    """The link while a `link` fault lasts."""
    line: int = 0
    """Where the scenario says it, for the report."""


class DayPlan(Struct, frozen=True, kw_only=True):
    """Everything. The day ends at `until_us`, or `grace_us` after the last trailer has departed, whichever is first."""

    name: str
    seed: int
    fidelity: Fidelity
    site: Site
    start_us: int
    trailers: tuple[TrailerPlan, ...]
    until_us: int = NEVER_US
    grace_us: int = 60_000_000
    robots: dict[str, RobotPlan] = {}
    dock: DockPlan = DockPlan()
    service: ServicePlan = ServicePlan()
    link: LinkPlan = LinkPlan()
    operators: OperatorsPlan = OperatorsPlan()
    timeline: tuple[Action, ...] = ()
    data_dir: str | None = None
    """The folder of outside data; only an `orders` load reads it."""
    time_grid_us: int = 1
    """Every duration is rounded up to a multiple of this: 20 ms makes a day full of ties."""
