"""The mirror sees what the backend believes and is not so: one planted mistake for each kind of thing."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from backend.core.fold import FOLDS, STATE_FOLDS
from backend.services import commands, interventions, stalls
from scenarios.drivers import Oversight, run_scenario
from scenarios.mirror import CODES
from scenarios.mirror.look import Look, Memory
from scenarios.schema import load_scenario
from sim.world import World
from tests.e2e import machines_start_again
from twin.clock import US_PER_S
from twin.messages import case, conveyor, door, exception, operator, robot, sorter, trailer
from twin.messages.reply import CommandCompleted

if TYPE_CHECKING:
    from backend.services.settings import Timeouts
    from twin.messages import Message

TOP = Path(__file__).resolve().parents[2]
PAGE = (TOP / "docs" / "invariants.md").read_text("utf-8")

_FORGOTTEN: list[tuple[type[Message], str, str]] = [
    (trailer.TrailerDeparted, "shift_change", "twin_trailer"),
    (trailer.TrailerReleased, "shift_change", "twin_trailer"),
    (trailer.TrailerManifest, "first_truck", "twin_trailer"),
    (door.DoorClosed, "shift_change", "twin_door"),
    (door.RestraintReleased, "first_truck", "twin_door"),
    (door.LevellerStored, "shift_change", "twin_door"),
    (door.PersonEntered, "person_in_the_cell", "twin_door"),
    (conveyor.ConveyorCleared, "conveyor_jams_midway", "twin_belt"),
    (conveyor.ConveyorBlocked, "sorter_is_the_bottleneck", "twin_belt"),
    (sorter.SorterJammed, "sorter_is_the_bottleneck", "twin_belt"),
    (robot.UnloadStarted, "first_truck", "twin_robot"),
    (robot.RobotFactsheet, "first_truck", "twin_robot"),
    (case.CasePicked, "first_truck", "twin_robot"),
    (case.CaseIdentified, "first_truck", "twin_case"),
    (case.CaseRecovered, "shift_change", "twin_case"),
    (case.CaseDamaged, "live_unload_detention", "twin_case"),
    (exception.InterventionTaken, "conveyor_jams_midway", "twin_question"),
    (exception.InterventionAnswered, "conveyor_jams_midway", "twin_question"),
    (robot.RobotErrorRaised, "operators_overloaded", "twin_question"),
]
"""What is told and forgotten; where; what shows it."""


def _codes(scenario: str) -> set[str]:
    return {violation.code for violation in run_scenario(load_scenario(scenario)).violations}


def _nothing(*_: object) -> None:
    """A fold that forgets what it was told."""


@pytest.mark.parametrize(
    ("message_type", "scenario", "code"), _FORGOTTEN, ids=[message_type.__name__ for message_type, _, _ in _FORGOTTEN]
)
def test_an_event_that_the_backend_forgets_is_missed(
    monkeypatch: pytest.MonkeyPatch, message_type: type[Message], scenario: str, code: str
) -> None:
    monkeypatch.setitem(FOLDS, message_type, _nothing)

    assert code in _codes(scenario)


@pytest.mark.parametrize(
    ("message_type", "scenario", "code"),
    [
        (robot.RobotStateReport, "first_truck", "twin_robot"),
        (operator.OperatorState, "first_truck", "twin_people"),
    ],
)
def test_a_state_that_the_backend_forgets_is_missed(
    monkeypatch: pytest.MonkeyPatch, message_type: type[Message], scenario: str, code: str
) -> None:
    monkeypatch.setitem(STATE_FOLDS, message_type, _nothing)

    assert code in _codes(scenario)


def test_a_command_that_has_ended_and_is_waited_for_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    hear = commands.hear

    def forgets_the_end(desk: Any, sender: Any, message: Any) -> object:  # noqa: ANN401 - handed on
        return None if isinstance(message, CommandCompleted) else hear(desk, sender, message)

    monkeypatch.setattr(commands, "hear", forgets_the_end)

    assert "twin_command" in _codes("first_truck")


@pytest.mark.parametrize(
    ("notice", "scenario"),
    [
        ("jammed", "conveyor_jams_midway"),
        ("emergency_stopped", "emergency_stop_and_reset"),
    ],
)
def test_a_question_that_nobody_is_asked_is_missed(monkeypatch: pytest.MonkeyPatch, notice: str, scenario: str) -> None:
    monkeypatch.setitem(interventions.NOTICES, notice, _nothing)

    assert "twin_question" in _codes(scenario)


def test_a_robot_that_works_for_nobody_and_is_not_told_to_leave_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stalls, "_send_away", _nothing)

    codes = {violation.code for violation in machines_start_again.works_for_nobody().violations}

    assert "twin_robot" in codes


def test_on_correct_code_nothing_is_believed_that_is_not_so() -> None:
    for scenario in ("first_truck", "rough_day", "two_machines_one_name"):
        assert not _codes(scenario) & set(CODES), scenario


def test_the_page_names_what_the_mirror_can_find_and_no_more() -> None:
    section = PAGE.split("## The twin and the truth")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", section, re.MULTILINE)
    assert rows == list(CODES.items())


def test_what_the_code_can_find_is_what_is_named() -> None:
    source = "\n".join(file.read_text("utf-8") for file in sorted((TOP / "scenarios" / "mirror").glob("*.py")))
    assert set(re.findall(r'"(twin_[a-z]+)"', source)) == set(CODES)


def test_to_look_changes_nothing() -> None:
    scenario = load_scenario("rough_day")
    unseen = run_scenario(scenario, oversight=Oversight(is_watched=False))

    assert run_scenario(scenario).digest == unseen.digest


# --- how long something may differ ---


@pytest.fixture(name="memory")
def _memory() -> Memory:
    return Memory()


def _look(memory: Memory, at_s: int, believed: object, true: object) -> None:
    """One look at which something may differ for 20 s."""
    dock = World(load_scenario("first_truck").day).dock
    state = SimpleNamespace(commands={}, exceptions={}, senders={})
    look = Look(dock, cast("Any", state), cast("Timeouts", None), memory, now_us=at_s * US_PER_S)
    look.same("twin_belt", "conveyor/c1", "jammed", believed, true, for_us=20 * US_PER_S)
    memory.differences = look.differences


def test_what_differs_for_less_than_it_may_is_let_be(memory: Memory) -> None:
    for at_s, believed in ((10, "runs"), (20, "runs"), (25, "stands"), (30, "runs"), (40, "runs")):
        _look(memory, at_s, believed, "stands")

    assert not memory.violations


def test_the_time_begins_anew_when_the_truth_changes(memory: Memory) -> None:
    for at_s, true in ((10, "stands"), (20, "stands"), (25, "is blocked"), (40, "is blocked")):
        _look(memory, at_s, "runs", true)

    assert not memory.violations


def test_what_differs_for_longer_is_told_once_even_if_another_wrong_thing_is_believed(memory: Memory) -> None:
    for at_s, believed in ((10, "runs"), (20, "is blocked"), (30, "runs"), (40, "runs")):
        _look(memory, at_s, believed, "stands")

    assert [(it.code, it.entity, it.at_us) for it in memory.violations] == [("twin_belt", "conveyor/c1", 30 * US_PER_S)]
    assert "runs is believed, stands is so" in memory.violations[0].detail
