"""Robots that wait for what will never come: what they asked for was in a message that is lost for good.

A robot says how it is again and again, so its states are enough to see it: no timer is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells
from backend.services import commands, interventions, stuck
from twin.messages import robot as messages

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.core.state import Order, Sender
    from backend.services.desk import Desk


_WAITS = frozenset({"SCANNING", "AWAITING_ASSIST", "FAULT"})
"""It says so again and again: what was withheld from it is looked at each time, whatever the reason was."""


def consider(desk: Desk, sender: Sender) -> None:
    """A robot has said how it is: end what it has ended, cancel what it waits with in vain."""
    robot = desk.state.robots[sender.entity]
    order = desk.state.orders.get(robot.order_id or "")
    reported = robot.reported
    if reported is None:
        return
    if order is None:
        stuck.consider_free(desk, robot, reported)
        return
    if order.is_robot_out and not order.is_finished:
        if reported.robot_state == "IDLE" and reported.last_event_seq == sender.event.last_seq:
            order.is_finished = True  # it has completed the order: the message that it finished is lost
            desk.changes.orders[order.order_id] = None
        return
    stuck.consider(desk, robot, order, reported)
    if reported.robot_state in _WAITS:
        interventions.may_move(desk, sender.address)
    if not _waits_in_vain(desk, robot, order, reported):
        robot.in_vain_since_us = None
    elif robot.in_vain_since_us is None:
        robot.in_vain_since_us = desk.now_us
    elif desk.now_us - robot.in_vain_since_us >= desk.timeouts.rule_us:
        robot.in_vain_since_us = None
        commands.cancel_order(desk, target=sender.address, order_id=order.order_id)


def _waits_in_vain(desk: Desk, robot: Robot, order: Order, reported: messages.RobotStateData) -> bool:
    """Whether it waits for a plan or an answer, and nobody is about to give it one."""
    address = f"robot/{robot.robot_id}"
    if reported.robot_state == "SCANNING":
        is_served = order.plan_action is not None or order.is_plan_pending
    elif reported.robot_state in ("AWAITING_ASSIST", "FAULT"):
        is_served = any(it.entity == address and it.error_id is not None for it in desk.state.exceptions.values())
    else:
        return False
    if is_served or not cells.may_move(desk.state, robot):
        return False  # or what it waits for is withheld
    return not desk.open_at.at(address, "answer", "cancel")
