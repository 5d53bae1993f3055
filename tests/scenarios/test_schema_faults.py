"""Faults of a file, scripted and at random: when, what, who and for how long, as the simulator is told."""

from __future__ import annotations

import pytest

from scenarios.schema import scenario_from_text
from sim.plan import Action, DayPlan, LinkPlan, RandomFault, Trigger
from tests.scenarios.days import HEAD, MIN, START, TRAILER, WHOLE, read
from twin.clock import US_PER_S


@pytest.fixture(scope="module")
def whole() -> DayPlan:
    return scenario_from_text(WHOLE, "whole.yaml").day


def test_the_timeline_says_when_what_and_who() -> None:
    body = """
timeline:
  - at: 07:41:10
    fault: robot_dies
    robot: r1
  - when: {robot_holds_case: r2, cases_placed: 12, of_trailer: t-1, after: 07:00}
    fault: robot_silent
    robot: r2
    for: 34 s
  - when: {trailer_docked: t-1}
    fault: conveyor_jam
    conveyor: c2
  - {at: 08:00, fault: link, robot: all, for: 5 min, link: {loss: 20 %}}
"""
    dies, silent, jam, link = read(body).day.timeline
    first_line = HEAD.count("\n") + TRAILER.count("\n") + 3
    assert dies == Action(
        trigger=Trigger(at_us=START + 101 * MIN + 10 * US_PER_S), fault="robot_dies", entity="robot/r1", line=first_line
    )
    assert silent == Action(
        trigger=Trigger(after_us=START + 60 * MIN, robot_holds_case="r2", cases_placed=12, of_trailer="t-1"),
        fault="robot_silent",
        entity="robot/r2",
        for_us=34 * US_PER_S,
        line=first_line + 3,
    )
    assert (jam.trigger, jam.entity, jam.for_us) == (Trigger(trailer_docked="t-1"), "conveyor/c2", None)
    assert (link.entity, link.for_us, link.link) == ("*", 5 * MIN, LinkPlan(loss=0.2))


def test_a_bad_radio_is_otherwise_as_the_sites() -> None:
    head = HEAD.replace("robots: 2", "robots: 2, link: {uplink: 5 ms, jitter: 1 ms}")
    body = "timeline: [{at: 07:00, fault: link, robot: r1, for: 1 min, link: {loss: 50 %}}]\n"
    (action,) = read(body, head=head).day.timeline
    assert action.link == LinkPlan(uplink_least_us=5_000, jitter_us=1_000, loss=0.5)


@pytest.mark.parametrize(
    ("fault", "entity"),
    [
        ("robot_zombie", "robot/r1"),
        ("wall_collapse", "trailer/t-1"),
        ("conveyor_jam", "conveyor/c1"),
        ("sorter_down", "sorter/s9"),
        ("person_in_cell", "door/d1"),
        ("late_answer", "operator/remote"),
        ("double_answer", "operator/floor"),
        ("link", "*"),
        ("partition", "*"),
        ("messages_lost", "yard/yard"),
        ("backend_restarts", "backend/core"),
    ],
)
def test_a_fault_strikes_what_it_names(whole: DayPlan, fault: str, entity: str) -> None:
    (action,) = (action for action in whole.timeline if action.fault == fault)
    assert action.entity == entity


def test_a_fault_has_the_values_of_its_own(whole: DayPlan) -> None:
    by_fault = {action.fault: action for action in whole.timeline}
    assert (by_fault["clock_off"].offset_us, by_fault["clock_off"].for_us) == (-3 * US_PER_S, 5 * MIN)
    assert (by_fault["wall_collapse"].share, by_fault["robot_zombie"].share) == (0.3, None)
    assert (by_fault["person_in_cell"].for_us, by_fault["emergency_stop"].for_us) == (MIN, None)
    assert by_fault["backend_restarts"].trigger == Trigger(at_us=START + 85 * MIN)


@pytest.mark.parametrize("who", ["robot/r1", "yard/yard", "door/d2", "operator/floor"])
def test_who_can_speak_can_be_cut_off(who: str) -> None:
    (action,) = read(f"timeline: [{{at: 07:00, fault: partition, what: {who}, for: 1 s}}]\n").day.timeline
    assert action.entity == who


def test_of_messages_lost_it_says_which_and_how_many(whole: DayPlan) -> None:
    (some,) = (action for action in whole.timeline if action.fault == "messages_lost")
    assert (some.types, some.share, some.for_us) == (("case.placed.v1", "door.opened.v1"), 0.3, 5 * MIN)
    (all_,) = read("timeline: [{at: 07:00, fault: messages_lost, what: all, for: 1 s}]\n").day.timeline
    assert (all_.entity, all_.types, all_.share) == ("*", (), None)


def test_a_backend_may_restart_many_times() -> None:
    body = "timeline: [{at: 07:00, fault: backend_restarts}, {at: 06:30, fault: backend_restarts}]\n"
    assert [action.trigger.at_us for action in read(body).day.timeline] == [START + 60 * MIN, START + 30 * MIN]


def test_faults_at_random_strike_one_or_each_for_the_whole_day_or_a_part_of_it(whole: DayPlan) -> None:
    clock, collapse, link, lost = whole.random_faults
    assert clock == RandomFault(
        fault="clock_off",
        entity="robot/*",
        per_h=0.5,
        from_us=START + 120 * MIN,
        until_us=START + 240 * MIN,
        for_us=5 * MIN,
        offset_us=3 * US_PER_S,
    )
    assert (collapse.entity, collapse.share, collapse.for_us) == ("trailer/*", 0.2, None)
    assert (collapse.from_us, collapse.until_us) == (START, whole.until_us)
    assert link.entity == "robot/r2"
    assert link.link is not None
    assert (link.link.loss, link.link.jitter_us) == (0.3, whole.link.jitter_us)
    assert (lost.entity, lost.types, lost.share) == ("robot/*", (), 0.2)


def test_a_fault_whose_rate_is_nought_is_none() -> None:
    assert read("faults: [{fault: grip_fails, robot: each, per_hour: 0}]\n").day.random_faults == ()


@pytest.mark.parametrize(("what", "entity"), [("all", "*"), ("robot/each", "robot/*"), ("robot/r2", "robot/r2")])
def test_a_partition_at_random_cuts_off_one_each_or_all(what: str, entity: str) -> None:
    (fault,) = read(f"faults: [{{fault: partition, what: {what}, for: 1 s, per_hour: 1}}]\n").day.random_faults
    assert fault.entity == entity
