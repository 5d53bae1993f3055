"""A load of which it is known how every case lies: the state that PyBullet works on. Nothing here asks an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.assumptions import FACE_OVERLAP_M, FLOOR_SHIFT_M, SEAM_MAX_M, VIEW_RAY_M, VISIBLE_SHARE_MIN
from sim.physics.boxes import Boxes, bounds
from sim.physics.episode import Played
from sim.physics.rays import open_shares
from sim.physics.worker import SentOnce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.contact import Floats
    from sim.load.load import Load, Vector

_TOUCH_M = 0.015
"""Settled cases nearer than this touch: they have shifted, and lie as they came to lie."""


class Freight(SentOnce):
    """What never changes of a load: its cases, numbered, what they weigh, how large they are, and the trailer."""

    def __init__(self, load: Load) -> None:
        self.ids = tuple(case.case_id for case in load.cases)
        self.number_of = {case_id: number for number, case_id in enumerate(self.ids)}
        self.weight_kg = np.array([case.weight_kg for case in load.cases])
        self.half_m = np.array([case.size_m for case in load.cases]).reshape(len(self.ids), 3) / 2.0
        self.interior_m = load.interior_m


class Looks(NamedTuple):
    """What is found once of a load as it is, for all cases: the upright boxes around them, and what the door sees."""

    lo: Floats
    hi: Floats
    open_share: Floats


class PileState:
    """A load state that knows how each case lies. Cases are numbered as in the load; one that is out keeps its own.

    `all_center_m` (n, 3) and `turned_xyzw` (n, 4) are of all cases of the load, `is_in` (n,) says which are in the
    trailer, `loose` which of them lie loose, first fallen first. The arrays are never changed in place.
    """

    __slots__ = ("_looks_now", "all_center_m", "freight", "is_in", "is_settled", "loose", "turned_xyzw")

    def __init__(self, freight: Freight, center_m: Floats, turned: Floats, loose: Sequence[int]) -> None:
        self.freight = freight
        self.is_settled = True
        self.all_center_m = center_m
        self.turned_xyzw = turned
        self.is_in: NDArray[np.bool_] = np.ones(len(freight.ids), dtype=bool)
        self.loose = dict.fromkeys(loose)
        self._looks_now: Looks | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        """All but what looking at it has found."""
        return self.freight, self.is_settled, self.all_center_m, self.turned_xyzw, self.is_in, self.loose

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.freight, self.is_settled, self.all_center_m, self.turned_xyzw, self.is_in, self.loose = state
        self._looks_now = None

    # -- what lies where --------------------------------------------------------------------------------------------

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that came down and lie loose in the trailer, first fallen first."""
        return tuple(self.freight.ids[number] for number in self.loose)

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load: it has not come down, and is not out."""
        number = self.freight.number_of[case_id]
        return bool(self.is_in[number]) and number not in self.loose

    def center_m(self, case_id: str) -> Vector:
        """Where the middle of a case in the trailer is, standing or loose."""
        x, y, z = self.all_center_m[self._number_inside(case_id)].tolist()
        return x, y, z

    def orientation_xyzw(self, case_id: str) -> tuple[float, float, float, float]:
        """How a case in the trailer lies, from how it was loaded."""
        x, y, z, w = self.turned_xyzw[self._number_inside(case_id)].tolist()
        return x, y, z, w

    def _number_inside(self, case_id: str) -> int:
        number = self.freight.number_of[case_id]
        if not self.is_in[number]:
            raise KeyError(case_id)
        return number

    def boxes(self) -> Boxes:
        """All cases in the trailer as they are now, in the order of the load."""
        return self._all().only(np.flatnonzero(self.is_in).tolist())

    def _all(self) -> Boxes:
        return Boxes(self.freight.ids, self.all_center_m, self.freight.half_m, self.turned_xyzw)

    # -- what is seen -----------------------------------------------------------------------------------------------

    def visible(self) -> list[str]:
        """The standing cases of which at least `VISIBLE_SHARE_MIN` is seen from the door, straight on."""
        seen = np.flatnonzero(self._standing() & (self.looks().open_share >= VISIBLE_SHARE_MIN))
        return [self.freight.ids[number] for number in seen.tolist()]

    def visible_fraction(self, case_id: str) -> float:
        """The open share of what is to be seen of a case from the door, counted in rays `VIEW_RAY_M` apart."""
        return float(self.looks().open_share[self.freight.number_of[case_id]]) if self.stands(case_id) else 0.0

    def blocked_by(self, case_id: str) -> list[str]:
        """Standing cases nearer the door that cover more of this one's face than `FACE_OVERLAP_M`."""
        lo, hi, _ = self.looks()
        row = self.freight.number_of[case_id]
        covers = self._standing() & (hi[:, 0] <= lo[row, 0] + _TOUCH_M)
        return self._named(covers & share_more(lo, hi, row, (1, 2), FACE_OVERLAP_M), but=row)

    def rests_on_top(self, case_id: str) -> list[str]:
        """Standing cases that rest on this one."""
        lo, hi, _ = self.looks()
        row = self.freight.number_of[case_id]
        over = self._standing() & (np.abs(lo[:, 2] - hi[row, 2]) < _TOUCH_M)
        return self._named(over & share_more(lo, hi, row, (0, 1), FACE_OVERLAP_M), but=row)

    def beside(self, case_id: str) -> list[str]:
        """Standing cases that stand side by side with this one: fronts and undersides flush, sides touching."""
        lo, hi, _ = self.looks()
        row = self.freight.number_of[case_id]
        flush = (np.abs(lo[:, 0] - lo[row, 0]) <= SEAM_MAX_M) & (np.abs(lo[:, 2] - lo[row, 2]) <= SEAM_MAX_M)
        gap_m = np.maximum(lo[:, 1], lo[row, 1]) - np.minimum(hi[:, 1], hi[row, 1])
        return self._named(self._standing() & flush & (np.abs(gap_m) <= SEAM_MAX_M), but=row)

    def _named(self, chosen: NDArray[np.bool_], *, but: int) -> list[str]:
        return [self.freight.ids[number] for number in np.flatnonzero(chosen).tolist() if number != but]

    def _standing(self) -> NDArray[np.bool_]:
        standing = self.is_in.copy()
        standing[list(self.loose)] = False
        return standing

    def looks(self) -> Looks:
        """What there is to see of it, found when first asked for. Rows are the load's numbers, cases out among them."""
        if self._looks_now is None:
            lo, hi = bounds(self._all())
            share = np.zeros(len(self.freight.ids))
            share[self.is_in] = open_shares(self.boxes(), VIEW_RAY_M)
            self._looks_now = Looks(lo, hi, share)
        return self._looks_now

    # -- what changes -----------------------------------------------------------------------------------------------

    def put_on_floor(self, case_id: str) -> None:
        """A case that was picked is back before the load: it slipped from the gripper. Changes this state."""
        number = self.freight.number_of[case_id]
        assert not self.is_in[number], f"{case_id} is in the trailer"
        half = self.freight.half_m[number]
        front_m = float(self.looks().lo[self.is_in, 0].min(initial=self.freight.interior_m[0]))
        # Before all else, on the dock's floor if there is no room behind the sill: on the load it would lie too high.
        x = min(max(front_m - FLOOR_SHIFT_M, half[0]), front_m - half[0])
        y = float(np.clip(self.all_center_m[number, 1], *_between(self.freight.interior_m[1], half[1])))
        z = float(half[2])
        self.all_center_m = self.all_center_m.copy()
        self.turned_xyzw = self.turned_xyzw.copy()
        self.all_center_m[number], self.turned_xyzw[number] = (x, y, z), (0.0, 0.0, 0.0, 1.0)
        self.is_in[number] = True
        self.loose[number] = None
        self._looks_now = None

    def copy(self) -> PileState:
        """The same state, apart: neither sees what happens to the other."""
        apart = PileState(self.freight, self.all_center_m, self.turned_xyzw, tuple(self.loose))
        apart.is_settled = self.is_settled
        apart.is_in = self.is_in.copy()
        apart._looks_now = self._looks_now
        return apart

    def after(self, played: Played, rows: Sequence[int], *, gone: int | None) -> PileState:
        """The state after an episode among the cases of `rows`."""
        after = PileState(self.freight, self.all_center_m.copy(), self.turned_xyzw.copy(), tuple(self.loose))
        at = np.asarray(rows, dtype=np.intp)
        after.all_center_m[at], after.turned_xyzw[at] = played.center_m, played.orientation_xyzw
        after.is_settled = self.is_settled
        after.is_in = self.is_in.copy()
        if gone is not None:
            after.take_out(gone)
        return after

    def now_loose(self, down: Sequence[int]) -> list[int]:
        """Of the cases that have come down, those that lie loose from now on."""
        if not down:
            return []
        rows = np.flatnonzero(self._standing())
        lo, hi, _ = self.looks()
        at = {number: row for row, number in enumerate(rows.tolist())}
        fallen = [int(rows[row]) for row in lying_open(lo[rows], hi[rows], [at[number] for number in down])]
        self.loose |= dict.fromkeys(fallen)
        return fallen

    def take_out(self, number: int) -> None:
        """The case is no longer in the trailer. Changes this state."""
        self.is_in[number] = False
        self.loose.pop(number, None)
        self._looks_now = None


def _between(width_m: float, half_m: float) -> tuple[float, float]:
    return -width_m / 2.0 + half_m, width_m / 2.0 - half_m


def share_more(lo: Floats, hi: Floats, row: int, axes: tuple[int, int], by_m: float) -> NDArray[np.bool_]:
    """Which boxes share more than `by_m` with this one along both axes."""
    at = list(axes)
    by_axis = np.minimum(hi[:, at], hi[row, at]) - np.maximum(lo[:, at], lo[row, at])
    return np.logical_and(by_axis[:, 0] > by_m, by_axis[:, 1] > by_m)


def lying_open(lo: Floats, hi: Floats, down: Sequence[int]) -> list[int]:
    """Of the boxes that have come down, those before which no other stands."""
    others = np.ones(len(lo), dtype=bool)
    others[list(down)] = False
    return [
        row
        for row in down
        if not (others & (hi[:, 0] <= lo[row, 0] + _TOUCH_M) & share_more(lo, hi, row, (1, 2), FACE_OVERLAP_M)).any()
    ]
