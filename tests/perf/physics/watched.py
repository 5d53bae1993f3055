"""A world that tells what was done with it: what was put up, how many steps, and what putting up took."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from sim.physics.bullet import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Vector
    from sim.physics.boxes import Boxes
    from sim.physics.parameters import Engine


class Stage(NamedTuple):
    """Boxes as they were put up."""

    boxes: Boxes
    weight_kg: Sequence[float]
    is_static: Sequence[bool]


class WatchedWorld(World):
    """Does as any world. `stages`: what was put up since `forget`; `steps` after each; `build_us`: CPU of it all."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.stages: list[Stage] = []
        self.steps: list[int] = []
        self.build_us = 0.0

    def reset(self, engine: Engine) -> None:
        """Counted as building."""
        began_ns = time.process_time_ns()
        super().reset(engine)
        self.build_us += (time.process_time_ns() - began_ns) / 1000

    def put_up_trailer(self, interior_m: Vector, *, friction: float) -> None:
        """Counted as building."""
        began_ns = time.process_time_ns()
        super().put_up_trailer(interior_m, friction=friction)
        self.build_us += (time.process_time_ns() - began_ns) / 1000

    def put_up(self, boxes: Boxes, weight_kg: Sequence[float], *, is_static: Sequence[bool]) -> None:
        """Counted as building, and kept."""
        began_ns = time.process_time_ns()
        super().put_up(boxes, weight_kg, is_static=is_static)
        self.build_us += (time.process_time_ns() - began_ns) / 1000
        self.stages.append(Stage(boxes, weight_kg, is_static))
        self.steps.append(0)

    def step(self, count: int = 1) -> None:
        """Counted."""
        super().step(count)
        self.steps[-1] += count
