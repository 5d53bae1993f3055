"""What a robot answers to commands, and how it reports."""

from __future__ import annotations

import pytest

from sim.plan import OperatorsPlan, PersonPlan, RobotPlan
from tests.sim.console import Console
from tests.sim.days import day
from tests.sim.fake_backend import top_down
from twin.clock import US_PER_S, format_time, parse_time
from twin.messages.robot import (
    Assist,
    Cancel,
    CancelData,
    ErrorAnswerData,
    Pause,
    PauseData,
    Resend,
    ResendData,
    Resume,
    Retry,
    Skip,
    Snapshot,
    SnapshotData,
)

CLUMSY = {"r1": RobotPlan(grip_fails=1.0)}


def test_a_robot_starts_with_its_factsheet_and_is_idle() -> None:
    console = Console(day(fidelity="trailer")).run(1)
    first = next(d.message for d in console.log if "/robot/" in d.message.source and d.message.CHANNEL == "event")
    assert first.type == "robot.factsheet.v1"
    assert "order.assign.v1" in first.data.commands_accepted
    assert console.states() == ["STARTUP", "IDLE"]
    assert console.last("robot.state").data.operating_mode == "AUTOMATIC"


def test_robots_report_every_period_each_at_its_own_time() -> None:
    console = Console(day(fidelity="trailer", robots=3)).run(100)
    for robot_id in ("r1", "r2", "r3"):
        reports = [d for d in console.log if d.message.source.endswith(robot_id) and d.message.CHANNEL == "state"]
        assert len(reports) == 2 + 10  # starting up, idle, then every ten seconds
    late = [d.at_us for d in console.log if d.message.type == "robot.state.v1"][6:]
    assert len(set(late)) == len(late)


def test_a_robot_at_work_refuses_another_order() -> None:
    console = Console(day(cases=30)).at_the_wall()
    command = console.order()
    console.run(1)
    assert console.outcome(command) == [("rejected", "busy")]


def test_an_order_for_a_door_that_is_not_open_fails_at_the_door() -> None:
    console = Console(day(cases=30)).run(2)
    command = console.order()
    console.run(60)
    assert console.outcome(command) == [("accepted", None), ("failed", "door_not_open")]
    assert console.states()[-2:] == ["TRAVELLING", "IDLE"]


def test_a_second_robot_does_not_enter_an_occupied_trailer() -> None:
    console = Console(day(cases=30, robots=2)).at_the_wall()
    command = console.order("r2")
    console.run(60)
    assert console.outcome(command) == [("accepted", None), ("failed", "door_blocked")]


def test_a_trailer_with_a_robot_inside_is_not_released() -> None:
    console = Console(day(cases=30)).at_the_wall()
    command = console.release()
    console.run(1)
    assert console.outcome(command) == [("rejected", "robot_inside")]


def test_a_command_that_comes_twice_is_done_once_and_answered_once() -> None:
    console = Console(day(cases=30)).run(2)
    command = console.dock()
    console.deliver(command)
    console.run(400)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert len(console.said("trailer.docked")) == 1


def test_an_expired_command_is_not_executed() -> None:
    console = Console(day(cases=30)).run(2)
    data = console.data(SnapshotData, expires_at=format_time(console.now_us))
    command = console.command(Snapshot, "robot/r1", data)
    console.run(1)
    assert console.outcome(command) == [("expired", "expired")]


def test_an_older_epoch_is_refused() -> None:
    console = Console(day(cases=30)).run(2)
    console.command(Snapshot, "robot/r1", console.data(SnapshotData, epoch=2))
    console.run(1)
    stale = console.command(Snapshot, "robot/r1", console.data(SnapshotData, epoch=1))
    console.run(1)
    assert console.outcome(stale) == [("rejected", "epoch_stale")]


def test_a_snapshot_is_a_state_at_once() -> None:
    console = Console(day(cases=30)).run(2)
    reports = len(console.said("robot.state"))
    command = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    console.run(0.2)
    assert len(console.said("robot.state")) == reports + 1
    assert console.outcome(command) == [("accepted", None), ("completed", None)]


