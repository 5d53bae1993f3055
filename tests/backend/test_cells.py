"""People in cells: where a person is nothing is set in motion, and what was withheld goes out when they have left."""

# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backend.core import cells, invariants
from backend.core.changes import Changes
from backend.services.site import SiteBackend
from tests.backend.field import Field
from twin.messages import case, door, exception, reply, robot, trailer

if TYPE_CHECKING:
    from twin.messages import Message


def types(said: list[Message]) -> list[type[Message]]:
    return [type(it) for it in said]


def ready(field: Field) -> None:
    """A trailer that may be entered but for a person in the cell."""
    field.report(state="MAINTENANCE")
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    field.people(1)


def grip_failed(field: Field) -> None:
    """The robot waits for an answer."""
    data = robot.RobotErrorData(
        error_id="e-1",
        error_type="grip_failed",
        error_level="URGENT",
        trailer_id="t-1",
        track_id="t-1-c1",
        allowed_answers=("retry", "skip", "assist"),
    )
    field.say("robot/r1", robot.RobotErrorRaised, data)


def waits(field: Field) -> list[Message]:
    """The robot says that it still waits for its answer."""
    return field.report(state="AWAITING_ASSIST", door_id="d1", trailer_id="t-1")


def answer(field: Field, what: Any, by: str = "operator/remote") -> list[Message]:
    asked = field.last(exception.InterventionRequested).data
    return field.say(
        by,
        exception.InterventionAnswered,
        exception.InterventionAnsweredData(intervention_id=asked.intervention_id, answer=what),
    )


