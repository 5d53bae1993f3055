"""Two machines with one id, and a clock that is off: what is said is not what is."""

from __future__ import annotations

from sim.robot import Robot
from tests.sim.console import Console
from tests.sim.days import day
from twin.clock import US_PER_S, format_time, parse_time
from twin.messages.robot import Snapshot, SnapshotData

MINUTE_US = 60 * US_PER_S


def robot(console: Console) -> Robot:
    return console.world._dock.robots["r1"]


def boots(console: Console, type_name: str = "robot.state") -> list[int]:
    return [message.boot for message in console.said(type_name)]


def test_an_impostor_speaks_as_the_next_boot_and_the_robot_goes_on_as_its_own() -> None:
    console = Console(day(cases=60)).at_the_wall()
    robot(console).be_doubled(None)
    console.run(60)
    impostor = [message for message in console.said("robot.state") if message.boot == 2]
    assert [message.data.robot_state for message in impostor[:2]] == ["STARTUP", "IDLE"]
    assert len(impostor) == 1 + 6
    assert boots(console, "robot.factsheet") == [1, 2]
    assert boots(console)[-8:].count(1) >= 3
    assert console.states()[-1] in {"IDLE", "SCANNING"}


def test_an_impostor_answers_no_command_and_the_robot_does() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).be_doubled(None)
    console.run(10)
    command = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    console.run(1)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert {m.boot for m in console.said("command.completed")} == {1}


def test_an_impostor_falls_silent_when_its_time_is_over_and_the_robot_is_still_doubted() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).be_doubled(MINUTE_US)
    console.run(120)
    last = max(parse_time(m.time) for m in console.said("robot.state") if m.boot == 2)
    assert last <= parse_time(console.said("robot.factsheet")[-1].time) + MINUTE_US
    assert robot(console).is_doubled


def test_people_end_the_impostor_and_the_robot_starts_above_it() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).be_doubled(None)
    console.run(60)
    robot(console).take_out()
    console.run(4000)
    newest = console.last("robot.state")
    assert newest.boot == 3
    assert (newest.data.previous_boot.boot, newest.data.robot_state) == (1, "IDLE")
    assert not robot(console).is_doubled
    assert boots(console)[-100:] == [3] * 100


def test_a_robot_that_restarts_by_itself_starts_above_the_impostor_that_lives_on() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).be_doubled(None)
    console.run(10)
    robot(console).die(repair_us=MINUTE_US)
    console.run(400)
    assert set(boots(console)[-12:]) == {2, 3}
    assert robot(console).is_doubled


def test_taking_out_a_robot_that_is_being_repaired_does_not_start_it_twice() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).die(repair_us=MINUTE_US)
    robot(console).take_out()
    console.run(600)
    assert set(boots(console)) == {1, 2}


def test_a_clock_that_is_off_stamps_what_the_robot_says_and_nothing_else() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).endpoint.set_clock_off(-300 * US_PER_S, MINUTE_US)
    console.run(50)
    latest = [d for d in console.log if d.message.type == "robot.state.v1"][-1]
    assert latest.at_us - parse_time(latest.message.time) == 300 * US_PER_S + 20_000
    command = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    console.run(1)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    console.run(60)
    latest = [d for d in console.log if d.message.type == "robot.state.v1"][-1]
    assert latest.at_us - parse_time(latest.message.time) == 20_000


def test_a_robot_with_a_clock_ahead_still_knows_what_has_expired() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).endpoint.set_clock_off(3600 * US_PER_S, None)
    fresh = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    data = console.data(SnapshotData, expires_at=format_time(console.now_us))
    expired = console.command(Snapshot, "robot/r1", data)
    console.run(1)
    assert console.outcome(fresh)[-1] == ("completed", None)
    assert console.outcome(expired) == [("expired", "expired")]


def test_a_scan_is_stamped_with_the_same_clock() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).endpoint.set_clock_off(100 * US_PER_S, None)
    console.at_the_wall()
    scanned = console.last("wall.scanned")
    assert scanned.data.captured_at == scanned.time


def test_a_clock_set_off_again_is_right_when_the_later_fault_is_over() -> None:
    console = Console(day(cases=60)).run(5)
    robot(console).endpoint.set_clock_off(100 * US_PER_S, 20 * US_PER_S)
    robot(console).endpoint.set_clock_off(50 * US_PER_S, MINUTE_US)
    console.run(40)
    latest = [d for d in console.log if d.message.type == "robot.state.v1"][-1]
    assert parse_time(latest.message.time) - latest.at_us == 50 * US_PER_S - 20_000


def test_what_an_impostor_has_not_transmitted_outlives_the_robot_it_is_named_like() -> None:
    console = Console(day(cases=60)).run(5)
    console.world._dock.gateway.silence("robot/r1", console.now_us + MINUTE_US)
    robot(console).be_doubled(None)
    console.run(10)
    robot(console).die(repair_us=None)
    console.run(60)
    assert 2 in boots(console, "robot.factsheet")
