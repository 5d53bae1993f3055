"""A story that no file can tell: in the middle of the day the backend is gone, and another takes over its site.

The successor begins from the last snapshot, or from the ledger alone, under the next epoch and boot. The radio is slow
and uneven, so that commands of the first backend are still under way when those of the second arrive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from msgspec.structs import replace

from backend.services.ledger import TimerFired
from backend.services.settings import Settings
from backend.services.site import SiteBackend
from backend.store.memory import MemoryLedger
from scenarios.run_log import RunLog
from scenarios.run_loop import Answer, Window, run_loop
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge
from sim.world import World
from tests.e2e.driven import result_of, settings_of
from twin.participant import Delivery

How = Literal["snapshot", "ledger"]
When = Callable[[SiteBackend, Window], bool]

STALE = "a late command of the first backend is refused by the epoch of the second"
DAY = f"""\
# The backend fails as twelve trailers are given their doors; another takes over, on a slow and uneven radio.
site:
  id: bos1
  doors: 12
  robots: 4
  link: {{jitter: 200 ms, loss: 10 %, duplication: 10 %, reordering: 50 %, reordering_delay: 1500 ms}}
start: 2026-01-05 06:00
seed: 7
trailers:
  - {{id: t, count: 12, arrivals: even, mean_gap: 100 ms, arrives: 06:05, cases: 20}}
expect:
  - every_trailer: departed
    by: 06:50
  - every_case: [received, manual, damaged, refused]
  - name: {STALE}
    eventually: command.rejected.v1
    where: {{code: epoch_stale}}
  - kpi: cases_short
    at_most: 0
"""
UNANSWERED = 6
"""The story's first backend fails as soon as so many of its commands wait for an answer."""


class Failover(NamedTuple):
    """What came of a day with a failover: its verdict, and the first backend as it was left."""

    verdict: Verdict
    first: SiteBackend


def has_unanswered(backend: SiteBackend, _window: Window) -> bool:
    """Whether the first backend has sent `UNANSWERED` commands of which it has heard nothing."""
    return sum(record.status == "sent" for record in backend.state.commands.values()) >= UNANSWERED


def run_with_failover(how: How, *, fails: When = has_unanswered, seed: int | None = None) -> Failover:
    """The day, with a failover after the first window of which `fails` says so; `how`: what the successor goes by."""
    scenario = scenario_from_text(DAY, "failover.yaml", seed=seed)
    world = World(scenario.day)
    ledger = MemoryLedger()
    first = backend = SiteBackend(settings_of(scenario, recheck_every=1), ledger)
    log = RunLog()
    loop = run_loop(world)
    window = next(loop)
    while True:
        published = backend.handle_window(window.uplinks, window.until_us)
        log.add(window.uplinks, published)
        if window.is_last:
            break
        if backend is first and fails(first, window):
            backend = successor(first, ledger, how)
            backend.take_over(window.until_us)
            taken_over = backend.commit()
            _check_taken_over(backend, taken_over)
            log.add([], taken_over)
            published = published + taken_over
        window = loop.send(Answer(published, backend.next_time()))
    assert backend is not first, "the day was over before the first backend failed"
    result = result_of(scenario, world, log, backend, before=first)
    return Failover(judge(result), first)


def _check_taken_over(backend: SiteBackend, taken_over: list[Delivery]) -> None:
    """What nobody has answered goes out again at once, under the new epoch; nobody has caused it but the failover."""
    unanswered = [it.command for it in backend.state.commands.values() if it.status == "sent"]
    said = {message.id for _, message in taken_over}
    assert all(command.id in said for command in unanswered), "a command of the first backend is not issued anew"
    assert all(command.data.epoch == backend.state.epoch for command in unanswered)
    assert all(message.causationid is None for _, message in taken_over), "nothing that was heard is the cause of it"


def successor(first: SiteBackend, ledger: MemoryLedger, how: How) -> SiteBackend:
    """The backend that goes on where `first` stopped, under the next epoch and boot."""
    rebuilt = first if how == "snapshot" else replayed(first.settings, ledger)
    assert rebuilt.full_hash() == first.full_hash()
    settings = replace(first.settings, epoch=first.settings.epoch + 1, boot=first.settings.boot + 1)
    return SiteBackend.restore(settings, rebuilt.snapshot(), ledger)


def replayed(settings: Settings, ledger: MemoryLedger) -> SiteBackend:
    """A backend that is told again what the ledger has; its timers fire by themselves, as they did."""
    backend = SiteBackend(settings)
    fired: list[tuple[int, str]] = []
    end_us = 0
    for it in ledger.inputs():
        end_us = it.at_us
        if isinstance(it, TimerFired):
            fired.append((it.at_us, it.name))
        else:
            assert isinstance(it, Delivery), "nothing is refused in this story"
            backend.deliver(it.at_us, it.message)
    backend.advance(end_us + 1)
    assert backend.take_timers_fired() == fired
    assert backend.commit() == [said for batch in ledger.batches for said in batch.outputs]
    return backend


def run() -> Verdict:
    """The verdict of the story, with a successor that goes by the snapshot."""
    return run_with_failover("snapshot").verdict
