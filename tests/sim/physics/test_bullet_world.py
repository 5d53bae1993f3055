"""Boxes in our own worlds of Bullet do what a page of mechanics says they do."""

from __future__ import annotations

import math
from importlib import metadata
from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.physics.boxes import Boxes, rotations, tilt_rad
from sim.physics.bullet import World, version
from sim.physics.episode import Played, Pull, Scene, play
from sim.physics.parameters import Engine, Grip, Parameters
from tests.sim.physics.placed import boxes_at, put_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.load.load import Vector

HALL_M = (30.0, 10.0, 10.0)
"""A trailer so large that its walls play no part."""

X_M = 15.0
CASE_M = (0.6, 0.4, 0.3)
PLANK_M = (0.6, 0.4, 0.1)
"""Flat, because of how deep boxes rest in each other (see `at_rest`)."""

SLOP_M = 0.0005
G_M_PER_S2 = Engine().gravity_m_per_s2


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_another_release_is_another_engine() -> None:
    assert metadata.version("pybullet") in version()


def stand(world: World, boxes: Boxes, engine: Engine | None = None, *, table: int = 0) -> None:
    put_up(world, boxes, engine or Engine(), interior_m=HALL_M, table=table)


def tilt(world: World, by_rad: float, *, axis: int) -> None:
    """The ground slopes: what falls goes towards the door (axis 0) or to the right (axis 1)."""
    by_g = [0.0, 0.0, 1.0 - math.cos(by_rad)]
    by_g[axis] = -math.sin(by_rad)
    x, y, z = by_g
    world.accelerate((x, y, z))


def one_case(size_m: Vector = CASE_M) -> Boxes:
    return boxes_at(((X_M, 0.0, size_m[2] / 2.0), size_m))


def at_rest(size_m: Vector, overhangs_m: list[float]) -> Boxes:
    """Boxes on one another, each so far out over the one below, and as deep in it as they come to rest.

    Boxes rest 0.5 mm in each other. Put up face to face they fall by that, and what is balanced on an edge tips from
    it: the higher its middle above the edge the less it takes, so stacks on the brink are of flat planks.
    """
    x, thick = X_M, size_m[2]
    places: list[tuple[Vector, Vector]] = []
    for layer, overhang_m in enumerate([0.0, *overhangs_m]):
        x -= overhang_m
        places.append(((x, 0.0, thick / 2.0 + layer * (thick - SLOP_M)), size_m))
    return boxes_at(*places)


def turned_rad(world: World) -> list[float]:
    tilts: list[float] = tilt_rad(rotations(world.poses()[1])).tolist()
    return tilts


# -- friction --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("friction", [0.3, 0.5])
def test_a_case_starts_down_a_slope_within_a_degree_of_where_its_friction_says(world: World, friction: float) -> None:
    gone_m = []
    for off_deg in (-1.0, 1.0):
        stand(world, one_case(), Engine(friction=friction))
        tilt(world, math.atan(friction) + math.radians(off_deg), axis=0)
        world.step(480)
        gone_m.append(X_M - float(world.poses()[0][0, 0]))
    assert gone_m[0] < 0.001
    # A degree more leaves about 0.17 m/s2 of its weight along the slope: 0.35 m in 2 s.
    assert gone_m[1] > 0.2


@pytest.mark.parametrize("friction", [0.3, 0.5])
def test_a_sliding_case_stops_where_its_friction_says(world: World, friction: float) -> None:
    stand(world, one_case(), Engine(friction=friction))
    world.push(0, (-1.5, 0.0, 0.0))
    world.step(480)
    gone_m = X_M - float(world.poses()[0][0, 0])
    assert gone_m == pytest.approx(1.5**2 / (2.0 * friction * G_M_PER_S2), rel=0.025)


def test_a_case_slides_at_a_wall_by_the_friction_of_the_wall(world: World) -> None:
    for friction, holds in ((0.2, False), (0.4, True)):
        world.reset(Engine())
        world.put_up_wall((X_M, 0.0, -0.5), (5.0, 5.0, 0.5), friction=friction)
        world.put_up(one_case(), [10.0], is_static=[False])
        tilt(world, math.atan(0.3), axis=0)
        world.step(240)
        assert (X_M - float(world.poses()[0][0, 0]) < 0.001) is holds


# -- balance ---------------------------------------------------------------------------------------------------------


def test_a_tall_case_tips_within_a_degree_of_where_its_middle_leaves_its_base(world: World) -> None:
    tall = (0.6, 0.2, 0.6)
    tipped = []
    for off_deg in (-1.0, 1.0):
        stand(world, one_case(tall), Engine(friction=2.0))
        tilt(world, math.atan(tall[1] / tall[2]) + math.radians(off_deg), axis=1)
        world.step(480)
        tipped.append(float(world.poses()[0][0, 2]) < 0.2)
    assert tipped == [False, True]


