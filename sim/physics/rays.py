"""Looking at boxes along parallel rays: what is seen in each cell of a picture, how deep, and on which face.

The eyes of perception, which looks in from the door, and of every picture of a load. No engine is asked: a box is cut
into the horizontal spans of cells it covers, and of all spans over a cell the nearest is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.load.contact import Floats, Indices
from sim.physics.boxes import rotations

if TYPE_CHECKING:
    from sim.load.load import Vector
    from sim.physics.boxes import Boxes

INWARD: Vector = (1.0, 0.0, 0.0)
"""As somebody in the door looks into the trailer."""
UPWARD: Vector = (0.0, 0.0, 1.0)

_SLACK_CELLS = 1e-9
"""A box covers a cell whose middle lies on its edge, so that no ray slips between two boxes that touch."""
_FLAT = 1e-9
"""A face or edge less inclined than this is taken for parallel: nothing of it is seen, and it bounds nothing."""
_BATCH_CELLS = 1 << 15
"""Cells looked at together, at most: their arrays stay in the processor's cache."""


class View(NamedTuple):
    """A look along `direction` (a unit vector) at a rectangle across it; row 0 of the picture is the uppermost.

    `up` points upward in the picture and need not be square to `direction`. The rectangle is measured along the
    picture's rightward and upward axes from the trailer's origin, in metres; so are cells, which are square.
    """

    direction: Vector
    up: Vector
    left_m: float
    right_m: float
    bottom_m: float
    top_m: float
    cell_m: float

    def axes(self) -> Floats:
        """Unit vectors to the right, downwards and into the picture: the rows of a (3, 3) array."""
        into = np.array(self.direction)
        right = np.cross(into, np.array(self.up))
        right /= np.linalg.norm(right)
        return np.array([right, np.cross(into, right), into])

    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        high_m, wide_m = self.top_m - self.bottom_m, self.right_m - self.left_m
        return max(round(high_m / self.cell_m), 1), max(round(wide_m / self.cell_m), 1)


class Seen(NamedTuple):
    """What is seen in each cell, arrays of the picture's shape.

    `depth_m`: along the direction, from the plane through the trailer's origin; inf where nothing is. `row`: of the
    nearest box, -1 for none. `face`: of that box, 2 x axis, plus 1 for the one on the positive side; -1 for none.
    """

    depth_m: Floats
    row: NDArray[np.intp]
    face: NDArray[np.int8]


def cast(boxes: Boxes, view: View) -> Seen:
    """Look at the boxes, however they lie; of two equally near one is seen, the same each time."""
    outlines = _Outlines(boxes, view)
    depth_m, row = _nearest(outlines)
    return Seen(depth_m, row, outlines.faces(row))


def door_view(boxes: Boxes, cell_m: float) -> View:
    """Straight on from the door, as large as the boxes need."""
    reach = np.einsum("nij,nj->ni", np.abs(rotations(boxes.orientation_xyzw)), boxes.half_m)
    low, high = (boxes.center_m - reach).min(axis=0, initial=0.0), (boxes.center_m + reach).max(axis=0, initial=0.0)
    # Whole cells from the origin, as every look in from the door has them.
    left, bottom = np.floor(np.array([-high[1], low[2]]) / cell_m) * cell_m
    right, top = np.ceil(np.array([-low[1], high[2]]) / cell_m) * cell_m
    return View(INWARD, UPWARD, float(left), float(right), float(bottom), float(top), cell_m)


def open_shares(boxes: Boxes, cell_m: float) -> Floats:
    """The share of each box's outline, as somebody in the door looks straight at it, that nothing nearer hides: (n,).

    Counted in cells; a box too slim to cover the middle of any is seen where its own middle is, or not at all.
    """
    outlines = _Outlines(boxes, door_view(boxes, cell_m))
    depth_m, row = _nearest(outlines)
    seen = np.bincount(row[row >= 0], minlength=len(boxes.ids))
    shares: Floats = seen / np.maximum(outlines.cells, 1)
    for slim in np.flatnonzero(outlines.cells == 0):
        x, y = outlines.middle[slim]
        at = min(int(y), depth_m.shape[0] - 1), min(int(x), depth_m.shape[1] - 1)
        shares[slim] = float(depth_m[at] >= outlines.near_m[slim])
    return shares


