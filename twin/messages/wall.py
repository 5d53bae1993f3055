"""Walls: what a robot sees from where it stands. All that the backend knows of a load, it knows from here."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from twin.geometry import UPRIGHT, Orientation, Position, Size, is_unit
from twin.ids import Name, Token
from twin.messages.envelope import Data, Event, Part, Timestamp, check_part

CASES_PER_PART_MAX = 150
"""Keeps a part below the 64 KiB of a message, with the longest names and numbers (in ASCII)."""


class SeenCase(Data, frozen=True, kw_only=True):
    """One detection; its pose is in the scan's frame at the scan's capture time.

    `position_m`: centre; `size_m`: extents before rotation; `visible_fraction`: of the face towards the door.
    """

    track_id: Name
    position_m: Position
    size_m: Size
    orientation_xyzw: Orientation = UPRIGHT
    visible_fraction: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0
    lies_on_floor: bool = False
    """Fallen or dropped: to be cleared before the wall is worked."""

    def __post_init__(self) -> None:
        if not is_unit(self.orientation_xyzw):
            msg = "impossible_geometry: orientation_xyzw is not a unit quaternion"
            raise ValueError(msg)


class WallScannedData(Data, frozen=True, kw_only=True):
    """Part `part` (from 1) of `parts` of one scan. No case in any part: the robot sees an empty trailer.

    `position_stddev_m`: standard deviation of each coordinate of the centres.
    """

    trailer_id: Token
    scan_id: Name
    part: Part
    parts: Part
    frame_id: Name
    captured_at: Timestamp
    position_stddev_m: Annotated[float, Meta(ge=0.0, le=1.0)]
    cases: Annotated[tuple[SeenCase, ...], Meta(max_length=CASES_PER_PART_MAX)]

    def __post_init__(self) -> None:
        check_part(self.part, self.parts)


class WallScanned(Event, tag="wall.scanned.v1", frozen=True, kw_only=True):
    """The robot has looked at the wall in front of it."""

    PUBLISHERS = frozenset({"robot"})
    data: WallScannedData
