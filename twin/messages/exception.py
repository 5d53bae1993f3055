"""Exceptions and interventions: every failure has an owner, a deadline and allowed answers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from twin.ids import Name, Token
from twin.messages.envelope import Data, Event, Target, Text, Timestamp
from twin.messages.robot import ErrorLevel

_BACKEND = frozenset({"backend"})

Answer = Literal["retry", "skip", "assist", "abandon"]
Role = Literal["remote", "floor"]
"""Who is asked: a remote operator at a screen, or staff who go to the door."""


class ExceptionRaisedData(Data, frozen=True, kw_only=True):
    """`entity`: what it is about, as `robot/r7`. `owner`: rule (a time-out or a machine ends it), or a role."""

    exception_id: Name
    exception_type: Name
    level: ErrorLevel
    entity: Target
    owner: Literal["rule", "remote", "floor"]
    deadline_at: Timestamp
    trailer_id: Token | None = None
    track_id: Name | None = None
    detail: Text = ""


class ExceptionRaised(Event, tag="exception.raised.v1", frozen=True, kw_only=True):
    """Something needs an answer; dependent work waits."""

    PUBLISHERS = _BACKEND
    data: ExceptionRaisedData


class ExceptionResolvedData(Data, frozen=True, kw_only=True):
    """`by`: a rule, or whose answer it was. `resolution`: the answer, or what happened, as `robot_returned`."""

    exception_id: Name
    exception_type: Name
    by: Literal["rule", "remote", "floor"]
    resolution: Name


class ExceptionResolved(Event, tag="exception.resolved.v1", frozen=True, kw_only=True):
    """The exception is over."""

    PUBLISHERS = _BACKEND
    data: ExceptionResolvedData


class InterventionRequestedData(Data, frozen=True, kw_only=True):
    """People of `role` are asked; without an answer by `deadline_at` the default answer holds."""

    intervention_id: Name
    exception_id: Name
    exception_type: Name
    role: Role
    options: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=4)]
    default_answer: Answer
    deadline_at: Timestamp
    entity: Target
    trailer_id: Token | None = None
    door_id: Token | None = None
    track_id: Name | None = None


class InterventionRequested(Event, tag="intervention.requested.v1", frozen=True, kw_only=True):
    """A person is asked to choose."""

    PUBLISHERS = _BACKEND
    data: InterventionRequestedData


class InterventionAnsweredData(Data, frozen=True, kw_only=True):
    """`label`: what the person read, where a barcode could not be."""

    intervention_id: Name
    answer: Answer
    label: Name | None = None


class InterventionAnswered(Event, tag="intervention.answered.v1", frozen=True, kw_only=True):
    """A person has chosen; the first answer wins."""

    PUBLISHERS = frozenset({"operator"})
    data: InterventionAnsweredData
