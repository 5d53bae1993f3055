"""A story that no file can tell: people take two robots out and have them back at work before anybody hears of it.

R1 had died, under the name of R2 a second machine spoke. What the floor staff say of it reaches the backend when both
have started in a new boot. R1 has an order again by then: only of its boot before was it told. R2 is not believed until
people are known to have been there; that they said it is done is lost for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from tests.e2e.meddling import run_meddled

if TYPE_CHECKING:
    from scenarios.verdict import Verdict

REPAIR_S = 30.0
DAY = """\
# People take two robots out, and nobody hears of it for minutes: they are not taken from the work they have begun anew.
site:
  id: bos1
  doors: 3
  robots: 3
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 1, floor: 3, floor_response: 40 s, floor_handling: 30 s}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t, count: 3, arrivals: even, mean_gap: 1 s, arrives: 06:02, cases: 150}
timeline:
  - {when: {robot_holds_case: r1, after: 06:06}, fault: robot_dies, robot: r1, for: 20 s}
  - {when: {robot_holds_case: r2, after: 06:08:20}, fault: double_identity, robot: r2}
  - {at: 06:09:12, fault: partition, what: operator/floor, for: 4 min}
  - {at: 06:09:35, fault: messages_lost, what: operator/floor, types: [intervention.answered.v1], for: 3 min}
expect:
  - every_trailer: departed
    by: 06:50
  - every_case: [received, manual, damaged, refused]
  - name: R1 works again before it is known that it was taken out
    eventually: unload.started.v1
    entity: robot/r1
    at_least: 2
    by: 06:13:10
  - name: and works on
    each: unload.started.v1
    entity: robot/r1
    leads_to: {message: trailer.release.v1}
    same: trailer
    within: 22 min
    at_least: 2
  - name: of two robots nothing is asked that they must refuse
    never: command.rejected.v1
  - name: no trailer is given to a third
    never: command.failed.v1
    where: {code: door_blocked}
  - name: that people were at R2 is known as soon as it is heard
    eventually: exception.resolved.v1
    where: {exception_type: double_identity, resolution: robot_restarted}
    by: 06:13:15
  - name: and it gets an order at once
    eventually: order.assign.v1
    entity: robot/r2
    at_least: 2
    by: 06:13:15
  - kpi: cases_short
    at_most: 0
"""


def run() -> Verdict:
    """The verdict of the story."""
    with patch("sim.assumptions.REPAIR_S", REPAIR_S):
        return run_meddled(DAY, {})
