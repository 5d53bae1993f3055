"""Whether the library, and then random faults, notice a mutant: an expectation not met, a broken invariant, a crash.

Another digest is no catch: a dock may do the same work in another order. Of a survivor it is told in which scenarios
anything on the bus was different, as a hint where to look.
"""

from __future__ import annotations

import subprocess
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from joblib import Parallel, delayed

from scenarios.schema import library
from tests.planted.planting import IN_CODE, TIMEOUT_S, ask, copy_of_the_code, run_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.mutation.mutants import Mutant

EXPLORED = {"rough_day": 40}
"""What random faults strike, and in how many runs."""
LAST = ("run_down_robots", "morning_rush", "queue_at_the_gate")
"""The long ones are asked after the short ones."""
_NOT_ASKED = ("long_night", "real_orders")
"""One takes as long as all others together; the loads of the other lie outside the checkout: a score must not depend on
whether they are there."""


class Outcome(NamedTuple):
    """`by`: who noticed, in a few words; empty if nobody did. `differs`: where the bus has heard anything else."""

    mutant: Mutant
    by: str
    differs: tuple[str, ...] = ()


class Bench:
    """The code as it was when the bench was set up, and what it does; mutants are made of it and measured by it."""

    def __init__(
        self, code: Path, *, scenarios: tuple[str, ...] | None = None, explored: Mapping[str, int] | None = None
    ) -> None:
        self.code = code
        self.scenarios = in_order() if scenarios is None else scenarios
        self.explored = EXPLORED if explored is None else explored
        self._digests: tuple[str, ...] = ()

    def measure(self) -> str:
        """What fails without any bug, in a few words: empty, or no score means anything."""
        found = ask(self.code, self.scenarios)
        self._digests = found.digests
        return found.by or self._explore(self.code)

    def judge(self, mutant: Mutant) -> Outcome:
        """Make the bug in a copy; ask every scenario of the library until one notices, then explore."""
        with TemporaryDirectory(prefix="docktwin-mutant-") as folder:
            code = copy_of_the_code(Path(folder), of=self.code)
            path = code / mutant.file
            path.write_text(mutant.applied(path.read_text("utf-8")), "utf-8")
            Path(cache_from_source(str(path))).unlink(missing_ok=True)
            found = ask(code, self.scenarios)
            if not found.passes:
                return Outcome(mutant, found.by)
            pairs = zip(self.scenarios, self._digests, found.digests, strict=True)
            return Outcome(mutant, self._explore(code), tuple(name for name, was, now in pairs if was != now))

    def _explore(self, code: Path) -> str:
        """What random faults find, in a few words; empty if nothing."""
        return next((said for name, runs in self.explored.items() if (said := _explored(code, name, runs))), "")

    def judge_all(self, mutants: list[Mutant], *, workers: int) -> Iterator[Outcome]:
        """The outcomes as they come."""
        tasks = (delayed(self.judge)(mutant) for mutant in mutants)
        yield from Parallel(n_jobs=workers, prefer="threads", return_as="generator_unordered")(tasks)


def in_order() -> tuple[str, ...]:
    """The scenarios of the library and those told in code, those that tell soonest first."""
    names = [entry.name for entry in library() if entry.name not in _NOT_ASKED]
    return (*(name for name in names if name not in LAST), *IN_CODE, *(name for name in LAST if name in names))


def _explored(code: Path, scenario: str, runs: int) -> str:
    words = ("explore", scenario, "--runs", str(runs), "--seed", "1", "-n", "1", "--shrink-runs", "0")
    try:
        done = run_in(code, *words, "--out", "found.yaml", timeout_s=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"explore {scenario}: no end"
    if done.returncode == 0:
        return ""
    said = [line for line in done.stdout.splitlines() if line.strip()] or done.stderr.strip().splitlines() or ["?"]
    return f"explore {scenario}: {' '.join(said[0].split())[:90]}"
