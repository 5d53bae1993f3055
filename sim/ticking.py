"""Who says how it is every so often: one clock for all of the dock's equipment, staggered so that few speak at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernel import Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel import Kernel, Steps


class Ticker:
    """Calls `report` every `period_us`, the first time after `share` (0 to 1) of a period.

    The world ticks everything that has a `report()`; nothing begins to tick by itself.
    """

    __slots__ = ()

    def __init__(self, kernel: Kernel, period_us: int, share: float, report: Callable[[], object]) -> None:
        Script(kernel, _ticks(period_us, share, report)).start()


def _ticks(period_us: int, share: float, report: Callable[[], object]) -> Steps:
    yield int(period_us * share)
    while True:
        report()
        yield period_us


def tick_all(kernel: Kernel, period_us: int, *reports: Callable[[], object]) -> None:
    """Tick all of these, spread evenly over a period in the order given."""
    for number, report in enumerate(reports, 1):
        Ticker(kernel, period_us, number / (len(reports) + 1), report)
