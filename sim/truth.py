"""The truth at the end of a day, as rows: trailers.csv and cases.csv. None of it crosses the bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from sim.case import Outcome
    from sim.load.load import Vector
    from sim.physics.boxes import Boxes
    from sim.physics.port import Pick


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


class MissedSkip(Struct, frozen=True, kw_only=True):
    """A pick that was thought to need no episode, and moved something: all it takes to play it again.

    `boxes`: the load before it, with their weights in the same order; `moved`: the cases that should have stayed.
    """

    trailer_id: str
    pick: Pick
    uniforms: tuple[float, ...]
    moved: tuple[str, ...]
    interior_m: Vector
    boxes: Boxes
    weights_kg: tuple[float, ...]


class PhysicsReport(Struct, frozen=True, kw_only=True):
    """How far the physics of a run can be relied on.

    `audited`: the picks that seemed to need no episode and were given one all the same; `missed`: those of them that
    needed it. `unsettled`: rides and picks after which something was still moving when the physics stopped looking.
    """

    audited: int = 0
    unsettled: int = 0
    missed: tuple[MissedSkip, ...] = ()
