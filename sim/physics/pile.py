"""A load in PyBullet, the fidelity `physics`: how every case lies. A pick is an episode, or needs none."""
# ruff: noqa: SLF001 - a copy fills in the parts of another of its own kind

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from sim.assumptions import FACE_OVERLAP_M, FLOOR_SHIFT_M, SEAM_MAX_M, VIEW_RAY_M, VISIBLE_SHARE_MIN
from sim.load.audit import Defect, Finding
from sim.physics.boxes import Boxes, bounds, boxes_of, rotations, skew_rad, turn_rad
from sim.physics.bullet import World
from sim.physics.episode import Deed, Lift, Played, Pull, Push, Scene, play
from sim.physics.parameters import Parameters
from sim.physics.port import Extraction, Fall, SkipAudit
from sim.physics.rays import open_shares
from sim.physics.settle import settle
from sim.physics.skip import Shapes, needs_no_episode
from sim.physics.worker import SentOnce

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.contact import Floats
    from sim.load.load import Load, Vector
    from sim.physics.cache import SettledLoads
    from sim.physics.port import Pick

_TOUCH_M = 0.015
"""Settled cases nearer than this touch: they have shifted, and lie as they came to lie."""

_OVERLAP_MAX_M = 0.01
_OUTSIDE_MAX_M = 0.02
_ABOVE_MAX_M = 0.03
"""What an audit forgives: how deep boxes in motion were when they stopped, how far walls give, how far a tilted box is
above what carries it."""


class _Freight(SentOnce):
    """What never changes of a load: its cases, numbered, what they weigh, how large they are, and the trailer."""

    def __init__(self, load: Load) -> None:
        self.ids = tuple(case.case_id for case in load.cases)
        self.number_of = {case_id: number for number, case_id in enumerate(self.ids)}
        self.weight_kg = np.array([case.weight_kg for case in load.cases])
        self.half_m = np.array([case.size_m for case in load.cases]).reshape(len(self.ids), 3) / 2.0
        self.interior_m = load.interior_m


class _Looks(NamedTuple):
    """What is found once of a load as it is, for all cases: the upright boxes around them, and what the door sees."""

    lo: Floats
    hi: Floats
    open_share: Floats


