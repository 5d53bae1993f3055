"""The plan of a simulated day: all that the simulator is told. Instants are microseconds since the Unix epoch."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sim import assumptions
from sim.physics.tables import RULE_OF_THUMB, FailureTables
from twin.clock import NEVER_US, us
from twin.site import Site

Fidelity = Literal["trailer", "case", "physics"]
Fault = Literal[
    "robot_dies",
    "robot_silent",
    "robot_zombie",
    "double_identity",
    "clock_off",
    "vacuum_lost",
    "emergency_stop",
    "protective_stop",
    "grip_fails",
    "case_drops",
    "case_damaged",
    "ghost_case",
    "merged_cases",
    "wall_collapse",
    "no_read",
    "conveyor_jam",
    "sorter_down",
    "wrong_door",
    "person_in_cell",
    "link",
    "partition",
    "messages_lost",
    "late_answer",
    "double_answer",
    "operator_pauses",
    "backend_restarts",
]


Generator = Literal["columns", "bricks", "mixed"]


class GeneratedLoad(Struct, frozen=True, kw_only=True, tag="generated"):
    """So many cases from a generator; `purchase_orders` POs share them."""

    generator: Generator
    cases: int
    purchase_orders: int = assumptions.PO_COUNT


class ManifestLoad(Struct, frozen=True, kw_only=True, tag="manifest"):
    """The cases of a CSV manifest, placed by a generator."""

    path: str
    generator: Generator = "columns"


class OrdersLoad(Struct, frozen=True, kw_only=True, tag="orders"):
    """Real pallet orders from the BED-BPP packing plans, by order id; none given: all of them."""

    orders: tuple[str, ...] = ()


class BischoffRatcliffLoad(Struct, frozen=True, kw_only=True, tag="bischoff_ratcliff"):
    """A truck load of the Bischoff-Ratcliff benchmark, in a longer trailer. `name`: of its file, as BR1_01."""

    name: str


class CountedLoad(Struct, frozen=True, kw_only=True, tag="counted"):
    """So many cases, none of them simulated: all that the fidelity `trailer` needs."""

    cases: int


LoadPlan = GeneratedLoad | ManifestLoad | OrdersLoad | BischoffRatcliffLoad | CountedLoad


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
    detention_per_h: float = 0.0
    missing: int = 0
    """So many cases of the manifest are not in it."""
    missing_of: str | None = None
    """They are all of this purchase order; None: of any."""
    extra: int = 0
    """So many cases more than a manifest line says, with its label."""
    wrong: int = 0
    """So many cases carry a label that is on no line."""
    too_heavy: int = 0
    too_large: int = 0
    damaged: int = 0
    """So many cases are beyond what any robot takes, or come crushed."""


class ServicePlan(Struct, frozen=True, kw_only=True):
    """How long a robot works at a trailer in the fidelity `trailer`."""

    distribution: Literal["constant", "exponential", "lognormal", "empirical"] = "exponential"
    mean_us: int = us(assumptions.SERVICE_MEAN_S)
    sigma: float = assumptions.SERVICE_SIGMA
    """Of `lognormal`: standard deviation of the logarithm."""
    values_us: tuple[int, ...] = ()
    """Of `empirical`: what was measured, each as likely as any other."""


class RobotPlan(Struct, frozen=True, kw_only=True):
    """What differs of a robot from `sim.assumptions`; None: as there. Rates are probabilities, a grip or a carry."""

    cycle_scale: float = 1.0
    grip_fails: float | None = None
    drops: float | None = None
    travel_speed_m_per_s: float | None = None
    """None: as assumed; travelling takes no time where `DockPlan.robots_travel` is false."""
    battery_us: int | None = None
    """How long a full battery lasts at work; None: it is on a tether."""
    charging_us: int = us(assumptions.CHARGING_S)
    """From empty to full."""
    cases_per_pick: int = 1
    reach_m: float | None = None
    weight_max_kg: float | None = None
    weight_max_high_kg: float | None = None
    """Of a case whose centre is above `assumptions.CHEST_HEIGHT_M`."""
    size_max_m: tuple[float, float, float] | None = None
    """Longest, middle and shortest edge of a case."""


class DockPlan(Struct, frozen=True, kw_only=True):
    """The equipment: how long things at a door take, what belts and the sorter carry, how robots see and travel."""

    docking_us: int = us(assumptions.DOCKING_S)
    restraint_us: int = us(assumptions.RESTRAINT_S)
    door_us: int = us(assumptions.DOOR_S)
    leveller_us: int = us(assumptions.LEVELLER_S)
    departure_us: int = us(assumptions.DEPARTURE_S)
    fetch_us: int = us(assumptions.FETCH_S)
    """Until a tractor is there for a trailer that was dropped."""
    conveyor_length_m: float = assumptions.CONVEYOR_LENGTH_M
    conveyor_speed_m_per_s: float = assumptions.CONVEYOR_SPEED_M_PER_S
    sorter_rate_per_h: float = assumptions.SORTER_RATE_PER_H
    """Only where the site has a sorter."""
    robots_travel: bool = True
    no_reads: float | None = None
    """Probability that a barcode cannot be read at induction; None: as assumed."""
    ghosts: float = 0.0
    """Probability that a scan shows a case that is not there."""
    merges: float = 0.0
    """Probability that a case and its neighbour are seen as one."""
    misses: float = 0.0
    """Probability that a scan does not show a case that it could."""
    position_stddev_m: float = assumptions.POSITION_STDDEV_M
    """Of each coordinate of a seen case's centre."""
    tables: FailureTables = RULE_OF_THUMB
    """How likely what falls, and when a seal lets go, in the fidelity `case`."""


