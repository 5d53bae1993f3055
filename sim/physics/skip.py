"""When a pick needs no episode: nothing but the case itself will move.

A rule of thumb from geometry, held against the physics in tests/perf and by a sample of every run. It errs towards the
episode: what leans or overlaps is never skipped, what lies loose only where nothing is near.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.load.contact import balance_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.load.contact import Floats, Rectangle
    from sim.physics.parameters import Skip

_HAIR_M = 0.001
"""Faces that share less than this, either way, do not touch."""


class Shapes(NamedTuple):
    """The upright box around each case (n, 3), its lowest and highest corner; and how far it is out of square."""

    lo: Floats
    hi: Floats
    skew_rad: Floats


def needs_no_episode(shapes: Shapes, row: int, lift_m: float, skip: Skip) -> bool:
    """Whether the case of this row can be lifted so far and pulled towards the door with nothing else moving.

    Source of the five conditions: DESIGN section 5.
    """
    skew_rad = shapes.skew_rad
    if skew_rad[row] > skip.skew_rad or _resting_on(shapes, row, skip.touch_m).size:
        return False
    beside = _beside(shapes, row, skip.touch_m)
    if bool((skew_rad[beside] > skip.skew_rad).any()) or _is_in_the_way(shapes, row, lift_m, skip.clear_m):
        return False
    concerned = [*beside.tolist(), *_carrying(shapes, row, skip.touch_m).tolist()]
    return all(_balance_m(shapes, other, skip.touch_m) >= skip.inside_m for other in concerned)


def lies_free(shapes: Shapes, row: int, lift_m: float, skip: Skip) -> bool:
    """Whether a case on the floor, however it lies, can be lifted so far and pulled out with nothing near its way."""
    lo, hi, _ = shapes
    near = [_overlaps(shapes, row, axis, -skip.touch_m) for axis in (0, 1)]
    over = near[0] & near[1] & (hi[:, 2] > lo[row, 2] - skip.touch_m) & (lo[:, 2] < hi[row, 2] + lift_m + skip.touch_m)
    return not over.any() and not _is_in_the_way(shapes, row, lift_m, skip.clear_m)


def _overlaps(shapes: Shapes, row: int, axis: int, by_m: float) -> NDArray[np.bool_]:
    """Which others share more than `by_m` with this one along an axis."""
    lo, hi, _ = shapes
    shared: NDArray[np.bool_] = (lo[:, axis] < hi[row, axis] - by_m) & (hi[:, axis] > lo[row, axis] + by_m)
    shared[row] = False
    return shared


def _resting_on(shapes: Shapes, row: int, touch_m: float) -> NDArray[np.intp]:
    over = _overlaps(shapes, row, 0, _HAIR_M) & _overlaps(shapes, row, 1, _HAIR_M)
    return np.flatnonzero(over & (np.abs(shapes.lo[:, 2] - shapes.hi[row, 2]) < touch_m))


def _carrying(shapes: Shapes, row: int, touch_m: float) -> NDArray[np.intp]:
    under = _overlaps(shapes, row, 0, _HAIR_M) & _overlaps(shapes, row, 1, _HAIR_M)
    return np.flatnonzero(under & (np.abs(shapes.hi[:, 2] - shapes.lo[row, 2]) < touch_m))


def _beside(shapes: Shapes, row: int, touch_m: float) -> NDArray[np.intp]:
    """Those that stand at its sides, its back or its front."""
    level = _overlaps(shapes, row, 2, _HAIR_M)
    across = _overlaps(shapes, row, 0, _HAIR_M) & _overlaps(shapes, row, 1, -touch_m)
    along = _overlaps(shapes, row, 1, _HAIR_M) & _overlaps(shapes, row, 0, -touch_m)
    return np.flatnonzero(level & (across | along))


def _is_in_the_way(shapes: Shapes, row: int, lift_m: float, clear_m: float) -> bool:
    """Whether something stands on its way to the door, lifted, or would be touched from near beside it."""
    lo, hi, _ = shapes
    high = (lo[:, 2] < hi[row, 2] + lift_m + clear_m) & (hi[:, 2] > lo[row, 2] + lift_m - clear_m)
    wide = _overlaps(shapes, row, 1, -clear_m)
    before = lo[:, 0] < lo[row, 0] - _HAIR_M
    # What stands beside its own place from the front on was met already: it is none that is in its way.
    return bool((high & wide & before & (hi[:, 0] < lo[row, 0] + clear_m)).any()) or bool(
        (high & before & _overlaps(shapes, row, 1, _HAIR_M)).any()
    )


def _balance_m(shapes: Shapes, row: int, touch_m: float) -> float:
    """How far inside what carries it the middle of a case is, in metres. The picked one carries none."""
    lo, hi, _ = shapes
    x, y = ((lo[row, :2] + hi[row, :2]) / 2.0).tolist()
    patches: list[Rectangle] = []
    if lo[row, 2] < touch_m:
        patches.append((*lo[row, :2].tolist(), *hi[row, :2].tolist()))
    for other in _carrying(shapes, row, touch_m).tolist():
        from_xy, to_xy = np.maximum(lo[other, :2], lo[row, :2]), np.minimum(hi[other, :2], hi[row, :2])
        patches.append((*from_xy.tolist(), *to_xy.tolist()))
    return balance_m(x, y, patches)