def test_what_is_sent_again_is_identical() -> None:
    console = Console(day(cases=30)).run(2)
    data = console.data(ResendData, lost_boot=1, channel="event", from_seq=1, to_seq=1)
    console.command(Resend, "robot/r1", data)
    console.run(1)
    first, again = console.said("robot.factsheet")
    assert first == again


@pytest.mark.parametrize("target", ["yard/yard", "door/d1", "conveyor/c1", "operator/remote", "operator/floor"])
def test_every_publisher_answers_a_resend(target: str) -> None:
    console = Console(day(cases=30)).at_the_wall()
    data = console.data(ResendData, lost_boot=1, channel="event", from_seq=1, to_seq=1)
    command = console.command(Resend, target, data)
    console.run(1)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]


def test_a_state_names_order_hand_and_last_numbers() -> None:
    console = Console(day(cases=30)).at_the_wall()
    console.take(*[case.track_id for case in console.last("wall.scanned").data.cases])
    console.run(60)
    held = [message.data for message in console.said("robot.state") if message.data.holding]
    assert held
    assert all(data.trailer_id == "t1" and data.door_id == "d1" for data in held)
    newest = console.last("robot.state").data
    events = [d.message.seq for d in console.log if d.message.source.endswith("r1") and d.message.CHANNEL == "event"]
    assert abs(newest.last_event_seq - max(events)) <= 3


def failing(console: Console) -> str:
    """A robot that has failed to grip the first case; returns the error's id."""
    console.at_the_wall()
    console.take("t1-c1")
    console.run(30)
    (raised,) = console.said("robot.error_raised")
    assert raised.data.error_type == "grip_failed"
    assert raised.data.track_id == "t1-c1"
    assert console.states()[-1] == "AWAITING_ASSIST"
    assert console.last("robot.state").data.errors[0].error_type == "grip_failed"
    return str(raised.data.error_id)


def test_skip_leaves_the_case_and_goes_on() -> None:
    console = Console(day(cases=30, robot_plans=CLUMSY))
    error_id = failing(console)
    command = console.command(Skip, "robot/r1", console.data(ErrorAnswerData, error_id=error_id))
    console.run(30)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert console.said("robot.error_cleared", error_id=error_id)
    assert not console.said("case.picked")
    assert "t1-c1" in {case.track_id for case in console.last("wall.scanned").data.cases}
    assert console.last("robot.state").data.errors == ()


def test_assist_brings_the_case_out() -> None:
    console = Console(day(cases=30, robot_plans=CLUMSY))
    error_id = failing(console)
    console.command(Assist, "robot/r1", console.data(ErrorAnswerData, error_id=error_id))
    console.run(120)
    assert "REMOTE_ASSISTED" in console.states()
    assert console.said("case.placed", track_id="t1-c1")


def test_a_robot_is_helped_as_long_as_the_person_takes_who_helps_it() -> None:
    """And that person is busy as long: to the latencies of the way there."""
    ada = PersonPlan(person_id="ada", role="remote", response_us=0, handling_us=200 * US_PER_S)
    plan = day(cases=30, robot_plans=CLUMSY, operators=OperatorsPlan(people=(ada,)))
    console = Console(plan)
    error_id = failing(console)
    for _ in range(2):
        console.request("grip_failed", role="remote", entity="robot/r1", options=("assist",), track_id="t1-c1")
    console.command(Assist, "robot/r1", console.data(ErrorAnswerData, error_id=error_id))
    console.run(2000)
    begun_us = parse_time(console.said("robot.state", robot_state="REMOTE_ASSISTED")[0].time)
    helped_us = parse_time(console.said("case.picked", track_id="t1-c1")[0].time) - begun_us
    taken = [parse_time(message.time) for message in console.said("intervention.taken")]
    assert helped_us == taken[1] - taken[0]
    assert helped_us != 20 * US_PER_S


