"""What keeps a robot from moving, and what lets it go on: each reason by itself, and none ends another."""

# ruff: noqa: ANN401 - messages of any type

from __future__ import annotations

from typing import Any

import pytest

from sim.plan import DayPlan
from sim.robot import Robot
from tests.sim.console import Console
from tests.sim.days import day
from tests.sim.fake_backend import top_down
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Pause, PauseData, ReleaseToWork, Resume

MINUTE_US = 60 * US_PER_S


def robot(console: Console, robot_id: str = "r1") -> Robot:
    return console.world._dock.robots[robot_id]


def tell(console: Console, command_type: Any) -> Any:
    command = console.command(command_type, "robot/r1", console.data(PauseData))
    console.run(0.2)
    return command


def picking(plan: DayPlan | None = None) -> Console:
    """A robot that has a long plan, in the middle of a pick."""
    console = Console(plan or day(cases=60)).at_the_wall()
    console.take(*top_down(console.last("wall.scanned").data.cases))
    return console.run(7)


def moved(console: Console, seconds: float) -> int:
    """How many events the robot says in so much time."""
    before = len(console.said("case.picked")) + len(console.said("case.placed"))
    console.run(seconds)
    return len(console.said("case.picked")) + len(console.said("case.placed")) - before


# -- emergency stop ---------------------------------------------------------------------------------------------------


def test_an_emergency_stop_holds_until_it_is_reset_and_released_and_then_the_work_goes_on() -> None:
    console = picking()
    robot(console).emergency_stop()
    assert moved(console, 300) == 0
    state = console.last("robot.state").data
    assert state.robot_state == "EMERGENCY_STOP"
    assert state.safety_state.active_emergency_stop == "MANUAL"
    assert console.last("robot.emergency_stopped").data.trailer_id == "t1"
    robot(console).reset_emergency_stop(causation_id="the request")
    assert moved(console, 300) == 0
    state = console.last("robot.state").data
    assert (state.robot_state, state.safety_state.awaits_release) == ("PAUSED", True)
    assert state.safety_state.active_emergency_stop == "NONE"
    assert console.last("robot.emergency_stop_reset").causationid == "the request"
    command = tell(console, ReleaseToWork)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert moved(console, 60) > 10
    assert console.last("robot.state").data.safety_state.awaits_release is False


def test_the_work_goes_on_exactly_where_it_was() -> None:
    plain, stopped = picking(), picking()
    before = len(plain.said("case.picked"))
    robot(stopped).violate_field(100 * US_PER_S)
    plain.run(60)
    stopped.run(160)

    def moments(console: Console) -> list[int]:
        return [parse_time(message.time) for message in console.said("case.picked")]

    delays = {b - a for a, b in zip(moments(plain)[before:], moments(stopped)[before:], strict=False)}
    assert delays == {100 * US_PER_S}


def test_a_latched_robot_is_not_released_before_it_is_reset() -> None:
    console = picking()
    robot(console).emergency_stop()
    assert console.outcome(tell(console, ReleaseToWork)) == [("rejected", "not_reset")]
    assert console.states()[-1] == "EMERGENCY_STOP"


def test_nothing_is_released_that_is_not_stopped() -> None:
    console = picking()
    assert console.outcome(tell(console, ReleaseToWork)) == [("rejected", "not_stopped")]
    robot(console).reset_emergency_stop()
    console.run(1)
    assert not console.said("robot.emergency_stop_reset")


def test_a_stop_pressed_again_before_the_release_has_to_be_reset_again() -> None:
    console = picking()
    robot(console).emergency_stop()
    robot(console).reset_emergency_stop()
    robot(console).emergency_stop()
    console.run(1)
    assert console.states()[-1] == "EMERGENCY_STOP"
    assert console.outcome(tell(console, ReleaseToWork)) == [("rejected", "not_reset")]
    assert len(console.said("robot.emergency_stopped")) == 2


