"""What follows from an answer, from a deadline, and from facts that end an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells, fold_cases
from backend.core.state import robot_at
from backend.services import commands, exceptions, identity, pauses, stops, stuck
from twin.ids import order_id_of, parse_address
from twin.messages import robot as messages
from twin.messages.case import CaseUnreadable
from twin.messages.exception import (
    InterventionAnswered,
    InterventionHandedBack,
    InterventionRefused,
    InterventionRefusedData,
    InterventionTaken,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import OpenException, Owner
    from backend.services.desk import Desk
    from twin.messages import Command
    from twin.messages.exception import Answer, InterventionAnsweredData

ERRORS_TOLD_MAX = 16
"""So many errors a state has room for."""
ANSWERED_REMEMBERED_MAX = 1024
"""Answered interventions remembered, to tell a second answer from one that came too late."""

_ACTIONS: dict[Answer, type[Command]] = {
    "retry": messages.Retry,
    "skip": messages.Skip,
    "assist": messages.Assist,
}


def error_raised(desk: Desk, entity: str) -> None:
    """A robot has an error; if it waits for an answer, who can help is asked."""
    assert isinstance(desk.cause, messages.RobotErrorRaised)
    data = desk.cause.data
    robot = robot_at(desk.state, entity)
    if desk.cause.boot != robot.boot or robot.doubled_boot or robot.is_taken_out:
        return  # it has forgotten it since, or it is not believed, or people have it
    exceptions.raise_exception(
        desk,
        data.error_type,
        entity=entity,
        policy=exceptions.robot_error_policy(data.error_level, data.allowed_answers, data.owner),
        trailer_id=data.trailer_id,
        track_id=data.track_id,
        error_id=data.error_id,
    )


def error_cleared(desk: Desk, entity: str) -> None:
    """The robot's error is over, answered or not."""
    assert isinstance(desk.cause, messages.RobotErrorCleared)
    for exception in list(desk.state.exceptions.values()):
        if exception.entity == entity and exception.error_id == desk.cause.data.error_id:
            exceptions.resolve(desk, exception, by="rule", resolution="error_cleared")


def errors_told(desk: Desk, entity: str) -> None:
    """A robot of which events are lost has said which errors it has: any other is over, its word of that is lost."""
    reported = robot_at(desk.state, entity).reported
    assert reported is not None, "it has just said how it is"
    if len(reported.errors) == ERRORS_TOLD_MAX:
        return  # there may be more
    told = {error.error_type for error in reported.errors}
    is_waiting = reported.robot_state in ("AWAITING_ASSIST", "FAULT")
    for exception in list(desk.state.exceptions.values()):
        if exception.entity != entity or exception.error_id is None or exception.exception_type in told:
            continue
        if not (is_waiting and exception.options):
            exceptions.resolve(desk, exception, by="rule", resolution="not_reported")


def unreadable(desk: Desk, entity: str) -> None:
    """A remote operator is asked to read the label."""
    assert isinstance(desk.cause, CaseUnreadable)
    data = desk.cause.data
    exceptions.raise_exception(desk, "no_read", entity=entity, trailer_id=data.trailer_id, track_id=data.track_id)


def jammed(desk: Desk, entity: str) -> None:
    """Floor staff are asked to clear the conveyor or the sorter."""
    exception_type = f"{parse_address(entity).kind}_jammed"
    if exceptions.find(desk, exception_type, entity=entity) is None:
        exceptions.raise_exception(desk, exception_type, entity=entity)


def cleared(desk: Desk, entity: str) -> None:
    """A jam that cleared itself is over; one that people cleared is over when they say so."""
    kind = parse_address(entity).kind
    exception = exceptions.find(desk, f"{kind}_jammed", entity=entity)
    if exception is None:
        return
    assert desk.cause is not None
    if exception.request_id is None or desk.cause.causationid != exception.request_id:
        exceptions.resolve(desk, exception, by="rule", resolution=f"{kind}_cleared")


def wrong_door(desk: Desk, entity: str) -> None:
    """The yard has brought a trailer to another door: work goes on there."""
    trailer_id = desk.state.doors[parse_address(entity).entity].trailer_id
    exception = exceptions.raise_exception(
        desk,
        "wrong_door",
        entity=entity,
        detail=f"trailer {trailer_id} stands at another door than it was given",
        trailer_id=trailer_id,
    )
    exceptions.resolve(desk, exception, by="rule", resolution="taken_as_it_is")


# --- questions, who sees to them, and answers ---


def taken(desk: Desk, _entity: str) -> None:
    """A person sees to it from now on."""
    assert isinstance(desk.cause, InterventionTaken)
    _assign(desk, desk.cause.data.intervention_id, desk.cause.data.person)


def handed_back(desk: Desk, _entity: str) -> None:
    """It waits for another person."""
    assert isinstance(desk.cause, InterventionHandedBack)
    _assign(desk, desk.cause.data.intervention_id, None)


def _assign(desk: Desk, intervention_id: str, person: str | None) -> None:
    exception_id = desk.state.interventions.get(intervention_id)
    if exception_id is None:
        desk.refuse("question_over")
        return
    exceptions.assign(desk, desk.state.exceptions[exception_id], person)


