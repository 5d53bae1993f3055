"""Double identity: two machines under one name. Nothing is believed until people have been there; nothing breaks."""
# ruff: noqa: ANN401 - a state may say anything about a robot

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.backend.field import Field
from twin.clock import US_PER_S, format_time
from twin.ids import Address
from twin.messages import case, exception, reply, robot, trailer
from twin.messages.emitter import Emitter

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from twin.messages import Message


def report_of(emitter: Emitter, field: Field, state: str, **about: Any) -> robot.RobotStateReport:
    data = robot.RobotStateData(
        robot_state=state,  # type: ignore[arg-type]
        operating_mode="AUTOMATIC",
        connection_state="ONLINE",
        last_event_seq=emitter.seqs.get("event", 0),
        last_reply_seq=emitter.seqs.get("reply", 0),
        **about,
    )
    return emitter.emit(robot.RobotStateReport, data, at_us=field.now_us)


def another(boot: int = 2) -> Emitter:
    return Emitter(site="bos1", address=Address("robot", "r1"), boot=boot)


def appears(field: Field, boot: int = 2) -> Emitter:
    """A second machine starts under the name of r1."""
    emitter = another(boot)
    field.deliver(report_of(emitter, field, "STARTUP"))
    field.wait(1)
    field.deliver(report_of(emitter, field, "IDLE"))
    return emitter


def r1(field: Field) -> Robot:
    return field.backend.state.robots["r1"]


def at_work(field: Field) -> list[Message]:
    return field.report(state="PICKING", door_id="d1", trailer_id="t-1", holding=("t-1-c1",))


def raised(field: Field) -> list[str]:
    return [it.data.exception_type for _, it in field.said if isinstance(it, exception.ExceptionRaised)]


def doubled(robots: int = 1) -> Field:
    """r1 has a case in its hand when a second machine appears, and goes on."""
    field = Field(robots=robots)
    field.start(cases=4)
    field.pick("t-1-c1")
    appears(field)
    field.wait(1.1)
    at_work(field)
    assert raised(field) == ["double_identity"]
    return field


def answer_abandon(field: Field) -> None:
    asked = next(
        it.data
        for _, it in reversed(field.said)
        if isinstance(it, exception.InterventionRequested) and it.data.exception_type == "double_identity"
    )
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="abandon")
    field.say("operator/floor", exception.InterventionAnswered, data)


def orders(messages: list[Message]) -> list[str]:
    return [it.subject for it in messages if isinstance(it, robot.AssignOrder)]


def test_a_boot_that_lives_on_beside_the_next_is_another_machine() -> None:
    field = doubled()
    asked = field.last(exception.InterventionRequested).data
    assert (asked.role, asked.options, asked.default_answer, asked.trailer_id) == ("floor", ("abandon",), None, "t-1")
    assert field.codes() == []


def test_an_event_of_a_boot_that_lives_on_tells_it_too() -> None:
    field = Field()
    field.start(cases=4)
    appears(field)
    field.wait(1.1)
    field.pick("t-1-c1")
    assert raised(field) == ["double_identity"]
    assert field.backend.state.trailers["t-1"].cases["t-1-c1"].place == "unknown"
    assert field.codes() == []


def test_the_tail_of_a_boot_that_is_over_is_none() -> None:
    field = Field()
    field.start(cases=4)
    picked = field.make(
        "robot/r1",
        case.CasePicked,
        case.CasePickedData(trailer_id="t-1", track_id="t-1-c1", taken_from="wall", attempts=1, weight_kg=9.0),
    )
    state = report_of(field.emitter("robot/r1"), field, "PICKING")
    field.wait(1)
    appears(field)
    field.wait(25)
    field.deliver(picked, state)
    assert raised(field) == []
    assert field.codes() == []


def test_a_number_with_two_bodies_is_two_machines() -> None:
    field = Field()
    field.start(cases=4)
    first = field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="e1"))
    other = msgspec.structs.replace(first, data=robot.RobotErrorClearedData(error_id="e2"))
    field.deliver(first, other)
    assert raised(field) == ["double_identity"]


