"""What is run inside a copy of the code: `python -m tests.planted.asked`, with what to run as JSON on standard input.

One line of JSON for each thing that was run, until one does not pass. It is a process of its own because its code is
another.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import backend
import scenarios
from scenarios.drivers import run_scenario
from scenarios.explore.campaign import Base, Blow, base_of, carried_out
from scenarios.explore.candidate import Wanted
from scenarios.schema import load_scenario
from scenarios.verdict import judge
from tests.e2e.told import CLOSELY
from tests.telling import say

if TYPE_CHECKING:
    from collections.abc import Iterable

EXPLORE = "explore"
_SEED = 1


def main() -> None:
    """Run what is asked for and tell."""
    given = json.load(sys.stdin)
    here = Path.cwd()
    files = [Path(str(package.__file__)) for package in (backend, scenarios)]
    assert all(file.is_relative_to(here) for file in files), "not the copy"
    resource.setrlimit(resource.RLIMIT_AS, (given["memory_bytes"], given["memory_bytes"]))
    reach = _reach()
    for site in given["sites"]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        end_s = int(used.ru_utime + used.ru_stime) + given["cpu_s"]
        resource.setrlimit(resource.RLIMIT_CPU, (end_s, resource.RLIM_INFINITY))
        reach.clear()
        told = _explored(site) if site.startswith(EXPLORE) else _run(site, given["in_code"])
        say(json.dumps({"site": site, **told, "reached": sorted(reach)}))
        if not told["passes"]:
            return


def _reach() -> set[int]:
    """The set in which a copy made by `tests.mutation.reach` notes what it comes past; of other copies an empty one."""
    try:
        module = importlib.import_module("twin.reached")
    except ModuleNotFoundError:
        return set()
    reached: set[int] = module.REACHED
    return reached


def _run(name: str, in_code: dict[str, str]) -> dict[str, Any]:
    """A scenario of the library, or one told in code."""
    if name in in_code:
        verdict = importlib.import_module(in_code[name]).run()
    else:
        verdict = judge(run_scenario(load_scenario(name), oversight=CLOSELY))
    broken = [finding.code for finding in verdict.violations]
    unmet = [expectation.name for expectation in verdict.expectations if not expectation.met]
    return {
        "passes": verdict.verdict == "passed",
        "by": _words(broken, unmet),
        "digest": verdict.digest,
        "kpis": dict(verdict.kpis),
    }


def _words(broken: Iterable[str], unmet: Iterable[str]) -> str:
    """An expectation first: it is what a user sees; then the invariants."""
    told = [f'"{name}"' for name in unmet][:1] + [f"invariant {code}" for code in broken][:1]
    return ", ".join(told)


def _explored(site: str) -> dict[str, Any]:
    """One run of `docktwin explore`, by scenario and number; number 0 is the scenario without more faults."""
    _, scenario, number = site.split()
    base = _base(scenario)
    report = base.report
    if number != "0" and not report.findings:
        blow = Blow(base.document, base.path, base.ground, _SEED, int(number))
        report = carried_out(blow).report
    finding = next(iter(report.findings), None)
    by = "" if finding is None else f"{finding.name}: {finding.sentence}"[:100]
    return {"passes": finding is None, "by": by, "digest": report.digest}


@cache
def _base(scenario: str) -> Base:
    return base_of(scenario, wanted=Wanted(), folder=Path.cwd())


if __name__ == "__main__":
    main()
