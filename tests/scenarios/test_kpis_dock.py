"""The KPIs of belts, stops, people, detention and receipts, each against a day computed by hand."""

from __future__ import annotations

from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.kpis import KPIS, compute
from scenarios.model import Measure
from tests.scenarios.dock_story import DockStory, receipt_line
from tests.scenarios.plans import at

if TYPE_CHECKING:
    from collections.abc import Callable


def a_dock() -> DockStory:
    """Two doors with a belt each, a robot each; the sorter takes 720 an hour.

    r1 works at d1 from 1,000 to 2,000 s, r2 at d2 from 1,500 to 2,500 s. On c1 lie cases from 1,100 to 1,300 and from
    1,400 to 1,900 s; it is blocked from 1,500 to 1,600 and from 1,950 to 2,100 s. On c2 lies one from 1,500 to
    2,300 s, and one from 2,400 s on. r1 is paused from 1,200 to 1,260 s and in a protective stop until 1,290 s; r2
    stands in an emergency stop from 2,600 to 2,900 s. The last message comes at 4,000 s.
    """
    story = DockStory()
    story.sorter_takes(0, 720.0)
    story.ordered(900, "r1", "d1", "c1")
    story.ordered(900, "r2", "d2", "c2")
    for robot, door, begin, end in (("r1", "d1", 1000, 2000), ("r2", "d2", 1500, 2500)):
        story.is_in(begin, robot, "SCANNING")
        story.started_at(begin, robot, door)
        story.finished(end, robot, "t-1")
    story.placed(1100, "r1", "t-1", "t-1-c1")
    story.placed(1200, "r1", "t-1", "t-1-c2")
    story.identified(1250, "t-1", "t-1-c1")
    story.unreadable(1300, "t-1", "t-1-c2")
    story.placed(1400, "r1", "t-1", "t-1-c3")
    story.identified(1900, "t-1", "t-1-c3")
    story.blocked(1500)
    story.unblocked(1600)
    story.blocked(1950)
    story.unblocked(2100)
    story.placed_on(1500, "r2", "t-1", "t-1-c4", "c2")
    story.identified_on(2300, "t-1", "t-1-c4", "c2")
    story.placed_on(2400, "r2", "t-1", "t-1-c5", "c2")
    story.is_in(1200, "r1", "PAUSED")
    story.is_in(1210, "r1", "PAUSED")
    story.is_in(1260, "r1", "PROTECTIVE_STOP")
    story.is_in(1290, "r1", "PAUSED")
    story.is_in(1290, "r1", "PICKING")
    story.is_in(2600, "r2", "EMERGENCY_STOP")
    story.is_in(2900, "r2", "IDLE")
    story.departed(4000, "t-1")
    return story


ROBOT_S = 1000 + 1000
"""At d1 and at d2."""


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # c1 until its robot leaves at 2,000: 100 + 50; c2 never
        ("conveyor_blocked_share", 150 / ROBOT_S),
        # c1: 1,000-1,100, 1,300-1,400, 1,900-2,000; c2: 2,300-2,400
        ("conveyor_starved_share", (300 + 100) / ROBOT_S),
        ("robot_stopped_min", (60 + 30 + 300) / 60),
        # four cases from 1,000 to 2,500 s, of 720 / 3600 * 1,500
        ("sorter_load", 4 / 300),
    ],
)
def test_each_kpi_of_the_belts_is_what_one_computes_by_hand(name: str, by_hand: float) -> None:
    assert compute(a_dock().log)[name] == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        # from 1,250 to 1,550 s: r1 works 300 s, r2 50 s
        ("conveyor_blocked_share", 50 / 350),
        ("conveyor_starved_share", 100 / 350),
        ("robot_stopped_min", 40 / 60),
        # inducted at 1,250 and at 1,300; work from 1,250 to 1,550
        ("sorter_load", 2 / (720 / 3600 * 300)),
        ("robot_utilisation", None),
        ("cases_per_robot_hour_net", 2 / (350 / 3600)),
        ("cases_per_hour", 2 / (300 / 3600)),
    ],
)
def test_a_measure_cuts_the_spans_of_belts_and_robots(name: str, by_hand: float | None) -> None:
    measured = compute(a_dock().log, Measure(from_us=at(1250), until_us=at(1550)))[name]
    assert measured == (None if by_hand is None else pytest.approx(by_hand))


