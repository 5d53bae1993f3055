"""Facts about doors, folded into the twin: the restraint, the door, the leveller, and the people in the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import fold_yard
from backend.core.changes import Notice
from backend.core.state import trailer_of
from twin.ids import order_id_of

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Door
    from backend.core.state import Sender, SiteState
    from twin.messages import door as messages


def restrained(state: SiteState, changes: Changes, sender: Sender, message: messages.RestraintEngaged) -> None:
    """The trailer is held: so it stands here, also if the yard's word for that is still on its way."""
    it = state.doors[sender.entity]
    it.restrains = message.data.trailer_id
    trailer = trailer_of(state, message.data.trailer_id)
    if trailer.docked_at is None and not trailer.is_released and not trailer.is_departed:
        fold_yard.stands_at(state, changes, trailer, it.door_id)
    _look_again(changes, it, message.data.trailer_id)


def unrestrained(state: SiteState, changes: Changes, sender: Sender, message: messages.RestraintReleased) -> None:
    """The trailer is held no more: nobody may be inside."""
    it = state.doors[sender.entity]
    it.restrains = None
    state.is_dock_due = True
    _nobody_inside(state, changes, it, message.data.trailer_id)
    changes.touched.append(it)


def opened(state: SiteState, changes: Changes, sender: Sender, message: messages.DoorOpened) -> None:
    """The door is open."""
    it = state.doors[sender.entity]
    it.open_for = message.data.trailer_id
    _look_again(changes, it, message.data.trailer_id)


def closed(state: SiteState, changes: Changes, sender: Sender, _message: messages.DoorClosed) -> None:
    """The door is closed."""
    it = state.doors[sender.entity]
    it.open_for = None
    state.is_dock_due = True
    changes.touched.append(it)


def leveller_lowered(state: SiteState, changes: Changes, sender: Sender, message: messages.LevellerLowered) -> None:
    """The trailer may be entered."""
    it = state.doors[sender.entity]
    it.leveller_down_for = message.data.trailer_id
    _look_again(changes, it, message.data.trailer_id)


def leveller_stored(state: SiteState, changes: Changes, sender: Sender, _message: messages.LevellerStored) -> None:
    """The trailer may no longer be entered."""
    it = state.doors[sender.entity]
    it.leveller_down_for = None
    state.is_dock_due = True
    changes.touched.append(it)


def people_told(
    state: SiteState, changes: Changes, sender: Sender, message: messages.PersonEntered | messages.PersonLeft
) -> None:
    """So many people are in the cell now."""
    it = state.doors[sender.entity]
    _set_people(changes, it, message.data.people_inside)
    _look_again(changes, it, message.data.trailer_id or it.trailer_id)


def state_report(state: SiteState, changes: Changes, sender: Sender, message: messages.DoorState) -> None:
    """How the door is: right, if all its events are here, also where one of them was lost for good."""
    data = message.data
    if data.last_event_seq != sender.event.last_seq:
        return
    it = state.doors[sender.entity]
    before = (it.restrains, it.open_for, it.leveller_down_for, it.people_inside)
    was_restrained = it.restrains
    it.restrains = data.trailer_id if data.is_restrained else None
    it.open_for = data.trailer_id if data.is_open else None
    it.leveller_down_for = data.trailer_id if data.is_leveller_down else None
    _set_people(changes, it, data.people_inside)
    if before == (it.restrains, it.open_for, it.leveller_down_for, it.people_inside):
        return
    if was_restrained is not None and it.restrains is None:
        _nobody_inside(state, changes, it, was_restrained)
    state.is_dock_due = True
    _look_again(changes, it, data.trailer_id or it.trailer_id)


def _set_people(changes: Changes, it: Door, people_inside: int) -> None:
    if it.people_inside and not people_inside:
        changes.notices.append(Notice("cell_clear", f"door/{it.door_id}"))
    it.people_inside = people_inside


def _look_again(changes: Changes, it: Door, trailer_id: str | None) -> None:
    """The trailer's next step may have become possible."""
    changes.touched.append(it)
    if trailer_id is not None:
        changes.orders[order_id_of(trailer_id)] = None


def _nobody_inside(state: SiteState, changes: Changes, it: Door, trailer_id: str) -> None:
    for robot in state.robots.values():
        if robot.inside == trailer_id:
            changes.breach(
                "released_with_robot_inside",
                f"robot/{robot.robot_id}",
                f"the restraint of trailer {trailer_id} opened while it is inside",
            )
    if it.people_inside:
        changes.breach(
            "released_with_person_inside",
            f"door/{it.door_id}",
            f"the restraint of trailer {trailer_id} opened with {it.people_inside} people inside",
        )
