"""A story that no file can tell: doors of other makes, read out slowly.

One holds the trailer last, one opens last; one stores its leveller after it has closed, one lets go first. What they
say comes twenty seconds later, when the trailer that they have let go has long said goodbye at the gate. That the first
trailers stand at their doors nobody says but the doors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from sim.door import Door
from sim.plan import LinkPlan
from tests.e2e.meddling import Place, run_meddled
from twin.clock import US_PER_S
from twin.messages.door import (
    DoorClosed,
    DoorOpened,
    LevellerLowered,
    LevellerStored,
    RestraintEngaged,
    RestraintReleased,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.verdict import Verdict
    from twin.messages.envelope import Event

READ_OUT_US = 20 * US_PER_S
STEP_US = 8 * US_PER_S
DAY = """\
# Doors of other makes are read out slowly, and do things in another order: trailers and robots wait for the last of it.
site:
  id: bos1
  doors: 3
  robots: 4
  equipment_state_period: 10 min
  dock: {docking: 1 min, departure: 5 s}
  operators: {remote: 1, floor: 1}
start: 2026-01-05 06:00
trailers:
  - {id: t, count: 9, arrivals: even, mean_gap: 1 s, arrives: 06:05, cases: 20}
timeline:
  - {at: 06:05, fault: messages_lost, what: yard/yard, types: [trailer.docked.v1], for: 3 min}
  - {at: 06:08:40, fault: person_in_cell, door: d1, for: 30 s}
expect:
  - every_trailer: departed
    by: 06:40
  - every_case: [received, manual, damaged, refused]
  - name: a robot goes to d1 as soon as its leveller is down
    each: door.leveller_lowered.v1
    entity: door/d1
    leads_to: {message: order.assign.v1}
    same: trailer
    within: 1 s
    at_least: 2
  - name: to d2 as soon as it holds the trailer
    each: door.restraint_engaged.v1
    entity: door/d2
    leads_to: {message: order.assign.v1}
    same: trailer
    within: 1 s
    at_least: 2
  - name: to d3 as soon as it is open
    each: door.opened.v1
    entity: door/d3
    leads_to: {message: order.assign.v1}
    same: trailer
    within: 1 s
    at_least: 2
  - name: the next trailer is sent to d1 as soon as it has let go of the one before
    eventually: trailer.assign_door.v1
    where: {door_id: d1}
    after: {message: door.restraint_released.v1, entity: door/d1}
    within: 1 s
  - name: to d2 as soon as it is closed
    eventually: trailer.assign_door.v1
    where: {door_id: d2}
    after: {message: door.closed.v1, entity: door/d2}
    within: 1 s
  - name: to d3 as soon as its leveller is out of the way
    eventually: trailer.assign_door.v1
    where: {door_id: d3}
    after: {message: door.leveller_stored.v1, entity: door/d3}
    within: 1 s
  - name: and nothing is asked of the yard that it must refuse
    never: command.rejected.v1
"""


class Step(NamedTuple):
    """What a door does: the part of it that moves, whether on or off, and what it says then."""

    part: str
    is_on: bool
    says: type[Event]


_HOLD = Step("is_restrained", is_on=True, says=RestraintEngaged)
_OPEN = Step("is_open", is_on=True, says=DoorOpened)
_LOWER = Step("is_leveller_down", is_on=True, says=LevellerLowered)
_FREE = Step("is_restrained", is_on=False, says=RestraintReleased)
_CLOSE = Step("is_open", is_on=False, says=DoorClosed)
_STORE = Step("is_leveller_down", is_on=False, says=LevellerStored)
MAKES = {
    "d1": ((_HOLD, _OPEN, _LOWER), (_STORE, _CLOSE, _FREE)),
    "d2": ((_OPEN, _LOWER, _HOLD), (_FREE, _STORE, _CLOSE)),
    "d3": ((_HOLD, _LOWER, _OPEN), (_FREE, _CLOSE, _STORE)),
}
"""By door, how it gets ready and how it lets go."""


class OtherDoor(Door):
    """A door that does it in the order of its make."""

    def make_ready(self, *, causation_id: str) -> None:
        """One thing after the other."""
        self._do(MAKES[self.plan.door_id][0], causation_id, lambda _cause: None)

    def let_go(self, then: Callable[[str], None], *, causation_id: str) -> None:
        """One thing after the other, then `then`."""
        self._is_letting_go = True

        def let_be(cause: str) -> None:
            self._is_letting_go = False
            then(cause)

        self._do(MAKES[self.plan.door_id][1], causation_id, let_be)

    def _do(self, steps: tuple[Step, ...], cause: str, then: Callable[[str], None]) -> None:
        if not steps:
            then(cause)
            return

        def act() -> None:
            step = steps[0]
            setattr(self, step.part, step.is_on)
            said = self._say(step.says, cause)
            self._do(steps[1:], said.id, then)

        self._kernel.after(STEP_US, act)


def run() -> Verdict:
    """The verdict of the story."""
    with patch("sim.world.Door", OtherDoor):
        return run_meddled(DAY, {"06:00": _read_out_slowly})


def _read_out_slowly(place: Place) -> None:
    for door_id in MAKES:
        place.dock.gateway.change_link(f"door/{door_id}", LinkPlan(uplink_least_us=READ_OUT_US))
