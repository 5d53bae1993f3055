"""Robots on a battery: it falls at work and at rest, and is charged before it is empty."""

from __future__ import annotations

from itertools import pairwise

import pytest

from sim import assumptions
from sim.battery import Battery
from sim.kernel import Kernel
from sim.plan import DayPlan, RobotPlan
from tests.sim.console import Console
from tests.sim.days import day
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S

HOUR_US = 3600 * US_PER_S


def battery(kernel: Kernel) -> Battery:
    return Battery(kernel, lasts_us=10 * HOUR_US, charging_us=2 * HOUR_US)


def test_a_battery_falls_at_work_ten_times_as_fast_as_at_rest_and_charges() -> None:
    kernel = Kernel(0)
    it = battery(kernel)
    it.work()
    kernel.set_clock(5 * HOUR_US)
    assert it.fraction == pytest.approx(0.5)
    it.rest()
    kernel.set_clock(15 * HOUR_US)
    assert it.fraction == pytest.approx(0.4)
    assert it.charge_us() == pytest.approx(0.55 * 2 * HOUR_US)
    kernel.set_clock(16 * HOUR_US)
    assert it.fraction == pytest.approx(0.9)


def test_a_battery_is_never_fuller_than_full_nor_emptier_than_empty() -> None:
    kernel = Kernel(0)
    it = battery(kernel)
    it.charge_us()
    kernel.set_clock(HOUR_US)
    assert it.fraction == 1.0
    it.work()
    kernel.set_clock(100 * HOUR_US)
    assert it.fraction == 0.0


def test_when_it_has_rested_as_long_as_it_can_it_must_charge_and_not_before() -> None:
    kernel = Kernel(0)
    it = battery(kernel)
    it.rest()
    rests_us = it.rests_us()
    kernel.set_clock(rests_us - 10)
    assert not it.must_charge
    kernel.set_clock(rests_us)
    assert it.must_charge


def on_battery(*, minutes: float, charging_minutes: float = 10) -> DayPlan:
    plan = RobotPlan(battery_us=round(minutes * 60 * US_PER_S), charging_us=round(charging_minutes * 60 * US_PER_S))
    return day(cases=60, robots=2, robot_plans={"r1": plan})


def test_a_robot_on_a_tether_reports_no_battery() -> None:
    assert Console(day()).run(30).last("robot.state").data.battery_fraction is None


def test_an_idle_robot_charges_before_it_is_too_low_for_an_order_and_goes_back_to_idle() -> None:
    console = Console(on_battery(minutes=10)).run(9500)
    states = console.states("r1")
    assert states[:5] == ["STARTUP", "IDLE", "MAINTENANCE", "IDLE", "MAINTENANCE"]
    reports = [m.data for m in console.said("robot.state") if m.source.endswith("/r1")]
    charging = [it for it in reports if it.robot_state == "MAINTENANCE"]
    assert {it.operating_mode for it in charging} == {"SERVICE"}
    assert all(a.battery_fraction < b.battery_fraction for a, b in pairwise(charging[:20]))
    idle = [it.battery_fraction for it in reports if it.robot_state == "IDLE"]
    assert min(idle) >= assumptions.BATTERY_CHARGES_BELOW - 0.001
    assert max(idle[1:]) <= 1.0


def test_a_charging_robot_takes_no_order() -> None:
    console = Console(on_battery(minutes=10, charging_minutes=60)).run(6000)
    assert console.states("r1")[-1] == "MAINTENANCE"
    command = console.order()
    console.run(1)
    assert console.outcome(command) == [("rejected", "not_automatic")]


def test_a_robot_whose_battery_gets_low_leaves_at_the_next_scan_and_another_ends_its_work() -> None:
    run = Day(on_battery(minutes=4)).run()
    (raised,) = run.messages("robot.error_raised")
    assert (raised.data.error_type, raised.data.error_level) == ("battery_low", "WARNING")
    assert raised.data.allowed_answers == ()
    assert [m.data.code for m in run.messages("command.failed")] == ["battery_low"]
    assert [m.source[-2:] for m in run.messages("unload.finished")] == ["r1", "r2"]
    assert {row.outcome for row in run.world.truth().cases} == {"received"}


def test_the_error_is_over_when_it_is_charged() -> None:
    console = Console(on_battery(minutes=4)).at_the_wall()
    console.run(120)
    scanned = console.last("wall.scanned").data
    console.take(scanned.cases[-1].track_id)
    console.run(120)
    (raised,) = console.said("robot.error_raised")
    assert console.states("r1")[-3:] == ["EXITING", "IDLE", "MAINTENANCE"]
    charging = [m.data for m in console.said("robot.state", robot_state="MAINTENANCE")]
    assert {error.error_type for data in charging for error in data.errors} == {"battery_low"}
    assert not console.said("robot.error_cleared")
    console.run(1200)
    assert console.said("robot.error_cleared", error_id=raised.data.error_id)


def test_an_emergency_stop_holds_a_robot_that_charges_too() -> None:
    console = Console(on_battery(minutes=10, charging_minutes=60)).run(6000)
    robot = console.world._dock.robots["r1"]
    robot.emergency_stop()
    console.run(7200)
    assert console.states("r1")[-1] == "EMERGENCY_STOP"
    robot.reset_emergency_stop()
    robot.stops.end("release")
    console.run(3600)
    assert console.states("r1")[-4:] == ["EMERGENCY_STOP", "PAUSED", "MAINTENANCE", "IDLE"]
