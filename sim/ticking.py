"""Who says how it is every so often. The dock's equipment has one clock, staggered so that few speak at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kernel import Script

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel import Kernel, Steps


def _for_ever() -> bool:
    return True


def tick(
    kernel: Kernel,
    report: Callable[[], object],
    *,
    period_us: int,
    first_us: int,
    while_: Callable[[], bool] = _for_ever,
) -> None:
    """Call `report` in `first_us` and then every `period_us`, until `while_` says no when it is due."""

    def ticks() -> Steps:
        yield first_us
        while while_():
            report()
            yield period_us

    Script(kernel, ticks()).start()


def tick_all(kernel: Kernel, period_us: int, *reports: Callable[[], object]) -> None:
    """Tick all of these for ever, spread evenly over a period in the order given."""
    for number, report in enumerate(reports, 1):
        tick(kernel, report, period_us=period_us, first_us=int(period_us * (number / (len(reports) + 1))))
