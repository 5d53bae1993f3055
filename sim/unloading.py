"""What a robot does in a trailer, in the fidelity `case`: scan, take cases as planned, place them, advance, leave.

Every draw about a case is keyed by the case and the attempt at it: another order of picking meets the same cases.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim import assumptions
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
    CaseSetAsideData,
)
from twin.messages.wall import CASES_PER_PART_MAX, WallScanned, WallScannedData
from twin.rng import lognormal, triangular

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.dock import Dock
    from sim.kernel import Step
    from sim.load.load import Vector
    from sim.physics.port import Fall
    from sim.robot import Robot
    from sim.truth import Case, Trailer
    from twin.messages.robot import AssignPickPlan, OrderData

_SCAN_US = us(assumptions.SCAN_S)
_ADVANCE_US = us(assumptions.ADVANCE_S)
_US = 1_000_000

_TakenFrom = Literal["wall", "floor"]


class _Grip(NamedTuple):
    """The last of some grips at a case. `uniforms`: the draws of the attempt; `carry_us`: the way to the conveyor."""

    holds: bool
    tries: int
    uniforms: tuple[float, ...]
    carry_us: int


class Unloading:
    """One robot's work at one trailer. `last_plan`: the plan it leaves by, completed once it has left."""

    def __init__(self, dock: Dock, robot: Robot, *, trailer: Trailer, order: OrderData) -> None:
        plan = robot.plan
        self._dock = dock
        self._kernel = dock.kernel
        self._robot = robot
        self._endpoint = robot.endpoint
        self._trailer = trailer
        self._correlation_id = order.order_id
        self._conveyor = dock.conveyors[order.conveyor_id]
        self._cycle_scale_us = plan.cycle_scale * _US
        self._grip_fails = assumptions.GRIP_FAILS if plan.grip_fails is None else plan.grip_fails
        self._drops = assumptions.DROPS if plan.drops is None else plan.drops
        self.placed = 0
        self.last_plan: AssignPickPlan | None = None

    def run(self, *, cause: str) -> Generator[Step, Any, None]:
        """Scan and work by plans until one says to leave, or the order is cancelled; `cause` is a message id."""
        while True:
            yield from self._scan(cause)
            plan: AssignPickPlan | None = yield self._robot.mail("plan")
            if plan is None:
                return
            cause = plan.id
            is_wall_known = yield from self._work_through(plan)
            if self._robot.is_cancelled:
                self._endpoint.fail(plan, "cancelled")
                return
            if not is_wall_known:
                self._endpoint.fail(plan, "wall_changed", "cases fell, or are not where the plan has them")
                continue
            if plan.data.then_leave:
                self.last_plan = plan
                return
            self._endpoint.complete(plan)
            self._robot.enter("ADVANCING")
            yield _ADVANCE_US

    # -- looking ----------------------------------------------------------------------------------------------------

    def _scan(self, cause: str) -> Generator[Step, Any, None]:
        self._robot.enter("SCANNING")
        yield _SCAN_US
        trailer = self._trailer
        seen = trailer.perception.see(trailer.state)
        size = CASES_PER_PART_MAX
        parts = [seen[start : start + size] for start in range(0, len(seen), size)] or [[]]
        scan_id = self._robot.last_scan_id = trailer.perception.next_scan_id()
        for number, part in enumerate(parts, 1):
            data = WallScannedData(
                trailer_id=trailer.trailer_id,
                scan_id=scan_id,
                part=number,
                parts=len(parts),
                frame_id="trailer",
                captured_at=format_time(self._kernel.now_us),
                position_stddev_m=assumptions.POSITION_STDDEV_M,
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
        while waiting:
            hidden: list[str] = []
            for track_id in waiting:
                case = self._trailer.by_track.get(track_id)
                if case is None or case.whereabouts != "in_trailer" or case.mark == "damaged":
                    return False
                if not self._is_open(case) and (has_taken or track_id != waiting[-1]):
                    hidden.append(track_id)
                    continue
                has_taken = True
                has_fallen = yield from self._take(case, track_id, plan.id)
                if has_fallen:
                    return False
                if self._robot.is_cancelled:
                    return True
            if len(hidden) == len(waiting):
                return True
            waiting = hidden
        return True

    def _is_open(self, case: Case) -> bool:
        """Whether the gripper finds enough of the case's face."""
        state, case_id = self._trailer.state, case.case_id
        return not state.stands(case_id) or state.visible_fraction(case_id) >= assumptions.GRIP_SHARE_MIN

    def _take(self, case: Case, track_id: str, cause: str) -> Generator[Step, Any, bool]:
        """Bring one case to the conveyor, or leave it for people; returns whether others fell."""
        has_fallen = False
        while True:
            grip = yield from self._grip(case, track_id)
            if grip is None or self._sets_aside(case, track_id, cause):
                return has_fallen
            taken_from, fallen = self._pull(case, grip)
            picked = self._say_picked(case, track_id, cause, taken_from=taken_from, tries=grip.tries)
            has_fallen |= bool(fallen)
            self._say_fallen(fallen, picked)
            self._dock.faults.check()
            self._robot.enter("PLACING")
            yield grip.carry_us
            if self._slips(grip):
                self._drop(case, track_id, picked)
                continue
            yield from self._place(case, track_id, picked)
            return has_fallen

    def _grip(self, case: Case, track_id: str) -> Generator[Step, Any, _Grip | None]:
        """Try to grip a case until it holds; None if it is to be skipped, or the order is cancelled."""
        robot = self._robot
        fails_for_sure = "grip_fails" in robot.forced
        robot.forced.discard("grip_fails")
        tries = 0
        while True:
            grip = yield from self._try_grips(case, before=tries, fails_for_sure=fails_for_sure)
            tries = grip.tries
            if grip.holds:
                return grip
            fails_for_sure = False
            answer = yield from robot.ask(
                track_id=track_id, trailer_id=self._trailer.trailer_id, correlation_id=self._correlation_id
            )
            if answer == "assist":
                robot.enter("REMOTE_ASSISTED")
                uniform = self._dock.draws.uniforms("assist", case.case_id, case.attempts)[0]
                handling_us = self._dock.plan.operators.remote_handling_us
                yield int(lognormal(uniform, handling_us, assumptions.HUMAN_SIGMA))
                return grip._replace(holds=True, tries=tries + 1)
            if answer != "retry":
                return None

    def _try_grips(self, case: Case, *, before: int, fails_for_sure: bool) -> Generator[Step, Any, _Grip]:
        """So many grips as a robot tries before it asks, or until one holds; returns the last, `before` counted too."""
        stands = self._trailer.state.stands(case.case_id)
        tries = before
        while True:
            tries += 1
            case.attempts += 1
            uniforms = self._dock.draws.uniforms("pick", case.case_id, case.attempts)
            cycle_us = triangular(uniforms[0], *assumptions.PICK_CYCLE_S) * self._cycle_scale_us
            self._robot.enter("PICKING" if stands else "CLEARING_FLOOR")
            yield int(cycle_us * assumptions.PICK_SHARE)
            holds = uniforms[1] >= self._grip_fails and not fails_for_sure
            if holds or tries == before + assumptions.GRIP_TRIES_MAX:
                carry_us = int(cycle_us * (1.0 - assumptions.PICK_SHARE))
                return _Grip(holds=holds, tries=tries, uniforms=uniforms, carry_us=carry_us)

    def _sets_aside(self, case: Case, track_id: str, cause: str) -> bool:
        """Whether the gripped case is beyond the limits or damaged, and so is left for people."""
        loaded, state = case.loaded, self._trailer.state
        stands = state.stands(case.case_id)
        is_high = stands and loaded.center_m[2] > assumptions.CHEST_HEIGHT_M
        limit_kg = assumptions.WEIGHT_LIMIT_HIGH_KG if is_high else assumptions.WEIGHT_LIMIT_LOW_KG
        if loaded.weight_kg > limit_kg:
            reason = "too_heavy"
        elif _is_too_large(loaded.size_m):
            reason = "too_large"
        elif case.is_damaged:
            reason = "crushed_corner"
        else:
            return False
        data = CaseSetAsideData(trailer_id=self._trailer.trailer_id, track_id=track_id, reason=reason)
        if reason == "crushed_corner":
            case.mark = "damaged"
            self._trailer.pick(case, ())
            message_type: type[CaseDamaged | CaseRefused] = CaseDamaged
        else:
            case.mark = "refused"
            message_type = CaseRefused
        self._endpoint.emit(message_type, data, correlation_id=self._correlation_id, causation_id=cause)
        return True

    def _pull(self, case: Case, grip: _Grip) -> tuple[_TakenFrom, list[Fall]]:
        """The case comes out into the robot's hand; returns where it was, and what came down with it."""
        trailer = self._trailer
        stood = trailer.state.stands(case.case_id)
        fallen: list[Fall] = []
        if not self._is_open(case):
            for blocker in trailer.state.blocked_by(case.case_id):
                if trailer.state.stands(blocker):
                    fallen += trailer.drag_down(trailer.cases[blocker], grip.uniforms[4:])
        # It may have come down with what it was dragged past: then it is taken out of the fall.
        fallen = [fall for fall in fallen if fall.case_id != case.case_id]
        fallen += trailer.pick(case, grip.uniforms[4:])
        for fall in fallen:
            self._fall(trailer.cases[fall.case_id], fall.height_m)
        case.whereabouts = "in_hand"
        self._robot.holding = case
        return ("wall" if stood else "floor"), fallen

    def _fall(self, case: Case, height_m: float) -> None:
        """Whether a fall damages the case depends on the case and the height, not on what else fell before."""
        case.falls += 1
        uniform = self._dock.draws.uniforms("fall", case.case_id, case.falls)[0]
        pass_m = next(
            (height for weight, height in assumptions.ISTA_1A_HEIGHTS_M if case.loaded.weight_kg <= weight),
            assumptions.ISTA_1A_HEIGHTS_M[-1][1],
        )
        if uniform < assumptions.DAMAGE_AT_PASS_HEIGHT * (height_m / pass_m) ** 2:
            case.is_damaged = True

    def _slips(self, grip: _Grip) -> bool:
        if "case_drops" in self._robot.forced:
            self._robot.forced.discard("case_drops")
            return True
        return grip.uniforms[2] < self._drops

    def _drop(self, case: Case, track_id: str, cause: str) -> None:
        case.whereabouts = "in_trailer"
        self._robot.holding = None
        self._trailer.state.put_on_floor(case.case_id)
        self._fall(case, assumptions.CARRY_HEIGHT_M)
        data = CaseDroppedData(
            trailer_id=self._trailer.trailer_id,
            track_id=track_id,
            cause="slipped",
            height_m=assumptions.CARRY_HEIGHT_M,
        )
        self._endpoint.emit(CaseDropped, data, correlation_id=self._correlation_id, causation_id=cause)

    def _place(self, case: Case, track_id: str, cause: str) -> Generator[Step, Any, None]:
        conveyor = self._conveyor
        while not conveyor.has_room:
            self._robot.enter("WAITING_FOR_CONVEYOR")
            yield conveyor.room()
        self._robot.enter("PLACING")
        self._robot.holding = None
        data = CasePlacedData(trailer_id=self._trailer.trailer_id, track_id=track_id, conveyor_id=conveyor.conveyor_id)
        placed = self._endpoint.emit(CasePlaced, data, correlation_id=self._correlation_id, causation_id=cause)
        conveyor.take(case, self._trailer, placed_id=placed.id)
        self.placed += 1
        self._trailer.placed += 1
        self._dock.faults.check()

    # -- saying -----------------------------------------------------------------------------------------------------

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

    def _say_fallen(self, fallen: Sequence[Fall], cause: str) -> None:
        """A case that was never seen has no track: it will be seen on the floor."""
        for fall in fallen:
            track_id = self._trailer.cases[fall.case_id].track_id
            if track_id is None:
                continue
            data = CaseDroppedData(
                trailer_id=self._trailer.trailer_id,
                track_id=track_id,
                cause="fell",
                height_m=round(fall.height_m, 3),
            )
            self._endpoint.emit(CaseDropped, data, correlation_id=self._correlation_id, causation_id=cause)


@lru_cache(maxsize=1024)
def _is_too_large(size_m: Vector) -> bool:
    limits_m = sorted(assumptions.CASE_SIZE_LIMITS_M)
    return any(edge_m > limit_m for edge_m, limit_m in zip(sorted(size_m), limits_m, strict=True))
