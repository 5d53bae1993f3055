"""A mixed load: as many cases as asked for, of many sizes, standing for sure, heavy low and light high."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import assumptions
from sim.load.audit import audit
from sim.load.contact import balance_m, contacts, corners
from sim.load.generators import GENERATORS
from sim.load.load import Load, LoadedCase
from sim.load.planned import goods_drawn
from sim.plan import GeneratedLoad
from twin.rng import Draws


def mixed_load(seed: int, cases: int, trailer_id: str = "t-1") -> Load:
    plan = GeneratedLoad(generator="mixed", cases=cases)
    return GENERATORS["mixed"](goods_drawn(plan, Draws(seed), trailer_id=trailer_id))


@pytest.fixture(scope="module")
def load() -> Load:
    return mixed_load(1, 600)


@settings(max_examples=12)
@given(seed=st.integers(0, 2**63), cases=st.integers(300, 1500))
def test_as_many_as_are_asked_for_are_placed_soundly_heavy_low_and_light_high(seed: int, cases: int) -> None:
    load = mixed_load(seed, cases)
    assert len(load.cases) == cases
    assert load.unplaced == ()
    assert audit(load) == ()
    by_weight = sorted(load.cases, key=lambda case: case.weight_kg)
    third = cases // 3
    assert mean_height_m(by_weight[:third]) > mean_height_m(by_weight[-third:]) + 0.2
    assert all(low_enough(case) for case in load.cases)
    assert max(case.center_m[2] + case.size_m[2] / 2.0 for case in load.cases) <= assumptions.STACK_HEIGHT_M + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_every_case_has_its_middle_well_within_what_carries_it_and_that_at_one_height(seed: int) -> None:
    load = mixed_load(seed, 400)
    lo, hi = corners(load.cases)
    touching = contacts(lo, hi)
    bridges = 0
    for number in range(len(load.cases)):
        if lo[number, 2] == 0.0:
            continue
        carried = touching.upper == number
        tops_m = hi[touching.lower[carried], 2]
        assert tops_m.max() - tops_m.min() <= 0.001
        x, y = (lo[number, :2] + hi[number, :2]) / 2.0
        patches = [tuple(patch) for patch in touching.patch[carried].tolist()]
        assert balance_m(float(x), float(y), patches) >= assumptions.BALANCE_MIN_M - 1e-9
        bridges += len(patches) > 1
    assert bridges >= len(load.cases) // 12, "cases lie across joints"


def test_walls_reach_from_the_nose_towards_the_door_and_leave_small_gaps(load: Load) -> None:
    backs = [case.center_m[0] + case.size_m[0] / 2.0 for case in load.cases]
    assert max(backs) <= load.interior_m[0]
    assert max(backs) > load.interior_m[0] - 0.015
    fronts = [case.center_m[0] - case.size_m[0] / 2.0 for case in load.cases]
    assert 0.0 <= min(fronts) < 0.3 * load.interior_m[0]
    at_the_nose = sorted(
        (case.center_m[1] - case.size_m[1] / 2.0, case.center_m[1] + case.size_m[1] / 2.0)
        for case, back in zip(load.cases, backs, strict=True)
        if case.center_m[2] == case.size_m[2] / 2.0 and back > load.interior_m[0] - 0.02
    )
    gaps = [round(right[0] - left[1], 4) for left, right in pairwise(at_the_nose)]
    assert len(gaps) >= 3
    assert all(0.0 <= gap <= 0.015 for gap in gaps[:-1])
    assert len(set(gaps)) > 1


def test_sizes_are_many_and_some_cases_are_tall_and_thin(load: Load) -> None:
    sizes = {line.size_m for line in load.manifest}
    assert len(sizes) >= 20
    tall = [case for case in load.cases if case.size_m[2] > 1.5 * max(case.size_m[:2])]
    assert len(tall) >= 30
    for case in load.cases:
        edges = sorted(case.size_m, reverse=True)
        assert all(edge <= limit for edge, limit in zip(edges, assumptions.CASE_SIZE_LIMITS_M, strict=True))


def test_weights_follow_sizes(load: Load) -> None:
    lines = sorted(load.manifest, key=lambda line: math.prod(line.size_m))
    small, large = lines[:8], lines[-8:]
    assert mean(line.weight_kg for line in large) > 1.4 * mean(line.weight_kg for line in small)
    low_kg, high_kg = assumptions.CASE_WEIGHT_RANGE_KG
    assert all(low_kg <= case.weight_kg <= high_kg for case in load.cases)


def test_the_more_cases_the_smaller_they_are() -> None:
    few, many = mixed_load(1, 300), mixed_load(1, 1200)
    assert volume_m3(few) == pytest.approx(volume_m3(many), rel=0.1)
    scarce = mixed_load(1, 100)
    assert volume_m3(scarce) / 100 == pytest.approx(assumptions.MIXED_MEAN_M3[1], rel=0.15)


def test_what_does_not_fit_is_reported() -> None:
    load = mixed_load(1, 3000)
    assert audit(load) == ()
    assert len(load.cases) > 1740
    assert len(load.cases) + len(load.unplaced) == 3000
    assert {left.reason for left in load.unplaced} == {"the trailer is full"}


def test_kind_label_and_fault_of_a_case_depend_neither_on_the_count_nor_on_where_it_stands() -> None:
    def identity(case: LoadedCase) -> tuple[object, ...]:
        return case.case_id, case.sku, case.label, case.manifest_line, case.fault

    few = {identity(case) for case in mixed_load(7, 300).cases}
    assert few < {identity(case) for case in mixed_load(7, 500).cases}


def test_a_load_repeats_and_another_seed_or_trailer_has_another() -> None:
    assert mixed_load(3, 300) == mixed_load(3, 300)
    sizes = [{line.size_m for line in it.manifest} for it in (mixed_load(3, 300), mixed_load(4, 300))]
    assert sizes[0] != sizes[1]
    assert {line.size_m for line in mixed_load(3, 300, "t-2").manifest} != sizes[0]


def mean_height_m(cases: list[LoadedCase]) -> float:
    return mean(case.center_m[2] for case in cases)


def low_enough(case: LoadedCase) -> bool:
    is_on_the_floor = case.center_m[2] == case.size_m[2] / 2.0
    is_heavy = case.weight_kg > assumptions.WEIGHT_LIMIT_HIGH_KG
    return not is_heavy or is_on_the_floor or case.center_m[2] <= assumptions.CHEST_HEIGHT_M


def volume_m3(load: Load) -> float:
    return sum(math.prod(case.size_m) for case in load.cases)
