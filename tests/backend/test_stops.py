"""Emergency stops: mirrored, never commanded or reset over the bus; a robot works again when a person has said so."""
# ruff: noqa: ANN401 - a state may say anything about a robot

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from backend.core import cells, fold_robots, invariants
from backend.core.changes import Changes
from backend.core.state import CommandRecord
from backend.services import stops
from backend.services.site import SiteBackend
from tests.backend.field import Field
from twin.messages import exception, reply, robot, trailer

if TYPE_CHECKING:
    from backend.core.dock import Robot, Stop
    from twin.messages import Message

WHERE = robot.StopData(trailer_id="t-1", door_id="d1")
LATCHED = robot.SafetyState(active_emergency_stop="MANUAL")
AWAITING = robot.SafetyState(awaits_release=True)


def stopped() -> Field:
    """A robot at work whose emergency stop is pressed."""
    field = Field()
    field.start(cases=4)
    field.say("robot/r1", robot.EmergencyStopped, WHERE)
    at_work(field, "EMERGENCY_STOP", LATCHED)
    return field


def at_work(field: Field, state: str, safety: robot.SafetyState = robot.SafetyState(), **about: Any) -> list[Message]:  # noqa: B008 - frozen
    return field.report(state=state, door_id="d1", trailer_id="t-1", safety_state=safety, **about)


def reset(field: Field, *, asked: bool = True) -> list[Message]:
    cause = field.last(exception.InterventionRequested).id if asked else None
    said = field.say("robot/r1", robot.EmergencyStopReset, WHERE, causation_id=cause)
    return said + at_work(field, "PAUSED", AWAITING)


def answer(field: Field, word: str, by: str = "remote", exception_type: str = "release_to_work") -> list[Message]:
    asked = next(
        it.data
        for _, it in reversed(field.said)
        if isinstance(it, exception.InterventionRequested) and it.data.exception_type == exception_type
    )
    data = exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer=word)  # type: ignore[arg-type]
    return field.say(f"operator/{by}", exception.InterventionAnswered, data)


def r1(field: Field) -> Robot:
    return field.backend.state.robots["r1"]


def releases(messages: list[Message]) -> list[robot.ReleaseToWork]:
    return [it for it in messages if isinstance(it, robot.ReleaseToWork)]


def raised(field: Field) -> list[str]:
    return [it.data.exception_type for _, it in field.said if isinstance(it, exception.ExceptionRaised)]


def resolved(field: Field) -> list[tuple[str, str, str]]:
    return [
        (it.data.exception_type, it.data.resolution, it.data.by)
        for _, it in field.said
        if isinstance(it, exception.ExceptionResolved)
    ]


def test_floor_staff_are_asked_to_go_to_a_stopped_robot_and_nobody_answers_for_them() -> None:
    field = stopped()
    asked = field.last(exception.InterventionRequested).data
    assert (asked.exception_type, asked.role, asked.options) == ("emergency_stop", "floor", ("assist",))
    assert asked.default_answer is None
    assert field.last(exception.ExceptionRaised).data.level == "CRITICAL"
    assert raised(field) == ["emergency_stop"]


def test_a_robot_that_is_reset_is_released_by_a_person_and_by_nobody_else() -> None:
    field = stopped()
    assert releases(reset(field)) == []
    answer(field, "assist", by="floor", exception_type="emergency_stop")
    asked = field.last(exception.InterventionRequested).data
    assert (asked.exception_type, asked.role, asked.options) == ("release_to_work", "remote", ("release",))
    (command,) = releases(answer(field, "release"))
    field.complete(command)
    assert r1(field).stop is None
    assert resolved(field) == [("emergency_stop", "assist", "floor"), ("release_to_work", "release", "remote")]
    assert field.codes() == []


def test_a_robot_that_somebody_resets_unasked_needs_nobody_to_go_there_any_more() -> None:
    field = stopped()
    reset(field, asked=False)
    assert resolved(field) == [("emergency_stop", "reset_at_machine", "rule")]
    assert field.last(exception.ExceptionRaised).data.exception_type == "release_to_work"


def test_the_answer_may_overtake_the_reset() -> None:
    field = stopped()
    answer(field, "assist", by="floor", exception_type="emergency_stop")
    reset(field)
    assert raised(field) == ["emergency_stop", "release_to_work"]


def test_a_release_nobody_grants_is_asked_for_again_and_again() -> None:
    field = stopped()
    reset(field)
    for _ in range(30):
        field.wait(10)
        at_work(field, "PAUSED", AWAITING)
    asked = [it.data for _, it in field.said if isinstance(it, exception.InterventionRequested)]
    assert len([it for it in asked if it.exception_type == "release_to_work"]) == 5
    assert raised(field) == ["emergency_stop", "release_to_work"]


