"""Arrivals whose rate changes with the time of day: a non-homogeneous Poisson process, drawn by inversion."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from scenarios.language.grammar.trailers import TrailerEntry
from scenarios.language.references import Times
from twin.clock import US_PER_S

_HOUR_US = 3600 * US_PER_S


class Rates(Struct, frozen=True):
    """Pieces of constant rate: (from_us, arrivals an hour), in order; none before the first, the last goes on.

    >>> rates = Rates(((0, 2.0), (3_600_000_000, 0.0), (7_200_000_000, 4.0)))
    >>> [rates.instant_us(expected) / 3.6e9 for expected in (1.0, 2.0, 4.0)]
    [0.5, 1.0, 2.5]
    """

    pieces: tuple[tuple[int, float], ...]

    @classmethod
    def of(cls, entry: TrailerEntry, times: Times) -> Rates | None:
        """The rates of an entry; None where one was blamed or cannot be known."""
        told = [(times.us(rate.at, "from", rate.from_, within_day=True), rate) for rate in entry.rates]
        pieces = tuple((us, rate.per_hour) for us, rate in told if us is not None)
        if "rates" in entry.at.troubled or len(pieces) < len(told):
            return None
        for (before_us, _), (after_us, rate) in pairwise(told):
            if before_us is not None and after_us is not None and after_us <= before_us:
                rate.at.blame("from", f"a time after that of the entry before, {times.text(before_us)}")
                return None
        if any(per_hour for _, per_hour in pieces):
            return cls(pieces)
        entry.at.blame("rates", "a rate above 0", got="no rate above 0")
        return None

    def instant_us(self, expected: float) -> int | None:
        """The instant until which so many arrivals are expected; None if the rates end at 0 before."""
        ends = [from_us for from_us, _ in self.pieces[1:]]
        for (from_us, per_hour), end_us in zip(self.pieces, [*ends, None], strict=True):
            within = None if end_us is None else per_hour * (end_us - from_us) / _HOUR_US
            if per_hour > 0 and (within is None or expected <= within):
                return from_us + round(expected / per_hour * _HOUR_US)
            expected -= within or 0.0
        return None
