"""Conveyors: one per door, from the trailer to induction."""

from __future__ import annotations

from twin.messages.envelope import Data, Event

_CONVEYOR = frozenset({"conveyor"})


class ConveyorData(Data, frozen=True, kw_only=True):
    """Nothing: the conveyor is the source."""


class ConveyorJammed(Event, tag="conveyor.jammed.v1", frozen=True, kw_only=True):
    """The belt stands; what lies on it waits."""

    PUBLISHERS = _CONVEYOR
    data: ConveyorData


class ConveyorCleared(Event, tag="conveyor.cleared.v1", frozen=True, kw_only=True):
    """The belt runs again."""

    PUBLISHERS = _CONVEYOR
    data: ConveyorData
