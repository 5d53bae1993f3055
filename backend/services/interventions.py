"""What follows from an answer, from a deadline, and from facts that end an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import fold_robots
from backend.services import commands, exceptions
from twin.ids import order_id_of, parse_address
from twin.messages import robot as messages
from twin.messages.case import CaseUnreadable
from twin.messages.exception import InterventionAnswered

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import OpenException, Owner
    from backend.services.desk import Desk
    from twin.messages import Command
    from twin.messages.exception import Answer

_ACTIONS: dict[Answer, type[Command]] = {
    "retry": messages.Retry,
    "skip": messages.Skip,
    "assist": messages.Assist,
}


def error_raised(desk: Desk, entity: str) -> None:
    """A robot has an error; if it waits for an answer, a remote operator is asked."""
    assert isinstance(desk.cause, messages.RobotErrorRaised)
    data = desk.cause.data
    exceptions.raise_exception(
        desk,
        data.error_type,
        entity=entity,
        policy=exceptions.robot_error_policy(data.error_level, data.allowed_answers),
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


def unreadable(desk: Desk, entity: str) -> None:
    """A remote operator is asked to read the label."""
    assert isinstance(desk.cause, CaseUnreadable)
    data = desk.cause.data
    exceptions.raise_exception(desk, "no_read", entity=entity, trailer_id=data.trailer_id, track_id=data.track_id)


def jammed(desk: Desk, entity: str) -> None:
    """Floor staff are asked to clear the conveyor."""
    if exceptions.find(desk, "conveyor_jammed", entity=entity) is None:
        exceptions.raise_exception(desk, "conveyor_jammed", entity=entity)


def cleared(desk: Desk, entity: str) -> None:
    """A jam that cleared itself is over; one that people cleared is over when they say so."""
    exception = exceptions.find(desk, "conveyor_jammed", entity=entity)
    if exception is None:
        return
    assert desk.cause is not None
    if exception.request_id is None or desk.cause.causationid != exception.request_id:
        exceptions.resolve(desk, exception, by="rule", resolution="conveyor_cleared")


def answered(desk: Desk, entity: str) -> None:
    """The first answer in time wins; any other is refused."""
    assert isinstance(desk.cause, InterventionAnswered)
    data = desk.cause.data
    exception_id = desk.state.interventions.get(data.intervention_id)
    if exception_id is None:
        desk.refuse("answer_too_late")
        return
    exception = desk.state.exceptions[exception_id]
    if data.answer not in exception.options:
        desk.refuse("answer_not_allowed")
        return
    site = desk.settings.site
    by: Owner = "floor" if entity == f"operator/{site.floor_staff_id}" else "remote"
    _apply(desk, exception, data.answer, by=by, label=data.label)


def deadline_passed(desk: Desk, exception_id: str) -> None:
    """Nobody has answered: the default answer holds, or somebody has to go there."""
    exception = desk.state.exceptions.get(exception_id)
    if exception is None or exception.deadline_us != desk.now_us:
        return  # over, or put off
    if exception.intervention_id is not None:
        assert exception.default is not None
        _apply(desk, exception, exception.default, by="rule", label=None)
    elif exception.exception_type == "robot_lost":
        _send_somebody(desk, exception)
    elif exception.exception_type == "command_refused":
        exceptions.resolve(desk, exception, by="rule", resolution="tried_again")


def _send_somebody(desk: Desk, exception: OpenException) -> None:
    exception.role, exception.options, exception.default = "floor", ("abandon",), "abandon"
    exception.deadline_us = desk.now_us + desk.timeouts.floor_us
    exceptions.ask(desk, exception)


def _apply(desk: Desk, exception: OpenException, answer: Answer, *, by: Owner, label: str | None) -> None:
    if exception.exception_type == "robot_lost":
        _robot_was_visited(desk, exception, by=by)
        return
    exceptions.resolve(desk, exception, by=by, resolution=answer)
    if exception.error_id is not None:
        _answer_robot(desk, exception, answer)
    elif exception.exception_type == "no_read" and answer == "assist" and label is not None:
        assert exception.trailer_id is not None
        assert exception.track_id is not None
        trailer = desk.state.trailers[exception.trailer_id]
        trailer.cases[exception.track_id].label = label
    elif exception.exception_type == "leftovers":
        assert exception.trailer_id is not None
        order_id = order_id_of(exception.trailer_id)
        desk.state.orders[order_id].are_leftovers_settled = True
        desk.changes.orders[order_id] = None


def _answer_robot(desk: Desk, exception: OpenException, answer: Answer) -> None:
    if answer == "abandon":
        order_id = desk.state.robots[parse_address(exception.entity).entity].order_id
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
    robot = desk.state.robots[parse_address(exception.entity).entity]
    if by != "rule" and robot.removed_boot == robot.boot:
        exceptions.resolve(desk, exception, by=by, resolution="abandon")
        return
    assert exception.intervention_id is not None
    desk.state.interventions.pop(exception.intervention_id)
    exception.intervention_id = None
    exception.deadline_us = desk.now_us + desk.timeouts.floor_us
    desk.set_timer(exception.deadline_us, "exception", exception.exception_id)


def removed(desk: Desk, entity: str) -> None:
    """Nobody will say what became of the removed robot's commands."""
    commands.abandon_all(desk, entity)
    _close_errors_of(desk, entity, resolution="robot_removed")


def rebooted(desk: Desk, entity: str) -> None:
    """A robot that starts again has forgotten its order and its errors."""
    commands.abandon_all(desk, entity)
    robot = desk.state.robots[parse_address(entity).entity]
    if robot.order_id is not None:
        fold_robots.release_from_order(desk.state, desk.changes, robot)
    _close_errors_of(desk, entity, resolution="robot_restarted")


def _close_errors_of(desk: Desk, entity: str, *, resolution: str) -> None:
    for exception in list(desk.state.exceptions.values()):
        if exception.entity == entity and exception.error_id is not None:
            exceptions.resolve(desk, exception, by="rule", resolution=resolution)


def returned(desk: Desk, entity: str) -> None:
    """A lost robot speaks."""
    exceptions.resolve_if_open(desk, "robot_lost", entity=entity, resolution="robot_returned")
    robot = desk.state.robots[parse_address(entity).entity]
    if robot.order_id is not None:
        desk.changes.orders[robot.order_id] = None
    if robot.is_holding_doubted:
        commands.ask_how_it_is(desk, entity)


def messages_known(desk: Desk, entity: str) -> None:
    """Its state has said what its lost messages would have."""
    if not desk.state.robots[parse_address(entity).entity].is_holding_doubted:
        exceptions.resolve_if_open(desk, "messages_lost", entity=entity, resolution="state_known")


NOTICES: dict[str, Callable[[Desk, str], None]] = {
    "error_raised": error_raised,
    "error_cleared": error_cleared,
    "unreadable": unreadable,
    "jammed": jammed,
    "cleared": cleared,
    "answered": answered,
    "removed": removed,
    "rebooted": rebooted,
    "returned": returned,
    "state_known": messages_known,
}
"""What the services do about a notice of the folds; `state_known` settles unknown commands too, see `site`."""
