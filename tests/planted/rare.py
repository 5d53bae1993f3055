"""Rare bugs: each needs two things to go wrong at once. `python -m tests.planted.rare` lets `docktwin explore` look.

Each must be found within RUNS_MAX runs, and shrunk to at most FAULTS_MAX faults and ROBOTS_MAX robots; alone and with
one process the run that found it must come to the same scenario. Exit status 1 if any of this does not hold.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from tests.planted.planting import ROOT, Plant, copy_of_the_code, run_in, sow
from tests.telling import say

RUNS_MAX = 2_000
FAULTS_MAX = 3
ROBOTS_MAX = 2
SCENARIO = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"
_HAND = """\
        if case.robot_place == "hand"{beside}:
            case.robot_place = "unknown"
            relocate(changes, trailer, case)
        changes.touched.append(case)
    changes.touched.append(robot)
"""
_GAP = """\
    if seq != stream.last_seq + 1{beside}:
        if len(
"""

COMMON = Plant(
    name="case in hand forgotten when its robot falls silent",
    file="backend/core/fold_cases.py",
    old=_HAND.format(beside=""),
    new=_HAND.format(beside=" and False"),
    scenarios=(),
)
"""Not rare: one fault shows it, and soon."""

RARE = (
    Plant(
        name="case in hand forgotten when its robot falls silent during a jam",
        file="backend/core/fold_cases.py",
        old=_HAND.format(beside=""),
        new=_HAND.format(
            beside=' and not any(it.exception_type == "conveyor_jammed" for it in state.exceptions.values())'
        ),
        scenarios=(),
    ),
    Plant(
        name="gap skipped once a robot has started anew",
        file="backend/services/ingest.py",
        old=_GAP.format(beside="").rstrip("\n"),
        new=_GAP.format(beside=" and not (sender.previous_boot and stream.last_seq)").rstrip("\n"),
        scenarios=(),
    ),
    Plant(
        name="receipt closed while the last cases stand on a jammed belt",
        file="backend/services/receipts.py",
        old="        if not any(trailer.counts[place] for place in _OPEN_PLACES):\n",
        new='        is_waited_for = trailer.counts["conveyor"] and not _is_held_up(desk, trailer)\n'
        '        if not any((trailer.counts["hand"], trailer.counts["unknown"], is_waited_for)):\n',
        scenarios=(),
    ),
)


class Hunt(NamedTuple):
    """What became of one campaign; `found`: the object that `explore --json` prints, `text`: the file it wrote.

    `again`: that file, run by itself on the code with the bug.
    """

    plant: Plant
    found: dict[str, Any]
    text: str
    again: subprocess.CompletedProcess[str] | None

    @property
    def is_good(self) -> bool:
        """Whether the bug was found and shrunk far enough, and its scenario fails by itself."""
        failure = self.found["failure"]
        if failure is None or self.again is None or self.again.returncode != 1:
            return False
        return bool(failure["shrunk"]["faults"] <= FAULTS_MAX and failure["shrunk"]["robots"] <= ROBOTS_MAX)


def hunt(plant: Plant, *, runs: int = RUNS_MAX, first: int = 1, workers: int = 2) -> Hunt:
    """Plant it in a fresh copy and explore. What fails without the bug too is told, and passed over."""
    with TemporaryDirectory(prefix="docktwin-planted-") as folder:
        code = copy_of_the_code(Path(folder))
        shutil.copy2(SCENARIO, code)
        sow(plant, code)
        file, end = code / "found.yaml", first + runs
        while True:
            words = ("explore", SCENARIO.name, "--runs", str(end - first), "--first", str(first), "-n", str(workers))
            done = run_in(code, *words, "--out", str(file), "--json")
            assert '"failure"' in done.stdout, done.stderr
            found = json.loads(done.stdout)
            if found["failure"] is None:
                return Hunt(plant, found, "", None)
            without = run_in(ROOT, "run", str(file), "--out", str(code / "without"))
            if without.returncode == 0 or found["failure"]["run"] + 1 >= end:
                return Hunt(plant, found, file.read_text("utf-8"), run_in(code, "run", str(file)))
            first = found["failure"]["run"] + 1
            say(f"run {first - 1} fails without the bug too: {found['failure']['name']}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.planted.rare", description=__doc__)
    parser.add_argument("-n", "--workers", type=int, default=2, help="processes of a campaign (default %(default)s)")
    parser.add_argument("--only", default="", help="the bugs whose name has this text")
    given = parser.parse_args()
    is_good = True
    for plant in RARE:
        if given.only in plant.name:
            first = hunt(plant, workers=given.workers)
            say(_told(first))
            run = (first.found["failure"] or {}).get("run", 1)
            again = hunt(plant, runs=1, first=run, workers=1)
            is_same = again.text.partition("site:")[2] == first.text.partition("site:")[2]
            say(f"  alone and with one process {'the same' if is_same else 'ANOTHER'} scenario")
            is_good = is_good and first.is_good and is_same
    return 0 if is_good else 1


def _told(it: Hunt) -> str:
    failure = it.found["failure"]
    if failure is None:
        return f"MISSED  {it.plant.name}: {it.found['runs']['done']} runs"
    return (
        f"{'found ' if it.is_good else 'LARGE '}  {it.plant.name}: {failure['name']}, run {failure['run']}, "
        f"from {failure['found']['faults']} faults to {failure['shrunk']['faults']} "
        f"with {failure['shrunk']['robots']} robots in {failure['shrink_runs']} runs, {it.found['wall_s']:.0f} s\n"
        f"{it.text}"
    )


if __name__ == "__main__":
    sys.exit(main())
