"""The lockstep rows: a library scenario over NATS against as many empty exchanges with a backend that does nothing.

Both go through the driver's own `exchange`, over one server, each with the backend's side in a process of its own. They
take turns, a block of exchanges each, so that what slows the machine slows both; wall time, the starts left out.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from backend.services.site import Settings
from scenarios.drivers import run_scenario
from scenarios.lockstep import LockstepDriver, backend_process
from scenarios.run_log import RunLog
from scenarios.run_loop import Window, run_loop
from scenarios.schema import load_scenario
from sim.world import World
from tests.perf.days import steady_day
from tests.perf.rows import Measured, measured
from tests.perf.stopwatch import cpu_us, in_turns
from twin.bus.embedded import EmbeddedServer
from twin.bus.nats import NatsBus
from twin.clock import US_PER_S
from twin.subjects import whole_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scenarios.model import Scenario
    from tests.perf.days import Size

BLOCK_EXCHANGES = 200
_HANG_GUARD_S = 60.0


class Pair(NamedTuple):
    """A lockstep run and as many empty exchanges: seconds of wall time of each."""

    lockstep_s: float
    empty_s: float
    exchanges: int
    digest: str


class LockstepSide:
    """A scenario, exchange by exchange."""

    def __init__(self, driver: LockstepDriver, world: World) -> None:
        self._driver = driver
        self._loop = run_loop(world)
        self._window = next(self._loop)
        self.log = RunLog()
        self.exchanges = 0
        self.is_over = False

    async def play(self, exchanges: int) -> None:
        """At most so many exchanges."""
        until = self.exchanges + exchanges
        while self.exchanges < until and not self.is_over:
            answer = await self._driver.exchange(self._window, self.log)
            self.exchanges += 1
            if self._window.is_last:
                self.is_over = True
            else:
                self._window = self._loop.send(answer)


class EmptySide:
    """Exchanges in which nothing is said and nothing done."""

    def __init__(self, driver: LockstepDriver, world: World) -> None:
        self._driver = driver
        self._at_us = world.next_time()
        self._log = RunLog()

    async def play(self, exchanges: int, *, then_end: bool) -> None:
        """So many exchanges; the last one ends the run if `then_end`."""
        for number in range(1, exchanges + 1):
            self._at_us += 1
            is_last = then_end and number == exchanges
            answer = await self._driver.exchange(Window(self._at_us, [], is_last), self._log)
            assert not answer.published


async def paired_run(scenario: Scenario, url: str) -> Pair:
    """Both sides in turns."""
    world, nothing = World(scenario.day), World(steady_day(trailers=[], doors=1, cases=0))
    settings = Settings(
        site=scenario.day.site, dock_planner=scenario.dock_planner, unload_planner=scenario.unload_planner
    )
    async with AsyncExitStack() as stack:
        driver = await _driver(stack, world, url)
        empty_driver = await _driver(stack, nothing, url)
        await stack.enter_async_context(backend_process(url, settings, hang_guard_s=_HANG_GUARD_S))
        await stack.enter_async_context(_answering_at_once(url, nothing.site.site_id))
        await driver.meet()
        await empty_driver.meet()
        lockstep, empty = LockstepSide(driver, world), EmptySide(empty_driver, nothing)
        lockstep_s = empty_s = 0.0
        while not lockstep.is_over:
            played = lockstep.exchanges
            began = time.perf_counter()
            await lockstep.play(BLOCK_EXCHANGES)
            between = time.perf_counter()
            await empty.play(lockstep.exchanges - played, then_end=lockstep.is_over)
            lockstep_s += between - began
            empty_s += time.perf_counter() - between
    assert not driver.violations, driver.violations
    return Pair(lockstep_s, empty_s, lockstep.exchanges, lockstep.log.digest.hexdigest())


async def _driver(stack: AsyncExitStack, world: World, url: str) -> LockstepDriver:
    bus = await stack.enter_async_context(NatsBus(url, name=f"simulator-{world.site.site_id}"))
    inbox = await bus.subscribe(whole_site(world.site.site_id))
    return LockstepDriver(bus, inbox, world, hang_guard_s=_HANG_GUARD_S)


@asynccontextmanager
async def _answering_at_once(url: str, site_id: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.perf.answers_at_once", url, site_id, stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    try:
        yield
    finally:
        process.stdin.close()
        status = await process.wait()
    assert status == 0, "it has answered the last grant"


def lockstep_rows(size: Size) -> dict[str, Measured]:
    """Rows about a run over NATS, and the speed of the same scenario inline."""
    scenario = load_scenario(size.lockstep_scenario)
    inline = run_scenario(scenario)
    inline_us = in_turns({"run": lambda: cpu_us(lambda: run_scenario(scenario))}, repeats=size.lockstep_repeats)["run"]
    with EmbeddedServer() as server:
        pairs = [asyncio.run(paired_run(scenario, server.url)) for _ in range(size.lockstep_repeats)]
    assert {pair.digest for pair in pairs} == {inline.digest}, "inline and lockstep give one digest"
    ratios = sorted(pair.empty_s / pair.lockstep_s for pair in pairs)
    exchanges = pairs[0].exchanges
    lockstep_s = min(pair.lockstep_s for pair in pairs)
    simulated_s = (inline.end_us - inline.start_us) / US_PER_S
    return {
        "lockstep_vs_empty": measured(
            "lockstep_vs_empty",
            statistics.median(ratios),
            f"{scenario.name}, {exchanges:,} exchanges of {lockstep_s / exchanges * US_PER_S:.0f} us for "
            f"{len(inline.deliveries):,} messages; {len(ratios)} pairs from {ratios[0]:.2f} to {ratios[-1]:.2f}",
        ),
        "simulated_s_per_s_inline": measured(
            "simulated_s_per_s_inline",
            simulated_s / inline_us * US_PER_S,
            f"{scenario.name}, {simulated_s:,.0f} s; CPU time, the filling of the trailers included",
        ),
        "simulated_s_per_s_lockstep": measured(
            "simulated_s_per_s_lockstep",
            simulated_s / lockstep_s,
            f"{scenario.name}; wall time, the start of the backend's process left out",
        ),
    }
