"""Whether the library, and then random faults, notice a mutant: an expectation not met, a broken invariant, a crash.

Another digest is no catch: a dock may do the same work in another order. A KPI beyond its tolerance is what
`docktwin test --baseline` shows, and is told apart: with it a person is asked, and may say that it is as it should be.
"""

from __future__ import annotations

from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from joblib import Parallel, delayed

from scenarios.baselines import compare, updated
from scenarios.schema import library
from tests.mutation.mutants import all_mutants
from tests.mutation.reach import make_noting
from tests.planted.planting import IN_CODE, ask, copy_of_the_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutation.mutants import Mutant

EXPLORED = ("rough_day", "two_machines_one_name", "emergency_stop_and_reset", "the_only_robot")
"""What random faults strike."""
RUNS = 100
"""Each, so many times."""
ASKED_MAX = 40
"""In so many of those that come past a mutant it is looked for."""
LAST = ("run_down_robots", "morning_rush", "queue_at_the_gate")
"""The long ones are asked after the short ones."""
_NOT_ASKED = ("long_night", "real_orders", "bischoff_ratcliff")
"""One takes as long as all others together; the loads of the others lie outside the checkout: a score must not depend
on whether they are there."""


class Outcome(NamedTuple):
    """`by`: who noticed, in a few words; empty if nobody did. `kpis`: what a baseline would have shown then.

    `asked`: in how many places it could have shown; `differs`: those where the bus has heard anything else.
    """

    mutant: Mutant
    by: str
    kpis: str = ""
    asked: int = 0
    differs: tuple[str, ...] = ()


class Bench:
    """The code as it was when the bench was set up, and what it does; mutants are made of it and measured by it."""

    def __init__(
        self, code: Path, *, scenarios: tuple[str, ...] | None = None, explored: tuple[str, ...] = EXPLORED, runs: int
    ) -> None:
        self.code = code
        self.mutants = all_mutants(code)
        self._scenarios = in_order() if scenarios is None else scenarios
        numbers = range(runs + 1) if runs else range(0)
        self._runs = tuple(f"explore {name} {number}" for number in numbers for name in explored)
        self._told: dict[str, dict[str, Any]] = {}

    def measure(self, *, workers: int = 1) -> str:
        """What fails without any bug, in a few words: empty, or no score means anything. Notes what comes past what."""
        with TemporaryDirectory(prefix="docktwin-reach-") as folder:
            code = copy_of_the_code(Path(folder), of=self.code)
            make_noting(code, self.mutants)
            shares = [(self._scenarios + self._runs)[n::workers] for n in range(workers)]
            found = Parallel(n_jobs=workers, prefer="threads")(delayed(ask)(code, share) for share in shares)
        self._told = {told["site"]: told for finding in found for told in finding.told}
        return next((finding.by for finding in found if not finding.passes), "")

    def judge(self, mutant: Mutant) -> Outcome:
        """Make the bug in a copy; ask every scenario that comes past it, then runs of explore, until one notices."""
        sites = self.sites_of(mutant)
        if not sites:
            return Outcome(mutant, "")
        with TemporaryDirectory(prefix="docktwin-mutant-") as folder:
            code = copy_of_the_code(Path(folder), of=self.code)
            path = code / mutant.file
            path.write_text(mutant.applied(path.read_text("utf-8")), "utf-8")
            Path(cache_from_source(str(path))).unlink(missing_ok=True)
            found = ask(code, sites)
        if not found.passes:
            return Outcome(mutant, found.by, asked=len(sites))
        pairs = [(self._told[told["site"]], told) for told in found.told]
        differs = tuple(now["site"] for was, now in pairs if was["digest"] != now["digest"])
        kpis = next((said for was, now in pairs if (said := _beyond(was, now))), "")
        return Outcome(mutant, "", kpis, len(sites), differs)

    def sites_of(self, mutant: Mutant) -> tuple[str, ...]:
        """Where it can show: what comes past it, the scenarios in order, then runs of explore."""
        place = (mutant.file, mutant.start, mutant.rule)
        number = next(n for n, it in enumerate(self.mutants) if (it.file, it.start, it.rule) == place)
        past = {site for site, told in self._told.items() if number in told["reached"]}
        runs = [site for site in self._runs if site in past]
        return (*(site for site in self._scenarios if site in past), *runs[:ASKED_MAX])

    def judge_all(self, mutants: list[Mutant], *, workers: int) -> Iterator[Outcome]:
        """The outcomes as they come."""
        tasks = (delayed(self.judge)(mutant) for mutant in mutants)
        yield from Parallel(n_jobs=workers, prefer="threads", return_as="generator_unordered")(tasks)


def in_order() -> tuple[str, ...]:
    """The scenarios of the library and those told in code, those that tell soonest first."""
    names = [entry.name for entry in library() if entry.name not in _NOT_ASKED]
    return (*(name for name in names if name not in LAST), *IN_CODE, *(name for name in LAST if name in names))


def _beyond(was: dict[str, Any], now: dict[str, Any]) -> str:
    """The first KPI beyond its tolerance, in a few words; empty if none is."""
    if "kpis" not in was:
        return ""
    run = {"scenario": was["site"], "seed": 0, "fidelity": "", **was}
    changes = compare(updated(None, run), {**run, **now}).beyond
    return "".join(f"{was['site']}: {it.kpi} {it.now}, was {it.baseline}" for it in changes[:1])
