"""What people say, folded into the twin: who is there. What they answer is looked at by the services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core.changes import Notice
from backend.core.dock import People

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.state import Sender, SiteState
    from twin.messages import exception, operator


def answered(_state: SiteState, changes: Changes, sender: Sender, _message: exception.InterventionAnswered) -> None:
    """A person has chosen."""
    changes.notices.append(Notice("answered", sender.address))


def taken(_state: SiteState, changes: Changes, sender: Sender, _message: exception.InterventionTaken) -> None:
    """A person sees to it."""
    changes.notices.append(Notice("taken", sender.address))


def handed_back(
    _state: SiteState, changes: Changes, sender: Sender, _message: exception.InterventionHandedBack
) -> None:
    """It waits for another."""
    changes.notices.append(Notice("handed_back", sender.address))


def state_report(state: SiteState, _changes: Changes, _sender: Sender, message: operator.OperatorState) -> None:
    """Who is on duty: more robots may be given work, or fewer."""
    data = message.data
    told = People(on_duty=data.people_on_duty, robots_max=data.robots_max)
    if state.people.get(data.role) != told:
        state.people[data.role] = told
        state.is_dock_due = True
