"""Planners by name: the built-in ones, and those that installed packages announce by entry points."""

from __future__ import annotations

from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.planning.top_down import TopDownNearestFirst
from twin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backend.planning.ports import DockPlanner, UnloadPlanner

DOCK_PLANNERS = "docktwin.dock_planners"
UNLOAD_PLANNERS = "docktwin.unload_planners"

_DOCK: dict[str, type[DockPlanner]] = {"earliest_due": EarliestDueNearestDoor}
_UNLOAD: dict[str, type[UnloadPlanner]] = {"top_down": TopDownNearestFirst}


def dock_planner(name: str) -> DockPlanner:
    """The dock planner of this name. Raises ConfigError if there is none, or if it cannot be loaded."""
    planner: DockPlanner = _find(name, DOCK_PLANNERS, _DOCK)()
    return planner


def unload_planner(name: str) -> UnloadPlanner:
    """The unload planner of this name. Raises ConfigError if there is none, or if it cannot be loaded."""
    planner: UnloadPlanner = _find(name, UNLOAD_PLANNERS, _UNLOAD)()
    return planner


def planner_names(group: str) -> tuple[str, ...]:
    """The names known in a group, sorted."""
    built_in: Mapping[str, Any] = _DOCK if group == DOCK_PLANNERS else _UNLOAD
    return tuple(sorted({*built_in, *(point.name for point in entry_points(group=group))}))


def _find(name: str, group: str, built_in: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a class that follows the port
    if name in built_in:
        return built_in[name]
    for point in entry_points(group=group):
        if point.name == name:
            try:
                return point.load()
            except Exception as error:
                msg = f"planner {name!r} of {group} could not be loaded from {point.value}: {error}"
                raise ConfigError(msg, hint="see what its package needs") from error
    names = planner_names(group)
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]}?" if near else ""
    msg = f"got planner {name!r}, expected one of {', '.join(names)}"
    raise ConfigError(msg, hint=hint)
