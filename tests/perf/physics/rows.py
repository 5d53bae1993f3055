"""The rows of the physics."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from tests.perf.hot_spots import dearest, sampled
from tests.perf.physics.episodes import Cost, Episodes
from tests.perf.physics.trailer import CYCLE_S, Trailer, unload
from tests.perf.rows import Measured, measured
from tests.perf.stopwatch import cpu_us

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.perf.days import Size


def physics_rows(size: Size) -> dict[str, Measured]:
    """Those of the episodes, and those of a whole trailer in a process of its own."""
    cost = Episodes(cases=size.physics_front_cases, pulls=size.physics_pulls).cost(repeats=size.physics_repeats)
    command = [sys.executable, "-m", "tests.perf.physics.trailer", str(size.physics_cases)]
    trailer = msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout, type=Trailer)
    return {**_episode_rows(cost, size.physics_front_cases), **trailer_rows(trailer)}


def _episode_rows(cost: Cost, cases: int) -> dict[str, Measured]:
    return {
        "physics_episode_vs_bare": measured(
            "physics_episode_vs_bare",
            cost.episode_us / cost.bare_us,
            f"{cost.episodes} episodes of {cost.episode_us / cost.episodes / 1000:.0f} ms and "
            f"{cost.steps / cost.episodes:,.0f} steps on average; {cases} mixed cases",
        ),
        "physics_build_share": measured(
            "physics_build_share",
            cost.build_us / cost.episode_us,
            f"{cost.build_us / cost.episodes / 1000:.1f} ms an episode",
        ),
    }


def trailer_rows(trailer: Trailer) -> dict[str, Measured]:
    """What one trailer says; all of it has to be out."""
    assert trailer.picks >= trailer.cases, "all was taken out"
    work_s = trailer.picking_s + trailer.choosing_s
    what = f"{trailer.cases:,} mixed cases, {trailer.picks:,} picks, {trailer.episodes:,} of which needed an episode"
    return {
        "physics_day_speed": measured(
            "physics_day_speed",
            trailer.picks * CYCLE_S / work_s,
            f"{what}; {trailer.picks * CYCLE_S:,.0f} s at {CYCLE_S:.1f} s a pick in {work_s:.0f} s of CPU, of which "
            f"{trailer.choosing_s:.0f} s for what is seen; settled before, in {trailer.settling_s:.0f} s",
        ),
        "physics_vs_naive": measured(
            "physics_vs_naive",
            trailer.naive_s / work_s,
            f"{trailer.naive_s:,.0f} s of CPU by samples: {trailer.naive_step_ms[0]:.1f} ms a step full, "
            f"{trailer.naive_step_ms[-1]:.1f} ms nearly empty",
        ),
        "physics_memory_mib": measured("physics_memory_mib", trailer.peak_mib, f"{what}; settling included"),
    }


def physics_hot_spots(size: Size) -> list[str]:
    """Lines to print: the dearest functions of episodes, and of a trailer smaller than that of the rows."""
    episodes = Episodes(cases=size.physics_front_cases, pulls=size.physics_pulls)
    parts: dict[str, Callable[[], float]] = {
        "episodes": episodes.play_all,
        "a trailer, settling included": lambda: cpu_us(lambda: unload(size.physics_front_cases)),
    }
    lines: list[str] = []
    for title, play in parts.items():
        lines += ["", f"{title}: percent of its CPU", *dearest(sampled(play), 100.0)]
    return lines
