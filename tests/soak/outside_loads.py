"""`python -m tests.soak.outside_loads [--only NAME] [-n PROCESSES]`: the loads of the benchmarks, with physics.

The 30 Bischoff-Ratcliff loads and 5 real orders come in a trailer each, which the whole dock unloads: it leaves empty,
every case is accounted for, and no rule is broken. The orders were packed for wrapping, and come unwrapped. What was
found is kept in runs/physics: an interrupted campaign goes on where it was. Ends with status 1 if a load has a problem.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from typing import TYPE_CHECKING

from scenarios.pool import Pool
from tests.e2e.outside_runs import NAMES, Unloaded, unload
from tests.perf.physics.kept import Kept
from tests.telling import say
from twin.errors import DataAbsentError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> int:
    """Run what has not been run yet, and say what was found."""
    parser = argparse.ArgumentParser(prog="tests.soak.outside_loads", description=__doc__)
    parser.add_argument("--only", choices=NAMES, action="append", metavar="NAME", help="this load, as BR1_01; again")
    parser.add_argument("-n", "--processes", type=int, default=os.cpu_count() or 1, help="(default: the cores)")
    given = parser.parse_args()
    names = given.only or NAMES
    found = dict(_kept().done())
    for name in names:
        for unloaded in found.get(name, ()):
            _tell(unloaded)
    todo = [name for name in names if name not in found]
    try:
        with Pool(max(min(given.processes, len(todo)), 1)) as pool:
            for results in pool.as_they_come(_unloaded, todo):
                _tell(results[0])
                found[results[0].name] = results
    except DataAbsentError as error:
        say(f"{error.message}; {error.hint}")
        return 0
    return _close([found[name][0] for name in names])


def _kept() -> Kept[Unloaded]:
    """Where the results are, each for the code of the simulator that it was found with."""
    return Kept("outside_loads", Unloaded)


def _unloaded(name: str) -> list[Unloaded]:
    return _kept().do(name, lambda: [unload(name)])


def _tell(unloaded: Unloaded) -> None:
    outcomes = ", ".join(f"{name} {count}" for name, count in unloaded.outcomes.items())
    say(
        f"{unloaded.name}: {unloaded.cases} cases, after the ride {unloaded.cases - unloaded.loose} stand and "
        f"{unloaded.loose} lie loose; {unloaded.picks} pulls, {unloaded.falls} falls, {unloaded.seals} seals let go; "
        f"{outcomes}; {unloaded.simulated_min:.0f} min simulated"
    )
    for problem in unloaded.problems:
        say(f"  {problem}")


def _close(loads: Sequence[Unloaded]) -> int:
    """Say all that was found; returns the status to end with."""
    outcomes: Counter[str] = Counter()
    for unloaded in loads:
        outcomes.update(unloaded.outcomes)
    failed = [unloaded.name for unloaded in loads if unloaded.problems]
    counts = ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))
    say(
        f"{len(loads)} loads, {sum(unloaded.cases for unloaded in loads)} cases: {counts}; "
        f"{len(failed)} loads with problems{': ' if failed else ''}{', '.join(failed)}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
