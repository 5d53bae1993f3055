"""Boxes wherever they are and however they lie: what any physics has of a load. Arrays, one row a box; metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.load.contact import Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import LoadedCase


class Boxes(NamedTuple):
    """Boxes in the frame `trailer`.

    `center_m`: (n, 3); `half_m`: (n, 3), half of the extents before rotation; `orientation_xyzw`: (n, 4), unit.
    """

    ids: tuple[str, ...]
    center_m: Floats
    half_m: Floats
    orientation_xyzw: Floats

    def only(self, rows: Sequence[int]) -> Boxes:
        """Some of them, in this order."""
        at = np.asarray(rows, dtype=np.intp)
        ids = tuple(self.ids[row] for row in rows)
        return Boxes(ids, self.center_m[at], self.half_m[at], self.orientation_xyzw[at])


def boxes_of(cases: Sequence[LoadedCase]) -> Boxes:
    """The cases upright where they were loaded."""
    count = len(cases)
    return Boxes(
        ids=tuple(case.case_id for case in cases),
        center_m=np.array([case.center_m for case in cases]).reshape(count, 3),
        half_m=np.array([case.size_m for case in cases]).reshape(count, 3) / 2.0,
        orientation_xyzw=np.tile([0.0, 0.0, 0.0, 1.0], (count, 1)),
    )


def rotations(orientation_xyzw: Floats) -> Floats:
    """The rotation matrices of unit quaternions (n, 4): (n, 3, 3). Their columns are the axes of each box."""
    x, y, z, w = orientation_xyzw.T
    rows = [
        [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - z * w), 2.0 * (x * z + y * w)],
        [2.0 * (x * y + z * w), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - x * w)],
        [2.0 * (x * z - y * w), 2.0 * (y * z + x * w), 1.0 - 2.0 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)


def reach_m(half_m: Floats, rotation: Floats) -> Floats:
    """Half of the extents along x, y and z of each box as it lies: (n, 3)."""
    reach: Floats = np.einsum("nij,nj->ni", np.abs(rotation), half_m)
    return reach


def bounds(boxes: Boxes) -> tuple[Floats, Floats]:
    """The lowest and the highest corner of the upright box around each: two arrays (n, 3)."""
    reach = reach_m(boxes.half_m, rotations(boxes.orientation_xyzw))
    return boxes.center_m - reach, boxes.center_m + reach


def tilt_rad(rotation: Floats) -> Floats:
    """How far each box is from standing on one of its faces: (n,), 0 for all that stand upright on any."""
    tilt: Floats = np.arccos(np.clip(np.abs(rotation[:, 2, :]).max(axis=1), 0.0, 1.0))
    return tilt


def skew_rad(rotation: Floats) -> Floats:
    """How far each box is from standing square to the trailer, turned about any axis: (n,)."""
    square = np.abs(rotation).max(axis=1).min(axis=1)
    skew: Floats = np.arccos(np.clip(square, 0.0, 1.0))
    return skew


def turn_rad(before_xyzw: Floats, after_xyzw: Floats) -> Floats:
    """By how much each box has turned from one orientation to the other, about whatever axis: (n,)."""
    turn: Floats = 2.0 * np.arccos(np.clip(np.abs((before_xyzw * after_xyzw).sum(axis=1)), 0.0, 1.0))
    return turn


def tip_rad(before_xyzw: Floats, after_xyzw: Floats) -> Floats:
    """How far each box has turned over, about any axis but the vertical: (n,). A quarter turn has another face up."""
    up_before, up_after = rotations(before_xyzw)[:, 2, :], rotations(after_xyzw)[:, 2, :]
    tip: Floats = np.arccos(np.clip((up_before * up_after).sum(axis=1), -1.0, 1.0))
    return tip
