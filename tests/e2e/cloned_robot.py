"""A story that no file can tell: a robot's computer has been copied, and the copy is switched on while the robot works.

The copy speaks in the same boot and with numbers that the robot has used, so that one number bears two bodies. From
then on nobody knows which machine hears what: neither is told anything until people have been there, whatever was open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.ticking import tick
from tests.e2e.meddling import Place, first_that_fails, run_meddled
from twin.clock import US_PER_S
from twin.messages.emitter import Emitter
from twin.messages.robot import RobotErrorCleared, RobotErrorClearedData

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.robot import Robot

BEHIND = 4
"""The copy was made so many events ago."""
HELPED = """\
# R1 asks for help with a case, and before anybody has answered a copy of it is switched on: nobody helps it then.
site:
  id: bos1
  doors: 2
  robots: 2
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 2, remote_response: 50 s, floor: 2, floor_response: 3 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 70}
  - {id: t-2, arrives: 06:05, cases: 80}
timeline:
  - {at: "06:08:40", fault: grip_fails, robot: r1}
  - {at: "06:08:58", fault: messages_lost, what: robot/r1, types: [action.pause.v1], for: 30 s}
  - {at: "06:08:59", fault: operator_pauses, robot: r1, for: 20 s}
expect:
  - every_trailer: departed
    by: 06:40
  - every_case: [received, manual, damaged, refused]
  - name: somebody is asked to help
    eventually: intervention.requested.v1
    where: {exception_type: grip_failed, entity: robot/r1}
    by: 06:09
  - name: the copy is noticed by its first word
    eventually: exception.raised.v1
    where: {exception_type: double_identity, entity: robot/r1}
    by: "06:09:01"
  - name: what it asked is over with that
    eventually: exception.resolved.v1
    where: {exception_type: grip_failed, resolution: double_identity}
    by: "06:09:01"
  - name: so neither is told to skip the case
    never: action.skip.v1
    entity: robot/r1
  - name: or to try it again
    never: action.retry.v1
    entity: robot/r1
  - name: or told again to pause, which it has not heard
    never: action.pause.v1
    entity: robot/r1
    after: "06:09:00.1"
  - name: people are sent there once, however often it speaks
    never: exception.raised.v1
    where: {exception_type: double_identity}
    after: "06:09:02"
  - name: another robot ends the trailer
    eventually: unload.finished.v1
    where: {trailer_id: t-1}
    entity: robot/r2
  - kpi: cases_short
    at_most: 0
"""
STANDS = """\
# R1 stands still and is told to pause and hears nothing; people are on their way to it, and a copy of it starts.
site:
  id: bos1
  doors: 2
  robots: 3
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 2, floor: 2, floor_response: 4 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 70}
  - {id: t-2, arrives: 06:05, cases: 120}
timeline:
  - {at: "06:08", fault: robot_zombie, robot: r1}
  - {at: "06:12", fault: operator_pauses, robot: r1, for: 2 min}
  - {at: "06:13:50", fault: person_in_cell, door: d1, for: 1 min}
expect:
  - every_trailer: departed
    by: 06:50
  - every_case: [received, manual, damaged, refused]
  - name: people are sent to the robot that stands still
    eventually: intervention.requested.v1
    where: {exception_type: robot_stuck, entity: robot/r1}
    by: 06:14
  - name: that there are two of it says why
    eventually: exception.resolved.v1
    where: {exception_type: robot_stuck, resolution: double_identity}
    by: "06:14:21"
  - name: neither is told to go on
    never: action.resume.v1
    entity: robot/r1
  - name: nobody is sent there for less
    never: exception.raised.v1
    where: {exception_type: robot_stuck}
    after: "06:14:21"
  - name: another robot ends the trailer
    eventually: unload.finished.v1
    where: {trailer_id: t-1}
  - name: and is not sent in while R1 or its copy may stand there
    never: command.failed.v1
    where: {code: door_blocked}
  - kpi: cases_short
    at_most: 0
"""


class Clone:
    """What it says of its own under the numbers of the robot; taken out with it, as whatever is named like it."""

    def __init__(self, robot: Robot) -> None:
        dock, endpoint = robot.dock, robot.endpoint
        self.boot = endpoint.boot
        self.has_ended = False
        self._dock = dock
        self._way = dock.gateway.way(str(endpoint.address), "up")
        seqs = {"event": endpoint.last_seqs()["last_event_seq"] - BEHIND}
        self._emitter = Emitter(site=dock.plan.site.site_id, address=endpoint.address, boot=self.boot, seqs=seqs)
        tick(dock.kernel, self._speak, period_us=3 * US_PER_S, first_us=0, while_=lambda: not self.has_ended)
        robot.impostor = self  # type: ignore[assignment]

    def end(self) -> None:
        """It is switched off."""
        self.has_ended = True

    def _speak(self) -> None:
        data = RobotErrorClearedData(error_id="of-the-copy")
        message = self._emitter.emit(RobotErrorCleared, data, at_us=self._dock.kernel.now_us)
        self._dock.gateway.send(self._way, message)


def _copy_of_r1(place: Place) -> None:
    Clone(place.dock.robots["r1"])


def helped() -> Verdict:
    """A copy of a robot that waits for an answer."""
    return run_meddled(HELPED, {"06:09": _copy_of_r1})


def stands() -> Verdict:
    """A copy of a robot that stands still, is paused, and is to go on."""
    return run_meddled(STANDS, {"06:14:20": _copy_of_r1})


SCENES = (helped, stands)


def run() -> Verdict:
    """The verdict of the story."""
    return first_that_fails(*SCENES)
