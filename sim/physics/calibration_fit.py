"""Tables fitted to what physics did, and how far they and the rule of thumb are off on loads they have not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from sim.physics.calibration import Seen
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from sim.physics.tables import RULE_OF_THUMB, FailureTables, Points, at

if TYPE_CHECKING:
    from sim.load.load import Load

INSIDE_EDGES_M = (-0.2, -0.1, -0.05, -0.02, 0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2)
CARRIED_EDGES_KG = (0.5, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0)
"""Between the bins in which a fit counts: narrow where the answer turns."""

DRAWS = 8
"""How often the support graph is asked about each pick, with other draws."""

Sample = tuple[float, bool]
"""Where, and whether it happened there."""
Guess = Callable[[float], float]
"""How likely it is, where."""


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted between two edges. `where`: the middle of what fell into it; `low`, `high`: 95 % interval."""

    from_where: float
    to_where: float
    where: float
    count: int
    happened: int
    low: float
    high: float


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """How far probabilities are off. `brier`: mean square; `calibration`: mean distance from the share, by bin."""

    brier: float
    calibration: float


class Fit(msgspec.Struct, frozen=True, kw_only=True):
    """A table, what it was fitted to, and its error and the rule's on what was held out; None: nothing was.

    No points: there was nothing to fit to.
    """

    bins: tuple[Bin, ...]
    points: Points
    held_out: int
    fitted: Error | None
    rule: Error | None

    @property
    def is_better(self) -> bool:
        """Whether it is less far off than the rule, and that has been measured."""
        return self.fitted is not None and self.rule is not None and self.fitted.brier < self.rule.brier


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How alike the sets of fallen cases are, Jaccard, mean over `picks`; two empty sets are alike."""

    picks: int
    fitted: float
    rule: float
    nothing_falls: float


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that came out of a campaign. `tables`: of each the fitted one if it is better than the rule of thumb.

    `agreement`: on all picks held out; `agreement_out`: on those whose case came out, with seals that hold; None: there
    was none. `not_out`: picks whose seal let go; `beside`: cases beside a picked one, and how many of them fell.

    `height_m`: of those that fell, the median by physics and by the support graph; None if none did.
    """

    tables: FailureTables
    loads: int
    loads_held_out: int
    picks: int
    not_out: int
    fallen: int
    stays: Fit
    lets_go: Fit
    agreement: Agreement | None
    agreement_out: Agreement | None
    beside: tuple[int, int]
    height_m: tuple[float, float] | None


def calibrated(seen: Sequence[Seen]) -> Calibration:
    """Fit to the loads that are not held out, and measure on the others. There is a pick at least."""
    assert seen, "nothing to fit to"
    learnt = [it for it in seen if not it.load.is_held_out]
    held_out = [it for it in seen if it.load.is_held_out]
    stays = fit(stay_samples(learnt), stay_samples(held_out), INSIDE_EDGES_M, RULE_OF_THUMB.stays_at)
    lets_go = fit(seal_samples(learnt), seal_samples(held_out), CARRIED_EDGES_KG, RULE_OF_THUMB.lets_go_at)
    tables = FailureTables(
        stays=stays.points if stays.is_better else RULE_OF_THUMB.stays,
        lets_go=lets_go.points if lets_go.is_better else RULE_OF_THUMB.lets_go,
    )
    heights = [(it.height_m, it.underside_m) for each in seen for it in each.judged if it.fell]
    by_physics, by_graph = np.median(np.array(heights), axis=0).tolist() if heights else (0.0, 0.0)
    return Calibration(
        tables=tables,
        loads=len({it.load.seed for it in seen}),
        loads_held_out=len({it.load.seed for it in held_out}),
        picks=len(seen),
        not_out=sum(not it.came_out for it in seen),
        fallen=sum(len(it.fallen) for it in seen),
        stays=stays,
        lets_go=lets_go,
        agreement=_agreement(held_out, tables),
        agreement_out=_agreement(
            [it for it in held_out if it.came_out], FailureTables(stays=tables.stays, lets_go=RULE_OF_THUMB.lets_go)
        ),
        beside=(sum(it.beside for it in seen), sum(it.beside_fallen for it in seen)),
        height_m=(by_physics, by_graph) if heights else None,
    )


def stay_samples(seen: Sequence[Seen]) -> list[Sample]:
    """Of each case that lost a support: its balance, and whether it stayed."""
    return [(judged.inside_m, not judged.fell) for it in seen for judged in it.judged]


def seal_samples(seen: Sequence[Seen]) -> list[Sample]:
    """Of each pick: what the case carried, and whether the seal let go."""
    return [(it.carried_kg, not it.came_out) for it in seen]


