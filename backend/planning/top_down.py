"""The default unload planner: the floor first, then top-down, nearest first, never a case something rests on.

Nor one that would have to be dragged past another: a face that is not open waits for what stands before it.
"""

from __future__ import annotations

from bisect import bisect, bisect_left
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from backend.planning.ports import UnloadAnswer
from twin.geometry import UPRIGHT

if TYPE_CHECKING:
    from backend.planning.ports import UnloadView
    from twin.geometry import Orientation, Size
    from twin.messages.wall import SeenCase

TOUCH_M = 0.03
"""Surfaces no further apart than this may touch; assumption: a third of the lowest case."""
NOISE_STDDEVS = 4.0
"""How much of the scan's position noise is allowed for on top: one error in 16,000 per coordinate."""
OVERLAP_M = 0.01
"""Cases that share less than this do not carry or hide one another; assumption."""
OPEN_FACE_MIN = 0.6
"""With this share of its face open a case need not wait for what stands before it: half, and a margin; assumption."""


class TopDownNearestFirst:
    """Takes fallen cases, then the highest, of those the nearest to the door; a case only after all that rest on it."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        """The order for this scan."""
        boxes = [_box(seen) for seen in view.cases]
        frees = _resting(boxes, TOUCH_M + NOISE_STDDEVS * view.position_stddev_m)
        _add_hidden(view, boxes, frees)
        return UnloadAnswer(track_ids=_in_order(view, boxes, frees), reason="floor first, then top-down, nearest first")


def _in_order(view: UnloadView, boxes: list[_Box], frees: list[list[int]]) -> tuple[str, ...]:
    """The best that is free, one after the other; each taken case may free others. What may not be taken stays."""
    waits_for = [0] * len(boxes)
    for freed in frees:
        for index in freed:
            waits_for[index] += 1
    ready = [(box.rank, index) for index, box in enumerate(boxes) if not waits_for[index]]
    heapify(ready)
    order: list[str] = []
    while ready:
        index = heappop(ready)[1]
        track_id = view.cases[index].track_id
        if track_id not in view.may_take:
            continue
        order.append(track_id)
        for freed_index in frees[index]:
            waits_for[freed_index] -= 1
            if not waits_for[freed_index]:
                heappush(ready, (boxes[freed_index].rank, freed_index))
    return tuple(order)


class _Box(NamedTuple):
    """Axis-aligned bounds, metres; the least `rank` is taken first."""

    x0: float
    x1: float
    y0: float
    y1: float
    bottom: float
    top: float
    lies_on_floor: bool
    rank: tuple[bool, float, float, float]


def _box(seen: SeenCase) -> _Box:
    x, y, z = seen.position_m
    dx, dy, dz = _half_extents(seen.size_m, seen.orientation_xyzw)
    x0, y0, top, on_floor = x - dx, y - dy, z + dz, seen.lies_on_floor
    # Fallen cases first, then the highest, then the nearest to the door, then from the right.
    rank = (not on_floor, -round(top, 2), round(x0, 2), y0)
    return _Box(x0, x + dx, y0, y + dy, z - dz, top, on_floor, rank)


def _half_extents(size_m: Size, orientation_xyzw: Orientation) -> tuple[float, float, float]:
    """Half the axis-aligned extents of the turned box."""
    a, b, c = size_m
    if orientation_xyzw == UPRIGHT:
        return a / 2, b / 2, c / 2
    x, y, z, w = orientation_xyzw
    return (
        a / 2 * abs(1 - 2 * (y * y + z * z)) + b * abs(x * y - z * w) + c * abs(x * z + y * w),
        a * abs(x * y + z * w) + b / 2 * abs(1 - 2 * (x * x + z * z)) + c * abs(y * z - x * w),
        a * abs(x * z - y * w) + b * abs(y * z + x * w) + c / 2 * abs(1 - 2 * (x * x + y * y)),
    )


def _resting(boxes: list[_Box], tolerance_m: float) -> list[list[int]]:
    """For each box, the boxes it rests on: their tops meet its bottom and their footprints overlap."""
    by_top = sorted([(box.top, index) for index, box in enumerate(boxes)])
    tops = [top for top, _ in by_top]
    rests_on: list[list[int]] = []
    for x0, x1, y0, y1, bottom, top, _, _ in boxes:
        below: list[int] = []
        for _, index in by_top[bisect_left(tops, bottom - tolerance_m) : bisect(tops, bottom + tolerance_m)]:
            other = boxes[index]
            shares_x = x1 - other.x0 > OVERLAP_M and other.x1 - x0 > OVERLAP_M
            if shares_x and y1 - other.y0 > OVERLAP_M and other.y1 - y0 > OVERLAP_M and other.top < top:
                below.append(index)
        rests_on.append(below)
    return rests_on


def _add_hidden(view: UnloadView, boxes: list[_Box], frees: list[list[int]]) -> None:
    """Let each box free the boxes deeper in that it stands before, where their faces are not open."""
    for hidden, seen in enumerate(view.cases):
        if seen.visible_fraction >= OPEN_FACE_MIN or seen.lies_on_floor:
            continue
        x0, _, y0, y1, bottom, top, _, _ = boxes[hidden]
        for index, other in enumerate(boxes):
            if (
                other.x0 < x0
                and y1 - other.y0 > OVERLAP_M
                and other.y1 - y0 > OVERLAP_M
                and top - other.bottom > OVERLAP_M
                and other.top - bottom > OVERLAP_M
                and not other.lies_on_floor
            ):
                frees[index].append(hidden)
