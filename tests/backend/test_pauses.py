"""People step in: a robot pauses, goes on or ends its order as they want, if policy permits it."""

from __future__ import annotations

from typing import Literal

from tests.backend.field import Field
from twin.messages import Message, operator, reply, robot


def at_work() -> Field:
    field = Field()
    field.start(cases=4)
    return field


def want(field: Field, action: Literal["pause", "resume", "cancel"], name: str = "r1") -> list[Message]:
    data = operator.ActionRequestedData(person="ann", robot_id=name, action=action)
    return field.say("operator/remote", operator.ActionRequested, data)


def paused() -> Field:
    field = at_work()
    (command,) = want(field, "pause")
    assert isinstance(command, robot.Pause)
    field.complete(command)
    return field


def test_a_robot_pauses_and_goes_on_when_somebody_wants_it() -> None:
    field = paused()
    assert field.backend.state.robots["r1"].is_paused
    (command,) = want(field, "resume")
    assert isinstance(command, robot.Resume)
    field.complete(command)
    assert not field.backend.state.robots["r1"].is_paused
    assert field.backend.refused == {}
    assert field.codes() == []


def test_a_robot_is_paused_once() -> None:
    field = paused()
    assert want(field, "pause") == []
    assert field.backend.refused == {"already_paused": 1}


def test_a_robot_that_is_not_paused_is_not_resumed() -> None:
    field = at_work()
    assert want(field, "resume") == []
    assert field.backend.refused == {"not_paused": 1}


def test_who_wants_a_robot_to_go_on_need_not_wait_until_it_has_paused() -> None:
    field = at_work()
    (pause,) = want(field, "pause")
    assert want(field, "resume") == []
    said = field.complete(pause)
    assert [type(it) for it in said] == [robot.Resume]


def test_a_resume_is_withheld_while_a_person_is_in_the_cell() -> None:
    field = paused()
    field.people(1)
    assert want(field, "resume") == []
    assert [type(it) for it in field.people(0)] == [robot.Resume]
    assert field.codes() == []


def test_a_resume_waits_for_the_end_of_an_emergency_stop() -> None:
    field = paused()
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    assert [it for it in want(field, "resume") if isinstance(it, robot.Resume)] == []
    said = field.report(state="PAUSED", door_id="d1", trailer_id="t-1")
    assert robot.Resume in map(type, said)


def test_a_resume_that_expired_is_sent_again() -> None:
    field = paused()
    (resume,) = want(field, "resume")
    assert [type(it) for it in field.reply(resume, reply.CommandExpired)] == [robot.Resume]


def test_who_wants_it_paused_after_all_is_heard_and_the_resume_before_is_not_sent_again() -> None:
    field = paused()
    (resume,) = want(field, "resume")
    (pause,) = want(field, "pause")
    assert isinstance(pause, robot.Pause)
    field.reply(pause, reply.CommandRejected, code="already_paused")
    assert [it for it in field.wait(70) if it.type == resume.type] == []
    assert field.backend.state.robots["r1"].is_paused
    assert field.codes() == []


def test_a_resume_that_was_withheld_is_not_sent_once_it_is_to_stay_paused() -> None:
    field = paused()
    field.people(1)
    want(field, "resume")
    assert want(field, "pause") == []
    assert field.people(0) == []


def test_a_robot_that_starts_again_is_not_paused() -> None:
    field = paused()
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.report(last_event_seq=0)
    assert not field.backend.state.robots["r1"].is_paused


def test_an_order_is_ended_when_somebody_wants_it() -> None:
    field = at_work()
    (command,) = want(field, "cancel")
    assert isinstance(command, robot.Cancel)
    assert command.data.order_id == "o-t-1"


def test_there_is_nothing_to_cancel_without_an_order() -> None:
    field = Field()
    field.report()
    assert want(field, "cancel") == []
    assert field.backend.refused == {"no_order": 1}


def test_nothing_can_be_wanted_of_a_robot_that_is_silent_or_unknown() -> None:
    field = at_work()
    field.wait(60)
    assert want(field, "pause") == []
    assert want(field, "pause", "r9") == []
    assert field.backend.refused == {"robot_not_there": 1, "unknown_robot": 1}