@pytest.mark.parametrize("missing", [door.RestraintEngaged, door.DoorOpened, door.LevellerLowered])
def test_a_trailer_is_entered_only_when_it_is_held_behind_an_open_door_with_the_leveller_down(missing: Any) -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.say("yard/yard", trailer.TrailerDocked, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    at_door = door.DoorData(trailer_id="t-1")
    others = [it for it in (door.RestraintEngaged, door.DoorOpened, door.LevellerLowered) if it is not missing]
    for it in others:
        assert robot.AssignOrder not in types(field.say("door/d1", it, at_door))
    assert robot.AssignOrder in types(field.say("door/d1", missing, at_door))
    assert field.codes() == []


def test_a_door_with_its_leveller_down_is_given_to_no_other_trailer() -> None:
    field = Field()
    field.backend.state.doors["d1"].leveller_down_for = "t-9"
    field.announce()
    assert trailer.AssignDoor not in types(field.arrive())
    said = field.say("door/d1", door.LevellerStored, door.DoorData(trailer_id="t-9"))
    assert trailer.AssignDoor in types(said)


def test_no_robot_is_sent_to_a_cell_with_a_person_in_it() -> None:
    field = Field()
    ready(field)
    assert robot.AssignOrder not in types(field.report(state="IDLE"))
    assert robot.AssignOrder in types(field.people(0))
    assert field.codes() == []


def test_one_person_of_two_leaving_does_not_clear_a_cell() -> None:
    field = Field()
    ready(field)
    field.report(state="IDLE")
    field.people(2)
    one_left = door.DoorPeopleData(people_inside=1, trailer_id="t-1")
    assert robot.AssignOrder not in types(field.say("door/d1", door.PersonLeft, one_left))
    assert robot.AssignOrder in types(field.people(0))


def test_a_plan_is_withheld_while_a_person_is_inside_and_goes_out_when_they_have_left() -> None:
    field = Field()
    plan = field.start(cases=2)
    field.people(1)
    field.reply(plan, reply.CommandCompleted)
    assert robot.AssignPickPlan not in types(field.scan("t-1-c1", scan_id="s2"))
    assert robot.AssignPickPlan in types(field.people(0))
    assert field.codes() == []


def test_a_person_in_another_cell_withholds_nothing() -> None:
    field = Field(doors=2)
    plan = field.start(cases=2)
    field.people(1, at="d2")
    field.reply(plan, reply.CommandCompleted)
    assert robot.AssignPickPlan in types(field.scan("t-1-c1", scan_id="s2"))


def test_a_slow_planners_answer_is_asked_for_again_if_a_person_has_come_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backend.services.decisions._effect_us", lambda desk, _latency_us: desk.now_us + 5_000_000)
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.wait(6)
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    field.wait(6)
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    for state in ("TRAVELLING", "ENTERING", "SCANNING"):
        field.report(state=state, door_id="d1", trailer_id="t-1")
    field.scan("t-1-c1")
    field.people(1)
    assert robot.AssignPickPlan not in types(field.wait(10))
    field.people(0)
    assert robot.AssignPickPlan in types(field.wait(6))
    assert field.codes() == []


def test_an_answer_waits_until_the_person_has_left() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    field.people(1)
    said = answer(field, "retry")
    assert types(said) == []
    assert types(field.people(0)) == [exception.ExceptionResolved, robot.Retry]
    assert field.codes() == []


def test_an_answer_after_the_person_has_left_goes_out_at_once() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    field.people(1)
    field.people(0)
    assert types(answer(field, "retry")) == [exception.ExceptionResolved, robot.Retry]


def test_a_second_answer_changes_nothing_while_the_first_is_withheld() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    field.people(1)
    answer(field, "retry")
    (refused,) = answer(field, "skip")
    assert isinstance(refused, exception.InterventionRefused)
    assert refused.data.code == "answered_already"
    field.wait(600)
    waits(field)
    assert robot.Retry in types(field.people(0))


def test_a_default_answer_is_withheld_like_any_other() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    field.people(1)
    field.wait(120)
    waits(field)
    assert "grip_failed" in {it.exception_type for it in field.backend.state.exceptions.values()}
    said = field.people(0)
    resolved = next(it for it in said if isinstance(it, exception.ExceptionResolved))
    assert (resolved.data.by, resolved.data.resolution) == ("rule", "skip")
    assert robot.Skip in types(said)


def test_a_withheld_answer_is_dropped_when_the_error_clears_itself() -> None:
    field = Field()
    field.start()
    grip_failed(field)
    field.people(1)
    answer(field, "retry")
    field.say("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="e-1"))
    assert robot.Retry not in types(field.people(0))


def test_an_unanswered_command_is_not_sent_again_to_a_robot_with_a_person_in_its_cell() -> None:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    assert robot.AssignPickPlan in types(field.wait(3))
    field.people(1)
    assert robot.AssignPickPlan not in types(field.wait(10))
    field.people(0)
    assert robot.AssignPickPlan in types(field.wait(3))


def test_a_command_of_unknown_outcome_is_issued_anew_only_when_the_cell_is_clear() -> None:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    field.people(1)
    field.wait(70)
    assert robot.AssignPickPlan not in types(field.report(state="SCANNING", door_id="d1", trailer_id="t-1"))
    field.people(0)
    assert robot.AssignPickPlan in types(field.report(state="SCANNING", door_id="d1", trailer_id="t-1"))
    assert field.codes() == []


def test_taking_over_issues_nothing_anew_into_a_cell_with_a_person_in_it() -> None:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    field.people(1)
    field.backend.state.epoch = 2
    field.backend.take_over(field.now_us)
    assert robot.AssignPickPlan not in types([it for _, it in field.backend.commit()])
    assert field.codes() == []


def test_a_robot_that_waits_for_what_is_withheld_does_not_wait_in_vain() -> None:
    field = Field()
    plan = field.start()
    field.people(1)
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    for _ in range(40):
        field.wait(9)
        assert robot.Cancel not in types(field.report(state="SCANNING", door_id="d1", trailer_id="t-1"))


def left_over() -> Field:
    """A trailer with a refused case in it; floor staff have been asked."""
    field = Field()
    plan = field.start(cases=1)
    aside = case.CaseSetAsideData(trailer_id="t-1", track_id="t-1-c1", reason="too_heavy")
    field.say("robot/r1", case.CaseRefused, aside)
    field.reply(plan, reply.CommandCompleted)
    field.scan("t-1-c1", scan_id="s2")
    field.finish(placed=0)
    return field


def recover(field: Field) -> list[Message]:
    data = case.CaseRecoveredData(trailer_id="t-1", track_id="t-1-c1", disposition="manual", label="t-1-c1")
    return field.say("operator/floor", case.CaseRecovered, data)


@pytest.mark.parametrize("leaves_last", [True, False])
def test_a_trailer_is_released_when_the_answer_is_here_and_everybody_has_left(leaves_last: bool) -> None:  # noqa: FBT001
    field = left_over()
    field.people(1)
    assert trailer.ReleaseTrailer not in types(recover(field))
    if leaves_last:
        assert trailer.ReleaseTrailer not in types(answer(field, "assist", by="operator/floor"))
        said = field.people(0)
    else:
        assert trailer.ReleaseTrailer not in types(field.people(0))
        said = answer(field, "assist", by="operator/floor")
    assert trailer.ReleaseTrailer in types(said)
    assert field.codes() == []


def test_setting_a_robot_in_motion_where_a_person_is_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field()
    ready(field)
    monkeypatch.setattr("backend.services.policy.is_ready_for_robot", lambda *_: True)
    field.report(state="IDLE")
    assert field.codes() == ["motion_with_person_inside"]


def test_sending_a_robot_to_a_leveller_that_is_not_down_is_found() -> None:
    field = Field()
    field.start()
    record = next(it for it in field.backend.state.commands.values() if it.purpose == "plan")
    field.backend.state.doors["d1"].leveller_down_for = None
    changes = Changes()
    invariants.check_issue(field.backend.state, changes, record)
    assert [it.code for it in changes.breaches] == ["not_ready"]


def test_a_release_with_a_person_inside_is_found_when_it_is_said() -> None:
    field = left_over()
    answer(field, "assist", by="operator/floor")
    record = next(it for it in field.backend.state.commands.values() if it.purpose == "release")
    field.backend.state.doors["d1"].people_inside = 1
    changes = Changes()
    invariants.check_issue(field.backend.state, changes, record)
    assert [it.code for it in changes.breaches] == ["released_with_person_inside"]


def test_a_restraint_that_opens_with_a_person_inside_is_found() -> None:
    field = left_over()
    field.people(1)
    field.say("door/d1", door.RestraintReleased, door.DoorData(trailer_id="t-1"))
    assert field.codes() == ["released_with_person_inside"]


def test_people_in_cells_survive_a_restart() -> None:
    field = Field()
    ready(field)
    field.backend = SiteBackend.restore(field.backend.settings, field.backend.snapshot())
    assert robot.AssignOrder not in types(field.report(state="IDLE"))
    assert robot.AssignOrder in types(field.people(0))


def test_a_robot_without_an_order_is_in_the_cell_it_says() -> None:
    field = Field(doors=2)
    field.report(state="PAUSED", door_id="d2")
    field.people(1, at="d2")
    it = field.backend.state.robots["r1"]
    assert not cells.is_clear(field.backend.state, it)
    field.people(0, at="d2")
    assert cells.is_clear(field.backend.state, it)
