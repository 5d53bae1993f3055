"""One scenario and one seed give one log: inline or lockstep, windows on or off, whatever else the machine does."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

import pytest

from scenarios.drivers import Oversight, run_scenario
from scenarios.schema import library, load_scenario
from twin.bus.embedded import EmbeddedServer
from twin.config import data_dir

pytestmark = pytest.mark.side_by_side

NAMES = [entry.name for entry in library()]
REPEATS_INLINE = 20
REPEATS_LOCKSTEP = 3
HASH_SEEDS = ("0", "1", "4711")

_REPEAT = """
import sys
from scenarios.drivers import run_scenario
from scenarios.schema import load_scenario
for driver in sys.argv[1:]:
    print(run_scenario(load_scenario("morning_rush"), driver=driver).digest, flush=True)
"""
_BURN = "while True: pass"
_FROM_OUTSIDE = {"real_orders": "bed-bpp", "bischoff_ratcliff": "br"}


def _skip_without_data(name: str) -> None:
    if name in _FROM_OUTSIDE and data_dir() is None:
        pytest.skip(f"{name} needs outside data: set DOCKTWIN_DATA to the folder that holds {_FROM_OUTSIDE[name]}/")


@cache
def inline_digest(name: str) -> str:
    result = run_scenario(load_scenario(name))
    assert result.deliveries
    assert result.violations == []
    return result.digest


@pytest.mark.parametrize("name", NAMES)
def test_inline_and_lockstep_with_windows_on_and_off_give_one_digest(name: str) -> None:
    _skip_without_data(name)
    scenario = load_scenario(name)
    assert run_scenario(scenario, oversight=Oversight(windows=False, is_watched=False)).digest == inline_digest(name)
    with EmbeddedServer() as server:
        assert run_scenario(scenario, driver="lockstep", nats_url=server.url).digest == inline_digest(name)


@pytest.mark.parametrize("name", ["first_truck", "every_20_ms"])
def test_lockstep_with_windows_off_gives_the_same_digest(name: str) -> None:
    scenario = load_scenario(name)
    by_instants = run_scenario(scenario, driver="lockstep", oversight=Oversight(windows=False))
    assert by_instants.digest == run_scenario(scenario).digest


@pytest.mark.parametrize("name", NAMES)
def test_rebuilding_the_backend_every_hundred_inputs_changes_nothing(name: str) -> None:
    _skip_without_data(name)
    again = run_scenario(load_scenario(name), oversight=Oversight(rebuild_every=100, is_watched=False))
    assert again.digest == inline_digest(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("long_night", *_FROM_OUTSIDE)])
def test_looking_again_at_everything_after_each_input_finds_nothing_and_changes_nothing(name: str) -> None:
    again = run_scenario(load_scenario(name), oversight=Oversight(recheck_every=1))
    assert again.violations == []
    assert again.digest == inline_digest(name)


def test_another_seed_gives_another_digest() -> None:
    digests = {run_scenario(load_scenario("first_truck", seed=seed)).digest for seed in (1, 2, 3)}
    assert len(digests) == 3


def test_morning_rush_repeats_under_load_and_any_hash_seed() -> None:
    inline_each, rest = divmod(REPEATS_INLINE, len(HASH_SEEDS))
    assert len(HASH_SEEDS) == REPEATS_LOCKSTEP
    burners = [subprocess.Popen([sys.executable, "-c", _BURN]) for _ in range(2)]
    try:
        runs = []
        for number, hash_seed in enumerate(HASH_SEEDS):
            drivers = ["inline"] * (inline_each + (number < rest)) + ["lockstep"]
            runs.append(
                subprocess.Popen(
                    ["/usr/bin/env", f"PYTHONHASHSEED={hash_seed}", sys.executable, "-c", _REPEAT, *drivers],
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        digests = [line for run in runs for line in run.communicate()[0].split()]
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert len(digests) == REPEATS_INLINE + REPEATS_LOCKSTEP
    assert len(set(digests)) == 1
