"""`python -m tests.soak.faults [SEEDS] [--first SEED] [-n WORKERS]`: random faults on short days, seed after seed.

Every rule holds, nothing is left open, every case is accounted for once, as far as the word of it is not lost for good,
and once the faults are over each truck leaves within twice the time it takes without them. Ends with status 1 if a seed
has a problem, and says the command that repeats it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from typing import NamedTuple

from scenarios.pool import Pool
from tests.e2e.fault_days import KINDS, SEEDS_PER_DAY
from tests.e2e.fault_trials import FACTOR, Verdict, tried
from tests.soak.seed_time import limited
from tests.telling import say
from twin.bus.embedded import EmbeddedServer
from twin.clock import US_PER_S, SystemClock

SEEDS = 10_000
PROGRESS_EVERY_US = 10 * US_PER_S
THOROUGH_EVERY = 50
PROBLEMS_SHOWN = 3


class Job(NamedTuple):
    """Seeds that share a day, and how often one is tried in every way."""

    seeds: range
    thorough_every: int


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.soak.faults", description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=SEEDS, help="how many (default %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default %(default)s)")
    parser.add_argument("-n", "--workers", type=int, default=os.cpu_count() or 1, help="processes (default: the cores)")
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    with Pool(min(given.workers, len(seeds))) as pool:
        campaign = _Campaign(seeds)
        for done in pool.as_they_come(_tried_all, _jobs(seeds)):
            for seed, verdict in done:
                campaign.take(seed, verdict)
        return campaign.close()


def _jobs(seeds: range) -> list[Job]:
    """One a day: its seeds share the run without faults."""
    jobs: list[Job] = []
    at = seeds.start
    while at < seeds.stop:
        end = min((at // SEEDS_PER_DAY + 1) * SEEDS_PER_DAY, seeds.stop)
        jobs.append(Job(range(at, end), THOROUGH_EVERY if len(seeds) > 1 else 1))
        at = end
    return jobs


def _tried_all(job: Job) -> list[tuple[int, Verdict]]:
    verdicts: list[tuple[int, Verdict]] = []
    for seed in job.seeds:
        with limited():
            verdicts.append((seed, _tried(seed, is_thorough=seed % job.thorough_every == 0)))
    return verdicts


def _tried(seed: int, *, is_thorough: bool) -> Verdict:
    if not is_thorough:
        return tried(seed)
    with EmbeddedServer() as server:  # one of its own: another run on it would be heard
        return tried(seed, is_thorough=True, nats_url=server.url)


class _Campaign:
    """What was found so far."""

    def __init__(self, seeds: range) -> None:
        self._clock = SystemClock()
        self._began_us = self._told_us = self._clock.steady_us()
        self._seeds = seeds
        self._done = 0
        self._failed: list[int] = []
        self._struck: Counter[str] = Counter()
        self._raised: Counter[str] = Counter()
        self._share, self._slowest = 0.0, seeds.start

    def take(self, seed: int, verdict: Verdict) -> None:
        """One more seed is done."""
        self._done += 1
        self._struck += verdict.struck
        self._raised += verdict.raised
        self._share, self._slowest = max((self._share, self._slowest), (verdict.share, seed))
        if verdict.problems:
            self._failed.append(seed)
            say(f"seed {seed}: {len(verdict.problems)} problems")
            for problem in verdict.problems[:PROBLEMS_SHOWN]:
                say(f"  {problem}")
            say(f"  again: .venv/bin/python -m tests.soak.faults 1 --first {seed}")
        if self._clock.steady_us() - self._told_us >= PROGRESS_EVERY_US:
            self._told_us = self._clock.steady_us()
            say(f"{self._done} of {len(self._seeds)} seeds, {len(self._failed)} with problems")

    def close(self) -> int:
        """Say all that was found; returns the status to end with."""
        minutes = (self._clock.steady_us() - self._began_us) / US_PER_S / 60
        say(
            f"{self._done} seeds from {self._seeds.start} in {minutes:.1f} min: {len(self._failed)} with problems; "
            f"{self._struck.total()} faults struck, {self._raised.total()} exceptions were raised"
        )
        say(f"faults that struck: {_counts(self._struck)}")
        say(f"exceptions raised: {_counts(self._raised)}")
        say(
            f"slowest truck, after its faults were over: {FACTOR * self._share:.2f} times its time without faults, "
            f"{FACTOR} allowed (seed {self._slowest})"
        )
        if missing := [kind for kind in KINDS if not self._struck[kind]]:
            say(f"never struck: {', '.join(missing)}")
        if self._failed:
            say(f"seeds with problems: {', '.join(map(str, sorted(self._failed)))}")
        return 1 if self._failed else 0


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
