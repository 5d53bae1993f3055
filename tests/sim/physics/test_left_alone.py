"""A load that has settled stays as it is: what a pick moves, the pick moved."""

from __future__ import annotations

import numpy as np
import pytest

from sim.load.generators import GENERATORS
from sim.physics.bullet import World
from sim.physics.parameters import Engine
from tests.sim.physics.placed import generated, settled_pile

pytestmark = pytest.mark.side_by_side

CREEP_MAX_M = 0.005


def moved_alone_m(generator: str, seed: int, *, alone_s: float) -> float:
    """How far the case that moved most has come, put up in a new world as it had settled."""
    load, pile = generated(generator, seed=seed, cases=60), settled_pile(generator, seed=seed, cases=60)
    boxes, world, engine = pile.boxes(), World(), Engine()
    world.reset(engine)
    world.put_up_trailer(load.interior_m, friction=engine.wall_friction)
    world.put_up(boxes, [case.weight_kg for case in load.cases], is_static=[False] * len(load.cases))
    world.step(round(alone_s / world.step_s))
    after_m, _ = world.poses()
    world.close()
    return float(np.linalg.norm(after_m - boxes.center_m, axis=1).max())


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_in_a_settled_load_left_alone_nothing_moves_more_than_5_mm(generator: str, seed: int) -> None:
    assert moved_alone_m(generator, seed, alone_s=2.5) < CREEP_MAX_M
