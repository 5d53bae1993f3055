"""A load: which cases a trailer carries and where. Plain data, whoever made it.

Frame `trailer`: origin at the centre of the sill, x inward, y left, z up; metres, kilograms. Cases stand square to the
trailer, so a case is its centre and its extents.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

Vector = tuple[float, float, float]
"""x, y, z in metres."""


class LabelFault(StrEnum):
    """What is wrong with the label of a case."""

    NONE = "none"
    UNREADABLE = "unreadable"


class ManifestLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a purchase order: `quantity` cases of one kind, with this barcode text, size and nominal weight."""

    line_id: str
    po_id: str
    sku: str
    label: str
    quantity: int
    size_m: Vector
    weight_kg: float


class LooseCase(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case without a place. `size_m`: length, width, height; `manifest_line`: a line id, None if it is on no line.

    `is_damaged`: it came crushed.
    """

    case_id: str
    size_m: Vector
    weight_kg: float
    manifest_line: str | None
    sku: str
    label: str
    fault: LabelFault
    is_damaged: bool = False


class LoadedCase(LooseCase, frozen=True, kw_only=True, gc=False):
    """A case in its place. `size_m`: extents along x, y, z; `wrap`: the stretch-wrapped stack it is in, or empty."""

    center_m: Vector
    wrap: str = ""


class Unplaced(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A given case that is not in the trailer, and why."""

    case: LooseCase
    reason: str


class Load(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a trailer carries. `interior_m`: length, width, height inside; `manifest`: what was announced."""

    trailer_id: str
    interior_m: Vector
    manifest: tuple[ManifestLine, ...]
    cases: tuple[LoadedCase, ...]
    unplaced: tuple[Unplaced, ...] = ()


def place(case: LooseCase, *, center_m: Vector, size_m: Vector, wrap: str = "") -> LoadedCase:
    """The case standing at `center_m`, turned so that its extents along x, y, z are `size_m`."""
    return LoadedCase(
        case_id=case.case_id,
        size_m=size_m,
        weight_kg=case.weight_kg,
        manifest_line=case.manifest_line,
        sku=case.sku,
        label=case.label,
        fault=case.fault,
        is_damaged=case.is_damaged,
        center_m=center_m,
        wrap=wrap,
    )