class _Outlines:
    """The boxes as the view shows them, in cells from the picture's upper left corner; depths in metres.

    A box's depth over its outline is the greatest of three planes, those of the faces it turns towards the viewer.
    """

    def __init__(self, boxes: Boxes, view: View) -> None:
        self.shape = view.shape()
        axes = view.axes()
        center = boxes.center_m @ axes.T
        self.middle = (center[:, :2] - [view.left_m, -view.top_m]) / view.cell_m
        box_axes = np.einsum("vi,nij->njv", axes, rotations(boxes.orientation_xyzw))
        edges = box_axes[:, :, :2] * (boxes.half_m / view.cell_m)[:, :, None]
        reach = np.abs(edges).sum(axis=1)
        self.near_m = center[:, 2] - (np.abs(box_axes[:, :, 2]) * boxes.half_m).sum(axis=1)
        self._find_planes(box_axes, center[:, 2], boxes.half_m, view.cell_m)
        self.from_cell = np.maximum(np.ceil(self.middle - reach - 0.5 - _SLACK_CELLS), 0.0).astype(np.intp)
        past = np.floor(self.middle + reach + 0.5 + _SLACK_CELLS)
        self.to_cell = np.minimum(past, np.array(self.shape[::-1], dtype=float)).astype(np.intp)
        self._find_spans(edges, reach)

    def _find_planes(self, box_axes: Floats, center_m: Floats, half_m: Floats, cell_m: float) -> None:
        """`at_middle`: depth of each face's plane in the box's middle; `per_x`, `per_y`: how it grows a cell."""
        into = box_axes[:, :, 2]
        is_turned_away = np.abs(into) < _FLAT
        steep = np.where(is_turned_away, 1.0, into)
        self.at_middle = np.where(is_turned_away, -np.inf, center_m[:, None] - half_m / np.abs(steep))
        self.per_x = np.where(is_turned_away, 0.0, -box_axes[:, :, 0] / steep * cell_m)
        self.per_y = np.where(is_turned_away, 0.0, -box_axes[:, :, 1] / steep * cell_m)
        self._face = 2 * np.arange(3) + (into < 0.0)

    def _find_spans(self, edges: Floats, reach: Floats) -> None:
        """Per box its rows of cells, per row the columns: three pairs of parallel edges bound the outline."""
        self.rows = np.maximum(self.to_cell[:, 1] - self.from_cell[:, 1], 0)
        self.first_span = np.concatenate([[0], np.cumsum(self.rows)])
        box, below = _runs(self.rows)
        self.span_row = self.from_cell[box, 1] + below
        dy = self.span_row + 0.5 - self.middle[box, 1]
        low, high = -reach[box, 0], reach[box, 0]
        for one in range(3):
            ex, ey = edges[:, one, 0], edges[:, one, 1]
            width = np.abs(ex[:, None] * edges[:, :, 1] - ey[:, None] * edges[:, :, 0]).sum(axis=1)
            is_level = np.abs(ey) < _FLAT
            rise = np.where(is_level, 1.0, ey)
            span = np.where(is_level, np.inf, width / np.abs(rise))
            lean = np.where(is_level, 0.0, ex / rise)[box] * dy
            low, high = np.maximum(low, lean - span[box]), np.minimum(high, lean + span[box])
        x = self.middle[box, 0]
        first = np.maximum(np.ceil(x + low - 0.5 - _SLACK_CELLS), 0.0)
        past = np.minimum(np.floor(x + high + 0.5 + _SLACK_CELLS), float(self.shape[1]))
        self.span_from = first.astype(np.intp)
        self.span_cells = np.maximum(past - first, 0.0).astype(np.intp)
        self.cells = np.bincount(box, weights=self.span_cells, minlength=len(self.rows)).astype(np.intp)

    def depths(self, chosen: Indices) -> tuple[Indices, Indices, Floats]:
        """Every cell that the chosen boxes cover: its number in the picture, which of `chosen` it is, and how deep."""
        of_chosen, below = _runs(self.rows[chosen])
        span = self.first_span[chosen][of_chosen] + below
        of_span, along = _runs(self.span_cells[span])
        row, column = self.span_row[span], self.span_from[span]
        box = chosen[of_chosen]
        dx, dy = column + 0.5 - self.middle[box, 0], row + 0.5 - self.middle[box, 1]
        depth_m = np.full(len(along), -np.inf)
        for face in range(3):
            per_x = self.per_x[box, face]
            at_start = self.at_middle[box, face] + per_x * dx + self.per_y[box, face] * dy
            np.maximum(depth_m, at_start[of_span] + per_x[of_span] * along, out=depth_m)
        return (row * self.shape[1] + column)[of_span] + along, of_chosen[of_span], depth_m

    def faces(self, row: NDArray[np.intp]) -> NDArray[np.int8]:
        """Which face of the box seen in each cell is nearest to the plane that is seen there."""
        y, x = np.nonzero(row >= 0)
        box = row[y, x]
        dx, dy = x + 0.5 - self.middle[box, 0], y + 0.5 - self.middle[box, 1]
        depth_m = self.at_middle[box] + self.per_x[box] * dx[:, None] + self.per_y[box] * dy[:, None]
        face = np.full(self.shape, -1, dtype=np.int8)
        face[y, x] = self._face[box, depth_m.argmax(axis=1)]
        return face


