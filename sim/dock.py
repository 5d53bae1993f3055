"""What all things on the dock share: the kernel, the draws, the plan, and each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.conveyor import Conveyor
    from sim.door import Door
    from sim.faults import Faults
    from sim.gateway import Gateway
    from sim.kernel import Kernel
    from sim.operators import Operators
    from sim.plan import DayPlan
    from sim.robot import Robot
    from sim.sorter import Sorter
    from sim.trailer import Trailer
    from twin.rng import Draws


@dataclass(kw_only=True, slots=True)
class Dock:
    """The dock under construction and then at work; each mapping by id. `sorter`: None where the site has none."""

    plan: DayPlan
    kernel: Kernel
    gateway: Gateway
    draws: Draws
    faults: Faults
    trailers: dict[str, Trailer] = field(default_factory=dict)
    doors: dict[str, Door] = field(default_factory=dict)
    conveyors: dict[str, Conveyor] = field(default_factory=dict)
    robots: dict[str, Robot] = field(default_factory=dict)
    sorter: Sorter | None = None
    operators: Operators = field(init=False)