def test_retry_tries_three_times_more() -> None:
    console = Console(day(cases=30, robot_plans=CLUMSY))
    error_id = failing(console)
    console.command(Retry, "robot/r1", console.data(ErrorAnswerData, error_id=error_id))
    console.run(30)
    assert len(console.said("robot.error_raised")) == 2


def test_an_answer_to_another_error_is_refused() -> None:
    console = Console(day(cases=30, robot_plans=CLUMSY))
    failing(console)
    command = console.command(Retry, "robot/r1", console.data(ErrorAnswerData, error_id="another"))
    console.run(1)
    assert console.outcome(command) == [("rejected", "no_such_error")]


@pytest.mark.parametrize("moment", ["waiting for a plan", "picking", "waiting for an answer"])
def test_a_cancelled_robot_leaves_the_trailer_with_empty_hands(moment: str) -> None:
    clumsy = CLUMSY if moment == "waiting for an answer" else {}
    console = Console(day(cases=30, robot_plans=clumsy)).at_the_wall()
    order_id = console.said("command.accepted")[-1].data.command_id
    if moment != "waiting for a plan":
        console.take(*[case.track_id for case in console.last("wall.scanned").data.cases])
        console.run(30)
    command = console.command(Cancel, "robot/r1", console.data(CancelData, order_id="o-t1"))
    console.run(60)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert console.said("command.failed", command_id=order_id, code="cancelled")
    assert console.states()[-2:] == ["EXITING", "IDLE"]
    assert console.last("robot.state").data.holding == ()


@pytest.mark.parametrize("moment", ["ENTERING", "SCANNING", "ADVANCING"])
def test_a_robot_that_is_cancelled_between_plans_leaves_without_another(moment: str) -> None:
    console = Console(day(cases=30)).run(2)
    console.dock()
    order = console.run(400).order()
    if moment == "ADVANCING":
        console.run(60).take(top_down(console.last("wall.scanned").data.cases)[0])
    while console.states()[-1] != moment:
        console.run(0.2)
    command = console.command(Cancel, "robot/r1", console.data(CancelData, order_id="o-t1"))
    console.run(60)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert console.outcome(order) == [("accepted", None), ("failed", "cancelled")]
    assert console.states()[-2:] == ["EXITING", "IDLE"]


@pytest.mark.parametrize("is_paused", [False, True])
def test_a_robot_that_only_counts_leaves_at_once_when_it_is_cancelled_and_has_unloaded_nothing(
    *, is_paused: bool
) -> None:
    console = Console(day(fidelity="trailer", cases=30)).run(2)
    console.dock()
    order = console.run(400).order()
    console.run(60)
    assert console.states()[-1] == "PICKING"
    if is_paused:
        console.command(Pause, "robot/r1", console.data(PauseData))
        console.run(1)
    console.command(Cancel, "robot/r1", console.data(CancelData, order_id="o-t1"))
    console.run(1)
    if is_paused:
        assert not console.said("unload.finished"), "what stands still does not leave"
        console.command(Resume, "robot/r1", console.data(PauseData))
        console.run(1)
    assert console.outcome(order) == [("accepted", None), ("failed", "cancelled")]
    assert console.last("unload.finished").data.cases_placed == 0
    again = console.order()
    console.run(36_000)
    assert console.outcome(again) == [("accepted", None), ("completed", None)]
    assert console.last("unload.finished").data.cases_placed == 30


def test_travelling_takes_time_along_the_dock() -> None:
    def travel_us(door: int) -> int:
        console = Console(day(cases=30, doors=6)).run(2)
        console.dock("t1", f"d{door}")
        console.run(400)
        at_us = console.now_us
        console.order(door=door)
        console.run(100)
        entering = next(
            d for d in console.log if d.message.type == "robot.state.v1" and d.message.data.robot_state == "ENTERING"
        )
        return entering.at_us - at_us

    assert travel_us(6) - travel_us(2) == 16 * US_PER_S
