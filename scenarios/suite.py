"""A suite: many runs over one pool of processes, told apart by how they fail."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from scenarios.bugs import name_of, words_of
from scenarios.pool import Pool
from scenarios.report.commands import Invocation
from scenarios.report.errors import error_block
from scenarios.report.terminal import verdict_block
from scenarios.running import run_loaded
from scenarios.schema import SUFFIXES, find_scenario, load_scenario
from scenarios.verdict import error_object
from twin.errors import BadInputError, DataAbsentError, DocktwinError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.text import Text

    from scenarios.drivers import Driver
    from scenarios.model import Scenario
    from scenarios.verdict import Verdict
    from sim.plan import Fidelity


class Job(Struct, frozen=True, kw_only=True):
    """One run of a suite: a scenario by name or path. None leaves what the scenario says."""

    target: str
    seed: int
    driver: Driver
    fidelity: Fidelity | None = None
    dock_planner: str | None = None
    unload_planner: str | None = None

    def load(self) -> Scenario:
        """The scenario of this run. Raises BadInputError."""
        return load_scenario(
            self.target,
            seed=self.seed,
            fidelity=self.fidelity,
            dock_planner=self.dock_planner,
            unload_planner=self.unload_planner,
        )

    def invocation(self) -> Invocation:
        """The run as a person would ask for it."""
        return Invocation(
            target=self.target,
            seed=self.seed,
            driver=self.driver,
            fidelity=self.fidelity,
            dock_planner=self.dock_planner,
            unload_planner=self.unload_planner,
        )


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a job. `sentence`: what was not met or went wrong, empty if it passed.

    `alike`: two failures with the same one fail for the same reason. `is_broken`: an invariant is. `content`: what
    `run --json` prints. `told`: what `run` says of a failure on the terminal.
    """

    job: Job
    scenario: str
    word: Literal["passed", "failed", "error", "skipped"]
    sentence: str
    alike: tuple[str, ...]
    messages: int
    content: dict[str, Any]
    told: str = ""
    is_broken: bool = False


def scenario_files(targets: Sequence[str]) -> list[str]:
    """The scenarios that are meant, each file once: folders are searched, names and files stay as they are.

    Raises BadInputError for a folder without any, and for what names no scenario.
    """
    found: dict[Path, str] = {}
    for target in targets:
        folder = Path(target)
        files = [target]
        if folder.is_dir():
            files = sorted(str(path) for path in folder.rglob("*") if path.suffix in SUFFIXES)
        if not files:
            msg = f"{target}: got a folder without a .yaml file, expected scenarios; nothing was run"
            raise BadInputError(msg)
        for file in files:
            found.setdefault(find_scenario(file).resolve(), file)
    return list(found.values())


def jobs_of(targets: Sequence[str], *, seeds: int, driver: Driver) -> list[Job]:
    """Every scenario with `seeds` seeds, from its own upwards.

    Raises BadInputError for the first that cannot be loaded, before anything is run.
    """
    jobs = []
    for target in targets:
        first = load_scenario(target).day.seed
        jobs += [Job(target=target, seed=seed, driver=driver) for seed in range(first, first + seeds)]
    return jobs


def run_jobs(jobs: Sequence[Job], *, workers: int) -> Iterator[Outcome]:
    """The outcomes as they come. Leaving early, by an interrupt too, ends all workers and what they started."""
    with Pool(workers) as pool:
        yield from pool.as_they_come(run_job, jobs)


def run_job(job: Job) -> Outcome:
    """Run one. Whatever ends it is an outcome: a bug in one run leaves the others their verdicts."""
    try:
        return _outcome(job, run_loaded(job.load(), driver=job.driver))
    except DocktwinError as error:
        return _without_verdict(job, error, alike=error.code, told=_plain(error_block(error)))
    except Exception as error:  # noqa: BLE001 - a bug: its stack trace goes with it
        name = name_of(error)
        bug = DocktwinError(f"a bug in docktwin: {name}: {words_of(error)}", hint="Run it alone to see where.")
        return _without_verdict(job, bug, alike=name, told="".join(traceback.format_exception(error)))


def _without_verdict(job: Job, error: DocktwinError, *, alike: str, told: str) -> Outcome:
    """Of a run that was broken off, or that lacks its outside data."""
    is_skipped = isinstance(error, DataAbsentError)
    scenario = Path(job.target).stem
    return Outcome(
        job=job,
        scenario=scenario,
        word="skipped" if is_skipped else "error",
        sentence=f"{error.message}. {error.hint}" if is_skipped and error.hint else error.message,
        alike=(alike,),
        messages=0,
        content=error_object(error, scenario=scenario, driver=job.driver, seed=job.seed),
        told=told,
    )


def _outcome(job: Job, verdict: Verdict) -> Outcome:
    reasons = tuple(sorted({f.code for f in verdict.violations})) + tuple(e.name for e in verdict.not_met)
    return Outcome(
        job=job,
        scenario=verdict.scenario,
        word="passed" if verdict.passed else "failed",
        sentence=_sentence(verdict),
        alike=reasons,
        is_broken=bool(verdict.violations),
        messages=verdict.messages,
        content=verdict.as_json(),
        told="" if verdict.passed else _plain(verdict_block(verdict, job.invocation(), files=None)),
    )


def _plain(lines: Iterable[Text]) -> str:
    return "\n".join(each.plain for each in lines)


def _sentence(verdict: Verdict) -> str:
    if verdict.violations:
        first = verdict.violations[0]
        return f"{first.code} at {first.entity}: {first.detail}"
    if not verdict.not_met:
        return ""
    worst = verdict.not_met[0]
    got = worst.failure.got if worst.failure is not None else worst.got
    return f"{worst.name}: got {got}"
