"""Whether the library, and then random faults, notice a mutant."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from joblib import Parallel, delayed

from scenarios.schema import library
from tests.planted.planting import ask, copy_of_the_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutation.mutants import Mutant

EXPLORED = "rough_day"
EXPLORE_RUNS = 200
EXPLORE_TIMEOUT_S = 300
LAST = ("morning_rush", "long_night", "queue_at_the_gate", "real_orders")
"""The long ones are asked after the short ones."""


class Outcome(NamedTuple):
    """`by`: who noticed, in a few words; empty if nobody did."""

    mutant: Mutant
    by: str


def judge(mutant: Mutant) -> Outcome:
    """Make the bug in a copy of the code; ask every scenario of the library, then explore."""
    with TemporaryDirectory(prefix="docktwin-mutant-") as folder:
        code = copy_of_the_code(Path(folder))
        path = code / mutant.file
        path.write_text(mutant.applied(path.read_text("utf-8")), "utf-8")
        Path(cache_from_source(str(path))).unlink(missing_ok=True)
        found = ask(code, in_order())
        return Outcome(mutant, found.by or explore(code))


def in_order() -> tuple[str, ...]:
    """The scenarios of the library, those that tell soonest first."""
    names = [entry.name for entry in library()]
    return (*(name for name in names if name not in LAST), *(name for name in LAST if name in names))


def explore(code: Path) -> str:
    """What random faults find, in a few words; empty if nothing."""
    command = [sys.executable, "-B", "-m", "scenarios.cli", "explore", EXPLORED, "--runs", str(EXPLORE_RUNS)]
    try:
        done = subprocess.run(
            [*command, "--seed", "1", "-n", "1", "--shrink-runs", "0", "--out", "found.yaml"],
            cwd=code,
            capture_output=True,
            text=True,
            timeout=EXPLORE_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "explore: no end"
    if done.returncode == 0:
        return ""
    said = [line for line in done.stdout.splitlines() if line.strip()] or done.stderr.strip().splitlines()
    return f"explore: {' '.join(said[0].split())[:90]}"


def judge_all(mutants: list[Mutant], *, workers: int) -> Iterator[Outcome]:
    """The outcomes as they come."""
    yield from Parallel(n_jobs=workers, return_as="generator_unordered")(delayed(judge)(mutant) for mutant in mutants)
