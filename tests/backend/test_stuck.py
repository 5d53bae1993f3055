"""Robots that say how they are and do nothing: somebody goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.backend.fake_dock import LATENCY_US, dock_of
from tests.backend.field import Field
from twin.clock import US_PER_S
from twin.messages import Reply, conveyor, exception, operator, receipt, reply, robot

if TYPE_CHECKING:
    from twin.messages import Message


def says_the_same(field: Field, state: str, *, for_s: float) -> None:
    """A state every ten seconds, and nothing else."""
    for _ in range(round(for_s / 10)):
        field.wait(10)
        field.report(state=state, door_id="d1", trailer_id="t-1")


def raised(field: Field) -> list[str]:
    return [it.data.exception_type for _, it in field.said if isinstance(it, exception.ExceptionRaised)]


def at_the_wall() -> Field:
    field = Field()
    field.start(cases=4)
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    return field


def stuck() -> Field:
    field = at_the_wall()
    says_the_same(field, "PICKING", for_s=300)
    assert raised(field) == ["robot_stuck"]
    return field


def say_abandon(field: Field) -> None:
    asked = field.last(exception.InterventionRequested).data
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="abandon")
    field.say("operator/floor", exception.InterventionAnswered, data)


def test_a_robot_that_does_nothing_for_five_minutes_is_stuck_and_no_sooner() -> None:
    field = at_the_wall()
    says_the_same(field, "PICKING", for_s=290)
    assert raised(field) == []
    says_the_same(field, "PICKING", for_s=10)
    asked = field.last(exception.InterventionRequested).data
    assert (asked.exception_type, asked.role, asked.options, asked.default_answer) == (
        "robot_stuck",
        "floor",
        ("abandon",),
        None,
    )


def test_a_robot_that_picks_is_not_stuck() -> None:
    field = at_the_wall()
    for track in ("t-1-c1", "t-1-c2", "t-1-c3"):
        says_the_same(field, "PICKING", for_s=200)
        field.pick(track)
        field.place(track)
    assert raised(field) == []


def test_a_robot_that_moves_again_is_left_alone() -> None:
    field = stuck()
    field.pick("t-1-c1")
    field.report(state="PICKING", door_id="d1", trailer_id="t-1", holding=("t-1-c1",))
    assert field.last(exception.ExceptionResolved).data.resolution == "moves_again"
    assert field.backend.state.exceptions == {}


def test_a_robot_that_people_left_alone_is_given_five_minutes_more() -> None:
    field = stuck()
    say_abandon(field)
    assert field.last(exception.ExceptionResolved).data.by == "floor"
    says_the_same(field, "PICKING", for_s=290)
    assert raised(field) == ["robot_stuck"]
    says_the_same(field, "PICKING", for_s=20)
    assert raised(field) == ["robot_stuck", "robot_stuck"]


def test_a_stuck_robot_that_is_taken_out_leaves_its_order_to_another() -> None:
    field = stuck()
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    say_abandon(field)
    assert field.backend.state.orders["o-t-1"].robot_id is None
    assert field.backend.state.exceptions == {}
    assert field.codes() == []


def test_a_robot_that_starts_again_is_not_stuck() -> None:
    field = stuck()
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.report(last_event_seq=0)
    assert field.last(exception.ExceptionResolved).data.resolution == "robot_restarted"


@pytest.mark.parametrize("state", ["PROTECTIVE_STOP", "PAUSED", "FAULT", "SCANNING", "AWAITING_ASSIST"])
def test_a_robot_that_rightly_waits_is_not_stuck(state: str) -> None:
    field = at_the_wall()
    if state == "SCANNING":
        field.reply(field.last(robot.AssignPickPlan), reply.CommandCompleted)
    says_the_same(field, state, for_s=900)
    assert "robot_stuck" not in raised(field)


def test_a_robot_that_never_scans_may_work_for_hours() -> None:
    dock = dock_of(cases=40, is_counted_only=True).run(3600)
    assert dock.of_type(exception.ExceptionRaised) == []


def test_a_robot_that_waits_for_a_conveyor_may_wait_as_long_as_it_is_jammed() -> None:
    field = at_the_wall()
    field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    says_the_same(field, "WAITING_FOR_CONVEYOR", for_s=3600)
    assert raised(field) == ["conveyor_jammed"]
    field.say("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    says_the_same(field, "WAITING_FOR_CONVEYOR", for_s=290)
    assert raised(field) == ["conveyor_jammed"]
    says_the_same(field, "WAITING_FOR_CONVEYOR", for_s=20)
    assert raised(field) == ["conveyor_jammed", "robot_stuck"]


def test_a_robot_that_waits_for_a_belt_that_is_blocked_is_given_half_an_hour() -> None:
    field = at_the_wall()
    field.say("conveyor/c1", conveyor.ConveyorBlocked, conveyor.ConveyorData())
    says_the_same(field, "WAITING_FOR_CONVEYOR", for_s=1790)
    assert raised(field) == []
    says_the_same(field, "WAITING_FOR_CONVEYOR", for_s=20)
    assert raised(field) == ["robot_stuck"]


def test_an_order_that_is_accepted_and_never_begun_is_seen() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(next(it for _, it in field.said if it.type == "trailer.assign_door.v1"))
    field.dock()
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    for _ in range(32):
        field.wait(10)
        field.report()
    assert raised(field) == ["robot_stuck"]


def test_an_idle_robot_has_five_minutes_from_when_it_is_given_an_order() -> None:
    field = Field()
    field.report()
    it = field.backend.state.robots["r1"]
    it.stirred_as, it.stirred_us = "IDLE", field.now_us - 3600 * US_PER_S
    field.announce()
    field.arrive()
    field.complete(next(it for _, it in field.said if it.type == "trailer.assign_door.v1"))
    field.dock()
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    field.report()
    assert raised(field) == []


@pytest.mark.parametrize(("fraction", "kinds"), [(0.6, []), (0.97, []), (1.0, ["robot_stuck"])])
def test_a_robot_that_goes_on_charging_when_it_is_full_is_stuck(fraction: float, kinds: list[str]) -> None:
    field = Field()
    for _ in range(31):
        field.wait(10)
        field.report(state="MAINTENANCE", battery_fraction=fraction)
    assert raised(field) == kinds


def test_a_pause_that_is_never_ended_though_told_to_is_seen() -> None:
    field = at_the_wall()
    for action in ("pause", "resume"):
        data = operator.ActionRequestedData(person="ann", robot_id="r1", action=action)
        (command,) = field.say("operator/remote", operator.ActionRequested, data)
        field.reply(command, reply.CommandAccepted)
        if action == "pause":
            field.reply(command, reply.CommandCompleted)
    says_the_same(field, "PAUSED", for_s=320)
    assert raised(field) == ["robot_stuck"]


@pytest.mark.parametrize(("action", "shown"), [("pause", "IDLE"), ("resume", "PAUSED"), ("resume", "IDLE")])
def test_a_robot_without_an_order_that_takes_a_command_and_does_nothing_is_seen(action: str, shown: str) -> None:
    field = Field()
    field.report()
    for wanted in ("pause", "resume"):
        data = operator.ActionRequestedData(person="ann", robot_id="r1", action=wanted)
        (command,) = field.say("operator/remote", operator.ActionRequested, data)
        field.reply(command, reply.CommandAccepted)
        if wanted == action:
            break
        field.reply(command, reply.CommandCompleted)
    for _ in range(32):
        field.wait(10)
        field.report(state=shown)
    assert raised(field) == ["robot_stuck"]


def test_a_robot_that_speaks_and_twice_answers_no_order_is_looked_at_and_gets_no_other() -> None:
    dock = dock_of(cases=7)
    dock.deaf = {"robot/r1"}
    dock.answers["robot_stuck"] = None
    dock.run(1200)
    kinds: list[Any] = [it.data.exception_type for it in dock.of_type(exception.ExceptionRaised)]
    assert kinds.count("robot_stuck") == 1
    assert len({it.data.action_id for it in dock.commands if isinstance(it, robot.AssignOrder)}) == 1


def test_nobody_is_sent_to_a_robot_whose_answers_are_all_lost_as_its_state_tells_what_it_has_taken_on() -> None:
    dock = dock_of(cases=7)

    def link(message: Message) -> list[int]:
        if isinstance(message, Reply) and message.source.endswith("/robot/r1"):
            dock._kept.remove(message)
            return []
        return [LATENCY_US]

    dock.link = link
    dock.run(3600)
    kinds = [it.data.exception_type for it in dock.of_type(exception.ExceptionRaised)]
    assert "command_unknown" in kinds
    assert "robot_stuck" not in kinds
    assert len({it.data.action_id for it in dock.commands if isinstance(it, robot.AssignOrder)}) == 1
    assert len(dock.of_type(receipt.ReceiptClosed)) == 1
