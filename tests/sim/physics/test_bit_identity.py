"""An episode is a function: the same load and the same deed give the same result, to the bit.

Promised on one platform with one version of Bullet, whatever the world did before, in whichever process, and however
the caller came by the load: boxes are created in the order of the load. Not promised: the same bits for the same boxes
in another order, which a solver that goes through contacts in their order does not give.
"""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from functools import cache

import msgspec
import numpy as np
import pytest

from sim.physics.bullet import World
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.episode import Deed, Lift, Played, Pull, Push, Scene, play
from sim.physics.parameters import Engine, Parameters, Shake
from sim.physics.pile import PileState
from sim.physics.port import Pick
from tests.sim.physics.placed import a_column, a_load_of, all_of, boxes_at, generated, put_up, settled_pile, told

pytestmark = pytest.mark.side_by_side

SLEEPING = Parameters(engine=Engine(born_asleep=True))
DEEDS: list[Deed] = [Pull(0, is_loose=False), Lift(1), Push((2, 3))]


def a_scene() -> Scene:
    """Four columns of three close to each other."""
    places = [((x, y, 0.15 + 0.3 * z), (0.6, 0.4, 0.3)) for x in (3.0, 3.61) for y in (0.0, 0.41) for z in range(3)]
    boxes = boxes_at(*places)
    return Scene(boxes, np.linspace(5.0, 20.0, len(places)), (12.0, 2.4, 2.6))


def bits(played: Played) -> tuple[object, ...]:
    return played.center_m.tobytes(), played.orientation_xyzw.tobytes(), told(played[2:])


@cache
def expected(deed: Deed, parameters: Parameters) -> tuple[object, ...]:
    """What a world that never did anything else says."""
    world = World()
    played = play(world, a_scene(), deed, parameters)
    world.close()
    assert played.moved, "a deed that moves something, or there is nothing to compare"
    return bits(played)


def spoil(world: World) -> None:
    """All that could be left of another life: another solver, a tilted world, boxes in motion, one in a hand."""
    put_up(
        world, boxes_at(((1.0, 0.0, 0.2), (0.3, 0.3, 0.3)), ((1.0, 0.1, 0.6), (0.3, 0.3, 0.3))), Engine(steps_per_s=60)
    )
    world.accelerate((0.5, 0.5, 3.0))
    world.grip(0, (0.9, 0.0, 0.2), force_max_n=50.0).go_to((0.0, 0.0, 1.0))
    world.push(1, (3.0, 0.0, 0.0))
    world.step(50)


# -- one world and another -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameters", [Parameters(), SLEEPING], ids=["awake", "asleep"])
@pytest.mark.parametrize("deed", DEEDS, ids=["pull", "lift", "push"])
def test_an_episode_repeats_in_a_world_of_whatever_past(deed: Deed, parameters: Parameters) -> None:
    world = World()
    assert bits(play(world, a_scene(), deed, parameters)) == expected(deed, parameters)
    assert bits(play(world, a_scene(), deed, parameters)) == expected(deed, parameters)
    for other in DEEDS:
        play(world, a_scene(), other, parameters)
    spoil(world)
    assert bits(play(world, a_scene(), deed, parameters)) == expected(deed, parameters)
    world.close()


def test_two_worlds_at_once_know_nothing_of_each_other() -> None:
    world, other = World(), World()
    spoil(other)
    assert bits(play(world, a_scene(), DEEDS[1], Parameters())) == expected(DEEDS[1], Parameters())
    other.step(10)
    world.close()
    assert bits(play(other, a_scene(), DEEDS[1], Parameters())) == expected(DEEDS[1], Parameters())
    other.close()


def test_an_episode_leaves_the_scene_it_was_given() -> None:
    world, scene, untouched = World(), a_scene(), a_scene()
    play(world, scene, DEEDS[1], Parameters())
    world.close()
    assert scene.boxes.center_m.tobytes() == untouched.boxes.center_m.tobytes()
    assert scene.boxes.orientation_xyzw.tobytes() == untouched.boxes.orientation_xyzw.tobytes()


# -- one process and another -----------------------------------------------------------------------------------------

_ALONE = """
from tests.sim.physics.test_bit_identity import digest_of_a_day
print(digest_of_a_day(detours={detours}))
"""


