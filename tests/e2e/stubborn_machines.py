"""A story that no file can tell: robots and a yard that keep the contract, and are stubborn within it.

They let people give an order up at an error, reject a release, ask for help while they are not believed, say that they
are where they are not, and stand still where they seldom do, or only seem to. A yard cannot bring a trailer: its driver
is away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from msgspec.structs import replace

from scenarios.mirror.look import Look
from sim.battery import Battery
from sim.mailbox import Mailbox
from sim.robot_report import state_of
from sim.yard import Yard
from tests.e2e.meddling import Place, first_that_fails, run_meddled
from tests.e2e.told import told
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import RobotErrorData

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.verdict import Verdict
    from sim.robot import Robot
    from twin.messages.robot import ReleaseToWork, Resume, RobotStateData
    from twin.messages.trailer import AssignDoor
    from twin.robot_states import RobotState

GIVES_UP = """\
# At an error R1 may be told to give its order up, and that is what people tell it: another goes on with the trailer.
site:
  id: bos1
  doors: 1
  robots: 2
  operators: {remote: 1, remote_response: 10 s, floor_response: 30 s, answers: {grip_failed: abandon}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
timeline:
  - when: {robot_holds_case: r1, cases_placed: 10}
    fault: grip_fails
    robot: r1
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: an order that people give up is cancelled at once
    each: exception.resolved.v1
    where: {exception_type: grip_failed, resolution: abandon}
    leads_to: {message: action.cancel.v1}
    within: 1 s
  - name: the robot leaves the trailer
    eventually: unload.finished.v1
    entity: robot/r1
    after:
      message: exception.resolved.v1
      where: {exception_type: grip_failed}
    within: 1 min
"""


def gives_up() -> Verdict:
    """A robot that offers to give its order up at an error."""

    def offers(**fields: Any) -> RobotErrorData:  # noqa: ANN401 - whatever its fields are
        return RobotErrorData(**{**fields, "allowed_answers": ("retry", "skip", "abandon")})

    with patch("sim.robot_errors.RobotErrorData", offers):
        return run_meddled(GIVES_UP, {})


REJECTS_RELEASES = """\
# Somebody who comes past resets R1 and R2, before floor staff are there. R1 rejects its first release: a guard is open.
#
# R2 hears its release too late, and by then somebody is in its cell: it is released when the cell is clear.
site:
  id: bos1
  doors: 2
  robots: 2
  operators:
    remote_response: 10 s
    people:
      - {id: ana, role: remote}
      - {id: ben, role: remote}
      - {id: flo, role: floor, shifts: [{from: 06:20, until: 18:00}]}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 120}
timeline:
  - {at: 06:11:30, fault: emergency_stop, robot: r1}
  - {at: 06:11:30, fault: emergency_stop, robot: r2}
  - {at: 06:12, fault: link, robot: r2, for: 100 s, link: {downlink: 62 s}}
  - {at: 06:13:20, fault: person_in_cell, door: d2, for: 2 min}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: nobody need go to a robot that somebody has reset
    each: robot.emergency_stop_reset.v1
    leads_to:
      message: exception.resolved.v1
      where: {exception_type: emergency_stop, by: rule, resolution: reset_at_machine}
    within: 1 s
    at_least: 2
  - name: who releases a robot that rejects it is asked again
    each: command.rejected.v1
    entity: robot/r1
    leads_to: {message: intervention.requested.v1, where: {exception_type: release_to_work}}
    same: robot
    within: 12 s
  - name: a release is sent when somebody has said so, each time anew
    each: action.release_to_work.v1
    entity: robot/r1
    leads_to: {message: exception.resolved.v1, where: {exception_type: release_to_work, resolution: release}}
    within: 1 s
    at_least: 2
  - name: R2 is released when its cell is clear
    eventually: action.release_to_work.v1
    entity: robot/r2
    after: {message: door.person_left.v1, entity: door/d2}
    within: 1 s
  - name: nobody is asked twice about R2
    never: exception.raised.v1
    where: {exception_type: release_to_work, entity: robot/r2}
    after: 06:12:10
