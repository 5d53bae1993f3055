"""A story that no file can tell: what is lost on the way is lost for good, and nobody on the dock remembers for long.

The bus keeps nothing, and who is asked to say it again has only its last few words. What happened must be found out from
how the yard, the doors, the belts and the robots say they are.
"""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

from scenarios.drivers import run_scenario
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge
from twin.robot import ResendBuffer

KEPT = 1
"""So much of the last it has said a machine can say again."""
DAY = """\
# One message in fifty is lost for good: by how things say they are, the dock finds out what happened, and goes on.
site:
  id: bos1
  doors: 3
  robots: 3
  sorter: {id: s1, rate: 3000 /h}
  link: {loss: 4 %}
  operators: {remote: 2, floor: 3, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
grace: 2 h
trailers:
  - {id: t, count: 12, arrivals: even, mean_gap: 3 min, arrives: 06:05, cases: 24}
faults:
  - {fault: emergency_stop, robot: each, per_hour: 4, until: 07:00}
  - {fault: conveyor_jam, conveyor: each, per_hour: 4, until: 07:00}
  - {fault: sorter_down, sorter: each, per_hour: 2, until: 07:00}
  - {fault: person_in_cell, door: each, per_hour: 4, for: 45 s, until: 07:00}
  - {fault: robot_dies, robot: each, per_hour: 1, for: 3 min, until: 07:00}
expect:
  - every_trailer: departed
    by: 09:30
  - name: of most cases it is known where they are
    kpi: cases_received
    at_least: 250
    at_most: 288
  - name: what is lost shows
    eventually: exception.raised.v1
    where: {exception_type: messages_lost}
    at_least: 2
"""


def run() -> Verdict:
    """The verdict of the story."""
    forgetful = partial(ResendBuffer, KEPT)
    with patch("sim.gateway.DURABLE_CHANNELS", frozenset()), patch("sim.endpoint.ResendBuffer", forgetful):
        return judge(run_scenario(scenario_from_text(DAY, "forgetful_dock.yaml")))
