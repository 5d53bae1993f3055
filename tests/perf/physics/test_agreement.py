"""Thirty pulls and two of the campaign that holds the physics against the full simulation, and its arithmetic.

The loads are as deep, but in a trailer narrower and lower, so that a load is some 40 cases and the suite stays quick;
the noise floor has one draw a pull. All numbers repeat on one platform.
"""

from __future__ import annotations

import pytest

from sim.load.generators import GENERATORS
from sim.load.goods import DEFAULT_MIX, draw_goods
from sim.load.load import Load
from sim.load.mixed import mixed_kinds
from tests.perf.physics.agreement import FLOOR_MARGIN, GRAPH_MARGIN, Agreed, Plan, agreed, jaccard, lower_bound
from tests.perf.physics.loads import DEPTH_MIN_M, KINDS, depth_of
from tests.perf.physics.report import agreement_table
from twin.rng import Draws

NARROW_M = (12.0, 1.3, 1.3)
SEEDS = (45_001, 45_002)


def narrow_load(kind: str, seed: int) -> Load:
    """As few cases as make a narrow load deep enough."""
    draws, trailer_id, cases = Draws(seed), f"t-{seed}", 20
    generator = KINDS[kind].generator
    mix = mixed_kinds(draws, trailer_id=trailer_id, cases=300) if generator == "mixed" else DEFAULT_MIX
    while True:
        goods = draw_goods(draws, trailer_id=trailer_id, cases=cases, lines=len(mix), mix=mix)
        load = GENERATORS[generator](goods, interior_m=NARROW_M)
        if depth_of(load) >= DEPTH_MIN_M:
            return load
        cases += 4


@pytest.fixture(scope="module")
def pulls() -> list[Agreed]:
    plan = Plan(pulls_a_load=4, noise_draws=1, load_of=narrow_load)
    return [pull for kind in KINDS for seed in SEEDS for pull in agreed(kind, seed, plan)]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def test_the_physics_agrees_with_the_full_simulation_as_well_as_that_does_with_itself(pulls: list[Agreed]) -> None:
    assert len(pulls) >= 30
    assert mean([it.mode - it.floor for it in pulls]) >= FLOOR_MARGIN


def test_the_physics_agrees_better_with_the_full_simulation_than_the_support_graph(pulls: list[Agreed]) -> None:
    assert sum(it.moved > 0 for it in pulls) >= len(pulls) // 3
    assert mean([it.mode - it.graph for it in pulls]) >= GRAPH_MARGIN


def test_a_robot_holds_in_the_physics_what_it_holds_in_the_full_simulation(pulls: list[Agreed]) -> None:
    assert [it.case_id for it in pulls if it.mode_out != it.full_out] == []


def test_two_sets_agree_by_the_share_of_what_either_has_that_both_have() -> None:
    one, other = frozenset({"a", "b", "c"}), frozenset({"b", "c", "d"})
    assert jaccard(one, other) == 0.5
    assert jaccard(one, frozenset()) == 0.0
    assert jaccard(frozenset(), frozenset()) == 1.0


def test_the_lower_bound_is_below_the_mean_by_what_chance_may_do() -> None:
    assert lower_bound([0.3] * 50) == pytest.approx(0.3)
    assert lower_bound([0.0, 1.0] * 50) == pytest.approx(0.5 - 1.645 * 0.05, abs=0.01)


def test_a_mode_below_the_floor_does_not_meet_its_bound() -> None:
    assert [row.split("|")[-2].strip() for row in agreement_table([a_pull(mode=1.0)])[2:]] == ["yes", "yes"]
    assert [row.split("|")[-2].strip() for row in agreement_table([a_pull(mode=0.9)])[2:]] == ["no", "no"]


def test_a_mode_no_better_than_the_support_graph_is_not_met_over_all() -> None:
    assert [row.split("|")[-2].strip() for row in agreement_table([a_pull(mode=1.0, graph=0.95)])[2:]] == ["yes", "no"]


def a_pull(*, mode: float, graph: float = 0.0) -> Agreed:
    return Agreed(
        kind="mixed",
        seed=1,
        case_id="c1",
        moved=1,
        mode=mode,
        noise=[1.0, 1.0],
        still=0.0,
        graph=graph,
        skipped=False,
        full_out=True,
        mode_out=True,
    )
