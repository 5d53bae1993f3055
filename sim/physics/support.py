"""The support graph: `case` fidelity. What rests on what decides what stays up when a case is taken away.

Who touches, carries and hides whom is found once; a pick then costs only the neighbours of what moved, and what can be
seen is found when somebody looks. Each case is judged by its own weight alone: what a load on top adds to its balance,
and pushing a neighbour over, are left to the physics behind the same port.
"""
# ruff: noqa: SLF001 - a copy fills in the parts of another of its own kind

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sim.assumptions import (
    FACE_OVERLAP_M,
    FLOOR_SHIFT_M,
    GRIP_SHARE_MIN,
    SEAM_MAX_M,
    VIEW_CELL_M,
    VISIBLE_SHARE_MIN,
)
from sim.load.audit import Defect, audit
from sim.load.contact import TOUCH_M, Floats, Indices, Rectangle, balance_m, close_pairs, contacts, corners
from sim.load.load import Load
from sim.physics.boxes import boxes_of
from sim.physics.port import Extraction, Fall
from sim.physics.tables import RULE_OF_THUMB
from twin.geometry import UPRIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.audit import Finding
    from sim.load.load import Vector
    from sim.physics.boxes import Boxes
    from sim.physics.port import Pick
    from sim.physics.tables import FailureTables


