"""One trailer as it really is: its load as it stands, and when what happened to it. None of it crosses the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import assumptions
from sim.case import Case
from sim.load.planned import load_of
from sim.perception import Perception
from sim.physics.port import Fall, Pick
from sim.physics.support import SupportPhysics
from sim.plan import CountedLoad, GeneratedLoad
from twin.errors import ManifestError
from twin.ids import order_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Load
    from sim.perception import Ghost, Merged
    from sim.physics.support import SupportGraph
    from sim.plan import DayPlan, TrailerPlan
    from twin.rng import Draws


class Trailer:
    """One trailer: its plan, what is in it, when what happened to it. Instants are None until then."""

    def __init__(
        self,
        plan: TrailerPlan,
        load: Load | None,
        *,
        cases_total: int,
        cases_announced: int,
        draws: Draws,
        ghosts: float = 0.0,
        merges: float = 0.0,
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
        self.perception = Perception(self, draws, ghosts=ghosts, merges=merges)
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
        self._physics = SupportPhysics()
        self._state: SupportGraph | None = None

    @property
    def state(self) -> SupportGraph:
        """The load as it stands now."""
        if self._state is None:
            assert self.load is not None, "a counted load has no cases"
            self._state = self._physics.settle(self.load)
        return self._state

    def pick(self, case: Case, uniforms: Sequence[float]) -> tuple[Fall, ...]:
        """The case is taken out of the load, or from the floor; returns what fell because of it."""
        self._state, extraction = self._physics.pick(self.state, Pick(case_id=case.case_id), uniforms)
        return extraction.fallen

    def drag_down(self, case: Case, uniforms: Sequence[float]) -> tuple[Fall, ...]:
        """A standing case is pulled over: it falls, and so may others; returns all of them."""
        fallen = self.pick(case, uniforms)
        self.state.put_on_floor(case.case_id)
        return (Fall(case_id=case.case_id, height_m=case.underside_m), *fallen)

    def collapse(self, share: float, uniforms: Sequence[float]) -> tuple[Fall, ...]:
        """Bring down this share of the wall in front, the highest first, and what rests on it; returns all that fell.

        Whether a fall damages a case is settled here. A trailer whose cases are not simulated has no wall.
        """
        if self.load is None:
            return ()
        front = [case for case in self.cases.values() if self._is_in_front(case)]
        toward_m = (uniforms[0] - 0.5) * self.load.interior_m[1]
        front.sort(key=lambda case: (-case.underside_m, abs(case.loaded.center_m[1] - toward_m)))
        fallen: list[Fall] = []
        for case in front[: max(round(share * len(front)), 1)]:
            fallen += self.drag_down(case, uniforms[1:])
        for fall in fallen:
            self.suffer_fall(self.cases[fall.case_id], fall.height_m)
        return tuple(fallen)

    def carry_out(self, case: Case) -> None:
        """People take the case away. What comes loose by it they set down on the floor, unharmed."""
        case.whereabouts = "carried_out"
        if self.state.stands(case.case_id) or case.case_id in self.state.floor:
            self.pick(case, self._draws.uniforms("carried_out", case.case_id))

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


def trailer_of(plan: TrailerPlan, day: DayPlan, draws: Draws) -> Trailer:
    """The trailer with its load; in the fidelity `trailer` with nothing but a count of it where a count is given.

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
        load if day.fidelity == "case" else None,
        cases_total=len(load.cases),
        cases_announced=sum(line.quantity for line in load.manifest),
        draws=draws,
        ghosts=day.dock.ghosts,
        merges=day.dock.merges,
    )