def test_a_release_is_withheld_while_a_person_is_in_the_cell() -> None:
    field = stopped()
    field.people(1)
    reset(field)
    assert releases(answer(field, "release")) == []
    assert len(releases(field.people(0))) == 1
    assert field.codes() == []


def test_a_robot_stopped_again_is_not_released_by_what_was_said_about_the_stop_before() -> None:
    field = stopped()
    reset(field)
    (command,) = releases(answer(field, "release"))
    field.say("robot/r1", robot.EmergencyStopped, WHERE)
    said = field.wait(20)
    assert releases(said) == [], "not sent again either"
    assert r1(field).is_release_granted is False
    field.reply(command, reply.CommandRejected, "not_reset")
    assert releases(reset(field)) == []
    assert len(releases(answer(field, "release"))) == 1
    assert field.codes() == []


def test_a_release_answered_for_a_stop_that_came_back_is_too_late() -> None:
    field = stopped()
    reset(field)
    field.say("robot/r1", robot.EmergencyStopped, WHERE)
    assert releases(answer(field, "release")) == []
    assert ("release_to_work", "stopped_again", "rule") in resolved(field)
    assert field.backend.refused == {"answer_too_late": 1}


def test_a_release_that_expired_is_sent_again_as_the_persons_word_still_holds() -> None:
    field = stopped()
    reset(field)
    (command,) = releases(answer(field, "release"))
    assert len(releases(field.reply(command, reply.CommandExpired))) == 1
    assert field.codes() == []


def test_a_release_the_robot_rejects_is_asked_for_anew() -> None:
    field = stopped()
    reset(field)
    (command,) = releases(answer(field, "release"))
    field.reply(command, reply.CommandRejected, "not_reset")
    at_work(field, "PAUSED", AWAITING)
    assert raised(field) == ["emergency_stop", "release_to_work", "release_to_work"]


def test_no_plan_goes_to_a_stopped_robot_until_it_is_released() -> None:
    field = Field()
    plan = field.start(cases=4)
    field.say("robot/r1", robot.EmergencyStopped, WHERE)
    field.reply(plan, reply.CommandFailed, "wall_changed")
    said = field.scan("t-1-c1", scan_id="s2") + reset(field)
    assert [it for it in said if isinstance(it, robot.AssignPickPlan)] == []
    (command,) = releases(answer(field, "release"))
    said = field.complete(command)
    assert [it.data.scan_id for it in said if isinstance(it, robot.AssignPickPlan)] == ["s2"]
    assert field.codes() == []


def test_no_order_goes_to_an_idle_robot_that_is_stopped() -> None:
    field = Field()
    field.report()
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    field.report(state="EMERGENCY_STOP", safety_state=LATCHED)
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    assert [it for it in field.dock() if isinstance(it, robot.AssignOrder)] == []
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    field.report(state="PAUSED", safety_state=AWAITING)
    (command,) = releases(answer(field, "release"))
    said = field.complete(command) + field.report()
    assert [it.subject for it in said if isinstance(it, robot.AssignOrder)] == ["robot/r1"]
    assert field.codes() == []


def test_a_robot_that_says_it_is_idle_before_its_release_is_heard_of_gets_an_order() -> None:
    field = Field()
    field.report()
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    field.report(state="EMERGENCY_STOP", safety_state=LATCHED)
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    field.report(state="PAUSED", safety_state=AWAITING)
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    (command,) = releases(answer(field, "release"))
    seqs = field.emitter("robot/r1").seqs
    field.report(last_reply_seq=seqs.get("reply", 0) + 2)
    assert robot.AssignOrder in map(type, field.complete(command))
    assert field.codes() == []


def test_a_stop_whose_event_is_lost_is_known_from_the_state() -> None:
    field = Field()
    field.start()
    at_work(field, "EMERGENCY_STOP", LATCHED)
    assert raised(field) == ["emergency_stop"]
    at_work(field, "PAUSED", AWAITING)
    assert raised(field) == ["emergency_stop", "release_to_work"]
    at_work(field, "PICKING")
    assert r1(field).stop is None
    assert field.backend.state.exceptions == {}
    assert resolved(field)[-1] == ("release_to_work", "stop_over", "rule")


def test_a_state_said_before_the_stop_does_not_end_it() -> None:
    field = Field()
    field.start()
    old = field.emitter("robot/r1").seqs["event"]
    field.say("robot/r1", robot.EmergencyStopped, WHERE)
    at_work(field, "PICKING", last_event_seq=old)
    assert r1(field).stop == "latched"
    at_work(field, "EMERGENCY_STOP", LATCHED)
    field.say("robot/r1", robot.EmergencyStopReset, WHERE)
    at_work(field, "EMERGENCY_STOP", LATCHED, last_event_seq=old + 1)
    assert r1(field).stop == "reset"