"""


def rejects_releases() -> Verdict:
    """A robot that rejects its first release."""
    why_no_release = Mailbox._why_no_release
    rejected: list[str] = []

    def objects(mailbox: Mailbox, command: ReleaseToWork) -> str | None:
        if command.subject == "robot/r1" and not rejected:
            rejected.append(command.id)
            return "guard_open"
        return why_no_release(mailbox, command)

    with patch.object(Mailbox, "_why_no_release", objects):
        return run_meddled(REJECTS_RELEASES, {"06:12": _reset_both})


def _reset_both(place: Place) -> None:
    for robot_id in ("r1", "r2"):
        place.dock.robots[robot_id].reset_emergency_stop()


ASKS_IN_VAIN = """\
# A second machine speaks under the name of R1, which goes on and asks for help: nobody is asked what is not believed.
site:
  id: bos1
  doors: 1
  robots: 2
  operators: {remote: 1, remote_response: 10 s, floor: 2, floor_response: 2 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
timeline:
  - {at: 06:11, fault: double_identity, robot: r1}
  - {at: 06:11:20, fault: grip_fails, robot: r1}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: R1 asks
    eventually: robot.error_raised.v1
    entity: robot/r1
    by: 06:12
  - name: and nobody is asked
    never: intervention.requested.v1
    where: {exception_type: grip_failed}
"""


def asks_in_vain() -> Verdict:
    """A robot that is not believed, and asks."""
    return run_meddled(ASKS_IN_VAIN, {})


LOSE_THEIR_WAY = """\
# R1 and R2 say for two minutes that they are at the door of R3, where somebody is: until they say otherwise they get
# no answer and no release.
site:
  id: bos1
  doors: 3
  robots: 3
  operators: {remote: 3, remote_response: 20 s, floor: 2, floor_response: 10 s, floor_handling: 5 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 60}
  - {id: t-3, arrives: 06:05, cases: 60}
timeline:
  - {at: 06:11, fault: person_in_cell, door: d3, for: 5 min}
  - {at: 06:11:30, fault: emergency_stop, robot: r2}
  - {at: 06:12, fault: grip_fails, robot: r1}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: R1 is answered with the first report that is at its door again
    eventually: action.retry.v1
    entity: robot/r1
    by: 06:14:11
  - name: and R2 released
    eventually: action.release_to_work.v1
    entity: robot/r2
    by: 06:14:11
"""


def lose_their_way() -> Verdict:
    """Robots that say that they are where they are not. That they are believed in this is all that may differ."""

    def said(robot: Robot) -> RobotStateData:
        data = state_of(robot)
        is_astray = 0 < robot.kernel.now_us - _ASTRAY_FROM_US < _ASTRAY_FOR_US
        return replace(data, door_id="d3") if is_astray and robot.robot_id != "r3" else data

    def same(look: Look, code: str, entity: str, what: str, *of: object, **how: Any) -> None:  # noqa: ANN401 - as it is
        is_believed = 0 < look.now_us - _ASTRAY_FROM_US < _ASTRAY_FOR_US + _UNTIL_THE_NEXT_US
        if not (is_believed and entity != "robot/r3" and what in ("at door", "position")):
            compare(look, code, entity, what, *of, **how)

    compare = Look.same
    with patch("sim.robot.state_of", said), patch.object(Look, "same", same):
        return run_meddled(LOSE_THEIR_WAY, {})


_ASTRAY_FROM_US = parse_time("2026-01-05T06:11:30.000000Z")
_ASTRAY_FOR_US = 150 * US_PER_S
_UNTIL_THE_NEXT_US = 11 * US_PER_S
"""What they have said last is believed until they say it right: within a period."""


TAKES_ITS_TIME = """\
# R1 is paused for ten minutes, and takes a quarter of a minute to go on: it does not stand still, nobody goes there.
site:
  id: bos1
  doors: 1
  robots: 1
  operators: {remote: 1, remote_response: 20 s, floor: 2, floor_response: 10 s, floor_handling: 5 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
timeline:
  - {at: 06:11, fault: operator_pauses, robot: r1, for: 10 min}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: it goes on
    eventually: unload.finished.v1
    by: 06:35
  - name: nobody takes it for stuck
    never: exception.raised.v1
    where: {exception_type: robot_stuck}
"""


def takes_its_time() -> Verdict:
    """A robot that takes a while to go on after a pause."""
    resume = Mailbox._resume

    def go_on_later(mailbox: Mailbox, command: Resume) -> None:
        mailbox._robot.kernel.after(15 * US_PER_S, lambda: resume(mailbox, command))

    with patch.object(Mailbox, "_resume", go_on_later):
        return run_meddled(TAKES_ITS_TIME, {})


HALF_WAY = """\
# R1 stands still on its way to a door, R2 at a belt that runs again, and R3 is full and is serviced for long: people go
# to each, take the first two out, and let the third be. To that they go again, but not at once.
site:
  id: bos1
  doors: 4
  robots:
    - {id: r1}
    - {id: r2}
    - {id: r3, battery: 20 min, charging: 5 min}
  operators: {remote: 1, remote_response: 10 s, floor: 3, floor_response: 20 s, floor_handling: 20 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 60}
  - {id: t-3, arrives: 06:05, cases: 240}
  - {id: t-4, arrives: 06:05, cases: 60}
timeline:
  - {when: {cases_placed: 10, of_trailer: t-2}, fault: conveyor_jam, conveyor: c2, for: 2 min}
expect:
  - every_trailer: departed
    by: 08:00
  - every_case: [received, manual, damaged, refused]
  - name: R1 is seen to stand still on its way within half an hour and a report
    eventually: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r1}
    after: {message: unload.finished.v1, entity: robot/r1}
    within: 32 min
  - name: R2 at the belt five minutes and a report after it runs again
    eventually: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r2}
    after: {message: conveyor.cleared.v1}
    within: 311 s
  - name: they are taken out
    eventually: robot.removed.v1
    at_least: 2
  - name: people look after R3
    eventually: exception.resolved.v1
    where: {exception_type: robot_stuck, by: floor}
    at_least: 4
  - kpi: exceptions_raised
    at_most: 16
