"""Random draws keyed by (seed, purpose, entity, attempt): a draw never depends on how many came before it.

So two planners on one seed meet the same cases, weights, labels and faults. The draws are BLAKE2b of the key, hence the
same on every platform and version; no other module makes random numbers.

>>> draws = Draws(seed=1)
>>> draws.uniforms("pick", "r1/t-1-c7") == draws.uniforms("pick", "r1/t-1-c7")
True
>>> draws.uniforms("pick", "r1/t-1-c7", 2) == draws.uniforms("pick", "r1/t-1-c7", 1)
False
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

UNIFORMS_PER_KEY = 8
_UNPACK = struct.Struct(f"<{UNIFORMS_PER_KEY}Q").unpack
_TO_UNIT = 2.0**-53
_STANDARD_NORMAL = NormalDist()


class Draws:
    """All random draws of one run."""

    __slots__ = ("_keyed", "seed")

    def __init__(self, seed: int) -> None:
        self.seed = seed
        # Copied for each draw: to take the key in again costs half as much as the draw.
        self._keyed = blake2b(key=blake2b(f"docktwin:{seed}".encode(), digest_size=32).digest())

    def uniforms(self, purpose: str, entity: str, attempt: int = 1) -> tuple[float, ...]:
        """Eight independent uniform draws in [0, 1) for this key."""
        words = _UNPACK(self._raw(f"{purpose}\0{entity}\0{attempt}"))
        return tuple([(word >> 11) * _TO_UNIT for word in words])

    def stream(self, purpose: str, entity: str) -> Random:
        """A stream of its own for draws whose order is given by other means: the link's, the load generators'."""
        raw = self._raw(f"stream\0{purpose}\0{entity}")
        return Random(raw)  # noqa: S311 - reproducible by design, nothing secret depends on it

    def _raw(self, key: str) -> bytes:
        state = self._keyed.copy()
        state.update(key.encode())
        return state.digest()


def exponential(uniform: float, mean: float) -> float:
    """An exponential variate with the given mean from a uniform draw in [0, 1)."""
    return -mean * math.log1p(-uniform)


def normal(uniform: float, mean: float, stddev: float) -> float:
    """A normal variate from a uniform draw in [0, 1)."""
    return mean + stddev * _STANDARD_NORMAL.inv_cdf(uniform or _TO_UNIT)


def lognormal(uniform: float, median: float, sigma: float) -> float:
    """A lognormal variate with the given median and log-space standard deviation from a uniform draw in [0, 1)."""
    return median * math.exp(normal(uniform, 0.0, sigma))


def lognormal_of_mean(uniform: float, mean: float, sigma: float) -> float:
    """A lognormal variate with the given mean and log-space standard deviation from a uniform draw in [0, 1)."""
    return lognormal(uniform, mean * math.exp(-sigma * sigma / 2.0), sigma)


def empirical(uniform: float, values: Sequence[T]) -> T:
    """One of the values, each as likely as any other, from a uniform draw in [0, 1); there is at least one."""
    return values[int(uniform * len(values))]


def triangular(uniform: float, low: float, mode: float, high: float) -> float:
    """A triangular variate on [low, high] from a uniform draw in [0, 1)."""
    split = (mode - low) / (high - low)
    if uniform < split:
        return low + math.sqrt(uniform * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - uniform) * (high - low) * (high - mode))
