"""Whether a load can stand as it is said to: nothing overlaps, sticks out, floats or is forgotten."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec
import numpy as np

from sim.load.contact import TOUCH_M, Floats, balance_m, close_pairs, contacts, corners, overlap
from sim.load.load import Load

OVERLAP_TOLERANCE_M = 0.0001
"""Deeper than this is an overlap; less is the rounding of sums of lengths."""


class Defect(StrEnum):
    """A way in which a load is impossible."""

    OVERLAPS = "overlaps"
    STICKS_OUT = "sticks_out"
    FLOATS = "floats"
    TWICE = "twice"
    MISCOUNTED = "miscounted"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One defect. `subjects`: the ids of the cases, or of the manifest line, that it concerns."""

    defect: Defect
    subjects: tuple[str, ...]
    detail: str


def audit(load: Load) -> tuple[Finding, ...]:
    """Everything impossible about the load; empty for a sound one.

    A loose case is supported where its centre of mass is over the convex hull of what carries it. That decides whether
    a box tips; a share of its base area does not: half a base at one end tips, two narrow ends under a bridge hold.
    Wrapped cases are held by their wrap and are not asked.
    """
    lo, hi = corners(load.cases)
    return (*_sticking_out(load, lo, hi), *_overlapping(load, lo, hi), *_floating(load, lo, hi), *_accounting(load))


def _sticking_out(load: Load, lo: Floats, hi: Floats) -> list[Finding]:
    length_m, width_m, height_m = load.interior_m
    floor = np.array([0.0, -width_m / 2.0, 0.0]) - OVERLAP_TOLERANCE_M
    ceiling = np.array([length_m, width_m / 2.0, height_m]) + OVERLAP_TOLERANCE_M
    inside = ((lo >= floor) & (hi <= ceiling) & (hi > lo)).all(axis=1)  # a NaN is not inside
    return [
        Finding(
            defect=Defect.STICKS_OUT,
            subjects=(load.cases[i].case_id,),
            detail=f"reaches from {_point(lo[i])} to {_point(hi[i])} of {_point(floor)} to {_point(ceiling)}",
        )
        for i in np.flatnonzero(~inside)
    ]


def _overlapping(load: Load, lo: Floats, hi: Floats) -> list[Finding]:
    a, b = close_pairs(lo, hi, axis=0, overlap_min_m=OVERLAP_TOLERANCE_M)
    depth = overlap(lo, hi, a, b).min(axis=1)
    deep = depth > OVERLAP_TOLERANCE_M
    return [
        Finding(
            defect=Defect.OVERLAPS,
            subjects=tuple(load.cases[k].case_id for k in sorted((int(i), int(j)))),
            detail=f"they share {by * 1000:.1f} mm",
        )
        for i, j, by in zip(a[deep], b[deep], depth[deep], strict=True)
    ]


def _floating(load: Load, lo: Floats, hi: Floats) -> list[Finding]:
    touching = contacts(lo, hi)
    center = (lo + hi) / 2.0
    # One patch under the centre of mass settles most cases; only bridges need their hull.
    x, y = center[touching.upper, 0], center[touching.upper, 1]
    under = (touching.patch[:, 0] <= x) & (x <= touching.patch[:, 2])
    under &= (touching.patch[:, 1] <= y) & (y <= touching.patch[:, 3])
    carried = np.abs(lo[:, 2]) <= TOUCH_M
    carried[touching.upper[under]] = True
    findings = []
    for i in np.flatnonzero(~carried):
        if load.cases[i].wrap:
            continue
        patches = [tuple(patch) for patch in touching.patch[touching.upper == i].tolist()]
        inside_m = balance_m(float(center[i, 0]), float(center[i, 1]), patches)
        if inside_m < -OVERLAP_TOLERANCE_M:
            beyond = f"its centre of mass is {-inside_m * 1000:.1f} mm beyond what carries it"
            detail = beyond if patches else "nothing carries it"
            findings.append(Finding(defect=Defect.FLOATS, subjects=(load.cases[i].case_id,), detail=detail))
    return findings


def _accounting(load: Load) -> list[Finding]:
    given = [*load.cases, *(left.case for left in load.unplaced)]
    copies = Counter(case.case_id for case in given)
    findings = [
        Finding(defect=Defect.TWICE, subjects=(case_id,), detail=f"{count} cases have this id")
        for case_id, count in copies.items()
        if count > 1
    ]
    found = Counter(case.manifest_line for case in given if case.manifest_line is not None)
    expected = {line.line_id: line.quantity for line in load.manifest}
    for line_id in sorted(expected.keys() | found.keys()):
        if expected.get(line_id, 0) != found[line_id]:
            detail = f"{found[line_id]} cases placed or reported, the manifest has {expected.get(line_id, 0)}"
            findings.append(Finding(defect=Defect.MISCOUNTED, subjects=(line_id,), detail=detail))
    return findings


def _point(xyz: Floats) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in xyz) + ")"