def test_a_state_that_overtakes_the_event_stops_the_robot_at_once_and_is_asked_about_once() -> None:
    field = Field()
    field.start()
    event = field.make("robot/r1", robot.EmergencyStopped, WHERE)
    at_work(field, "EMERGENCY_STOP", LATCHED)
    assert (r1(field).stop, raised(field)) == ("latched", [])
    field.deliver(event)
    assert raised(field) == ["emergency_stop"]


def test_the_latch_outlives_a_restart_of_the_robot() -> None:
    field = stopped()
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.report(state="STARTUP", last_event_seq=0)
    assert r1(field).order_id is None
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    field.report(state="EMERGENCY_STOP", safety_state=LATCHED)
    assert raised(field) == ["emergency_stop"], "the same stop: nobody is asked twice"
    assert r1(field).stop == "latched"


def test_a_robot_that_starts_again_is_released_when_somebody_says_so_anew() -> None:
    field = stopped()
    reset(field)
    field.people(1)
    answer(field, "release")
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    started = field.report(state="STARTUP", last_event_seq=0)
    assert releases(started + field.people(0) + field.wait(20)) == [], "it is not known yet whether it waits for one"
    said = field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    assert releases(said + field.report(state="PAUSED", safety_state=AWAITING)) == []
    assert ("release_to_work", "robot_restarted", "rule") in resolved(field)
    assert raised(field) == ["emergency_stop", "release_to_work", "release_to_work"]
    assert len(releases(answer(field, "release"))) == 1
    assert field.codes() == []


def test_a_release_that_was_under_way_as_the_robot_started_again_is_not_granted_any_more() -> None:
    field = stopped()
    reset(field)
    assert len(releases(answer(field, "release"))) == 1
    field.emitters.pop("robot/r1")
    field.emitter("robot/r1").boot = 2
    field.report(state="STARTUP", last_event_seq=0)
    assert r1(field).is_release_granted is False
    assert releases(field.report(state="IDLE", last_event_seq=1) + field.people(1) + field.people(0)) == []
    field.say("robot/r1", robot.EmergencyStopReset, robot.StopData())
    assert field.last(exception.InterventionRequested).data.exception_type == "release_to_work"
    assert field.codes() == []


def test_the_latch_outlives_a_restart_of_the_backend() -> None:
    field = stopped()
    later = msgspec.structs.replace(field.backend.settings, epoch=2, boot=2)
    field.backend = SiteBackend.restore(later, field.backend.snapshot())
    field.backend.take_over(field.now_us)
    assert r1(field).stop == "latched"
    field.backend.commit()
    reset(field, asked=False)
    assert len(releases(answer(field, "release"))) == 1


def test_taking_over_sends_no_work_to_a_stopped_robot() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    field.say("robot/r1", robot.EmergencyStopped, robot.StopData())
    later = msgspec.structs.replace(field.backend.settings, epoch=2, boot=2)
    field.backend = SiteBackend.restore(later, field.backend.snapshot())
    field.backend.take_over(field.now_us)
    assert [it for _, it in field.backend.commit() if isinstance(it, robot.AssignOrder)] == []
    assert field.codes() == []


def test_a_stopped_robot_that_people_take_out_is_asked_about_when_it_starts_again() -> None:
    field = stopped()
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
    assert resolved(field) == [("emergency_stop", "robot_removed", "rule")]


# --- planted ---


def test_a_release_nobody_has_asked_for_is_found() -> None:
    field = stopped()
    reset(field)
    stops._send_release(field.backend._desk, r1(field))
    field.backend._settle()
    assert field.codes() == ["released_unasked"]


def test_a_release_of_a_robot_that_was_not_reset_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = stopped()
    monkeypatch.setattr(cells, "may_be_released", lambda *_: True)
    r1(field).is_release_granted = True
    stops._send_release(field.backend._desk, r1(field))
    field.backend._settle()
    assert field.codes() == ["released_unasked"]


@pytest.mark.parametrize("stop", ["latched", "reset"])
def test_work_for_a_stopped_robot_is_found(stop: Stop) -> None:
    field = Field()
    field.start()
    r1(field).stop = stop
    record: CommandRecord = next(it for it in field.backend.state.commands.values() if it.purpose == "plan")
    changes = Changes()
    invariants.check_issue(field.backend.state, changes, record)
    assert [breach.code for breach in changes.breaches] == ["work_while_stopped"]


def test_a_stop_that_only_a_state_tells_and_that_is_not_mirrored_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_overlooked in (False, True):
        field = Field()
        field.start(cases=4)
        if is_overlooked:
            monkeypatch.setattr(fold_robots, "_compare_stops", lambda *_: None)
        at_work(field, "EMERGENCY_STOP", LATCHED)
        assert field.codes() == (["stop_not_mirrored"] if is_overlooked else [])
