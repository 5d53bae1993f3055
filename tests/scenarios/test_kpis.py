from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.kpis import BY_NAME, KPIS, compute, percentile, table_markdown
from scenarios.model import Measure
from tests.scenarios.dock_story import DockStory
from tests.scenarios.story import START_US, Story
from twin.clock import us

ROOT = Path(__file__).parents[2]


def at(seconds: float) -> int:
    return START_US + us(seconds)


def two_trailers() -> Story:
    """T-1: 3 cases in 600 s by r1. T-2: 2 cases in 1,200 s by r1; a third never appears. Both from 06:00 to 08:00."""
    story = Story()
    story.factsheet(0, "r1")
    story.factsheet(0, "r2")
    for trailer, cases in (("t-1", 3), ("t-2", 3)):
        story.announced(0, trailer, cases=cases, due_s=3600)
        story.arrived(60, trailer)
    story.docked(180, "t-1")
    story.started(300, "r1", "t-1")
    for n in (1, 2, 3):
        story.picked(300 + 100 * n, "r1", "t-1", f"t-1-c{n}")
        story.placed(310 + 100 * n, "r1", "t-1", f"t-1-c{n}")
    story.identified(420, "t-1", "t-1-c1")
    story.unreadable(520, "t-1", "t-1-c2")
    story.identified(620, "t-1", "t-1-c3")
    story.finished(900, "r1", "t-1", cases=3)
    story.departed(1260, "t-1")
    story.docked(1500, "t-2")
    story.started(1800, "r1", "t-2")
    story.picked(1900, "r1", "t-2", "t-2-c1")
    story.placed(1910, "r1", "t-2", "t-2-c1")
    story.identified(1930, "t-2", "t-2-c1")
    story.damaged(2000, "r1", "t-2", "t-2-c2")
    story.recovered(3300, "t-2", "t-2-c2", "damaged")
    story.finished(3000, "r1", "t-2", cases=1)
    story.departed(4860, "t-2")
    return story


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("cases_per_robot_hour_net", 4 / ((600 + 1200) / 3600)),
        ("cases_per_hour", 4 / ((3000 - 300) / 3600)),
        ("robot_utilisation", 1800 / (2 * 4860)),
        ("cases_announced", 6),
        ("cases_received", 4),
        ("cases_damaged", 1),
        ("cases_refused", 0),
        ("cases_manual", 0),
        ("cases_short", 1),
        ("turnaround_min_p50", (20 + 80) / 2),
        ("turnaround_min_p90", 20 + 0.9 * 60),
        ("wait_min_mean", (2 + 24) / 2),
        ("trailers_departed", 2),
        ("trailers_late", 1),
        ("exceptions_raised", 0),
        ("answers_per_trailer", 0),
        ("messages_per_pick", 28 / 4),
    ],
)
def test_each_kpi_of_a_small_day_is_what_one_computes_by_hand(name: str, by_hand: float) -> None:
    assert compute(two_trailers().log)[name] == pytest.approx(by_hand, rel=1e-5)


def test_a_dead_robots_time_ends_when_people_remove_it() -> None:
    story = Story()
    story.started(0, "r1", "t-1")
    story.placed(10, "r1", "t-1", "t-1-c1")
    story.removed(1800, "r1")
    story.started(1800, "r2", "t-1")
    story.placed(1900, "r2", "t-1", "t-1-c2")
    story.finished(3600, "r2", "t-1", cases=1)
    assert compute(story.log)["cases_per_robot_hour_net"] == pytest.approx(2 / 1.0)


def test_a_robot_still_at_work_counts_up_to_the_last_message() -> None:
    story = Story()
    story.started(0, "r1", "t-1")
    story.placed(1800, "r1", "t-1", "t-1-c1")
    assert compute(story.log)["cases_per_robot_hour_net"] == pytest.approx(2.0, rel=1e-6)


def test_counted_cases_of_the_fidelity_trailer_are_placed_and_received() -> None:
    story = Story()
    story.announced(0, "t-1", cases=40, due_s=9000)
    story.arrived(0, "t-1")
    story.started(0, "r1", "t-1")
    story.finished(1800, "r1", "t-1", cases=40, counted=True)
    story.departed(1900, "t-1")
    kpis = compute(story.log)
    assert kpis["cases_per_robot_hour_net"] == pytest.approx(80.0)
    assert kpis["cases_received"] == 40
    assert kpis["cases_short"] == 0
    assert kpis["messages_per_pick"] is None


