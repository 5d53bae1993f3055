"""Supervision: as many robots work at once as the people at the screens may supervise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.core.state import SiteState


def room(state: SiteState) -> int | None:
    """For how many more robots there is somebody; None: any number. Those at work go on, also if somebody leaves."""
    people = state.people.get("remote")
    if people is None or people.robots_max is None:
        return None
    at_work = sum(order.robot_id is not None for order in state.orders.values())
    return max(people.robots_max - at_work, 0)
