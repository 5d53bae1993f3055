"""Names that others define and a scenario may use, asked for when a file is read."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import get_args

from scenarios.kpis import BY_NAME
from scenarios.model import Gauge
from sim.plan import Fidelity
from twin.messages import TYPES
from twin.messages.exception import Answer

DOCK_PLANNER = "earliest_due"
UNLOAD_PLANNER = "top_down"


def message_types() -> list[str]:
    """The CloudEvents type of every message."""
    return list(TYPES)


def answers() -> tuple[str, ...]:
    """What a person may answer."""
    return get_args(Answer)


def gauges() -> tuple[str, ...]:
    """What an `always` can watch."""
    return get_args(Gauge)


def fidelities() -> tuple[str, ...]:
    """How closely the simulator looks."""
    return get_args(Fidelity)


def case_ends() -> tuple[str, ...]:
    """Where a case can end, by the simulator's truth."""
    return ("received", "manual", "damaged", "refused", "not_loaded")


def kpis() -> list[str]:
    """The name of every KPI."""
    return list(BY_NAME)


def dock_planners() -> list[str]:
    """The installed planners that choose doors."""
    return sorted({entry.name for entry in entry_points(group="docktwin.dock_planners")})


def unload_planners() -> list[str]:
    """The installed planners that choose the order of cases."""
    return sorted({entry.name for entry in entry_points(group="docktwin.unload_planners")})
