"""What a robot's gripper can do: hold a case or fail to, find it beyond its limits, take the next one along.

Every draw about a case is keyed by the case and the attempt at it: another order of picking meets the same cases.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim import assumptions
from sim.case import Case
from sim.perception import Ghost, Merged
from twin.rng import lognormal, triangular

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Generator

    from sim.dock import Dock
    from sim.kernel import Step, Steps
    from sim.load.load import Vector
    from sim.robot import Robot
    from sim.trailer import Trailer

_US = 1_000_000

Beyond = Literal["too_heavy", "too_large"]


class Grip(NamedTuple):
    """The last of some grips at a case, which `stood` in the wall when they began, or lay on the floor.

    `uniforms`: the draws of the attempt; `carry_us`: the way to the conveyor; `asked_at`: the tries when it last asked
    for help; `by`: who then takes the case out.
    """

    holds: bool
    stood: bool
    tries: int
    uniforms: tuple[float, ...]
    carry_us: int
    asked_at: int = 0
    by: Literal["robot", "people"] = "robot"


class Gripper:
    """One robot's gripper at one trailer."""

    def __init__(self, dock: Dock, robot: Robot, *, trailer: Trailer) -> None:
        plan = robot.plan
        self._dock = dock
        self._robot = robot
        self._trailer = trailer
        self._cycle_scale_us = plan.cycle_scale * _US
        self._fails = assumptions.GRIP_FAILS if plan.grip_fails is None else plan.grip_fails
        self._slips = assumptions.DROPS if plan.drops is None else plan.drops
        self.reach_m = plan.reach_m or assumptions.ROBOT_REACH_M
        self._limit_low_kg = plan.weight_max_kg or assumptions.WEIGHT_LIMIT_LOW_KG
        self._limit_high_kg = plan.weight_max_high_kg or assumptions.WEIGHT_LIMIT_HIGH_KG
        self.strength = max(self._limit_low_kg / assumptions.WEIGHT_LIMIT_LOW_KG, 1.0)
        """Of its cups, in those of the robot assumed: who may lift more has more of them."""
        self._size_max_m = plan.size_max_m or assumptions.CASE_SIZE_LIMITS_M
        self.cases_max = plan.cases_per_pick
        self._needs_free_way = dock.plan.fidelity == "physics"

    # -- what it can get at -----------------------------------------------------------------------------------------

    def finds(self, case: Case) -> bool:
        """Whether enough of the case's face is open; on real boxes also, whether nothing stands in its way, or on it.

        What stands in its way would have to be pulled through, and what stands on it out with it: the seal lets go.
        """
        state, case_id = self._trailer.state, case.case_id
        if not state.stands(case_id):
            return True
        is_open = state.visible_fraction(case_id) >= assumptions.GRIP_SHARE_MIN
        if not (is_open and self._needs_free_way):
            return is_open
        return not state.blocked_by(case_id) and not state.rests_on_top(case_id)

    def reaches(self, case: Case) -> bool:
        """Whether it gets that high; what lies loose it draws nearer."""
        state = self._trailer.state
        return state.center_m(case.case_id)[2] <= self.reach_m or not state.stands(case.case_id)

    def beyond(self, case: Case) -> Beyond | None:
        """Which of its limits a case exceeds that it has its cups on."""
        loaded = case.loaded
        if loaded.weight_kg > self._limit_kg(case):
            return "too_heavy"
        return "too_large" if _is_larger(loaded.size_m, self._size_max_m) else None

    def _limit_kg(self, case: Case) -> float:
        state = self._trailer.state
        is_high = state.center_m(case.case_id)[2] > assumptions.CHEST_HEIGHT_M and state.stands(case.case_id)
        return self._limit_high_kg if is_high else self._limit_low_kg

    # -- one case ---------------------------------------------------------------------------------------------------

    def grip(self, case: Case, track_id: str, *, after: Grip | None = None) -> Generator[Step, Any, Grip | None]:
        """Try to grip a case until it holds; None if it is to be skipped, or the order is cancelled.

        `after`: the grip whose seal has just let go as the robot pulled: it counts as one that did not hold.
        """
        robot = self._robot
        fails_for_sure = False
        if robot.forced:
            fails_for_sure = self._strikes("grip_fails")
            case.is_damaged |= self._strikes("case_damaged")
        grip = after
        tries, asked_at = (0, 0) if grip is None else (grip.tries, grip.asked_at)
        while True:
            if grip is None or tries < asked_at + assumptions.GRIP_TRIES_MAX:
                grip = yield from self._try(case, before=tries, asked_at=asked_at, fails_for_sure=fails_for_sure)
                if grip.holds:
                    return grip
            # Where the seal lets go though somebody has had it tried again, it would for ever.
            may_retry = after is None or asked_at == 0
            tries = asked_at = grip.tries
            fails_for_sure = False
            answer = yield from robot.errors.ask(
                "grip_failed", track_id=track_id, trailer_id=self._trailer.trailer_id, may_retry=may_retry
            )
            if answer == "assist":
                robot.enter("REMOTE_ASSISTED")
                yield self._help_us(case)
                # Where its own seal does not hold the case, no guiding hand helps: somebody pulls it out.
                by: Literal["robot", "people"] = "robot" if after is None else "people"
                return grip._replace(holds=True, tries=tries + 1, asked_at=asked_at, by=by)
            if answer != "retry":
                return None

    def _help_us(self, case: Case) -> int:
        """How long it is helped: as long as the person takes who has said so. Who is nobody of the plan is drawn."""
        lasts_us = self._dock.operators.pool_of("remote").takes_help_us(str(self._robot.endpoint.address))
        if lasts_us is not None:
            return lasts_us
        uniform = self._dock.draws.uniforms("assist", case.case_id, case.attempts)[0]
        return int(lognormal(uniform, self._dock.plan.operators.remote_handling_us, assumptions.HUMAN_SIGMA))

    def _try(self, case: Case, *, before: int, asked_at: int, fails_for_sure: bool) -> Generator[Step, Any, Grip]:
        """So many grips as a robot tries before it asks, or until one holds; returns the last, `before` counted too."""
        stands = self._trailer.state.stands(case.case_id)
        tries = before
        while True:
            tries += 1
            case.attempts += 1
            uniforms = self._dock.draws.uniforms("pick", case.case_id, case.attempts)
            cycle_us = triangular(uniforms[0], *assumptions.PICK_CYCLE_S) * self._cycle_scale_us
            self._robot.enter("PICKING" if stands else "CLEARING_FLOOR")
            holds = uniforms[1] >= self._fails and not fails_for_sure
            if holds:
                self._trailer.will_be_picked(case, uniforms[4:], strength=self.strength)
            yield int(cycle_us * assumptions.PICK_SHARE)
            if holds or tries == asked_at + assumptions.GRIP_TRIES_MAX:
                carry_us = int(cycle_us * (1.0 - assumptions.PICK_SHARE))
                return Grip(holds, stands, tries, uniforms, carry_us, asked_at)

    def slips(self, uniforms: tuple[float, ...]) -> bool:
        """Whether a case that was gripped with these draws slips on its way."""
        if self._robot.forced and self._strikes("case_drops"):
            return True
        return uniforms[2] < self._slips

    def loses_vacuum(self) -> bool:
        """Whether everything in hand slips."""
        return bool(self._robot.forced) and self._strikes("vacuum_lost")

    def _strikes(self, fault: str) -> bool:
        if fault in self._robot.forced:
            self._robot.forced.discard(fault)
            return True
        return False

    # -- what is not one case ---------------------------------------------------------------------------------------

    def feel(self, seen: Ghost | Merged) -> Steps:
        """Find out about a track that is none, with as many grips as a robot tries; or of two cases, with one."""
        tries = assumptions.GRIP_TRIES_MAX if isinstance(seen, Ghost) else 1
        self._robot.enter("PICKING")
        for number in range(1, tries + 1):
            uniform = self._dock.draws.uniforms("feel", seen.track_id, number)[0]
            yield int(triangular(uniform, *assumptions.PICK_CYCLE_S) * self._cycle_scale_us * assumptions.PICK_SHARE)

    # -- several cases ----------------------------------------------------------------------------------------------

    def along(self, first: Case, todo: deque[str]) -> list[tuple[Case, str]]:
        """The next cases of the plan that it takes with one it is to take: each stands beside the one before it.

        They are taken off `todo`. Nothing rests on them, they are open and within the limits, together by weight too.
        """
        taken: list[tuple[Case, str]] = []
        last, weight_kg, limit_kg = first, first.loaded.weight_kg, self._limit_kg(first)
        while todo and len(taken) + 1 < self.cases_max:
            case = self._trailer.by_track.get(todo[0])
            if type(case) is not Case or not self._goes_along(case, last):
                break
            weight_kg += case.loaded.weight_kg
            limit_kg = min(limit_kg, self._limit_kg(case))
            if weight_kg > limit_kg:
                break
            taken.append((case, todo.popleft()))
            last = case
        return taken

    def _goes_along(self, case: Case, last: Case) -> bool:
        state = self._trailer.state
        return (
            case.whereabouts == "in_trailer"
            and case.case_id in state.beside(last.case_id)
            and not state.rests_on_top(case.case_id)
            and self.finds(case)
            and not case.is_damaged
            and self.reaches(case)
            and self.beyond(case) is None
        )

    def grips_along(self, case: Case) -> tuple[float, ...] | None:
        """The draws of the grip if it holds the case too, in the time of the first; None: it stays where it is."""
        case.attempts += 1
        uniforms = self._dock.draws.uniforms("pick", case.case_id, case.attempts)
        return uniforms if uniforms[1] >= self._fails else None


@lru_cache(maxsize=1024)
def _is_larger(size_m: Vector, limits_m: Vector) -> bool:
    return any(edge_m > limit_m for edge_m, limit_m in zip(sorted(size_m), sorted(limits_m), strict=True))
