"""The tables of all folds: what each message about the field does to the twin. Replies are the commands' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from backend.core import fold_belts, fold_cases, fold_doors, fold_people, fold_robots, fold_yard
from twin.messages import Message, case, conveyor, door, exception, operator, robot, sorter, trailer, wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.changes import Changes
    from backend.core.state import Sender, SiteState

    Fold: TypeAlias = Callable[[SiteState, Changes, Sender, Any], None]


FOLDS: dict[type[Message], Fold] = {
    trailer.TrailerAnnounced: fold_yard.announced,
    trailer.TrailerManifest: fold_yard.manifest,
    trailer.TrailerArrived: fold_yard.arrived,
    trailer.TrailerDocked: fold_yard.docked,
    trailer.TrailerReleased: fold_yard.released,
    trailer.TrailerDeparted: fold_yard.departed,
    door.RestraintEngaged: fold_doors.restrained,
    door.RestraintReleased: fold_doors.unrestrained,
    door.DoorOpened: fold_doors.opened,
    door.DoorClosed: fold_doors.closed,
    door.LevellerLowered: fold_doors.leveller_lowered,
    door.LevellerStored: fold_doors.leveller_stored,
    door.PersonEntered: fold_doors.people_told,
    door.PersonLeft: fold_doors.people_told,
    conveyor.ConveyorJammed: fold_belts.jammed,
    conveyor.ConveyorCleared: fold_belts.cleared,
    conveyor.ConveyorBlocked: fold_belts.blocked,
    conveyor.ConveyorUnblocked: fold_belts.unblocked,
    sorter.SorterJammed: fold_belts.jammed,
    sorter.SorterCleared: fold_belts.cleared,
    exception.InterventionAnswered: fold_people.answered,
    exception.InterventionTaken: fold_people.taken,
    exception.InterventionHandedBack: fold_people.handed_back,
    wall.WallScanned: fold_cases.wall_scanned,
    case.CasePicked: fold_cases.picked,
    case.CasePlaced: fold_cases.placed,
    case.CaseDropped: fold_cases.dropped,
    case.CaseDamaged: fold_cases.damaged,
    case.CaseRefused: fold_cases.refused,
    case.CaseRetracted: fold_cases.retracted,
    case.CaseSplit: fold_cases.split,
    case.CaseIdentified: fold_cases.identified,
    case.CaseUnreadable: fold_cases.unreadable,
    case.CaseRecovered: fold_cases.recovered,
    robot.RobotFactsheet: fold_robots.factsheet,
    robot.RobotErrorRaised: fold_robots.error_raised,
    robot.RobotErrorCleared: fold_robots.error_cleared,
    robot.EmergencyStopped: fold_robots.emergency_stopped,
    robot.EmergencyStopReset: fold_robots.emergency_stop_reset,
    robot.UnloadStarted: fold_robots.unload_started,
    robot.UnloadFinished: fold_robots.unload_finished,
    robot.RobotRemoved: fold_robots.removed,
    operator.ActionRequested: fold_robots.action_requested,
}
"""Events. What says that others are lost (`events.lost`) is ingest's."""

STATE_FOLDS: dict[type[Message], Fold] = {
    robot.RobotStateReport: fold_robots.state_report,
    trailer.YardState: fold_yard.state_report,
    door.DoorState: fold_doors.state_report,
    conveyor.ConveyorState: fold_belts.conveyor_report,
    sorter.SorterState: fold_belts.sorter_report,
    operator.OperatorState: fold_people.state_report,
}
"""States: the latest wins."""
