"""Facts about conveyors and the sorter, folded into the twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.changes import Notice

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Conveyor, Sorter
    from backend.core.state import Sender, SiteState
    from twin.messages import conveyor, sorter


def jammed(
    state: SiteState, changes: Changes, sender: Sender, _message: conveyor.ConveyorJammed | sorter.SorterJammed
) -> None:
    """It stands."""
    _belt_of(state, sender).is_jammed = True
    changes.notices.append(Notice("jammed", sender.address))


def cleared(
    state: SiteState, changes: Changes, sender: Sender, _message: conveyor.ConveyorCleared | sorter.SorterCleared
) -> None:
    """It runs again."""
    _belt_of(state, sender).is_jammed = False
    changes.notices.append(Notice("cleared", sender.address))


def blocked(state: SiteState, _changes: Changes, sender: Sender, _message: conveyor.ConveyorBlocked) -> None:
    """It is full: the cause lies behind it, and shows there."""
    state.conveyors[sender.entity].is_blocked = True


def unblocked(state: SiteState, _changes: Changes, sender: Sender, _message: conveyor.ConveyorUnblocked) -> None:
    """There is room again."""
    state.conveyors[sender.entity].is_blocked = False


def conveyor_report(state: SiteState, changes: Changes, sender: Sender, message: conveyor.ConveyorState) -> None:
    """How the conveyor is: right, if all its events are here, also where one of them was lost for good."""
    if message.data.last_event_seq != sender.event.last_seq:
        return
    it = state.conveyors[sender.entity]
    told = message.data.conveyor_state
    if told != "JAMMED":
        it.is_blocked = told == "BLOCKED"  # of a belt that is jammed it does not say
    _compare(changes, sender, it, is_jammed=told == "JAMMED")


def sorter_report(state: SiteState, changes: Changes, sender: Sender, message: sorter.SorterState) -> None:
    """How the sorter is: right, if all its events are here, also where one of them was lost for good."""
    if message.data.last_event_seq == sender.event.last_seq:
        _compare(changes, sender, state.sorters[sender.entity], is_jammed=message.data.sorter_state == "JAMMED")


def _compare(changes: Changes, sender: Sender, it: Conveyor | Sorter, *, is_jammed: bool) -> None:
    if is_jammed:
        # Said also where it is known: it may have jammed again before people said that they had cleared it.
        changes.notices.append(Notice("jammed", sender.address))
    elif it.is_jammed:
        changes.notices.append(Notice("cleared", sender.address))
    it.is_jammed = is_jammed


def _belt_of(state: SiteState, sender: Sender) -> Conveyor | Sorter:
    return state.sorters[sender.entity] if sender.kind == "sorter" else state.conveyors[sender.entity]