def test_exceptions_are_counted_by_who_ended_them_and_timed() -> None:
    story = Story()
    story.raised(0, "x1", "no_read")
    story.raised(0, "x2", "robot_lost")
    story.raised(0, "x3", "robot_lost")
    story.raised(0, "x4", "grip_failed")
    story.raised(0, "x5", "no_read")
    story.resolved(10, "x1", "no_read")
    story.resolved(600, "x5", "no_read")
    story.resolved(120, "x2", "robot_lost", "floor")
    story.resolved(30, "x3", "robot_lost", "remote")
    kpis = compute(story.log)
    assert (kpis["exceptions_raised"], kpis["exceptions_by_rule"], kpis["exceptions_by_people"]) == (5, 2, 2)
    assert kpis["exception_median_s"] == 75.0
    assert kpis["recovery_min_max"] == 2.0


def test_the_last_word_about_a_case_decides_its_outcome() -> None:
    story = Story()
    story.refused(0, "r1", "t-1", "t-1-c1")
    story.recovered(10, "t-1", "t-1-c1", "manual")
    story.refused(0, "r1", "t-1", "t-1-c2")
    story.identified(10, "t-1", "t-1-c2")
    kpis = compute(story.log)
    assert [kpis[f"cases_{o}"] for o in ("refused", "manual", "received")] == [0, 1, 1]


def test_a_robot_that_starts_again_is_no_longer_at_work() -> None:
    story = DockStory()
    story.started(0, "r1", "t-1")
    story.placed(10, "r1", "t-1", "t-1-c1")
    story.reboot("robot/r1")
    story.factsheet(1800, "r1")
    story.arrived(7200, "t-1")
    assert compute(story.log)["cases_per_robot_hour_net"] == pytest.approx(1 / 0.5)


def test_work_ends_after_it_has_begun_whatever_the_stamps_say() -> None:
    story = Story()
    story.arrived(-3600, "t-1")
    story.started(0, "r1", "t-1")
    story.placed(60, "r1", "t-1", "t-1-c1")
    story.finished(-3, "r1", "t-1")
    story.arrived(3600, "t-2")
    assert compute(story.log)["cases_per_robot_hour_net"] is None


def test_what_was_no_case_counts_nowhere() -> None:
    story = DockStory()
    story.announced(0, "t-1", cases=3, due_s=100)
    story.refused(1, "r1", "t-1", "t-1-c1")
    story.retracted(2, "r1", "t-1", "t-1-c1")
    story.damaged(3, "r1", "t-1", "t-1-c2")
    story.split(4, "r1", "t-1", "t-1-c2", "t-1-c3", "t-1-c4")
    story.identified(5, "t-1", "t-1-c3")
    story.identified(6, "t-1", "t-1-c4")
    story.departed(9, "t-1")
    kpis = compute(story.log)
    assert [kpis[f"cases_{o}"] for o in ("received", "refused", "damaged", "short")] == [2, 0, 0, 1]


def test_kpis_count_only_what_lies_in_the_measured_window() -> None:
    kpis = compute(two_trailers().log, Measure(from_us=at(600), until_us=at(2400)))
    assert kpis["trailers_departed"] == 1
    assert kpis["turnaround_min_p90"] == 20.0
    assert kpis["wait_min_mean"] == 24.0
    assert kpis["cases_per_robot_hour_net"] == pytest.approx(2 / ((300 + 600) / 3600))
    assert kpis["robot_utilisation"] == pytest.approx(900 / (2 * 1800))


def test_the_window_holds_its_begin_and_not_its_end() -> None:
    story = Story()
    for second in (10, 20, 30):
        story.raised(second, f"x{second}", "no_read")
    assert compute(story.log, Measure(from_us=at(10), until_us=at(30)))["exceptions_raised"] == 2


def test_only_those_are_late_whose_free_time_ended_first() -> None:
    story = Story()
    for trailer, due_s in (("t-1", 100), ("t-2", 100), ("t-3", 5000), ("t-4", 100), ("t-5", 9000)):
        story.announced(0, trailer, cases=1, due_s=due_s)
    story.departed(101, "t-1")
    story.departed(100, "t-2")
    story.departed(300, "t-3")
    assert compute(story.log)["trailers_late"] == 2, "t-1 was late, t-4 still is"


def test_one_trailer_with_too_many_cases_does_not_hide_what_another_is_short_of() -> None:
    story = Story()
    story.announced(0, "t-1", cases=3, due_s=100)
    story.announced(0, "t-2", cases=1, due_s=100)
    for n in (1, 2):
        story.identified(n, "t-2", f"t-2-c{n}")
    story.departed(50, "t-1")
    story.departed(50, "t-2")
    assert compute(story.log)["cases_short"] == 3


