"""Scripted faults: each happens when its trigger holds, and does what its name says."""

# ruff: noqa: ANN401 - any field of a trigger

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import pytest

from sim.plan import Action, LinkPlan, OperatorsPlan, Trigger
from tests.sim.console import Console
from tests.sim.days import START_US, day, seconds
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Resend, ResendData

Fault = Literal["robot_dies", "robot_silent", "conveyor_jam", "link", "grip_fails", "case_drops", "no_read"]

MINUTE_US = 60 * US_PER_S


def fault(
    name: Fault, entity: str = "robot/r1", *, for_us: int | None = None, link: LinkPlan | None = None, **when: Any
) -> Action:
    return Action(trigger=Trigger(**when), fault=name, entity=entity, for_us=for_us, link=link)


def outcomes(run: Day) -> Counter[str]:
    return Counter(row.outcome for row in run.world.truth().cases)


# -- triggers ---------------------------------------------------------------------------------------------------------


def jammed_us(**when: Any) -> list[int]:
    """When conveyor c1 jams, in microseconds of the day, as the world's clock has it."""
    run = Day(day(fault("conveyor_jam", "conveyor/c1", for_us=US_PER_S, **when), cases=20)).run()
    uplink_us = run.world.uplink_least_us
    return [d.at_us - uplink_us - START_US for d in run.arrivals if d.message.type == "conveyor.jammed.v1"]


def test_a_fault_strikes_at_its_instant() -> None:
    assert jammed_us(at_us=seconds(30)) == [30 * US_PER_S]


def test_a_fault_waits_for_a_trailer_to_dock() -> None:
    run = Day(day(cases=20)).run()
    docked_us = (run.world.truth().trailers[0].docked_us or 0) - START_US
    assert jammed_us(trailer_docked="t1") == [docked_us]


def test_a_fault_waits_for_so_many_cases_placed_and_strikes_once() -> None:
    run = Day(day(cases=20)).run()
    placed = [d.at_us for d in run.arrivals if d.message.type == "case.placed.v1"]
    assert jammed_us(cases_placed=7, of_trailer="t1") == [placed[6] - run.world.uplink_least_us - START_US]


def test_everything_given_has_to_hold() -> None:
    (at_us,) = jammed_us(trailer_docked="t1", after_us=seconds(400))
    assert at_us == 400 * US_PER_S


# -- robots -----------------------------------------------------------------------------------------------------------


def test_a_robot_that_dies_with_a_case_is_removed_and_another_ends_its_work() -> None:
    dies = fault("robot_dies", robot_holds_case="r1", after_us=seconds(500), for_us=MINUTE_US)
    run = Day(day(dies, cases=60, robots=2)).run()
    assert outcomes(run) == {"received": 59, "manual": 1}
    (removed,) = run.messages("robot.removed")
    (recovered,) = run.messages("case.recovered")
    assert removed.data.robot_id == "r1"
    assert recovered.data.disposition == "manual"
    assert {m.source for m in run.messages("unload.finished")} == {"/bos1/robot/r2"}


def test_a_dead_robot_says_nothing_and_hears_nothing() -> None:
    console = Console(day(fault("robot_dies", at_us=seconds(100)), cases=20)).run(99)
    heard = len(console.log)
    console.run(1.05)
    command = console.order()
    console.run(300)
    assert console.outcome(command) == []
    assert not [d for d in console.log[heard:] if d.message.source.endswith("/r1") and d.at_us > seconds(100.02)]


def test_a_repaired_robot_begins_a_new_boot_and_says_where_the_last_one_ended() -> None:
    console = Console(day(fault("robot_dies", at_us=seconds(100), for_us=MINUTE_US), cases=20)).run(99)
    last = console.last("robot.state").data
    console.run(200)
    state = console.last("robot.state")
    assert state.boot == 2
    assert state.data.previous_boot.boot == 1
    assert state.data.previous_boot.last_event_seq == last.last_event_seq
    assert console.states()[-2:] == ["STARTUP", "IDLE"]
    assert [message.boot for message in console.said("robot.factsheet")] == [1, 2]


def test_what_was_not_transmitted_when_the_robot_died_is_lost_and_says_so() -> None:
    mute = fault("robot_silent", at_us=seconds(420), for_us=50 * US_PER_S)
    dies = fault("robot_dies", at_us=seconds(460), for_us=MINUTE_US)
    console = Console(day(mute, dies, cases=20))
    console.run(2).dock()
    console.run(400).order()  # it sets out at 402 s, and enters and scans while nothing is heard of it
    console.run(300)
    heard = max(m.seq for m in console.said("robot.factsheet") if m.boot == 1)
    assert not console.said("unload.started")
    # People have not fetched it, so it is still dead; have them do it.
    console.request("robot_lost", role="floor", entity="robot/r1", options=("abandon",))
    console.run(3600)
    state = console.last("robot.state")
    assert state.data.previous_boot.last_event_seq > heard
    data = console.data(
        ResendData, lost_boot=1, channel="event", from_seq=heard + 1, to_seq=state.data.previous_boot.last_event_seq
    )
    console.command(Resend, "robot/r1", data)
    console.run(1)
    (lost,) = console.said("events.lost")
    assert (lost.data.lost_boot, lost.data.from_seq) == (1, heard + 1)


