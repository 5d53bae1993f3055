"""What one input has changed: collected by the folds, consumed by the services and the checks, empty between inputs."""

from __future__ import annotations

from typing import Literal, NamedTuple

from backend.core.dock import Case, Door, Robot, Trailer
from backend.core.state import Order

Touched = Case | Trailer | Door | Robot | Order

NoticeKind = Literal[
    "error_raised",
    "error_cleared",
    "errors_told",
    "unreadable",
    "jammed",
    "cleared",
    "answered",
    "taken",
    "handed_back",
    "cell_clear",
    "wrong_door",
    "removed",
    "visited",
    "may_move",
    "returned",
    "rebooted",
    "state_known",
    "emergency_stopped",
    "emergency_stop_reset",
    "stop_over",
    "action_requested",
    "doubled",
]


class Notice(NamedTuple):
    """A fact that exceptions and commands have to look at: what, and about whom (`robot/r7`)."""

    kind: NoticeKind
    entity: str


class Breach(NamedTuple):
    """An invariant broken by the input itself, seen before the fold covered it up: code, entity, detail."""

    code: str
    entity: str
    detail: str


class Changes:
    """Scratch of one input."""

    __slots__ = ("breaches", "notices", "orders", "robots", "touched")

    def __init__(self) -> None:
        self.touched: list[Touched] = []
        self.orders: dict[str, None] = {}
        """Orders whose next step is to be looked for, in the order they were named."""
        self.robots: dict[str, None] = {}
        """Robots that may have become free for an order, or no longer are; noted before the dock is looked at."""
        self.notices: list[Notice] = []
        self.breaches: list[Breach] = []

    def breach(self, code: str, entity: str, detail: str) -> None:
        """Note a broken invariant."""
        self.breaches.append(Breach(code, entity, detail))
