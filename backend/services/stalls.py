"""Robots that wait for what will never come: what they asked for was in a message that is lost for good.

A robot says how it is again and again, so its states are enough to see it: no timer is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells
from backend.services import commands, interventions, stuck
from twin.ids import order_id_of
from twin.messages import robot as messages

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.core.state import Order, Sender
    from backend.services.desk import Desk


_WAITS = frozenset({"SCANNING", "AWAITING_ASSIST", "FAULT"})
"""It says so again and again: what was withheld from it is looked at each time, whatever the reason was."""


_IS_OUT = frozenset({"STARTUP", "IDLE", "EXITING", "MAINTENANCE", "OFFLINE"})
"""Of itself it goes to no trailer, or leaves one."""


def consider(desk: Desk, sender: Sender) -> None:
    """A robot has said how it is: end what it has ended, cancel what it waits with in vain."""
    robot = desk.state.robots[sender.entity]
    order = desk.state.orders.get(robot.order_id or "")
    reported = robot.reported
    assert reported is not None, "it has just said how it is"
    if order is None:
        if _works_for_nobody(sender, robot, reported):
            _send_away(desk, robot, order_id_of(reported.trailer_id or ""))
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
        commands.cancel_order(desk, target=sender.address, order_id=order.order_id)


def _works_for_nobody(sender: Sender, robot: Robot, reported: messages.RobotStateData) -> bool:
    """Whether it has an order that we hold to be over, and its word knows all that we have heard.

    An order that it takes on as it starts again we give up, if we hear that it has started before we hear that it did.
    """
    if robot.order_id is not None or reported.trailer_id is None or reported.robot_state in _IS_OUT:
        return False
    is_latest = (reported.last_event_seq, reported.last_reply_seq) == (sender.event.last_seq, sender.reply.last_seq)
    return is_latest and not cells.is_out_of_touch(robot)


def _send_away(desk: Desk, robot: Robot, order_id: str) -> None:
    """Its order is another's: tell it to leave, and again if it does not."""
    address, since_us = f"robot/{robot.robot_id}", robot.in_vain_since_us
    is_told = since_us is not None and desk.now_us - since_us < desk.timeouts.rule_us
    if not is_told and not desk.open_at.at(address, "cancel"):
        robot.in_vain_since_us = desk.now_us
        commands.cancel_order(desk, target=address, order_id=order_id)


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
