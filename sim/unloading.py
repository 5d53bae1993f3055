"""What a robot does in a trailer, in the fidelity `case`: scan, take cases as planned, place them, advance, leave."""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NamedTuple

from sim import assumptions
from twin.clock import format_time, us
from twin.messages.case import (
    CaseDamaged,
    CaseDropped,
    CaseDroppedData,
    CasePicked,
    CasePickedData,
    CasePlaced,
    CasePlacedData,
    CaseRefused,
    CaseSetAsideData,
)
from twin.messages.wall import CASES_PER_PART_MAX, WallScanned, WallScannedData
from twin.rng import lognormal, triangular

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.kernel import Step
    from sim.robot import Robot
    from sim.truth import Case, Trailer
    from twin.messages.robot import AssignPickPlan, OrderData

_SCAN_US = us(assumptions.SCAN_S)
_ADVANCE_US = us(assumptions.ADVANCE_S)


class _Grip(NamedTuple):
    """A grip that holds: the draws of the attempt, and how long the carry takes."""

    uniforms: tuple[float, ...]
    carry_us: int
    tries: int


class Unloading:
    """One robot's work at one trailer. `last_plan`: the plan it leaves by, completed once it has left."""

    def __init__(self, dock: Dock, robot: Robot, *, trailer: Trailer, order: OrderData) -> None:
        self._dock = dock
        self._kernel = dock.kernel
        self._robot = robot
        self._endpoint = robot.endpoint
        self._trailer = trailer
        self._conveyor_id = order.conveyor_id
        self.placed = 0
        self.last_plan: AssignPickPlan | None = None
