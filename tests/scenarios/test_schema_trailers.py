"""Trailers of a file become trailers of a day, their arrivals drawn by the seed, each on its own."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest

from scenarios.language.rates import Rates
from scenarios.schema import load_scenario
from sim.plan import BischoffRatcliffLoad, CountedLoad, GeneratedLoad, ManifestLoad, OrdersLoad
from tests.scenarios.days import HEAD, MIN, START, read
from twin.errors import ScenarioError


def test_a_trailer_has_a_load_a_carrier_and_an_end_of_its_free_time() -> None:
    day = read(
        trailers="""
trailers:
  - {id: t-1, arrives: 06:10, cases: 300, load: bricks, purchase_orders: 3, carrier: Acme Freight, unload: drop}
  - {id: t-2, arrives: 08:00, due: 09:00, orders: all}
  - {id: t-3, arrives: 08:00, appointment: 09:30, free_time: 1 h, notice: 10 min, orders: ["00100408", 00100999]}
"""
    ).day
    one, two, three = day.trailers
    assert one.load == GeneratedLoad(generator="bricks", cases=300, purchase_orders=3)
    assert (one.carrier, one.unload_kind, one.appointment_us) == ("Acme Freight", "drop", None)
    assert (one.announced_us, one.due_us) == (START, START + (24 * 60 + 10) * MIN), "a dropped trailer may stay a day"
    assert (two.load, two.due_us, two.announced_us) == (OrdersLoad(), START + 180 * MIN, START + 90 * MIN)
    assert three.load == OrdersLoad(orders=("00100408", "00100999"))
    assert (three.appointment_us, three.due_us) == (START + 210 * MIN, START + 270 * MIN)
    assert three.announced_us == three.arrives_us == START + 120 * MIN, "never announced after it has come"


def test_a_trailer_carries_mixed_sizes_or_a_load_of_the_benchmark() -> None:
    one, two = read(
        trailers="""
trailers:
  - {id: t-1, arrives: 06:10, cases: 1500, load: mixed}
  - {id: t-2, arrives: 08:00, bischoff_ratcliff: BR2_07}
"""
    ).day.trailers
    assert one.load == GeneratedLoad(generator="mixed", cases=1500)
    assert two.load == BischoffRatcliffLoad(name="BR2_07")


@pytest.mark.parametrize("more", ["load: mixed", "cases: 9", "orders: all"])
def test_how_a_load_of_the_benchmark_stands_is_not_the_author_s_to_say(more: str) -> None:
    with pytest.raises(ScenarioError, match="bischoff_ratcliff"):
        read(trailers=f"trailers: [{{id: t-1, arrives: 06:10, bischoff_ratcliff: BR1_01, {more}}}]\n")


def test_more_mixed_cases_than_fit_are_a_mistake() -> None:
    with pytest.raises(ScenarioError, match=r"expected at most 2\d\d\d: no more of this load fit"):
        read(trailers="trailers: [{id: t-1, arrives: 06:10, cases: 4000, load: mixed}]\n")


def test_a_trailer_has_its_flaws_and_its_terms() -> None:
    (plan,) = read(
        trailers="""
trailers:
  - {id: t-1, arrives: 06:10, cases: 19, detention: 75.5 /h,
     missing: 1, extra: 2, wrong: 3, too_heavy: 4, too_large: 5, damaged: 6}
