"""How many processes compute a run's physics, and whether they live, is not to be seen in what comes out of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import psutil
import pytest

from scenarios.commands.options import RunRequest
from scenarios.commands.run import run
from scenarios.drivers import run_scenario
from scenarios.schema import scenario_from_text
from sim.physics.ahead import PhysicsAhead
from sim.physics.choose import Means
from tests.e2e.small import SMALL
from tests.sim.physics.gated_physics import GatedPhysics, Gates
from twin.clock import US_PER_S, SystemClock
from twin.config import load_profile
from twin.errors import EXIT_PASSED, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.drivers import RunResult
    from scenarios.run_log import Progress
    from sim.physics.support import SupportGraph
    from sim.physics.tables import FailureTables

TWO_DOORS = SMALL.replace("doors: 1, robots: 1", "doors: 2, robots: 2").replace(
    "cases: 24", "cases: 60\n    count: 2\n    arrivals: even\n    mean_gap: 1 min"
)


class Watched:
    """A run over so many workers, on support graphs that any process may compute, and the processes it had."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._gates = Gates(folder)
        self._ahead: list[PhysicsAhead[SupportGraph]] = []
        self.pids: list[int] = []
        monkeypatch.setattr("sim.world.physics_of", self._physics_of)

    def run(self, workers: int, *, kills: bool = False) -> RunResult:
        def watch(_: Progress) -> None:
            pids = self._ahead[-1]._workers.pids if self._ahead[-1]._workers else []
            if kills and pids and not self.pids:
                os.kill(pids[0], signal.SIGKILL)
            self.pids = sorted({*self.pids, *pids})

        scenario = scenario_from_text(TWO_DOORS, "two_doors.yaml")
        return run_scenario(scenario, progress=watch, means=Means(workers=workers))

    @property
    def taken(self) -> int:
        return self._ahead[-1].taken

    def _physics_of(self, _fidelity: str, means: Means, _tables: FailureTables) -> object:
        self._ahead.append(PhysicsAhead(partial(GatedPhysics, self._gates), workers=means.workers))
        return self._ahead[-1]


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(tmp_path, monkeypatch)


def test_the_digest_is_the_same_with_any_number_of_workers(watched: Watched) -> None:
    alone = watched.run(0)
    for workers in (1, 2, 3):
        result = watched.run(workers)
        assert (result.digest, result.notices) == (alone.digest, ())
        assert watched.taken > 0
    assert not any(psutil.pid_exists(pid) for pid in watched.pids)


def test_a_worker_killed_in_the_middle_of_a_run_changes_nothing_and_is_said(watched: Watched) -> None:
    alone, result = watched.run(0), watched.run(2, kills=True)
    assert result.digest == alone.digest
    assert len(watched.pids) > 0
    assert result.notices == (
        "a process that computed physics ahead was killed by signal 9; what it had begun is computed here",
    )


# -- what the command makes of it ------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a scenario of four cases, and a cache beside it."""
    (tmp_path / "small.yaml").write_text(SMALL.replace("cases: 24", "cases: 4"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKTWIN_CACHE_DIR", str(tmp_path / "kept here"))
    return tmp_path


def run_small(workers: str | None, fidelity: str = "physics") -> int:
    request = RunRequest(scenario="small.yaml", fidelity=fidelity)
    return run(request, out=None, as_json=True, is_verbose=False, workers=workers)


def digest_of(printed: str) -> str:
    return printed.partition('"digest":"')[2].partition('"')[0]


def test_a_run_keeps_its_settled_loads_where_the_profile_says_and_repeats(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for workers in ("0", "2", "0"):
        assert run_small(workers) == EXIT_PASSED
        said.append(digest_of(capsys.readouterr().out))
    assert len(set(said)) == 1
    assert [path.suffix for path in (folder / "kept here" / "settled-loads").iterdir()] == [".settled"]


def test_a_cache_that_cannot_be_used_is_said_and_the_run_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "kept here").write_text("")
    assert run_small("0") == EXIT_PASSED
    assert capsys.readouterr().err.count("note: settled loads are not kept in ") == 1


def test_an_interrupted_run_ends_in_130_and_leaves_no_worker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKTWIN_CACHE_DIR", "")
    large = SMALL.replace("cases: 24", "cases: 400\n    count: 2\n    arrivals: even\n    mean_gap: 1 min")
    (folder / "large.yaml").write_text(large)
    command = ["run", "large.yaml", "--fidelity", "physics", "--workers", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "scenarios.cli", *command], stderr=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        clock = SystemClock()
        end_us = clock.steady_us() + 60 * US_PER_S
        workers: list[psutil.Process] = []
        while len(workers) < 2:
            workers = psutil.Process(process.pid).children()
            assert clock.steady_us() < end_us, "two workers begin with two loads"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == "interrupted; everything is stopped\n"
        assert process.wait() == 130
    gone, alive = psutil.wait_procs(workers, timeout=10.0)
    assert (len(gone), alive) == (2, [])


def test_the_suite_keeps_nothing_in_the_users_cache() -> None:
    assert "docktwin-cache-" in str(load_profile().cache_dir)


@pytest.mark.usefixtures("folder")
def test_workers_without_physics_are_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="got -n and the fidelity case, expected it with --replications N or"):
        run_small("2", fidelity="case")
    assert "nothing was run" in capsys.readouterr().out
