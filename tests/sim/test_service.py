"""Service times: of the distribution, mean and spread the plan says, and of the trailer alone."""

from __future__ import annotations

import math
import statistics

import pytest

from sim.plan import ServicePlan
from sim.service import service_us
from twin.rng import Draws

MEAN_US = 1_200_000_000


def times_us(plan: ServicePlan, *, seed: int = 1, trailers: int = 20_000) -> list[int]:
    draws = Draws(seed)
    return [service_us(plan, draws, f"t-{number}") for number in range(trailers)]


def test_a_constant_service_is_the_mean() -> None:
    assert set(times_us(ServicePlan(distribution="constant", mean_us=MEAN_US), trailers=5)) == {MEAN_US}


@pytest.mark.parametrize(
    ("plan", "deviation"),
    [
        (ServicePlan(distribution="exponential", mean_us=MEAN_US), 1.0),
        (ServicePlan(distribution="lognormal", mean_us=MEAN_US, sigma=0.4), math.sqrt(math.exp(0.16) - 1.0)),
        (ServicePlan(distribution="lognormal", mean_us=MEAN_US, sigma=0.8), math.sqrt(math.exp(0.64) - 1.0)),
    ],
)
def test_a_service_has_the_mean_and_the_spread_of_its_plan(plan: ServicePlan, deviation: float) -> None:
    times = times_us(plan)
    assert statistics.fmean(times) == pytest.approx(MEAN_US, rel=0.02)
    assert statistics.stdev(times) == pytest.approx(MEAN_US * deviation, rel=0.05)


def test_a_lognormal_service_has_the_spread_of_its_logarithm() -> None:
    times = times_us(ServicePlan(distribution="lognormal", mean_us=MEAN_US, sigma=0.5))
    assert statistics.stdev(map(math.log, times)) == pytest.approx(0.5, rel=0.02)


def test_an_empirical_service_takes_what_was_measured_each_as_often_as_it_was() -> None:
    times = times_us(ServicePlan(distribution="empirical", values_us=(10, 20, 20, 50)))
    shares = {value: times.count(value) / len(times) for value in (10, 20, 50)}
    assert shares == pytest.approx({10: 0.25, 20: 0.5, 50: 0.25}, abs=0.02)


@pytest.mark.parametrize("distribution", ["exponential", "lognormal", "empirical"])
def test_a_service_depends_on_seed_and_trailer_alone(distribution: str) -> None:
    plan = ServicePlan(distribution=distribution, mean_us=MEAN_US, values_us=tuple(range(1000)))  # type: ignore[arg-type]
    first = times_us(plan, trailers=50)
    assert first == times_us(plan, trailers=50)
    assert first[7] == service_us(plan, Draws(1), "t-7")
    assert first != times_us(plan, seed=2, trailers=50)