def _nearest(outlines: _Outlines) -> tuple[Floats, NDArray[np.intp]]:
    """Depth and box of every cell. Nearest boxes first; those that are hidden as a whole are never looked at."""
    depth_m = np.full(outlines.shape, np.inf)
    row = np.full(outlines.shape, -1, dtype=np.intp)
    flat_depth_m, flat_row = depth_m.reshape(-1), row.reshape(-1)
    left = np.argsort(outlines.near_m, kind="stable")
    left = left[outlines.cells[left] > 0]
    looked_at = 0
    while len(left):
        budget = min(_BATCH_CELLS, depth_m.size)
        taken = max(int(np.searchsorted(np.cumsum(outlines.cells[left]), budget)), 1)
        chosen, left = left[:taken], left[taken:]
        cell, which, at_m = outlines.depths(chosen)
        before_m = flat_depth_m[cell]
        np.minimum.at(flat_depth_m, cell, at_m)
        is_seen = (at_m == flat_depth_m[cell]) & (at_m < before_m)
        flat_row[cell[is_seen]] = chosen[which[is_seen]]
        looked_at += len(cell)
        if len(left) and looked_at >= depth_m.size:
            left = left[_is_in_sight(outlines, left, depth_m)]
            looked_at = 0
    return depth_m, row


def _is_in_sight(outlines: _Outlines, left: Indices, depth_m: Floats) -> NDArray[np.bool_]:
    """Whether any cell around each box is open, or hit deeper than the nearest of them begins."""
    is_open = depth_m > outlines.near_m[left[0]]
    counted = np.zeros((depth_m.shape[0] + 1, depth_m.shape[1] + 1), dtype=np.int32)
    np.cumsum(np.cumsum(is_open, axis=0, dtype=np.int32), axis=1, out=counted[1:, 1:])
    (x0, y0), (x1, y1) = outlines.from_cell[left].T, outlines.to_cell[left].T
    open_cells = counted[y1, x1] - counted[y0, x1] - counted[y1, x0] + counted[y0, x0]
    is_in_sight: NDArray[np.bool_] = open_cells > 0
    return is_in_sight


def _runs(lengths: Indices) -> tuple[Indices, Indices]:
    """For runs of these lengths, one after another: which run each element is in, and its place there from 0."""
    run = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(run)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return run, place
