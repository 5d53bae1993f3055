"""Doors: the restraint that holds a trailer, the door, its leveller, and the people in its cell.

The cell is the trailer and the dock before it, as far as a robot at work there reaches.
"""

from __future__ import annotations

from twin.ids import Token
from twin.messages.envelope import Count, Data, Event, State, StateData

_DOOR = frozenset({"door"})


class DoorData(Data, frozen=True, kw_only=True):
    """Which trailer stands at the door."""

    trailer_id: Token


class RestraintEngaged(Event, tag="door.restraint_engaged.v1", frozen=True, kw_only=True):
    """The trailer is held."""

    PUBLISHERS = _DOOR
    data: DoorData


class RestraintReleased(Event, tag="door.restraint_released.v1", frozen=True, kw_only=True):
    """The trailer is no longer held: nobody may be inside."""

    PUBLISHERS = _DOOR
    data: DoorData


class DoorOpened(Event, tag="door.opened.v1", frozen=True, kw_only=True):
    """The door is open."""

    PUBLISHERS = _DOOR
    data: DoorData


class DoorClosed(Event, tag="door.closed.v1", frozen=True, kw_only=True):
    """The door is closed."""

    PUBLISHERS = _DOOR
    data: DoorData


class LevellerLowered(Event, tag="door.leveller_lowered.v1", frozen=True, kw_only=True):
    """The leveller lies on the trailer's floor: a trailer that is held may be entered."""

    PUBLISHERS = _DOOR
    data: DoorData


class LevellerStored(Event, tag="door.leveller_stored.v1", frozen=True, kw_only=True):
    """The leveller is off the trailer's floor: nobody may be inside."""

    PUBLISHERS = _DOOR
    data: DoorData


class DoorPeopleData(Data, frozen=True, kw_only=True):
    """How many people are in the cell now; `trailer_id`: of the trailer that stands there, if one does."""

    people_inside: Count
    trailer_id: Token | None = None


class PersonEntered(Event, tag="door.person_entered.v1", frozen=True, kw_only=True):
    """A person has stepped into the cell: nothing may move in it."""

    PUBLISHERS = _DOOR
    data: DoorPeopleData


class PersonLeft(Event, tag="door.person_left.v1", frozen=True, kw_only=True):
    """A person has left the cell."""

    PUBLISHERS = _DOOR
    data: DoorPeopleData


class DoorStateData(StateData, frozen=True, kw_only=True):
    """How the door is now. `trailer_id`: of the trailer that stands docked here."""

    trailer_id: Token | None = None
    is_restrained: bool = False
    is_open: bool = False
    is_leveller_down: bool = False
    people_inside: Count = 0


class DoorState(State, tag="door.state.v1", frozen=True, kw_only=True):
    """Every period."""

    PUBLISHERS = _DOOR
    data: DoorStateData
