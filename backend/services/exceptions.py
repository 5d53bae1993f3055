"""Exceptions: raised with an owner and a deadline, asked of people where a rule cannot end them, resolved once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from backend.core.cells import door_of
from backend.core.state import OpenException, next_id
from twin.clock import format_time
from twin.ids import order_id_of, parse_address
from twin.messages import exception as messages
from twin.messages.exception import Answer, Role
from twin.messages.robot import ErrorLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import Owner
    from backend.services.desk import Desk
    from backend.services.settings import Timeouts

DETAIL_CHARS_MAX = 512


class ExceptionPolicy(Struct, frozen=True, kw_only=True):
    """How a type of exception is treated. With a `role` people of it are asked at once; without, a rule ends it.

    Without a `default` they are asked anew at each deadline, for ever.
    """

    level: ErrorLevel
    timeout_us: Callable[[Timeouts], int]
    role: Role | None = None
    options: tuple[Answer, ...] = ()
    default: Answer | None = None


POLICIES: dict[str, ExceptionPolicy] = {
    "no_read": ExceptionPolicy(
        level="WARNING",
        timeout_us=lambda t: t.no_read_us,
        role="remote",
        options=("assist", "skip"),
        default="skip",
    ),
    "conveyor_jammed": ExceptionPolicy(
        level="URGENT", timeout_us=lambda t: t.floor_us, role="floor", options=("retry",)
    ),
    "sorter_jammed": ExceptionPolicy(level="URGENT", timeout_us=lambda t: t.floor_us, role="floor", options=("retry",)),
    "leftovers": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.floor_us, role="floor", options=("assist",)),
    "wall_blocked": ExceptionPolicy(
        level="WARNING", timeout_us=lambda t: t.floor_us, role="floor", options=("assist",)
    ),
    "wrong_door": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.rule_us),
    "robot_lost": ExceptionPolicy(level="CRITICAL", timeout_us=lambda t: t.robot_lost_us),
    "robot_stuck": ExceptionPolicy(level="URGENT", timeout_us=lambda t: t.floor_us, role="floor", options=("abandon",)),
    "double_identity": ExceptionPolicy(
        level="CRITICAL", timeout_us=lambda t: t.floor_us, role="floor", options=("abandon",)
    ),
    "emergency_stop": ExceptionPolicy(
        level="CRITICAL", timeout_us=lambda t: t.floor_us, role="floor", options=("assist",)
    ),
    "release_to_work": ExceptionPolicy(
        level="URGENT", timeout_us=lambda t: t.robot_error_us, role="remote", options=("release",)
    ),
    "clock_off": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.rule_us),
    "command_unknown": ExceptionPolicy(level="URGENT", timeout_us=lambda t: t.rule_us),
    "command_refused": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.retry_us),
    "messages_lost": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.rule_us),
    "planner_failed": ExceptionPolicy(level="WARNING", timeout_us=lambda t: t.rule_us),
}
"""The exceptions of the backend's own. A robot's error is an exception of the error's type."""


def robot_error_policy(level: ErrorLevel, options: tuple[Answer, ...], role: Role) -> ExceptionPolicy:
    """Who can help is asked what the robot allows.

    For a remote operator who does not answer, to leave the case is the safest where it is allowed; nobody answers for
    those who have to go there.
    """
    if role == "floor":
        return ExceptionPolicy(
            level=level, timeout_us=lambda t: t.floor_us, role="floor" if options else None, options=options
        )
    default = ("skip" if "skip" in options else options[0]) if options else None
    return ExceptionPolicy(
        level=level,
        timeout_us=lambda t: t.robot_error_us,
        role="remote" if options else None,
        options=options,
        default=default,
    )


def raise_exception(  # noqa: PLR0913 - an exception may be about many things, each named
    desk: Desk,
    exception_type: str,
    *,
    entity: str,
    detail: str = "",
    policy: ExceptionPolicy | None = None,
    trailer_id: str | None = None,
    track_id: str | None = None,
    error_id: str | None = None,
    action_id: str | None = None,
) -> OpenException:
    """Open an exception, say so, and ask people if its policy names some."""
    policy = policy or POLICIES[exception_type]
    timeout_us = policy.timeout_us(desk.timeouts)
    exception = OpenException(
        exception_id=next_id(desk.state, "exception", "x"),
        exception_type=exception_type,
        level=policy.level,
        entity=entity,
        owner=policy.role or "rule",
        deadline_us=desk.now_us + timeout_us,
        timeout_us=timeout_us,
        trailer_id=trailer_id,
        track_id=track_id,
        correlation_id=None if trailer_id is None else order_id_of(trailer_id),
        error_id=error_id,
        action_id=action_id,
        options=policy.options,
        default=policy.default,
        role=policy.role,
    )
    desk.state.exceptions[exception.exception_id] = exception
    desk.publish(
        messages.ExceptionRaised,
        messages.ExceptionRaisedData(
            exception_id=exception.exception_id,
            exception_type=exception_type,
            level=policy.level,
            entity=entity,
            owner=exception.owner,
            deadline_at=format_time(exception.deadline_us),
            trailer_id=trailer_id,
            track_id=track_id,
            detail=detail[:DETAIL_CHARS_MAX],
        ),
        correlation_id=exception.correlation_id,
    )
    if policy.role is not None:
        ask(desk, exception)
    else:
        desk.set_timer(exception.deadline_us, "exception", exception.exception_id)
    return exception