@pytest.mark.parametrize(("is_reset", "state"), [(False, "EMERGENCY_STOP"), (True, "PAUSED")])
def test_latch_and_release_survive_a_restart(*, is_reset: bool, state: str) -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).emergency_stop()
    if is_reset:
        robot(console).reset_emergency_stop()
    console.run(1)
    robot(console).die(repair_us=MINUTE_US)
    console.run(300)
    assert console.states()[-2:] == ["STARTUP", state]
    started = console.said("robot.state", robot_state="STARTUP")[-1].data.safety_state
    assert (started.active_emergency_stop == "MANUAL", started.awaits_release) == (not is_reset, is_reset)
    told = "robot.emergency_stop_reset" if is_reset else "robot.emergency_stopped"
    assert [message.boot for message in console.said(told)] == [1, 2]
    assert console.outcome(console_order(console)) == [("rejected", "not_automatic")]
    robot(console).reset_emergency_stop()
    tell(console, ReleaseToWork)
    assert console.states()[-1] == "IDLE"


def console_order(console: Console) -> Any:
    command = console.order()
    console.run(1)
    return command


def test_a_stop_pressed_at_a_robot_that_is_off_is_told_when_it_has_started() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).die(repair_us=MINUTE_US)
    robot(console).emergency_stop()
    console.run(10)
    assert not console.said("robot.emergency_stopped")
    console.run(300)
    assert len(console.said("robot.emergency_stopped")) == 1
    assert console.states()[-2:] == ["STARTUP", "EMERGENCY_STOP"]


# -- protective stop and people ---------------------------------------------------------------------------------------


def test_a_violated_field_stops_the_robot_for_so_long() -> None:
    console = picking()
    robot(console).violate_field(MINUTE_US)
    assert moved(console, 58) == 0
    state = console.last("robot.state").data
    assert (state.robot_state, state.safety_state.field_violation) == ("PROTECTIVE_STOP", True)
    assert moved(console, 60) > 10
    assert console.last("robot.state").data.safety_state.field_violation is False


def test_two_violations_end_with_the_later_one() -> None:
    console = picking()
    robot(console).violate_field(100 * US_PER_S)
    robot(console).violate_field(40 * US_PER_S)
    assert moved(console, 99) == 0
    assert moved(console, 60) > 10


def test_a_person_in_the_cell_stops_who_is_inside() -> None:
    console = picking()
    door = console.world._dock.doors["d1"]
    door.person_enters()
    door.person_enters()
    assert moved(console, 60) == 0
    door.person_leaves()
    assert moved(console, 60) == 0
    assert console.states()[-1] == "PROTECTIVE_STOP"
    door.person_leaves()
    assert moved(console, 60) > 10


def test_a_robot_waits_on_the_threshold_until_the_cell_is_clear() -> None:
    console = Console(day(cases=30)).run(2)
    console.dock()
    console.run(400)
    door = console.world._dock.doors["d1"]
    door.person_enters()
    console.order()
    console.run(120)
    assert console.states()[-2:] == ["TRAVELLING", "PROTECTIVE_STOP"]
    assert not door.robots_inside
    door.person_leaves()
    console.run(60)
    assert console.states()[-4:] == ["PROTECTIVE_STOP", "TRAVELLING", "ENTERING", "SCANNING"]


def test_a_robot_stopped_on_the_threshold_enters_when_it_is_released_not_when_the_cell_is_clear() -> None:
    console = Console(day(cases=30)).run(2)
    console.dock()
    console.run(400)
    door = console.world._dock.doors["d1"]
    door.person_enters()
    console.order()
    console.run(60)
    robot(console).emergency_stop()
    door.person_leaves()
    console.run(60)
    assert not door.robots_inside
    assert console.states()[-1] == "EMERGENCY_STOP"
    robot(console).reset_emergency_stop()
    tell(console, ReleaseToWork)
    assert door.robots_inside


def test_a_robot_that_dies_on_the_threshold_is_not_woken_in_its_next_life() -> None:
    console = Console(day(cases=30)).run(2)
    console.dock()
    console.run(400)
    door = console.world._dock.doors["d1"]
    door.person_enters()
    console.order()
    console.run(60)
    robot(console).die(repair_us=MINUTE_US)
    robot(console).repair()
    console.run(300)
    assert console.states()[-1] == "IDLE"
    robot(console).violate_field(MINUTE_US)
    door.person_leaves()
    console.run(10)
    assert console.states()[-1] == "PROTECTIVE_STOP"


# -- pause ------------------------------------------------------------------------------------------------------------


def test_pause_and_resume() -> None:
    console = picking()
    assert console.outcome(tell(console, Pause)) == [("accepted", None), ("completed", None)]
    assert moved(console, 60) == 0
    assert console.states()[-1] == "PAUSED"
    assert console.outcome(tell(console, Pause)) == [("rejected", "already_paused")]
    assert console.outcome(tell(console, Resume)) == [("accepted", None), ("completed", None)]
    assert moved(console, 60) > 10
    assert console.outcome(tell(console, Resume)) == [("rejected", "not_paused")]