"""


def stand_still_half_way() -> Verdict:
    """Robots that stand still where they seldom do."""
    charge_us = Battery.charge_us

    def stop_when(robot_id: str, state: RobotState) -> Callable[[Place], None]:
        def look(place: Place) -> None:
            robot = place.dock.robots[robot_id]
            if robot.state == state:
                robot.become_zombie(None)
            else:
                place.dock.kernel.after(US_PER_S // 2, lambda: look(place))

        return look

    with patch.object(Battery, "charge_us", lambda battery: charge_us(battery) + 1200 * US_PER_S):
        return run_meddled(
            HALF_WAY, {"06:10:31": stop_when("r1", "TRAVELLING"), "06:10:32": stop_when("r2", "WAITING_FOR_CONVEYOR")}
        )


SLEEPS = """\
# The driver of the trailer that is due first is away. The yard says so, and the door is given to the next at once.
site: {id: bos1, doors: 1, robots: 1}
start: 2026-01-05 06:00
trailers:
  - {id: asleep, arrives: 06:01, cases: 10}
  - {id: next, arrives: 06:01, cases: 10}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: received
  - name: the door is given to the next at once
    eventually: trailer.assign_door.v1
    where: {trailer_id: next}
    after: {message: command.rejected.v1}
    within: 1 s
"""


def sleeps() -> Verdict:
    """A yard that cannot bring a trailer yet."""
    why_not_dock = Yard._why_not_dock

    def why_not(yard: Yard, command: AssignDoor) -> str | None:
        is_asleep = command.data.trailer_id == "asleep" and yard._trailers["next"].departed_us is None
        return "driver_away" if is_asleep else why_not_dock(yard, command)

    with patch.object(Yard, "_why_not_dock", why_not):
        return told(SLEEPS, "sleeps")


SCENES = (gives_up, rejects_releases, asks_in_vain, lose_their_way, takes_its_time, stand_still_half_way, sleeps)


def run() -> Verdict:
    """The verdict of the first scene that does not pass."""
    return first_that_fails(*SCENES)
