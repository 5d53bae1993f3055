"""The fidelity `physics`: loads settle and come apart in PyBullet. A pick is an episode, or needs none."""

from __future__ import annotations

from functools import cache
from math import hypot
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray

from sim.load.audit import Defect, Finding
from sim.physics.boxes import Boxes, bounds, boxes_of, rotations, skew_rad, tip_rad
from sim.physics.bullet import World
from sim.physics.episode import Deed, Lift, Played, Pull, Push, Scene, play
from sim.physics.parameters import Parameters
from sim.physics.pile import Freight, PileState, lying_open, share_more
from sim.physics.port import Extraction, Fall, SkipAudit
from sim.physics.settle import settle
from sim.physics.skip import Shapes, lies_free, needs_no_episode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.contact import Floats
    from sim.load.load import Load, Vector
    from sim.physics.cache import SettledLoads
    from sim.physics.port import Pick

_OVERLAP_MAX_M = 0.01
_OUTSIDE_MAX_M = 0.02
_ABOVE_MAX_M = 0.03
"""What an audit forgives: how deep boxes in motion were when they stopped, how far walls give, how far a tilted box is
above what carries it."""


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
        tip = tip_rad(before.orientation_xyzw, after.orientation_xyzw)
        limit = self.parameters.fallen
        down = np.flatnonzero((drop > limit.drop_m) | (tip > limit.tip_rad)).tolist()
        return SettledPile(
            center_m=after.center_m,
            orientation_xyzw=after.orientation_xyzw,
            loose=tuple(lying_open(*bounds(after), down)),
            is_quiet=is_quiet,
        )

    # -- picks ------------------------------------------------------------------------------------------------------

    def extract(self, state: PileState, pick: Pick, uniforms: Sequence[float]) -> tuple[PileState, Extraction]:
        """Take one case out, as it stands or lies; the state given is left as it was.

        Most picks of a standing case move nothing else, which geometry shows without an episode. The last of
        `uniforms` decides whether it is given one all the same.
        """
        number = state.freight.number_of[pick.case_id]
        assert state.is_in[number], f"{pick.case_id} is not in the trailer"
        is_loose = number in state.loose
        skip = self.parameters.skip
        is_skippable = skip is not None and self.needs_no_episode(state, pick.case_id, pick.strength)
        if is_skippable and skip is not None and not (uniforms and uniforms[-1] < skip.audit_share):
            after = state.copy()
            after.take_out(number)
            return after, Extraction()
        deed: Deed = Pull(number, is_loose, pick.strength) if pick.by == "robot" else Lift(number)
        after, falls, played = self._play(state, deed)
        audit = None
        if is_skippable and skip is not None:
            rows = np.flatnonzero(state.is_in).tolist()
            moved = [state.freight.ids[rows[it.row]] for it in played.moved if it.shift_m > skip.moved_m]
            if not played.came_out and pick.case_id not in moved:
                moved.append(pick.case_id)  # it was to come out
            audit = SkipAudit(moved=tuple(moved))
        return after, Extraction(
            fallen=falls,
            came_out=played.came_out,
            audit=audit,
            has_shifted=any(it.shift_m > self.parameters.fallen.drop_m for it in played.moved),
            is_settled=played.is_settled,
        )

    def needs_no_episode(self, state: PileState, case_id: str, strength: float = 1.0) -> bool:
        """Whether a robot can hold this case for sure, and geometry shows that nothing else will move."""
        assert self.parameters.skip is not None, "every pick is an episode"
        grip, number = self.parameters.grip, state.freight.number_of[case_id]
        rows = np.flatnonzero(state.is_in)
        lo, hi, _ = state.looks()
        shapes = Shapes(lo[rows], hi[rows], skew_rad(rotations(state.turned_xyzw[rows])))
        row = int(np.searchsorted(rows, number))
        if not self._holds_for_sure(state.freight.weight_kg[number], hi[number] - lo[number], strength):
            return False
        if number in state.loose:
            return lies_free(shapes, row, grip.lift_loose_m, self.parameters.skip)
        return needs_no_episode(shapes, row, grip.lift_m, self.parameters.skip)

    def _holds_for_sure(self, weight_kg: float, extent_m: Floats, strength: float) -> bool:
        """Whether the seal is safe with what the case pulls at it on its way."""
        p = self.parameters
        assert p.skip is not None, "every pick is an episode"
        pulls_n = weight_kg * hypot(p.engine.gravity_m_per_s2, p.grip.pull_m_per_s2)
        safe_n = p.grip.most_n(float(extent_m[1] * extent_m[2]), strength) / p.grip.seal_safety
        return pulls_n <= p.skip.seal_share * safe_n

    def topple(
        self, state: PileState, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[PileState, tuple[Fall, ...]]:
        """Standing cases start towards the door, and take down what they held; the state given is left as it was."""
        del uniforms  # geometry leaves nothing open
        start = list(dict.fromkeys(case_ids))
        for case_id in start:  # and what they hold, which would else keep them where they are
            start += [held for held in state.rests_on_top(case_id) if held not in start]
        after, falls, _ = self._play(state, Push(tuple(state.freight.number_of[case_id] for case_id in start)))
        return after, falls

    def _play(self, state: PileState, deed: Deed) -> tuple[PileState, tuple[Fall, ...], Played]:
        """The deed, given by the load's numbers, done among the cases that are in the trailer."""
        freight = state.freight
        rows = np.flatnonzero(state.is_in).tolist()
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
            if rows[it.row] != gone and (it.drop_m > limit.drop_m or it.tip_rad > limit.tip_rad)
        }
        after = state.after(played, rows, gone=gone)
        fallen = after.now_loose([number for number in down if number not in state.loose])
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
        return (*overlapping, *_outside(boxes, lo, hi, state.freight.interior_m), *_floating(boxes, lo, hi))


def _state(load: Load, settled: SettledPile) -> PileState:
    state = PileState(Freight(load), settled.center_m, settled.orientation_xyzw, settled.loose)
    state.is_settled = settled.is_quiet
    return state


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
        under = share_more(lo, hi, row, (0, 1), 0.0) & (hi[:, 2] > lo[row, 2] - _ABOVE_MAX_M) & (lo[:, 2] < lo[row, 2])
        under[row] = False
        if not under.any():
            findings.append(Finding(defect=Defect.FLOATS, subjects=(boxes.ids[row],), detail="nothing carries it"))
    return findings