# -- a fit -----------------------------------------------------------------------------------------------------------


def fit(learnt: Sequence[Sample], held_out: Sequence[Sample], edges: Sequence[float], rule: Guess) -> Fit:
    """A table that never goes down, through the bins of what is learnt."""
    counted = bins(learnt, edges)
    points = through(counted)
    is_measured = bool(held_out) and bool(points)
    return Fit(
        bins=counted,
        points=points,
        held_out=len(held_out),
        fitted=error(held_out, edges, lambda where: at(points, where)) if is_measured else None,
        rule=error(held_out, edges, rule) if is_measured else None,
    )


def bins(samples: Sequence[Sample], edges: Sequence[float]) -> tuple[Bin, ...]:
    """The bins that hold any samples, each up to the next edge, which is in the next one."""
    where = np.array([sample[0] for sample in samples])
    happened = np.array([sample[1] for sample in samples], dtype=bool)
    place = np.searchsorted(np.array(edges), where, side="right")
    ends = (-math.inf, *edges, math.inf)
    return tuple(
        _bin(ends[number], ends[number + 1], where[place == number], int(happened[place == number].sum()))
        for number in np.unique(place).tolist()
    )


def _bin(from_where: float, to_where: float, where: NDArray[np.float64], happened: int) -> Bin:
    low, high = wilson(happened, len(where))
    finite = where[np.isfinite(where)]
    # Of those with nothing below there is no middle: they lie at the end that is not open.
    middle = float(finite.mean()) if len(finite) else to_where
    return Bin(
        from_where=from_where,
        to_where=to_where,
        where=middle,
        count=len(where),
        happened=happened,
        low=low,
        high=high,
    )


def wilson(happened: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share, by Wilson's score.

    >>> [round(end, 3) for end in wilson(0, 10)]
    [0.0, 0.278]
    """
    z = 1.959964
    share, more = happened / count, z * z / count
    middle = (share + more / 2.0) / (1.0 + more)
    half = z * math.sqrt(share * (1.0 - share) / count + more / count / 4.0) / (1.0 + more)
    # At the ends they meet the share, but for rounding.
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)


def through(counted: Sequence[Bin]) -> Points:
    """The line through the middles of the bins that never goes down and is nearest to their shares, by their counts."""
    if not counted:
        return ()
    shares = isotonic_regression(
        [it.happened / it.count for it in counted], weights=[float(it.count) for it in counted]
    ).x
    # A tenth of a millimetre, or of a gram in a kilogram, is more than is known.
    rounded = [(round(it.where, 4), round(float(share), 4)) for it, share in zip(counted, shares, strict=True)]
    return tuple(point for number, point in enumerate(rounded) if number == 0 or point[0] > rounded[number - 1][0])


def bin_guess(points: Points, counted: Bin) -> float:
    """What a table says of a bin, at its middle."""
    return at(points, counted.where)


# -- errors ----------------------------------------------------------------------------------------------------------


def error(samples: Sequence[Sample], edges: Sequence[float], guess: Guess) -> Error:
    """How far the guesses are off these samples, of which there is one at least."""
    guessed = np.array([guess(where) for where, _ in samples])
    happened = np.array([float(it) for _, it in samples])
    place = np.searchsorted(np.array(edges), np.array([where for where, _ in samples]), side="right")
    off = sum(
        abs(float(guessed[place == number].sum() - happened[place == number].sum()))
        for number in np.unique(place).tolist()
    )
    return Error(brier=float(((guessed - happened) ** 2).mean()), calibration=off / len(samples))


def _agreement(held_out: Sequence[Seen], tables: FailureTables) -> Agreement | None:
    if not held_out:
        return None
    loads = {it.load.seed: it.load.load() for it in held_out}
    ways = SupportPhysics(tables), SupportPhysics()
    fitted, rule = ([_alike(seen, loads[seen.load.seed], way) for seen in held_out] for way in ways)
    return Agreement(
        picks=len(held_out),
        fitted=float(np.mean(fitted)),
        rule=float(np.mean(rule)),
        nothing_falls=float(np.mean([not seen.fallen for seen in held_out])),
    )


def _alike(seen: Seen, load: Load, physics: SupportPhysics) -> float:
    """How alike what fell and what falls by the support graph are, mean over some draws."""
    graph, pick, truth = seen.graph(load), Pick(case_id=seen.case_id), frozenset(seen.fallen)
    answers = [physics.extract(graph, pick, seen.uniforms(draw))[1] for draw in range(1, DRAWS + 1)]
    return float(np.mean([_jaccard(truth, frozenset(fall.case_id for fall in answer.fallen)) for answer in answers]))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a | b else 1.0
