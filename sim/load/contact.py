"""Which cases touch, and whether what carries a case keeps it from tipping. Arrays: metres, one row a case."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.load.load import LoadedCase

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
Rectangle = tuple[float, float, float, float]
"""x from, y from, x to, y to."""

TOUCH_M = 0.001
"""Faces nearer than this touch; contacts narrower than this carry nothing. Packing plans are in whole millimetres."""


class Contacts(NamedTuple):
    """Every pair in which `upper[k]` rests on `lower[k]`, and where: `patch[k]` is x from, y from, x to, y to."""

    lower: Indices
    upper: Indices
    patch: Floats


def corners(cases: Sequence[LoadedCase]) -> tuple[Floats, Floats]:
    """The lowest and the highest corner of each case, two arrays of shape (n, 3)."""
    if not cases:
        return np.empty((0, 3)), np.empty((0, 3))
    center = np.array([case.center_m for case in cases])
    half = np.array([case.size_m for case in cases]) / 2.0
    return center - half, center + half


def overlap(lo: Floats, hi: Floats, a: Indices, b: Indices) -> Floats:
    """How far each pair a[k], b[k] overlaps along each axis, shape (m, 3); negative is a gap."""
    shared: Floats = np.minimum(hi[a], hi[b]) - np.maximum(lo[a], lo[b])
    return shared


def close_pairs(lo: Floats, hi: Floats, *, axis: int, overlap_min_m: float) -> tuple[Indices, Indices]:
    """Each pair once that overlaps by more than `overlap_min_m` along `axis`: a sweep, so far pairs cost nothing."""
    order = np.argsort(lo[:, axis], kind="stable")
    starts = lo[order, axis]
    rank = np.arange(len(order))
    after = np.searchsorted(starts, hi[order, axis] - overlap_min_m, side="left")
    counts = np.maximum(after - rank - 1, 0)
    first = np.repeat(rank, counts)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    # The sweep compares starts with ends; what is slimmer than the least overlap is dropped here.
    a, b = order[first], order[second]
    keep = np.minimum(hi[a, axis], hi[b, axis]) - lo[b, axis] > overlap_min_m
    return a[keep], b[keep]


def contacts(lo: Floats, hi: Floats) -> Contacts:
    """Which case rests on which: their faces meet within `TOUCH_M` and share more than a hair's breadth both ways."""
    a, b = close_pairs(lo, hi, axis=0, overlap_min_m=TOUCH_M)
    shared_y = np.minimum(hi[a, 1], hi[b, 1]) - np.maximum(lo[a, 1], lo[b, 1]) > TOUCH_M
    a, b = a[shared_y], b[shared_y]
    b_on_a = np.abs(lo[b, 2] - hi[a, 2]) <= TOUCH_M
    a_on_b = np.abs(lo[a, 2] - hi[b, 2]) <= TOUCH_M
    lower = np.concatenate([a[b_on_a], b[a_on_b]])
    upper = np.concatenate([b[b_on_a], a[a_on_b]])
    from_xy = np.maximum(lo[lower, :2], lo[upper, :2])
    to_xy = np.minimum(hi[lower, :2], hi[upper, :2])
    order = np.lexsort((lower, upper))
    return Contacts(lower[order], upper[order], np.hstack([from_xy, to_xy])[order])


def balance_m(x: float, y: float, patches: Sequence[Rectangle]) -> float:
    """How far the point x, y lies inside the convex hull of the patches, in metres; negative outside, -inf if none.

    >>> balance_m(0.5, 0.5, [(0.0, 0.0, 1.0, 0.75)])
    0.25
    >>> round(balance_m(0.5, 0.5, [(0.0, 0.0, 0.1, 1.0), (0.9, 0.0, 1.0, 1.0)]), 9)
    0.5
    """
    if not patches:
        return -math.inf
    if len(patches) == 1:
        ((x0, y0, x1, y1),) = patches
        return min(x - x0, x1 - x, y - y0, y1 - y)
    hull = _convex_hull(sorted({(px, py) for x0, y0, x1, y1 in patches for px in (x0, x1) for py in (y0, y1)}))
    inside_m = math.inf
    for (ax, ay), (bx, by) in zip(hull, hull[1:] + hull[:1], strict=True):
        dx, dy = bx - ax, by - ay
        inside_m = min(inside_m, (dx * (y - ay) - dy * (x - ax)) / math.hypot(dx, dy))
    return inside_m


def _convex_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The hull of sorted distinct points, counter-clockwise (monotone chain)."""
    half_hulls: list[list[tuple[float, float]]] = []
    for run in (points, points[::-1]):
        chain: list[tuple[float, float]] = []
        for x, y in run:
            while len(chain) >= 2 and not _turns_left(chain[-2], chain[-1], (x, y)):
                chain.pop()
            chain.append((x, y))
        half_hulls.append(chain[:-1])
    return half_hulls[0] + half_hulls[1]


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])
