"""The support graph: `case` fidelity. What rests on what decides what stays up when a case is taken away.

Who touches, carries and hides whom is found once; a pick then costs only the neighbours of what moved. Each case is
judged by its own weight alone: what a load on top adds to its balance, and pushing a neighbour over, are left to the
physics behind the same port.
"""
# ruff: noqa: SLF001 - a copy fills in the parts of another of its own kind

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from sim.assumptions import FACE_OVERLAP_M, SUPPORT_MARGIN_M, VIEW_CELL_M, VISIBLE_SHARE_MIN
from sim.load.contact import TOUCH_M, Floats, Indices, Rectangle, balance_m, close_pairs, contacts, corners
from sim.physics.port import Extraction, Fall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Load, LoadedCase
    from sim.physics.port import Pick

_NOBODY = -1
"""Ends the queue of cases behind a view cell."""


class _Geometry:
    """What never changes: who touches, carries and hides whom. Cases are numbered as in the load."""

    __slots__ = ("above", "behind", "below", "cases", "cells", "heads", "in_front", "number_of", "queue", "seen_min")

    def __init__(self, load: Load) -> None:
        self.cases = load.cases
        self.number_of = {case.case_id: number for number, case in enumerate(load.cases)}
        lo, hi = corners(load.cases)
        self._find_supports(lo, hi)
        near, far = _hiding_pairs(lo, hi)
        self.in_front = _grouped(far, near, len(self.cases))
        self.behind = _grouped(near, far, len(self.cases))
        self._find_views(lo, hi)

    def _find_supports(self, lo: Floats, hi: Floats) -> None:
        touching = contacts(lo, hi)
        self.above = _grouped(touching.lower, touching.upper, len(self.cases))
        self.below: list[list[tuple[int, Rectangle]]] = [[] for _ in self.cases]
        patches: list[Rectangle] = list(map(tuple, touching.patch.tolist()))
        for upper, lower, patch in zip(touching.upper.tolist(), touching.lower.tolist(), patches, strict=True):
            self.below[upper].append((lower, patch))

    def _find_views(self, lo: Floats, hi: Floats) -> None:
        """Lay a grid over the door; behind each of its cells the cases queue, nearest first."""
        first = np.ceil(lo[:, 1:] / VIEW_CELL_M - 0.5).astype(np.intp)
        last = np.ceil(hi[:, 1:] / VIEW_CELL_M - 0.5).astype(np.intp)
        # A case that covers no middle of a cell still gets the cell its own middle is in.
        slim = last <= first
        first = np.where(slim, np.floor((lo + hi)[:, 1:] / 2.0 / VIEW_CELL_M).astype(np.intp), first)
        last = np.where(slim, first + 1, last)
        origin = first.min(axis=0, initial=0)
        wide, high = (last - first).T
        rows = int(last[:, 1].max(initial=0) - origin[1]) + 1
        case = np.repeat(np.arange(len(self.cases)), wide * high)
        inner = np.arange(len(case)) - np.repeat(np.cumsum(wide * high) - wide * high, wide * high)
        column, row = first[case, 0] + inner // high[case] - origin[0], first[case, 1] + inner % high[case] - origin[1]
        _, cell = np.unique(column * rows + row, return_inverse=True)
        self.cells = _grouped(case, cell, len(self.cases))
        order = np.lexsort((case, lo[case, 0], cell))
        starts = np.searchsorted(cell[order], np.arange(cell.max(initial=-1) + 1))
        self.queue: list[int] = [*np.insert(case[order], starts[1:], _NOBODY).tolist(), _NOBODY]
        self.heads = array("L", (starts + np.arange(len(starts))).tolist())
        self.seen_min = np.ceil(VISIBLE_SHARE_MIN * wide * high).astype(int).tolist()


