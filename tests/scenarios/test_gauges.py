"""Gauges, each on a day told message by message."""

from __future__ import annotations

import pytest

from scenarios.gauges import readings
from scenarios.model import Gauge
from tests.scenarios.dock_story import DockStory


def values(story: DockStory, gauge: Gauge) -> list[int]:
    return [value for _, value in readings(story.log, gauge)]


@pytest.mark.parametrize("state", ["EMERGENCY_STOP", "PROTECTIVE_STOP", "PAUSED"])
def test_a_stopped_robot_counts_until_it_says_otherwise(state: str) -> None:
    story = DockStory()
    story.is_in(0, "r1", "PICKING")
    story.is_in(10, "r1", state)  # type: ignore[arg-type] # one of the states
    story.is_in(20, "r1", state)  # type: ignore[arg-type]
    story.is_in(25, "r2", "PAUSED")
    story.is_in(30, "r1", "PICKING")
    assert values(story, "robots_stopped") == [1, 2, 1]


def test_a_robot_that_was_taken_away_is_stopped_no_more() -> None:
    story = DockStory()
    story.is_in(10, "r1", "EMERGENCY_STOP")
    story.removed(20, "r1")
    assert values(story, "robots_stopped") == [1, 0]


def test_people_in_all_cells_are_counted_by_what_the_doors_say() -> None:
    story = DockStory()
    story.people_in_cell(0, "d1", 1, is_entering=True)
    story.people_in_cell(10, "d1", 2, is_entering=True)
    story.people_in_cell(20, "d2", 1, is_entering=True)
    story.people_in_cell(30, "d1", 1, is_entering=False)
    story.people_in_cell(40, "d1", 0, is_entering=False)
    assert values(story, "people_inside") == [1, 2, 3, 2, 1]


def test_conveyors_are_blocked_one_by_one() -> None:
    story = DockStory()
    story.blocked(0, "c1")
    story.blocked(10, "c2")
    story.unblocked(20, "c1")
    assert values(story, "conveyors_blocked") == [1, 2, 1]


def test_conveyors_are_jammed_until_cleared() -> None:
    story = DockStory()
    story.jammed(0, "c1")
    story.cleared(20, "c1")
    assert values(story, "conveyors_jammed") == [1, 0]


def test_an_exception_is_unassigned_until_a_person_sees_to_it() -> None:
    story = DockStory()
    story.raised_for(0, "x1", "remote")
    story.raised_for(5, "x2", "rule")
    story.assigned(10, "x1", "ana")
    story.assigned(20, "x1", None)
    story.resolved(30, "x1", "grip_failed")
    assert values(story, "exceptions_unassigned") == [1, 0, 1, 0]


def test_all_that_a_lost_robot_held_is_unknown() -> None:
    story = DockStory()
    story.picked(0, "r1", "t-1", "t-1-c1")
    story.picked(0, "r1", "t-1", "t-1-c2")
    story.picked(0, "r2", "t-1", "t-1-c3")
    story.raised(30, "x1", "robot_lost")
    story.recovered(60, "t-1", "t-1-c2", "manual")
    story.resolved(90, "x1", "robot_lost")
    assert values(story, "cases_unknown") == [2, 1, 0]


def test_a_state_that_comes_late_does_not_undo_a_later_one() -> None:
    story = DockStory()
    story.is_in(0, "r1", "PAUSED")
    story.is_in(10, "r1", "PAUSED", late_s=10)
    story.is_in(15, "r1", "PICKING")
    assert values(sorted_by_bus(story), "robots_stopped") == [1, 0]


def test_people_of_a_cell_are_counted_by_the_newest_word_of_its_door() -> None:
    story = DockStory()
    story.people_in_cell(0, "d1", 1, is_entering=True)
    story.people_in_cell(10, "d1", 0, is_entering=False)
    late, newest = story.log
    story.log = [newest, late._replace(at_us=newest.at_us + 1)]
    assert values(story, "people_inside") == []


def test_a_belt_is_as_its_newest_word_says() -> None:
    story = DockStory()
    story.blocked(0, "c1")
    story.unblocked(10, "c1")
    story.jammed(20, "c2")
    story.cleared(30, "c2")
    swapped = [story.log[n]._replace(at_us=story.log[m].at_us) for n, m in ((1, 0), (0, 1), (3, 2), (2, 3))]
    story.log = swapped
    assert values(story, "conveyors_blocked") == values(story, "conveyors_jammed") == []


def test_a_track_that_was_no_case_is_unknown_no_more() -> None:
    story = DockStory()
    story.picked(0, "r1", "t-1", "t-1-c1")
    story.picked(0, "r1", "t-1", "t-1-c2")
    story.raised(30, "x1", "robot_lost")
    story.retracted(40, "r1", "t-1", "t-1-c1")
    story.split(50, "r1", "t-1", "t-1-c2", "t-1-c3", "t-1-c4")
    assert values(story, "cases_unknown") == [2, 1, 0]


def sorted_by_bus(story: DockStory) -> DockStory:
    story.log.sort(key=lambda delivery: delivery.at_us)
    return story