def test_a_robot_that_starts_up_is_not_paused() -> None:
    console = Console(day(cases=30)).run(5)
    robot(console).die(repair_us=US_PER_S)
    console.run(10)
    assert console.states()[-1] == "STARTUP"
    assert console.outcome(tell(console, Pause)) == [("rejected", "not_automatic")]


# -- several at once --------------------------------------------------------------------------------------------------


def test_the_strongest_reason_is_shown_and_none_ends_another() -> None:
    console = picking()
    tell(console, Pause)
    robot(console).violate_field(50 * US_PER_S)
    console.run(1)
    robot(console).emergency_stop()
    console.run(60)
    robot(console).reset_emergency_stop()
    console.run(1)
    robot(console).violate_field(50 * US_PER_S)
    console.run(1)
    tell(console, ReleaseToWork)
    assert moved(console, 60) == 0
    expected = ["PLACING", "PAUSED", "PROTECTIVE_STOP", "EMERGENCY_STOP", "PAUSED", "PROTECTIVE_STOP", "PAUSED"]
    assert console.states()[-7:] == expected
    tell(console, Resume)
    assert moved(console, 60) > 10


def test_a_resume_does_not_end_an_emergency_stop() -> None:
    console = picking()
    tell(console, Pause)
    robot(console).emergency_stop()
    console.run(1)
    tell(console, Resume)
    assert moved(console, 60) == 0
    assert console.states()[-1] == "EMERGENCY_STOP"


def test_a_dead_robot_is_off_whatever_stopped_it_and_starts_free_of_all_but_the_latch() -> None:
    console = Console(day(cases=30)).run(5)
    tell(console, Pause)
    robot(console).violate_field(3600 * US_PER_S)
    robot(console).die(repair_us=MINUTE_US)
    assert robot(console).state == "OFFLINE"
    console.run(300)
    assert console.states()[-1] == "IDLE"


# -- zombies ----------------------------------------------------------------------------------------------------------


def test_a_zombie_says_how_it_is_takes_commands_and_does_nothing() -> None:
    console = picking()
    robot(console).become_zombie(200 * US_PER_S)
    states = len(console.said("robot.state"))
    assert moved(console, 100) == 0
    assert len(console.said("robot.state")) >= states + 9
    command = tell(console, Pause)
    assert console.outcome(command) == [("accepted", None)]
    console.run(50)
    assert console.states()[-1] == "PLACING"
    console.run(60)
    assert console.outcome(command)[-1] == ("completed", None), "what it had accepted it does when it wakes"
    assert console.states()[-1] == "PAUSED"


def test_a_zombie_shows_what_it_did_even_if_people_are_in_its_cell() -> None:
    console = picking()
    robot(console).become_zombie(None)
    console.world._dock.doors["d1"].person_enters()
    console.run(30)
    assert console.states()[-1] == "PLACING"
    assert console.last("robot.state").data.safety_state.field_violation


def test_a_zombie_that_wakes_among_people_stays_where_it_is() -> None:
    console = picking()
    robot(console).become_zombie(60 * US_PER_S)
    door = console.world._dock.doors["d1"]
    door.person_enters()
    assert moved(console, 120) == 0
    assert console.states()[-1] == "PROTECTIVE_STOP"
    door.person_leaves()
    assert moved(console, 60) > 10


def test_what_a_zombie_accepted_and_can_no_longer_do_fails() -> None:
    console = Console(day(cases=30)).run(2)
    console.dock()
    console.run(400)
    robot(console).become_zombie(30 * US_PER_S)
    first, second = console.order(), console.order()
    console.run(1)
    assert console.outcome(first) == console.outcome(second) == [("accepted", None)]
    console.run(40)
    assert console.outcome(second) == [("accepted", None), ("failed", "busy")]
    assert console.states()[-1] == "ENTERING"


def test_a_zombie_that_was_switched_off_starts_as_a_robot() -> None:
    console = picking()
    robot(console).become_zombie(3600 * US_PER_S)
    console.run(10)
    robot(console).take_out()
    console.run(4000)
    assert console.states()[-1] == "IDLE"
    assert console.last("robot.state").boot == 2
