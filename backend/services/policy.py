"""The last word on proposals: what is permitted now, and if not, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from backend.core import cells
from backend.services import supervision
from twin.ids import order_id_of

if TYPE_CHECKING:
    from backend.core.dock import Robot, Trailer
    from backend.core.state import Order, SiteState


class Refusal(Struct, frozen=True):
    """Why not: a stable code and a sentence."""

    code: str
    reason: str


def is_waiting_for_door(state: SiteState, order: Order, now_us: int) -> bool:
    """Whether the order's trailer is in the yard and may be given a door."""
    trailer = state.trailers[order.trailer_id]
    # By its order's door: the yard's reply may overtake its own trailer.docked, and then no command is under way.
    is_placed = order.door_id is not None or trailer.docked_at is not None
    return trailer.is_arrived and not is_placed and not trailer.is_released and now_us >= order.retry_after_us


def is_door_free(state: SiteState, door_id: str, now_us: int) -> bool:
    """Whether nothing stands, or is on its way, or is still held at the door."""
    door = state.doors[door_id]
    if now_us < door.occupied_until_us:
        return False
    return door.trailer_id is None and door.restrains is door.open_for is door.leveller_down_for is None


def is_ready_for_robot(state: SiteState, order: Order, now_us: int) -> bool:
    """Whether the order's trailer may be entered and nobody works on it."""
    trailer = state.trailers[order.trailer_id]
    if trailer.docked_at is None or order.robot_id is not None or order.is_unloaded or now_us < order.retry_after_us:
        return False
    if trailer.is_released:
        return False  # its door may not have told yet that it holds it no more
    return order.blocked_by is None and cells.may_be_entered(state, order.trailer_id)


def is_robot_free(robot: Robot) -> bool:
    """Whether the robot is known to be able to take an order."""
    reported = robot.reported
    return (
        robot.order_id is None
        and reported is not None
        and reported.robot_state == "IDLE"
        and not cells.is_out_of_touch(robot)
        and robot.stop is None
        and not robot.is_stuck
        and not is_battery_low(robot)
        and reported.operating_mode == "AUTOMATIC"
        and not robot.holding
        and not reported.holding
    )


BATTERY_FRACTION_MIN = 0.25
"""A robot below it gets no new order: it is about to charge. Assumption: a trailer takes less than a fifth."""


def is_battery_low(robot: Robot) -> bool:
    """Whether the robot should charge before it takes an order; one on a tether never."""
    fraction = None if robot.reported is None else robot.reported.battery_fraction
    return fraction is not None and fraction < BATTERY_FRACTION_MIN


def request_refusal(robot: Robot, action: Literal["pause", "resume", "cancel"], *, is_pausing: bool) -> Refusal | None:
    """Why a person's wish is not carried out, None if it is; `is_pausing`: a pause is under way."""
    if cells.is_out_of_touch(robot):
        return Refusal("robot_not_there", f"robot {robot.robot_id} is silent, away or not believed")
    if action == "cancel":
        if robot.order_id is None:
            return Refusal("no_order", f"robot {robot.robot_id} has no order")
        return None
    is_paused = robot.is_paused or is_pausing
    if action == "pause" and is_paused and not robot.is_resume_due:
        return Refusal("already_paused", f"robot {robot.robot_id} is paused")
    if action == "resume" and not is_paused:
        return Refusal("not_paused", f"robot {robot.robot_id} is not paused")
    return None


def door_refusal(state: SiteState, *, trailer_id: str, door_id: str, now_us: int) -> Refusal | None:
    """Why this trailer may not go to this door now, None if it may."""
    order = state.orders.get(order_id_of(trailer_id))
    if order is None or not is_waiting_for_door(state, order, now_us):
        return Refusal("trailer_not_waiting", f"trailer {trailer_id} does not wait for a door")
    if not is_door_free(state, door_id, now_us):
        return Refusal("door_taken", f"door {door_id} is not free")
    return None


def robot_refusal(state: SiteState, *, robot_id: str, door_id: str, now_us: int) -> Refusal | None:
    """Why this robot may not go to this door now, None if it may."""
    trailer_id = state.doors[door_id].trailer_id
    order = None if trailer_id is None else state.orders.get(order_id_of(trailer_id))
    if order is None or not is_ready_for_robot(state, order, now_us):
        return Refusal("door_not_ready", f"door {door_id} has no trailer that waits for a robot")
    if supervision.room(state) == 0:
        return Refusal("nobody_to_supervise", "as many robots are at work as people on duty may supervise")
    robot = state.robots[robot_id]
    if is_robot_free(robot):
        return None
    code = "robot_battery_low" if is_battery_low(robot) else "robot_not_free"
    return Refusal(code, f"robot {robot_id} is not free")


def case_refusal(trailer: Trailer, *, track_id: str) -> Refusal | None:
    """Why the robot in the trailer may not take this case of its scan, None if it may."""
    case = trailer.cases[track_id]
    if case.place not in ("trailer", "floor"):
        return Refusal("case_not_there", f"case {track_id} is in {case.place}")
    if case.is_skipped:
        return Refusal("case_skipped", f"case {track_id} is left for people")
    return None
