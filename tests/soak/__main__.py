"""`python -m tests.soak [SEEDS] [--first SEED]`: random scenarios, one after the other, each on trial.

Ends with status 1 if any has a problem, and says the command that repeats it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from scenarios.drivers import run_scenario
from tests.e2e.trials import play, problems, written
from tests.soak.seed_time import limited
from tests.telling import say
from twin.bus.embedded import EmbeddedServer
from twin.clock import US_PER_S, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.model import Scenario

SEEDS = 2_000
PROGRESS_EVERY_US = 10 * US_PER_S
LOCKSTEP_EVERY = 50
HASH_SEEDS_EVERY = 100
HASH_SEEDS = ("0", "4711")
PROBLEMS_SHOWN = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=SEEDS, help="how many (default %(default)s)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (default %(default)s)")
    parser.add_argument("--digest-only", action="store_true", help="say the digest of the first seed and nothing else")
    given = parser.parse_args()
    if given.digest_only:
        say(_digest(given.first))
        return 0
    return _soak(range(given.first, given.first + given.seeds), are_all_ways_tried=given.seeds == 1)


def _soak(seeds: range, *, are_all_ways_tried: bool) -> int:
    clock = SystemClock()
    began_us = told_us = clock.steady_us()
    failed: list[int] = []
    with EmbeddedServer() as server:
        for seed in seeds:
            with limited():
                found = list(_problems_of(seed, server.url, are_all_ways_tried=are_all_ways_tried))
            if found:
                failed.append(seed)
                say(f"seed {seed}: {len(found)} problems")
                for problem in found[:PROBLEMS_SHOWN]:
                    say(f"  {problem}")
                say(f"  again: .venv/bin/python -m tests.soak 1 --first {seed}")
            if clock.steady_us() - told_us >= PROGRESS_EVERY_US:
                told_us = clock.steady_us()
                say(f"{seed - seeds[0] + 1} of {len(seeds)} seeds, {len(failed)} with problems")
    minutes = (clock.steady_us() - began_us) / US_PER_S / 60
    say(f"{len(seeds)} seeds from {seeds[0]} in {minutes:.1f} min: {len(failed)} with problems")
    if failed:
        say(f"seeds with problems: {', '.join(map(str, failed))}")
    return 1 if failed else 0


def _problems_of(seed: int, url: str, *, are_all_ways_tried: bool) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        scenario = written(seed, Path(folder))
        yield from problems(scenario)
        if are_all_ways_tried or seed % LOCKSTEP_EVERY == 0:
            yield from _in_two_processes(scenario, url)
    if are_all_ways_tried or seed % HASH_SEEDS_EVERY == 0:
        digests = {_digest_under(hash_seed, seed) for hash_seed in HASH_SEEDS}
        if digests != {_digest(seed)}:
            yield "PYTHONHASHSEED shows in the digest"


def _in_two_processes(scenario: Scenario, url: str) -> Iterator[str]:
    """The backend's process knows the installed planners alone."""
    plain = replace(scenario, unload_planner="top_down")
    lockstep = run_scenario(plain, driver="lockstep", nats_url=url)
    if lockstep.digest != play(plain).digest:
        yield "lockstep gives another digest than inline"


def _digest(seed: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return play(written(seed, Path(folder))).digest


def _digest_under(hash_seed: str, seed: int) -> str:
    command = [sys.executable, "-m", "tests.soak", "--digest-only", "--first", str(seed)]
    ran = subprocess.run(
        ["/usr/bin/env", f"PYTHONHASHSEED={hash_seed}", *command], capture_output=True, check=True, text=True
    )
    return ran.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
