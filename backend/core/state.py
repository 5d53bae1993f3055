"""Everything the backend knows, as one tree of Structs: what is not in here does not survive a restart.

Each thing is held once and named by id elsewhere, so that the tree serialises as it stands. Instants are microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Union

from msgspec import Struct, field

from twin.messages import TYPES
from twin.messages.envelope import Command, Message
from twin.messages.exception import Answer, Role
from twin.messages.robot import CASES_PER_PICK_MAX, ErrorLevel, RobotFactsheetData, RobotStateData
from twin.messages.trailer import ManifestLine
from twin.messages.wall import SeenCase

if TYPE_CHECKING:
    AnyMessage = Message
    AnyCommand = Command
else:
    # msgspec reads these at run time: the type tag says which class a held message is.
    AnyMessage = Union[tuple(TYPES.values())]  # noqa: UP007 - of as many as there are: no `|` can spell it
    AnyCommand = Union[tuple(cls for cls in TYPES.values() if issubclass(cls, Command))]  # noqa: UP007 - the same

Place = Literal[
    "trailer", "hand", "floor", "conveyor", "delivered", "damaged", "refused", "manual", "retracted", "unknown"
]
Disposition = Literal["manual", "damaged", "refused"]
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
Stop = Literal["latched", "reset"]

PLACES: tuple[Place, ...] = (
    "trailer",
    "hand",
    "floor",
    "conveyor",
    "delivered",
    "damaged",
    "refused",
    "manual",
    "retracted",
    "unknown",
)


class Case(Struct, kw_only=True, gc=False):
    """A case as perception tracks it.

    Robots, conveyors and people each tell their own part of its way, and their messages overtake one another. So each
    part is kept apart, and `place` follows from all three: what people did counts most, then induction, then the robot.
    """

    track_id: str
    place: Place = "trailer"
    robot_place: Place = "trailer"
    is_inducted: bool = False
    recovered: Disposition | None = None
    owner: str | None = None
    """The robot in whose plan it is."""
    label: str | None = None
    line_id: str | None = None
    """The manifest line with its label; of several with that label the first: they are filled in this order."""
    weight_kg: float | None = None
    is_skipped: bool = False
    successors: tuple[str, ...] = ()
    """The tracks of the cases that were seen as this one."""

    @property
    def place_told(self) -> Place:
        """Where the three together say it is: what `place` is to be."""
        return self.recovered or ("delivered" if self.is_inducted else self.robot_place)


class Scan(Struct, kw_only=True):
    """The latest look at a wall; complete when all parts are here."""

    scan_id: str
    robot_id: str
    parts: int
    position_stddev_m: float
    cases_by_part: dict[int, tuple[SeenCase, ...]] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every part has arrived."""
        return len(self.cases_by_part) == self.parts


class Trailer(Struct, kw_only=True):
    """A trailer, its manifest and its cases."""

    trailer_id: str
    is_announced: bool = False
    cases_expected: int = 0
    parts: int = 0
    due_us: int = 0
    lines_by_part: dict[int, tuple[ManifestLine, ...]] = field(default_factory=dict)
    line_of_label: dict[str, str] = field(default_factory=dict)
    """The first line with each label."""
    is_arrived: bool = False
    docked_at: str | None = None
    is_released: bool = False
    is_departed: bool = False
    cases: dict[str, Case] = field(default_factory=dict)
    counts: dict[Place, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))
    """Cases in each place."""
    inducted: int = 0
    """Inductions heard of; each is another case."""
    counted: int = 0
    """Cases that were counted and not reported one by one."""
    scan: Scan | None = None
    has_receipt: bool = False


class Door(Struct, kw_only=True):
    """A door; `trailer_id`: the trailer that has been given it."""

    door_id: str
    conveyor_id: str
    position_m: float
    trailer_id: str | None = None
    restrains: str | None = None
    open_for: str | None = None
    leveller_down_for: str | None = None
    people_inside: int = 0
    """People in its cell: nothing may move there."""
    occupied_until_us: int = 0
    """Until then no trailer is sent here: the yard has said that it is occupied, by what we do not know."""

    def is_ready_for(self, trailer_id: str) -> bool:
        """Whether this trailer is held here, behind an open door, with the leveller on its floor."""
        return self.restrains == trailer_id == self.open_for == self.leveller_down_for


class Conveyor(Struct, kw_only=True):
    """A conveyor."""

    conveyor_id: str
    is_jammed: bool = False
    is_blocked: bool = False
    """Full, because what comes behind it takes nothing."""


class Sorter(Struct, kw_only=True):
    """The sorter that the conveyors merge into."""

    sorter_id: str
    is_jammed: bool = False


class People(Struct, kw_only=True):
    """The people of one role, as they last said: who is on duty, and how many robots they may supervise."""

    on_duty: int
    robots_max: int | None = None


class Robot(Struct, kw_only=True):
    """A robot: what its facts say, and the last it said of itself (`reported`)."""

    robot_id: str
    boot: int = 0
    reported: RobotStateData | None = None
    factsheet: RobotFactsheetData | None = None
    holding: dict[str, str] = field(default_factory=dict)
    """The tracks in its hand in the order they were picked, by its events, and the trailer each is of."""
    inside: str | None = None
    """The trailer it is in, by its events."""
    order_id: str | None = None
    """The order it has been given and has not been released from."""
    position_m: float | None = None
    """Of the door it was at last; None: not known."""
    is_lost: bool = False
    removed_boot: int = 0
    """People took it out while in this boot; it is away until it speaks in a later one."""
    is_holding_doubted: bool = False
    """Some of its messages are lost: what it holds is known again from its next state."""
    stop: Stop | None = None
    """Its emergency stop is latched, or was reset and it awaits its release to work."""
    is_release_granted: bool = False
    """A person has released it to work after this stop."""
    is_paused: bool = False
    """By us, as somebody wanted."""
    is_resume_due: bool = False
    """Somebody wants it to go on; it is told when it may."""
    doubled_boot: int = 0
    """Its newest boot when another machine spoke under its name; 0: it is believed."""
    is_visited: bool = False
    """People have been there since."""
    clock_strikes: int = 0
    """States in a row that bore an instant far from when they came; once it is off, less than zero: how many more must
    be right until it is believed."""
    before_boot_at: str | None = None
    """The trailer it had an order for when the boot before this one ended."""
    stirred_us: int = 0
    """When it last showed that it does something: by another state, or an event."""
    stirred_as: str = ""
    stirred_seq: int = 0
    """Its state and its last event then."""
    is_stuck: bool = False
    """It says how it is and does nothing: somebody has been asked to look."""
    in_vain_since_us: int | None = None
    """Since when it waits for what nobody is about to give it."""
    placed: int = 0
    """Cases placed since it started at its trailer; meaningless once messages of it are lost."""
    has_gaps: bool = False

    @property
    def hand_size(self) -> int:
        """How many cases it can hold at once: one unless it says otherwise, or what it said may be lost."""
        if self.factsheet is None:
            return CASES_PER_PICK_MAX if self.has_gaps else 1
        return self.factsheet.cases_per_pick_max


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
    """The scan the last plan was made from."""
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


def next_id(state: SiteState, kind: str, prefix: str) -> str:
    """The next id of a kind, as `x-7`."""
    number = state.counters.get(kind, 0) + 1
    state.counters[kind] = number
    return f"{prefix}-{number}"


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