def test_a_clock_that_is_off_makes_no_second_machine() -> None:
    field = Field()
    field.start(cases=4)
    tail = field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="e1"))
    appears(field)
    field.wait(3)
    ahead = format_time(field.now_us + 90 * US_PER_S)
    field.deliver(msgspec.structs.replace(tail, time=ahead))
    assert raised(field) == []


def test_a_state_is_never_on_its_way_for_half_a_minute_whatever_it_bears() -> None:
    field = Field()
    field.start(cases=4)
    second = appears(field)
    for _ in range(4):
        field.wait(10)
        field.deliver(report_of(second, field, "IDLE"))
    state = report_of(field.emitter("robot/r1"), field, "PICKING")
    field.deliver(msgspec.structs.replace(state, time=format_time(field.now_us - 3600 * US_PER_S)))
    assert raised(field) == ["double_identity"]


@pytest.mark.parametrize("what", ["place", "drop", "aside", "split", "retract", "start", "finish", "scan"])
def test_nothing_either_of_them_says_breaks_anything_or_is_believed(what: str) -> None:
    field = doubled()
    about = {"trailer_id": "t-1", "track_id": "t-1-c1"}
    where = {"trailer_id": "t-1", "door_id": "d1"}
    if what == "place":
        field.place("t-1-c1")
    elif what == "drop":
        field.say("robot/r1", case.CaseDropped, case.CaseDroppedData(**about, cause="slipped", height_m=1.0))
    elif what == "aside":
        field.say("robot/r1", case.CaseRefused, case.CaseSetAsideData(**about, reason="too_heavy"))
    elif what == "split":
        field.say("robot/r1", case.CaseSplit, case.CaseSplitData(**about, successors=("a", "b")))
    elif what == "retract":
        field.say("robot/r1", case.CaseRetracted, case.CaseRetractedData(**about))
    elif what == "start":
        field.say("robot/r1", robot.UnloadStarted, robot.UnloadData(**where))
    elif what == "finish":
        field.say("robot/r1", robot.UnloadFinished, robot.UnloadFinishedData(**where, cases_placed=40))  # type: ignore[arg-type]
    else:
        field.scan("t-1-c1", "t-1-c9", scan_id="s9")
    field.backend.audit()
    assert field.codes() == []
    assert field.backend.state.trailers["t-1"].cases["t-1-c1"].place == "unknown"
    assert r1(field).holding == {}


def test_a_case_that_reaches_induction_is_delivered_whoever_laid_it_there() -> None:
    field = doubled()
    field.place("t-1-c1")
    field.identify("t-1-c1")
    assert field.backend.state.trailers["t-1"].cases["t-1-c1"].place == "delivered"
    assert field.codes() == []


def test_neither_the_robot_nor_its_trailer_gets_work_until_people_have_been_there() -> None:
    field = doubled(robots=2)
    said = field.report("r2")
    for _ in range(5):
        field.wait(10)
        said += field.report("r2")
    assert orders(said) == []
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    assert orders([it for _, it in field.said])[-1] == "robot/r2"
    answer_abandon(field)
    assert field.backend.state.exceptions == {}
    assert field.codes() == []


def test_the_robot_is_believed_again_in_a_boot_that_is_nobody_elses() -> None:
    field = doubled()
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    answer_abandon(field)
    assert r1(field).doubled_boot == 2
    field.emitters["robot/r1"] = another(boot=3)
    said = field.report(state="STARTUP") + field.report()
    assert r1(field).doubled_boot == 0
    assert orders(said) == ["robot/r1"]
    assert field.codes() == []


def test_a_new_boot_alone_is_no_proof_that_anybody_was_there() -> None:
    field = doubled()
    field.emitters["robot/r1"] = another(boot=3)
    assert orders(field.report(state="STARTUP") + field.report()) == []
    assert raised(field) == ["double_identity"]
    answer_abandon(field)
    assert r1(field).doubled_boot == 0
    assert orders([it for _, it in field.said])[-1] == "robot/r1"
    assert field.last(exception.ExceptionResolved).data.exception_type == "double_identity"