class _Geometry:
    """What never changes: who touches, carries and hides whom. Cases are numbered as in the load."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.cases = load.cases
        self.number_of = {case.case_id: number for number, case in enumerate(load.cases)}
        self._lo, self._hi = corners(load.cases)
        self.underside_m: list[float] = self._lo[:, 2].tolist()
        self._find_supports()
        self._find_views()

    def _find_supports(self) -> None:
        touching = contacts(self._lo, self._hi)
        self.above = _grouped(touching.lower, touching.upper, len(self.cases))
        self.below: list[list[tuple[int, Rectangle]]] = [[] for _ in self.cases]
        patches: list[Rectangle] = list(map(tuple, touching.patch.tolist()))
        for upper, lower, patch in zip(touching.upper.tolist(), touching.lower.tolist(), patches, strict=True):
            self.below[upper].append((lower, patch))

    def _find_views(self) -> None:
        """Lay a grid over the door. The cells a case covers are the bits of an int."""
        lo, hi = self._lo[:, 1:], self._hi[:, 1:]
        first = np.ceil(lo / VIEW_CELL_M - 0.5)
        last = np.ceil(hi / VIEW_CELL_M - 0.5)
        # A case that covers no middle of a cell still gets the cell its own middle is in.
        slim = last <= first
        first = np.where(slim, np.floor((lo + hi) / 2.0 / VIEW_CELL_M), first)
        last = np.where(slim, first + 1.0, last)
        wide, high = (last - first).astype(int).T
        column, row = (first - first.min(axis=0, initial=0)).astype(int).T
        rows = int((row + high).max(initial=0))
        side_by_side = [sum(1 << rows * number for number in range(width)) for width in range(wide.max(initial=0) + 1)]
        self.cells = [
            ((1 << h) - 1) * side_by_side[w] << c * rows + r
            for c, r, w, h in zip(column.tolist(), row.tolist(), wide.tolist(), high.tolist(), strict=True)
        ]
        self.seen_min: list[int] = np.ceil(VISIBLE_SHARE_MIN * wide * high).astype(int).tolist()
        self._find_hiders(first, last)

    def _find_hiders(self, first: Floats, last: Floats) -> None:
        """A case hides what shares a cell with it and comes later in `nearest_first`."""
        order = np.argsort(self._lo[:, 0], kind="stable")
        rank = np.argsort(order)
        a, b = close_pairs(first, last, axis=0, overlap_min_m=0.5)  # here in cells, of which they share whole ones
        shares_rows = np.minimum(last[a, 1], last[b, 1]) > np.maximum(first[a, 1], first[b, 1])
        a, b = a[shares_rows], b[shares_rows]
        a_first = rank[a] < rank[b]
        self.nearest_first: list[int] = order.tolist()
        self.hiders = _grouped(np.where(a_first, b, a), np.where(a_first, a, b), len(self.cases))

    @cached_property
    def in_front(self) -> list[list[int]]:
        """For each case those nearer the door that cover part of its face; few trailers are ever asked."""
        near, far = _hiding_pairs(self._lo, self._hi)
        return _grouped(far, near, len(self.cases))

    @cached_property
    def beside(self) -> list[list[int]]:
        """For each case those that stand flush beside it; few trailers are ever asked."""
        a, b = _pairs_side_by_side(self._lo, self._hi)
        return _grouped(np.concatenate([a, b]), np.concatenate([b, a]), len(self.cases))


class SupportGraph:
    """A load state that knows what carries what. `extract` and the floor change it in place; copies are cheap."""

    __slots__ = ("_floor", "_geometry", "_standing")

    def __init__(self, load: Load) -> None:
        self._geometry = _Geometry(load)
        self._standing = bytearray(b"\1") * len(load.cases)
        self._floor: dict[int, None] = {}

    is_settled = True

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that lie on the trailer's floor, first fallen first."""
        return tuple(self._ids(self._floor))

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load as it was loaded."""
        return bool(self._standing[self._geometry.number_of[case_id]])

    def center_m(self, case_id: str) -> Vector:
        """Where it was loaded; one that came down lies on the floor, `FLOOR_SHIFT_M` before that place."""
        number = self._geometry.number_of[case_id]
        case = self._geometry.cases[number]
        if self._standing[number]:
            return case.center_m
        if number not in self._floor:
            raise KeyError(case_id)
        x, y, _ = case.center_m
        return max(x - FLOOR_SHIFT_M, case.size_m[0] / 2.0), y, case.size_m[2] / 2.0

    def orientation_xyzw(self, case_id: str) -> tuple[float, float, float, float]:
        """As it was loaded: nothing turns here."""
        if case_id not in self._geometry.number_of:
            raise KeyError(case_id)
        return UPRIGHT

    def boxes(self) -> Boxes:
        """All cases in the trailer as they are now, in the order of the load."""
        inside = [
            case for number, case in enumerate(self._geometry.cases) if self._standing[number] or number in self._floor
        ]
        boxes = boxes_of(inside)
        for row, case in enumerate(inside):
            boxes.center_m[row] = self.center_m(case.case_id)
        return boxes

    def visible(self) -> list[str]:
        """The standing cases of which at least `VISIBLE_SHARE_MIN` is seen from the door, straight on."""
        standing, cells, seen_min = self._standing, self._geometry.cells, self._geometry.seen_min
        visible: list[int] = []
        covered = 0
        seen_cells = 0
        for number in self._geometry.nearest_first:
            if not standing[number]:
                continue
            covered |= cells[number]
            # What this case adds to the cells that are covered is what is seen of it.
            seen_with_it = covered.bit_count()
            if seen_with_it - seen_cells >= seen_min[number]:
                visible.append(number)
            seen_cells = seen_with_it
        return self._ids(sorted(visible))

    def visible_fraction(self, case_id: str) -> float:
        """The open share of a case's face towards the door, counted in cells of `VIEW_CELL_M`."""
        number = self._geometry.number_of[case_id]
        standing, cells = self._standing, self._geometry.cells
        if not standing[number]:
            return 0.0
        hidden = 0
        for hider in self._geometry.hiders[number]:
            if standing[hider]:
                hidden |= cells[hider]
        face = cells[number]
        return (face & ~hidden).bit_count() / face.bit_count() if hidden else 1.0

    def blocked_by(self, case_id: str) -> list[str]:
        """Standing cases nearer the door, at any distance, that cover more of this one's face than `FACE_OVERLAP_M`."""
        in_front = self._geometry.in_front[self._geometry.number_of[case_id]]
        return self._ids([other for other in in_front if self._standing[other]])

    def rests_on_top(self, case_id: str) -> list[str]:
        """Standing cases that rest on this one."""
        above = self._geometry.above[self._geometry.number_of[case_id]]
        return self._ids([other for other in above if self._standing[other]])

    def beside(self, case_id: str) -> list[str]:
        """Standing cases that stand side by side with this one: fronts and undersides flush, sides touching."""
        beside = self._geometry.beside[self._geometry.number_of[case_id]]
        return self._ids([other for other in beside if self._standing[other]])

    def extract(
        self, case_id: str, uniforms: Sequence[float] = (), tables: FailureTables = RULE_OF_THUMB
    ) -> Extraction:
        """Pull a standing case out from under and between the others, in place.

        A case that loses a support falls by how far its centre of mass is inside what still carries it, and takes down
        what rests on it. Where the tables leave it open a draw decides, each case by the next of `uniforms`, from the
        first again after the last; without any, it falls.
        """
        geometry, standing = self._geometry, self._standing
        number = geometry.number_of[case_id]
        assert standing[number], f"{case_id} does not stand in the load"
        standing[number] = 0
        fallen: list[Fall] = []
        unsure = 0
        shaken = {upper: None for upper in geometry.above[number] if standing[upper]}
        while shaken:
            # Lowest first: what a case rests on is settled before the case itself is judged.
            upper = min(shaken, key=geometry.underside_m.__getitem__)
            del shaken[upper]
            if not standing[upper]:
                continue
            stays = tables.stays_at(self._balance_m(upper))
            if stays >= 1.0:
                continue
            if stays > 0.0 and uniforms:
                unsure += 1
                if uniforms[(unsure - 1) % len(uniforms)] < stays:
                    continue
            fallen.append(Fall(case_id=geometry.cases[upper].case_id, height_m=geometry.underside_m[upper]))
            standing[upper] = 0
            self._floor[upper] = None
            shaken.update(dict.fromkeys(geometry.above[upper]))
        return Extraction(fallen=tuple(fallen))

    def take_from_floor(self, case_id: str) -> None:
        """The case is lifted from the floor and out. It lies there, else the caller has a bug."""
        del self._floor[self._geometry.number_of[case_id]]

    def put_on_floor(self, case_id: str) -> None:
        """A case that was picked is back, on the floor: it slipped from the gripper."""
        number = self._geometry.number_of[case_id]
        assert not self._standing[number], f"{case_id} stands in the load"
        self._floor[number] = None

    def copy(self) -> SupportGraph:
        """The same state, apart: neither sees what happens to the other."""
        apart = SupportGraph.__new__(SupportGraph)
        apart._geometry = self._geometry
        apart._standing = self._standing[:]
        apart._floor = self._floor.copy()
        return apart

    def load_standing(self) -> Load:
        """What stands, as a load without papers."""
        load = self._geometry.load
        standing = tuple(case for number, case in enumerate(load.cases) if self._standing[number])
        return Load(trailer_id=load.trailer_id, interior_m=load.interior_m, manifest=(), cases=standing)

    def topple(
        self, case_id: str, uniforms: Sequence[float] = (), tables: FailureTables = RULE_OF_THUMB
    ) -> tuple[Fall, ...]:
        """Tip a standing case towards the door, in place; returns its fall and those of what it held."""
        number = self._geometry.number_of[case_id]
        extraction = self.extract(case_id, uniforms, tables)
        self._floor[number] = None
        return (Fall(case_id=case_id, height_m=self._geometry.underside_m[number]), *extraction.fallen)

    def _ids(self, numbers: Sequence[int] | dict[int, None]) -> list[str]:
        cases = self._geometry.cases
        return [cases[number].case_id for number in numbers]

    def without(self, case_ids: Sequence[str]) -> SupportGraph:
        """The same with these gone, and all others where they stand."""
        apart = self.copy()
        for case_id in case_ids:
            apart._standing[self._geometry.number_of[case_id]] = 0
        return apart

    def underside_m(self, case_id: str) -> float:
        """How high above the floor a case was loaded."""
        return self._geometry.underside_m[self._geometry.number_of[case_id]]

    def inside_m(self, case_id: str) -> float:
        """How far the middle of a case is inside what stands under it; negative outside, -inf if nothing does."""
        return self._balance_m(self._geometry.number_of[case_id])

    def _balance_m(self, number: int) -> float:
        x, y, _ = self._geometry.cases[number].center_m
        return balance_m(x, y, [patch for lower, patch in self._geometry.below[number] if self._standing[lower]])

    def carried_kg(self, case_id: str) -> float:
        """What of the load rests on a case. What rests on several rests on each by its share of what they touch."""
        geometry, standing = self._geometry, self._standing
        carried: dict[int, float] = {}

        def carried_by(number: int) -> float:
            if number not in carried:
                carried[number] = sum(
                    (geometry.cases[upper].weight_kg + carried_by(upper)) * share(upper, number)
                    for upper in geometry.above[number]
                    if standing[upper]
                )
            return carried[number]

        def share(upper: int, number: int) -> float:
            touched = {lower: area(patch) for lower, patch in geometry.below[upper] if standing[lower]}
            return touched[number] / sum(touched.values())

        def area(patch: Rectangle) -> float:
            x0, y0, x1, y1 = patch
            return (x1 - x0) * (y1 - y0)

        return carried_by(geometry.number_of[case_id])


