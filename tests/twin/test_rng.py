from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.rng import (
    UNIFORMS_PER_KEY,
    Draws,
    empirical,
    exponential,
    lognormal,
    lognormal_of_mean,
    normal,
    triangular,
)

KEYS_PER_SAMPLE = 4_000


def sample(purpose: str = "p") -> list[float]:
    draws = Draws(seed=7)
    return [uniform for n in range(KEYS_PER_SAMPLE) for uniform in draws.uniforms(purpose, f"e{n}")]


def test_a_draw_depends_on_its_key_alone() -> None:
    alone = Draws(seed=1).uniforms("pick", "t-1-c7", 2)
    among_others = Draws(seed=1)
    for n in range(50):
        among_others.uniforms("pick", f"t-1-c{n}")
    assert among_others.uniforms("pick", "t-1-c7", 2) == alone


def test_each_part_of_the_key_changes_the_draw() -> None:
    draws = Draws(seed=1)
    base = draws.uniforms("pick", "a", 1)
    others = [
        Draws(seed=2).uniforms("pick", "a", 1),
        draws.uniforms("drop", "a", 1),
        draws.uniforms("pick", "b", 1),
        draws.uniforms("pick", "a", 2),
    ]
    assert base not in others


def test_the_parts_of_a_key_do_not_run_together() -> None:
    assert Draws(seed=1).uniforms("ab", "c") != Draws(seed=1).uniforms("a", "bc")


def test_draws_are_the_same_on_every_platform_and_version() -> None:
    assert Draws(seed=1).uniforms("pick", "r1")[:2] == (0.6153864560672587, 0.19493278101928424)


@given(st.integers(), st.text(), st.text(), st.integers(1, 10**9))
def test_a_uniform_lies_in_zero_to_one(seed: int, purpose: str, entity: str, attempt: int) -> None:
    uniforms = Draws(seed).uniforms(purpose, entity, attempt)
    assert len(uniforms) == UNIFORMS_PER_KEY
    assert all(0.0 <= uniform < 1.0 for uniform in uniforms)


def test_uniforms_are_spread_evenly() -> None:
    uniforms = sample()
    assert statistics.fmean(uniforms) == pytest.approx(0.5, abs=0.01)
    tenths = [sum(n / 10 <= u < (n + 1) / 10 for u in uniforms) / len(uniforms) for n in range(10)]
    assert tenths == pytest.approx([0.1] * 10, abs=0.01)


def test_the_uniforms_of_one_key_are_independent() -> None:
    draws = Draws(seed=3)
    rows = [draws.uniforms("p", f"e{n}") for n in range(KEYS_PER_SAMPLE)]
    columns = list(zip(*rows, strict=True))
    for left in range(UNIFORMS_PER_KEY):
        for right in range(left):
            assert abs(statistics.correlation(columns[left], columns[right])) < 0.06


def test_a_stream_repeats_and_is_its_own() -> None:
    draws = Draws(seed=1)
    first = [draws.stream("link", "robot/r1").random() for _ in range(3)]
    assert first == [draws.stream("link", "robot/r1").random() for _ in range(3)]
    assert draws.stream("link", "robot/r2").random() != first[0]


def test_exponential_variates_have_their_mean() -> None:
    assert statistics.fmean(exponential(u, 600.0) for u in sample()) == pytest.approx(600.0, rel=0.02)


def test_normal_variates_have_their_mean_and_spread() -> None:
    variates = [normal(u, 5.0, 2.0) for u in sample()]
    assert statistics.fmean(variates) == pytest.approx(5.0, abs=0.05)
    assert statistics.stdev(variates) == pytest.approx(2.0, rel=0.02)


def test_lognormal_variates_have_their_median_and_sigma() -> None:
    variates = [lognormal(u, 4.0, 0.5) for u in sample()]
    assert statistics.median(variates) == pytest.approx(4.0, rel=0.02)
    assert statistics.stdev(map(math.log, variates)) == pytest.approx(0.5, rel=0.02)


def test_lognormal_variates_of_a_mean_have_it_and_sigma() -> None:
    variates = [lognormal_of_mean(u, 600.0, 0.5) for u in sample()]
    assert statistics.fmean(variates) == pytest.approx(600.0, rel=0.02)
    assert statistics.stdev(map(math.log, variates)) == pytest.approx(0.5, rel=0.02)


def test_empirical_variates_are_the_values_each_as_likely_as_any_other() -> None:
    variates = [empirical(u, ("a", "b", "b", "c", "d")) for u in sample()]
    shares = {value: variates.count(value) / len(variates) for value in "abcd"}
    assert shares == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.2, "d": 0.2}, abs=0.01)


def test_triangular_variates_have_their_mean_and_bounds() -> None:
    variates = [triangular(u, 2.0, 3.0, 7.0) for u in sample()]
    assert statistics.fmean(variates) == pytest.approx(4.0, abs=0.05)
    assert 2.0 <= min(variates) <= max(variates) <= 7.0


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_no_uniform_gives_an_infinite_variate(uniform: float) -> None:
    variates = [exponential(uniform, 1.0), normal(uniform, 0.0, 1.0), lognormal(uniform, 1.0, 1.0)]
    assert all(map(math.isfinite, variates))
