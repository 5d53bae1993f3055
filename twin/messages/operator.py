"""People: remote operators at their screens and floor staff at the doors, each role one entity on the bus."""

from __future__ import annotations

from typing import Literal

from twin.ids import Name, Token
from twin.messages.envelope import Count, Data, Event, State, StateData
from twin.messages.exception import Role

_OPERATOR = frozenset({"operator"})


class OperatorStateData(StateData, frozen=True, kw_only=True):
    """Who is there. `robots_max`: as many robots as those on duty may supervise; None: any number."""

    role: Role
    people_on_duty: Count
    robots_max: Count | None = None


class OperatorState(State, tag="operator.state.v1", frozen=True, kw_only=True):
    """When somebody comes or goes, and every period."""

    PUBLISHERS = _OPERATOR
    data: OperatorStateData


class ActionRequestedData(Data, frozen=True, kw_only=True):
    """Who wants which robot to do what."""

    person: Name
    robot_id: Token
    action: Literal["pause", "resume", "cancel"]


class ActionRequested(Event, tag="robot_action.requested.v1", frozen=True, kw_only=True):
    """A person wants a robot to do something; policy permits or refuses it."""

    PUBLISHERS = _OPERATOR
    data: ActionRequestedData