def answered(desk: Desk, entity: str) -> None:
    """The first answer in time wins; any other is refused, and whoever gave it is told."""
    assert isinstance(desk.cause, InterventionAnswered)
    data = desk.cause.data
    exception_id = desk.state.interventions.get(data.intervention_id)
    if exception_id is None:
        _refuse_answer(desk, data, "answered_already" if data.intervention_id in desk.state.answered else "too_late")
        return
    exception = desk.state.exceptions[exception_id]
    if data.answer not in exception.options:
        _refuse_answer(desk, data, "not_an_option")
        return
    answered_before = desk.state.answered
    answered_before[data.intervention_id] = None
    if len(answered_before) > ANSWERED_REMEMBERED_MAX:
        del answered_before[next(iter(answered_before))]
    site = desk.settings.site
    by: Owner = "floor" if entity == f"operator/{site.floor_staff_id}" else "remote"
    _apply(desk, exception, data.answer, by=by, label=data.label)


def _refuse_answer(desk: Desk, data: InterventionAnsweredData, code: str) -> None:
    assert desk.cause is not None
    desk.refuse(f"answer_{code.removeprefix('answered_')}")
    desk.publish(
        InterventionRefused,
        InterventionRefusedData(
            intervention_id=data.intervention_id, answer_id=desk.cause.id, code=code, person=data.person
        ),
        correlation_id=desk.cause.correlationid,
    )


def deadline_passed(desk: Desk, exception_id: str) -> None:
    """Nobody has answered: the default answer holds, or people are asked anew, or somebody has to go there."""
    exception = desk.state.exceptions.get(exception_id)
    if exception is None or exception.deadline_us != desk.now_us or exception.answer is not None:
        return  # over, or put off, or answered and withheld
    if exception.intervention_id is not None:
        if exception.default is None:
            exceptions.ask_anew(desk, exception)
        else:
            _apply(desk, exception, exception.default, by="rule", label=None)
    elif exception.own_type == "robot_lost":
        _send_somebody(desk, exception)
    elif exception.own_type == "command_refused":
        exceptions.resolve(desk, exception, by="rule", resolution="tried_again")


def _send_somebody(desk: Desk, exception: OpenException) -> None:
    exception.role, exception.options = "floor", ("abandon",)
    exception.timeout_us = desk.timeouts.floor_us
    exception.deadline_us = desk.now_us + exception.timeout_us
    exceptions.ask(desk, exception)


def _apply(desk: Desk, exception: OpenException, answer: Answer, *, by: Owner, label: str | None) -> None:
    if exception.own_type == "robot_lost":
        _robot_was_visited(desk, exception, by=by)
        return
    if _is_withheld(desk, exception):
        exceptions.close_question(desk, exception)
        exception.answer, exception.answered_by = answer, by
        return
    exceptions.resolve(desk, exception, by=by, resolution=answer)
    if exception.error_id is not None:
        _answer_robot(desk, exception, answer)
    elif exception.own_type == "release_to_work":
        stops.release(desk, exception)
    elif exception.own_type == "robot_stuck":
        stuck.was_visited(desk, robot_at(desk.state, exception.entity))
    elif exception.own_type == "double_identity":
        identity.visited(desk, exception.entity)
    elif exception.own_type == "no_read" and answer == "assist" and label is not None:
        assert exception.trailer_id is not None
        assert exception.track_id is not None
        desk.state.trailers[exception.trailer_id].cases[exception.track_id].label = label
    elif exception.own_type == "leftovers":
        assert exception.trailer_id is not None
        order_id = order_id_of(exception.trailer_id)
        desk.state.orders[order_id].are_leftovers_settled = True
        fold_cases.emptied(desk.changes, desk.state.trailers[exception.trailer_id])
        desk.changes.orders[order_id] = None
    elif exception.own_type == "wall_blocked":
        _look_again(desk, exception)


def _look_again(desk: Desk, exception: OpenException) -> None:
    """People have carried out what a robot had left standing before the rest: a robot is to go on behind it."""
    order = desk.state.orders[order_id_of(exception.trailer_id or "")]
    order.walls_cleared += 1
    order.seen_at_wall = len(desk.state.trailers[order.trailer_id].cases)
    order.is_floor_asked = order.is_finished = order.is_robot_out = order.is_unloaded = False
    desk.changes.orders[order.order_id] = None


def _is_withheld(desk: Desk, exception: OpenException) -> bool:
    """Whether an answer to it would let a robot move, and may not do so now."""
    if exception.error_id is not None:
        return not cells.may_move(desk.state, robot_at(desk.state, exception.entity))
    if exception.own_type != "release_to_work":
        return False
    return not cells.may_be_released(desk.state, robot_at(desk.state, exception.entity))


def cell_clear(desk: Desk, _entity: str) -> None:
    """Nobody is in a cell any more: what was withheld meanwhile is carried out."""
    for robot_id in desk.state.robots:
        may_move(desk, f"robot/{robot_id}")


