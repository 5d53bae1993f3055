from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e import (
    bad_radio,
    broken_words,
    causes,
    cloned_robot,
    contrary_dock,
    deaf_dock,
    found_later,
    lagging_events,
    late_answers,
    late_papers,
    late_tails,
    lying_double,
    machines_start_again,
    noisy_bus,
    other_doors,
    other_robots,
    people_come_late,
    people_step_in,
    removed_unheard,
    restless_backend,
    restless_robots,
    small_memory,
    strange_dock,
    stubborn_machines,
    two_restarts,
    uninvited,
)
from twin.messages import TYPES

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.verdict import Verdict

pytestmark = pytest.mark.side_by_side

HAVE_FAILED = {"late_tails": (1, 6, 11), "restless_robots": (19, 21, 25, 31, 48)}
"""Seeds with which the backend was wrong once, or who held it against what is so."""


def unmet(verdict: Verdict) -> list[str]:
    return [expectation.name for expectation in verdict.expectations if not expectation.met]


@pytest.mark.parametrize("text", [pytest.param(text, id=lost) for lost, text in deaf_dock.days()])
def test_a_dock_gets_by_without_one_word_or_waits_for_it(text: str) -> None:
    verdict = deaf_dock.run_of(text)
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_a_dock_gets_by_without_every_word_that_is_said_on_it() -> None:
    lost = {name for types in deaf_dock.ALL_DAY for name in types} | set(deaf_dock.FOR_A_WHILE)
    assert {name for name, it in TYPES.items() if it.PUBLISHERS - {"backend"}} <= lost


def test_strangers_and_nonsense_on_the_bus_change_nothing_that_the_backend_says() -> None:
    verdict = noisy_bus.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_a_dock_goes_on_while_its_planners_think_for_long_and_talk_nonsense() -> None:
    verdict = strange_dock.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", stubborn_machines.SCENES)
def test_stubborn_machines_hold_nobody_up(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", machines_start_again.SCENES)
def test_machines_that_start_again_are_told_anew_what_is_wanted_of_them(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_nothing_is_believed_of_what_a_second_machine_under_the_name_of_a_robot_says() -> None:
    verdict = lying_double.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("seed", [*restless_robots.SEEDS, *HAVE_FAILED["restless_robots"]])
def test_no_case_is_lost_when_robots_start_again_by_themselves(seed: int) -> None:
    verdict = restless_robots.run_with(seed)
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_trailers_and_robots_wait_for_the_last_thing_that_a_door_does() -> None:
    verdict = other_doors.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", people_step_in.SCENES)
def test_people_step_in_and_answer_badly_and_what_is_right_is_done(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", people_come_late.SCENES)
def test_people_come_and_say_so_late_and_what_they_are_needed_for_is_done(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", cloned_robot.SCENES)
def test_neither_of_two_machines_of_one_boot_is_told_anything_until_people_were_there(
    scene: Callable[[], Verdict],
) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("seed", [*late_tails.SEEDS, *HAVE_FAILED["late_tails"]])
def test_the_last_words_of_a_robot_that_people_have_carried_out_are_history(seed: int) -> None:
    verdict = late_tails.run_with(seed)
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_what_cannot_be_read_or_meant_uses_its_number_and_does_nothing_else() -> None:
    verdict = broken_words.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", two_restarts.SCENES)
def test_what_is_missing_of_each_of_two_boots_shows_and_the_robot_works_on(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", late_answers.SCENES)
def test_what_a_planner_decided_for_a_dock_that_is_another_by_now_is_not_done(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("lag", lagging_events.LAGGING, ids=["events", "states", "events_later"])
def test_a_stream_that_comes_behind_the_others_makes_work_slower_and_not_wrong(lag: tuple[Any, ...]) -> None:
    verdict = lagging_events.run_with(*lag)
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_robots_that_set_aside_from_the_hand_and_start_up_in_a_stop_are_understood() -> None:
    verdict = other_robots.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_a_robot_that_works_anew_is_not_taken_from_it_by_the_late_word_that_it_was_taken_out() -> None:
    verdict = removed_unheard.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_what_was_read_before_a_manifest_was_typed_in_counts_on_its_lines() -> None:
    verdict = late_papers.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", small_memory.SCENES)
def test_a_robot_that_can_or_remembers_less_says_so_and_the_work_is_done(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", contrary_dock.SCENES)
def test_what_cannot_be_done_just_now_is_done_later(scene: Callable[[], Verdict]) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


@pytest.mark.parametrize("scene", bad_radio.SCENES)
def test_what_radio_loses_or_brings_too_late_is_settled_and_nobody_is_sent_in_vain(
    scene: Callable[[], Verdict],
) -> None:
    verdict = scene()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_of_all_that_the_backend_says_it_can_be_told_why() -> None:
    assert unmet(causes.run()) == []


def test_a_trailer_of_which_nobody_has_told_is_unloaded_where_it_stands() -> None:
    verdict = uninvited.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_what_people_find_that_nobody_asked_for_is_all_the_word_there_need_be() -> None:
    verdict = found_later.run()
    assert (unmet(verdict), verdict.violations) == ([], ())


def test_a_dock_does_not_lose_a_minute_by_a_backend_that_starts_again_all_day() -> None:
    verdict = restless_backend.run()
    assert (unmet(verdict), verdict.violations) == ([], ())
