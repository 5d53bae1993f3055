"""Trailers: announced with their manifest by PO line, then followed through the yard to a door and away again."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from twin.ids import Name, Token
from twin.messages.envelope import (
    Command,
    CommandData,
    Count,
    Data,
    Event,
    Part,
    State,
    StateData,
    Text,
    Timestamp,
    check_part,
)
from twin.messages.robot import RECENT_ACTIONS_MAX, RecentAction

MANIFEST_LINES_PER_PART_MAX = 150
"""Keeps a part below the 64 KiB of a message, with the longest names and numbers (in ASCII)."""

STANDING_TRAILERS_MAX = 512

_YARD = frozenset({"yard"})
_SHA256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class ManifestLine(Data, frozen=True, kw_only=True):
    """One line of a purchase order: so many cases that carry this label."""

    line_id: Name
    po_id: Name
    sku: Name
    label: Name
    quantity: Annotated[int, Meta(ge=1, le=100_000)]
    weight_kg: Annotated[float, Meta(gt=0.0, le=1000.0)] | None = None


class TrailerAnnouncedData(Data, frozen=True, kw_only=True):
    """`due_at`: when its free time ends; from then on it costs `detention_per_h`, in the site's currency.

    `unload_kind`: live, its driver waits; drop, it is left and fetched. `manifest_sha256`: of the parts' lines as JSON,
    one after the other.
    """

    trailer_id: Token
    carrier: Text
    unload_kind: Literal["live", "drop"]
    cases: Count
    parts: Count
    manifest_sha256: _SHA256
    due_at: Timestamp
    appointment_at: Timestamp | None = None
    detention_per_h: Annotated[float, Meta(ge=0.0, le=1e6)] = 0.0


class TrailerAnnounced(Event, tag="trailer.announced.v1", frozen=True, kw_only=True):
    """A trailer is on its way; its manifest follows in `parts` parts."""

    PUBLISHERS = _YARD
    data: TrailerAnnouncedData


class TrailerManifestData(Data, frozen=True, kw_only=True):
    """Part `part` (from 1) of `parts` of a trailer's manifest."""

    trailer_id: Token
    part: Part
    parts: Part
    lines: Annotated[tuple[ManifestLine, ...], Meta(max_length=MANIFEST_LINES_PER_PART_MAX)]

    def __post_init__(self) -> None:
        check_part(self.part, self.parts)


class TrailerManifest(Event, tag="trailer.manifest.v1", frozen=True, kw_only=True):
    """One part of the manifest of an announced trailer."""

    PUBLISHERS = _YARD
    data: TrailerManifestData


class TrailerData(Data, frozen=True, kw_only=True):
    """Names the trailer and, where there is one, its door."""

    trailer_id: Token
    door_id: Token | None = None


class TrailerArrived(Event, tag="trailer.arrived.v1", frozen=True, kw_only=True):
    """The trailer is in the yard."""

    PUBLISHERS = _YARD
    data: TrailerData


class TrailerDocked(Event, tag="trailer.docked.v1", frozen=True, kw_only=True):
    """The trailer stands at its door; it is not restrained yet."""

    PUBLISHERS = _YARD
    data: TrailerData


class TrailerReleased(Event, tag="trailer.released.v1", frozen=True, kw_only=True):
    """The door has let the trailer go: restraint released, door closed."""

    PUBLISHERS = _YARD
    data: TrailerData


class TrailerDeparted(Event, tag="trailer.departed.v1", frozen=True, kw_only=True):
    """The trailer has left its door; the door is free."""

    PUBLISHERS = _YARD
    data: TrailerData


class StandingTrailer(Data, frozen=True, kw_only=True):
    """A trailer in the yard, or at the door named. `is_released`: its door has let it go."""

    trailer_id: Token
    door_id: Token | None = None
    is_released: bool = False


class YardStateData(StateData, frozen=True, kw_only=True):
    """The trailers that have arrived and not departed, those at doors first, and the commands taken on lately."""

    trailers: Annotated[tuple[StandingTrailer, ...], Meta(max_length=STANDING_TRAILERS_MAX)] = ()
    recent_actions: Annotated[tuple[RecentAction, ...], Meta(max_length=RECENT_ACTIONS_MAX)] = ()


class YardState(State, tag="yard.state.v1", frozen=True, kw_only=True):
    """Every period, and when asked for."""

    PUBLISHERS = _YARD
    data: YardStateData


class TrailerCommandData(CommandData, frozen=True, kw_only=True):
    """Which trailer, at which door."""

    trailer_id: Token
    door_id: Token


class AssignDoor(Command, tag="trailer.assign_door.v1", frozen=True, kw_only=True):
    """To the yard: bring this trailer to this door."""

    data: TrailerCommandData


class ReleaseTrailer(Command, tag="trailer.release.v1", frozen=True, kw_only=True):
    """To the yard: let this trailer go; nobody is inside."""

    data: TrailerCommandData
