"""Reports every period, spread over it."""

from __future__ import annotations

from sim.kernel import Kernel
from sim.ticking import tick, tick_all


def run(kernel: Kernel, until_us: int) -> None:
    while kernel.next_us < until_us:
        kernel.step()


def test_it_reports_every_period_from_the_first_instant_on() -> None:
    kernel = Kernel(1000)
    told: list[int] = []
    tick(kernel, lambda: told.append(kernel.now_us), period_us=100, first_us=30)
    run(kernel, 1330)
    assert told == [1030, 1130, 1230]


def test_it_reports_no_more_once_its_time_is_over() -> None:
    kernel = Kernel(0)
    told: list[int] = []
    tick(kernel, lambda: told.append(kernel.now_us), period_us=100, first_us=30, while_=lambda: len(told) < 2)
    run(kernel, 1000)
    assert told == [30, 130]


def test_things_that_tick_together_are_spread_over_the_period_in_order() -> None:
    kernel = Kernel(0)
    told: list[tuple[str, int]] = []
    tick_all(kernel, 90, lambda: told.append(("a", kernel.now_us)), lambda: told.append(("b", kernel.now_us)))
    run(kernel, 150)
    assert told == [("a", 30), ("b", 60), ("a", 120)]
