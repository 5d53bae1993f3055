"""Notices of the folds: what exceptions, commands and receipts make of a fact, before any next step is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.services import commands, interventions, outcomes, receipts
from twin.messages.robot import RobotStateReport
from twin.messages.trailer import YardState

if TYPE_CHECKING:
    from backend.services.desk import Desk


def heed(desk: Desk) -> None:
    """Act on every notice, also on those that come of it."""
    notices = desk.changes.notices
    while notices:
        notice = notices.pop(0)
        interventions.NOTICES[notice.kind](desk, notice.entity)
        if notice.kind == "cleared":
            receipts.belt_runs_again(desk, notice.entity)
        # Lost messages give this notice too, from a timer or an event: only a report knows of commands.
        report = desk.cause if notice.kind == "state_known" else None
        if not isinstance(report, RobotStateReport | YardState):
            continue
        if any(it.status == "unknown" for it in desk.open_at.at(notice.entity)):
            for ended in commands.settle_unknown(desk, notice.entity, report.data.recent_actions):
                outcomes.command_ended(desk, ended)
