"""A short file to vary, and the instant it begins at."""

from __future__ import annotations

from typing import Any

from scenarios.model import Scenario
from scenarios.schema import scenario_from_text
from twin.clock import US_PER_S, parse_time

MIN = 60 * US_PER_S
START = parse_time("2026-01-05T05:00:00.000000Z")
"""06:00 at a site one hour east of UTC."""

HEAD = """\
# A day.
site: {id: bos1, utc_offset: "+01:00", doors: 2, robots: 2}
start: 2026-01-05 06:00
"""
TRAILER = "trailers: [{id: t-1, arrives: 06:10, cases: 300}]\n"


def read(body: str = "", *, head: str = HEAD, trailers: str = TRAILER, **wishes: Any) -> Scenario:  # noqa: ANN401
    return scenario_from_text(head + trailers + body, "day.yaml", **wishes)


WHOLE = """\
# Everything that can be said of a day, once.
site:
  id: bos1
  utc_offset: "+01:00"
  doors: 2
  robots:
    - id: r1
      cycle_scale: 1.25
      grip_fails: 2.5 %
      drops: 0
      travel_speed: 0.8 m/s
      battery: 8 h
      charging: 90 min
      cases_per_pick: 2
      reach: 2.2 m
      weight_max: 30 kg
      weight_max_high: 15.5 kg
      size_max: [0.4 m, 0.9 m, 0.6 m]
    - id: r2
  sorter: {id: s9, rate: 2400 /h}
  state_period: 500 ms
  equipment_state_period: 20 s
  decision_latency: 3 ms
  dock:
    docking: 1 s
    restraint: 2 s
    door: 3 s
    leveller: 4 s
    departure: 5 s
    fetch: 6 s
    conveyor_length: 7.5 m
    conveyor_speed: 0.8 m/s
    robots_travel: false
    no_reads: 9 %
    ghosts: 10 %
    merges: 11 %
    misses: 12 %
    position_stddev: 0.013 m
  link:
    uplink: 1 ms
    downlink: 2 ms
    jitter: 3 ms
    loss: 4 %
    duplication: 5 %
    reordering: 6 %
    reordering_delay: 7 ms
    retransmit: 8 ms
  operators:
    who: simulated
    remote_response: 3 s
    remote_handling: 4 s
    floor: 5
    floor_response: 6 s
    floor_handling: 7 s
    people:
      - id: ana
        role: remote
        skills: [grip_failed, no_read]
        shifts:
          - from: 05:00
            until: 14:00
            breaks: [{from: 09:00, for: 15 min}, {from: 12:00, for: 30 min}]
          - {from: 22:00, until: 02:00}
        response: 9 s
        handling: 10 s
        robots: 4
    answers: {grip_failed: assist}

start: 2026-01-05 06:00
until: 2026-01-06 05:00
seed: 9
grace: 2 min
time_grid: 20 ms
lateness: {distribution: lognormal, mean: 20 min, sigma: 0.5, shift: -10 min}

trailers:
  - {id: t-1, arrives: 06:10, cases: 300}
  - id: t-2
    appointment: 07:00
    free_time: 3 h
    detention: 75 /h
    notice: 40 min
    cases: 200
    load: bricks
    purchase_orders: 3
    missing: 1
    missing_of: t-1-po1
    extra: 2
    wrong: 3
    too_heavy: 4
    too_large: 5
    damaged: 6
    carrier: Acme Freight
    unload: drop

timeline:
  - {at: 07:01, fault: robot_dies, robot: r1, for: 20 min}
  - {at: 07:02, fault: robot_silent, robot: r1, for: 34 s}
  - {at: 07:03, fault: robot_zombie, robot: r1}
  - {at: 07:04, fault: double_identity, robot: r1}
  - {at: 07:05, fault: clock_off, robot: r1, offset: -3 s, for: 5 min}
  - {at: 07:06, fault: vacuum_lost, robot: r1}
  - {at: 07:07, fault: emergency_stop, robot: r1}
  - {at: 07:08, fault: protective_stop, robot: r1, for: 20 s}
  - {at: 07:09, fault: grip_fails, robot: r1}
  - {at: 07:10, fault: case_drops, robot: r1}
  - {at: 07:11, fault: case_damaged, robot: r1}
  - {at: 07:12, fault: ghost_case, trailer: t-1}
  - {at: 07:13, fault: merged_cases, trailer: t-1}
  - {at: 07:14, fault: wall_collapse, trailer: t-1, share: 30 %}
  - {at: 07:15, fault: no_read, conveyor: c1}
  - {at: 07:16, fault: conveyor_jam, conveyor: c1}
  - {at: 07:17, fault: sorter_down, sorter: s9, for: 2 min}
  - {at: 06:05, fault: wrong_door, trailer: t-2}
  - {at: 07:19, fault: person_in_cell, door: d1, for: 1 min}
  - {at: 07:20, fault: link, robot: all, for: 5 min, link: {loss: 20 %}}
  - {at: 07:21, fault: partition, what: all, for: 30 s}
  - {at: 07:21, fault: messages_lost, what: yard/yard, types: [case.placed.v1, door.opened.v1], share: 30 %, for: 5 min}
  - {at: 07:22, fault: late_answer, operator: remote}
  - {at: 07:23, fault: double_answer, operator: floor}
  - {at: 07:24, fault: operator_pauses, robot: r2, for: 3 min}
  - {at: 07:25, fault: backend_restarts}

faults:
  - {fault: clock_off, robot: each, per_hour: 0.5, offset: 3 s, for: 5 min, from: 08:00, until: 10:00}
  - {fault: wall_collapse, trailer: each, per_hour: 0.1, share: 20 %}
  - {fault: link, robot: r2, per_hour: 2, for: 1 min, link: {loss: 30 %}}
  - {fault: messages_lost, what: robot/each, per_hour: 2, share: 20 %, for: 1 min}
"""
