"""Each scenario of the library holds as it stands, and fails, where it should, once its story is broken."""

from __future__ import annotations

# ruff: noqa: E501 - a table reads best one break a line
import pytest

from scenarios.checks import Judge
from scenarios.drivers import run_scenario
from scenarios.model import Scenario
from scenarios.schema import find_scenario, library, load_scenario, scenario_from_text
from twin.errors import DataAbsentError

pytestmark = pytest.mark.side_by_side

NAMES = [entry.name for entry in library()]
Change = tuple[str, str]


def unmet(scenario: Scenario) -> set[str]:
    """The expectations that a run of it does not meet."""
    try:
        run = run_scenario(scenario)
    except DataAbsentError as error:
        pytest.skip(f"{error.message}; {error.hint}")
    return {result.name for result in Judge(scenario, run).results() if not result.met}


def changed(name: str, *changes: Change) -> Scenario:
    text = find_scenario(name).read_text("utf-8")
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} names no one place of {name}"
        text = text.replace(old, new)
    return scenario_from_text(text, f"{name}.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_a_story_holds_as_it_is_told(name: str) -> None:
    assert unmet(load_scenario(name)) == set()


BREAKS: list[tuple[str, str, list[Change]]] = [
    ("first_truck", "cases per robot hour, net", [("robots: 1", "robots: [{id: r1, cycle_scale: 1.4}]")]),
    ("first_truck", "cases received", [("robots: 1", "robots: [{id: r1, drops: 20 %}]")]),
    (
        "first_truck",
        "no conveyor jams",
        [("expect:", "timeline: [{at: 06:25, fault: conveyor_jam, conveyor: c1}]\nexpect:")],
    ),
    (
        "first_truck",
        "no robot is taken for lost",
        [("expect:", "timeline: [{at: 06:25, fault: robot_silent, robot: r1, for: 1 min}]\nexpect:")],
    ),
    ("morning_rush", "the death of R5 is noticed within a minute", [("fault: robot_dies", "fault: grip_fails")]),
    ("morning_rush", "the case R5 held is known again", [("fault: robot_dies", "fault: grip_fails")]),
    ("morning_rush", "people take R5 out", [("floor: 2", "floor: 2\n    floor_response: 20 min")]),
    ("morning_rush", "the jam at C2 is seen and cleared", [("    conveyor: c2", "    conveyor: c2\n    for: 30 s")]),
    ("morning_rush", "turn-around, 90th percentile", [("    - id: r2\n    - id: r3\n      cycle_scale: 1.05   # an older arm\n", "")]),
    ("radio_storm", "what the storm holds back is asked for again", [("    robot: all\n    for: 6 min", "    robot: all\n    for: 1 ms")]),
    ("radio_storm", "the silence of R2 is noticed", [("for: 75 s", "for: 10 s")]),
    ("radio_storm", "R2 is known again without help", [("for: 75 s", "for: 20 min")]),
    ("radio_storm", "nobody takes a living robot out", [("fault: robot_silent\n    robot: r2\n    for: 75 s", "fault: robot_dies\n    robot: r2")]),
    ("robot_dies_holding_a_case", "the silence of R1 is noticed", [("fault: robot_dies", "fault: grip_fails")]),
    ("robot_dies_holding_a_case", "the case R1 held is carried out by hand", [("fault: robot_dies", "fault: grip_fails")]),
    ("robot_dies_holding_a_case", "people take R1 out", [("fault: robot_dies", "fault: robot_silent\n    for: 60 s")]),
    ("queue_at_the_gate", "wait for a door, mean", [("mean: 30 min}", "mean: 60 min}")]),
    ("queue_at_the_gate", "wait for a door, mean", [("doors: 2", "doors: 4")]),
    ("queue_at_the_gate", "trailers departed", [("count: 200", "count: 199")]),
    ("real_orders", "cases received", [("orders: all", 'orders: ["00100408"]')]),
    ("bischoff_ratcliff", "no box is beyond what this robot takes", [("      weight_max: 150 kg\n      weight_max_high: 150 kg\n", "")]),
    ("bischoff_ratcliff", "cases received", [("bischoff_ratcliff: BR3_01", "cases: 80")]),
    ("mixed_load", "no case is beyond what a robot takes", [("cases: 300, load: mixed", "cases: 300, too_large: 2, load: mixed")]),
    ("mixed_load", "cases received", [("cases: 300", "cases: 280")]),
    ("every_20_ms", "both robots ask for help with a grip", [("robot: r2", "robot: r2\n  - at: 06:08\n    fault: case_drops\n    robot: r2"), ("    fault: grip_fails\n    robot: r1", "    fault: case_drops\n    robot: r1")]),
    ("every_20_ms", "both jams clear themselves", [("conveyor: c4\n    for: 20 s", "conveyor: c4")]),
    ("first_truck", "the receipt knows every case by its label", [("{remote: 1, floor: 1}", "{remote: 0, floor: 1}")]),
    ("radio_storm", "commands get through, all of them", [("link: {jitter: 250 ms", "link: {downlink: 70 s, jitter: 250 ms")]),
    ("forgetful_dock", "what is lost shows", [("share: 4 %", "share: 0 %")]),
    ("forgetful_dock", "of most cases it is known where they are", [("share: 4 %", "share: 30 %")]),
    ("late_commands", "R1 refuses answers that are too old", [("downlink: 62 s", "downlink: 20 s")]),
    ("late_commands", "R2 refuses plans that are too old", [("downlink: 62 s", "downlink: 20 s")]),
    ("late_commands", "R1 is answered in the end", [("for: 5 min", "for: 12 min")]),
    ("late_commands", "nobody who can speak is taken for lost", [("downlink: 62 s", "loss: 100 %")]),
    ("to_the_tick", "R2 is not taken for lost", [("for: 4500 ms", "for: 5500 ms")]),
    ("to_the_tick", "R1 is taken for lost", [("for: 10 s", "for: 3 s")]),
    ("to_the_tick", "the trailer that is ready meanwhile is R2's", [("for: 10 s", "for: 3 s")]),
    ("to_the_tick", "R1 is known again by itself", [("for: 10 s", "for: 20 s")]),
    ("nobody_at_the_screen", "R1's question is decided by rule, within its deadline", [("remote: 0", "remote: 1")]),
    ("nobody_at_the_screen", "unread labels are left unread", [("  robots: 1", "  robots: 1\n  dock: {no_reads: 0}"), ("fault: no_read", "fault: conveyor_jam\n    for: 1 s")]),
    ("nobody_at_the_screen", "nobody answers", [("remote: 0", "remote: 1")]),
    ("nobody_at_the_screen", "the case R1 left is carried out by hand", [("cases_placed: 30", "cases_placed: 81")]),
    ("jam_at_the_last_case", "the receipt is closed when the conveyor has been cleared", [("floor: 2, ", "floor: 0, ")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "expectation", "changes"), BREAKS)
def test_a_broken_story_fails_where_it_is_broken(name: str, expectation: str, changes: list[Change]) -> None:
    assert expectation in unmet(changed(name, *changes))
