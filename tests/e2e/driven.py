"""Days that a story drives itself, window by window: with its own backend, or one that hears what it should not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.services.settings import Settings
from scenarios.conformance import offences
from scenarios.drivers import RunResult
from scenarios.run_log import RunLog
from scenarios.run_loop import Answer, run_loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.restarts import RestartingBackend
    from backend.services.site import SiteBackend
    from scenarios.model import Scenario
    from sim.world import World
    from twin.messages.envelope import Message
    from twin.participant import Delivery


def settings_of(scenario: Scenario, *, recheck_every: int | None = None, restarts_us: tuple[int, ...] = ()) -> Settings:
    """What the backend of a scenario is told."""
    return Settings(
        site=scenario.day.site,
        dock_planner=scenario.dock_planner,
        unload_planner=scenario.unload_planner,
        recheck_every=recheck_every,
        restarts_us=restarts_us,
    )


def driven(
    scenario: Scenario,
    world: World,
    backend: SiteBackend | RestartingBackend,
    hear: Callable[[int, Message], None],
) -> tuple[RunResult, list[Delivery]]:
    """The day and all that the backend has said; `hear` hands it a message at its instant, in whatever way."""
    log, loop = RunLog(), run_loop(world)
    said: list[Delivery] = []
    window = next(loop)
    while True:
        for at_us, message in window.uplinks:
            hear(at_us, message)
        published = backend.finish_window(window.until_us)
        log.add(window.uplinks, published)
        said += published
        if window.is_last:
            break
        window = loop.send(Answer(published, backend.next_time()))
    return result_of(scenario, world, log, backend), said


def result_of(
    scenario: Scenario,
    world: World,
    log: RunLog,
    backend: SiteBackend | RestartingBackend,
    *,
    before: SiteBackend | None = None,
) -> RunResult:
    """What a day leaves behind that has been driven to its end; `before`: the backend that this one has followed."""
    backend.audit()
    assert world.end_us is not None
    timers, violations = backend.take_timers_fired(), list(backend.violations)
    if before is not None:
        timers, violations = before.take_timers_fired() + timers, before.violations + violations
    return RunResult(
        scenario=scenario,
        driver="inline",
        digest=log.digest.hexdigest(),
        deliveries=log.deliveries,
        timers=timers,
        inputs_checked=backend.invariants_checked,
        violations=violations + offences(log.deliveries),
        truth=world.truth(),
        start_us=scenario.day.start_us,
        end_us=world.end_us,
        wall_s=0.0,
    )