class SupportGraph:
    """A load state that knows what carries what. `extract` and the floor change it in place; copies are cheap."""

    __slots__ = ("_floor", "_front", "_geometry", "_heads", "_seen", "_standing", "_top", "_visible")

    def __init__(self, load: Load) -> None:
        geometry = _Geometry(load)
        count = len(load.cases)
        self._geometry = geometry
        self._standing = bytearray(b"\1") * count
        self._front = array("H", map(len, geometry.in_front))
        self._top = array("H", map(len, geometry.above))
        self._heads = geometry.heads
        self._seen = array("L", bytes(array("L").itemsize * count))
        self._visible: set[int] = set()
        self._floor: dict[int, None] = {}
        for head in self._heads:
            self._show(geometry.queue[head])

    @property
    def remaining(self) -> int:
        """Cases in the trailer: standing or on the floor."""
        return self._standing.count(1) + len(self._floor)

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that lie on the trailer's floor, first fallen first."""
        return tuple(self._ids(self._floor))

    def case(self, case_id: str) -> LoadedCase:
        """The case as it was loaded."""
        return self._geometry.cases[self._geometry.number_of[case_id]]

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load as it was loaded."""
        return bool(self._standing[self._geometry.number_of[case_id]])

    def visible(self) -> list[str]:
        """The standing cases of which at least `VISIBLE_SHARE_MIN` is seen from the door, straight on."""
        return self._ids(sorted(self._visible))

    def visible_fraction(self, case_id: str) -> float:
        """The open share of a case's face towards the door, counted in cells of `VIEW_CELL_M`."""
        number = self._geometry.number_of[case_id]
        return self._seen[number] / len(self._geometry.cells[number]) if self._standing[number] else 0.0

    def blocked_by(self, case_id: str) -> list[str]:
        """Standing cases nearer the door, at any distance, that cover more of this one's face than `FACE_OVERLAP_M`."""
        in_front = self._geometry.in_front[self._geometry.number_of[case_id]]
        return self._ids([other for other in in_front if self._standing[other]])

    def rests_on_top(self, case_id: str) -> list[str]:
        """Standing cases that rest on this one."""
        above = self._geometry.above[self._geometry.number_of[case_id]]
        return self._ids([other for other in above if self._standing[other]])

    def reachable(self, case_id: str) -> bool:
        """Whether a robot can take this standing case and touch no other: none covers its face, none rests on it."""
        number = self._geometry.number_of[case_id]
        return bool(self._standing[number]) and not self._front[number] and not self._top[number]

    def extract(self, case_id: str, uniforms: Sequence[float] = ()) -> Extraction:
        """Pull a standing case out from under and between the others, in place.

        A case that loses a support falls when its centre of mass is no longer inside what carries it, and takes down
        what rests on it. Within `SUPPORT_MARGIN_M` of the edge a draw decides, each case by the next of `uniforms`,
        from the first again after the last; without any, it falls.
        """
        number = self._geometry.number_of[case_id]
        assert self._standing[number], f"{case_id} does not stand in the load"
        self._remove(number)
        fallen: list[Fall] = []
        unsure = 0
        shaken = dict.fromkeys(self._geometry.above[number])
        while shaken:
            # Lowest first: what a case rests on is settled before the case itself is judged.
            upper = min(shaken, key=self._underside_m)
            del shaken[upper]
            if not self._standing[upper]:
                continue
            inside_m = self._balance_m(upper)
            if inside_m >= SUPPORT_MARGIN_M:
                continue
            if inside_m > 0.0 and uniforms:
                unsure += 1
                if uniforms[(unsure - 1) % len(uniforms)] < inside_m / SUPPORT_MARGIN_M:
                    continue
            fallen.append(Fall(case_id=self._geometry.cases[upper].case_id, height_m=self._underside_m(upper)))
            self._remove(upper)
            self._floor[upper] = None
            shaken.update(dict.fromkeys(self._geometry.above[upper]))
        return Extraction(removed=case_id, fallen=tuple(fallen))

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
        apart._front = self._front[:]
        apart._top = self._top[:]
        apart._heads = self._heads[:]
        apart._seen = self._seen[:]
        apart._visible = self._visible.copy()
        apart._floor = self._floor.copy()
        return apart

    def _ids(self, numbers: Sequence[int] | dict[int, None]) -> list[str]:
        cases = self._geometry.cases
        return [cases[number].case_id for number in numbers]

    def _underside_m(self, number: int) -> float:
        case = self._geometry.cases[number]
        return case.center_m[2] - case.size_m[2] / 2.0

    def _balance_m(self, number: int) -> float:
        x, y, _ = self._geometry.cases[number].center_m
        return balance_m(x, y, [patch for lower, patch in self._geometry.below[number] if self._standing[lower]])

    def _remove(self, number: int) -> None:
        """Take a case out of every neighbour's count, and show what stood behind it."""
        geometry, standing, heads = self._geometry, self._standing, self._heads
        standing[number] = 0
        self._visible.discard(number)
        for other in geometry.behind[number]:
            self._front[other] -= 1
        for other, _ in geometry.below[number]:
            self._top[other] -= 1
        queue = geometry.queue
        for cell in geometry.cells[number]:
            head = heads[cell]
            if queue[head] != number:
                continue
            head += 1
            while (shown := queue[head]) >= 0 and not standing[shown]:
                head += 1
            heads[cell] = head
            if shown >= 0:
                self._show(shown)

    def _show(self, number: int) -> None:
        seen = self._seen[number] + 1
        self._seen[number] = seen
        if seen == self._geometry.seen_min[number]:
            self._visible.add(number)


class SupportPhysics:
    """The physics of `case` fidelity, on support graphs."""

    def settle(self, load: Load) -> SupportGraph:
        """The load as it stands when the doors open; a sound load stands as loaded."""
        return SupportGraph(load)

    def pick(self, state: SupportGraph, pick: Pick, uniforms: Sequence[float]) -> tuple[SupportGraph, Extraction]:
        """Take one case out; the state given is left as it was."""
        after = state.copy()
        if after.stands(pick.case_id):
            return after, after.extract(pick.case_id, uniforms)
        after.take_from_floor(pick.case_id)
        return after, Extraction(removed=pick.case_id)


def _hiding_pairs(lo: Floats, hi: Floats) -> tuple[Indices, Indices]:
    """Pairs near, far: the near case is nearer the door and covers part of the far one's face."""
    a, b = close_pairs(lo, hi, axis=1, overlap_min_m=FACE_OVERLAP_M)
    covered = np.minimum(hi[a, 2], hi[b, 2]) - np.maximum(lo[a, 2], lo[b, 2]) > FACE_OVERLAP_M
    a, b = a[covered], b[covered]
    a_first = hi[a, 0] <= lo[b, 0] + TOUCH_M
    b_first = hi[b, 0] <= lo[a, 0] + TOUCH_M
    return np.concatenate([a[a_first], b[b_first]]), np.concatenate([b[a_first], a[b_first]])


def _grouped(key: Indices, value: Indices, count: int) -> list[list[int]]:
    """For each key from 0 to `count` - 1 its values, ascending."""
    order = np.lexsort((value, key))
    ends = np.cumsum(np.bincount(key, minlength=count)).tolist()
    values = value[order].tolist()
    return [values[start:end] for start, end in zip([0, *ends], ends, strict=False)]
