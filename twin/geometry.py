"""Places and poses in the frame `trailer`: origin at the centre of the sill, x inward, y left, z up; metres, xyzw."""

from __future__ import annotations

import math
from typing import Annotated

from msgspec import Meta

Coordinate = Annotated[float, Meta(ge=-100.0, le=100.0)]
Extent = Annotated[float, Meta(gt=0.0, le=20.0)]
Component = Annotated[float, Meta(ge=-1.001, le=1.001)]

Position = tuple[Coordinate, Coordinate, Coordinate]
"""x, y, z in metres."""
Size = tuple[Extent, Extent, Extent]
"""Extents along x, y, z in metres, before rotation."""
Orientation = tuple[Component, Component, Component, Component]
"""A unit quaternion x, y, z, w."""

UPRIGHT: Orientation = (0.0, 0.0, 0.0, 1.0)
_NORM_TOLERANCE = 1e-3


def is_unit(orientation: Orientation) -> bool:
    """Whether the quaternion has length 1 within 0.001."""
    return abs(math.hypot(*orientation) - 1.0) <= _NORM_TOLERANCE