def digest_of_a_day(*, detours: int) -> str:
    """A load settled, picked from the front and from below, and audited; with other episodes in between."""
    physics = BulletPhysics()
    load = generated("columns", seed=2, cases=12)
    elsewhere = BulletPhysics(parameters=SLEEPING)
    digest = hashlib.sha256()
    state = physics.settle(load)
    for row in (0, 4, 8):
        for _ in range(detours):
            elsewhere.topple(state, [load.cases[row].case_id], ())
        state, extraction = physics.extract(state, Pick(case_id=load.cases[row].case_id, by="people"), (0.5,))
        digest.update(told(extraction))
        digest.update(pickle.dumps(all_of(state)))
    digest.update(told(physics.audit(state)))
    return digest.hexdigest()


def test_three_processes_with_other_hashes_and_other_pasts_say_the_same() -> None:
    command = ["/usr/bin/env", "PYTHONHASHSEED={seed}", sys.executable, "-c", _ALONE]
    digests = {
        subprocess.run(
            [part.format(seed=seed, detours=seed) for part in command], check=True, capture_output=True, text=True
        ).stdout
        for seed in range(3)
    }
    assert len(digests) == 1
    assert len(digests.pop().strip()) == 64


# -- one way to a load and another -----------------------------------------------------------------------------------


def picks_of(state: PileState, physics: BulletPhysics, count: int) -> list[str]:
    """Cases that can be taken with nothing else moving, in whichever order."""
    chosen: list[str] = []
    for case_id in state.visible():
        if physics.needs_no_episode(state, case_id) and not any(
            other in chosen for near in (state.beside(case_id), state.rests_on_top(case_id)) for other in near
        ):
            chosen.append(case_id)
    return chosen[:count]


def test_the_order_of_picks_that_move_nothing_else_leaves_no_trace() -> None:
    physics, settled = BulletPhysics(), settled_pile("columns", seed=2, cases=24)
    picks = picks_of(settled, physics, 3)
    assert len(picks) == 3
    results = []
    for order in (picks, picks[::-1], [*picks[1:], picks[0]]):
        state = settled
        for case_id in order:
            state, _ = physics.extract(state, Pick(case_id=case_id), ())
        last = next(case_id for case_id in state.visible() if state.rests_on_top(case_id))
        after, extraction = physics.extract(state, Pick(case_id=last, by="people"), ())
        results.append((all_of(after), told(extraction)))
    assert results[0] == results[1] == results[2]


def test_a_copy_and_a_state_that_was_sent_elsewhere_go_on_as_the_first() -> None:
    physics, settled = BulletPhysics(), settled_pile("columns", seed=2, cases=24)
    case_id = next(case_id for case_id in settled.visible() if settled.rests_on_top(case_id))
    sent: PileState = pickle.loads(pickle.dumps(settled))  # noqa: S301 - our own
    results = []
    for state in (settled, settled.copy(), sent):
        after, extraction = physics.extract(state, Pick(case_id=case_id, by="people"), ())
        results.append((all_of(after), told(extraction)))
    assert results[0] == results[1] == results[2]


def test_boxes_are_in_the_order_of_the_load_whatever_fell_first() -> None:
    load = a_load_of(*a_column(4))
    physics = BulletPhysics(parameters=Parameters(shake=Shake(each_s=0.0)))
    state, _ = physics.extract(physics.settle(load), Pick(case_id="c1", by="people"), ())
    state, _ = physics.topple(state, ["c3"], ())
    state.put_on_floor("c1")
    assert state.boxes().ids == ("c0", "c1", "c2", "c3")


def test_a_load_settles_to_the_same_bits_again_and_whether_boxes_are_born_asleep_or_not() -> None:
    load = generated("mixed", seed=3, cases=20)
    asleep = msgspec.structs.replace(Parameters(), engine=Engine(born_asleep=True))
    first, again, sleepers = (BulletPhysics(parameters=it).settle(load) for it in (Parameters(), Parameters(), asleep))
    assert all_of(first) == all_of(again) == all_of(sleepers)
    assert not np.array_equal(first.boxes().center_m, [case.center_m for case in load.cases]), "it was never shaken"