def may_move(desk: Desk, entity: str) -> None:
    """A robot may have become able to move: what was withheld from it is looked at again."""
    robot = robot_at(desk.state, entity)
    _carry_out(desk, [it for it in desk.state.exceptions.values() if it.entity == entity and it.answer is not None])
    pauses.consider(desk, robot)
    stops.consider(desk, robot)
    if robot.order_id is not None:
        desk.changes.orders[robot.order_id] = None


def _carry_out(desk: Desk, answered: list[OpenException]) -> None:
    """Of answers that were withheld those that need not be any more."""
    for exception in answered:
        if exception.answer is not None and exception.answered_by is not None:
            _apply(desk, exception, exception.answer, by=exception.answered_by, label=None)


def _answer_robot(desk: Desk, exception: OpenException, answer: Answer) -> None:
    if answer == "abandon":
        order_id = robot_at(desk.state, exception.entity).order_id
        if order_id is not None:
            commands.cancel_order(desk, target=exception.entity, order_id=order_id)
        return
    action_id = commands.issue(
        desk,
        _ACTIONS[answer],
        messages.ErrorAnswerData,
        target=exception.entity,
        purpose="answer",
        for_order=exception.correlation_id,
        error_id=exception.error_id,
    )
    if answer == "skip":
        record = desk.state.commands[action_id]
        record.trailer_id, record.track_id = exception.trailer_id, exception.track_id


def _robot_was_visited(desk: Desk, exception: OpenException, *, by: Owner) -> None:
    """People were there. A robot they removed is settled; one that is alive will speak, so we wait on."""
    robot = robot_at(desk.state, exception.entity)
    if robot.is_taken_out:
        exceptions.resolve(desk, exception, by=by, resolution="abandon")
        return
    exceptions.close_question(desk, exception)
    exception.deadline_us = desk.now_us + desk.timeouts.floor_us
    desk.set_timer(exception.deadline_us, "exception", exception.exception_id)


def removed(desk: Desk, entity: str) -> None:
    """Nobody will say what became of the removed robot's commands."""
    commands.abandon_all(desk, entity)
    exceptions.close_errors_of(desk, entity, resolution="robot_removed")
    for exception_type in ("clock_off", "messages_lost"):
        exceptions.resolve_if_open(desk, exception_type, entity=entity, resolution="robot_removed")
    stops.removed(desk, entity)
    identity.visited(desk, entity)


def rebooted(desk: Desk, entity: str) -> None:
    """A robot that starts again has forgotten its order and its errors; what else has may say what it goes on with."""
    if parse_address(entity).kind != "robot":
        commands.doubt_outcomes(desk, entity)
        commands.ask_how_it_is(desk, entity)
        return
    commands.abandon_all(desk, entity)
    exceptions.close_errors_of(desk, entity, resolution="robot_restarted")
    robot_at(desk.state, entity).is_stuck = False
    for exception_type in ("robot_stuck", "release_to_work"):  # if it waits for its release it says so
        exceptions.resolve_if_open(desk, exception_type, entity=entity, resolution="robot_restarted")
    identity.restarted(desk, entity)


def returned(desk: Desk, entity: str) -> None:
    """A lost robot speaks."""
    exceptions.resolve_if_open(desk, "robot_lost", entity=entity, resolution="robot_returned")
    may_move(desk, entity)


def stop_over(desk: Desk, entity: str) -> None:
    """Its stop is over, whoever ended it: it may go on, also from a pause."""
    stops.stop_over(desk, entity)
    may_move(desk, entity)


def emergency_stop_reset(desk: Desk, entity: str) -> None:
    """It awaits its release, and says so again and again: one that was withheld goes out when it may."""
    stops.emergency_stop_reset(desk, entity)
    may_move(desk, entity)


def messages_known(desk: Desk, entity: str) -> None:
    """Its state has said what its lost messages would have, or people have it and know."""
    kind, name = parse_address(entity)
    robot = desk.state.robots[name] if kind == "robot" else None
    if robot is None or not robot.is_holding_doubted or robot.is_taken_out:
        exceptions.resolve_if_open(desk, "messages_lost", entity=entity, resolution="state_known")


NOTICES: dict[str, Callable[[Desk, str], None]] = {
    "error_raised": error_raised,
    "error_cleared": error_cleared,
    "errors_told": errors_told,
    "unreadable": unreadable,
    "jammed": jammed,
    "cleared": cleared,
    "answered": answered,
    "taken": taken,
    "handed_back": handed_back,
    "cell_clear": cell_clear,
    "wrong_door": wrong_door,
    "removed": removed,
    "visited": identity.visited,
    "may_move": may_move,
    "rebooted": rebooted,
    "returned": returned,
    "state_known": messages_known,
    "emergency_stopped": stops.emergency_stopped,
    "emergency_stop_reset": emergency_stop_reset,
    "stop_over": stop_over,
    "action_requested": pauses.action_requested,
    "doubled": identity.doubled,
}
"""What the services do about a notice of the folds; `state_known` settles unknown commands too, see `notices`."""
