"""A story that no file can tell: machines that start again in the middle of what they do.

A robot takes on what was on its way just then, and goes on with what nobody wants any more; yard, doors and belts do
not know any more what they were told; with others what was the matter with them is over, and nobody need go there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from sim.stops import Stops
from tests.e2e.meddling import Place, ask, first_that_fails, run_meddled

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.endpoint import Endpoint
    from twin.messages.envelope import Command

WORKS_FOR_NOBODY = """\
# R1 starts again just as its order is on its way, takes it on all the same, and works for what is not its order.
#
# It is stopped there, and people are told at which door it is. It is told to leave as soon as it is seen that it works,
# and again when it has not done so; then it is given the order anew.
site:
  id: bos1
  doors: 1
  robots: 1
  operators: {remote: 1, floor: 2, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
timeline:
  - {at: 06:09, fault: link, robot: r1, for: 95 s, link: {downlink: 20 s}}
  - {at: 06:09:58, fault: robot_dies, robot: r1, for: 4 s}
  - {at: 06:10:40, fault: emergency_stop, robot: r1}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: it is told to leave within a report or two
    eventually: action.cancel.v1
    entity: robot/r1
    by: 06:10:40
  - name: and again two minutes and a report later, as it has not
    eventually: action.cancel.v1
    entity: robot/r1
    by: 06:12:42
    at_least: 2
  - name: but not with each report
    never: action.cancel.v1
    entity: robot/r1
    after: 06:12:43
  - name: people are told at which door it stands
    eventually: intervention.requested.v1
    where: {exception_type: emergency_stop, entity: robot/r1, door_id: d1}
    by: 06:10:41
  - name: it is out within a minute of its release
    eventually: unload.finished.v1
    after: {message: action.release_to_work.v1, entity: robot/r1}
    within: 1 min
  - name: and is given the order anew
    eventually: order.assign.v1
    entity: robot/r1
    at_least: 3
"""


def works_for_nobody() -> Verdict:
    """A robot that takes on what was on its way as it started."""
    with patch("sim.assumptions.STARTUP_S", 5.0):
        return run_meddled(WORKS_FOR_NOBODY, {})


START_AGAIN = """\
# All that stands on the dock starts again, the yard while it brings a trailer and while it lets one go: it does, and
# does not say that it has.
site:
  id: bos1
  doors: 2
  robots: 2
  sorter: {id: s1, rate: 3000 /h}
  operators: {remote: 1, remote_response: 10 s, floor: 2, floor_response: 2 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
  - {id: t-2, arrives: 06:05, cases: 120}
timeline:
  - {at: 06:12, fault: conveyor_jam, conveyor: c1}
  - {at: 06:12, fault: grip_fails, robot: r2}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: the yard is asked how it is as soon as it has started again
    eventually: action.snapshot.v1
    entity: yard/yard
    by: 06:07:31
  - name: what it was told before and does not know of is shown
    eventually: exception.raised.v1
    where: {exception_type: command_unknown, entity: yard/yard}
    at_least: 2
    by: 06:07:31
  - name: and settled when it has said that
    each: exception.raised.v1
    where: {exception_type: command_unknown}
    leads_to: {message: exception.resolved.v1, where: {exception_type: command_unknown}}
    same: exception
    within: 2 s
"""


def starts_again() -> Verdict:
    """Machines other than robots that start again."""
    return run_meddled(START_AGAIN, {"06:07:30": _yard_restarts, "06:11:10": _all_restart, "06:12:05": _all_restart})


def _yard_restarts(place: Place) -> None:
    """It goes on with what it has begun, and knows no command for it any more."""
    endpoint = place.yard.endpoint
    complete, actions = endpoint.complete, set(endpoint._gate._open)

    def complete_if_known(command: Command) -> None:
        if command.data.action_id not in actions:
            complete(command)

    endpoint.complete = complete_if_known  # type: ignore[method-assign]
    _restart(endpoint)


def _all_restart(place: Place) -> None:
    dock = place.dock
    assert dock.sorter is not None
    _restart(dock.sorter._endpoint)
    for door in dock.doors.values():
        _restart(door._endpoint)
    for conveyor in dock.conveyors.values():
        _restart(conveyor._endpoint)
    for pool in dock.operators.pools.values():
        _restart(pool.endpoint)


def _restart(endpoint: Endpoint) -> None:
    """It says how it is as soon as it has started."""
    endpoint.crash()
    endpoint.restart()
    endpoint._report()


FORGET = """\
# Robots start again by themselves, and what was the matter with them is over: nobody need go there any more.
#
# R1 is stopped while it is idle, and its latch does not outlive its restart. R2 stands still at work until it starts
# again. R3 is to go on when the person beside it has left; it is silent by then, and goes on when it speaks again.
site:
  id: bos1
  doors: 3
  robots: 3
  operators: {remote: 1, remote_response: 10 s, floor: 2, floor_response: 20 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05:00, cases: 240}
  - {id: t-2, arrives: 06:05:10, cases: 60}
  - {id: t-3, arrives: 06:05:20, cases: 240}
timeline:
  - {at: 06:07, fault: emergency_stop, robot: r1}
  - {at: 06:08, fault: robot_dies, robot: r1, for: 10 s}
  - {at: 06:12, fault: robot_zombie, robot: r2}
  - {at: 06:12:10, fault: person_in_cell, door: d3, for: 1 min}
  - {at: 06:12:30, fault: partition, what: robot/r3, for: 90 s}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: nobody need go to a robot that says that it is not stopped
    eventually: exception.resolved.v1
    where: {exception_type: emergency_stop, by: rule, resolution: stop_over}
    by: 06:09:12
  - name: it is given an order like the others
    eventually: unload.started.v1
    entity: robot/r1
    by: 06:11:30
  - name: that R2 stands still is seen
    eventually: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r2}
    by: 06:17:30
  - name: and over once it has started again
    eventually: exception.resolved.v1
    where: {exception_type: robot_stuck, resolution: robot_restarted}
    by: 06:18:01
  - name: then it is given its order again
    eventually: order.assign.v1
    entity: robot/r2
    at_least: 2
    by: 06:19:30
  - name: R3 goes on as soon as it speaks again
    eventually: action.resume.v1
    entity: robot/r3
    by: 06:14:11
  - name: nobody takes a robot out
    never: robot.removed.v1
"""


def forget() -> Verdict:
    """Robots that start again by themselves, without a latch."""
    with patch.object(Stops, "power_off", _power_off):
        return run_meddled(
            FORGET, {"06:12:05": ask("r3", "pause"), "06:12:20": ask("r3", "resume"), "06:18": _starts_by_itself}
        )


def _power_off(stops: Stops) -> None:
    """All is over with a power cut."""
    stops._held.clear()
    stops._is_in_force = False
    stops._stopped_in = None
    stops._apply()


def _starts_by_itself(place: Place) -> None:
    """R2 lets go of what it holds, and backs out."""
    robot = place.dock.robots["r2"]
    assert robot.order is not None
    trailer, held = place.dock.trailers[robot.order.data.trailer_id], list(robot.holding)
    robot.die(repair_us=0)
    for case in held:
        case.whereabouts = "in_trailer"
        trailer.state.put_on_floor(case.case_id)
    robot.repair()


SCENES = (works_for_nobody, starts_again, forget)


def run() -> Verdict:
    """The verdict of the first scene that does not pass."""
    return first_that_fails(*SCENES)