@pytest.mark.parametrize("size_m", [CASE_M, PLANK_M])
def test_a_case_stays_with_less_than_half_of_it_over_the_edge_and_falls_with_more(world: World, size_m: Vector) -> None:
    for share, stays in ((0.49, True), (0.51, False)):
        boxes = at_rest(size_m, [share * size_m[0]])
        stand(world, boxes, table=1)
        world.step(480)
        came_down_m = float(boxes.center_m[1, 2] - world.poses()[0][0, 2])
        # A plank over the edge comes to lie on it, one end on the ground.
        assert (came_down_m < 0.0015 and turned_rad(world)[0] < math.radians(0.5)) is stays
        assert stays or turned_rad(world)[0] > math.radians(5.0) or came_down_m > 0.2


def test_four_planks_reach_nearly_as_far_over_a_table_as_is_possible_and_no_further(world: World) -> None:
    furthest_m = [PLANK_M[0] / (2.0 * above) for above in (4, 3, 2, 1)]
    for share, stands in ((0.98, True), (1.02, False)):
        boxes = at_rest(PLANK_M, [share * by_m for by_m in furthest_m])
        stand(world, boxes, table=1)
        world.step(960)
        moved_m = float(np.linalg.norm(world.poses()[0] - boxes.center_m[1:], axis=1).max())
        assert (moved_m < 0.001) is stands
        assert stands or moved_m > 0.05


# -- falling ---------------------------------------------------------------------------------------------------------


def test_a_case_in_free_fall_is_where_the_sum_over_the_steps_puts_it(world: World) -> None:
    engine = Engine()
    stand(world, boxes_at(((X_M, 0.0, 8.0), CASE_M)), engine)
    count = engine.steps_per_s
    world.step(count)
    # Bullet takes the speed at the end of each step: half a step of speed more than g t^2 / 2, at 240 Hz 0.4 % in 1 s.
    summed_m = G_M_PER_S2 * world.step_s**2 * count * (count + 1) / 2.0
    center_m, turned = world.poses()
    assert 8.0 - center_m[0, 2] == pytest.approx(summed_m, abs=1e-9)
    assert center_m[0, :2].tolist() == [X_M, 0.0]
    assert turned[0].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert world.fastest() == pytest.approx((G_M_PER_S2, 0.0), abs=1e-9)


def test_a_dropped_case_lies_where_it_fell_and_hardly_bounces(world: World) -> None:
    stand(world, boxes_at(((X_M, 0.0, 0.65), CASE_M)))
    heights_m = []
    for _ in range(60):
        world.step(4)
        heights_m.append(float(world.poses()[0][0, 2]))
    landed = next(k for k, height_m in enumerate(heights_m) if height_m < 0.151)
    # It is pushed out of the ground it has come into within a step, at some speed.
    assert max(heights_m[landed:]) < 0.16
    assert heights_m[-1] == pytest.approx(0.15 - SLOP_M, abs=0.0002)


# -- the seal --------------------------------------------------------------------------------------------------------


def pulled(world: World, weight_kg: float, grip: Grip) -> Played:
    scene = Scene(one_case(), np.array([weight_kg]), HALL_M)
    return play(world, scene, Pull(0, is_loose=False), Parameters(grip=grip))


@pytest.mark.parametrize("cups_m2", [0.05, 0.03])
def test_the_seal_holds_what_pulls_less_than_its_limit_and_lets_go_of_more(world: World, cups_m2: float) -> None:
    grip = Grip(cups_m2=cups_m2)
    limit_n = grip.seal_pa * cups_m2 / grip.seal_safety
    # Lifted free of the floor it pulls by its weight and, gathering speed, by its inertia.
    weight_kg = limit_n / math.hypot(G_M_PER_S2, grip.pull_m_per_s2)
    for share, holds in ((0.95, True), (1.05, False)):
        assert pulled(world, share * weight_kg, grip).came_out is holds


def test_cups_cover_only_a_share_of_a_small_face(world: World) -> None:
    ample = Grip(cups_m2=10.0)
    limit_n = ample.seal_pa * ample.cups_face_share * CASE_M[1] * CASE_M[2] / ample.seal_safety
    weight_kg = limit_n / math.hypot(G_M_PER_S2, ample.pull_m_per_s2)
    assert [pulled(world, share * weight_kg, ample).came_out for share in (0.95, 1.05)] == [True, False]


def test_a_seal_over_its_limit_lets_go_only_after_so_many_steps(world: World) -> None:
    patient = Grip(breaks_after_steps=10_000)
    assert pulled(world, 115.0, patient).came_out
    assert not pulled(world, 115.0, Grip()).came_out


def test_a_case_whose_seal_let_go_is_where_it_was(world: World) -> None:
    played = pulled(world, 300.0, Grip())
    assert (played.came_out, played.moved) == (False, ())
    assert played.center_m.tolist() == one_case().center_m.tolist()


def test_a_hand_feels_the_weight_of_what_hangs_from_it(world: World) -> None:
    stand(world, boxes_at(((X_M, 0.0, 1.15), CASE_M)))
    hand = world.grip(0, (X_M - 0.3, 0.0, 1.15), force_max_n=1000.0)
    world.step(240)
    assert hand.reaction_n() == pytest.approx(10.0 * G_M_PER_S2, rel=0.001)
    hand.let_go()
    world.step(240)
    assert world.poses()[0][0, 2] == pytest.approx(0.15, abs=0.001)
