"""A story that no file can tell: robots of another make, that keep the contract in their own way.

They see only in the gripper that a case is crushed, say nothing of their emergency stop until they have started, and
start again in the middle of a stop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from msgspec.structs import replace

from sim.robot_report import state_of
from sim.unloading import Unloading
from tests.e2e.restless_robots import Restless
from tests.e2e.told import told
from twin.clock import US_PER_S
from twin.messages.case import CaseDamaged, CaseSetAsideData
from twin.messages.robot import RobotStateData, SafetyState

if TYPE_CHECKING:
    from collections import deque

    from scenarios.verdict import Verdict
    from sim.case import Case
    from sim.gripper import Grip
    from sim.robot import Robot
    from sim.unloading import _Held

LOOKED_AT_AFTER_US = 2 * US_PER_S
DAY = """\
# Robots see only in the gripper what is crushed, and of their stop they say nothing until they have started.
site:
  id: bos1
  doors: 2
  robots: 2
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 2, floor: 3, floor_response: 1 min, floor_handling: 30 s}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t, count: 4, arrivals: even, mean_gap: 3 min, arrives: 06:02, cases: 40, damaged: 4}
timeline:
  - {when: {robot_holds_case: r1, cases_placed: 20}, fault: emergency_stop, robot: r1}
  - {when: {robot_holds_case: r2, cases_placed: 60}, fault: emergency_stop, robot: r2}
  - {when: {robot_holds_case: r1, cases_placed: 90}, fault: emergency_stop, robot: r1}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: what is crushed is set aside as damaged
    kpi: cases_damaged
    at_least: 16
  - kpi: cases_short
    at_most: 0
  - name: a stop is over when the robot is released, and not because it starts anew
    never: exception.resolved.v1
    where: {resolution: stop_over}
  - name: somebody goes to each stop, once
    eventually: intervention.requested.v1
    where: {exception_type: emergency_stop}
    at_least: 3
"""


class Latched(Restless):
    """It starts again by itself some seconds after its stop was pressed."""

    def _wait(self) -> None:
        """Not by chance."""

    def emergency_stop(self) -> None:
        """The stop is pressed, and takes its computer with it."""
        super().emergency_stop()
        self.kernel.after(LOOKED_AT_AFTER_US, self._start_again)


def _silent_while_starting(robot: Robot) -> RobotStateData:
    said = state_of(robot)
    return replace(said, safety_state=SafetyState()) if said.robot_state == "STARTUP" else said


def _pull_out_and_look(
    unloading: Unloading, case: Case, track_id: str, grip: Grip, todo: deque[str], cause: str
) -> list[_Held]:
    """A crushed case is lifted before it is set aside."""
    if not case.is_damaged:
        held_now = _pull_out(unloading, case, track_id, grip, todo, cause)
        assert held_now is not None, "the seal holds in the fidelity case"
        return held_now
    held = unloading._pull(case, track_id, grip.uniforms, cause, tries=grip.tries)
    assert held is not None, "the seal holds in the fidelity case"
    unloading._robot.holding.remove(case)
    case.whereabouts, case.mark = "in_trailer", "damaged"
    data = CaseSetAsideData(trailer_id=unloading._trailer.trailer_id, track_id=track_id, reason="crushed_corner")
    unloading._say(CaseDamaged, data, held.picked_id)
    return []


_pull_out = Unloading._pull_out


def run() -> Verdict:
    """The verdict of the story."""
    with (
        patch("sim.world.Robot", Latched),
        patch("sim.robot.state_of", _silent_while_starting),
        patch.object(Unloading, "_pull_out", _pull_out_and_look),
    ):
        return told(DAY, "other_robots")
