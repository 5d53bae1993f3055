"""What is amiss in a trailer: as many cases as asked, drawn by the seed, and the load stands all the same."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import assumptions
from sim.load.audit import Defect, audit
from sim.load.generators import GENERATORS
from sim.load.goods import Goods, draw_goods
from sim.load.load import LabelFault, LooseCase
from sim.load.mistakes import NO_MISTAKES, Mistakes, with_mistakes
from twin.errors import ManifestError
from twin.rng import Draws

COUNTS = st.integers(0, 4)
ANY_MISTAKES = st.builds(
    Mistakes, missing=COUNTS, extra=COUNTS, wrong=COUNTS, too_heavy=COUNTS, too_large=COUNTS, damaged=COUNTS
)


def sound(seed: int = 1, cases: int = 60) -> Goods:
    return draw_goods(Draws(seed), trailer_id="t-1", cases=cases, purchase_orders=2)


def loaded(mistakes: Mistakes, *, seed: int = 1, cases: int = 60, unreadable_share: float = 0.0) -> Goods:
    return with_mistakes(sound(seed, cases), mistakes, Draws(seed), unreadable_share=unreadable_share)


def changed(mistakes: Mistakes) -> list[tuple[LooseCase, LooseCase]]:
    """Cases that are not as announced, before and after."""
    before = {case.case_id: case for case in sound().cases}
    after = loaded(mistakes).cases
    return [(before[case.case_id], case) for case in after if before.get(case.case_id, case) != case]


def test_nothing_amiss_leaves_the_goods_as_they_are() -> None:
    goods = sound()
    assert with_mistakes(goods, NO_MISTAKES, Draws(1), unreadable_share=0.01) is goods
    assert with_mistakes(goods, Mistakes(weight_limit_kg=80.0), Draws(1), unreadable_share=0.01) is goods


def test_missing_cases_are_on_the_manifest_and_nowhere_else() -> None:
    goods = loaded(Mistakes(missing=3))
    assert goods.manifest == sound().manifest
    assert len(goods.cases) == 57
    assert sum(line.quantity for line in goods.manifest) == 60


def test_what_is_missing_of_one_purchase_order_leaves_the_others_whole() -> None:
    goods = loaded(Mistakes(missing=3, missing_of="t-1-po2"))
    orders = {line.line_id: line.po_id for line in goods.manifest}
    quantities = Counter(dict.fromkeys(orders.values(), 0))
    for line in goods.manifest:
        quantities[line.po_id] += line.quantity
    there = Counter(orders[case.manifest_line or ""] for case in goods.cases)
    assert {order: quantities[order] - there[order] for order in quantities} == {"t-1-po1": 0, "t-1-po2": 3}


def test_more_than_an_order_has_cannot_be_missing_of_it() -> None:
    with pytest.raises(ManifestError, match="got 1 cases missing of nobody's, expected at most 0"):
        loaded(Mistakes(missing=1, missing_of="nobody's"))


def test_extra_cases_are_more_of_what_a_line_announces_with_its_label() -> None:
    goods = loaded(Mistakes(extra=3))
    *_, one, two, three = goods.cases
    assert [case.case_id for case in (one, two, three)] == ["t-1-c61", "t-1-c62", "t-1-c63"]
    lines = {line.line_id: line for line in goods.manifest}
    for case in (one, two, three):
        line = lines[case.manifest_line or ""]
        assert (case.label, case.sku, case.size_m) == (line.label, line.sku, line.size_m)
    assert {case.fault for case in loaded(Mistakes(extra=3), unreadable_share=1.0).cases[-3:]} == {
        LabelFault.UNREADABLE
    }


def test_wrong_cases_carry_labels_that_are_on_no_line() -> None:
    pairs = changed(Mistakes(wrong=4))
    labels = {line.label for line in sound().manifest}
    assert len(pairs) == 4
    assert len({after.label for _, after in pairs} - labels) == 4
    assert {after.manifest_line for _, after in pairs} == {None}
    assert all(before.weight_kg == after.weight_kg for before, after in pairs)


def test_cases_too_heavy_are_beyond_what_the_strongest_robot_takes() -> None:
    pairs = changed(Mistakes(too_heavy=5))
    assert len(pairs) == 5
    assert all(after.weight_kg > assumptions.WEIGHT_LIMIT_LOW_KG for _, after in pairs)
    assert all(after.weight_kg > 300.0 for _, after in changed(Mistakes(too_heavy=5, weight_limit_kg=300.0)))
    assert all(after.weight_kg == 1000.0 for _, after in changed(Mistakes(too_heavy=5, weight_limit_kg=990.0)))


def test_cases_too_large_are_longer_than_any_robot_takes_and_find_a_place() -> None:
    pairs = changed(Mistakes(too_large=5))
    assert len(pairs) == 5
    assert all(max(after.size_m) > max(assumptions.CASE_SIZE_LIMITS_M) for _, after in pairs)
    for generator in GENERATORS.values():
        assert generator(loaded(Mistakes(too_large=5))).unplaced == ()


def test_damaged_cases_come_crushed_and_stand_in_the_load_so() -> None:
    pairs = changed(Mistakes(damaged=2))
    assert [after.is_damaged for _, after in pairs] == [True, True]
    placed = GENERATORS["columns"](loaded(Mistakes(damaged=2)))
    assert sum(case.is_damaged for case in placed.cases) == 2


def test_a_case_has_one_thing_amiss_and_which_is_drawn_by_the_seed() -> None:
    every = Mistakes(missing=5, wrong=5, too_heavy=5, too_large=5, damaged=5)
    assert len(changed(every)) == 20
    assert len(loaded(every).cases) == 55
    assert loaded(every) == loaded(every)
    ids = [{case.case_id for case in loaded(Mistakes(missing=5), seed=seed).cases} for seed in (1, 2)]
    assert ids[0] != ids[1]


def test_one_more_of_a_kind_leaves_those_before_as_they_were() -> None:
    three = {case.case_id for case in loaded(Mistakes(missing=3)).cases}
    four = {case.case_id for case in loaded(Mistakes(missing=4)).cases}
    assert four < three


def test_no_more_can_be_amiss_than_there_are_cases() -> None:
    assert loaded(Mistakes(missing=5, wrong=5), cases=10).cases
    with pytest.raises(ManifestError, match=r"got 11 cases missing, wrong, .* expected at most its 10 cases"):
        loaded(Mistakes(missing=5, wrong=6), cases=10)


@settings(max_examples=40)
@given(ANY_MISTAKES, st.integers(0, 2**32), st.sampled_from(sorted(GENERATORS)), st.integers(20, 300))
def test_whatever_is_amiss_the_load_stands_and_is_short_or_over_by_exactly_that(
    mistakes: Mistakes, seed: int, generator: str, cases: int
) -> None:
    goods = loaded(mistakes, seed=seed, cases=cases)
    load = GENERATORS[generator](goods)
    assert {finding.defect for finding in audit(load)} <= {Defect.MISCOUNTED}
    there = [*load.cases, *(left.case for left in load.unplaced)]
    assert len(there) == cases - mistakes.missing + mistakes.extra
    on_lines = Counter(case.manifest_line for case in there)
    assert on_lines[None] == mistakes.wrong
    short_or_over = sum(on_lines[line.line_id] - line.quantity for line in load.manifest)
    assert short_or_over == mistakes.extra - mistakes.missing - mistakes.wrong
