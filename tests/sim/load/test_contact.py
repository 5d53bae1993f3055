"""The sweep finds the pairs that a comparison of everything with everything finds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.load.contact import balance_m, close_pairs, contacts

SPANS = st.lists(st.tuples(st.floats(0.0, 10.0), st.floats(0.001, 4.0)), max_size=40)


@given(spans=SPANS, overlap_min_m=st.sampled_from([0.0, 0.001, 0.5]))
def test_the_sweep_finds_each_close_pair_once(spans: list[tuple[float, float]], overlap_min_m: float) -> None:
    lo = np.array([[start, 0.0, 0.0] for start, _ in spans]).reshape(-1, 3)
    hi = lo + np.array([[length, 1.0, 1.0] for _, length in spans]).reshape(-1, 3)
    a, b = close_pairs(lo, hi, axis=0, overlap_min_m=overlap_min_m)
    found = sorted(tuple(sorted(pair)) for pair in zip(a.tolist(), b.tolist(), strict=True))
    expected = [
        (i, j)
        for i in range(len(spans))
        for j in range(i + 1, len(spans))
        if hi[[i, j], 0].min() - lo[[i, j], 0].max() > overlap_min_m
    ]
    assert found == expected


def test_a_contact_is_where_faces_meet_and_knows_its_patch() -> None:
    lo = np.array([[0.0, 0.0, 0.0], [0.4, 0.1, 0.5], [0.0, 0.0, 0.51]])
    hi = np.array([[1.0, 1.0, 0.5], [1.4, 0.9, 1.0], [0.4, 1.0, 1.0]])
    touching = contacts(lo, hi)
    assert (touching.lower.tolist(), touching.upper.tolist()) == ([0], [1])
    assert touching.patch.tolist() == [[0.4, 0.1, 1.0, 0.9]]


@pytest.mark.parametrize(("x", "inside_m"), [(0.0, 0.0), (0.25, 0.25), (0.5, 0.5), (0.75, 0.25), (-0.1, -0.1)])
def test_balance_between_two_patches_is_measured_from_their_common_edge(x: float, inside_m: float) -> None:
    ends = [(0.0, 0.0, 0.1, 2.0), (0.9, 0.0, 1.0, 2.0)]
    assert balance_m(x, 1.0, ends) == pytest.approx(inside_m)


def test_nothing_balances_on_nothing() -> None:
    assert balance_m(0.0, 0.0, []) == -math.inf
