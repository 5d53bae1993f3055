"""Walls of any cases: nothing stands in a way it may not, nothing heavy high, nothing is lost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import assumptions
from sim.load.audit import audit
from sim.load.load import LabelFault, Load, LooseCase, Vector
from sim.load.walls import Waiting, fill_with_walls
from twin.rng import Draws

INTERIOR_M = (6.0, 2.3, 2.4)
EDGES_M = st.integers(10, 120).map(lambda cm: cm / 100.0)
SIZES_M = st.tuples(EDGES_M, EDGES_M, EDGES_M)


def case(number: int, size_m: Vector, weight_kg: float = 10.0) -> LooseCase:
    return LooseCase(
        case_id=f"t-1-c{number}",
        size_m=size_m,
        weight_kg=weight_kg,
        manifest_line=None,
        sku="s",
        label="x",
        fault=LabelFault.NONE,
    )


def ways(size_m: Vector) -> tuple[Vector, ...]:
    x, y, z = size_m
    return (x, y, z), (y, z, x)


def walls(waiting: list[Waiting], interior_m: Vector = INTERIOR_M, high_max_kg: float = math.inf) -> Load:
    cases, unplaced = fill_with_walls(waiting, interior_m=interior_m, draws=Draws(1), high_max_kg=high_max_kg)
    return Load(trailer_id="t-1", interior_m=interior_m, manifest=(), cases=tuple(cases), unplaced=tuple(unplaced))


@settings(max_examples=40)
@given(
    kinds=st.lists(st.tuples(SIZES_M, st.floats(1.0, 60.0), st.integers(1, 30)), min_size=1, max_size=8),
    high_max_kg=st.sampled_from([5.0, 27.2, math.inf]),
)
def test_any_cases_stand_soundly_in_an_allowed_way_or_are_reported(
    kinds: list[tuple[Vector, float, int]], high_max_kg: float
) -> None:
    goods = [(size_m, weight_kg) for size_m, weight_kg, copies in kinds for _ in range(copies)]
    cases = [case(number, *of) for number, of in enumerate(goods)]
    load = walls([Waiting(it, ways(it.size_m)) for it in cases], high_max_kg=high_max_kg)
    assert audit(load) == ()
    given_ids = sorted(it.case_id for it in cases)
    assert sorted([it.case_id for it in load.cases] + [it.case.case_id for it in load.unplaced]) == given_ids
    size_of = {it.case_id: it.size_m for it in cases}
    for it in load.cases:
        assert it.size_m in ways(size_of[it.case_id])
        stands_low = it.center_m[2] <= max(assumptions.CHEST_HEIGHT_M, it.size_m[2] / 2.0)
        assert it.weight_kg <= high_max_kg or stands_low


def test_one_kind_fills_its_trailer_nearly() -> None:
    size_m = (0.5, 0.4, 0.4)
    load = walls([Waiting(case(number, size_m), (size_m,)) for number in range(400)])
    assert len(load.cases) == math.floor(6.0 / 0.515) * 5 * 5
    assert {it.reason for it in load.unplaced} == {"the trailer is full"}


def test_a_case_that_may_stand_in_one_way_only_is_left_where_it_does_not_fit_so() -> None:
    tall, flat = (0.5, 0.5, 2.5), (2.4, 0.5, 0.5)
    load = walls([Waiting(case(1, tall), (tall,)), Waiting(case(2, tall), (tall, flat))])
    assert [(it.case_id, it.size_m) for it in load.cases] == [("t-1-c2", flat)]
    assert [(it.case.case_id, it.reason) for it in load.unplaced] == [("t-1-c1", "larger than the trailer")]


def test_small_cases_that_wait_behind_large_ones_still_come_in() -> None:
    large, small = (2.0, 2.2, 2.0), (0.3, 0.3, 0.3)
    queue = [Waiting(case(number, large), (large,)) for number in range(60)]
    queue += [Waiting(case(number, small), (small,)) for number in range(60, 70)]
    load = walls(queue, interior_m=(2.5, 2.3, 2.4))
    assert [it.size_m for it in load.cases] == [large] + [small] * 10


@pytest.mark.parametrize("seed", range(3))
def test_gaps_are_drawn_by_the_seed(seed: int) -> None:
    waiting = [Waiting(case(number, (0.5, 0.4, 0.4)), ((0.5, 0.4, 0.4),)) for number in range(5)]
    centers = [
        [it.center_m for it in fill_with_walls(waiting, interior_m=INTERIOR_M, draws=Draws(of))[0]]
        for of in (seed, seed, seed + 1)
    ]
    assert centers[0] == centers[1] != centers[2]
