"""Clocks that are off: seen by the instants that a robot's states bear. Nothing else is decided by a robot's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backend.services import exceptions
from twin.clock import US_PER_S, instant_us

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.services.desk import Desk
    from twin.messages import State

STATES_IN_A_ROW: Final = 3
"""So many tell that a clock is off, and so many that it is right again: one may have been long on its way."""


def consider(desk: Desk, robot: Robot, message: State) -> None:
    """Hold the instant it bears against when it came."""
    ahead_us = instant_us(message.time) - desk.now_us
    is_right = -desk.timeouts.clock_late_us <= ahead_us <= desk.timeouts.clock_off_us
    strikes = robot.clock_strikes
    if is_right and strikes == 0:
        return
    if is_right:
        robot.clock_strikes = _after_a_right_one(strikes)
        if strikes < 0 and robot.clock_strikes == 0:
            exceptions.resolve_if_open(desk, "clock_off", entity=f"robot/{robot.robot_id}", resolution="clock_right")
    elif 0 <= strikes < STATES_IN_A_ROW - 1:
        robot.clock_strikes = strikes + 1
    else:
        robot.clock_strikes = -STATES_IN_A_ROW
        if exceptions.find(desk, "clock_off", entity=f"robot/{robot.robot_id}") is not None:
            return  # it still is; one that people took out meanwhile is told of anew
        how = f"{abs(ahead_us) / US_PER_S:.1f} s {'ahead' if ahead_us > 0 else 'behind'}"
        exceptions.raise_exception(desk, "clock_off", entity=f"robot/{robot.robot_id}", detail=f"its clock is {how}")


def _after_a_right_one(strikes: int) -> int:
    return strikes + 1 if strikes < 0 else 0
