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
        for index, hidden in enumerate(_hidden(boxes)):
            frees[index] += hidden
        return UnloadAnswer(track_ids=_in_order(view, boxes, frees), reason="floor first, then top-down, nearest first")


def _in_order(view: UnloadView, boxes: list[_Box], frees: list[list[int]]) -> tuple[str, ...]:
    """The best that is free, one after the other; each taken case may free others. What may not be taken stays."""
    waits_for = [0] * len(boxes)
    for freed in frees:
        for index in freed:
            waits_for[index] += 1
    ready = [(*_rank(box), index) for index, box in enumerate(boxes) if waits_for[index] == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        index = heappop(ready)[-1]
        track_id = view.cases[index].track_id
        if track_id not in view.may_take:
            continue
        order.append(track_id)
        for freed_index in frees[index]:
            waits_for[freed_index] -= 1
            if waits_for[freed_index] == 0:
                heappush(ready, (*_rank(boxes[freed_index]), freed_index))
    return tuple(order)


class _Box(NamedTuple):
    """Axis-aligned bounds, metres."""

    x0: float
    x1: float
    y0: float
    y1: float
    bottom: float
    top: float
    lies_on_floor: bool
    is_open: bool


def _box(seen: SeenCase) -> _Box:
    x, y, z = seen.position_m
    dx, dy, dz = _half_extents(seen.size_m, seen.orientation_xyzw)
    return _Box(
        x - dx, x + dx, y - dy, y + dy, z - dz, z + dz, seen.lies_on_floor, seen.visible_fraction >= OPEN_FACE_MIN
    )


def _half_extents(size_m: Size, orientation_xyzw: Orientation) -> tuple[float, float, float]:
    """Half the axis-aligned extents of the turned box."""
    a, b, c = size_m[0] / 2, size_m[1] / 2, size_m[2] / 2
    if orientation_xyzw == UPRIGHT:
        return a, b, c
    x, y, z, w = orientation_xyzw
    return (
        a * abs(1 - 2 * (y * y + z * z)) + b * abs(2 * (x * y - z * w)) + c * abs(2 * (x * z + y * w)),
        a * abs(2 * (x * y + z * w)) + b * abs(1 - 2 * (x * x + z * z)) + c * abs(2 * (y * z - x * w)),
        a * abs(2 * (x * z - y * w)) + b * abs(2 * (y * z + x * w)) + c * abs(1 - 2 * (x * x + y * y)),
    )


def _resting(boxes: list[_Box], tolerance_m: float) -> list[list[int]]:
    """For each box, the boxes it rests on: their tops meet its bottom and their footprints overlap."""
    by_top = sorted(range(len(boxes)), key=lambda index: boxes[index].top)
    tops = [boxes[index].top for index in by_top]
    return [
        [
            index
            for index in by_top[bisect_left(tops, box.bottom - tolerance_m) : bisect(tops, box.bottom + tolerance_m)]
            if boxes[index].top < box.top
            and _overlap(box.x0, box.x1, boxes[index].x0, boxes[index].x1)
            and _overlap(box.y0, box.y1, boxes[index].y0, boxes[index].y1)
        ]
        for box in boxes
    ]


def _overlap(a0: float, a1: float, b0: float, b1: float) -> bool:
    """Whether two intervals share more than `OVERLAP_M`."""
    return a1 - b0 > OVERLAP_M and b1 - a0 > OVERLAP_M


def _hidden(boxes: list[_Box]) -> list[list[int]]:
    """For each box, the boxes deeper in that it stands before, where their faces are not open."""
    closed = [(index, box) for index, box in enumerate(boxes) if not box.is_open and not box.lies_on_floor]
    hidden: list[list[int]] = [[] for _ in boxes]
    for own, box in enumerate(boxes):
        if box.lies_on_floor:
            continue
        y0, y1, bottom, top = box.y0 + OVERLAP_M, box.y1 - OVERLAP_M, box.bottom + OVERLAP_M, box.top - OVERLAP_M
        hidden[own] = [
            index
            for index, other in closed
            if other.x0 > box.x0 and other.y0 < y1 and other.y1 > y0 and other.bottom < top and other.top > bottom
        ]
    return hidden


def _rank(box: _Box) -> tuple[bool, float, float, float]:
    """Fallen cases first, then the highest, then the nearest to the door, then from the right."""
    return not box.lies_on_floor, -round(box.top, 2), round(box.x0, 2), box.y0