class PileState:
    """A load state that knows how each case lies. Cases are numbered as in the load; one that is out keeps its own."""

    __slots__ = ("_center_m", "_freight", "_is_in", "_looks_now", "_loose", "_turned")

    def __init__(self, freight: _Freight, center_m: Floats, turned: Floats, loose: Sequence[int]) -> None:
        self._freight = freight
        self._center_m = center_m
        self._turned = turned
        self._is_in: NDArray[np.bool_] = np.ones(len(freight.ids), dtype=bool)
        self._loose = dict.fromkeys(loose)
        self._looks_now: _Looks | None = None

    def __getstate__(self) -> tuple[Any, ...]:
        """All but what looking at it has found."""
        return self._freight, self._center_m, self._turned, self._is_in, self._loose

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._freight, self._center_m, self._turned, self._is_in, self._loose = state
        self._looks_now = None

    # -- what lies where --------------------------------------------------------------------------------------------

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that came down and lie loose in the trailer, first fallen first."""
        return tuple(self._freight.ids[number] for number in self._loose)

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load: it has not come down, and is not out."""
        number = self._freight.number_of[case_id]
        return bool(self._is_in[number]) and number not in self._loose

    def center_m(self, case_id: str) -> Vector:
        """Where the middle of a case in the trailer is, standing or loose."""
        x, y, z = self._center_m[self._freight.number_of[case_id]].tolist()
        return x, y, z

    def orientation_xyzw(self, case_id: str) -> tuple[float, float, float, float]:
        """How a case in the trailer lies, from how it was loaded."""
        x, y, z, w = self._turned[self._freight.number_of[case_id]].tolist()
        return x, y, z, w

    def boxes(self) -> Boxes:
        """All cases in the trailer as they are now, in the order of the load."""
        return self._all().only(np.flatnonzero(self._is_in).tolist())

    def _all(self) -> Boxes:
        return Boxes(self._freight.ids, self._center_m, self._freight.half_m, self._turned)

    # -- what is seen -----------------------------------------------------------------------------------------------

    def visible(self) -> list[str]:
        """The standing cases of which at least `VISIBLE_SHARE_MIN` is seen from the door, straight on."""
        seen = np.flatnonzero(self._standing() & (self._looks().open_share >= VISIBLE_SHARE_MIN))
        return [self._freight.ids[number] for number in seen.tolist()]

    def visible_fraction(self, case_id: str) -> float:
        """The open share of what is to be seen of a case from the door, counted in rays `VIEW_RAY_M` apart."""
        return float(self._looks().open_share[self._freight.number_of[case_id]]) if self.stands(case_id) else 0.0

    def blocked_by(self, case_id: str) -> list[str]:
        """Standing cases nearer the door that cover more of this one's face than `FACE_OVERLAP_M`."""
        lo, hi, _ = self._looks()
        row = self._freight.number_of[case_id]
        covers = self._standing() & (hi[:, 0] <= lo[row, 0] + _TOUCH_M)
        return self._named(covers & _share(lo, hi, row, (1, 2), FACE_OVERLAP_M), but=row)

    def rests_on_top(self, case_id: str) -> list[str]:
        """Standing cases that rest on this one."""
        lo, hi, _ = self._looks()
        row = self._freight.number_of[case_id]
        over = self._standing() & (np.abs(lo[:, 2] - hi[row, 2]) < _TOUCH_M)
        return self._named(over & _share(lo, hi, row, (0, 1), FACE_OVERLAP_M), but=row)

    def beside(self, case_id: str) -> list[str]:
        """Standing cases that stand side by side with this one: fronts and undersides flush, sides touching."""
        lo, hi, _ = self._looks()
        row = self._freight.number_of[case_id]
        flush = (np.abs(lo[:, 0] - lo[row, 0]) <= SEAM_MAX_M) & (np.abs(lo[:, 2] - lo[row, 2]) <= SEAM_MAX_M)
        gap_m = np.maximum(lo[:, 1], lo[row, 1]) - np.minimum(hi[:, 1], hi[row, 1])
        return self._named(self._standing() & flush & (np.abs(gap_m) <= SEAM_MAX_M), but=row)

    def _named(self, chosen: NDArray[np.bool_], *, but: int) -> list[str]:
        return [self._freight.ids[number] for number in np.flatnonzero(chosen).tolist() if number != but]

    def _standing(self) -> NDArray[np.bool_]:
        standing = self._is_in.copy()
        standing[list(self._loose)] = False
        return standing

    def _looks(self) -> _Looks:
        if self._looks_now is None:
            lo, hi = bounds(self._all())
            share = np.zeros(len(self._freight.ids))
            share[self._is_in] = open_shares(self.boxes(), VIEW_RAY_M)
            self._looks_now = _Looks(lo, hi, share)
        return self._looks_now

    # -- what changes -----------------------------------------------------------------------------------------------

    def put_on_floor(self, case_id: str) -> None:
        """A case that was picked is back before the load: it slipped from the gripper. Changes this state."""
        number = self._freight.number_of[case_id]
        assert not self._is_in[number], f"{case_id} is in the trailer"
        lo, hi, _ = self._looks()
        half = self._freight.half_m[number]
        front_m = float(lo[self._is_in, 0].min(initial=self._freight.interior_m[0]))
        x = max(front_m - FLOOR_SHIFT_M, half[0])
        y = float(np.clip(self._center_m[number, 1], *_between(self._freight.interior_m[1], half[1])))
        at = np.array([x, y])
        meets: NDArray[np.bool_] = (lo[:, :2] < at + half[:2]) & (hi[:, :2] > at - half[:2])
        under = np.logical_and(self._is_in, np.logical_and(meets[:, 0], meets[:, 1]))
        z = float(hi[under, 2].max(initial=0.0)) + float(half[2])
        self._center_m = self._center_m.copy()
        self._turned = self._turned.copy()
        self._center_m[number], self._turned[number] = (x, y, z), (0.0, 0.0, 0.0, 1.0)
        self._is_in[number] = True
        self._loose[number] = None
        self._looks_now = None

    def copy(self) -> PileState:
        """The same state, apart: neither sees what happens to the other."""
        apart = PileState(self._freight, self._center_m, self._turned, tuple(self._loose))
        apart._is_in = self._is_in.copy()
        apart._looks_now = self._looks_now
        return apart

    def _after(self, played: Played, rows: Sequence[int], *, gone: int | None) -> PileState:
        """The state after an episode among the cases of `rows`."""
        after = PileState(self._freight, self._center_m.copy(), self._turned.copy(), tuple(self._loose))
        at = np.asarray(rows, dtype=np.intp)
        after._center_m[at], after._turned[at] = played.center_m, played.orientation_xyzw
        after._is_in = self._is_in.copy()
        if gone is not None:
            after._take_out(gone)
        return after

    def _now_loose(self, down: Sequence[int]) -> list[int]:
        """Of the cases that have come down, those that lie loose from now on."""
        if not down:
            return []
        rows = np.flatnonzero(self._standing())
        lo, hi, _ = self._looks()
        at = {number: row for row, number in enumerate(rows.tolist())}
        fallen = [int(rows[row]) for row in _lying_open(lo[rows], hi[rows], [at[number] for number in down])]
        self._loose |= dict.fromkeys(fallen)
        return fallen

    def _take_out(self, number: int) -> None:
        self._is_in[number] = False
        self._loose.pop(number, None)
        self._looks_now = None