def test_a_belt_is_shared_by_the_robots_at_its_door() -> None:
    story = DockStory()
    story.ordered(0, "r1", "d1", "c1")
    for robot, begin, end in (("r1", 0, 1000), ("r2", 500, 1500)):
        story.started_at(begin, robot, "d1")
        story.finished(end, robot, "t-1")
    story.placed(500, "r1", "t-1", "t-1-c1")
    story.identified(1500, "t-1", "t-1-c1")
    assert compute(story.log)["conveyor_starved_share"] == pytest.approx(500 / 1500)


def test_a_case_that_nobody_has_placed_leaves_those_that_were_on_the_belt() -> None:
    story = DockStory()
    story.ordered(0, "r1", "d1", "c1")
    story.started_at(0, "r1", "d1")
    story.identified(10, "t-1", "t-1-c9")
    story.placed(20, "r1", "t-1", "t-1-c1")
    story.identified(80, "t-1", "t-1-c1")
    story.finished(100, "r1", "t-1")
    assert compute(story.log)["conveyor_starved_share"] == pytest.approx(0.4)


def test_belts_of_cases_that_are_only_counted_have_no_share() -> None:
    story = DockStory()
    story.ordered(0, "r1", "d1", "c1")
    story.started_at(0, "r1", "d1")
    story.finished(600, "r1", "t-1", cases=40, counted=True)
    assert compute(story.log)["conveyor_starved_share"] is None


def test_a_stop_ends_when_people_take_the_robot_away() -> None:
    story = DockStory()
    story.is_in(60, "r1", "EMERGENCY_STOP")
    story.removed(180, "r1")
    story.departed(6000, "t-1")
    assert compute(story.log)["robot_stopped_min"] == 2.0


def test_a_stop_that_holds_counts_to_the_end() -> None:
    story = DockStory()
    story.is_in(60, "r1", "PAUSED")
    story.departed(180, "t-1")
    assert compute(story.log)["robot_stopped_min"] == pytest.approx(2.0)


def detained() -> DockStory:
    """Free until 06:10. T-1 is released at 06:40 and leaves later, T-2 comes at 06:20 and stays, T-3 is in time.

    The last message comes at 07:00. An hour costs 60 of T-1 and 90 of T-2.
    """
    story = DockStory()
    for trailer, per_h, arrives_s in (("t-1", 60.0, 60), ("t-2", 90.0, 1200), ("t-3", 500.0, 60)):
        story.due(trailer, due_s=600, per_h=per_h)
        story.arrived(arrives_s, trailer)
    story.due("t-4", due_s=600, per_h=1000.0)
    story.released(599, "t-3")
    story.released(2400, "t-1")
    story.departed(3600, "t-1")
    return story


def test_detention_runs_from_the_end_of_free_time_until_the_door_lets_go() -> None:
    kpis = compute(detained().log)
    assert kpis["detention_h"] == pytest.approx((30 + 40) / 60)
    assert kpis["detention_cost"] == pytest.approx(30 / 60 * 60.0 + 40 / 60 * 90.0)


def test_a_measure_cuts_detention() -> None:
    kpis = compute(detained().log, Measure(from_us=at(1800), until_us=at(3000)))
    assert kpis["detention_h"] == pytest.approx((10 + 20) / 60)
    assert kpis["detention_cost"] == pytest.approx(10 / 60 * 60.0 + 20 / 60 * 90.0)


