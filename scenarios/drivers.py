"""Drivers: they bring simulator and backend together and keep the log. Inline in one process, lockstep in two."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from backend.hang_guard import HangGuard
from backend.restarts import backend_of
from backend.services.settings import Settings
from scenarios.conformance import offences
from scenarios.lockstep import run_lockstep
from scenarios.mirror import Mirror
from scenarios.run_log import ProgressTeller, RunLog
from scenarios.run_loop import Answer, run_loop
from scenarios.skips import violations_of
from sim.physics.choose import ALONE
from sim.truth import PhysicsReport
from sim.world import World
from twin.bus.address import loopback_only
from twin.bus.embedded import EmbeddedServer
from twin.clock import US_PER_S, SystemClock
from twin.run_control import HANG_GUARD_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.restarts import RestartingBackend
    from backend.services.site import SiteBackend
    from scenarios.model import Scenario
    from scenarios.run_log import Progress
    from sim.physics.choose import Means
    from sim.truth import Truth
    from twin.participant import Delivery
    from twin.run_control import Violation

Driver = Literal["inline", "lockstep"]


class Oversight(Struct, frozen=True, kw_only=True):
    """How closely a run is looked at while it goes on. None of it changes what happens, nor the digest.

    By default as every run of a user is.
    """

    is_watched: bool = True
    """What the backend says is held against the contract, and what it believes, inline, where both can be seen, against
    what is so."""
    recheck_every: int | None = None
    """After so many inputs the backend looks again whether it has left anything undone."""
    rebuild_every: int | None = None
    """After so many inputs the backend is rebuilt from its snapshot."""
    windows: bool = True
    """Time is granted window by window; else instant by instant."""


_AS_EVER = Oversight()


class RunResult(Struct, kw_only=True):
    """What a run leaves behind, before anyone judges it."""

    scenario: Scenario
    driver: Driver
    digest: str
    deliveries: list[Delivery]
    """Every message with its bus time, in canonical order."""
    timers: list[tuple[int, str]]
    """What the backend handled besides messages: (instant, name), in order; at one instant after the messages."""
    inputs_checked: int
    violations: list[Violation]
    truth: Truth
    physics: PhysicsReport = PhysicsReport()
    start_us: int
    end_us: int
    wall_s: float = 0.0
    nats_version: str | None = None
    notices: tuple[str, ...] = ()
    """What people should know of the machine's part in the run: nothing of it changed what happened."""


def run_scenario(
    scenario: Scenario,
    *,
    driver: Driver = "inline",
    nats_url: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    hang_guard_s: float = HANG_GUARD_S,
    oversight: Oversight = _AS_EVER,
    means: Means = ALONE,
) -> RunResult:
    """Run a scenario to its end; `means`: what it may use of this machine.

    Raises ConfigError for a planner or server that cannot be used, TransportError or DivergenceError when it breaks.
    """
    clock = SystemClock()
    began_us = clock.steady_us()
    with closing(World(scenario.day, means=means)) as world:
        result = _run(
            world,
            scenario,
            driver=driver,
            nats_url=nats_url,
            progress=progress,
            hang_guard_s=hang_guard_s,
            oversight=oversight,
        )
        result.notices = world.notices
    result.wall_s = (clock.steady_us() - began_us) / US_PER_S
    return result


def _run(
    world: World,
    scenario: Scenario,
    *,
    driver: Driver,
    nats_url: str | None,
    progress: Callable[[Progress], None] | None,
    hang_guard_s: float,
    oversight: Oversight,
) -> RunResult:
    settings = Settings(
        site=scenario.day.site,
        dock_planner=scenario.dock_planner,
        unload_planner=scenario.unload_planner,
        rebuild_every=oversight.rebuild_every,
        recheck_every=oversight.recheck_every,
        restarts_us=_restarts_us(scenario),
    )
    log = RunLog()
    teller = ProgressTeller(world, progress)
    windows, nats_version = oversight.windows, None
    if driver == "inline":
        backend = backend_of(settings)
        mirror = Mirror(world, backend, start_us=scenario.day.start_us) if oversight.is_watched else None
        _run_inline(world, backend, log, mirror, windows=windows, hang_guard_s=hang_guard_s, teller=teller)
        inputs_checked, violations = backend.invariants_checked, backend.violations
        if mirror is not None:
            violations = violations + mirror.violations
    else:
        with ExitStack() as stack:
            if nats_url is None:
                server = stack.enter_context(EmbeddedServer())
                nats_url, nats_version = server.url, server.version
            loopback_only(nats_url)
            reported = asyncio.run(
                run_lockstep(
                    world, settings, log, url=nats_url, windows=windows, hang_guard_s=hang_guard_s, teller=teller
                )
            )
        inputs_checked, violations = reported.inputs_checked, reported.violations
    assert world.end_us is not None
    physics = world.physics_report()
    violations = violations + violations_of(physics, end_us=world.end_us)
    return RunResult(
        scenario=scenario,
        driver=driver,
        digest=log.digest.hexdigest(),
        deliveries=log.deliveries,
        timers=log.timers,
        inputs_checked=inputs_checked,
        violations=violations + (offences(log.deliveries) if oversight.is_watched else []),
        truth=world.truth(),
        physics=physics,
        start_us=scenario.day.start_us,
        end_us=world.end_us,
        nats_version=nats_version,
    )


def _restarts_us(scenario: Scenario) -> tuple[int, ...]:
    """When the timeline has the backend restart."""
    return tuple(
        [
            action.trigger.at_us
            for action in scenario.day.timeline
            if action.fault == "backend_restarts" and action.trigger.at_us is not None
        ]
    )


def _run_inline(
    world: World,
    backend: SiteBackend | RestartingBackend,
    log: RunLog,
    mirror: Mirror | None = None,
    *,
    windows: bool,
    hang_guard_s: float,
    teller: ProgressTeller,
) -> None:
    loop = run_loop(world, windows=windows)
    window = next(loop)
    with HangGuard(lambda: backend.planner_asked, limit_s=hang_guard_s):
        while True:
            published = backend.handle_window(window.uplinks, window.until_us)
            log.add(window.uplinks, published)
            teller.window_is_done(window.until_us, log.exceptions_open)
            if mirror is not None and (window.until_us >= mirror.next_us or window.is_last):
                mirror.look(window.until_us)
            if window.is_last:
                break
            window = loop.send(Answer(published, backend.next_time()))
    backend.audit()
    log.timers += backend.take_timers_fired()
