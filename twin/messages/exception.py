"""Exceptions and interventions: every failure has an owner, a deadline and allowed answers."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from twin.ids import Name, Token
from twin.messages.envelope import Data, Event, MessageId, Target, Text, Timestamp
from twin.messages.robot import ErrorLevel

_BACKEND = frozenset({"backend"})

Answer = Literal["retry", "skip", "assist", "abandon", "release"]
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


class ExceptionAssignedData(Data, frozen=True, kw_only=True):
    """Who has it now; None: nobody any more."""

    exception_id: Name
    exception_type: Name
    person: Name | None = None


class ExceptionAssigned(Event, tag="exception.assigned.v1", frozen=True, kw_only=True):
    """A person sees to it, or no longer does."""

    PUBLISHERS = _BACKEND
    data: ExceptionAssignedData


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
    """People of `role` are asked; unanswered by `deadline_at`, the default answer holds, or they are asked anew."""

    intervention_id: Name
    exception_id: Name
    exception_type: Name
    role: Role
    options: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=5)]
    default_answer: Answer | None = None
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
    person: Name | None = None
    label: Name | None = None


class InterventionAnswered(Event, tag="intervention.answered.v1", frozen=True, kw_only=True):
    """A person has chosen; the first answer wins."""

    PUBLISHERS = frozenset({"operator"})
    data: InterventionAnsweredData


class InterventionRefusedData(Data, frozen=True, kw_only=True):
    """`answer_id`: the message id of the answer; `code`: why it was not acted upon, as `answered_already`."""

    intervention_id: Name
    answer_id: MessageId
    code: Name
    person: Name | None = None


class InterventionRefused(Event, tag="intervention.refused.v1", frozen=True, kw_only=True):
    """An answer has come that is not acted upon: too late, the second, or not one of the options."""

    PUBLISHERS = _BACKEND
    data: InterventionRefusedData


class InterventionPersonData(Data, frozen=True, kw_only=True):
    """Who."""

    intervention_id: Name
    person: Name


class InterventionTaken(Event, tag="intervention.taken.v1", frozen=True, kw_only=True):
    """A person sees to it from now on."""

    PUBLISHERS = frozenset({"operator"})
    data: InterventionPersonData


class InterventionHandedBack(Event, tag="intervention.handed_back.v1", frozen=True, kw_only=True):
    """The person has not ended it: their shift is over, or their break begins. It waits for another."""

    PUBLISHERS = frozenset({"operator"})
    data: InterventionPersonData
