"""Facts about trailers, folded into the twin: announced, at which door, gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.changes import Notice
from backend.core.state import Order, trailer_of
from twin.clock import parse_time
from twin.ids import order_id_of
from twin.messages.trailer import STANDING_TRAILERS_MAX

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Trailer
    from backend.core.state import Sender, SiteState
    from twin.messages import trailer as messages


def announced(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerAnnounced) -> None:
    """A trailer is on its way; it is to be unloaded."""
    data = message.data
    it = trailer_of(state, data.trailer_id)
    it.is_announced = True
    it.cases_expected = data.cases
    it.due_us = parse_time(data.due_at)
    _expect(state, it)
    changes.touched.append(it)


def _expect(state: SiteState, it: Trailer) -> Order:
    """It is to be unloaded."""
    order_id = order_id_of(it.trailer_id)
    order = state.orders.get(order_id)
    if order is None:
        order = state.orders[order_id] = Order(order_id=order_id, trailer_id=it.trailer_id)
    state.is_dock_due = True
    return order


def manifest(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerManifest) -> None:
    """What is said to be in it."""
    it = trailer_of(state, message.data.trailer_id)
    it.lines_by_part[message.data.part] = message.data.lines
    changes.touched.append(it)


def arrived(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerArrived) -> None:
    """It waits for a door."""
    it = trailer_of(state, message.data.trailer_id)
    it.is_arrived = True
    state.is_dock_due = True
    changes.touched.append(it)


def docked(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerDocked) -> None:
    """It stands at a door, whichever it was meant for."""
    assert message.data.door_id is not None, "objected to if it names none"
    stands_at(state, changes, trailer_of(state, message.data.trailer_id), message.data.door_id)


def stands_at(state: SiteState, changes: Changes, it: Trailer, door_id: str) -> None:
    """The trailer stands at this door; what was meant for it goes on there."""
    it.docked_at = door_id
    changes.touched.append(it)
    changes.touched.append(state.doors[door_id])
    order = state.orders.get(order_id_of(it.trailer_id))
    if order is None:
        if it.is_released:
            return
        order = _expect(state, it)  # nobody has told that it comes, and here it is
    if order.door_id != door_id:
        if order.door_id is not None:
            _leave_door(state, changes, it, order.door_id)
            changes.notices.append(Notice("wrong_door", f"door/{door_id}"))
        _take_door(state, it, door_id)
        order.door_id = door_id
        state.is_dock_due = True


def _take_door(state: SiteState, it: Trailer, door_id: str) -> None:
    """The door is this trailer's, also if another was on its way there: the yard will refuse to bring that one."""
    door = state.doors[door_id]
    other = None if door.trailer_id is None else state.trailers[door.trailer_id]
    if other is None or other.docked_at != door_id:
        door.trailer_id = it.trailer_id


def _leave_door(state: SiteState, changes: Changes, it: Trailer, door_id: str) -> None:
    door = state.doors[door_id]
    if door.trailer_id == it.trailer_id:
        door.trailer_id = None
        changes.touched.append(door)


def released(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerReleased) -> None:
    """Its door has let it go."""
    _let_go(state, changes, trailer_of(state, message.data.trailer_id))


def _let_go(state: SiteState, changes: Changes, it: Trailer) -> None:
    it.is_released = True
    for robot in state.robots.values():
        if robot.inside == it.trailer_id:
            changes.breach(
                "released_with_robot_inside",
                f"robot/{robot.robot_id}",
                f"trailer {it.trailer_id} released while it is inside",
            )
    changes.touched.append(it)
    changes.orders[order_id_of(it.trailer_id)] = None


def departed(state: SiteState, changes: Changes, _sender: Sender, message: messages.TrailerDeparted) -> None:
    """It is gone; its door is free."""
    _go(state, changes, trailer_of(state, message.data.trailer_id))


def _go(state: SiteState, changes: Changes, it: Trailer) -> None:
    """It is gone: so it was let go, also if the word of that is lost, and goes to no door any more."""
    if not it.is_released:
        _let_go(state, changes, it)
    it.is_departed = True
    order = state.orders.get(order_id_of(it.trailer_id))
    if order is not None and order.door_id is not None:
        _leave_door(state, changes, it, order.door_id)
    it.docked_at = None
    state.is_dock_due = True
    changes.touched.append(it)
    changes.orders[order_id_of(it.trailer_id)] = None


def state_report(state: SiteState, changes: Changes, sender: Sender, message: messages.YardState) -> None:
    """Which trailers stand where: right, if all the yard's events are here, also where one was lost for good."""
    data = message.data
    if state.unknown_actions:
        changes.notices.append(Notice("state_known", sender.address))
    if data.last_event_seq != sender.event.last_seq:
        return
    for told in data.trailers:
        it = trailer_of(state, told.trailer_id)
        if not it.is_arrived or (order_id_of(it.trailer_id) not in state.orders and not it.is_released):
            it.is_arrived = True  # what announced it may be lost as well as what said that it came
            _expect(state, it)
            changes.touched.append(it)
        if told.door_id is not None and it.docked_at != told.door_id:
            stands_at(state, changes, it, told.door_id)
        if told.is_released and not it.is_released:
            _let_go(state, changes, it)
    if len(data.trailers) < STANDING_TRAILERS_MAX:
        _miss(state, changes, {told.trailer_id for told in data.trailers})


def _miss(state: SiteState, changes: Changes, standing: set[str]) -> None:
    """Of trailers that stood at a door and stand there no more the departure is lost, and perhaps the release."""
    for order in list(state.orders.values()):
        it = state.trailers[order.trailer_id]
        if it.docked_at is not None and it.trailer_id not in standing:
            _go(state, changes, it)