def ask(desk: Desk, exception: OpenException) -> None:
    """Ask people of the exception's role; its deadline is set by now."""
    assert exception.role is not None
    exception.intervention_id = next_id(desk.state, "intervention", "i")
    desk.state.interventions[exception.intervention_id] = exception.exception_id
    desk.set_timer(exception.deadline_us, "exception", exception.exception_id)
    request = desk.publish(
        messages.InterventionRequested,
        messages.InterventionRequestedData(
            intervention_id=exception.intervention_id,
            exception_id=exception.exception_id,
            exception_type=exception.exception_type,
            role=exception.role,
            options=exception.options,
            default_answer=exception.default,
            deadline_at=format_time(exception.deadline_us),
            entity=exception.entity,
            trailer_id=exception.trailer_id,
            door_id=_door_of(desk, exception),
            track_id=exception.track_id,
        ),
        correlation_id=exception.correlation_id,
    )
    exception.request_id = request.id


def _door_of(desk: Desk, exception: OpenException) -> str | None:
    trailer = desk.state.trailers.get(exception.trailer_id or "")
    if trailer is not None:
        return trailer.docked_at
    kind, entity = parse_address(exception.entity)
    if kind == "conveyor":
        return next((it.door_id for it in desk.state.doors.values() if it.conveyor_id == entity), None)
    if kind == "robot":
        door = door_of(desk.state, desk.state.robots[entity])
        return None if door is None else door.door_id
    return None


def ask_anew(desk: Desk, exception: OpenException) -> None:
    """Nobody has answered, and nobody answers for them: they are asked again. The question before is over."""
    close_question(desk, exception)
    if exception.person is not None:
        assign(desk, exception, None)
    exception.deadline_us = desk.now_us + exception.timeout_us
    ask(desk, exception)


def close_question(desk: Desk, exception: OpenException) -> None:
    """Whatever is answered to it from now on comes too late."""
    if exception.intervention_id is not None:
        desk.state.interventions.pop(exception.intervention_id, None)
        exception.intervention_id = None


def assign(desk: Desk, exception: OpenException, person: str | None) -> None:
    """Say who sees to it now; None: nobody any more."""
    exception.person = person
    desk.publish(
        messages.ExceptionAssigned,
        messages.ExceptionAssignedData(
            exception_id=exception.exception_id, exception_type=exception.exception_type, person=person
        ),
        correlation_id=exception.correlation_id,
    )


def resolve(desk: Desk, exception: OpenException, *, by: Owner, resolution: str) -> None:
    """Close the exception and say so."""
    state = desk.state
    del state.exceptions[exception.exception_id]
    close_question(desk, exception)
    key = f"{exception.exception_type}/{resolution}/{by}"
    state.resolved[key] = state.resolved.get(key, 0) + 1
    desk.publish(
        messages.ExceptionResolved,
        messages.ExceptionResolvedData(
            exception_id=exception.exception_id,
            exception_type=exception.exception_type,
            by=by,
            resolution=resolution,
        ),
        correlation_id=exception.correlation_id,
    )


def find(
    desk: Desk, exception_type: str, *, entity: str | None = None, action_id: str | None = None
) -> OpenException | None:
    """The open exception of this type of our own about this entity or action."""
    for exception in desk.state.exceptions.values():
        if exception.own_type != exception_type:
            continue
        if entity in (None, exception.entity) and action_id in (None, exception.action_id):
            return exception
    return None


def close_errors_of(desk: Desk, entity: str, *, resolution: str) -> None:
    """Close by rule whatever the robot had raised: it will not say itself that it is over."""
    for exception in list(desk.state.exceptions.values()):
        if exception.entity == entity and exception.error_id is not None:
            resolve(desk, exception, by="rule", resolution=resolution)


def resolve_if_open(
    desk: Desk, exception_type: str, *, resolution: str, entity: str | None = None, action_id: str | None = None
) -> None:
    """Close by rule what is open of this type about this entity or action."""
    exception = find(desk, exception_type, entity=entity, action_id=action_id)
    if exception is not None:
        resolve(desk, exception, by="rule", resolution=resolution)
