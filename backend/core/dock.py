"""What stands and lies on a dock, as the twin believes it: trailers, cases, doors, belts, robots, people."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from twin.messages.robot import RobotFactsheetData, RobotStateData
from twin.messages.trailer import ManifestLine
from twin.messages.wall import SeenCase

Place = Literal[
    "trailer", "hand", "floor", "conveyor", "delivered", "damaged", "refused", "manual", "retracted", "unknown"
]
Disposition = Literal["manual", "damaged", "refused"]
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
    """The robot in whose plan it is, or was last: nobody's again when that robot's order ends."""
    conveyor_id: str | None = None
    """Which conveyor its robot has laid it on."""
    label: str | None = None
    """As its barcode was read: it is of the manifest lines with this label, which are filled in their order."""
    weight_kg: float | None = None
    is_skipped: bool = False

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
    due_us: int = 0
    lines_by_part: dict[int, tuple[ManifestLine, ...]] = field(default_factory=dict)
    is_arrived: bool = False
    docked_at: str | None = None
    is_released: bool = False
    is_departed: bool = False
    cases: dict[str, Case] = field(default_factory=dict)
    counts: dict[Place, int] = field(default_factory=lambda: dict.fromkeys(PLACES, 0))
    """Cases in each place."""
    inducted: int = 0
    """Inductions heard of; each is another case."""
    scan: Scan | None = None
    receipt_due_us: int = 0
    """When its receipt is closed at the latest, whatever is unknown; put off while its belt stands. 0: not yet set."""
    has_receipt: bool = False

    @property
    def is_receipt_due(self) -> bool:
        """Whether it has departed, and its receipt has a deadline."""
        return self.receipt_due_us > 0


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
    def is_taken_out(self) -> bool:
        """Whether people took it out, and it has not started again since."""
        return self.removed_boot == self.boot != 0

    @property
    def is_occupied(self) -> bool:
        """Whether it has said last that it is charged or mended, or has to do with a trailer."""
        reported = self.reported
        return reported is not None and (reported.trailer_id is not None or reported.robot_state == "MAINTENANCE")
