"""One trailer with physics, unloaded top-down on one core: `python -m tests.perf.physics.trailer CASES`.

It prints as JSON what that took. The rows come from such a process, so that its memory is its own. The naive full
simulation is sampled on the way: all that is still in the trailer, dynamic and awake, for some steps.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import msgspec

from sim.assumptions import PICK_CYCLE_S
from sim.physics.bullet import World
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.parameters import Parameters
from sim.physics.pile import PileState
from sim.physics.port import Pick
from tests.perf.day import peak_mib
from tests.perf.physics.loads import load_with
from tests.perf.physics.skips import next_pick
from tests.perf.stopwatch import cpu_us
from twin.rng import Draws

if TYPE_CHECKING:
    from sim.load.load import Load

SEED = 61_001
NAIVE_SAMPLES = 5
NAIVE_STEPS = 48
CYCLE_S = sum(PICK_CYCLE_S) / 3.0
"""The mean of a pick's time."""


class Trailer(msgspec.Struct, frozen=True, kw_only=True):
    """What it took, CPU seconds. `choosing_s`: finding what is seen, and what to take next; not part of `picking_s`.

    `naive_s`: what the naive full simulation of the same picks would have taken, of `naive_step_ms` at the samples.
    """

    cases: int
    picks: int
    episodes: int
    settling_s: float
    picking_s: float
    choosing_s: float
    naive_s: float
    naive_step_ms: list[float]
    peak_mib: float


def unload(cases: int, seed: int = SEED) -> Trailer:
    """Settle a mixed load and take all of it out."""
    parameters = Parameters()
    physics = BulletPhysics(parameters=parameters)
    load = load_with("mixed", seed, cases)
    draws = Draws(seed)
    began_s = time.process_time()
    state = physics.settle(load)
    settling_s = time.process_time() - began_s
    picks = episodes = 0
    picking_s = choosing_s = 0.0
    step_ms: list[float] = []
    while True:
        began_s = time.process_time()
        case_id = next_pick(state)
        choosing_s += time.process_time() - began_s
        if case_id is None:
            break
        if picks * NAIVE_SAMPLES >= len(step_ms) * len(load.cases):
            step_ms.append(naive_step_ms(state, load, parameters))
        is_skipped = physics.needs_no_episode(state, case_id)
        began_s = time.process_time()
        state, extraction = physics.extract(state, Pick(case_id=case_id), draws.uniforms("trailer", case_id, picks + 1))
        if not extraction.came_out:  # the robot asks for help
            state, _ = physics.extract(state, Pick(case_id=case_id, by="people"), ())
        picking_s += time.process_time() - began_s
        picks += 1
        episodes += not is_skipped
    steps = picks * CYCLE_S * parameters.engine.steps_per_s
    return Trailer(
        cases=len(load.cases),
        picks=picks,
        episodes=episodes,
        settling_s=settling_s,
        picking_s=picking_s,
        choosing_s=choosing_s,
        naive_s=steps * sum(step_ms) / len(step_ms) / 1000.0,
        naive_step_ms=step_ms,
        peak_mib=peak_mib(),
    )


def naive_step_ms(state: PileState, load: Load, parameters: Parameters) -> float:
    """CPU of a step of all that is in the trailer."""
    boxes = state.boxes()
    weight_kg = {case.case_id: case.weight_kg for case in load.cases}
    world = World()
    world.reset(parameters.engine)
    world.put_up_trailer(load.interior_m, friction=parameters.engine.wall_friction)
    world.put_up(boxes, [weight_kg[case_id] for case_id in boxes.ids], is_static=[False] * len(boxes.ids))
    taken_us = cpu_us(lambda: world.step(NAIVE_STEPS))
    world.close()
    return taken_us / NAIVE_STEPS / 1000.0


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(unload(int(sys.argv[1]))).decode() + "\n")
