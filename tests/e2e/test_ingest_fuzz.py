"""200,000 mutated messages on the backend's doorstep: nothing but our own errors, and a refused one changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest
from msgspec import Struct

from backend.services.site import Settings, SiteBackend
from scenarios.drivers import run_scenario
from scenarios.schema import load_scenario
from tests.fuzzing import Mutant, Mutator, Parent, corpus_of
from twin.clock import US_PER_S
from twin.errors import MessageRefused
from twin.ids import DURABLE_CHANNELS
from twin.messages import codec
from twin.participant import Delivery
from twin.subjects import subject_of

SEED = 20_260_106
MUTANTS_AFTER = {3: 60_000, 12: 60_000, 60: 40_000, 200: 30_000, 500: 10_000}
"""How many mutants meet the backend after so many messages. Later it knows more, and its hash takes longer."""
PARENTS_MAX = 60
COMING = 5
UPLINKS_MAX = 3_000
LIARS = 10
_LIES = ((1, 1), (7, 1), (1, 2), (1, 5))
"""How much is lied, by liar: every so many messages, so many mutants. Few lies reach further into a day."""

assert sum(MUTANTS_AFTER.values()) == 200_000


class Day(Struct):
    """A recorded day: what the backend was told, and what it heard."""

    settings: Settings
    uplinks: list[Delivery]


@pytest.fixture(scope="module")
def recorded() -> Callable[[str], Day]:
    return cache(record)


@pytest.fixture(scope="module")
def day(recorded: Callable[[str], Day]) -> Day:
    return recorded("first_truck")


def record(name: str) -> Day:
    scenario = load_scenario(name)
    site = scenario.day.site
    settings = Settings(site=site, dock_planner=scenario.dock_planner, unload_planner=scenario.unload_planner)
    own = f"/{site.site_id}/backend/{site.backend_id}"
    log = run_scenario(scenario).deliveries
    return Day(settings, [delivery for delivery in log if delivery.message.source != own][:UPLINKS_MAX])


def backend_after(day: Day, heard: int) -> SiteBackend:
    backend = SiteBackend(day.settings)
    for at_us, message in day.uplinks[:heard]:
        backend.deliver(at_us, message)
    return backend


def parents(day: Day, heard: int) -> list[Parent]:
    """What the backend has heard lately, and what it is about to hear."""
    before = [message for _, message in day.uplinks[max(0, heard - PARENTS_MAX) : heard]]
    coming = [message for _, message in day.uplinks[heard:] if message.CHANNEL in DURABLE_CHANNELS]
    return corpus_of(before + coming[:COMING])


def send(backend: SiteBackend, at_us: int, mutant: Mutant, number: int) -> bool:
    """Whether the mutant was taken for a message."""
    before = backend.quarantine.total
    try:
        backend.receive(at_us, mutant.subject, mutant.payload)
    except Exception as error:
        msg = f"mutant {number} of seed {SEED} ({mutant.how}) on {mutant.subject}: {mutant.payload[:2000]!r}"
        raise AssertionError(msg) from error
    return backend.quarantine.total == before


def may_use_up_a_number(mutant: Mutant) -> bool:
    head = codec.peek(mutant.payload, subject=mutant.subject)
    return head is not None and head.channel in DURABLE_CHANNELS


@pytest.mark.parametrize("heard", MUTANTS_AFTER)
def test_a_refused_mutant_changes_nothing_but_a_counter_and_its_sequence(day: Day, heard: int) -> None:
    backend = backend_after(day, heard)
    at_us = day.uplinks[heard - 1].at_us
    snapshot, full_hash, domain_hash = backend.snapshot(), backend.full_hash(), backend.domain_hash()
    mutator = Mutator(seed=SEED + heard, corpus=parents(day, heard))
    outcomes: Counter[str] = Counter()
    for number in range(MUTANTS_AFTER[heard]):
        mutant = mutator.next()
        refused_before = sum(backend.refused.values())
        was_taken = send(backend, at_us, mutant, number)
        if not was_taken:
            assert sum(backend.refused.values()) > refused_before
        if backend.full_hash() == full_hash:
            outcomes["unchanged"] += 1
            continue
        if not was_taken:
            assert may_use_up_a_number(mutant), mutant
            assert backend.domain_hash() == domain_hash, mutant
        outcomes["taken" if was_taken else "number used up"] += 1
        backend = SiteBackend.restore(day.settings, snapshot)
    assert outcomes.total() == MUTANTS_AFTER[heard]
    assert len(outcomes) == 3, "each of the three outcomes was met"


def test_a_day_among_refused_mutants_ends_like_one_without(day: Day) -> None:
    quiet, troubled = SiteBackend(day.settings), SiteBackend(day.settings)
    mutator = Mutator(seed=SEED, corpus=corpus_of(message for _, message in day.uplinks[:200]))
    for at_us, message in day.uplinks:
        for _ in range(5):
            mutant = mutator.next()
            if is_refused(mutant) and not may_use_up_a_number(mutant):
                troubled.receive(at_us, mutant.subject, mutant.payload)
        quiet.deliver(at_us, message)
        subject = subject_of(message)
        troubled.receive(at_us, subject, codec.encode(message))
    assert troubled.quarantine.total > len(day.uplinks)
    assert troubled.full_hash() == quiet.full_hash()
    assert troubled.commit() == quiet.commit()


def is_refused(mutant: Mutant) -> bool:
    try:
        codec.decode(mutant.payload, subject=mutant.subject)
    except MessageRefused:
        return True
    return False


@pytest.mark.parametrize("seed", range(LIARS))
@pytest.mark.parametrize("name", ["first_truck", "robot_dies_holding_a_case", "queue_at_the_gate"])
def test_a_backend_that_believes_every_valid_mutant_still_stands_at_the_end(
    name: str, seed: int, recorded: Callable[[str], Day]
) -> None:
    day = recorded(name)
    backend = SiteBackend(day.settings)
    mutator = Mutator(seed=seed, corpus=corpus_of(message for _, message in day.uplinks))
    every, lies = _LIES[seed % len(_LIES)]
    for number, (at_us, message) in enumerate(day.uplinks):
        for _ in range(lies if number % every == 0 else 0):
            send(backend, at_us, mutator.next(), number)
        backend.deliver(at_us, message)
    backend.advance(day.uplinks[-1].at_us + 2 * 3600 * US_PER_S)
    backend.audit()
    assert SiteBackend.restore(day.settings, backend.snapshot()).full_hash() == backend.full_hash()
