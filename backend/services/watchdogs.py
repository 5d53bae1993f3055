"""Timers and watchdogs: what happens when nothing happens.

At one instant timers go first, by (deadline, creation number), then watchdogs, first in first out.
"""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING

from backend.core.fold_cases import doubt_holding
from backend.services import commands, dispatch, exceptions, ingest, interventions, outcomes, receipts
from twin.clock import NEVER_US

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.services.desk import Desk

WATCHDOGS = ("robot", "resend", "expiry", "gap_resend", "gap_deadline")


def earliest(desk: Desk) -> tuple[int, str]:
    """The instant of the next timer or watchdog, and which; NEVER_US if there is none."""
    timers = desk.state.timers
    at_us, kind = (timers[0][0], "timer") if timers else (NEVER_US, "")
    for name in WATCHDOGS:
        watchdogs: dict[str, int] = getattr(desk.state.watchdogs, name)
        if watchdogs:
            deadline_us = next(iter(watchdogs.values()))
            if deadline_us < at_us:
                at_us, kind = deadline_us, name
    return at_us, kind


def fire(desk: Desk, kind: str) -> str:
    """Let the next timer or watchdog of this kind act; returns its name for the journal."""
    if kind == "timer":
        _, number, what, key = heappop(desk.state.timers)
        TIMERS[what](desk, key)
        return f"{what}:{key}#{number}"
    watchdogs: dict[str, int] = getattr(desk.state.watchdogs, kind)
    key = next(iter(watchdogs))
    del watchdogs[key]
    BITES[kind](desk, key)
    return f"{kind}:{key}"


def _robot_is_silent(desk: Desk, robot_id: str) -> None:
    robot = desk.state.robots[robot_id]
    robot.is_lost = True
    desk.changes.robots[robot_id] = None
    if robot.is_taken_out:
        return  # people have it: only messages that were under way were still heard
    if robot.doubled_boot:
        return  # people go there already
    doubt_holding(desk.state, desk.changes, robot)
    desk.tally.next_audit = desk.tally.inputs  # a death is when cases are forgotten: everything is looked at now
    order = None if robot.order_id is None else desk.state.orders.get(robot.order_id)
    if exceptions.find(desk, "robot_lost", entity=f"robot/{robot_id}") is None:
        exceptions.raise_exception(
            desk,
            "robot_lost",
            entity=f"robot/{robot_id}",
            detail=f"silent for {desk.robot_silence_us / 1e6:g} s",
            trailer_id=None if order is None else order.trailer_id,
            track_id=next(iter(robot.holding), None),
        )


TIMERS: dict[str, Callable[[Desk, str], None]] = {
    "exception": interventions.deadline_passed,
    "retry": outcomes.try_again,
    "dock_answer": dispatch.dock_answer_is_due,
    "unload_answer": dispatch.unload_answer_is_due,
    "receipt": receipts.deadline_passed,
}
BITES: dict[str, Callable[[Desk, str], None]] = {
    "robot": _robot_is_silent,
    "resend": commands.resend,
    "expiry": commands.give_up_waiting,
    "gap_resend": ingest.ask_again,
    "gap_deadline": ingest.skip_gap,
}
