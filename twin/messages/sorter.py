"""The sorter: all conveyors merge into it, as many cases an hour as it takes."""

from __future__ import annotations

from typing import Literal

from twin.messages.envelope import Count, Data, Event, State, StateData

_SORTER = frozenset({"sorter"})


class SorterData(Data, frozen=True, kw_only=True):
    """Nothing: the sorter is the source."""


class SorterJammed(Event, tag="sorter.jammed.v1", frozen=True, kw_only=True):
    """The sorter is down: it takes no case from any conveyor."""

    PUBLISHERS = _SORTER
    data: SorterData


class SorterCleared(Event, tag="sorter.cleared.v1", frozen=True, kw_only=True):
    """The sorter runs again."""

    PUBLISHERS = _SORTER
    data: SorterData


class SorterStateData(StateData, frozen=True, kw_only=True):
    """How the sorter is now. `cases_sorted`: since its boot; `rate_per_h`: as many cases an hour as it takes."""

    sorter_state: Literal["RUNNING", "JAMMED"]
    cases_sorted: Count
    rate_per_h: float


class SorterState(State, tag="sorter.state.v1", frozen=True, kw_only=True):
    """Every period."""

    PUBLISHERS = _SORTER
    data: SorterStateData
