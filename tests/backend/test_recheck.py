"""Settled is settled: looking at everything again after each input finds nothing to do. Faults planted: it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.core import fold_cases, fold_yard
from backend.core.fold import FOLDS
from backend.core.state import PendingDockAnswer
from backend.services import commands, dispatch, exceptions, interventions, outcomes
from tests.backend.field import Field
from twin.messages import conveyor, operator, reply, robot, trailer, wall

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.changes import Changes
    from backend.core.state import Sender, SiteState
    from backend.services.commands import Ended
    from backend.services.desk import Desk
    from twin.messages import Message

ARRIVED: type[Message] = trailer.TrailerArrived
SCANNED: type[Message] = wall.WallScanned
ON_DUTY = operator.OperatorStateData(role="floor", people_on_duty=1, last_event_seq=0, last_reply_seq=0)


def field_of() -> Field:
    return Field(recheck_every=1)


def whole_unload() -> Field:
    field = field_of()
    field.start(cases=2)
    for track in ("t-1-c1", "t-1-c2"):
        field.pick(track)
        field.place(track)
        field.identify(track)
    plan = field.last(robot.AssignPickPlan)
    field.reply(plan, reply.CommandCompleted)
    field.scan(scan_id="s2")
    field.finish(placed=2)
    release = field.last(trailer.ReleaseTrailer)
    field.say("yard/yard", trailer.TrailerReleased, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    field.complete(release)
    field.say("yard/yard", trailer.TrailerDeparted, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    return field


def test_of_a_whole_unload_nothing_is_left_undone_after_any_input() -> None:
    field = whole_unload()
    assert field.backend.state.orders == {}
    assert field.codes() == []


# --- unsettled ---


def _arrived_without_a_mark(
    state: SiteState, changes: Changes, sender: Sender, message: trailer.TrailerArrived
) -> None:
    fold_yard.arrived(state, changes, sender, message)
    state.is_dock_due = False


def test_a_fold_that_does_not_mark_the_dock_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.report()
    field.announce()
    monkeypatch.setitem(FOLDS, ARRIVED, _arrived_without_a_mark)
    assert field.arrive() == []
    assert field.codes() == ["unsettled"]
    assert field.backend.violations[0].detail == "trailer t-1 may come here"


def _scanned_without_a_mark(state: SiteState, changes: Changes, sender: Sender, message: wall.WallScanned) -> None:
    fold_cases.wall_scanned(state, changes, sender, message)
    changes.orders.clear()


def test_a_fold_that_does_not_mark_its_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.start()
    field.reply(field.last(robot.AssignPickPlan), reply.CommandCompleted)
    monkeypatch.setitem(FOLDS, SCANNED, _scanned_without_a_mark)
    field.scan("t-1-c3", scan_id="s2")
    assert [(it.code, it.entity) for it in field.backend.violations] == [("unsettled", "robot/r1")]
    assert field.backend.violations[0].detail == "pick_plan.assign.v1 was due and was not said"


def test_a_service_that_does_not_mark_its_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.start(cases=0)
    command_ended = outcomes.command_ended

    def forgetful(desk: Desk, ended: Ended) -> None:
        command_ended(desk, ended)
        desk.changes.orders.clear()

    monkeypatch.setattr(outcomes, "command_ended", forgetful)
    field.finish(placed=0)
    assert field.codes() == ["unsettled"]
    assert field.backend.violations[0].entity == "yard/yard"


def test_a_mark_that_nobody_looks_at_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.report()
    field.announce()
    monkeypatch.setattr(dispatch, "settle", lambda _: None)
    field.arrive()
    assert field.codes()[0] == "unsettled"
    assert "the dock" in field.backend.violations[0].detail


def test_a_resume_that_nobody_sends_when_the_cell_is_clear_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.start()
    field.people(1)
    field.backend.state.robots["r1"].is_resume_due = True
    monkeypatch.setitem(interventions.NOTICES, "cell_clear", lambda *_: None)
    field.people(0)
    assert field.codes() == ["unsettled"]
    assert field.backend.violations[0].entity == "robot/r1"


def test_a_decision_that_is_put_off_on_purpose_is_not_held_against_it() -> None:
    field = field_of()
    field.report()
    field.announce()
    field.arrive()
    field.reply(field.last(trailer.AssignDoor), reply.CommandRejected, "not_now")
    assert field.backend.state.orders["o-t-1"].retry_after_us > field.now_us
    field.wait(11)
    assert field.codes() == []


# --- never_woken ---


@pytest.mark.parametrize(
    ("of", "forgets"),
    [
        ("retry", lambda state: state.timers.clear()),
        ("exception", lambda state: state.timers.clear()),
        ("robot", lambda state: state.watchdogs.robot.clear()),
        ("resend", lambda state: state.watchdogs.resend.clear()),
        ("gap", lambda state: state.watchdogs.gap_deadline.clear()),
        ("door", lambda state: setattr(state.doors["d1"], "occupied_until_us", 1 << 60)),
        ("dock answer", lambda state: setattr(state, "dock_answer", PendingDockAnswer(doors=(), robots=()))),
        ("receipt", lambda state: setattr(state.trailers["t-1"], "receipt_due_us", 1)),
        ("plan", lambda state: setattr(state.orders["o-t-1"], "is_plan_pending", True)),
        ("order of deadlines", lambda state: state.watchdogs.resend.update({"a-1": 1 << 60, "a-0": 1})),
        ("what is over", lambda state: state.watchdogs.expiry.update({"a-99": 1 << 60})),
    ],
)
def test_whatever_waits_and_is_not_woken_is_found(of: str, forgets: Callable[[SiteState], None]) -> None:
    field = field_of()
    field.report()
    field.announce()
    field.arrive()
    field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    if of in ("retry", "exception"):
        field.reply(field.last(trailer.AssignDoor), reply.CommandRejected, "not_now")
    if of == "gap":
        field.make("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
        field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    assert field.codes() == []
    forgets(field.backend.state)
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert "never_woken" in field.codes()


# --- shown_otherwise ---


@pytest.mark.parametrize("what", ["is_stuck", "is_lost", "doubled_boot"])
def test_what_is_so_of_a_robot_and_shown_to_nobody_is_found(what: str) -> None:
    field = field_of()
    field.report()
    setattr(field.backend.state.robots["r1"], what, 1)
    field.backend._desk.changes.robots["r1"] = None
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert set(field.codes()) == {"shown_otherwise"}


@pytest.mark.parametrize(
    "exception_type",
    [
        "robot_stuck",
        "robot_lost",
        "double_identity",
        "release_to_work",
        "messages_lost",
        "command_unknown",
        "clock_off",
        "planner_failed",
        "leftovers",
    ],
)
def test_what_is_shown_and_not_so_is_found(exception_type: str) -> None:
    field = field_of()
    field.report()
    exceptions.raise_exception(field.backend._desk, exception_type, entity="robot/r1")
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert set(field.codes()) == {"shown_otherwise"}
    assert exception_type in field.backend.violations[0].detail


def test_an_error_of_a_robot_that_people_have_taken_out_is_found_if_it_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for is_overlooked in (False, True):
        field = field_of()
        field.report()
        error = robot.RobotErrorData(
            error_id="e1", error_type="vacuum_lost", error_level="FATAL", allowed_answers=("retry",), owner="floor"
        )
        field.say("robot/r1", robot.RobotErrorRaised, error)
        if is_overlooked:
            monkeypatch.setattr(exceptions, "close_errors_of", lambda *_, **__: None)
        field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
        assert field.codes() == (["shown_otherwise"] if is_overlooked else [])


def test_a_question_that_stays_open_when_its_exception_is_over_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = field_of()
    field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    monkeypatch.setattr(exceptions, "close_question", lambda *_: None)
    field.say("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    assert field.codes() == ["shown_otherwise"]


def test_an_error_that_its_robot_has_no_more_is_found_if_it_stays_open() -> None:
    field = field_of()
    error = robot.RobotErrorData(error_id="e1", error_type="vacuum_lost", error_level="FATAL")
    field.say("robot/r1", robot.RobotErrorRaised, error)
    field.report(errors=(robot.RobotError(error_type="vacuum_lost", error_level="FATAL"),))
    assert field.codes() == []
    field.report()
    assert field.codes() == ["shown_otherwise"]


def test_leftovers_that_nobody_is_asked_about_are_found() -> None:
    field = field_of()
    field.announce()
    field.backend.state.orders["o-t-1"].is_floor_asked = True
    field.report()
    assert field.codes() == ["shown_otherwise"]


# --- held_in_vain ---


def test_a_command_that_is_kept_for_a_robot_that_people_have_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_overlooked in (False, True):
        field = field_of()
        field.start()
        if is_overlooked:
            monkeypatch.setattr(commands, "abandon_all", lambda *_: [])
        field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r1", door_id="d1"))
        assert set(field.codes()) == ({"held_in_vain"} if is_overlooked else set())


def test_a_door_kept_for_a_trailer_that_does_not_come_is_found() -> None:
    field = field_of()
    field.report()
    field.announce()
    field.arrive()
    field.backend.state.orders["o-t-1"].door_id = None
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert "held_in_vain" in field.codes()


def test_an_order_that_waits_for_a_robot_to_go_away_that_is_not_there_is_found() -> None:
    field = field_of()
    field.report()
    field.announce()
    field.backend.state.orders["o-t-1"].blocked_by = "r1"
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert field.codes() == ["held_in_vain"]


def test_a_release_that_is_granted_to_a_robot_that_is_not_stopped_is_found() -> None:
    field = field_of()
    field.report()
    field.backend.state.robots["r1"].is_release_granted = True
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert field.codes() == ["held_in_vain"]


# --- kept_otherwise ---


def test_a_robot_that_is_kept_as_free_and_is_not_is_found() -> None:
    field = field_of()
    field.report()
    field.say("operator/floor", operator.OperatorState, ON_DUTY)  # the dock looks
    field.announce()
    field.arrive()
    field.backend.state.robots["r1"].is_stuck = True
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert "kept_otherwise" in field.codes()


def test_a_command_that_is_open_and_kept_as_over_is_found() -> None:
    field = field_of()
    field.start()
    field.backend._desk.open_at.clear()
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert field.codes() == ["kept_otherwise"]


def test_a_timer_that_would_be_late_is_found() -> None:
    field = field_of()
    field.report()
    field.backend._desk.due_us = 1 << 60
    field.say("operator/floor", operator.OperatorState, ON_DUTY)
    assert field.codes() == ["kept_otherwise"]
