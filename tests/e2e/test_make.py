"""`make setup`, with a Python that only pretends: what it says, and when it begins anew."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
FAKE_PYTHON = """#!/bin/sh
case "$*" in
*venv*--clear*) rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*pip*install*) if [ -e offline ]; then echo "ERROR: no answer" >&2; exit 1; fi ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    here = tmp_path / "my checkout"
    here.mkdir()
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(TOP / name, here)
    fake = here / "fake"
    fake.write_text(FAKE_PYTHON)
    fake.chmod(0o755)
    return here


def setup(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "setup", "PYTHON=./fake"],  # noqa: S607
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_second_set_up_needs_nothing_until_the_lock_or_the_folder_changes(checkout: Path) -> None:
    assert setup(checkout).stdout.splitlines()[-1] == "environment ready"
    (checkout / "offline").touch()
    assert setup(checkout).stdout == "environment ready (offline)\n"
    moved = checkout.rename(checkout.with_name("moved"))
    assert setup(moved).returncode != 0
    (moved / "offline").unlink()
    assert setup(moved).stdout.splitlines()[-1] == "environment ready"
    with (moved / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert setup(moved).stdout.splitlines()[-1] == "environment ready"


def test_a_set_up_without_the_network_says_so_and_the_next_one_begins_anew(checkout: Path) -> None:
    (checkout / "offline").touch()
    done = setup(checkout)
    assert done.returncode != 0
    assert "error: the packages of requirements.lock could not be installed" in done.stderr
    assert "Run make setup again: it starts over." in done.stderr
    (checkout / "offline").unlink()
    assert setup(checkout).stdout.splitlines() == ["setting up .venv: about a minute, this once", "environment ready"]
