"""What slept on a box that is gone wakes and falls. The last tests take the rule out: then the pile floats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sim.load.audit import Defect
from sim.physics.bullet import World
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.parameters import Engine, Parameters, Shake
from sim.physics.port import Pick
from tests.sim.physics.placed import a_case, a_column, a_load_of, boxes_at, put_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.physics.boxes import Boxes

CASE_M = (0.6, 0.4, 0.3)
SLEEPING = Engine(born_asleep=True)
SLEEPING_PHYSICS = BulletPhysics(parameters=Parameters(engine=SLEEPING, shake=Shake(each_s=0.0)))


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def column(height: int) -> Boxes:
    return boxes_at(*[((5.0, 0.0, 0.15 + 0.3 * layer), CASE_M) for layer in range(height)])


def came_down_m(world: World, before: Boxes) -> list[float]:
    """How far each box that is still there has, to the millimetre."""
    center_m, _ = world.poses()
    drop_m: list[float] = (before.center_m[world.moving, 2] - center_m[:, 2]).round(3).tolist()
    return drop_m


@pytest.fixture
def without_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bullet as it is: nobody wakes what touches a box before that is gone."""
    monkeypatch.setattr(World, "wake", _let_sleep)


def _let_sleep(_world: World, _rows: Iterable[int]) -> None:
    """Nothing."""


def test_boxes_born_asleep_do_not_move_by_themselves(world: World) -> None:
    boxes = column(4)
    put_up(world, boxes, SLEEPING)
    world.step(240)
    assert world.poses()[0].tolist() == boxes.center_m.tolist()
    assert world.fastest() == (0.0, 0.0)


@pytest.mark.parametrize("slept_for_steps", [0, 1, 240])
def test_all_that_slept_on_a_box_that_is_gone_comes_down(world: World, slept_for_steps: int) -> None:
    boxes = column(4)
    put_up(world, boxes, SLEEPING)
    world.step(slept_for_steps)
    world.take_out(0)
    world.step(240)
    assert came_down_m(world, boxes) == pytest.approx([0.3, 0.3, 0.3], abs=0.005)


def test_what_slept_beside_it_on_the_floor_stays(world: World) -> None:
    beside, apart = ((5.0, 0.4, 0.15), CASE_M), ((5.0, 1.0, 0.15), CASE_M)
    boxes = boxes_at(((5.0, 0.0, 0.15), CASE_M), ((5.0, 0.0, 0.45), CASE_M), beside, apart)
    put_up(world, boxes, SLEEPING)
    world.take_out(0)
    world.step(240)
    assert came_down_m(world, boxes) == pytest.approx([0.3, 0.0, 0.0], abs=0.005)
    assert world.poses()[0][2].tolist() == [5.0, 1.0, 0.15], "asleep: nothing woke it"


def test_one_after_the_other_comes_down_as_the_column_goes(world: World) -> None:
    boxes = column(4)
    put_up(world, boxes, SLEEPING)
    for row in (0, 1, 2):
        world.take_out(row)
        world.step(240)
    assert came_down_m(world, boxes) == pytest.approx([0.9], abs=0.005)


@pytest.mark.parametrize("by", ["robot", "people"])
def test_a_pick_from_a_sleeping_load_brings_down_what_stood_on_it(by: str) -> None:
    state = SLEEPING_PHYSICS.settle(a_load_of(*a_column(4), a_case("far", (9.0, 0.0, 0.15))))
    pick = Pick(case_id="c1", by="robot" if by == "robot" else "people")
    after, extraction = SLEEPING_PHYSICS.extract(state, pick, ())
    assert extraction.came_out
    assert sorted(fall.case_id for fall in extraction.fallen) == ["c2", "c3"]
    assert SLEEPING_PHYSICS.audit(after) == ()


def test_overlaps_are_found_among_sleepers_too() -> None:
    state = SLEEPING_PHYSICS.settle(a_load_of(*a_column(2)))
    state.all_center_m[1, 2] -= 0.05
    assert [finding.defect for finding in SLEEPING_PHYSICS.audit(state)] == [Defect.OVERLAPS]


# -- with the rule taken out -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_the_rule")
def test_without_the_rule_a_sleeping_pile_floats(world: World) -> None:
    boxes = column(4)
    put_up(world, boxes, SLEEPING)
    world.take_out(0)
    world.step(240)
    assert came_down_m(world, boxes) == [0.0, 0.0, 0.0]


def test_without_the_rule_an_audit_after_the_pick_finds_what_floats(request: pytest.FixtureRequest) -> None:
    state = SLEEPING_PHYSICS.settle(a_load_of(*a_column(3)))
    request.getfixturevalue("without_the_rule")
    after, extraction = SLEEPING_PHYSICS.extract(state, Pick(case_id="c0", by="people"), ())
    assert extraction.fallen == ()
    assert [(it.defect, it.subjects) for it in SLEEPING_PHYSICS.audit(after)] == [(Defect.FLOATS, ("c1",))]
