"""Boxes and loads put where a test wants them, and all of a state as bytes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.load.load import LabelFault, Load, LoadedCase, Vector
from sim.physics.boxes import Boxes, boxes_of
from sim.physics.bullet_physics import BulletPhysics
from twin.rng import Draws

if TYPE_CHECKING:
    from sim.physics.bullet import World
    from sim.physics.parameters import Engine
    from sim.physics.pile import PileState

CASE_M = (0.6, 0.4, 0.3)
INTERIOR_M = (12.0, 2.4, 2.6)


def a_case(name: str, center_m: Vector, size_m: Vector = CASE_M, *, weight_kg: float = 10.0) -> LoadedCase:
    return LoadedCase(
        case_id=name,
        size_m=size_m,
        weight_kg=weight_kg,
        manifest_line=None,
        sku="sku",
        label="label",
        fault=LabelFault.NONE,
        center_m=center_m,
    )


def a_load_of(*cases: LoadedCase) -> Load:
    return Load(trailer_id="t-1", interior_m=INTERIOR_M, manifest=(), cases=cases)


def a_column(height: int, *, x_m: float = 5.0, y_m: float = 0.0, name: str = "c") -> list[LoadedCase]:
    """The cases c0, c1, ... one on the other."""
    return [a_case(f"{name}{layer}", (x_m, y_m, 0.15 + 0.3 * layer)) for layer in range(height)]


def generated(generator: str, *, seed: int, cases: int) -> Load:
    return GENERATORS[generator](draw_goods(Draws(seed), trailer_id="t-1", cases=cases))


def boxes_at(*places: tuple[Vector, Vector]) -> Boxes:
    """Upright boxes, each given by its centre and its size."""
    return boxes_of([a_case(f"b{row}", center_m, size_m) for row, (center_m, size_m) in enumerate(places)])


def put_up(world: World, boxes: Boxes, engine: Engine, *, interior_m: Vector = INTERIOR_M, table: int = 0) -> None:
    """Boxes of 10 kg in a trailer; the first `table` of them are never moved."""
    world.reset(engine)
    world.put_up_trailer(interior_m, friction=engine.wall_friction)
    count = len(boxes.ids)
    world.put_up(boxes, [10.0] * count, is_static=[row < table for row in range(count)])


def all_of(state: PileState) -> tuple[object, ...]:
    """Everything a pile is, to the bit."""
    boxes = state.boxes()
    arrays = [np.ascontiguousarray(array).tobytes() for array in (boxes.center_m, boxes.orientation_xyzw)]
    return boxes.ids, arrays, state.floor


def told(answer: object) -> bytes:
    """Falls or an extraction, to the bit."""
    return msgspec.msgpack.encode(answer)


@cache
def settled_pile(generator: str, *, seed: int, cases: int) -> PileState:
    """A generated load after its ride. Asked for by several tests, so none may change it."""
    return BulletPhysics().settle(generated(generator, seed=seed, cases=cases))
