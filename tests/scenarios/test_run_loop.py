"""The loop that brings simulator and backend together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from scenarios.run_loop import STANDSTILLS_MAX, run_loop
from sim.world import World


def test_a_run_in_which_time_stands_still_is_broken_off() -> None:
    world = SimpleNamespace(
        site=SimpleNamespace(decision_latency_us=1),
        uplink_least_us=1,
        downlink_least_us=1,
        end_us=None,
        first_arrival=lambda: 2,
        advance=lambda _: 5,
        take_arrivals=lambda _: [],
    )
    with pytest.raises(AssertionError, match=f"time stands still at 6 us: {STANDSTILLS_MAX + 1} windows end there"):
        next(run_loop(cast("World", world)))
