"""Generated loads are sound for any count, mix and trailer, and lose nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import assumptions
from sim.load.audit import audit
from sim.load.generators import GENERATORS, bricks, columns
from sim.load.goods import DEFAULT_MIX, Goods, Sku, draw_goods, goods_of_manifest
from sim.load.load import LoadedCase, ManifestLine
from twin.rng import Draws

GENERATOR_NAMES = st.sampled_from(sorted(GENERATORS))
SIDES_M = st.floats(0.05, 1.2)
MIXES = st.lists(
    st.builds(
        lambda size_m, low, more, share: (size_m, low, low + more, share),
        st.tuples(SIDES_M, SIDES_M, SIDES_M),
        st.floats(1.0, 30.0),
        st.floats(0.0, 20.0),
        st.floats(0.01, 1.0),
    ),
    min_size=1,
    max_size=6,
)


def drawn(seed: int, cases: int) -> Goods:
    return draw_goods(Draws(seed), trailer_id="t-1", cases=cases)


def case_ids(cases: int) -> list[str]:
    return [f"t-1-c{number}" for number in range(1, cases + 1)]


@settings(max_examples=60)
@given(
    generator=GENERATOR_NAMES,
    seed=st.integers(0, 2**32),
    cases=st.integers(1, 1500),
    interior_m=st.tuples(st.floats(0.3, 16.5), st.floats(0.3, 3.0), st.floats(0.2, 3.0)),
)
def test_any_count_in_any_trailer_is_placed_soundly_or_reported(
    generator: str, seed: int, cases: int, interior_m: tuple[float, float, float]
) -> None:
    load = GENERATORS[generator](drawn(seed, cases), interior_m=interior_m)
    assert audit(load) == ()
    accounted = [case.case_id for case in load.cases] + [left.case.case_id for left in load.unplaced]
    assert sorted(accounted) == sorted(case_ids(cases))


@settings(max_examples=60)
@given(generator=GENERATOR_NAMES, mix=MIXES, cases=st.integers(1, 400))
def test_any_mix_of_goods_is_placed_soundly_or_reported(
    generator: str,
    mix: list[tuple[tuple[float, float, float], float, float, float]],
    cases: int,
) -> None:
    kinds = [
        Sku(sku=f"sku-{number}", size_m=size_m, weight_min_kg=low, weight_max_kg=high, share=share)
        for number, (size_m, low, high, share) in enumerate(mix)
    ]
    load = GENERATORS[generator](draw_goods(Draws(3), trailer_id="t-1", cases=cases, mix=kinds))
    assert audit(load) == ()
    assert len(load.cases) + len(load.unplaced) == cases


def test_a_tenth_of_a_trailer_is_not_reported_full() -> None:
    for generator in GENERATORS.values():
        assert generator(drawn(1, 60)).unplaced == ()


@pytest.mark.parametrize("generator", [columns, bricks])
@pytest.mark.parametrize("seed", range(10))
def test_300_cases_fit_a_40_ft_container_in_walls_stacked_to_two_metres(generator: type, seed: int) -> None:
    load = generator(drawn(seed, 300))
    assert len(load.cases) == 300
    assert audit(load) == ()
    assert 1.8 <= max(top_m(case) for case in load.cases) <= assumptions.STACK_HEIGHT_M
    on_the_floor = Counter(round(case.center_m[0], 6) for case in load.cases if case.center_m[2] < case.size_m[2])
    assert max(on_the_floor.values()) >= 5, "several stand side by side"


def test_a_wall_of_bricks_is_laid_in_bond() -> None:
    goods = goods_of_manifest(Draws(1), trailer_id="t-1", manifest=[line(20)])
    load = bricks(goods, interior_m=(12.0, 2.4, 2.4))
    by_layer: dict[float, list[float]] = {}
    for case in load.cases:
        by_layer.setdefault(round(case.center_m[2], 6), []).append(case.center_m[1])
    bottom, shifted, again, *_ = (sorted(ys) for _, ys in sorted(by_layer.items()))
    assert (len(bottom), len(shifted)) == (6, 5)
    assert bottom == pytest.approx(again)
    for y in shifted:
        lap_m = min(abs(y - below) for below in bottom)
        assert 0.1 < lap_m <= 0.2, "each case of the second layer lies over a joint of the first"


def test_columns_hold_one_kind_each() -> None:
    kinds: dict[tuple[float, float], set[str]] = {}
    for case in columns(drawn(4, 500)).cases:
        kinds.setdefault((round(case.center_m[0], 6), round(case.center_m[1], 6)), set()).add(case.sku)
    assert all(len(skus) == 1 for skus in kinds.values())


@pytest.mark.parametrize("generator", GENERATORS.values())
def test_no_heavy_case_stands_above_the_chest(generator: type) -> None:
    load = generator(drawn(5, 700))
    heavy = [case for case in load.cases if case.weight_kg > assumptions.WEIGHT_LIMIT_HIGH_KG]
    assert heavy
    assert all(case.center_m[2] <= assumptions.CHEST_HEIGHT_M for case in heavy)


def test_the_default_goods_are_within_the_limits_of_a_robot() -> None:
    low_kg, high_kg = assumptions.CASE_WEIGHT_RANGE_KG
    for kind in DEFAULT_MIX:
        assert all(side <= limit for side, limit in zip(kind.size_m, assumptions.CASE_SIZE_LIMITS_M, strict=True))
        assert low_kg <= kind.weight_min_kg < kind.weight_max_kg <= high_kg


def test_what_a_case_is_depends_neither_on_the_count_nor_on_the_generator() -> None:
    def identity(case: LoadedCase) -> tuple[object, ...]:
        return case.case_id, case.weight_kg, case.label, case.fault, case.sku, case.manifest_line

    few = {identity(case) for case in columns(drawn(7, 100)).cases}
    many = {identity(case) for case in bricks(drawn(7, 300)).cases}
    assert len(few) == 100
    assert few < many


def test_another_seed_or_trailer_has_other_cases() -> None:
    def weights(goods: Goods) -> list[float]:
        return [case.weight_kg for case in goods.cases]

    other_trailer = draw_goods(Draws(7), trailer_id="t-2", cases=50)
    assert weights(drawn(7, 50)) != weights(drawn(8, 50))
    assert weights(drawn(7, 50)) != weights(other_trailer)


def test_the_manifest_spreads_the_cases_over_lines_and_orders() -> None:
    goods = draw_goods(Draws(1), trailer_id="t-1", cases=400, purchase_orders=3, lines=12)
    assert len(goods.manifest) == 12
    assert {line.po_id for line in goods.manifest} == {"t-1-po1", "t-1-po2", "t-1-po3"}
    assert len({line.label for line in goods.manifest}) == 12, "a label names one line"
    assert sum(line.quantity for line in goods.manifest) == 400


def test_the_share_of_unreadable_labels_is_as_asked() -> None:
    def unreadable(share: float) -> int:
        goods = draw_goods(Draws(1), trailer_id="t-1", cases=1000, unreadable_share=share)
        return sum(case.fault == "unreadable" for case in goods.cases)

    assert unreadable(0.0) == 0
    assert 2 <= unreadable(assumptions.UNREADABLE_SHARE) <= 25
    assert unreadable(1.0) == 1000


def test_a_case_larger_than_the_trailer_is_reported_with_its_reason() -> None:
    goods = goods_of_manifest(Draws(1), trailer_id="t-1", manifest=[line(1)])
    for generator in GENERATORS.values():
        load = generator(goods, interior_m=(0.5, 0.3, 2.0))
        assert [(left.case.case_id, left.reason) for left in load.unplaced] == [("t-1-c1", "larger than the trailer")]


def top_m(case: LoadedCase) -> float:
    return case.center_m[2] + case.size_m[2] / 2.0


def line(quantity: int) -> ManifestLine:
    return ManifestLine(
        line_id="l1", po_id="p1", sku="s1", label="x", quantity=quantity, size_m=(0.6, 0.4, 0.3), weight_kg=9.5
    )
