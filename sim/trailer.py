"""One trailer as it really is: its load as it stands, and when what happened to it. None of it crosses the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim import assumptions
from sim.case import Case
from sim.load.planned import load_of
from sim.perception import Perception, Sight
from sim.physics.ahead import PhysicsAhead
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from sim.plan import CountedLoad, GeneratedLoad
from sim.truth import MissedSkip
from twin.errors import ManifestError
from twin.ids import order_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from sim.load.load import Load
    from sim.perception import Ghost, Merged
    from sim.physics.port import Extraction, Fall, LoadState, Physics
    from sim.plan import DayPlan, TrailerPlan
    from twin.rng import Draws


class Trailer:
    """One trailer: its plan, what is in it, when what happened to it. Instants are None until then.

    `sight`: how well robots see in it; None: without errors but the usual noise. `physics`: what holds its load up;
    None: the support graph.
    """

    def __init__(
        self,
        plan: TrailerPlan,
        load: Load | None,
        *,
        cases_total: int,
        cases_announced: int,
        draws: Draws,
        sight: Sight | None = None,
        physics: Physics[Any] | None = None,
    ) -> None:
        self.plan = plan
        self.trailer_id = plan.trailer_id
        self.order_id = order_id_of(plan.trailer_id)
        """The correlation of all that concerns its unloading."""
        self.load = load
        self.cases_total = cases_total
        """In it when it comes."""
        self.cases_announced = cases_announced
        """As its papers say, whatever is in it."""
        self.cases: dict[str, Case] = {case.case_id: Case(case) for case in load.cases} if load else {}
        self.by_track: dict[str, Case | Ghost | Merged] = {}
        self.perception = Perception(self, draws, sight or Sight())
        self.placed = 0
        self.is_in_yard = False
        self.goes_to_wrong_door = False
        """Whether its way to a door goes wrong."""
        self.door_id: str | None = None
        self.arrived_us: int | None = None
        self.docked_us: int | None = None
        self.unload_started_us: int | None = None
        self.unload_finished_us: int | None = None
        self.released_us: int | None = None
        self.departed_us: int | None = None
        self._draws = draws
        self.falling: dict[str, Fall] = {}
        """What is coming down: in `state` it lies where it will, but nobody has told of it."""
        self.skips_audited = 0
        self.skips_missed: list[MissedSkip] = []
        """Of those audited, the picks that needed an episode after all."""
        self.unsettled = 0
        """So many times something still moved when the physics stopped looking: after the ride, and after picks."""
        self._physics: Physics[Any] = physics or SupportPhysics()
        self._ahead: PhysicsAhead[Any] | None = physics if isinstance(physics, PhysicsAhead) else None
        self._state: LoadState | None = None

    @property
    def state(self) -> LoadState:
        """The load as it is now, or will be as soon as what is coming down is down."""
        if self._state is None:
            assert self.load is not None, "a counted load has no cases"
            self._state = self._physics.settle(self.load)
            self.unsettled += not self._state.is_settled
        return self._state

    def will_be_opened(self) -> None:
        """Somebody will look into it: where physics is computed ahead, its load begins to settle."""
        if self._ahead is not None and self.load is not None:
            self._ahead.begin_settling(self.load)

    def will_be_picked(self, case: Case, uniforms: Sequence[float], *, strength: float) -> None:
        """The case will be pulled out, with these draws, unless something happens before: it may be computed ahead."""
        if self._ahead is not None and case.whereabouts == "in_trailer":
            self._ahead.begin(self.state, Pick(case_id=case.case_id, strength=strength), uniforms)

    def pick(
        self,
        case: Case,
        uniforms: Sequence[float],
        *,
        by: Literal["robot", "people"] = "robot",
        strength: float = 1.0,
    ) -> Extraction:
        """The case is to be taken out of the load, as it stands or lies; returns what came of it."""
        before = self.state
        pick = Pick(case_id=case.case_id, by=by, strength=strength)
        self._state, extraction = self._physics.extract(before, pick, uniforms)
        if self.falling and extraction.came_out:
            self.falling.pop(case.case_id, None)
        self.unsettled += not extraction.is_settled
        if extraction.audit is not None:
            self.skips_audited += 1
            if extraction.audit.is_missed:
                self._note_missed(before, pick, uniforms, extraction.audit.moved)
        return extraction

    def _note_missed(self, before: LoadState, pick: Pick, uniforms: Sequence[float], moved: tuple[str, ...]) -> None:
        assert self.load is not None, "a counted load has no cases"
        boxes = before.boxes()
        missed = MissedSkip(
            trailer_id=self.trailer_id,
            pick=pick,
            uniforms=tuple(uniforms),
            moved=moved,
            interior_m=self.load.interior_m,
            boxes=boxes,
            weights_kg=tuple(self.cases[case_id].loaded.weight_kg for case_id in boxes.ids),
        )
        self.skips_missed.append(missed)

    def topple(self, case_ids: Sequence[str], uniforms: Sequence[float]) -> tuple[Fall, ...]:
        """Standing cases are pulled over: they fall, and so may others; returns all of them."""
        self._state, fallen = self._physics.topple(self.state, case_ids, uniforms)
        return fallen

    def collapse(self, share: float, uniforms: Sequence[float]) -> tuple[Fall, ...]:
        """Bring down this share of the wall in front, the highest first, and what rests on it; returns all that fell.

        A trailer whose cases are not simulated has no wall.
        """
        if self.load is None:
            return ()
        toward_m = (uniforms[0] - 0.5) * self.load.interior_m[1]
        front = [self._place_in_wall(case, toward_m) for case in self.cases.values() if self._is_in_front(case)]
        front.sort(key=lambda place: place[:2])
        if not front:
            return ()
        return self.topple([case_id for _, _, case_id in front[: max(round(share * len(front)), 1)]], uniforms[1:])

    def _place_in_wall(self, case: Case, toward_m: float) -> tuple[float, float, str]:
        """How far its underside is below the floor, and how far it is to the side of where a wall gives way."""
        _, y, z = self.state.center_m(case.case_id)
        return case.loaded.size_m[2] / 2.0 - z, abs(y - toward_m), case.case_id

    def carry_out(self, case: Case) -> None:
        """People take the case away. What comes loose by it they set down on the floor, unharmed."""
        case.whereabouts = "carried_out"
        if self.state.stands(case.case_id) or case.case_id in self.state.floor:
            self.pick(case, self._draws.uniforms("carried_out", case.case_id), by="people")

    def _is_in_front(self, case: Case) -> bool:
        return self.state.stands(case.case_id) and not self.state.blocked_by(case.case_id)

    def suffer_fall(self, case: Case, height_m: float) -> None:
        """Whether a fall damages the case depends on the case and the height, not on what else fell before."""
        case.falls += 1
        uniform = self._draws.uniforms("fall", case.case_id, case.falls)[0]
        pass_m = next(
            (height for weight, height in assumptions.ISTA_1A_HEIGHTS_M if case.loaded.weight_kg <= weight),
            assumptions.ISTA_1A_HEIGHTS_M[-1][1],
        )
        if uniform < assumptions.DAMAGE_AT_PASS_HEIGHT * (height_m / pass_m) ** 2:
            case.is_damaged = True


def trailer_of(plan: TrailerPlan, day: DayPlan, draws: Draws, *, physics: Physics[Any] | None = None) -> Trailer:
    """The trailer with its load; in the fidelity `trailer` with nothing but a count of it where a count is given.

    `physics`: what holds its load up; None: the support graph.

    Raises ManifestError if a manifest or packing plan cannot be used, or there are no cases to unload.
    """
    if day.fidelity == "trailer" and isinstance(plan.load, CountedLoad | GeneratedLoad):
        announced = plan.load.cases
        if plan.missing > announced:
            msg = f"{plan.trailer_id}: got {plan.missing} cases missing, expected at most its {announced} cases"
            raise ManifestError(msg)
        inside = announced - plan.missing + plan.extra
        return Trailer(plan, None, cases_total=inside, cases_announced=announced, draws=draws)
    load = load_of(plan, day, draws)
    return Trailer(
        plan,
        None if day.fidelity == "trailer" else load,
        cases_total=len(load.cases),
        cases_announced=sum(line.quantity for line in load.manifest),
        draws=draws,
        sight=Sight(
            ghosts=day.dock.ghosts,
            merges=day.dock.merges,
            misses=day.dock.misses,
            position_stddev_m=day.dock.position_stddev_m,
        ),
        physics=physics,
    )
