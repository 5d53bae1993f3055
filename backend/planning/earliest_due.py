"""The default dock planner: whoever is due first, to whatever is nearest."""

from __future__ import annotations

from bisect import bisect
from typing import TYPE_CHECKING

from backend.planning.ports import DockAnswer, DoorProposal, RobotProposal

if TYPE_CHECKING:
    from backend.planning.ports import DockView, FreeDoor, FreeRobot, ReadyDoor, WaitingTrailer


class EarliestDueNearestDoor:
    """The trailer due first gets the free door nearest to a free robot, the ready door due first the nearest robot."""

    def propose(self, view: DockView) -> DockAnswer:
        """The proposals for what is known now."""
        return DockAnswer(doors=_doors(view), robots=_robots(view))


def _doors(view: DockView) -> tuple[DoorProposal, ...]:
    if not view.trailers or not view.free_doors:
        return ()
    places = sorted(robot.position_m for robot in view.robots if robot.position_m is not None)

    def rank(door: FreeDoor) -> tuple[float, float, str]:
        return _distance(places, door.position_m), door.position_m, door.door_id

    def urgency(trailer: WaitingTrailer) -> tuple[int, str]:
        return trailer.due_us, trailer.trailer_id

    pairs = zip(sorted(view.trailers, key=urgency), sorted(view.free_doors, key=rank), strict=False)
    return tuple(
        DoorProposal(trailer_id=trailer.trailer_id, door_id=door.door_id, reason="due first, nearest to a free robot")
        for trailer, door in pairs
    )


def _distance(places: list[float], position_m: float) -> float:
    """From `position_m` to the nearest of the sorted places; 0 if there are none."""
    at = bisect(places, position_m)
    return min((abs(place - position_m) for place in places[max(at - 1, 0) : at + 1]), default=0.0)


def _robots(view: DockView) -> tuple[RobotProposal, ...]:
    if not view.ready_doors:
        return ()
    placed = [(robot.position_m, robot) for robot in view.robots if robot.position_m is not None]
    unplaced = (robot for robot in view.robots if robot.position_m is None)
    proposals: list[RobotProposal] = []

    def urgency(door: ReadyDoor) -> tuple[int, str]:
        return door.due_us, door.door_id

    for door in sorted(view.ready_doors, key=urgency)[: len(view.robots)]:

        def distance(place: tuple[float, FreeRobot], to_m: float = door.position_m) -> float:
            return abs(place[0] - to_m)

        if placed:
            nearest = min(placed, key=distance)
            placed.remove(nearest)
            robot = nearest[1]
        else:
            robot = next(unplaced)  # nobody knows how far it is
        proposals.append(
            RobotProposal(robot_id=robot.robot_id, door_id=door.door_id, reason="due first, the nearest free robot")
        )
    return tuple(proposals)
