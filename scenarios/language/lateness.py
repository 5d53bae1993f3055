"""How late a trailer is: one draw, by the distribution its author chose."""

from __future__ import annotations

import math

from scenarios.language.grammar.trailers import LatenessEntry
from scenarios.language.kinds import duration_text
from twin.rng import empirical, lognormal, normal


def check_lateness(entry: LatenessEntry | None) -> None:
    """Blame what no draw could be made from."""
    if entry is None:
        return
    if entry.least > entry.most and entry.at.is_sound("least", "most"):
        entry.at.blame("most", f"at least {duration_text(entry.least)}, the least")
    is_told = entry.at.is_given("mean") and entry.at.is_sound("mean", "distribution")
    if is_told and entry.distribution == "lognormal" and entry.mean <= 0:
        entry.at.blame("mean", "a mean above 0; shift moves it")


def lateness_us(entry: LatenessEntry, uniform: float) -> int:
    """The lateness in microseconds that a uniform draw in [0, 1) stands for; early is negative."""
    match entry.distribution:
        case "normal":
            return round(normal(uniform, entry.mean, entry.stddev))
        case "lognormal":
            # A lognormal's mean is its median times exp(sigma^2 / 2).
            median = entry.mean * math.exp(-(entry.sigma**2) / 2)
            return entry.shift + round(lognormal(uniform, median, entry.sigma))
        case "empirical":
            return empirical(uniform, entry.values) if entry.values else 0
        case _:
            return round(entry.least + uniform * (entry.most - entry.least))