"""
    ).day.trailers
    assert (plan.missing, plan.extra, plan.wrong, plan.too_heavy, plan.too_large, plan.damaged) == (1, 2, 3, 4, 5, 6)
    assert (plan.detention_per_h, plan.due_us) == (75.5, START + 130 * MIN)


def test_a_manifest_is_looked_for_beside_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "goods.csv").write_text("line_id\n")
    path = tmp_path / "day.yaml"
    path.write_text(HEAD + "trailers: [{id: t-1, arrives: 06:10, manifest: goods.csv}]\n")
    load = load_scenario(path).day.trailers[0].load
    assert isinstance(load, ManifestLoad)
    assert Path(load.path).resolve() == (tmp_path / "goods.csv").resolve()


def test_in_the_fidelity_trailer_cases_are_counted_only() -> None:
    assert read("fidelity: trailer\n").day.trailers[0].load == CountedLoad(cases=300)
    assert read(fidelity="trailer").day.trailers[0].load == CountedLoad(cases=300)
    assert read("fidelity: trailer\n", fidelity="case").day.trailers[0].load == GeneratedLoad(
        generator="columns", cases=300
    )


APPOINTMENTS = "trailers: [{id: t-1, appointment: 08:00, cases: 9}, {id: t-2, appointment: 08:00, cases: 9}]\n"


def test_without_a_lateness_trailers_keep_their_appointments() -> None:
    assert {trailer.arrives_us for trailer in read(trailers=APPOINTMENTS).day.trailers} == {START + 120 * MIN}


@pytest.mark.parametrize(
    "lateness",
    [
        "{distribution: normal, mean: 5 min, stddev: 8 min}",
        "{distribution: uniform, least: -10 min, most: 30 min}",
        "{distribution: lognormal, mean: 20 min, sigma: 0.5}",
    ],
)
def test_lateness_is_drawn_by_seed_and_trailer_alone(lateness: str) -> None:
    body = f"lateness: {lateness}\n"
    one, two = read(body, trailers=APPOINTMENTS).day.trailers
    assert one.arrives_us != two.arrives_us
    assert read(body, trailers=APPOINTMENTS).day.trailers == (one, two)
    other_seed = read(body, trailers=APPOINTMENTS, seed=2).day.trailers
    assert other_seed[0].arrives_us != one.arrives_us
    reversed_file = APPOINTMENTS.replace("t-1", "t-x").replace("t-2", "t-1").replace("t-x", "t-2")
    assert read(body, trailers=reversed_file).day.trailers == (two, one)


def test_uniform_lateness_stays_within_its_bounds_and_normal_has_its_mean() -> None:
    many = "trailers: [{{id: t, count: 2000, arrivals: even, mean_gap: 1 us, appointment: 12:00, cases: 9{}}}]\n"
    wide = read(trailers=many.format(", lateness: {distribution: uniform, least: -10 min, most: 30 min}"))
    shifts = [plan.arrives_us - (plan.appointment_us or 0) for plan in wide.day.trailers]
    assert -10 * MIN <= min(shifts) < -9 * MIN
    assert 29 * MIN < max(shifts) <= 30 * MIN
    bell = read(trailers=many.format(", lateness: {distribution: normal, mean: 4 min, stddev: 9 min}"))
    shifts = [plan.arrives_us - (plan.appointment_us or 0) for plan in bell.day.trailers]
    assert sum(shifts) / len(shifts) == pytest.approx(4 * MIN, abs=0.8 * MIN)


MANY = (
    "trailers: [{{id: t, count: 4000, arrivals: even, mean_gap: 1 us, appointment: 12:00, cases: 9, lateness: {}}}]\n"
)


def _lateness(text: str) -> list[float]:
    """What was drawn, in minutes."""
    plans = read(trailers=MANY.format(text)).day.trailers
    return [(plan.arrives_us - (plan.appointment_us or 0)) / MIN for plan in plans]


def test_lognormal_lateness_has_its_mean_its_spread_and_its_shift() -> None:
    drawn = _lateness("{distribution: lognormal, mean: 20 min, sigma: 0.6, shift: -10 min}")
    assert sum(drawn) / len(drawn) == pytest.approx(10, abs=0.7)
    logs = [math.log(late + 10) for late in drawn]
    mean = sum(logs) / len(logs)
    assert (sum((log - mean) ** 2 for log in logs) / len(logs)) ** 0.5 == pytest.approx(0.6, abs=0.03)
    assert min(drawn) > -10


def test_empirical_lateness_is_one_of_what_was_measured_each_as_likely() -> None:
    drawn = _lateness("{distribution: empirical, values: [-5 min, 0, 3 min, 40 min]}")
    assert set(drawn) == {-5.0, 0.0, 3.0, 40.0}
    assert [drawn.count(late) / len(drawn) for late in (-5, 0, 3, 40)] == pytest.approx([0.25] * 4, abs=0.03)


def test_nobody_comes_before_the_day_begins() -> None:
    early = "lateness: {distribution: uniform, least: -5 h, most: -4 h}\n"
    assert {plan.arrives_us for plan in read(early, trailers=APPOINTMENTS).day.trailers} == {START}


def test_even_arrivals_are_one_gap_apart() -> None:
    trailers = "trailers: [{id: q, count: 3, arrivals: even, mean_gap: 20 min, arrives: 07:00, due: 08:00, cases: 9}]\n"
    plans = read(trailers=trailers).day.trailers
    assert [plan.trailer_id for plan in plans] == ["q-1", "q-2", "q-3"]
    assert [plan.arrives_us - START for plan in plans] == [60 * MIN, 80 * MIN, 100 * MIN]
    assert [plan.due_us - plan.arrives_us for plan in plans] == [60 * MIN] * 3


POISSON = """
until: 2026-03-30 06:00
trailers: [{id: q, count: %d, arrivals: poisson, mean_gap: 30 min, arrives: 06:00, notice: 0, cases: 9}]
"""


def test_poisson_arrivals_have_their_mean_gap_and_its_spread() -> None:
    plans = read(trailers=POISSON % 3000).day.trailers
    arrivals = [START, *(plan.arrives_us for plan in plans)]
    gaps = [(after - before) / MIN for before, after in pairwise(arrivals)]
    assert all(gap > 0 for gap in gaps)
    mean = sum(gaps) / len(gaps)
    assert mean == pytest.approx(30, rel=0.06)
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(30, rel=0.1)


def test_the_seed_decides_arrivals_and_their_number_changes_none_of_them() -> None:
    plans = read(trailers=POISSON % 50).day.trailers
    assert read(trailers=POISSON % 20).day.trailers == plans[:20]
    other = read(trailers=POISSON % 50, seed=2).day
    assert other.seed == 2
    assert not {plan.arrives_us for plan in plans} & {plan.arrives_us for plan in other.trailers}


BY_RATE = """
trailers:
  - id: q
    count: %d
    arrivals: by_rate
    rates: [{from: 06:00, per_hour: 40}, {from: 12:00, per_hour: 0}, {from: 16:00, per_hour: 120}]
    cases: 9
