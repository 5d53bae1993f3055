"""Facts about trailers, doors and conveyors, folded into the twin; and the table of all folds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from backend.core import fold_cases, fold_robots
from backend.core.changes import Notice
from backend.core.state import Order, trailer_of
from twin.clock import parse_time
from twin.ids import order_id_of
from twin.messages import Message, case, conveyor, door, exception, robot, trailer, wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.changes import Changes
    from backend.core.state import Sender, SiteState

    Fold: TypeAlias = Callable[[SiteState, Changes, Sender, Any], None]


def _announced(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerAnnounced) -> None:
    data = message.data
    it = trailer_of(state, data.trailer_id)
    it.is_announced = True
    it.cases_expected = data.cases
    it.parts = data.parts
    it.due_us = parse_time(data.due_at)
    order_id = order_id_of(data.trailer_id)
    state.orders[order_id] = Order(order_id=order_id, trailer_id=data.trailer_id)
    state.is_dock_due = True
    changes.touched.append(it)


def _manifest(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerManifest) -> None:
    it = trailer_of(state, message.data.trailer_id)
    it.lines_by_part[message.data.part] = message.data.lines
    changes.touched.append(it)


def _arrived(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerArrived) -> None:
    it = trailer_of(state, message.data.trailer_id)
    it.is_arrived = True
    state.is_dock_due = True
    changes.touched.append(it)


def _docked(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerDocked) -> None:
    it = trailer_of(state, message.data.trailer_id)
    it.docked_at = message.data.door_id
    changes.touched.append(it)
    if it.docked_at is not None:
        changes.touched.append(state.doors[it.docked_at])
    changes.orders[order_id_of(it.trailer_id)] = None


def _released(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerReleased) -> None:
    it = trailer_of(state, message.data.trailer_id)
    it.is_released = True
    _nobody_inside(state, changes, it.trailer_id, "released")
    changes.touched.append(it)
    changes.orders[order_id_of(it.trailer_id)] = None


def _departed(state: SiteState, changes: Changes, _sender: Sender, message: trailer.TrailerDeparted) -> None:
    it = trailer_of(state, message.data.trailer_id)
    it.is_departed = True
    for at in (it.docked_at, message.data.door_id):
        if at is not None and state.doors[at].trailer_id == it.trailer_id:
            state.doors[at].trailer_id = None
            changes.touched.append(state.doors[at])
    it.docked_at = None
    state.is_dock_due = True
    changes.touched.append(it)
    changes.orders[order_id_of(it.trailer_id)] = None


def _restrained(state: SiteState, changes: Changes, sender: Sender, message: door.RestraintEngaged) -> None:
    it = state.doors[sender.entity]
    it.restrains = message.data.trailer_id
    changes.touched.append(it)
    changes.orders[order_id_of(message.data.trailer_id)] = None


def _unrestrained(state: SiteState, changes: Changes, sender: Sender, message: door.RestraintReleased) -> None:
    it = state.doors[sender.entity]
    it.restrains = None
    state.is_dock_due = True
    _nobody_inside(state, changes, message.data.trailer_id, "its restraint opened")
    changes.touched.append(it)


def _opened(state: SiteState, changes: Changes, sender: Sender, message: door.DoorOpened) -> None:
    it = state.doors[sender.entity]
    it.open_for = message.data.trailer_id
    changes.touched.append(it)
    changes.orders[order_id_of(message.data.trailer_id)] = None


def _closed(state: SiteState, changes: Changes, sender: Sender, _message: door.DoorClosed) -> None:
    it = state.doors[sender.entity]
    it.open_for = None
    state.is_dock_due = True
    changes.touched.append(it)


def _nobody_inside(state: SiteState, changes: Changes, trailer_id: str, what: str) -> None:
    for it in state.robots.values():
        if it.inside == trailer_id:
            changes.breach(
                "released_with_robot_inside", f"robot/{it.robot_id}", f"trailer {trailer_id} {what} while it is inside"
            )


def _jammed(state: SiteState, changes: Changes, sender: Sender, _message: conveyor.ConveyorJammed) -> None:
    state.conveyors[sender.entity].is_jammed = True
    changes.notices.append(Notice("jammed", sender.address))


def _cleared(state: SiteState, changes: Changes, sender: Sender, _message: conveyor.ConveyorCleared) -> None:
    state.conveyors[sender.entity].is_jammed = False
    changes.notices.append(Notice("cleared", sender.address))


def _answered(_state: SiteState, changes: Changes, sender: Sender, _message: exception.InterventionAnswered) -> None:
    changes.notices.append(Notice("answered", sender.address))


def _nothing(_state: SiteState, _changes: Changes, _sender: Sender, _message: robot.EventsLost) -> None:
    """Ingest has acted on it when it arrived, ahead of the gap it is about."""


FOLDS: dict[type[Message], Fold] = {
    trailer.TrailerAnnounced: _announced,
    trailer.TrailerManifest: _manifest,
    trailer.TrailerArrived: _arrived,
    trailer.TrailerDocked: _docked,
    trailer.TrailerReleased: _released,
    trailer.TrailerDeparted: _departed,
    door.RestraintEngaged: _restrained,
    door.RestraintReleased: _unrestrained,
    door.DoorOpened: _opened,
    door.DoorClosed: _closed,
    conveyor.ConveyorJammed: _jammed,
    conveyor.ConveyorCleared: _cleared,
    exception.InterventionAnswered: _answered,
    wall.WallScanned: fold_cases.wall_scanned,
    case.CasePicked: fold_cases.picked,
    case.CasePlaced: fold_cases.placed,
    case.CaseDropped: fold_cases.dropped,
    case.CaseDamaged: fold_cases.damaged,
    case.CaseRefused: fold_cases.refused,
    case.CaseIdentified: fold_cases.identified,
    case.CaseUnreadable: fold_cases.unreadable,
    case.CaseRecovered: fold_cases.recovered,
    robot.RobotStateReport: fold_robots.state_report,
    robot.RobotFactsheet: fold_robots.factsheet,
    robot.RobotErrorRaised: fold_robots.error_raised,
    robot.RobotErrorCleared: fold_robots.error_cleared,
    robot.UnloadStarted: fold_robots.unload_started,
    robot.UnloadFinished: fold_robots.unload_finished,
    robot.RobotRemoved: fold_robots.removed,
    robot.EventsLost: _nothing,
}
"""What each message about the field does to the twin; replies are the commands' own."""
