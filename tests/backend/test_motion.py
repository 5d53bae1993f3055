"""One rule of what may set a robot in motion: what it withholds goes out when the reason ends, sent anew or again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.core import cells, invariants
from backend.core.changes import Changes
from backend.services import pauses, stops
from tests.backend.field import Field
from tests.backend.test_cells import answer, grip_failed, types, waits
from twin.messages import door, exception, operator, reply, robot, trailer

if TYPE_CHECKING:
    from twin.messages import Message


def test_an_answer_to_a_lost_robot_waits_until_it_speaks() -> None:
    field = Field()
    field.start()
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    grip_failed(field)
    waits(field)
    field.wait(40)
    assert field.backend.state.robots["r1"].is_lost
    asked = next(it for it in field.backend.state.exceptions.values() if it.error_id == "e-1")
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id or "", answer="retry")
    assert robot.Retry not in types(field.say("operator/remote", exception.InterventionAnswered, data))
    assert robot.Retry in types(waits(field))
    assert field.codes() == []


def test_an_answer_to_a_stopped_robot_waits_until_it_is_released() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    question = field.last(exception.InterventionRequested).data
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    data = exception.InterventionAnsweredData(intervention_id=question.intervention_id, answer="retry")
    assert robot.Retry not in types(field.say("operator/remote", exception.InterventionAnswered, data))
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    answer(field, "release")
    assert robot.Retry in types(field.complete(field.last(robot.ReleaseToWork)))
    assert field.codes() == []


def test_a_resume_waits_until_the_robot_is_released_to_work() -> None:
    field = Field()
    field.start()
    wish = operator.ActionRequestedData
    field.say("operator/remote", operator.ActionRequested, wish(person="p", robot_id="r1", action="pause"))
    field.complete(field.last(robot.Pause))
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    said = field.say("operator/remote", operator.ActionRequested, wish(person="p", robot_id="r1", action="resume"))
    assert robot.Resume not in types(said)
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    answer(field, "release")
    assert robot.Resume in types(field.complete(field.last(robot.ReleaseToWork)))


def test_a_resume_of_a_lost_robot_waits_until_it_speaks() -> None:
    field = Field()
    field.start()
    wish = operator.ActionRequestedData
    field.say("operator/remote", operator.ActionRequested, wish(person="p", robot_id="r1", action="pause"))
    field.complete(field.last(robot.Pause))
    field.people(1)
    field.say("operator/remote", operator.ActionRequested, wish(person="p", robot_id="r1", action="resume"))
    field.wait(40)
    assert field.backend.state.robots["r1"].is_lost
    assert robot.Resume not in types(field.people(0))
    assert robot.Resume in types(field.report(state="PAUSED", door_id="d1", trailer_id="t-1"))


def is_told_at(field: Field, door_id: str, state: str, safety: robot.SafetyState) -> list[type[Message]]:
    return types(field.report(state=state, door_id=door_id, trailer_id="t-1", safety_state=safety))


def test_an_answer_waits_until_the_robot_is_told_to_be_where_nobody_is() -> None:
    field = Field(doors=2)
    field.start()
    field.people(1, at="d2")
    grip_failed(field)
    is_told_at(field, "d2", "AWAITING_ASSIST", robot.SafetyState())
    assert robot.Retry not in types(answer(field, "retry"))
    assert robot.Retry in is_told_at(field, "d1", "AWAITING_ASSIST", robot.SafetyState())


def test_a_release_waits_until_the_robot_is_told_to_be_where_nobody_is() -> None:
    awaiting = robot.SafetyState(awaits_release=True)
    field = Field(doors=2)
    field.start()
    field.people(1, at="d2")
    for told in (robot.EmergencyStopped, robot.EmergencyStopReset):
        field.say("robot/r1", told, robot.StopData())
    is_told_at(field, "d2", "PAUSED", awaiting)
    assert robot.ReleaseToWork not in types(answer(field, "release"))
    assert robot.ReleaseToWork in is_told_at(field, "d1", "PAUSED", awaiting)
    assert field.codes() == []


@pytest.mark.parametrize("why", ["lost", "stopped", "not ready"])
def test_an_unanswered_order_is_not_sent_again_to_a_robot_that_may_not_move(why: str) -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    assert robot.AssignOrder in types(field.dock())
    assert robot.AssignOrder in types(field.wait(2.5))
    if why == "stopped":
        field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    elif why == "not ready":
        field.say("door/d1", door.LevellerStored, door.DoorData(trailer_id="t-1"))
    else:
        field.backend.state.robots["r1"].is_lost = True
    assert robot.AssignOrder not in types(field.wait(10))
    assert field.codes() == []


def test_what_is_sent_again_is_checked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    monkeypatch.setattr(cells, "is_withheld", lambda *_: False)
    field.people(1)
    field.wait(2.5)
    assert field.codes() == ["motion_with_person_inside"]


def test_a_robot_that_has_started_again_may_stand_where_it_stood() -> None:
    field = Field()
    field.start()
    state = field.backend.state
    del field.emitters["robot/r1"]
    field.emitter("robot/r1").boot = 2
    field.report(state="STARTUP")
    field.people(1)
    it = state.robots["r1"]
    assert not cells.is_clear(state, it)
    command = field.make("robot/r1", robot.EmergencyStopReset, robot.StopData())
    field.deliver(command)
    it.is_release_granted = True
    stops._send_release(field.backend._desk, it)
    assert field.backend.commit() == []
    field.report(state="IDLE")
    assert cells.is_clear(state, it)


@pytest.mark.parametrize("fact", ["inside", "before_boot_at", "blocked_by", "holding", "order"])
def test_a_motion_where_anything_says_that_a_person_is_with_it_is_found(fact: str) -> None:
    field = Field()
    field.start()
    state = field.backend.state
    it, order = state.robots["r1"], state.orders["o-t-1"]
    pauses._issue(field.backend._desk, it, robot.Resume, "resume")
    record = next(record for record in state.commands.values() if record.purpose == "resume")
    it.reported = it.inside = it.order_id = order.robot_id = None
    field.people(1)
    if fact == "inside":
        it.inside = "t-1"
    elif fact == "before_boot_at":
        it.before_boot_at = "t-1"
    elif fact == "blocked_by":
        order.blocked_by = "r1"
    elif fact == "holding":
        it.holding["t-1-c1"] = "t-1"
    else:
        order.robot_id = "r1"
    changes = Changes()
    invariants.check_issue(state, changes, record)
    assert [it.code for it in changes.breaches] == ["motion_with_person_inside"]