class SupportPhysics:
    """The physics of `case` fidelity, on support graphs. `tables`: how likely what falls, and a seal lets go."""

    def __init__(self, tables: FailureTables = RULE_OF_THUMB) -> None:
        self._tables = tables

    def settle(self, load: Load) -> SupportGraph:
        """The load as it stands when the doors open; a sound load stands as loaded."""
        return SupportGraph(load)

    def extract(self, state: SupportGraph, pick: Pick, uniforms: Sequence[float]) -> tuple[SupportGraph, Extraction]:
        """Take one case out; the state given is left as it was.

        A robot that finds less than `GRIP_SHARE_MIN` of the case's face open drags down what stands before it. Where
        its seal lets go, which the last of `uniforms` decides, the case stays where it is.
        """
        after = state.copy()
        case_id = pick.case_id
        fallen: list[Fall] = []
        if pick.by == "robot" and after.stands(case_id) and after.visible_fraction(case_id) < GRIP_SHARE_MIN:
            for blocker in after.blocked_by(case_id):
                if after.stands(blocker):
                    fallen += after.topple(blocker, uniforms, self._tables)
        if not after.stands(case_id):
            # It may have come down with what it was dragged past: then it is taken out of the fall.
            after.take_from_floor(case_id)
            return after, Extraction(fallen=tuple(fall for fall in fallen if fall.case_id != case_id))
        if pick.by == "robot" and uniforms and self._lets_go(after, case_id, uniforms[-1]):
            return after, Extraction(fallen=tuple(fallen), came_out=False)
        extraction = after.extract(case_id, uniforms, self._tables)
        return after, Extraction(fallen=(*fallen, *extraction.fallen)) if fallen else extraction

    def _lets_go(self, state: SupportGraph, case_id: str, uniform: float) -> bool:
        return self._tables.may_let_go and uniform < self._tables.lets_go_at(state.carried_kg(case_id))

    def topple(
        self, state: SupportGraph, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[SupportGraph, tuple[Fall, ...]]:
        """Those of the cases that still stand when it is their turn tip; the state given is left as it was."""
        after = state.copy()
        fallen: list[Fall] = []
        for case_id in case_ids:
            if after.stands(case_id):
                fallen += after.topple(case_id, uniforms, self._tables)
        return after, tuple(fallen)

    def audit(self, state: SupportGraph) -> tuple[Finding, ...]:
        """What is impossible about what stands: the places of loose cases are only a guess."""
        on_paper = {Defect.TWICE, Defect.MISCOUNTED}
        return tuple(finding for finding in audit(state.load_standing()) if finding.defect not in on_paper)


def _hiding_pairs(lo: Floats, hi: Floats) -> tuple[Indices, Indices]:
    """Pairs near, far: the near case is nearer the door and covers part of the far one's face."""
    a, b = close_pairs(lo, hi, axis=1, overlap_min_m=FACE_OVERLAP_M)
    covered = np.minimum(hi[a, 2], hi[b, 2]) - np.maximum(lo[a, 2], lo[b, 2]) > FACE_OVERLAP_M
    a, b = a[covered], b[covered]
    a_first = hi[a, 0] <= lo[b, 0] + TOUCH_M
    b_first = hi[b, 0] <= lo[a, 0] + TOUCH_M
    return np.concatenate([a[a_first], b[b_first]]), np.concatenate([b[a_first], a[b_first]])


def _pairs_side_by_side(lo: Floats, hi: Floats) -> tuple[Indices, Indices]:
    """Each pair once whose fronts and undersides are flush and whose sides touch, all within `SEAM_MAX_M`."""
    a, b = close_pairs(lo, hi, axis=0, overlap_min_m=TOUCH_M)
    is_flush = (np.abs(lo[a, 0] - lo[b, 0]) <= SEAM_MAX_M) & (np.abs(lo[a, 2] - lo[b, 2]) <= SEAM_MAX_M)
    a, b = a[is_flush], b[is_flush]
    gap_m = np.maximum(lo[a, 1], lo[b, 1]) - np.minimum(hi[a, 1], hi[b, 1])
    touch = np.abs(gap_m) <= SEAM_MAX_M
    return a[touch], b[touch]


def _grouped(key: Indices, value: Indices, count: int) -> list[list[int]]:
    """For each key from 0 to `count` - 1 its values, ascending."""
    order = np.lexsort((value, key))
    ends = np.cumsum(np.bincount(key, minlength=count)).tolist()
    values = value[order].tolist()
    return [values[start:end] for start, end in zip([0, *ends], ends, strict=False)]
