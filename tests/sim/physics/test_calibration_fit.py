"""Tables fitted to samples: what they find, that they never go down, and that loads are held out whole."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from sim.physics.calibration import KINDS, Judged, SeededLoad, Seen, graph_of
from sim.physics.calibration_fit import INSIDE_EDGES_M, Sample, bins, calibrated, error, fit, through, wilson
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from sim.physics.tables import RULE_OF_THUMB, Points, at
from twin.rng import Draws

TRUTH: Points = ((-0.1, 0.05), (0.1, 0.9))


def drawn(seed: int, count: int) -> list[Sample]:
    """Samples of the truth."""
    draws = [Draws(seed).uniforms("sample", str(number))[:2] for number in range(count)]
    return [(0.4 * where - 0.2, chance < at(TRUTH, 0.4 * where - 0.2)) for where, chance in draws]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_a_known_curve_is_found_again(seed: int) -> None:
    fitted = fit(drawn(seed, 3000), drawn(seed + 1, 500), INSIDE_EDGES_M, RULE_OF_THUMB.stays_at)
    off = [abs(at(fitted.points, where) - at(TRUTH, where)) for where in (-0.15, -0.05, 0.0, 0.05, 0.15)]
    assert max(off) < 0.12
    assert fitted.is_better


@given(st.lists(st.tuples(st.floats(-1.0, 1.0) | st.just(-math.inf), st.booleans()), min_size=1))
def test_a_fitted_table_never_goes_down_and_leaves_no_sample_out(samples: list[Sample]) -> None:
    counted = bins(samples, INSIDE_EDGES_M)
    assert sum(each.count for each in counted) == len(samples)
    assert sum(each.happened for each in counted) == sum(happened for _, happened in samples)
    points = through(counted)
    assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points))
    assert all(0.0 <= probability <= 1.0 and math.isfinite(where) for where, probability in points)


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_the_share_and_shrinks_with_the_count(count: int, data: st.DataObject) -> None:
    happened = data.draw(st.integers(0, count))
    low, high = wilson(happened, count)
    low_of_more, high_of_more = wilson(10 * happened, 10 * count)
    assert 0.0 <= low <= happened / count <= high <= 1.0
    assert high_of_more - low_of_more < high - low


def test_the_error_of_what_is_always_right_is_none_and_of_what_is_always_wrong_is_one() -> None:
    samples = [(0.0, True), (0.3, False)]
    right = error(samples, INSIDE_EDGES_M, lambda where: float(where == 0.0))
    wrong = error(samples, INSIDE_EDGES_M, lambda where: float(where != 0.0))
    assert (right.brier, right.calibration) == (0.0, 0.0)
    assert (wrong.brier, wrong.calibration) == (1.0, 1.0)


def test_what_is_right_on_average_but_never_sure_is_calibrated_and_not_sharp() -> None:
    unsure = error([(0.3, True), (0.3, False)], INSIDE_EDGES_M, lambda _: 0.5)
    assert (unsure.brier, unsure.calibration) == (0.25, 0.0)


# -- a campaign ------------------------------------------------------------------------------------------------------


def seeded(seed: int) -> SeededLoad:
    return SeededLoad(seed=seed, cases_max=20, picks=1)


def seen(load: SeededLoad, *, inside_m: float, fell: bool) -> Seen:
    """A pick of a case of the load, under one that rested on it."""
    first, second = (case.case_id for case in load.load().cases[:2])
    judged = Judged(
        case_id=second,
        inside_m=inside_m,
        level=1,
        touches_side=False,
        carried_kg=0.0,
        underside_m=0.5,
        fell=fell,
        height_m=0.4 if fell else 0.0,
    )
    return Seen(
        load=load,
        number=1,
        case_id=first,
        standing=(first, second),
        carried_kg=10.0,
        came_out=True,
        fallen=(second,) if fell else (),
        judged=(judged,),
        beside=2,
        beside_fallen=0,
    )


def test_every_third_load_of_each_kind_is_held_out() -> None:
    for kind in KINDS:
        held_out = [seeded(seed).is_held_out for seed in range(36) if seeded(seed).kind == kind]
        assert sum(held_out) == len(held_out) / 3


def test_no_load_is_fitted_to_and_measured_on() -> None:
    loads = [seeded(seed) for seed in range(1, 10)]
    picks = [seen(load, inside_m=0.05, fell=not load.is_held_out) for load in loads for _ in range(4)]
    result = calibrated(picks)
    assert result.loads_held_out == 3
    # All that was learnt is that they fall, and all that it is measured on is that they stay.
    assert result.stays.bins[0].happened == 0
    assert result.stays.fitted is not None
    assert result.stays.fitted.brier == 1.0


def test_a_table_that_is_worse_than_the_rule_is_not_put_in_its_place() -> None:
    loads = [seeded(seed) for seed in range(1, 10)]
    result = calibrated([seen(load, inside_m=0.05, fell=not load.is_held_out) for load in loads])
    assert not result.stays.is_better
    assert result.tables == RULE_OF_THUMB


def test_a_table_that_is_better_than_the_rule_takes_its_place() -> None:
    result = calibrated([seen(seeded(seed), inside_m=0.05, fell=True) for seed in range(1, 10)])
    assert result.stays.is_better
    assert result.agreement == result.agreement_out
    assert result.agreement is not None
    assert result.agreement.nothing_falls == 0.0
    assert result.tables.stays_at(0.05) == 0.0
    assert result.tables.lets_go == RULE_OF_THUMB.lets_go
    assert result.beside == (18, 0)
    assert result.height_m == pytest.approx((0.4, 0.5))


def as_the_rule_says(load: SeededLoad) -> Seen:
    """A pick from under others, where physics did what the rule of thumb says."""
    cases = load.load()
    standing = tuple(case.case_id for case in cases.cases)
    graph = graph_of(cases, standing)
    picked = next(case_id for case_id in standing if graph.rests_on_top(case_id))
    _, extraction = SupportPhysics().extract(graph, Pick(case_id=picked), ())
    fallen = tuple(fall.case_id for fall in extraction.fallen)
    return structs.replace(
        seen(load, inside_m=-0.1, fell=True), case_id=picked, standing=standing, fallen=fallen, judged=()
    )


def test_where_physics_does_what_the_rule_says_they_agree() -> None:
    columns = [load for load in map(seeded, range(1, 30)) if load.kind == "columns"]
    result = calibrated([as_the_rule_says(load) for load in columns])
    assert result.agreement is not None
    assert (result.agreement.rule, result.agreement.nothing_falls) == (1.0, 0.0)


def test_without_a_load_held_out_the_rule_stays() -> None:
    result = calibrated([seen(seeded(3), inside_m=0.05, fell=True)])
    assert result.agreement is None
    assert result.agreement_out is None
    assert result.stays.fitted is None
    assert result.tables == RULE_OF_THUMB
