"""Everything the backend knows, as one tree of Structs: what is not in here does not survive a restart.

Each thing is held once and named by id elsewhere, so that the tree serialises as it stands. Instants are microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Union

from msgspec import Struct, field

from backend.core.dock import Case, Conveyor, Door, People, Robot, Sorter, Trailer
from twin.ids import parse_address
from twin.messages import TYPES
from twin.messages.envelope import Command, Message
from twin.messages.exception import Answer, Role
from twin.messages.robot import ErrorLevel

if TYPE_CHECKING:
    from twin.site import Site

    AnyMessage = Message
    AnyCommand = Command
else:
    # msgspec reads these at run time: the type tag says which class a held message is.
    AnyMessage = Union[tuple(TYPES.values())]  # noqa: UP007 - of as many as there are: no `|` can spell it
    AnyCommand = Union[tuple(cls for cls in TYPES.values() if issubclass(cls, Command))]  # noqa: UP007 - the same

CommandStatus = Literal["sent", "accepted", "unknown"]
Purpose = Literal[
    "door",
    "order",
    "plan",
    "release",
    "answer",
    "cancel",
    "pause",
    "resume",
    "release_to_work",
    "snapshot",
    "resend",
]
Owner = Literal["rule", "remote", "floor"]


class Order(Struct, kw_only=True):
    """The unload order of a trailer. The `*_action` fields name the command it waits for."""

    order_id: str
    trailer_id: str
    door_id: str | None = None
    robot_id: str | None = None
    order_action: str | None = None
    plan_action: str | None = None
    release_action: str | None = None
    is_plan_pending: bool = False
    """The planner has been asked and its answer has not taken effect."""
    planned_scan: str | None = None
    """The scan the last plan was made from, None if it was never begun."""
    planned_tracks: tuple[str, ...] = ()
    """Its cases."""
    plans_in_vain: int = 0
    """So many plans in a row have changed nothing: all of their cases are still to be had."""
    is_finished: bool = False
    """Its robot has ended its work here."""
    is_robot_out: bool = False
    """Its robot has completed the order."""
    is_unloaded: bool = False
    """Both: nobody is inside."""
    blocked_by: str | None = None
    """A robot that may be in the trailer and is not believed: nobody else may enter."""
    is_floor_asked: bool = False
    """Floor staff have been asked to see to what is left."""
    are_leftovers_settled: bool = False
    walls_cleared: int = 0
    """How often people have carried out what stood before the rest."""
    seen_at_wall: int = 0
    """So many cases of the trailer had been seen when they last did."""
    retry_after_us: int = 0
    """No command for it is tried again before."""


class CommandRecord(Struct, kw_only=True):
    """A command whose outcome is not known yet. `superseded`: message ids and epochs of its earlier issues."""

    command: AnyCommand
    purpose: Purpose
    status: CommandStatus = "sent"
    order_id: str | None = None
    superseded: dict[str, int] = field(default_factory=dict)
    track_id: str | None = None
    trailer_id: str | None = None


class OpenException(Struct, kw_only=True):
    """An exception that has not been resolved, with the question asked of people, if any."""

    exception_id: str
    exception_type: str
    level: ErrorLevel
    entity: str
    owner: Owner
    deadline_us: int
    timeout_us: int = 0
    """How long whoever is asked has to answer."""
    trailer_id: str | None = None
    track_id: str | None = None
    correlation_id: str | None = None
    error_id: str | None = None
    action_id: str | None = None
    options: tuple[Answer, ...] = ()
    default: Answer | None = None
    role: Role | None = None
    intervention_id: str | None = None
    request_id: str | None = None
    """The message id of the intervention request."""
    person: str | None = None
    """Who sees to it."""
    answer: Answer | None = None
    """What was answered and cannot be carried out yet: a person is in the cell."""
    answered_by: Owner | None = None

    @property
    def own_type(self) -> str | None:
        """Its type if it is of the backend's own; None: an error of a robot, which may bear any name."""
        return self.exception_type if self.error_id is None else None


class Stream(Struct, kw_only=True):
    """One numbered stream of durable messages. Up to `last_seq`, `applied` of them took effect and `lost` did not."""

    last_seq: int = 0
    applied: int = 0
    lost: int = 0
    announced: int = 0
    """The highest number known to exist."""
    watched: int = 0
    """The missing number the watchdogs were armed for."""
    bites: int = 0
    """How often the gap has been found still open."""
    held: dict[int, AnyMessage | None] = field(default_factory=dict)
    """Those after a gap; None: it was refused, but its number is used."""
    recent: dict[int, AnyMessage] = field(default_factory=dict)
    """The last few that took effect, to know a duplicate from another body under the same id."""


class Sender(Struct, kw_only=True):
    """A publisher: the streams of its boot and of the one before."""

    address: str
    kind: str
    entity: str
    boot: int = 0
    boot_heard_us: int = 0
    """When this boot was heard of first."""
    event: Stream = field(default_factory=Stream)
    reply: Stream = field(default_factory=Stream)
    state_seq: int = 0
    previous_boot: int = 0
    previous_event: Stream = field(default_factory=Stream)
    previous_reply: Stream = field(default_factory=Stream)


