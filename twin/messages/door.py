"""Doors: the restraint that holds a trailer, and the door with its leveller."""

from __future__ import annotations

from twin.ids import Token
from twin.messages.envelope import Data, Event

_DOOR = frozenset({"door"})


class DoorData(Data, frozen=True, kw_only=True):
    """Which trailer stands at the door."""

    trailer_id: Token


class RestraintEngaged(Event, tag="door.restraint_engaged.v1", frozen=True, kw_only=True):
    """The trailer is held: it may be entered once the door is open."""

    PUBLISHERS = _DOOR
    data: DoorData


class RestraintReleased(Event, tag="door.restraint_released.v1", frozen=True, kw_only=True):
    """The trailer is no longer held: nobody may be inside."""

    PUBLISHERS = _DOOR
    data: DoorData


class DoorOpened(Event, tag="door.opened.v1", frozen=True, kw_only=True):
    """The door is open and its leveller lies on the trailer's floor."""

    PUBLISHERS = _DOOR
    data: DoorData


class DoorClosed(Event, tag="door.closed.v1", frozen=True, kw_only=True):
    """The leveller is stored and the door closed."""

    PUBLISHERS = _DOOR
    data: DoorData
