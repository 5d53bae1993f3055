"""Names that others define and a scenario may use, asked for when a file is read."""

from __future__ import annotations

from typing import get_args

from backend.planning.registry import DOCK_PLANNERS, UNLOAD_PLANNERS, planner_names
from backend.services.exceptions import POLICIES
from scenarios.kpis import BY_NAME
from scenarios.model import Gauge, Thing
from sim.plan import Fidelity
from sim.robot_errors import AskedError
from twin.messages import TYPES
from twin.messages.exception import Answer

DOCK_PLANNER = "earliest_due"
UNLOAD_PLANNER = "top_down"
ROBOT_ERRORS = (*get_args(AskedError), "battery_low")
"""The errors that robots of the simulator raise; each becomes an exception of its type."""


def message_types() -> list[str]:
    """The CloudEvents type of every message."""
    return list(TYPES)


def answers() -> tuple[str, ...]:
    """What a person may answer."""
    return get_args(Answer)


def gauges() -> tuple[str, ...]:
    """What an `always` can watch."""
    return get_args(Gauge)


def shared_things() -> tuple[str, ...]:
    """Kinds of things that two messages can be about the same of."""
    return get_args(Thing)


def fidelities() -> tuple[str, ...]:
    """How closely the simulator looks."""
    return get_args(Fidelity)


def case_ends() -> tuple[str, ...]:
    """Where a case can end, by the simulator's truth."""
    return ("received", "manual", "damaged", "refused", "not_loaded")


def kpis() -> list[str]:
    """The name of every KPI."""
    return list(BY_NAME)


def exception_types() -> list[str]:
    """What an exception can be about: the backend's own, and the errors of simulated robots."""
    return [*POLICIES, *ROBOT_ERRORS]


def dock_planners() -> tuple[str, ...]:
    """The installed planners that choose doors."""
    return planner_names(DOCK_PLANNERS)


def unload_planners() -> tuple[str, ...]:
    """The installed planners that choose the order of cases."""
    return planner_names(UNLOAD_PLANNERS)