class Watchdogs(Struct, kw_only=True):
    """Deadlines by key. All entries of one dict have the same time-out: their order is that of their deadlines."""

    robot: dict[str, int] = field(default_factory=dict)
    resend: dict[str, int] = field(default_factory=dict)
    expiry: dict[str, int] = field(default_factory=dict)
    gap_resend: dict[str, int] = field(default_factory=dict)
    gap_deadline: dict[str, int] = field(default_factory=dict)


class PendingDockAnswer(Struct, kw_only=True):
    """A dock planner's answer that takes effect later: (trailer or order, door or robot) by kind."""

    doors: tuple[tuple[str, str], ...]
    robots: tuple[tuple[str, str], ...]


class PendingUnloadAnswer(Struct, kw_only=True):
    """An unload planner's answer that takes effect later."""

    order_id: str
    scan_id: str
    track_ids: tuple[str, ...]
    effect_us: int


class SiteState(Struct, kw_only=True):
    """The whole state of a site's backend."""

    epoch: int
    boot: int
    senders: dict[str, Sender] = field(default_factory=dict)
    trailers: dict[str, Trailer] = field(default_factory=dict)
    doors: dict[str, Door] = field(default_factory=dict)
    conveyors: dict[str, Conveyor] = field(default_factory=dict)
    sorters: dict[str, Sorter] = field(default_factory=dict)
    people: dict[Role, People] = field(default_factory=dict)
    robots: dict[str, Robot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    commands: dict[str, CommandRecord] = field(default_factory=dict)
    unknown_actions: dict[str, str] = field(default_factory=dict)
    """Commands of unknown outcome that may still be settled, and their targets."""
    ended: dict[str, dict[str, str]] = field(default_factory=dict)
    """By target, the outcomes of its latest actions; bounded."""
    epochs_accepted: dict[str, int] = field(default_factory=dict)
    """By target, the highest epoch under which it has accepted a command."""
    abandoned: dict[str, int] = field(default_factory=dict)
    """By target, how many commands were closed with their outcome unknown."""
    exceptions: dict[str, OpenException] = field(default_factory=dict)
    interventions: dict[str, str] = field(default_factory=dict)
    """Open intervention to its exception."""
    answered: dict[str, None] = field(default_factory=dict)
    """The latest interventions that people have answered in time; bounded."""
    resolved: dict[str, int] = field(default_factory=dict)
    """`type/resolution/by` to how often."""
    watchdogs: Watchdogs = field(default_factory=Watchdogs)
    timers: list[tuple[int, int, str, str]] = field(default_factory=list)
    """A heap of (deadline, creation number, kind, key)."""
    dock_answer: PendingDockAnswer | None = None
    unload_answers: dict[str, PendingUnloadAnswer] = field(default_factory=dict)
    is_dock_due: bool = False
    seqs: dict[str, int] = field(default_factory=dict)
    """The emitter's: last number per stream."""
    counters: dict[str, int] = field(default_factory=dict)
    """Last number given, by kind of id."""


class Tally(Struct, kw_only=True):
    """What is counted beside the state: a refused input changes this and nothing else."""

    inputs: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    """By code, how many messages, answers and proposals were not acted upon."""
    violations: int = 0
    next_audit: int = 0
    """After so many inputs the whole state is looked at again."""


def empty_state(site: Site, *, epoch: int, boot: int) -> SiteState:
    """What is known of a site of which nothing has been heard."""
    state = SiteState(epoch=epoch, boot=boot)
    for door in site.doors:
        state.doors[door.door_id] = Door(door_id=door.door_id, conveyor_id=door.conveyor_id, position_m=door.position_m)
        state.conveyors[door.conveyor_id] = Conveyor(conveyor_id=door.conveyor_id)
    if site.sorter_id is not None:
        state.sorters[site.sorter_id] = Sorter(sorter_id=site.sorter_id)
    for robot_id in site.robots:
        state.robots[robot_id] = Robot(robot_id=robot_id)
    return state


def next_id(state: SiteState, kind: str, prefix: str) -> str:
    """The next id of a kind, as `x-7`."""
    number = state.counters.get(kind, 0) + 1
    state.counters[kind] = number
    return f"{prefix}-{number}"


def robot_at(state: SiteState, address: str) -> Robot:
    """The robot of an address, as `robot/r7`."""
    return state.robots[parse_address(address).entity]


def gap_key(sender: Sender, boot: int, channel: str) -> str:
    """The key under which the watchdogs watch a gap in this stream."""
    return f"{sender.address}:{boot}:{channel}"


def trailer_of(state: SiteState, trailer_id: str) -> Trailer:
    """The trailer, made up if nobody has announced it yet: a robot's word may overtake the yard's."""
    trailer = state.trailers.get(trailer_id)
    if trailer is None:
        trailer = state.trailers[trailer_id] = Trailer(trailer_id=trailer_id)
    return trailer


def case_of(trailer: Trailer, track_id: str) -> Case:
    """The case, made up as unknown if no scan has shown it yet."""
    case = trailer.cases.get(track_id)
    if case is None:
        case = trailer.cases[track_id] = Case(track_id=track_id, place="unknown", robot_place="unknown")
        trailer.counts["unknown"] += 1
    return case
