"""What became of commands: how an order goes on from each outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells, fold_robots
from backend.core.state import robot_at
from backend.services import commands, exceptions, identity, pauses, stops, stuck
from twin.messages import robot as robots

if TYPE_CHECKING:
    from collections.abc import Callable

    from backend.core.state import CommandRecord, Order
    from backend.services.commands import Ended
    from backend.services.desk import Desk


def command_ended(desk: Desk, ended: Ended) -> None:
    """Go on from a command's outcome."""
    of_robot = _ENDED_OF_ROBOT.get(ended.record.purpose)
    if of_robot is not None:
        of_robot(desk, ended)
        return
    order = desk.state.orders.get(ended.record.order_id or "")
    if order is not None:
        _ENDED[ended.record.purpose](desk, order, ended)
        desk.changes.touched.append(order)
        desk.changes.orders[order.order_id] = None


def _door_ended(desk: Desk, order: Order, ended: Ended) -> None:
    if ended.outcome != "completed" and order.door_id is not None:
        door = desk.state.doors[order.door_id]
        if ended.code == "door_occupied":  # the yard knows of a trailer there, or on its way, that we do not
            door.occupied_until_us = desk.now_us + desk.timeouts.rule_us
            desk.set_timer(door.occupied_until_us, "retry", order.order_id)
        if desk.state.trailers[order.trailer_id].docked_at is None:
            order.door_id = None
            if door.trailer_id == order.trailer_id:  # else another was brought there
                door.trailer_id = None
                desk.state.is_dock_due = True  # another may come here
                desk.changes.touched.append(door)
        _retry_later(desk, order, ended)


def _order_ended(desk: Desk, order: Order, ended: Ended) -> None:
    if ended.record.command.data.action_id != order.order_action:
        return
    order.order_action = None
    robot = robot_at(desk.state, ended.record.command.subject)
    fold_robots.order_ended(robot, order)
    if ended.outcome == "completed":
        order.is_robot_out = True
        return
    fold_robots.release_from_order(desk.state, desk.changes, robot)
    if ended.outcome == "expired" and ended.code is None:
        stuck.does_not_answer(desk, robot)
    if ended.code == "door_blocked":
        identity.stands_in_the_way(desk, order.trailer_id, of=robot)
    if ended.code != "battery_low":  # then another robot takes it over at once
        _retry_later(desk, order, ended)


def _plan_ended(desk: Desk, order: Order, ended: Ended) -> None:
    if ended.record.command.data.action_id != order.plan_action:
        return
    order.plan_action = None
    if ended.outcome in ("rejected", "expired"):
        order.planned_scan = None
        _retry_later(desk, order, ended)


def _release_ended(desk: Desk, order: Order, ended: Ended) -> None:
    if ended.outcome != "completed":
        order.release_action = None
        _retry_later(desk, order, ended)


def _answer_ended(desk: Desk, _order: Order, ended: Ended) -> None:
    record = ended.record
    if ended.outcome == "completed" and record.trailer_id is not None and record.track_id is not None:
        case = desk.state.trailers[record.trailer_id].cases.get(record.track_id)
        if case is not None:
            case.is_skipped = True
    elif ended.outcome == "expired":
        _answer_again(desk, record)


def _answer_again(desk: Desk, record: CommandRecord) -> None:
    """The answer was too old when it came: the robot still waits for one."""
    data = record.command.data
    assert isinstance(data, robots.ErrorAnswerData)
    if cells.is_withheld(desk.state, record.command):
        return  # if it still waits when it may move, it waits in vain, and is told to leave
    action_id = commands.issue(
        desk,
        type(record.command),
        robots.ErrorAnswerData,
        target=record.command.subject,
        purpose="answer",
        for_order=record.order_id,
        error_id=data.error_id,
    )
    again = desk.state.commands[action_id]
    again.trailer_id, again.track_id = record.trailer_id, record.track_id


def _nothing_follows(_desk: Desk, _order: Order, _ended: Ended) -> None:
    pass


_ENDED: dict[str, Callable[[Desk, Order, Ended], None]] = {
    "door": _door_ended,
    "order": _order_ended,
    "plan": _plan_ended,
    "release": _release_ended,
    "answer": _answer_ended,
    "cancel": _nothing_follows,
    "snapshot": _nothing_follows,
    "resend": _nothing_follows,
}


_ENDED_OF_ROBOT: dict[str, Callable[[Desk, Ended], None]] = {
    "pause": pauses.pause_ended,
    "resume": pauses.resume_ended,
    "release_to_work": stops.release_ended,
}
"""What concerns a robot whether it has an order or not."""


def _retry_later(desk: Desk, order: Order, ended: Ended) -> None:
    order.retry_after_us = desk.now_us + desk.timeouts.retry_us
    desk.set_timer(order.retry_after_us, "retry", order.order_id)
    exceptions.raise_exception(
        desk,
        "command_refused",
        entity=ended.record.command.subject,
        detail=f"{ended.record.command.type}: {ended.outcome}, {ended.code or 'no code'}",
        trailer_id=order.trailer_id,
        action_id=ended.record.command.data.action_id,
    )


def try_again(desk: Desk, order_id: str) -> None:
    """The pause after a refused command is over, and with it what was held of the door that was refused."""
    desk.state.is_dock_due = True
    desk.changes.orders[order_id] = None
