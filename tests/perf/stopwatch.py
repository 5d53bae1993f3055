"""How the benchmark measures: CPU time of this process, each arm in turns with the others, the least of the repeats.

On a shared machine a time by itself says little. The arms of a ratio run in turns within one run, so that what slows
the machine slows all of them, and disturbance only ever adds: the least is what the code costs.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Arm = Callable[[], float]
"""Prepares, runs and returns the CPU microseconds of what is to be measured, and of that alone."""


@contextmanager
def only_own_garbage() -> Iterator[None]:
    """Within, the collector looks at what is made within: what another arm left behind costs this one nothing."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def cpu_us(work: Callable[[], object]) -> float:
    """CPU microseconds of `work`, collection of its garbage included as in any run."""
    began_ns = time.process_time_ns()
    work()
    return (time.process_time_ns() - began_ns) / 1000


def in_turns(arms: Mapping[str, Arm], *, repeats: int) -> dict[str, float]:
    """The least CPU microseconds of each arm; every repeat runs each arm once, every other in the opposite order."""
    taken: dict[str, list[float]] = {name: [] for name in arms}
    for repeat in range(repeats):
        for name in arms if repeat % 2 == 0 else reversed(list(arms)):
            with only_own_garbage():
                taken[name].append(arms[name]())
    return {name: min(times) for name, times in taken.items()}
