"""`docktwin explore`, from the command line to the file that fails by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.explore.story import MARK
from tests.e2e.small import LATE, SMALL
from tests.planted.rare import COMMON, hunt
from twin.clock import US_PER_S, SystemClock

TIMEOUT_S = 120


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "late.yaml").write_text(LATE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
    )


def test_a_planted_bug_is_found_and_shrunk_the_same_with_one_process_and_with_two_and_fails_by_itself() -> None:
    alone, pooled = (hunt(COMMON, runs=100, workers=workers) for workers in (1, 2))
    assert alone.text == pooled.text
    assert alone.found["verdict"] == "failed"
    shrunk = alone.found["failure"]["shrunk"]
    assert (shrunk["faults"], shrunk["robots"]) == (1, 1)
    assert shrunk["cases"] < alone.found["failure"]["found"]["cases"]
    assert alone.text.startswith(MARK)
    assert alone.again is not None
    assert alone.again.returncode == 1
    assert alone.again.stdout.startswith("FAILED  found, seed")
    assert alone.found["failure"]["name"] in alone.again.stdout


def test_where_nothing_fails_it_passes_and_writes_nothing(folder: Path) -> None:
    done = call("explore", "small.yaml", "--runs", "4", "-n", "1")
    assert done.stdout.startswith("PASSED  small, seed 1: 4 runs, none failed\n"), done.stdout + done.stderr
    assert done.returncode == 0
    assert sorted(path.name for path in folder.iterdir()) == ["late.yaml", "small.yaml"]


@pytest.mark.usefixtures("folder")
def test_as_json_it_says_what_was_asked_and_what_was_drawn() -> None:
    content = json.loads(call("explore", "small.yaml", "--runs", "3", "--first", "5", "-n", "1", "--json").stdout)
    assert content["verdict"] == "passed"
    assert content["runs"] == {"asked": 3, "done": 3, "first": 5}
    assert content["failure"] is None
    assert sum(content["faults_drawn"].values()) >= 3


@pytest.mark.usefixtures("folder")
def test_a_deadline_counts_only_when_it_is_asked_for() -> None:
    assert call("explore", "late.yaml", "--runs", "1", "-n", "1").returncode == 0
    for option in (("--deadlines",), ("--expectations", "all")):
        done = call("explore", "late.yaml", "--runs", "1", "-n", "1", "--out", "least.yaml", *option)
        assert done.stdout.startswith("FAILED  late, seed 1: it fails as it is\n")
        assert "not met  every trailer departed\n" in done.stdout
        assert done.returncode == 1
    again = call("run", "least.yaml")
    assert again.returncode == 1
    assert "every trailer departed" in again.stdout


def test_what_somebody_else_wrote_is_overwritten_only_by_force(folder: Path) -> None:
    mine = folder / "mine.yaml"
    mine.write_text(SMALL)
    done = call("explore", "late.yaml", "--deadlines", "--runs", "1", "--out", "mine.yaml")
    assert done.returncode == 2
    assert "was not written by explore; nothing was run" in done.stderr
    assert mine.read_text() == SMALL
    for _ in range(2):  # the second time it is ours
        assert (
            call("explore", "late.yaml", "--deadlines", "--runs", "1", "--out", "mine.yaml", "--force").returncode == 1
        )
        assert mine.read_text().startswith(MARK)
    assert call("explore", "late.yaml", "--deadlines", "--runs", "1", "--out", "mine.yaml").returncode == 1


def test_the_file_of_somebody_else_is_left_alone_under_the_name_it_would_have(folder: Path) -> None:
    (folder / "explore-late-every-trailer-departed-1.yaml").write_text(SMALL)
    call("explore", "late.yaml", "--deadlines", "--runs", "1")
    assert (folder / "explore-late-every-trailer-departed-1.yaml").read_text() == SMALL
    assert (folder / "explore-late-every-trailer-departed-1-2.yaml").read_text().startswith(MARK)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "options",
    [
        ("--runs", "0"),
        ("--runs", "many"),
        ("-n", "0"),
        ("--expectations", "some"),
        ("--out", "x.txt"),
        ("--out", "no/x.yaml"),
    ],
)
def test_what_cannot_be_asked_is_bad_input(options: tuple[str, ...]) -> None:
    done = call("explore", "small.yaml", *options)
    assert done.returncode == 2
    assert "nothing was run" in done.stderr


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupted_campaign_says_what_stands_and_ends_in_130(workers: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "scenarios.cli", "explore", "small.yaml", "--runs", "100000", "-n", workers],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        until_a_line_of(process)
        os.killpg(process.pid, signal.SIGINT)
        told, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130
    assert told.startswith("INTERRUPTED  small, seed 1: ")
    assert " of 100,000 runs done, none failed" in told
    assert "interrupted; everything is stopped" in said
    assert "Traceback" not in said


def until_a_line_of(process: subprocess.Popen[str]) -> None:
    """Returns once it says how far it is: then it is at work."""
    end_us = SystemClock().steady_us() + TIMEOUT_S * US_PER_S
    assert process.stderr is not None
    assert process.stderr.readline().startswith("  ")
    assert SystemClock().steady_us() < end_us
