"""Scenarios nobody has thought of: those that have found something, and a few new ones. More of them: `make soak`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.trials import problems, written

pytestmark = pytest.mark.side_by_side

FOUND = {
    21: "people who came after the trailer had left still carried cases out of it",
    25: "a robot that had heard 128 commands in an hour refused the answer it waited for, and waited for ever",
    127: "the yard's reply overtook its trailer.docked, and the trailer was given a second door",
    317: "a case that a robot had refused fell, and the backend took that for a contradiction",
    5018: "a robot's call for help was lost for good, and it waited for ever",
    5049: "a scan was lost for good, and the robot waited for a plan for ever",
    5058: "a robot's word that it had finished was lost for good, and its trailer was never released",
    5108: "picks told after their order had been taken back left a case in a hand and in nobody's plan",
    5344: "a skip told late took the case out of a plan made since",
    6042: "a command that had ended before the robot's recent actions began was issued again for ever",
}
"""By seed, what its scenario has found."""
SWEEP = range(1, 11)


@pytest.mark.parametrize("seed", FOUND)
def test_what_a_scenario_once_found_stays_mended(seed: int, tmp_path: Path) -> None:
    assert list(problems(written(seed, tmp_path), is_thorough=False)) == []


@pytest.mark.parametrize("seed", SWEEP)
def test_whatever_comes_the_day_ends_and_every_case_is_somewhere(seed: int, tmp_path: Path) -> None:
    assert list(problems(written(seed, tmp_path))) == []
