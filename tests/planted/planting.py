"""Plants a bug in a copy of the code and asks the scenarios whether anything notices.

A plant replaces one exact piece of source. It counts as caught when a scenario, run in a process of its own on the
copy, does not pass: an expectation is not met or an invariant is broken. A crash counts too, and shows as one.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from joblib import Parallel, delayed

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("twin", "sim", "backend", "scenarios")
IN_CODE = {
    "failover": "tests/e2e/failover.py",
    "noisy_bus": "tests/e2e/noisy_bus.py",
    "strange_dock": "tests/e2e/strange_dock.py",
    "deaf_dock": "tests/e2e/deaf_dock.py",
    "stubborn_machines": "tests/e2e/stubborn_machines.py",
    "machines_start_again": "tests/e2e/machines_start_again.py",
    "people_step_in": "tests/e2e/people_step_in.py",
    "people_come_late": "tests/e2e/people_come_late.py",
    "lying_double": "tests/e2e/lying_double.py",
    "restless_robots": "tests/e2e/restless_robots.py",
    "other_doors": "tests/e2e/other_doors.py",
    "late_tails": "tests/e2e/late_tails.py",
    "lagging_events": "tests/e2e/lagging_events.py",
    "other_robots": "tests/e2e/other_robots.py",
    "removed_unheard": "tests/e2e/removed_unheard.py",
    "late_papers": "tests/e2e/late_papers.py",
    "uninvited": "tests/e2e/uninvited.py",
    "cloned_robot": "tests/e2e/cloned_robot.py",
    "late_answers": "tests/e2e/late_answers.py",
    "contrary_dock": "tests/e2e/contrary_dock.py",
    "bad_radio": "tests/e2e/bad_radio.py",
    "broken_words": "tests/e2e/broken_words.py",
    "two_restarts": "tests/e2e/two_restarts.py",
    "small_memory": "tests/e2e/small_memory.py",
    "causes": "tests/e2e/causes.py",
    "restless_backend": "tests/e2e/restless_backend.py",
    "found_later": "tests/e2e/found_later.py",
}
"""Scenarios that are told in code, beside those of the library."""
BESIDE = (
    "tests/e2e/by_hand.py",
    "tests/e2e/driven.py",
    "tests/e2e/meddling.py",
    "tests/e2e/strange_planners.py",
    "tests/e2e/told.py",
    "tests/planted/asked.py",
    "tests/telling.py",
)
"""What they, and who asks them, need besides the packages."""
CPU_MAX_S = 40
MEMORY_MAX_BYTES = 4 << 30
"""What a scenario may take: seconds of a processor, memory. A bug may be one that never ends."""
TIMEOUT_S = 600
"""By the wall clock, for a copy that waits for something; others may be at work on the same machine."""
PROCESSES = 2

_COMMAND = "from scenarios.cli import main; main()"


class Plant(NamedTuple):
    """A bug: in `file`, `old` (found exactly once) becomes `new`. `scenarios` are asked in order until one notices."""

    name: str
    file: str
    old: str
    new: str
    scenarios: tuple[str, ...]


class Finding(NamedTuple):
    """What the scenarios say of a copy; `by` says in a few words what noticed a bug, or is empty.

    `told`: what was said of each that passed, in the order in which they were asked.
    """

    passes: bool
    by: str = ""
    has_crashed: bool = False
    told: tuple[dict[str, Any], ...] = ()


class Outcome(NamedTuple):
    """What became of a plant."""

    plant: Plant
    finding: Finding

    @property
    def is_caught(self) -> bool:
        """Whether a scenario noticed."""
        return not self.finding.passes


def copy_of_the_code(folder: Path, *, of: Path = ROOT) -> Path:
    """The four packages and the scenarios in code, copied into `folder` with what is compiled of them."""
    for package in PACKAGES:
        shutil.copytree(of / package, folder / package, dirs_exist_ok=True)
    for file in (*IN_CODE.values(), *BESIDE):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(of / file, folder / file)
    return folder


def sow(plant: Plant, code: Path) -> None:
    """Put the bug into the copy. Asserts that the source still has the piece, once: a stale plant proves nothing."""
    path = code / plant.file
    source = path.read_text("utf-8")
    assert source.count(plant.old) == 1, f"{plant.name}: {plant.file} has {source.count(plant.old)} of {plant.old!r}"
    path.write_text(source.replace(plant.old, plant.new), "utf-8")
    Path(cache_from_source(str(path))).unlink(missing_ok=True)


def run_in(code: Path, *words: str, timeout_s: int | None = None) -> subprocess.CompletedProcess[str]:
    """A docktwin command on this copy of the code. Raises subprocess.TimeoutExpired."""
    return subprocess.run(
        [sys.executable, "-B", "-P", "-c", _COMMAND, *words],
        cwd=code,
        env={"PYTHONPATH": str(code)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def ask(code: Path, sites: tuple[str, ...]) -> Finding:
    """Whether all of these pass on this copy of the code, and if not, who noticed.

    A site is a scenario of the library or in code, or one run of explore, as `explore rough_day 17`.
    """
    modules = {name: file.removesuffix(".py").replace("/", ".") for name, file in IN_CODE.items()}
    given = {"sites": sites, "in_code": modules, "cpu_s": CPU_MAX_S, "memory_bytes": MEMORY_MAX_BYTES}
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-P", "-m", "tests.planted.asked"],
            cwd=code,
            env={"PYTHONPATH": str(code)},
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(passes=False, by=f"no end within {TIMEOUT_S} s", has_crashed=True)
    told = tuple([json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")])
    if told and not told[-1]["passes"]:
        return Finding(passes=False, by=f"{told[-1]['site']}: {told[-1]['by']}")
    if done.returncode != 0:
        last_words = done.stderr.strip().splitlines() or [how_it_ended(done.returncode)]
        return Finding(passes=False, by=f"{sites[len(told)]} crashes: {last_words[-1][:60]}", has_crashed=True)
    assert len(told) == len(sites)
    return Finding(passes=True, told=told)


def how_it_ended(status: int) -> str:
    """The exit status of a copy that said nothing, in words."""
    return f"no end within {CPU_MAX_S} s of a processor" if status == -signal.SIGXCPU else f"exit {status}"


def judge(plant: Plant) -> Outcome:
    """Plant it in a fresh copy and ask."""
    with TemporaryDirectory(prefix="docktwin-planted-") as folder:
        code = copy_of_the_code(Path(folder))
        sow(plant, code)
        return Outcome(plant, ask(code, plant.scenarios))


def judge_all(plants: tuple[Plant, ...]) -> list[Outcome]:
    """Every plant by itself, two at a time."""
    outcomes: list[Outcome] = Parallel(n_jobs=PROCESSES)(delayed(judge)(plant) for plant in plants)
    return outcomes


def score(title: str, outcomes: list[Outcome]) -> str:
    """The table a person reads."""
    width = max(len(outcome.plant.name) for outcome in outcomes)
    rows = [f"  {'caught' if it.is_caught else 'MISSED'}  {it.plant.name:<{width}}  {it.finding.by}" for it in outcomes]
    caught = sum(outcome.is_caught for outcome in outcomes)
    return "\n".join([f"{title}: {caught} of {len(outcomes)} caught", *rows])
