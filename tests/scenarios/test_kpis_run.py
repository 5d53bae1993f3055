"""KPIs of a run that is small enough to be computed by hand from its file."""

from __future__ import annotations

import pytest

from scenarios.drivers import run_scenario
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge

ONE_DOOR = """\
# Two trailers, one door, one robot, 30 minutes of work each.
site:
  id: bos1
  doors: 1
  robots: 1
  operators: {remote: 1, floor: 1}
  dock: {docking: 4 min, restraint: 15 s, door: 30 s, leveller: 15 s, departure: 2 min, robots_travel: false}
start: 2026-01-05 06:00
fidelity: trailer
service: {distribution: constant, mean: 30 min}
trailers:
  - {id: t-1, arrives: 06:10, due: 06:40, cases: 300, detention: 60 /h}
  - {id: t-2, arrives: 06:20, due: 08:20, cases: 100, detention: 60 /h}
"""

READY_S = 15 + 30 + 15
"""Restrained, open, leveller down."""
GONE_S = 15 + 30 + 15 + 120
"""Leveller up, closed, let go; and off the door."""
STAY_S = 240 + READY_S + 1800 + GONE_S
MESSAGES_S = 3
"""A dozen commands and replies a trailer, each 70 ms to 120 ms."""


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    return judge(run_scenario(scenario_from_text(ONE_DOOR, "by_hand.yaml")))


@pytest.mark.parametrize(
    ("name", "by_hand", "within"),
    [
        ("cases_announced", 400, 0),
        ("cases_received", 400, 0),
        ("cases_short", 0, 0),
        ("trailers_departed", 2, 0),
        ("trailers_late", 1, 0),
        # 400 cases in two times half an hour
        ("cases_per_robot_hour_net", 400, 1),
        # t-1 waits for its docking; t-2 comes 600 s after t-1 and docks when t-1 is off the door
        ("wait_min_mean", (240 + (STAY_S - 600 + 240)) / 2 / 60, MESSAGES_S / 60),
        ("turnaround_min_p50", (STAY_S + (STAY_S - 600 + STAY_S)) / 2 / 60, 2 * MESSAGES_S / 60),
        ("turnaround_min_p90", (STAY_S + 0.9 * (STAY_S - 600)) / 60, 2 * MESSAGES_S / 60),
        # t-1 is let go 120 s before it departs; its half hour was over 1,800 s after it came
        ("detention_h", (STAY_S - 120 - 1800) / 3600, MESSAGES_S / 3600),
        ("detention_cost", (STAY_S - 120 - 1800) / 60, MESSAGES_S / 60),
        ("exceptions_raised", 0, 0),
        ("robot_stopped_min", 0, 0),
        ("answers_per_trailer", 0, 0),
    ],
)
def test_a_run_comes_to_what_its_file_says(verdict: Verdict, name: str, by_hand: float, within: float) -> None:
    assert verdict.kpis[name] == pytest.approx(by_hand, abs=within + 1e-9)
