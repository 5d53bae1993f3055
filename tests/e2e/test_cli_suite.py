"""`docktwin test` and `pytest` on folders of scenarios."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import scenarios
from scenarios.suite import jobs_of, run_jobs, scenario_files
from tests.e2e.small import LATE, LONG, SMALL
from twin.clock import US_PER_S, SystemClock
from twin.errors import BadInputError

TIMEOUT_S = 90
ORDERS = SMALL.replace("cases: 24", "orders: all")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "suite" / "deep").mkdir(parents=True)
    (tmp_path / "suite" / "small.yaml").write_text(SMALL)
    (tmp_path / "suite" / "deep" / "late.yaml").write_text(LATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str, module: str = "scenarios.cli") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


@pytest.mark.usefixtures("folder")
def test_folders_are_searched_and_names_stay_as_they_are() -> None:
    assert scenario_files(["suite", "first_truck"]) == ["suite/deep/late.yaml", "suite/small.yaml", "first_truck"]


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_twice_runs_once() -> None:
    library = str(Path(scenarios.__file__).parent / "library" / "first_truck.yaml")
    assert scenario_files(["suite/small.yaml", "suite", "first_truck", library]) == [
        "suite/small.yaml",
        "suite/deep/late.yaml",
        "first_truck",
    ]


def test_a_folder_without_scenarios_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"without a \.yaml file"):
        scenario_files([str(tmp_path)])


@pytest.mark.usefixtures("folder")
def test_seeds_count_up_from_the_scenarios_own() -> None:
    assert [job.seed for job in jobs_of(["suite/small.yaml"], seeds=3, driver="inline")] == [1, 2, 3]


@pytest.mark.usefixtures("folder")
def test_a_pool_and_one_process_come_to_the_same_digests() -> None:
    jobs = jobs_of(["suite/small.yaml"], seeds=3, driver="inline")
    alone = {outcome.job.seed: outcome.content["digest"] for outcome in run_jobs(jobs, workers=1)}
    pooled = {outcome.job.seed: outcome.content["digest"] for outcome in run_jobs(jobs, workers=2)}
    assert alone == pooled
    assert len(set(alone.values())) == 3


@pytest.mark.usefixtures("folder")
def test_a_suite_ends_with_one_line_and_a_command_for_each_way_it_fails() -> None:
    done = call("test", "suite", "--seeds", "3", "-n", "2")
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.startswith("FAILED  6 runs of 2 scenarios: 3 passed, 3 failed\n")
    assert done.stdout.count("not met") == 1
    assert "run suite/deep/late.yaml --seed" in done.stdout
    assert "and 2 other seeds fail alike: " in done.stdout


@pytest.mark.usefixtures("folder")
def test_a_suite_that_passes_ends_in_0() -> None:
    done = call("test", "suite/small.yaml", "-n", "1")
    assert done.returncode == 0
    assert done.stdout.startswith("PASSED  1 run of 1 scenario: 1 passed\n")


@pytest.mark.usefixtures("folder")
def test_a_suite_as_json_has_the_object_of_every_run_in_order() -> None:
    done = call("test", "suite", "--json", "-n", "2")
    content = json.loads(done.stdout)
    assert content["verdict"] == "failed"
    assert [(run["scenario"], run["verdict"]) for run in content["runs"]] == [("late", "failed"), ("small", "passed")]


def test_one_broken_file_stops_a_suite_before_anything_is_run(folder: Path) -> None:
    (folder / "suite" / "broken.yaml").write_text(SMALL.replace("cases: 24", "cases: -24"))
    done = call("test", "suite")
    assert done.returncode == 2
    assert "1 mistake in suite/broken.yaml; nothing was run" in done.stderr


def test_a_scenario_whose_data_are_absent_is_skipped_and_says_where_to_get_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "suite" / "orders.yaml").write_text(ORDERS)
    monkeypatch.setenv("DOCKTWIN_DATA", str(folder))
    done = call("test", "suite/orders.yaml", "suite/small.yaml", "-n", "1")
    assert done.returncode == 0
    assert "1 passed, 1 skipped" in done.stdout
    assert "DOCKTWIN_DATA" in done.stdout


# -- baselines -------------------------------------------------------------------------------------------------------


def test_a_suite_is_held_to_its_baselines_until_they_are_updated(folder: Path) -> None:
    asked = ("test", "suite/small.yaml", "-n", "1", "--baseline", "kept")
    missing = call(*asked)
    assert missing.returncode == 2
    assert "got no such folder" in missing.stderr
    first = call(*asked, "--update")
    assert first.returncode == 0
    assert "written: small. Read the diff before you commit it" in first.stdout
    kept = folder / "kept" / "small.json"
    reviewed = kept.read_text()
    again = call(*asked)
    assert again.returncode == 0
    assert again.stdout.startswith("PASSED  1 run of 1 scenario: 1 passed\n")
    assert "1 scenario as in the baseline" in again.stdout
    kept.write_text(reviewed.replace('"cases_received": {"value": 24,', '"cases_received": {"value": 23,'))
    changed = call(*asked, "--junit", "out.xml")
    assert changed.returncode == 1
    assert changed.stdout.startswith("FAILED  1 run of 1 scenario: 1 passed; 1 scenario not as in the baseline\n")
    assert "beyond  cases received        23   24      +1      exact" in changed.stdout
    look, update = (
        changed.stdout.index("run suite/small.yaml --seed 1 --verbose"),
        changed.stdout.index("kept --update"),
    )
    assert look < update, "first what is other, then how to accept it"
    assert "cases received        23   24" in (folder / "out.xml").read_text()
    assert json.loads(call(*asked, "--json").stdout)["runs"][0]["baseline"]["word"] == "beyond"
    assert call(*asked, "--update").returncode == 0
    assert kept.read_text() == reviewed


@pytest.mark.usefixtures("folder")
def test_a_scenario_without_a_baseline_does_not_pass_and_only_its_own_seed_needs_one() -> None:
    assert call("test", "suite/small.yaml", "-n", "1", "--baseline", "kept", "--update").returncode == 0
    seeds = call("test", "suite/small.yaml", "--seeds", "2", "-n", "1", "--baseline", "kept")
    assert seeds.returncode == 0
    more = call("test", "suite/small.yaml", "first_truck", "-n", "1", "--baseline", "kept")
    assert more.returncode == 1
    assert "no baseline  first_truck" in more.stdout


def test_a_scenario_that_fails_leaves_its_baseline_alone(folder: Path) -> None:
    done = call("test", "suite/deep", "-n", "1", "--baseline", "kept", "--update")
    assert done.returncode == 1
    assert "nothing to write" in done.stdout
    assert not (folder / "kept").exists()


def test_two_scenarios_of_one_name_cannot_share_a_baseline(folder: Path) -> None:
    (folder / "suite" / "deep" / "small.yaml").write_text(SMALL)
    done = call("test", "suite", "--baseline", "kept", "--update")
    assert done.returncode == 2
    assert "got two scenarios named small, suite/deep/small.yaml and suite/small.yaml" in done.stderr


@pytest.mark.usefixtures("folder")
def test_update_alone_is_misuse() -> None:
    done = call("test", "suite", "--update")
    assert done.returncode == 2
    assert "got --update alone, expected it with --baseline DIR; nothing was run" in done.stderr


# -- replications ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("folder")
def test_replications_show_how_far_the_kpis_spread_whatever_the_number_of_workers() -> None:
    alone, pooled = (call("run", "suite/small.yaml", "--replications", "3", "-n", n) for n in ("1", "2"))
    assert alone.returncode == pooled.returncode == 0
    assert alone.stdout.startswith("PASSED  small, 3 replications, seeds 1 to 3: 3 passed\n")
    tables = [done.stdout.rpartition("\n\n")[0] for done in (alone, pooled)]
    assert tables[0] == tables[1]
    assert "95 % interval" in tables[0]


@pytest.mark.usefixtures("folder")
def test_replications_that_fail_are_named_with_the_command_that_repeats_them() -> None:
    done = call("run", "suite/deep/late.yaml", "--replications", "3", "-n", "1", "--seed", "7")
    assert done.returncode == 1
    assert done.stdout.startswith("FAILED  late, 3 replications, seeds 7 to 9: 3 failed\n")
    command = next(line for line in done.stdout.splitlines() if "run suite/deep/late.yaml --seed" in line)
    again = call(*shlex.split(command)[1:])
    assert again.returncode == 1
    assert "2 other seeds fail alike" in done.stdout


@pytest.mark.usefixtures("folder")
def test_replications_as_json_have_every_kpi_and_every_run() -> None:
    content = json.loads(call("run", "suite/small.yaml", "--replications", "2", "-n", "1", "--json").stdout)
    assert (content["verdict"], content["passed"], content["seeds_not_passed"]) == ("passed", 2, [])
    assert content["kpis"]["cases_announced"] == {
        "n": 2,
        "without": 0,
        "mean": 24.0,
        "low": 24.0,
        "high": 24.0,
        "least": 24.0,
        "most": 24.0,
    }
    assert [run["seed"] for run in content["runs"]] == [1, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-n", "2"), "got -n and the fidelity case, expected it with --replications N or --fidelity physics"),
        (("--replications", "0"), '--replications: got "0", expected a whole number 1 to 100000'),
        (("--replications", "2", "--out", "x"), "got --out and --replications, expected one of them"),
        (("--replications", "2", "--verbose"), "got --verbose and --replications, expected one of them"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_replications_that_cannot_be_are_misuse_and_nothing_is_run(options: tuple[str, ...], said: str) -> None:
    done = call("run", "suite/small.yaml", *options, "--json")
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert json.loads(done.stdout)["verdict"] == "error"


# -- junit -----------------------------------------------------------------------------------------------------------


def test_junit_has_the_block_of_each_failure(folder: Path) -> None:
    done = call("test", "suite", "--seeds", "2", "-n", "1", "--junit", "out.xml")
    assert done.returncode == 1
    text = (folder / "out.xml").read_text()
    assert 'tests="4" failures="2" errors="0" skipped="0"' in text
    assert text.count("FAILED  late, seed") == 2
    assert "What led there" in text


# -- pytest ----------------------------------------------------------------------------------------------------------


def under_pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    return call("-p", "no:cacheprovider", *arguments, module="pytest")


@pytest.mark.usefixtures("folder")
def test_pytest_collects_each_scenario_of_a_named_folder() -> None:
    done = under_pytest("suite", "suite/deep", "-v")
    assert "small.yaml::small PASSED" in done.stdout
    assert "late.yaml::late FAILED" in done.stdout
    assert done.returncode == 1


@pytest.mark.usefixtures("folder")
def test_a_failure_under_pytest_is_our_block_without_a_trace() -> None:
    done = under_pytest("suite/deep/late.yaml")
    assert "FAILED  late, seed 1: 1 of 1 expectation not met" in done.stdout
    assert "What led there" in done.stdout
    assert "Traceback" not in done.stdout
    assert "pytest_scenarios.py" not in done.stdout


def test_foreign_yaml_is_left_alone(folder: Path) -> None:
    (folder / "suite" / "compose.yaml").write_text("services: {web: {image: nginx}}\n")
    done = under_pytest("suite", "--collect-only", "-q")
    assert "small.yaml::small" in done.stdout
    assert "compose" not in done.stdout


@pytest.mark.usefixtures("folder")
def test_a_folder_that_nobody_named_is_left_alone() -> None:
    done = under_pytest("--collect-only", "-q")
    assert "yaml" not in done.stdout


def test_a_scenario_with_mistakes_is_an_error_with_its_place(folder: Path) -> None:
    (folder / "suite" / "broken.yaml").write_text(SMALL.replace("cases: 24", "cases: -24"))
    done = under_pytest("suite/broken.yaml")
    assert done.returncode != 0
    assert "broken.yaml:8: trailers[0].cases: got -24" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_scenario_whose_data_are_absent_is_skipped_by_pytest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "suite" / "orders.yaml").write_text(ORDERS)
    monkeypatch.setenv("DOCKTWIN_DATA", str(folder))
    done = under_pytest("suite/orders.yaml", "-rs")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert "DOCKTWIN_DATA" in done.stdout


# -- interrupts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["inline", "lockstep"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_suite_ends_in_130_and_leaves_no_worker_and_no_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals, driver: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    (folder / "long.yaml").write_text(LONG)
    leader, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "scenarios.cli", "test", "long.yaml", "--seeds", "4", "-n", "2", "--driver", driver],
        stdout=subprocess.PIPE,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        family = until_there_are(process.pid, 4 if driver == "inline" else 8)
        if sent == signal.SIGINT:
            os.killpg(process.pid, sent)
        else:
            process.send_signal(sent)
        assert process.wait(TIMEOUT_S) == 130
    until_gone(family)
    seen = os.read(leader, 65_536).decode(errors="replace")
    assert "interrupted; everything is stopped" in seen
    assert "Traceback" not in seen


def processes() -> dict[int, int]:
    """Every process that runs, with its parent; those that only wait to be reaped are left out."""
    told = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)  # noqa: S607
    rows = [line.split() for line in told.stdout.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def until_there_are(ancestor: int, least: int) -> set[int]:
    """Its descendants, once there are so many: workers and their trackers, servers and backends."""
    end_us = SystemClock().steady_us() + TIMEOUT_S * US_PER_S
    while True:
        parents = processes()
        family: set[int] = set()
        grown = {ancestor}
        while grown:
            grown = {pid for pid, parent in parents.items() if parent in grown}
            family |= grown
        if len(family) >= least:
            return family
        assert SystemClock().steady_us() < end_us, f"only {len(family)}"


def until_gone(family: set[int]) -> None:
    """Returns once none of them runs; the trackers end by themselves when they see that the leader has."""
    end_us = SystemClock().steady_us() + 5 * US_PER_S
    while family & set(processes()):
        assert SystemClock().steady_us() < end_us, family & set(processes())
