"""The truth about trailers and cases. None of it crosses the bus; it ends in trailers.csv and cases.csv."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from sim.perception import Perception
from sim.physics.port import Fall, Pick
from sim.physics.support import SupportPhysics
from twin.ids import order_id_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Load, LoadedCase
    from sim.physics.support import SupportGraph
    from sim.plan import TrailerPlan
    from twin.rng import Draws

Whereabouts = Literal["in_trailer", "in_hand", "on_conveyor", "delivered", "carried_out"]
Outcome = Literal["received", "damaged", "refused", "manual", "in_trailer", "in_hand", "on_conveyor", "not_loaded"]


class Case:
    """One case. `mark`: what a robot set it aside for; `track_id`: perception's name for it, once it was seen."""

    __slots__ = ("attempts", "case_id", "falls", "is_damaged", "loaded", "mark", "picked_us", "track_id", "whereabouts")

    def __init__(self, loaded: LoadedCase) -> None:
        self.loaded = loaded
        self.case_id = loaded.case_id
        self.whereabouts: Whereabouts = "in_trailer"
        self.mark: Literal["damaged", "refused"] | None = None
        self.is_damaged = False
        self.attempts = 0
        self.falls = 0
        self.track_id: str | None = None
        self.picked_us: int | None = None

    @property
    def outcome(self) -> Outcome:
        """The one thing that became of it."""
        if self.whereabouts == "delivered":
            return "received"
        if self.whereabouts == "carried_out":
            return self.mark or "manual"
        return (self.mark if self.whereabouts == "in_trailer" else None) or self.whereabouts


class Trailer:
    """One trailer: its plan, what is in it, when what happened to it. Instants are None until then."""

    def __init__(self, plan: TrailerPlan, load: Load | None, *, cases_total: int, draws: Draws) -> None:
        self.plan = plan
        self.trailer_id = plan.trailer_id
        self.order_id = order_id_of(plan.trailer_id)
        """The correlation of all that concerns its unloading."""
        self.load = load
        self.cases_total = cases_total
        self.cases: dict[str, Case] = {case.case_id: Case(case) for case in load.cases} if load else {}
        self.by_track: dict[str, Case] = {}
        self.perception = Perception(self, draws)
        self.placed = 0
        self.is_in_yard = False
        self.door_id: str | None = None
        self.arrived_us: int | None = None
        self.docked_us: int | None = None
        self.unload_started_us: int | None = None
        self.unload_finished_us: int | None = None
        self.released_us: int | None = None
        self.departed_us: int | None = None
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
        underside_m = case.loaded.center_m[2] - case.loaded.size_m[2] / 2.0
        fallen = self.pick(case, uniforms)
        self.state.put_on_floor(case.case_id)
        return (Fall(case_id=case.case_id, height_m=underside_m), *fallen)


class TrailerRow(Struct, frozen=True, kw_only=True):
    """One line of trailers.csv; `cases`: in it when it came."""

    trailer_id: str
    door_id: str | None
    arrived_us: int | None
    docked_us: int | None
    unload_started_us: int | None
    unload_finished_us: int | None
    released_us: int | None
    departed_us: int | None
    cases: int


class CaseRow(Struct, frozen=True, kw_only=True):
    """One line of cases.csv; `picked_us`: when a robot first had it in hand."""

    case_id: str
    trailer_id: str
    manifest_line: str | None
    label: str
    weight_kg: float
    fault: str
    outcome: Outcome
    picked_us: int | None


class Truth(Struct, frozen=True, kw_only=True):
    """All trailers and all cases, in the order of the plan."""

    trailers: tuple[TrailerRow, ...]
    cases: tuple[CaseRow, ...]


class Progress(Struct, frozen=True, kw_only=True):
    """How far the day has come: trailers departed, cases that left their trailer."""

    trailers_done: int
    trailers_total: int
    cases_placed: int
    cases_total: int
