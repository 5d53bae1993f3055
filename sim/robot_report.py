"""What a robot says of itself: how it is, and what it can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim import assumptions
from sim.mailbox import NOT_AUTOMATIC
from twin.clock import format_time
from twin.messages.robot import RobotFactsheetData, RobotStateData

if TYPE_CHECKING:
    from sim.plan import RobotPlan
    from sim.robot import Robot

SOFTWARE_VERSION = "docktwin-sim-1"


def state_of(robot: Robot) -> RobotStateData:
    """How it is now."""
    endpoint, state = robot.endpoint, robot.state
    order = robot.order.data if robot.order else None
    mode: Literal["AUTOMATIC", "INTERVENED", "SERVICE"] = "AUTOMATIC"
    if state == "REMOTE_ASSISTED":
        mode = "INTERVENED"
    elif state in NOT_AUTOMATIC:
        mode = "SERVICE"
    return RobotStateData(
        robot_state=state,
        operating_mode=mode,
        connection_state="ONLINE",
        **endpoint.last_seqs(),
        door_id=order.door_id if order else None,
        trailer_id=order.trailer_id if order else None,
        holding=tuple([case.track_id for case in robot.holding if case.track_id]) if robot.holding else (),
        battery_fraction=round(robot.battery.fraction, 4) if robot.battery else None,
        errors=robot.errors.open,
        safety_state=robot.stops.safety,
        recent_actions=endpoint.recent_actions(),
        previous_boot=endpoint.previous_boot,
    )


def factsheet_of(robot: Robot) -> RobotFactsheetData:
    """What it can do."""
    plan = robot.plan
    return RobotFactsheetData(
        software_version=SOFTWARE_VERSION,
        calibrated_at=format_time(robot.calibrated_us),
        commands_accepted=tuple(sorted(robot.endpoint.commands_accepted)),
        weight_kg_max=plan.weight_max_kg or assumptions.WEIGHT_LIMIT_LOW_KG,
        size_m_max=plan.size_max_m or assumptions.CASE_SIZE_LIMITS_M,
        weight_kg_max_high=plan.weight_max_high_kg or assumptions.WEIGHT_LIMIT_HIGH_KG,
        high_from_m=assumptions.CHEST_HEIGHT_M,
        reach_m=plan.reach_m or assumptions.ROBOT_REACH_M,
        speed_m_per_s=speed_m_per_s(plan),
        cases_per_pick_max=plan.cases_per_pick,
        power="tether" if robot.battery is None else "battery",
    )


def speed_m_per_s(plan: RobotPlan) -> float:
    """How fast it travels along the dock."""
    return plan.travel_speed_m_per_s or assumptions.TRAVEL_SPEED_M_PER_S
