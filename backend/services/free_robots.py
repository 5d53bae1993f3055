"""Which robots are free for an order. Kept: to look at thousands for each decision costs more than the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.planning.ports import FreeRobot
from backend.services import policy

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Robot
    from backend.core.state import SiteState


class FreeRobots:
    """The free robots of one state, derived from it: all is looked at once, then what has changed."""

    def __init__(self, state: SiteState) -> None:
        self._robots = state.robots
        self._offers = {robot_id: _offer(robot) for robot_id, robot in state.robots.items()}
        """All robots in the site's order, None for those that are not free."""

    def take_note(self, changes: Changes) -> bool:
        """Look at the robots that may have changed. Whether one of them has become free."""
        has_more = False
        for robot_id in changes.robots:
            offer = _offer(self._robots[robot_id])
            has_more = has_more or (offer is not None and self._offers[robot_id] is None)
            self._offers[robot_id] = offer
        changes.robots.clear()
        return has_more

    def listed(self) -> tuple[FreeRobot, ...]:
        """Those that are free, in the site's order."""
        return tuple(filter(None, self._offers.values()))

    def stale(self, changes: Changes) -> list[str]:
        """Robots that are kept otherwise than they are now, though nothing marks them as changed: there are none."""
        kept = self._offers.items()
        return [key for key, offer in kept if key not in changes.robots and offer != _offer(self._robots[key])]


def _offer(robot: Robot) -> FreeRobot | None:
    if not policy.is_robot_free(robot):
        return None
    return FreeRobot(robot_id=robot.robot_id, position_m=robot.position_m)