class LinkPlan(Struct, frozen=True, kw_only=True):
    """The radio of an entity, each direction: least latency plus an exponential tail of mean `jitter_us`."""

    uplink_least_us: int = us(assumptions.LINK_LEAST_MS / 1000)
    downlink_least_us: int = us(assumptions.LINK_LEAST_MS / 1000)
    jitter_us: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    reordering_delay_us: int = us(assumptions.REORDERING_DELAY_MS / 1000)
    retransmit_us: int = us(assumptions.RETRANSMIT_MS / 1000)
    """On durable channels a loss is a late arrival: this much later, again and again with the same probability."""


class Shift(Struct, frozen=True, kw_only=True):
    """One stretch of duty, [from_us, until_us), with breaks of the same form in it."""

    from_us: int
    until_us: int
    breaks: tuple[tuple[int, int], ...] = ()


class PersonPlan(Struct, frozen=True, kw_only=True):
    """One person. None: as the plan of all people says."""

    person_id: str
    role: Literal["remote", "floor"]
    skills: tuple[str, ...] | None = None
    """The exception types they can see to; None: all of their role."""
    shifts: tuple[Shift, ...] | None = None
    """None: always on duty."""
    response_us: int | None = None
    handling_us: int | None = None
    robots_max: int | None = None
    """How many robots at work they can supervise; only of remote operators. None: any number."""


class OperatorsPlan(Struct, frozen=True, kw_only=True):
    """The people and how long they take (medians of lognormals), microseconds.

    `people` by name; where there are none of a role, `remote` or `floor` of them stand in, always on duty.
    """

    remote: int = 1
    remote_response_us: int = us(assumptions.REMOTE_RESPONSE_S)
    remote_handling_us: int = us(assumptions.REMOTE_HANDLING_S)
    floor: int = 1
    floor_response_us: int = us(assumptions.FLOOR_RESPONSE_S)
    floor_handling_us: int = us(assumptions.FLOOR_HANDLING_S)
    people: tuple[PersonPlan, ...] = ()
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
    """One line of the timeline: something that happens, scripted."""

    trigger: Trigger
    fault: Fault
    entity: str
    """What it happens to, as `robot/r5`, `trailer/t-1`; for `link` also `*` for all robots, for `partition` and
    `messages_lost` for all."""
    for_us: int | None = None
    """How long it lasts; None: until people end it, or it is over at once. Of `robot_dies`: its repair, which begins
    when people have taken it out."""
    link: LinkPlan | None = None
    """The link while a `link` fault lasts."""
    offset_us: int = 0
    """Of `clock_off`: how far the clock is ahead."""
    share: float | None = None
    """Of `wall_collapse`: how much of the wall that stands in front comes down; None: as assumed. Of `messages_lost`:
    with which probability each is; None: all are."""
    types: tuple[str, ...] = ()
    """Of `messages_lost`: which CloudEvents types; none: all."""
    line: int = 0
    """Where the scenario says it, for the report."""


class RandomFault(Struct, frozen=True, kw_only=True):
    """What happens at random to each entity of a kind, so many times an hour, from `from_us` until `until_us`."""

    fault: Fault
    entity: str
    """One, or `robot/*` for each of a kind on its own."""
    per_h: float
    from_us: int
    until_us: int
    for_us: int | None = None
    """Mean of an exponential; None as in `Action`."""
    link: LinkPlan | None = None
    offset_us: int = 0
    share: float | None = None
    types: tuple[str, ...] = ()


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
    random_faults: tuple[RandomFault, ...] = ()
    data_dir: str | None = None
    """The folder of outside data; only loads of orders and of the benchmark read it."""
    time_grid_us: int = 1
    """Every duration is rounded up to a multiple of this: 20 ms makes a day full of ties."""
