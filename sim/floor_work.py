"""What floor staff do at a door: they go in where something is to be done in the cell, do it, and come out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import assumptions
from twin.clock import us
from twin.ids import parse_address
from twin.messages.case import CaseRecovered, CaseRecoveredData, CaseRetracted, CaseRetractedData
from twin.messages.robot import RobotRemoved, RobotRemovedData

if TYPE_CHECKING:
    from sim.case import Case
    from sim.dock import Dock
    from sim.door import Door
    from sim.endpoint import Endpoint
    from sim.kernel import Steps
    from sim.robot import Robot
    from sim.trailer import Trailer
    from twin.messages.exception import InterventionRequested

_CASE_US = us(assumptions.MANUAL_CASE_S)

_AT_A_ROBOT = frozenset({"robot_lost", "robot_stuck", "double_identity", "vacuum_lost", "emergency_stop"})
"""Exceptions that are seen to where the robot stands."""

_IN_A_TRAILER = frozenset({"leftovers", "wall_blocked"})


class FloorWork:
    """The hands of the floor staff; `endpoint` says what they have done."""

    def __init__(self, dock: Dock, endpoint: Endpoint) -> None:
        self._dock = dock
        self._endpoint = endpoint

    def see_to(self, request: InterventionRequested, handling_us: int) -> Steps:
        """All that a person who has come for a request does there."""
        asked = request.data
        if asked.exception_type in _IN_A_TRAILER:
            trailer = self._dock.trailers[asked.trailer_id or ""]
            door = self._dock.doors.get(trailer.door_id or "")
            if door is None or door.trailer is not trailer:
                return  # it has left
            yield from self._in_the_cell(door, request, handling_us)
        elif asked.exception_type in _AT_A_ROBOT:
            robot = self._dock.robots[parse_address(asked.entity).entity]
            door = self._door_of(robot)
            if door is not None and _needs_hands(robot, asked.exception_type):
                yield from self._in_the_cell(door, request, handling_us)
            else:
                yield handling_us
                yield from self._do(request)
        else:
            yield handling_us
            yield from self._do(request)

    def _in_the_cell(self, door: Door, request: InterventionRequested, handling_us: int) -> Steps:
        """Who comes when the door is closing or closed finds nothing to do."""
        if not door.person_enters(causation_id=request.id):
            return
        yield handling_us
        yield from self._do(request)
        door.person_leaves(causation_id=request.id)

    def _door_of(self, robot: Robot) -> Door | None:
        """The door in whose cell the robot is."""
        return next((door for door in self._dock.doors.values() if robot.robot_id in door.robots_inside), None)

    def _do(self, request: InterventionRequested) -> Steps:
        asked = request.data
        entity = parse_address(asked.entity).entity
        match asked.exception_type:
            case "leftovers" if asked.trailer_id:
                trailer = self._dock.trailers[asked.trailer_id]
                yield from self._carry_out(request, trailer, list(trailer.cases.values()))
            case "wall_blocked" if asked.trailer_id:
                trailer = self._dock.trailers[asked.trailer_id]
                yield from self._carry_out(request, trailer, trailer.perception.cases_seen())
            case "conveyor_jammed":
                self._dock.conveyors[entity].clear(causation_id=request.id)
            case "sorter_jammed" if self._dock.sorter is not None:
                self._dock.sorter.clear(causation_id=request.id)
            case "robot_lost" | "robot_stuck" | "double_identity" as exception_type:
                robot = self._dock.robots[entity]
                if _needs_hands(robot, exception_type):
                    self._take_out(request, robot)
            case "emergency_stop":
                self._dock.robots[entity].reset_emergency_stop(causation_id=request.id)

    # -- cases ------------------------------------------------------------------------------------------------------

    def _carry_out(self, request: InterventionRequested, trailer: Trailer, cases: list[Case]) -> Steps:
        """Those of the cases that are still in the trailer, one by one from the top; what is none is taken back."""
        for case in sorted(cases, key=lambda case: -case.loaded.center_m[2]):
            if case.whereabouts != "in_trailer":
                continue
            yield _CASE_US
            if case.whereabouts == "in_trailer":  # there may be two at it
                trailer.carry_out(case)
                self._recover(request, trailer, case)
        for track_id in trailer.perception.ghosts():
            trailer.perception.retract(track_id)
            data = CaseRetractedData(trailer_id=trailer.trailer_id, track_id=track_id)
            self._endpoint.emit(CaseRetracted, data, correlation_id=trailer.order_id, causation_id=request.id)

    def _recover(self, request: InterventionRequested, trailer: Trailer, case: Case) -> None:
        data = CaseRecoveredData(
            trailer_id=trailer.trailer_id,
            track_id=trailer.perception.track_of(case),
            disposition=case.mark or "manual",
            label=case.loaded.label,
        )
        self._endpoint.emit(CaseRecovered, data, correlation_id=trailer.order_id, causation_id=request.id)

    # -- robots -----------------------------------------------------------------------------------------------------

    def _take_out(self, request: InterventionRequested, robot: Robot) -> None:
        """It is switched off, if it is not dead, and goes to be repaired; what it holds is taken from it."""
        order = robot.order
        held = tuple(robot.holding)
        robot.take_out()
        if order is None:
            return
        trailer = self._dock.trailers[order.data.trailer_id]
        for case in held:
            case.whereabouts = "carried_out"
            self._recover(request, trailer, case)
        data = RobotRemovedData(robot_id=robot.robot_id, door_id=order.data.door_id)
        self._endpoint.emit(RobotRemoved, data, correlation_id=trailer.order_id, causation_id=request.id)


def _needs_hands(robot: Robot, exception_type: str) -> bool:
    """Whether something is to be done at it; one that works is left alone."""
    if exception_type in {"robot_lost", "robot_stuck"}:
        return robot.is_dead or robot.is_zombie
    return robot.is_doubled if exception_type == "double_identity" else True