def test_what_was_asked_of_it_is_waited_for_no_more() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    order = field.last(robot.AssignOrder)
    appears(field)
    field.wait(2)
    field.reply(order, reply.CommandAccepted)
    assert r1(field).doubled_boot == 2
    assert field.backend.state.orders["o-t-1"].robot_id is None
    field.wait(200)
    assert "command_unknown" not in raised(field)
    assert field.codes() == []


def test_a_removal_that_is_told_late_is_not_about_the_robot_that_has_started_since() -> None:
    field = Field()
    field.start(cases=4)
    told = field.make("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    field.wait(5)
    field.emitters["robot/r1"] = another(boot=2)
    field.report(state="STARTUP")
    assert orders(field.report()) == ["robot/r1"]
    field.deliver(told)
    assert r1(field).order_id == "o-t-1"
    assert field.backend.state.orders["o-t-1"].order_action in field.backend.state.commands
    field.backend.audit()
    assert field.codes() == []


def test_a_command_that_an_order_waits_for_and_that_is_over_is_found() -> None:
    field = Field()
    plan = field.start(cases=4)
    del field.backend.state.commands[plan.data.action_id]
    field.backend.audit()
    assert field.codes() == ["order_waits_in_vain"] * len(field.codes()) != []


def test_nobody_is_asked_about_an_error_of_a_robot_that_is_not_believed() -> None:
    field = Field()
    field.start(cases=4)
    second = appears(field)
    field.wait(1.1)
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    data = robot.RobotErrorData(
        error_id="e-1", error_type="grip_failed", error_level="URGENT", trailer_id="t-1", allowed_answers=("retry",)
    )
    field.deliver(second.emit(robot.RobotErrorRaised, data, at_us=field.now_us))
    assert raised(field) == ["double_identity"]


def test_nobody_is_asked_about_an_error_of_a_boot_that_is_over() -> None:
    field = Field()
    field.start(cases=4)
    data = robot.RobotErrorData(
        error_id="e-1", error_type="grip_failed", error_level="URGENT", trailer_id="t-1", allowed_answers=("retry",)
    )
    told = field.make("robot/r1", robot.RobotErrorRaised, data)
    appears(field)
    field.deliver(told)
    assert raised(field) == []


def test_a_doubled_robot_is_not_released_to_work_where_a_person_is() -> None:
    field = Field()
    field.start(cases=4)
    appears(field)
    field.wait(1.1)
    at_work(field)
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    assert (r1(field).doubled_boot, r1(field).stop) == (2, "reset")
    asked = field.last(exception.InterventionRequested).data
    field.people(1)
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer="release")
    field.say("operator/remote", exception.InterventionAnswered, data)
    field.people(0)
    assert robot.ReleaseToWork not in [type(it) for _, it in field.said]
    assert field.codes() == []


def r1_is_followed(by: str) -> Field:
    """r1 dies at work, and somebody speaks under its name; whoever is sent there finds a robot in the trailer."""
    field = Field(robots=3)
    field.start(cases=4)
    field.report("r2")
    emitter = appears(field)
    order = field.last(robot.AssignOrder)
    assert order.subject == "robot/r2"
    if by == "r3":
        field.report("r3", state="EXITING", door_id="d1", trailer_id="t-1")
    field.deliver(report_of(emitter, field, "IDLE"))
    field.reply(order, reply.CommandAccepted)
    field.reply(order, reply.CommandFailed, "door_blocked")
    return field


def test_a_robot_that_stands_in_a_trailer_while_its_name_speaks_elsewhere_is_doubled() -> None:
    field = r1_is_followed(by="nobody")
    assert "double_identity" in raised(field)
    assert r1(field).doubled_boot == 2
    assert field.backend.state.orders["o-t-1"].blocked_by == "r1"


def test_a_robot_that_says_that_it_is_there_stands_in_the_way_itself() -> None:
    field = r1_is_followed(by="r3")
    assert "double_identity" not in raised(field)
