"""`queue_at_the_gate` agrees with Erlang's C formula, and would not if the service rate were wrong."""

from __future__ import annotations

import pytest

from tests.e2e.erlang import CELLS, Cell, sample, t_values

pytestmark = pytest.mark.side_by_side

SEEDS = range(1, 21)
T_MAX = 4.14
"""Two-sided Student's t with 19 degrees of freedom at 1 % over 18 comparisons (Bonferroni)."""


@pytest.mark.parametrize(("doors", "utilisation"), CELLS)
def test_mean_wait_and_share_that_waits_agree_with_erlang_c(doors: int, utilisation: float) -> None:
    cell = Cell(doors, utilisation)
    pair = t_values(cell, [sample(cell, seed) for seed in SEEDS])
    assert all(abs(t) < T_MAX for t in pair), pair


@pytest.mark.parametrize("service_factor", [0.9, 1.1])
def test_a_service_rate_wrong_by_a_tenth_is_found(service_factor: float) -> None:
    cell = Cell(1, 0.3)
    wrong = [sample(cell, seed, service_factor=service_factor) for seed in SEEDS]
    assert max(abs(t) for t in t_values(cell, wrong)) > T_MAX
