"""A lockstep run that breaks ends as an error of the transport, never as a verdict, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backend.services.site import Settings
from scenarios.drivers import run_scenario
from scenarios.lockstep import run_lockstep
from scenarios.run_log import ProgressTeller, RunLog
from scenarios.schema import load_scenario
from sim.world import World
from twin.bus.embedded import EmbeddedServer
from twin.clock import SystemClock
from twin.errors import EXIT_OUR_FAULT, StallError

if TYPE_CHECKING:
    from scenarios.model import Scenario
    from scenarios.run_log import Progress

PROMPT_S = 10.0
"""Well below the hang guard's 60 s."""


def _settings(scenario: Scenario) -> Settings:
    return Settings(site=scenario.day.site, dock_planner=scenario.dock_planner, unload_planner=scenario.unload_planner)


def _children(*names: bytes) -> list[int]:
    """Our child processes whose command line has one of these names; a test before us may have left a pool."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [int(pid) for pid in children if any(it in Path(f"/proc/{pid}/cmdline").read_bytes() for it in names)]


def _left_running() -> list[int]:
    return _children(b"backend.host", b"nats-server")


def test_a_killed_backend_ends_the_run_at_once_with_exit_status_3() -> None:
    killed_us: list[int] = []

    def kill_once(progress: Progress) -> None:
        if not killed_us and progress.cases_placed > 20:
            (host,) = _children(b"backend.host")
            os.kill(host, signal.SIGKILL)
            killed_us.append(SystemClock().steady_us())

    with pytest.raises(StallError, match="killed by signal 9 in the middle of the run") as caught:
        run_scenario(load_scenario("first_truck"), driver="lockstep", progress=kill_once)
    assert SystemClock().steady_us() - killed_us[0] < PROMPT_S * 1e6
    assert caught.value.exit_status == EXIT_OUR_FAULT
    assert _left_running() == []


def test_a_backend_that_somebody_else_started_and_that_falls_silent_ends_at_the_hang_guard() -> None:
    scenario = load_scenario("first_truck")

    async def run(url: str) -> None:
        world = World(scenario.day)
        await run_lockstep(
            world,
            _settings(scenario),
            RunLog(),
            url=url,
            windows=True,
            hang_guard_s=0.5,
            teller=ProgressTeller(world, None),
            starts_backend=False,
        )

    with EmbeddedServer() as server, pytest.raises(StallError, match=r"did not answer within 0\.5 s"):
        asyncio.run(run(server.url))


def test_nothing_is_left_running_after_a_run() -> None:
    run_scenario(load_scenario("first_truck"), driver="lockstep")
    assert _left_running() == []