def _between(width_m: float, half_m: float) -> tuple[float, float]:
    return -width_m / 2.0 + half_m, width_m / 2.0 - half_m


def _share(lo: Floats, hi: Floats, row: int, axes: tuple[int, int], by_m: float) -> NDArray[np.bool_]:
    """Which boxes share more than `by_m` with this one along both axes."""
    at = list(axes)
    by_axis = np.minimum(hi[:, at], hi[row, at]) - np.maximum(lo[:, at], lo[row, at])
    return np.logical_and(by_axis[:, 0] > by_m, by_axis[:, 1] > by_m)


class SettledPile(msgspec.Struct, frozen=True, kw_only=True):
    """A settled load as it is kept: centres (n, 3), quaternions (n, 4), which cases came down on the way."""

    center_m: NDArray[np.float64]
    orientation_xyzw: NDArray[np.float64]
    loose: tuple[int, ...]
    is_quiet: bool


@cache
def _world() -> World:
    """The one Bullet of this process."""
    return World()


class BulletPhysics:
    """The physics of the fidelity `physics`. `kept`: settled loads of before; None: every load is settled anew."""

    def __init__(self, kept: SettledLoads[SettledPile] | None = None, *, parameters: Parameters | None = None) -> None:
        self.parameters = parameters or Parameters()
        self._kept = kept

    # -- loads ------------------------------------------------------------------------------------------------------

    def settle(self, load: Load) -> PileState:
        """The load after its ride, the doors open. What has come down on the way lies loose."""
        if self._kept is None:
            return _state(load, self._settled(load))
        return _state(load, self._kept.settled(load, self.parameters, lambda: self._settled(load)))

    def recalled(self, load: Load) -> PileState | None:
        """The load as it was settled before, if that was kept; None if it takes long."""
        settled = None if self._kept is None else self._kept.recalled(load, self.parameters)
        return None if settled is None else _state(load, settled)

    def _settled(self, load: Load) -> SettledPile:
        before = boxes_of(load.cases)
        weight_kg = [case.weight_kg for case in load.cases]
        after, is_quiet = settle(_world(), before, weight_kg, load.interior_m, self.parameters)
        drop = bounds(before)[0][:, 2] - bounds(after)[0][:, 2]
        turn = turn_rad(before.orientation_xyzw, after.orientation_xyzw)
        limit = self.parameters.fallen
        down = np.flatnonzero((drop > limit.drop_m) | (turn > limit.turn_rad)).tolist()
        return SettledPile(
            center_m=after.center_m,
            orientation_xyzw=after.orientation_xyzw,
            loose=tuple(_lying_open(*bounds(after), down)),
            is_quiet=is_quiet,
        )

    # -- picks ------------------------------------------------------------------------------------------------------

    def extract(self, state: PileState, pick: Pick, uniforms: Sequence[float]) -> tuple[PileState, Extraction]:
        """Take one case out, as it stands or lies; the state given is left as it was.

        Most picks of a standing case move nothing else, which geometry shows without an episode. The last of
        `uniforms` decides whether it is given one all the same.
        """
        number = state._freight.number_of[pick.case_id]
        assert state._is_in[number], f"{pick.case_id} is not in the trailer"
        is_loose = number in state._loose
        skip = self.parameters.skip
        is_skippable = skip is not None and not is_loose and self.needs_no_episode(state, pick.case_id)
        if is_skippable and skip is not None and not (uniforms and uniforms[-1] < skip.audit_share):
            after = state.copy()
            after._take_out(number)
            return after, Extraction()
        deed: Deed = Pull(number, is_loose) if pick.by == "robot" else Lift(number)
        after, falls, played = self._play(state, deed)
        audit = None
        if is_skippable and skip is not None:
            rows = np.flatnonzero(state._is_in).tolist()
            moved = [state._freight.ids[rows[it.row]] for it in played.moved if it.shift_m > skip.moved_m]
            audit = SkipAudit(moved=tuple(moved))
        return after, Extraction(fallen=falls, came_out=played.came_out, audit=audit)

    def needs_no_episode(self, state: PileState, case_id: str) -> bool:
        """Whether geometry shows that nothing but this standing case will move when it is pulled."""
        assert self.parameters.skip is not None, "every pick is an episode"
        rows = np.flatnonzero(state._is_in)
        lo, hi, _ = state._looks()
        shapes = Shapes(lo[rows], hi[rows], skew_rad(rotations(state._turned[rows])))
        row = int(np.searchsorted(rows, state._freight.number_of[case_id]))
        return needs_no_episode(shapes, row, self.parameters.grip.lift_m, self.parameters.skip)

    def topple(
        self, state: PileState, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[PileState, tuple[Fall, ...]]:
        """Standing cases start towards the door, and take down what they held; the state given is left as it was."""
        del uniforms  # geometry leaves nothing open
        start = list(dict.fromkeys(case_ids))
        for case_id in start:  # and what they hold, which would else keep them where they are
            start += [held for held in state.rests_on_top(case_id) if held not in start]
        after, falls, _ = self._play(state, Push(tuple(state._freight.number_of[case_id] for case_id in start)))
        return after, falls

    def _play(self, state: PileState, deed: Deed) -> tuple[PileState, tuple[Fall, ...], Played]:
        """The deed, given by the load's numbers, done among the cases that are in the trailer."""
        freight = state._freight
        rows = np.flatnonzero(state._is_in).tolist()
        row_of = {number: row for row, number in enumerate(rows)}
        scene = Scene(state.boxes(), freight.weight_kg[rows], freight.interior_m)
        if isinstance(deed, Push):
            played = play(_world(), scene, Push(tuple(row_of[number] for number in deed.rows)), self.parameters)
            gone = None
        else:
            played = play(_world(), scene, deed._replace(row=row_of[deed.row]), self.parameters)
            gone = deed.row if played.came_out else None
        step_us = 1_000_000 / self.parameters.engine.steps_per_s
        limit = self.parameters.fallen
        down = {
            rows[it.row]: Fall(
                case_id=freight.ids[rows[it.row]], height_m=max(it.drop_m, 0.0), after_us=round(it.step * step_us)
            )
            for it in played.moved
            if rows[it.row] != gone and (it.drop_m > limit.drop_m or it.turn_rad > limit.turn_rad)
        }
        after = state._after(played, rows, gone=gone)
        fallen = after._now_loose([number for number in down if number not in state._loose])
        return after, tuple(down[number] for number in fallen), played

    # -- whether all is possible ------------------------------------------------------------------------------------

    def audit(self, state: PileState) -> tuple[Finding, ...]:
        """What is impossible about the load as it is: cases that share room, stick out of the trailer or float."""
        boxes, world = state.boxes(), _world()
        world.reset(self.parameters.engine)
        world.put_up(boxes, [1.0] * len(boxes.ids), is_static=[False] * len(boxes.ids))
        overlapping = [
            Finding(defect=Defect.OVERLAPS, subjects=(boxes.ids[a], boxes.ids[b]), detail=f"they share {by_m:.3f} m")
            for a, b, by_m in world.deepest_overlaps(_OVERLAP_MAX_M)
        ]
        lo, hi = bounds(boxes)
        return (*overlapping, *_outside(boxes, lo, hi, state._freight.interior_m), *_floating(boxes, lo, hi))


def _state(load: Load, settled: SettledPile) -> PileState:
    return PileState(_Freight(load), settled.center_m, settled.orientation_xyzw, settled.loose)


def _lying_open(lo: Floats, hi: Floats, down: Sequence[int]) -> list[int]:
    """Of the boxes that have come down, those before which no other stands."""
    others = np.ones(len(lo), dtype=bool)
    others[list(down)] = False
    return [
        row
        for row in down
        if not (others & (hi[:, 0] <= lo[row, 0] + _TOUCH_M) & _share(lo, hi, row, (1, 2), FACE_OVERLAP_M)).any()
    ]


def _outside(boxes: Boxes, lo: Floats, hi: Floats, interior_m: Vector) -> list[Finding]:
    """Beyond the walls, roof and nose; before the sill is where cases may fall."""
    length_m, width_m, height_m = interior_m
    low = np.array([-np.inf, -width_m / 2.0, 0.0]) - _OUTSIDE_MAX_M
    high = np.array([length_m, width_m / 2.0, height_m]) + _OUTSIDE_MAX_M
    inside = ((lo >= low) & (hi <= high)).all(axis=1) | (hi[:, 0] < 0.0)
    return [
        Finding(defect=Defect.STICKS_OUT, subjects=(boxes.ids[row],), detail=f"reaches to {hi[row].round(3).tolist()}")
        for row in np.flatnonzero(~inside).tolist()
    ]


def _floating(boxes: Boxes, lo: Floats, hi: Floats) -> list[Finding]:
    """Those with neither the floor nor another case close below."""
    findings = []
    for row in np.flatnonzero(lo[:, 2] > _ABOVE_MAX_M).tolist():
        under = _share(lo, hi, row, (0, 1), 0.0) & (hi[:, 2] > lo[row, 2] - _ABOVE_MAX_M) & (lo[:, 2] < lo[row, 2])
        under[row] = False
        if not under.any():
            findings.append(Finding(defect=Defect.FLOATS, subjects=(boxes.ids[row],), detail="nothing carries it"))
    return findings