def test_a_day_of_silence_has_no_ratio_and_no_percentile() -> None:
    kpis = compute([])
    assert kpis["cases_per_robot_hour_net"] is None
    assert kpis["turnaround_min_p90"] is None
    assert kpis["wait_min_mean"] is None
    assert kpis["answers_per_trailer"] is None
    assert kpis["exceptions_raised"] == 0


def test_every_kpi_that_can_be_none_says_why() -> None:
    nothing = compute([])
    assert {name for name, value in nothing.items() if value is None} == {k.name for k in KPIS if k.none_when}


def test_copies_count_once_but_are_messages_on_the_bus() -> None:
    story = two_trailers()
    once, twice = compute(story.log), compute([d for d in story.log for _ in range(2)])
    assert twice["messages_per_pick"] == 2 * (once["messages_per_pick"] or 0)
    assert {**once, "messages_per_pick": 0} == {**twice, "messages_per_pick": 0}


@given(st.permutations(range(28)))
def test_the_order_of_arrival_changes_no_kpi(order: list[int]) -> None:
    log = two_trailers().log
    assert compute([log[i] for i in order]) == compute(log)


def test_a_message_that_arrives_late_counts_from_when_it_happened() -> None:
    story = Story()
    story.arrived(0, "t-1", late_s=50)
    story.docked(60, "t-1")
    assert compute(story.log)["wait_min_mean"] == 1.0


def test_a_trailer_that_is_there_when_the_day_begins_has_arrived() -> None:
    story = Story()
    story.announced(0, "t-1", cases=2, due_s=100)
    story.arrived(0, "t-1")
    log = [delivery._replace(at_us=delivery.at_us + us(0.05)) for delivery in story.log]
    assert compute(log)["cases_announced"] == 2


def with_a_clock_set_back() -> DockStory:
    """r1 works from 300 to 3,900 s and places a case at 600 and 2,400 s; from 1,200 s on its clock is 1,800 s back."""
    story = DockStory()
    story.arrived(0, "t-1")
    story.started(300, "r1", "t-1")
    for second in range(310, 1200, 100):
        story.is_in(second, "r1", "PICKING")
    story.placed(600, "r1", "t-1", "t-1-c1")
    for second in range(1210, 3900, 100):
        story.is_in(second - 1800, "r1", "PICKING", late_s=1800)
    story.placed(2400 - 1800, "r1", "t-1", "t-1-c2", late_s=1800)
    story.finished(3900 - 1800, "r1", "t-1", late_s=1800)
    story.is_in(3910 - 1800, "r1", "IDLE", late_s=1800)
    return story


def test_work_goes_on_when_a_clock_is_set_back() -> None:
    kpis = compute(with_a_clock_set_back().log)
    assert kpis["cases_per_robot_hour_net"] == pytest.approx(2.0)


def test_a_case_placed_by_a_clock_that_is_behind_lies_where_the_bus_had_it() -> None:
    kpis = compute(with_a_clock_set_back().log, Measure(from_us=at(2000), until_us=at(3000)))
    assert kpis["cases_per_robot_hour_net"] == pytest.approx(1 / (1000 / 3600))


def test_nothing_happens_after_the_bus_has_told_of_it() -> None:
    story = Story()
    story.arrived(0, "t-1")
    story.docked(3600 + 60, "t-1")
    fast = [story.log[0], story.log[1]._replace(at_us=at(60))]
    assert compute(fast)["wait_min_mean"] == pytest.approx(1.0)


def test_what_comes_late_while_the_clock_is_right_counts_from_when_it_happened() -> None:
    story = DockStory()
    story.started(0, "r1", "t-1")
    for second in range(0, 3600, 10):
        story.is_in(second, "r1", "PICKING")
    story.placed(10, "r1", "t-1", "t-1-c1")
    story.finished(1800, "r1", "t-1", late_s=600)
    assert compute(story.log)["cases_per_robot_hour_net"] == pytest.approx(2.0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_lies_between_the_extremes(values: list[float], q: float) -> None:
    got = percentile(values, q)
    assert got is not None
    assert min(values) - 1e-6 <= got <= max(values) + 1e-6


def test_names_are_unique_and_the_documentation_says_what_the_code_does() -> None:
    assert len(BY_NAME) == len(KPIS)
    assert table_markdown() in (ROOT / "docs" / "kpis.md").read_text(encoding="utf-8")
