from __future__ import annotations

from collections.abc import Generator

import pytest
import simpy

from sim.kernel import Kernel, Script, Step
from twin.clock import NEVER_US

Log = list[tuple[int, object]]


def run(kernel: Kernel) -> None:
    while kernel.next_us < NEVER_US:
        kernel.step()


def test_the_clock_starts_at_the_day_and_counts_whole_microseconds() -> None:
    kernel = Kernel(1_000)
    seen: list[int] = []
    kernel.after(7, lambda: seen.append(kernel.now_us))
    run(kernel)
    assert seen == [1_007]
    assert type(kernel.now_us) is int


def test_a_kernel_without_events_waits_for_ever() -> None:
    assert Kernel(5).next_us == NEVER_US


def test_the_clock_can_be_set_between_events_and_delays_count_from_there() -> None:
    kernel = Kernel(0)
    seen: list[int] = []
    kernel.after(100, lambda: None)
    kernel.set_clock(40)
    kernel.after(10, lambda: seen.append(kernel.now_us))
    run(kernel)
    assert seen == [50]


@pytest.mark.parametrize("to_us", [9, 31])
def test_the_clock_neither_goes_back_nor_jumps_over_an_event(to_us: int) -> None:
    kernel = Kernel(10)
    kernel.after(20, lambda: None)
    with pytest.raises(AssertionError):
        kernel.set_clock(to_us)


@pytest.mark.parametrize(("duration_us", "rounded_us"), [(0, 0), (1, 20), (20, 20), (21, 40)])
def test_every_duration_is_rounded_up_to_the_grid(duration_us: int, rounded_us: int) -> None:
    assert Kernel(0, grid_us=20).rounded_us(duration_us) == rounded_us


def test_a_script_works_for_as_long_as_it_says_on_the_grid() -> None:
    kernel, log = Kernel(0, grid_us=20), Log()

    def steps() -> Generator[Step, object, None]:
        yield 15
        log.append((kernel.now_us, "first"))
        yield 21
        log.append((kernel.now_us, "second"))

    Script(kernel, steps()).start()
    run(kernel)
    assert log == [(20, "first"), (60, "second")]


def test_work_that_takes_no_time_ends_at_once() -> None:
    kernel, log = Kernel(3), Log()

    def steps() -> Generator[Step, object, None]:
        yield 0
        log.append((kernel.now_us, "done"))

    Script(kernel, steps()).start()
    assert log == [(3, "done")]


def waiting(kernel: Kernel, event: simpy.Event, log: Log) -> Generator[Step, object, None]:
    value = yield event
    log.append((kernel.now_us, value))


def test_a_wait_gives_back_the_value_of_its_event() -> None:
    kernel, log = Kernel(0), Log()
    event = kernel.event()
    Script(kernel, waiting(kernel, event, log)).start()
    kernel.after(8, lambda: event.succeed("mail"))
    run(kernel)
    assert log == [(8, "mail")]


def test_a_wait_for_what_has_happened_already_goes_on_at_once() -> None:
    kernel, log = Kernel(0), Log()
    event = kernel.event().succeed("old")
    run(kernel)
    Script(kernel, waiting(kernel, event, log)).start()
    assert log == [(0, "old")]


def worker(kernel: Kernel, log: Log) -> Generator[Step, object, None]:
    yield 100
    log.append((kernel.now_us, "done"))


def test_frozen_work_goes_on_after_the_thaw_where_it_stopped() -> None:
    kernel, log = Kernel(0), Log()
    script = Script(kernel, worker(kernel, log))
    script.start()
    kernel.after(30, script.freeze)
    kernel.after(250, script.thaw)
    run(kernel)
    assert log == [(320, "done")]


def test_what_happens_to_a_frozen_wait_is_answered_after_the_thaw() -> None:
    kernel, log = Kernel(0), Log()
    event = kernel.event()
    script = Script(kernel, waiting(kernel, event, log))
    script.start()
    script.freeze()
    kernel.after(5, lambda: event.succeed("mail"))
    kernel.after(9, script.thaw)
    run(kernel)
    assert log == [(9, "mail")]


def test_freezing_twice_and_thawing_once_is_enough() -> None:
    kernel, log = Kernel(0), Log()
    script = Script(kernel, worker(kernel, log))
    script.start()
    kernel.after(10, script.freeze)
    kernel.after(20, script.freeze)
    kernel.after(30, script.thaw)
    kernel.after(40, script.thaw)
    run(kernel)
    assert log == [(120, "done")]


class FaultError(Exception):
    """What tests throw."""


def stubborn(kernel: Kernel, log: Log) -> Generator[Step, object, None]:
    try:
        yield 100
        log.append((kernel.now_us, "not stopped"))
    except FaultError:
        yield 40
        log.append((kernel.now_us, "recovered"))


def test_a_fault_takes_the_place_of_the_work_and_its_stale_wake_up_is_ignored() -> None:
    kernel, log = Kernel(0), Log()
    script = Script(kernel, stubborn(kernel, log))
    script.start()
    kernel.after(70, lambda: script.throw(FaultError()))
    run(kernel)
    assert log == [(110, "recovered")]


def test_a_fault_does_not_thaw_a_frozen_script() -> None:
    kernel, log = Kernel(0), Log()
    script = Script(kernel, stubborn(kernel, log))
    script.start()
    kernel.after(10, script.freeze)
    kernel.after(20, lambda: script.throw(FaultError()))
    kernel.after(500, script.thaw)
    run(kernel)
    assert log == [(540, "recovered")]


def test_a_script_that_lets_the_fault_through_has_ended() -> None:
    kernel, log = Kernel(0), Log()
    script = Script(kernel, worker(kernel, log))
    script.start()
    script.throw(FaultError())
    run(kernel)
    assert log == []


def test_a_bug_in_a_script_is_not_swallowed() -> None:
    kernel = Kernel(0)

    def steps() -> Generator[Step, object, None]:
        yield 1
        raise KeyError

    Script(kernel, steps()).start()
    with pytest.raises(KeyError):
        run(kernel)