def test_a_silent_robot_goes_on_and_its_events_arrive_late() -> None:
    silent = fault("robot_silent", at_us=seconds(500), for_us=MINUTE_US)
    run = Day(day(silent, cases=40)).run()
    plain = Day(day(cases=40)).run()
    of_r1 = [d for d in run.arrivals if d.message.source.endswith("/r1")]
    assert not [d for d in of_r1 if seconds(500.02) < d.at_us < seconds(560.02)]
    late = [d for d in of_r1 if d.at_us == seconds(560.02)]
    assert {d.message.CHANNEL for d in late} <= {"event", "reply"}
    assert len(late) > 5
    assert outcomes(run) == outcomes(plain) == {"received": 40}


# -- the link ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("entity", ["*", "robot/r1"])
def test_a_link_fault_lasts_as_long_as_it_says(entity: str) -> None:
    bad = LinkPlan(uplink_least_us=500_000, downlink_least_us=500_000)
    console = Console(day(fault("link", entity, at_us=seconds(20), for_us=MINUTE_US, link=bad), robots=2)).run(200)
    assert console.world.uplink_least_us == 20_000
    for robot_id, is_affected in (("r1", True), ("r2", entity == "*")):
        for at_us, message in console.log:
            if message.source.endswith(robot_id) and message.CHANNEL == "state":
                is_late = is_affected and seconds(20) <= parse_time(message.time) < seconds(80)
                assert at_us - parse_time(message.time) == (500_000 if is_late else 20_000)


# -- picking and conveying --------------------------------------------------------------------------------------------


def test_a_forced_grip_failure_asks_for_help_once() -> None:
    fails = fault("grip_fails", cases_placed=5)
    run = Day(day(fails, cases=30, operators=OperatorsPlan(answers={"grip_failed": "retry"}))).run()
    assert len(run.messages("robot.error_raised")) == 1
    assert outcomes(run) == {"received": 30}


def test_a_skipped_case_is_carried_out_by_people() -> None:
    fails = fault("grip_fails", cases_placed=5)
    run = Day(day(fails, cases=30, operators=OperatorsPlan(answers={"grip_failed": "skip"}))).run()
    assert outcomes(run) == {"received": 29, "manual": 1}


def test_a_forced_no_read_strikes_the_next_case_and_people_read_it() -> None:
    run = Day(day(fault("no_read", "conveyor/c1", cases_placed=5), cases=30)).run()
    plain = Day(day(cases=30)).run()
    unreadable = {m.data.track_id for m in run.messages("case.unreadable")}
    forced = unreadable - {m.data.track_id for m in plain.messages("case.unreadable")}
    assert len(forced) == 1
    labels = [m.data.label for m in run.messages("intervention.answered") if m.data.label]
    assert len(labels) == len(unreadable)


def test_a_jam_holds_the_robot_and_all_that_rides_until_it_clears_itself() -> None:
    jam = fault("conveyor_jam", "conveyor/c1", cases_placed=5, for_us=5 * MINUTE_US)
    run = Day(day(jam, cases=30)).run()
    (jammed,) = [d.at_us for d in run.arrivals if d.message.type == "conveyor.jammed.v1"]
    (cleared,) = [d.at_us for d in run.arrivals if d.message.type == "conveyor.cleared.v1"]
    assert cleared - jammed <= 5 * MINUTE_US
    still = [d for d in run.arrivals if jammed < d.at_us < cleared]
    assert not [d for d in still if d.message.type in {"case.placed.v1", "case.identified.v1"}]
    assert "WAITING_FOR_CONVEYOR" in [d.message.data.robot_state for d in still if d.message.type == "robot.state.v1"]
    assert outcomes(run) == {"received": 30}


def test_a_jam_without_an_end_is_cleared_by_people() -> None:
    run = Day(day(fault("conveyor_jam", "conveyor/c1", cases_placed=5), cases=30)).run()
    (cleared,) = run.messages("conveyor.cleared")
    by_id = {d.message.id: d.message for d in run.published}
    assert by_id[cleared.causationid].type == "intervention.requested.v1"
    assert outcomes(run) == {"received": 30}


def test_the_ride_takes_its_time_and_a_stop_is_added_to_it() -> None:
    def ride_us(*faults: Action) -> dict[str, int]:
        run = Day(day(*faults, cases=10)).run()
        at = {(d.message.type, d.message.data.track_id): d.at_us for d in run.arrivals if "case." in d.message.type}
        return {
            track: at_us - at["case.placed.v1", track]
            for (kind, track), at_us in at.items()
            if kind in {"case.identified.v1", "case.unreadable.v1"}
        }

    assert set(ride_us().values()) == {20 * US_PER_S}
    jam = fault("conveyor_jam", "conveyor/c1", cases_placed=5, for_us=MINUTE_US)
    assert set(ride_us(jam).values()) <= {20 * US_PER_S, 80 * US_PER_S}
    assert 80 * US_PER_S in ride_us(jam).values()
