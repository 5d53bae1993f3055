"""The states of a robot and the only ways between them.

The simulator cannot leave this table, the backend flags a robot that does, the conformance kit checks it.
"""

from __future__ import annotations

from typing import Literal, get_args

RobotState = Literal[
    "OFFLINE",
    "STARTUP",
    "IDLE",
    "TRAVELLING",
    "ENTERING",
    "SCANNING",
    "PICKING",
    "PLACING",
    "ADVANCING",
    "CLEARING_FLOOR",
    "WAITING_FOR_CONVEYOR",
    "AWAITING_ASSIST",
    "REMOTE_ASSISTED",
    "PAUSED",
    "PROTECTIVE_STOP",
    "EMERGENCY_STOP",
    "FAULT",
    "EXITING",
    "MAINTENANCE",
]

STATES: frozenset[str] = frozenset(get_args(RobotState))

_WORKING: dict[str, tuple[str, ...]] = {
    "TRAVELLING": ("ENTERING", "IDLE"),
    "ENTERING": ("SCANNING", "EXITING"),
    "SCANNING": ("PICKING", "CLEARING_FLOOR", "ADVANCING", "EXITING"),
    "PICKING": ("PLACING", "AWAITING_ASSIST", "CLEARING_FLOOR", "ADVANCING", "SCANNING", "EXITING", "PICKING"),
    "PLACING": (
        "PICKING",
        "WAITING_FOR_CONVEYOR",
        "CLEARING_FLOOR",
        "ADVANCING",
        "SCANNING",
        "AWAITING_ASSIST",
        "EXITING",
    ),
    "ADVANCING": ("SCANNING", "EXITING"),
    "CLEARING_FLOOR": ("PLACING", "PICKING", "AWAITING_ASSIST", "ADVANCING", "SCANNING", "EXITING"),
    "WAITING_FOR_CONVEYOR": ("PLACING",),
    "AWAITING_ASSIST": ("REMOTE_ASSISTED", "PICKING", "CLEARING_FLOOR", "SCANNING", "ADVANCING", "EXITING"),
    "REMOTE_ASSISTED": ("PICKING", "PLACING", "CLEARING_FLOOR", "SCANNING", "ADVANCING", "EXITING"),
    "EXITING": ("IDLE",),
}

WORKING: frozenset[str] = frozenset(_WORKING)
"""States in which a robot is at an order."""

_STOPS = ("PAUSED", "PROTECTIVE_STOP", "EMERGENCY_STOP", "FAULT")

TRANSITIONS: dict[str, frozenset[str]] = {
    "OFFLINE": frozenset({"STARTUP"}),
    "STARTUP": frozenset({"IDLE", "FAULT", "MAINTENANCE", "OFFLINE", "EMERGENCY_STOP", "PAUSED"}),
    "IDLE": frozenset({"TRAVELLING", "MAINTENANCE", "OFFLINE", *_STOPS}),
    "PAUSED": frozenset({"IDLE", "OFFLINE", "MAINTENANCE", "EXITING", *WORKING, *_STOPS}),
    "PROTECTIVE_STOP": frozenset({"IDLE", "OFFLINE", "MAINTENANCE", *WORKING, *_STOPS}),
    "EMERGENCY_STOP": frozenset({"IDLE", "OFFLINE", "MAINTENANCE", "PAUSED", "FAULT"}),
    "FAULT": frozenset({"IDLE", "OFFLINE", "MAINTENANCE", *WORKING, *_STOPS}),
    "MAINTENANCE": frozenset({"IDLE", "OFFLINE", "STARTUP", *_STOPS}),
    **{state: frozenset({*after, "OFFLINE", "MAINTENANCE", *_STOPS}) for state, after in _WORKING.items()},
}
"""From each state, the states that may come next."""


def is_allowed(before: str, after: str) -> bool:
    """Whether a robot in state `before` may be in `after` next; to stay where it is is always allowed."""
    return before == after or after in TRANSITIONS[before]
