"""The ride to the dock: a load is shaken, the doors open, and it comes to rest."""

from __future__ import annotations

from math import pi, sin
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from sim.physics.boxes import Boxes
from sim.physics.rest import come_to_rest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Vector
    from sim.physics.bullet import World
    from sim.physics.parameters import Parameters


_ALONE_S = 1.0
_ALONE_M = 0.002
_TIMES_MAX = 8
"""A load has settled if, put up as it is in a new world and left alone for so long, nothing in it moves as far: what
was held up by a wedge, or moves too slowly to see, comes down then. So often it is tried."""


class Settled(NamedTuple):
    """The boxes as they stand when the doors are open; `is_quiet`: whether they came to rest before the cap."""

    boxes: Boxes
    is_quiet: bool


def settle(
    world: World, boxes: Boxes, weight_kg: Sequence[float], interior_m: Vector, parameters: Parameters
) -> Settled:
    """The boxes put up as they were loaded, driven to the dock, and left alone with the doors open."""
    put_up = _Loader(world, weight_kg, interior_m, parameters)
    put_up(boxes)
    world.close_door(interior_m, friction=parameters.engine.wall_friction)
    _ride(world, parameters)
    world.open_door()
    come_to_rest(world, parameters.rest, world.step)
    boxes = _as_they_are(world, boxes)
    for _ in range(_TIMES_MAX):
        put_up(boxes)
        world.step(round(_ALONE_S / world.step_s))
        before_m, boxes = boxes.center_m, _as_they_are(world, boxes)
        if float(np.linalg.norm(boxes.center_m - before_m, axis=1).max(initial=0.0)) < _ALONE_M:
            return Settled(boxes, is_quiet=True)
    return Settled(boxes, is_quiet=False)


def _as_they_are(world: World, boxes: Boxes) -> Boxes:
    center_m, turned = world.poses()
    return Boxes(boxes.ids, center_m, boxes.half_m, turned)


class _Loader(NamedTuple):
    world: World
    weight_kg: Sequence[float]
    interior_m: Vector
    parameters: Parameters

    def __call__(self, boxes: Boxes) -> None:
        """Put the boxes up in a new world, with the door open. None sleeps: the ride would not move it."""
        engine = msgspec.structs.replace(self.parameters.engine, born_asleep=False)
        self.world.reset(engine)
        self.world.put_up_trailer(self.interior_m, friction=engine.wall_friction)
        self.world.put_up(boxes, self.weight_kg, is_static=[False] * len(boxes.ids))


def _ride(world: World, parameters: Parameters) -> None:
    """The load is pushed towards the nose as the truck brakes, towards the door, and to either side."""
    shake = parameters.shake
    steps = round(shake.each_s / world.step_s)
    for x_g, y_g in (
        (shake.braking_g, 0.0),
        (-shake.rearward_g, 0.0),
        (0.0, shake.sideways_g),
        (0.0, -shake.sideways_g),
    ):
        for step in range(1, steps + 1):
            share = sin(pi * step / steps)
            world.accelerate((x_g * share, y_g * share, 0.0))
            world.step()
    world.accelerate((0.0, 0.0, 0.0))
