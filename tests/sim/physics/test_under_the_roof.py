"""A robot lifts a case no higher than the roof lets it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.physics.boxes import Boxes
from sim.physics.bullet import World
from sim.physics.episode import Pull, Scene, play
from sim.physics.parameters import Parameters

ROOM_M = 0.1


@pytest.mark.parametrize("is_loose", [True, False])
@pytest.mark.parametrize("room_m", [0.0, 0.002, ROOM_M])
def test_a_case_close_under_the_roof_comes_out(room_m: float, *, is_loose: bool) -> None:
    """Loose cases are lifted by more than this room: against the roof the seal would let go."""
    parameters = Parameters()
    assert parameters.grip.lift_loose_m > ROOM_M
    half_m = np.full((3, 3), 0.2)
    boxes = Boxes(
        ("c1", "c2", "c3"),
        np.array([[5.0, 0.0, 0.2], [5.0, 0.0, 0.6], [5.0, 0.0, 1.0]]),
        half_m,
        np.tile([0.0, 0.0, 0.0, 1.0], (3, 1)),
    )
    scene = Scene(boxes, np.full(3, 10.0), (6.0, 2.4, 1.2 + room_m))
    world = World()
    played = play(world, scene, Pull(2, is_loose=is_loose), parameters)
    world.close()
    assert played.came_out
