"""The loads the physics is held against, by kind and seed: fixed beforehand, and used for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sim.load.generators import GENERATORS
from sim.load.goods import DEFAULT_MIX, draw_goods
from sim.load.mixed import mixed_kinds
from sim.physics.boxes import bounds, boxes_of
from sim.physics.parameters import Parameters, Shake
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sim.load.load import Load

DEPTH_MIN_M = 3.0
_CASES_FIRST = 100
_CASES_STEP = 10
_KINDS_FOR_CASES = 600
"""Kinds of a mixed load are as large as so many fill a trailer."""


class Kind(NamedTuple):
    """How a load was put together, and whether it rode to the dock."""

    generator: str
    rides: bool

    def parameters(self) -> Parameters:
        """Those of the mode as it is shipped."""
        return Parameters() if self.rides else Parameters(shake=Shake(each_s=0.0))


KINDS: Mapping[str, Kind] = {
    "column": Kind("columns", rides=False),
    "brick": Kind("bricks", rides=False),
    "mixed": Kind("mixed", rides=False),
    "shaken": Kind("mixed", rides=True),
}


def deep_load(kind: str, seed: int, depth_m: float = DEPTH_MIN_M) -> Load:
    """A load of this kind across the whole trailer, of as few cases as make it so deep."""
    cases = _CASES_FIRST
    while True:
        load = load_with(KINDS[kind].generator, seed, cases)
        if depth_of(load) >= depth_m:
            return load
        cases += _CASES_STEP


def load_with(generator: str, seed: int, cases: int) -> Load:
    """A load of this generator, with so many cases."""
    draws, trailer_id = Draws(seed), f"t-{seed}"
    mix, lines = DEFAULT_MIX, len(DEFAULT_MIX)
    if generator == "mixed":
        mix = mixed_kinds(draws, trailer_id=trailer_id, cases=max(cases, _KINDS_FOR_CASES))
        lines = len(mix)
    return GENERATORS[generator](draw_goods(draws, trailer_id=trailer_id, cases=cases, lines=lines, mix=mix))


def depth_of(load: Load) -> float:
    """How far it reaches from its front to its back."""
    lo, hi = bounds(boxes_of(load.cases))
    return float(hi[:, 0].max() - lo[:, 0].min())
