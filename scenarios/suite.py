"""A suite: many runs over one pool of processes, told apart by how they fail."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.backend import resource_tracker
from msgspec import Struct

from scenarios.running import run_loaded
from scenarios.schema import SUFFIXES, find_scenario, load_scenario
from scenarios.verdict import error_object
from twin.errors import BadInputError, DataAbsentError, DocktwinError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scenarios.drivers import Driver
    from scenarios.verdict import Verdict


_INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


class Job(Struct, frozen=True, kw_only=True):
    """One run of a suite: a scenario by name or path."""

    target: str
    seed: int
    driver: Driver


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a job. `sentence`: what was not met or went wrong, empty if it passed.

    `alike`: two failures with the same one fail for the same reason. `content`: the object `run --json` prints.
    """

    job: Job
    scenario: str
    word: Literal["passed", "failed", "error", "skipped"]
    sentence: str
    alike: tuple[str, ...]
    messages: int
    content: dict[str, Any]


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
    if workers == 1:
        yield from map(run_job, jobs)
        return
    try:
        pool = Parallel(n_jobs=workers, backend="loky", return_as="generator_unordered")
        with _interrupts_held():
            outcomes = pool(delayed(_in_worker)(job) for job in jobs)
        yield from outcomes
    finally:
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """An interrupt waits until this is over: a pool that is half started cannot be ended.

    Workers are started meanwhile. Ctrl-C reaches the whole group, so they inherit a mask against it: ending them is
    for us. The mask alone does not hold ours back, which any other thread may take.
    """
    resource_tracker.ensure_running()  # when it is started later, it takes the mask away
    held: list[int] = []
    handlers = {number: signal.signal(number, lambda number, _: held.append(number)) for number in _INTERRUPTS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield
    except Exception:
        if not held:
            raise  # else a worker has died of the same interrupt, before it was masked
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if held:
        signal.raise_signal(held[0])


def run_job(job: Job) -> Outcome:
    """Run one; an error of ours is an outcome, a bug is not."""
    try:
        scenario = load_scenario(job.target, seed=job.seed)
        return _outcome(job, run_loaded(scenario, driver=job.driver))
    except DocktwinError as error:
        word: Literal["skipped", "error"] = "skipped" if isinstance(error, DataAbsentError) else "error"
        return Outcome(
            job=job,
            scenario=Path(job.target).stem,
            word=word,
            sentence=f"{error.message}. {error.hint}" if word == "skipped" and error.hint else error.message,
            alike=(error.code,),
            messages=0,
            content=error_object(error, scenario=Path(job.target).stem, driver=job.driver, seed=job.seed),
        )


def _in_worker(job: Job) -> Outcome:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # what a worker starts must be stoppable
    return run_job(job)


def _outcome(job: Job, verdict: Verdict) -> Outcome:
    reasons = tuple(sorted({f.code for f in verdict.violations})) + tuple(e.name for e in verdict.not_met)
    return Outcome(
        job=job,
        scenario=verdict.scenario,
        word="passed" if verdict.passed else "failed",
        sentence=_sentence(verdict),
        alike=reasons,
        messages=verdict.messages,
        content=verdict.as_json(),
    )


def _sentence(verdict: Verdict) -> str:
    if verdict.violations:
        first = verdict.violations[0]
        return f"{first.code} at {first.entity}: {first.detail}"
    if not verdict.not_met:
        return ""
    worst = verdict.not_met[0]
    got = worst.failure.got if worst.failure is not None else worst.got
    return f"{worst.name}: got {got}"