def people() -> DockStory:
    """Two remote operators from 0 to 1,000 s, then one until 2,000 s; one of the floor all the time.

    i-1: asked at 100, taken at 110, answered at 140 s. i-2: asked at 200, taken at 210, handed back at 300, taken at
    900, answered at 1,100 s. i-3, for the floor: asked at 500, taken at 500; its exception is resolved at 700 s.
    """
    story = DockStory()
    story.on_duty(0, "remote", 2)
    story.on_duty(0, "floor", 1)
    story.on_duty(30, "remote", 2)
    story.requested(100, "i-1", "remote")
    story.taken(110, "i-1", "remote")
    story.answered_by(140, "i-1", "remote")
    story.answered_by(145, "i-1", "remote")
    story.requested(200, "i-2", "remote")
    story.taken(210, "i-2", "remote", "ana")
    story.taken(250, "i-1", "remote", "ben")  # who had not heard of the answer
    story.handed_back(300, "i-2", "remote", "ana")
    story.taken(900, "i-2", "remote", "ben")
    story.on_duty(1000, "remote", 1)
    story.answered_by(1100, "i-2", "remote")
    story.raised(400, "x-3", "leftovers")
    story.requested(500, "i-3", "floor", "x-3")
    story.taken(500, "i-3", "floor")
    story.resolved(700, "x-3", "leftovers")
    story.departed(2000, "t-1")
    return story


def test_people_are_timed_by_their_first_answer() -> None:
    assert compute(people().log)["answer_median_s"] == pytest.approx((40 + 900) / 2)


def test_every_answer_of_people_counts_also_the_second() -> None:
    assert compute(people().log)["answers_per_trailer"] == 3


def test_people_are_at_it_from_taken_to_answered_or_handed_back() -> None:
    kpis = compute(people().log)
    assert kpis["remote_utilisation"] == pytest.approx((30 + 90 + 200) / (2 * 1000 + 1000), rel=1e-6)
    assert kpis["floor_utilisation"] == pytest.approx(200 / 2000, rel=1e-6)


def test_a_measure_cuts_the_time_of_people() -> None:
    kpis = compute(people().log, Measure(from_us=at(120), until_us=at(1050)))
    assert kpis["remote_utilisation"] == pytest.approx((20 + 90 + 150) / (2 * 880 + 50))
    assert kpis["answer_median_s"] == 900.0, "only i-2 was asked within it"


def test_nobody_on_duty_has_no_utilisation() -> None:
    story = people()
    story.log = [d for d in story.log if d.message.type != "operator.state.v1"]
    kpis = compute(story.log)
    assert (kpis["remote_utilisation"], kpis["floor_utilisation"]) == (None, None)


def test_receipts_tell_what_was_over_and_what_nobody_knows() -> None:
    story = DockStory()
    story.receipt(10, "t-1", receipt_line("l1", 3, over=2), of=(1, 2), unidentified=4)
    story.receipt(10, "t-1", receipt_line("l2", 3, over=1), of=(2, 2), unidentified=4)
    story.receipt(50, "t-2", receipt_line("l1", 3, short=1), unidentified=1)
    kpis = compute(story.log)
    assert (kpis["cases_over"], kpis["cases_unidentified"]) == (3, 5)
    later = compute(story.log, Measure(from_us=at(11)))
    assert (later["cases_over"], later["cases_unidentified"]) == (0, 1)


def test_every_kpi_is_checked_by_hand_somewhere_here() -> None:
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_kpis*.py"))
    assert [kpi.name for kpi in KPIS if f'"{kpi.name}"' not in tests] == []


@pytest.mark.parametrize("a_day", [a_dock, people, detained])
@given(data=st.data())
def test_the_order_of_arrival_changes_no_kpi_of_the_dock(a_day: Callable[[], DockStory], data: st.DataObject) -> None:
    log = a_day().log
    order = data.draw(st.permutations(range(len(log))))
    assert compute([log[i] for i in order]) == compute(log)


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), max_size=8),
    st.integers(0, 5000),
    st.integers(0, 5000),
)
def test_shares_of_time_lie_between_0_and_1_in_any_window(
    blocks: list[tuple[int, int]], from_s: int, until_s: int
) -> None:
    story = a_dock()
    for begin, end in blocks:
        story.blocked(min(begin, end))
        story.unblocked(max(begin, end))
    kpis = compute(story.log, Measure(from_us=at(from_s), until_us=at(until_s)))
    for kpi in KPIS:
        value = kpis[kpi.name]
        if kpi.unit == "1" and value is not None and kpi.name != "sorter_load":
            assert value >= 0
            assert value <= 1 or isclose(value, 1), kpi.name
