"""Tests that run side by side are told as if they had run one after another in one process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.side_by_side import shares_of

TOP = Path(__file__).parents[1]
CONFTEST = """
from tests import side_by_side
side_by_side.cpu_count = lambda: {cores}
from tests.side_by_side import MARK, pytest_runtestloop
def pytest_configure(config):
    config.addinivalue_line("markers", MARK)
"""
HEAD = """
import os
import pytest
HERE = os.getpid()  # where tests are collected
marked = pytest.mark.side_by_side
"""


def pytest_on(cores: int, folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST.format(cores=cores))
    (folder / "test_it.py").write_text(HEAD + tests)
    plain = ["-p", "no:cacheprovider", "-c", os.devnull, "-o", f"pythonpath={TOP}", "--rootdir", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plain, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def outcomes(done: subprocess.CompletedProcess[str]) -> list[str]:
    words = ("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "XPASS")
    return sorted(line for line in done.stdout.splitlines() if line.startswith(words))


OF_EVERY_KIND = """
@pytest.fixture
def broken():
    raise LookupError("no such thing")

@marked
@pytest.mark.parametrize("number", range(6))
def test_some_fail(number):
    print(f"said of {number}")
    assert number % 3 != 1, f"{number} it is"

@marked
def test_without_its_fixture(broken): ...

@marked
def test_left_out():
    pytest.skip("not today")

@marked
@pytest.mark.xfail(strict=True)
def test_known_to_fail():
    assert False

def test_here():
    assert os.getpid() == HERE
"""


def test_what_is_told_is_the_same_on_three_cores_as_on_one(tmp_path: Path) -> None:
    alone, together = (pytest_on(cores, tmp_path, OF_EVERY_KIND, "-rA") for cores in (1, 3))
    assert outcomes(together) == outcomes(alone)
    assert len(outcomes(alone)) == 10
    assert (alone.returncode, together.returncode) == (1, 1)
    for said in ("said of 4", "4 it is", "no such thing", "2 failed, 5 passed, 1 skipped, 1 xfailed, 1 error"):
        assert said in together.stdout, together.stdout


TWO_AT_ONCE = """
@marked
@pytest.mark.parametrize("number", range(2))
def test_there(number):
    if number == 0:
        with open("way", "w") as way:
            way.write("a word from there" if os.getpid() != HERE else "")

def test_here():
    with open("way") as way:  # waits for whoever writes
        assert way.read() == "a word from there"
"""


def test_a_marked_test_runs_while_this_process_runs_another(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "way")
    assert "3 passed" in pytest_on(2, tmp_path, TWO_AT_ONCE).stdout


def test_a_process_that_dies_under_its_tests_is_not_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "way")
    dying = TWO_AT_ONCE.replace("way.write", "os.getpid() == HERE or os._exit(3); ")
    done = pytest_on(2, tmp_path, dying.replace('== "a word from there"', '== ""'))
    assert "a process that ran tests side by side ended with status 3" in done.stdout
    assert done.returncode == pytest.ExitCode.INTERNAL_ERROR


def test_a_failure_elsewhere_stops_a_session_that_stops_at_the_first(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "way")
    failing = TWO_AT_ONCE.replace("    if number == 0:", "    assert number == 0\n    if True:")
    done = pytest_on(2, tmp_path, failing + "\n\ntest_last = marked(lambda: None)\n", "-x")
    assert "stopping after 1 failures" in done.stdout
    assert "FAILED test_it.py::test_there[1]" in done.stdout


def test_tests_of_one_module_with_one_parameter_are_taken_together() -> None:
    def item(path: str, name: str, parameter: str | None) -> pytest.Item:
        about = {} if parameter is None else {"callspec": SimpleNamespace(id=parameter)}
        return cast("pytest.Item", SimpleNamespace(path=Path(path), name=name, **about))

    items = [
        item(path, f"{test}[{parameter}]", parameter)
        for path in ("one.py", "two.py")
        for test in ("test_x", "test_y")
        for parameter in ("a", "b")
    ]
    alone = [item("one.py", "test_z", None), item("one.py", "a", None)]
    shares = shares_of([*items, *alone])
    assert [[(it.path.name, it.name) for it in share] for share in shares] == [
        [("one.py", "test_x[a]"), ("one.py", "test_y[a]")],
        [("one.py", "test_x[b]"), ("one.py", "test_y[b]")],
        [("two.py", "test_x[a]"), ("two.py", "test_y[a]")],
        [("two.py", "test_x[b]"), ("two.py", "test_y[b]")],
        [("one.py", "test_z")],
        [("one.py", "a")],
    ]
