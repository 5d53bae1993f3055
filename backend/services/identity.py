"""Double identity: two machines speak under one name.

Seen when a boot that is over lives on beside the newest one, or when one number bears two bodies. Until people have
been there the robot is as lost: it gets no work, and nothing it says of itself or of cases is believed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from backend.core.fold_cases import doubt_holding
from backend.core.fold_robots import release_from_order
from backend.core.state import robot_at
from backend.services import commands, exceptions
from twin.clock import US_PER_S, parse_time
from twin.ids import order_id_of

if TYPE_CHECKING:
    from backend.core.dock import Robot
    from backend.core.state import Sender
    from backend.services.desk import Desk
    from twin.messages import Message

LIVES_ON_US: Final = 2 * US_PER_S
"""What a boot says so long after the next one was heard of was not under way then."""


def consider(desk: Desk, sender: Sender, message: Message) -> None:
    """A robot's message of a boot that is over: its tail, sent before, or the word of another machine."""
    robot = desk.state.robots[sender.entity]
    if not robot.doubled_boot and _lives_on(desk, sender, robot, message):
        doubled(desk, sender.address)


def _lives_on(desk: Desk, sender: Sender, robot: Robot, message: Message) -> bool:
    if message.CHANNEL == "state" and desk.now_us > sender.boot_heard_us + desk.robot_silence_us:
        return True  # a state is never sent again, and none is so long on its way
    if robot.clock_strikes:
        return False
    said_us = parse_time(message.time)
    return sender.boot_heard_us + LIVES_ON_US < said_us <= desk.now_us + LIVES_ON_US


def doubled(desk: Desk, entity: str) -> None:
    """Nobody knows which machine says what: nothing is believed, nothing waited for, and somebody goes there."""
    robot = robot_at(desk.state, entity)
    if robot.doubled_boot:
        return
    robot.doubled_boot, robot.is_visited = max(robot.boot, 1), False
    trailer_id = _block_where_it_may_be(desk, robot)
    commands.abandon_all(desk, entity)
    doubt_holding(desk.state, desk.changes, robot)
    track_id = next(iter(robot.holding), None)
    robot.holding.clear()
    if robot.order_id is not None:
        release_from_order(desk.state, desk.changes, robot)
    robot.inside = None
    robot.is_stuck = robot.is_paused = robot.is_resume_due = False
    desk.changes.robots[robot.robot_id] = None
    exceptions.close_errors_of(desk, entity, resolution="double_identity")
    for exception_type in ("robot_lost", "robot_stuck", "messages_lost"):
        exceptions.resolve_if_open(desk, exception_type, entity=entity, resolution="double_identity")
    exceptions.raise_exception(
        desk,
        "double_identity",
        entity=entity,
        trailer_id=trailer_id,
        track_id=track_id,
    )


def stands_in_the_way(desk: Desk, trailer_id: str, *, of: Robot) -> None:
    """A robot has found another in its trailer. If none says that it is there, one is that seems to have started again.

    It stood there when its boot ended, and who speaks under its name since is elsewhere: another machine.
    """
    others = [robot for robot in desk.state.robots.values() if robot is not of]
    if any(it.inside == trailer_id or (it.reported and it.reported.trailer_id == trailer_id) for it in others):
        return
    for robot in others:
        if robot.before_boot_at == trailer_id:
            doubled(desk, f"robot/{robot.robot_id}")


def _block_where_it_may_be(desk: Desk, robot: Robot) -> str | None:
    """Let nobody else enter the trailers that it may be in; returns the one it is rather in."""
    trailer_id = None
    now = desk.state.orders.get(robot.order_id or "")
    before = desk.state.orders.get("" if robot.before_boot_at is None else order_id_of(robot.before_boot_at))
    for order in (now, before):
        if order is not None and not order.is_unloaded:
            order.blocked_by = robot.robot_id
            trailer_id = order.trailer_id
    return trailer_id


def visited(desk: Desk, entity: str) -> None:
    """People were there: only one machine is left, and it is out of the way."""
    robot = robot_at(desk.state, entity)
    if not robot.doubled_boot:
        return
    robot.is_visited = True
    for order in desk.state.orders.values():
        if order.blocked_by == robot.robot_id:
            order.blocked_by = None
            desk.changes.orders[order.order_id] = None
    restarted(desk, entity)


def restarted(desk: Desk, entity: str) -> None:
    """It is believed again once people have been there and it has started in a boot that is nobody else's."""
    robot = robot_at(desk.state, entity)
    if robot.is_visited and robot.boot > robot.doubled_boot:
        robot.doubled_boot, robot.is_visited = 0, False
        desk.changes.robots[robot.robot_id] = None
        exceptions.resolve_if_open(desk, "double_identity", entity=entity, resolution="robot_restarted")
