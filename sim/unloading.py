"""What a robot does in a trailer, in the fidelity `case`: scan, take cases as planned, place them, advance, leave."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim import assumptions
from sim.falling import Watch, come_down
from sim.gripper import Gripper
from sim.perception import Ghost, Merged
from twin.clock import format_time, us
from twin.messages.case import (
    CaseDamaged,
    CaseDropped,
    CaseDroppedData,
    CasePicked,
    CasePickedData,
    CasePlaced,
    CasePlacedData,
    CaseRefused,
    CaseRetracted,
    CaseRetractedData,
    CaseSetAsideData,
    CaseSplit,
    CaseSplitData,
)
from twin.messages.wall import CASES_PER_PART_MAX, WallScanned, WallScannedData

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from sim.case import Case
    from sim.dock import Dock
    from sim.gripper import Grip
    from sim.kernel import Step, Steps
    from sim.physics.port import Fall
    from sim.robot import Robot
    from sim.trailer import Trailer
    from twin.messages.envelope import Data, Event
    from twin.messages.robot import AssignPickPlan, OrderData

_SCAN_US = us(assumptions.SCAN_S)
_ADVANCE_US = us(assumptions.ADVANCE_S)

_NO_CASE = (Ghost, Merged)

_TakenFrom = Literal["wall", "floor"]


class _Held(NamedTuple):
    """A case in hand. `uniforms`: the draws of its grip; `picked_id`: the message that said so."""

    case: Case
    track_id: str
    uniforms: tuple[float, ...]
    picked_id: str


class Unloading:
    """One robot's work at one trailer. `last_plan`: the plan it leaves by, completed once it has left.

    `failed`: why it gives the order up; None: it does not.
    """

    def __init__(self, dock: Dock, robot: Robot, *, trailer: Trailer, order: OrderData) -> None:
        self._dock = dock
        self._kernel = dock.kernel
        self._robot = robot
        self._endpoint = robot.endpoint
        self._trailer = trailer
        self._correlation_id = order.order_id
        self._conveyor = dock.conveyors[order.conveyor_id]
        self._gripper = Gripper(dock, robot, trailer=trailer)
        self._has_wall_changed = False
        """Whether cases have moved since the last scan that a plan may name."""
        self.watch = Watch(robot)
        self.placed = 0
        self.last_plan: AssignPickPlan | None = None
        self.failed: str | None = None

    def run(self, *, cause: str) -> Steps:
        """Scan and work by plans until one says to leave, or the order is cancelled; `cause` is a message id."""
        robot = self._robot
        while not robot.is_cancelled:
            if robot.battery is not None and robot.battery.must_leave:
                robot.errors.raise_low_battery(trailer_id=self._trailer.trailer_id)
                self.failed = "battery_low"
                return
            yield from self._scan(cause)
            if robot.is_cancelled:
                return
            plan: AssignPickPlan | None = yield robot.mailbox.wait_for("plan")
            if plan is None:
                return
            cause = plan.id
            is_wall_known = yield from self._work_through(plan)
            if robot.is_cancelled:
                self._endpoint.fail(plan, "cancelled")
                return
            if not is_wall_known:
                self._endpoint.fail(plan, "wall_changed", "cases have moved, or are not where the plan has them")
                continue
            if plan.data.then_leave:
                self.last_plan = plan
                return
            self._endpoint.complete(plan)
            robot.enter("ADVANCING")
            yield _ADVANCE_US

    # -- looking ----------------------------------------------------------------------------------------------------

    def _scan(self, cause: str) -> Steps:
        yield from self.watch.until_at_rest()
        self._robot.enter("SCANNING")
        yield _SCAN_US
        trailer = self._trailer
        self._has_wall_changed = False
        seen = trailer.perception.see(trailer.state)
        size = CASES_PER_PART_MAX
        parts = [seen[start : start + size] for start in range(0, len(seen), size)] or [[]]
        scan_id = self._robot.last_scan_id = trailer.perception.scan_id
        for number, part in enumerate(parts, 1):
            data = WallScannedData(
                trailer_id=trailer.trailer_id,
                scan_id=scan_id,
                part=number,
                parts=len(parts),
                frame_id="trailer",
                captured_at=format_time(self._endpoint.clock.now_us),
                position_stddev_m=trailer.perception.position_stddev_m,
                cases=tuple(part),
            )
            self._endpoint.emit(WallScanned, data, correlation_id=self._correlation_id, causation_id=cause)

    # -- taking -----------------------------------------------------------------------------------------------------

    def _work_through(self, plan: AssignPickPlan) -> Generator[Step, Any, bool]:
        """Take the cases of a plan in its order; returns whether the wall is still the one it was made for.

        A case that something unseen stands before waits until the others are taken, then for the next scan. Only if
        the plan has no other is it pulled past what hides it.
        """
        waiting: Sequence[str] = plan.data.track_ids
        has_taken = False
        while waiting and not self._has_wall_changed:
            hidden = yield from self._take_open(waiting, plan.id, has_taken=has_taken)
            if self._robot.is_cancelled or len(hidden) == len(waiting):
                break
            waiting = hidden
            has_taken = True
        return not self._has_wall_changed

    def _take_open(self, waiting: Sequence[str], cause: str, *, has_taken: bool) -> Generator[Step, Any, list[str]]:
        """Take one after the other as long as the plan holds; returns those that are hidden, or carry one that is."""
        hidden: list[str] = []
        todo = deque(waiting)
        while todo and not (self._has_wall_changed or self._robot.is_cancelled):
            track_id = todo.popleft()
            case = self._trailer.by_track.get(track_id)
            if isinstance(case, _NO_CASE):
                yield from self._look_closer(case, cause)
            elif case is None or not _is_to_be_had(case):
                self._has_wall_changed = True
            elif not self._gripper.finds(case) and (has_taken or todo):
                hidden.append(track_id)
            else:
                has_taken = True
                yield from self._take(case, track_id, todo, cause)
        return hidden

    def _look_closer(self, seen: Ghost | Merged, cause: str) -> Steps:
        """A track that is no case is over once the robot has felt for it."""
        trailer, track_id = self._trailer, seen.track_id
        yield from self._gripper.feel(seen)
        if trailer.by_track.get(track_id) is not seen:
            self._has_wall_changed = True  # somebody else has found out meanwhile
        elif isinstance(seen, Ghost):
            trailer.perception.retract(track_id)
            self._say(CaseRetracted, CaseRetractedData(trailer_id=trailer.trailer_id, track_id=track_id), cause)
        else:
            self._has_wall_changed = True
            successors = trailer.perception.split(track_id)
            data = CaseSplitData(trailer_id=trailer.trailer_id, track_id=track_id, successors=successors)
            self._say(CaseSplit, data, cause)

    def _take(self, case: Case, track_id: str, todo: deque[str], cause: str) -> Steps:
        """Bring one case to the conveyor, and the next along if it can, or leave it for people."""
        gripper, robot = self._gripper, self._robot
        if not _is_to_be_had(case):
            self._has_wall_changed = True  # people have carried out what had slipped
            return
        if not gripper.reaches(case):
            self._set_aside(case, track_id, "out_of_reach", cause)
            return
        held, carry_us = yield from self._get(case, track_id, todo, cause)
        if not held:
            return
        robot.enter("PLACING")
        yield carry_us
        if robot.forced and gripper.loses_vacuum():
            yield from self._lose_all(held)
            return
        slipped: list[_Held] = []
        for it in held:
            if gripper.slips(it.uniforms):
                self._drop(it)
                slipped.append(it)
            else:
                yield from self._place(it)
        for it in slipped:
            yield from self._take(it.case, it.track_id, deque(), cause)

    def _get(
        self, case: Case, track_id: str, todo: deque[str], cause: str
    ) -> Generator[Step, Any, tuple[list[_Held], int]]:
        """Grip the case and pull, again if the seal lets go; returns what is in hand then, and how long its way is."""
        grip: Grip | None = None
        while True:
            grip = yield from self._gripper.grip(case, track_id, after=grip)
            if not _is_to_be_had(case):
                self._has_wall_changed = True  # people have carried it out while the robot stood still at it
                return [], 0
            if grip is None or (self._has_wall_changed and self._trailer.state.stands(case.case_id) != grip.stood):
                return [], 0  # it is to be left, or came down under the gripper
            held = self._pull_out(case, track_id, grip, todo, cause)
            if held is not None:
                return held, grip.carry_us
            if self._has_wall_changed:
                return [], 0  # as the seal let go something came down: it looks again first

    def _pull_out(self, case: Case, track_id: str, grip: Grip, todo: deque[str], cause: str) -> list[_Held] | None:
        """What comes out into the hand: the case that was gripped, what it takes along; nothing if it is set aside.

        None: the seal has let go.
        """
        gripper = self._gripper
        reason = gripper.beyond(case)
        if reason is not None:
            self._set_aside(case, track_id, reason, cause)
            return []
        if case.is_damaged:
            return [] if self._take_aside(case, track_id, grip, cause) else None
        along = gripper.along(case, todo) if gripper.cases_max > 1 and grip.stood else ()
        first = self._pull(case, track_id, grip.uniforms, cause, tries=grip.tries, by=grip.by)
        if first is None:
            todo.extendleft(track for _, track in reversed(along))
            return None
        held = [first]
        stays: list[str] = []
        for partner, partner_track in along:
            pulled = self._pull_along(partner, partner_track, cause)
            if pulled is None:
                stays.append(partner_track)
            else:
                held.append(pulled)
        todo.extendleft(reversed(stays))
        return held

    def _pull_along(self, case: Case, track_id: str, cause: str) -> _Held | None:
        """What is at the side of a case just pulled comes too, if it still stands there and the gripper holds it."""
        if not self._trailer.state.stands(case.case_id):
            return None
        uniforms = self._gripper.grips_along(case)
        return None if uniforms is None else self._pull(case, track_id, uniforms, cause, tries=1)

    def _pull(
        self,
        case: Case,
        track_id: str,
        uniforms: tuple[float, ...],
        cause: str,
        *,
        tries: int,
        by: Literal["robot", "people"] = "robot",
    ) -> _Held | None:
        """The case comes out into the robot's hand, and what it held up comes down; None: the seal lets go."""
        trailer = self._trailer
        stood = trailer.state.stands(case.case_id)
        extraction = trailer.pick(case, uniforms[4:], by=by, strength=self._gripper.strength)
        self._has_wall_changed |= extraction.has_shifted
        if not extraction.came_out:
            if extraction.fallen:
                self._let_fall(extraction.fallen, cause)
            return None
        case.whereabouts = "in_hand"
        self._robot.holding.append(case)
        picked_id = self._say_picked(case, track_id, cause, taken_from="wall" if stood else "floor", tries=tries)
        if extraction.fallen:
            self._let_fall(extraction.fallen, picked_id)
        self._dock.faults.check()
        return _Held(case, track_id, uniforms, picked_id)

    def _lose_all(self, held: list[_Held]) -> Steps:
        """The vacuum is gone: all slip, and people at the machine have to see to it."""
        for it in held:
            self._drop(it)
        self._has_wall_changed = True
        first = held[0]
        yield from self._robot.errors.ask("vacuum_lost", track_id=first.track_id, trailer_id=self._trailer.trailer_id)

    def _drop(self, held: _Held) -> None:
        trailer, case = self._trailer, held.case
        case.whereabouts = "in_trailer"
        self._robot.holding.remove(case)
        trailer.state.put_on_floor(case.case_id)
        trailer.suffer_fall(case, assumptions.CARRY_HEIGHT_M)
        data = CaseDroppedData(
            trailer_id=trailer.trailer_id,
            track_id=held.track_id,
            cause="slipped",
            height_m=assumptions.CARRY_HEIGHT_M,
        )
        self._say(CaseDropped, data, held.picked_id)

    def _place(self, held: _Held) -> Steps:
        conveyor = self._conveyor
        while not conveyor.has_room:
            self._robot.enter("WAITING_FOR_CONVEYOR")
            yield conveyor.room()
        self._robot.enter("PLACING")
        self._robot.holding.remove(held.case)
        data = CasePlacedData(
            trailer_id=self._trailer.trailer_id, track_id=held.track_id, conveyor_id=conveyor.conveyor_id
        )
        placed = self._endpoint.emit(CasePlaced, data, correlation_id=self._correlation_id, causation_id=held.picked_id)
        conveyor.take(held.case, self._trailer, placed_id=placed.id)
        self.placed += 1
        self._trailer.placed += 1
        self._dock.faults.check()

    def _set_aside(self, case: Case, track_id: str, reason: str, cause: str) -> None:
        """The case is left for people where it is."""
        case.mark = "refused"
        data = CaseSetAsideData(trailer_id=self._trailer.trailer_id, track_id=track_id, reason=reason)
        self._say(CaseRefused, data, cause)

    def _take_aside(self, case: Case, track_id: str, grip: Grip, cause: str) -> bool:
        """A crushed case is taken out of the wall and left for people; returns False if the seal lets go."""
        extraction = self._trailer.pick(case, grip.uniforms[4:], by=grip.by, strength=self._gripper.strength)
        self._has_wall_changed |= extraction.has_shifted
        if extraction.came_out:
            case.mark = "damaged"
            data = CaseSetAsideData(trailer_id=self._trailer.trailer_id, track_id=track_id, reason="crushed_corner")
            cause = self._say(CaseDamaged, data, cause)
        if extraction.fallen:
            self._let_fall(extraction.fallen, cause)
        return extraction.came_out

    # -- what comes down --------------------------------------------------------------------------------------------

    def _let_fall(self, falls: Sequence[Fall], cause: str) -> None:
        come_down(self._kernel, self._trailer, falls, self.sees_coming_down(falls, cause))

    def sees_coming_down(self, falls: Sequence[Fall], cause: str | None = None) -> Callable[[Fall], None]:
        """So much begins to come down: what was planned is void. Returns what is to be called for each fall's end."""
        self._has_wall_changed = True
        return self.watch.begin(falls, partial(self._say_fallen, cause))

    # -- saying -----------------------------------------------------------------------------------------------------

    def _say(self, message_type: type[Event], data: Data, cause: str | None) -> str:
        return self._endpoint.emit(message_type, data, correlation_id=self._correlation_id, causation_id=cause).id

    def _say_picked(self, case: Case, track_id: str, cause: str, *, taken_from: _TakenFrom, tries: int) -> str:
        if case.picked_us is None:
            case.picked_us = self._kernel.now_us
        data = CasePickedData(
            trailer_id=self._trailer.trailer_id,
            track_id=track_id,
            taken_from=taken_from,
            attempts=tries,
            weight_kg=case.loaded.weight_kg,
        )
        return self._endpoint.emit(CasePicked, data, correlation_id=self._correlation_id, causation_id=cause).id

    def _say_fallen(self, cause: str | None, fall: Fall) -> None:
        """A case that was never seen has no track: it will be seen on the floor."""
        track_id = self._trailer.cases[fall.case_id].track_id
        if track_id is None:
            return
        data = CaseDroppedData(
            trailer_id=self._trailer.trailer_id, track_id=track_id, cause="fell", height_m=round(fall.height_m, 3)
        )
        self._say(CaseDropped, data, cause)


def _is_to_be_had(case: Case) -> bool:
    """Whether it is in the trailer still, and was not set aside as damaged."""
    return case.whereabouts == "in_trailer" and case.mark != "damaged"
