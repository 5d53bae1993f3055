"""Conveyors: one per door, from the trailer to induction, where barcodes are read."""

from __future__ import annotations

from typing import Literal

from twin.messages.envelope import Count, Data, Event, State, StateData

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


class ConveyorBlocked(Event, tag="conveyor.blocked.v1", frozen=True, kw_only=True):
    """The belt is full to its beginning, because what comes behind it takes nothing: no case can be placed."""

    PUBLISHERS = _CONVEYOR
    data: ConveyorData


class ConveyorUnblocked(Event, tag="conveyor.unblocked.v1", frozen=True, kw_only=True):
    """There is room on the belt again."""

    PUBLISHERS = _CONVEYOR
    data: ConveyorData


class ConveyorStateData(StateData, frozen=True, kw_only=True):
    """How the conveyor is now. `cases_inducted`: since its boot."""

    conveyor_state: Literal["RUNNING", "BLOCKED", "JAMMED"]
    cases_on_belt: Count
    cases_inducted: Count


class ConveyorState(State, tag="conveyor.state.v1", frozen=True, kw_only=True):
    """Every period."""

    PUBLISHERS = _CONVEYOR
    data: ConveyorStateData
