"""Erlang's C formula, and `queue_at_the_gate` in its nine cells: the yard of the simulator against queueing theory.

Source: A. K. Erlang (1917); as in L. Kleinrock, Queueing Systems I (1975), section 3.5.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from scenarios.drivers import Oversight, run_scenario
from scenarios.schema import find_scenario, scenario_from_text

SERVICE_MEAN_S = 1800.0
TRAILERS = 2000
WARM_UP = 200
WAITS_IF_LONGER_S = 1e-3
CELLS = tuple((doors, load) for doors in (1, 2, 4) for load in (0.3, 0.5, 0.7))


class Cell(NamedTuple):
    """Doors and utilisation of one experiment."""

    doors: int
    utilisation: float


class Sample(NamedTuple):
    """One replication after its warm-up: mean wait in seconds, share of trailers that waited."""

    mean_wait_s: float
    waiting_share: float


def erlang_c(doors: int, utilisation: float) -> float:
    """The probability that an arrival waits in M/M/c.

    >>> round(erlang_c(1, 0.7), 6)
    0.7
    >>> round(erlang_c(2, 0.5), 6)
    0.333333
    """
    offered = doors * utilisation
    all_busy = offered**doors / math.factorial(doors) / (1.0 - utilisation)
    return all_busy / (sum(offered**k / math.factorial(k) for k in range(doors)) + all_busy)


def mean_wait_s(doors: int, utilisation: float) -> float:
    """The mean wait in M/M/c, of those that do not wait too."""
    return erlang_c(doors, utilisation) * SERVICE_MEAN_S / (doors * (1.0 - utilisation))


def sample(cell: Cell, seed: int, *, service_factor: float = 1.0) -> Sample:
    """One replication of `queue_at_the_gate` in this cell; `service_factor` makes the service that much longer."""
    gap_s = SERVICE_MEAN_S / (cell.doors * cell.utilisation)
    text = find_scenario("queue_at_the_gate").read_text()
    for old, new in (
        ("doors: 2", f"doors: {cell.doors}"),
        ("  state_period: 1 h", "  state_period: 30 d"),
        ("equipment_state_period: 1 h", "equipment_state_period: 30 d"),
        ("until: 2026-02-28 00:00", "until: 2030-01-01 00:00"),
        ("mean: 30 min}", f"mean: {SERVICE_MEAN_S * service_factor:.6f} s}}"),
        ("count: 200", f"count: {TRAILERS}"),
        ("mean_gap: 30 min", f"mean_gap: {gap_s:.6f} s"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    scenario = scenario_from_text(text, "queue_at_the_gate.yaml", seed=seed)
    truth = run_scenario(scenario, oversight=Oversight(is_watched=False)).truth  # hundreds of long runs
    rows = sorted(truth.trailers, key=lambda row: row.arrived_us or 0)[WARM_UP:]
    waits_s = np.array([((row.docked_us or 0) - (row.arrived_us or 0)) / 1e6 for row in rows])
    assert (waits_s >= 0).all()
    return Sample(float(waits_s.mean()), float((waits_s > WAITS_IF_LONGER_S).mean()))


def t_values(cell: Cell, samples: list[Sample]) -> tuple[float, float]:
    """Student's t of mean wait and of the share that waits against theory, standard error across replications."""
    expected = (mean_wait_s(*cell), erlang_c(*cell))
    got = np.array(samples)
    error = got.std(axis=0, ddof=1) / math.sqrt(len(samples))
    wait, share = (got.mean(axis=0) - expected) / error
    return float(wait), float(share)
