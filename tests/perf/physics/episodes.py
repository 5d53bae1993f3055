"""What an episode costs beside the bare steps of the same front, and what putting its world up takes of it.

For each episode the same boxes are put up again, and the world steps as often with nothing done: build, gripper, looks
at the poses, and the rest of our own code are what the episode takes above it. Both run in turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.physics.bullet_physics import BulletPhysics
from sim.physics.episode import Played, Pull, Scene, play
from sim.physics.parameters import Parameters
from tests.perf.physics.loads import load_with
from tests.perf.physics.watched import WatchedWorld
from tests.perf.stopwatch import cpu_us, in_turns
from twin.rng import Draws

if TYPE_CHECKING:
    from tests.perf.physics.watched import Stage

SEED = 61_002


class Cost(NamedTuple):
    """Of all episodes together, CPU microseconds: whole, putting up the world, the bare steps; and how many steps."""

    episode_us: float
    build_us: float
    bare_us: float
    steps: int
    episodes: int


class Episodes:
    """The same pulls from one settled mixed load, again and again: of cases with nothing on top, and of any."""

    def __init__(self, *, cases: int, pulls: int) -> None:
        load = load_with("mixed", SEED, cases)
        self.parameters = Parameters()
        state = BulletPhysics(parameters=self.parameters).settle(load)
        weight_kg = np.array([case.weight_kg for case in load.cases])
        boxes = state.boxes()
        self._scene = Scene(boxes, weight_kg, load.interior_m)
        visible = state.visible()
        chosen = Draws(SEED).stream("episodes", "pulls").sample(visible, min(pulls, len(visible)))
        self._pulls = [Pull(boxes.ids.index(case_id), is_loose=False) for case_id in chosen]
        self._world = WatchedWorld()

    def cost(self, *, repeats: int) -> Cost:
        """The least of the repeats of each arm, added up over all pulls."""
        each = [self._cost_of(pull, repeats) for pull in self._pulls]
        return Cost(*(sum(column) for column in zip(*each, strict=True)))

    def _cost_of(self, pull: Pull, repeats: int) -> Cost:
        self._play(pull)
        stages, steps = self._world.stages, self._world.steps
        builds_us: list[float] = []

        def episode() -> float:
            taken_us = cpu_us(lambda: self._play(pull))
            builds_us.append(self._world.build_us)
            assert self._world.steps == steps, "every repeat is the same episode"
            return taken_us

        def bare() -> float:
            return sum(self._bare_us(stage, count) for stage, count in zip(stages, steps, strict=True))

        taken_us = in_turns({"episode": episode, "bare": bare}, repeats=repeats)
        return Cost(taken_us["episode"], min(builds_us), taken_us["bare"], sum(steps), 1)

    def play_all(self) -> float:
        """All pulls once; CPU microseconds."""
        return cpu_us(lambda: [self._play(pull) for pull in self._pulls])

    def _play(self, pull: Pull) -> Played:
        self._world.forget()
        return play(self._world, self._scene, pull, self.parameters)

    def _bare_us(self, stage: Stage, steps: int) -> float:
        world, engine = self._world, self.parameters.engine
        world.reset(engine)
        world.put_up_trailer(self._scene.interior_m, friction=engine.wall_friction)
        world.put_up(stage.boxes, stage.weight_kg, is_static=stage.is_static)
        return cpu_us(lambda: world.step(steps))