"""


def test_arrivals_by_rate_are_as_many_as_the_rates_say_and_none_where_they_are_nought() -> None:
    hours = [(plan.arrives_us - START) / (60 * MIN) for plan in read(trailers=BY_RATE % 9000).day.trailers]
    assert hours == sorted(hours)
    assert sum(hour < 6 for hour in hours) == pytest.approx(240, abs=3 * 240**0.5)
    assert not [hour for hour in hours if 6 <= hour < 10]
    assert sum(hour >= 10 for hour in hours) == pytest.approx(120 * 14, abs=3 * (120 * 14) ** 0.5)
    assert hours[-1] < 24, "who would come after the end does not come"
    gaps = [after - before for before, after in pairwise(hour for hour in hours if hour >= 10)]
    mean = sum(gaps) / len(gaps)
    assert (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5 == pytest.approx(mean, rel=0.1)


def test_arrivals_by_rate_are_each_trailers_own_and_at_most_as_many_as_asked_for() -> None:
    plans = read(trailers=BY_RATE % 9000).day.trailers
    assert read(trailers=BY_RATE % 70).day.trailers == plans[:70]
    assert read(trailers=BY_RATE % 70, seed=2).day.trailers != plans[:70]


def test_a_constant_rate_is_a_poisson_process() -> None:
    text = (POISSON % 50).replace(
        "arrivals: poisson, mean_gap: 30 min, arrives: 06:00", "arrivals: by_rate, rates: RATES"
    )
    by_rate = read(trailers=text.replace("RATES", "[{from: 06:00, per_hour: 2}]")).day.trailers
    for one, two in zip(by_rate, read(trailers=POISSON % 50).day.trailers, strict=True):
        assert one.arrives_us == pytest.approx(two.arrives_us, abs=100)


def test_rates_that_end_at_nought_let_nobody_come_any_more() -> None:
    rates = Rates(((0, 1.0), (3600 * 1_000_000, 0.0)))
    assert rates.instant_us(1.0) == 3600 * 1_000_000
    assert rates.instant_us(1.01) is None
