"""What a planner is asked and what it answers. A planner sees what the twin believes and proposes; policy decides.

A plugin is a class without constructor arguments, named by an entry point of the group `docktwin.dock_planners` or
`docktwin.unload_planners`. It keeps no state between questions.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from twin.messages.wall import SeenCase


class WaitingTrailer(Struct, frozen=True, kw_only=True, gc=False):
    """A trailer in the yard without a door. `due_us`: when its free time ends."""

    trailer_id: str
    due_us: int
    cases: int


class FreeDoor(Struct, frozen=True, kw_only=True, gc=False):
    """A door without a trailer, at `position_m` along the dock."""

    door_id: str
    position_m: float


class ReadyDoor(Struct, frozen=True, kw_only=True, gc=False):
    """A door with a trailer that may be entered and has no robot."""

    door_id: str
    position_m: float
    trailer_id: str
    due_us: int


class FreeRobot(Struct, frozen=True, kw_only=True, gc=False):
    """A robot without an order; `position_m`: of the door it was at last, None if that is not known."""

    robot_id: str
    position_m: float | None


class DockView(Struct, frozen=True, kw_only=True):
    """What a dock planner may know."""

    now_us: int
    trailers: tuple[WaitingTrailer, ...]
    free_doors: tuple[FreeDoor, ...]
    ready_doors: tuple[ReadyDoor, ...]
    robots: tuple[FreeRobot, ...]


class DoorProposal(Struct, frozen=True, kw_only=True):
    """Which trailer to which door, and why."""

    trailer_id: str
    door_id: str
    reason: str


class RobotProposal(Struct, frozen=True, kw_only=True):
    """Which robot to the trailer at which door, and why."""

    robot_id: str
    door_id: str
    reason: str


class DockAnswer(Struct, frozen=True, kw_only=True):
    """Proposals, any number; what is not proposed waits. `latency_us`: simulated time the thinking took."""

    doors: tuple[DoorProposal, ...] = ()
    robots: tuple[RobotProposal, ...] = ()
    latency_us: int = 0


class DockPlanner(Protocol):
    """Which trailer goes to which door, which robot to which door."""

    def propose(self, view: DockView) -> DockAnswer:
        """The proposals for what is known now."""


class UnloadView(Struct, frozen=True, kw_only=True):
    """What an unload planner may know: one complete scan. Of `cases` only those in `may_take` may be planned."""

    now_us: int
    trailer_id: str
    robot_id: str
    cases: tuple[SeenCase, ...]
    may_take: frozenset[str]
    position_stddev_m: float


class UnloadAnswer(Struct, frozen=True, kw_only=True):
    """Track ids in the order to take them; none: nothing to take. `latency_us`: simulated time the thinking took."""

    track_ids: tuple[str, ...]
    reason: str
    latency_us: int = 0


class UnloadPlanner(Protocol):
    """In what order the cases of a scanned wall are taken."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        """The order for this scan."""
