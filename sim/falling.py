"""What comes down, from when it begins to fall until it lies: what the fall did to it is settled then, and told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.kernel import Kernel, Steps
    from sim.physics.port import Fall
    from sim.robot import Robot
    from sim.trailer import Trailer

    Tell = Callable[[Fall], None]


def come_down(kernel: Kernel, trailer: Trailer, falls: Sequence[Fall], tell: Tell) -> None:
    """Let each of these falls, which begin now, end at its own instant: at once where it takes no time.

    Whether it damages the case is settled then, and `tell` is called. A case that is taken out before has not fallen.
    """
    for fall in falls:
        if fall.after_us == 0:
            _end(trailer, fall, tell)
        else:
            trailer.falling[fall.case_id] = fall
            kernel.after(fall.after_us, partial(_land, trailer, fall, tell))


def _land(trailer: Trailer, fall: Fall, tell: Tell) -> None:
    if trailer.falling.get(fall.case_id) is fall:
        del trailer.falling[fall.case_id]
        _end(trailer, fall, tell)


def _end(trailer: Trailer, fall: Fall, tell: Tell) -> None:
    trailer.suffer_fall(trailer.cases[fall.case_id], fall.height_m)
    tell(fall)


class Watch:
    """What one robot sees coming down: until all is down it neither looks nor leaves."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._at_rest_us = 0

    def begin(self, falls: Sequence[Fall], say: Tell) -> Tell:
        """These begin to fall, one at least; returns what says so as each ends: not once it is off, or a zombie."""
        robot = self._robot
        last_us = robot.kernel.rounded_us(max(fall.after_us for fall in falls))
        self._at_rest_us = max(self._at_rest_us, robot.kernel.now_us + last_us)
        boot = robot.endpoint.boot

        def tell(fall: Fall) -> None:
            if robot.endpoint.is_up and robot.endpoint.boot == boot and not robot.is_zombie:
                say(fall)

        return tell

    def until_at_rest(self) -> Steps:
        """Until all that it has seen coming down is down."""
        kernel = self._robot.kernel
        if self._at_rest_us > kernel.now_us:
            yield self._at_rest_us - kernel.now_us
