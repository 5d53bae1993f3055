"""A story that no file can tell: people who come hours late, look in vain, and say late what they have done.

What nobody answers is asked again, and an answer to what has been asked anew since is refused; what people do not find
is waited for as long as it may be; what they have done is seen before they say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.meddling import ask, first_that_fails, run_meddled

if TYPE_CHECKING:
    from scenarios.verdict import Verdict

NOBODY_THERE = """\
# Nobody is on the floor before 07:20: what needs them is asked again every half hour, and done when they are there.
#
# R1 is stopped; R2 needs help, and is dead then, and R4 is stopped and dead. R3 is silent for an hour, and when people
# have found it at work they are sent again later. Ida is on her way to R1 when her shift ends; who sees to it at last
# answers so late that it is asked anew, and then their shift is over.
site:
  id: bos1
  doors: 4
  robots: 4
  operators:
    floor_response: 10 min
    floor_handling: 1 min
    people:
      - {id: ana, role: remote}
      - {id: flo, role: floor, shifts: [{from: 07:20, until: 07:41}]}
      - {id: gil, role: floor, skills: [robot_lost, leftovers]}
      - {id: ida, role: floor, skills: [emergency_stop], shifts: [{from: 06:00, until: 06:15}]}
      - {id: hal, role: floor, shifts: [{from: 07:45, until: 18:00}]}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 60}
  - {id: t-2, arrives: 06:05, cases: 60}
  - {id: t-3, arrives: 06:05, cases: 60}
  - {id: t-4, arrives: 06:05, cases: 60}
timeline:
  - {at: 06:10:20, fault: clock_off, robot: r4, offset: 5 s}
  - {at: 06:11, fault: emergency_stop, robot: r1}
  - {at: 06:11, fault: emergency_stop, robot: r4}
  - {at: 06:12:20, fault: robot_dies, robot: r4}
  - {at: 06:11, fault: partition, what: robot/r3, for: 70 min}
  - {at: 06:11, fault: vacuum_lost, robot: r2}
  - {at: 06:12, fault: robot_dies, robot: r2}
  - {at: 07:10, fault: late_answer, operator: floor}
expect:
  - every_trailer: departed
    by: 08:30
  - every_case: [received, manual, damaged, refused]
  - name: what nobody answers is asked again when its time is over
    eventually: intervention.requested.v1
    where: {exception_type: emergency_stop, entity: robot/r1}
    at_least: 3
    by: 07:11:01
  - name: an answer to what has been asked anew since is refused
    eventually: intervention.refused.v1
    where: {code: too_late, person: flo}
    by: 07:42
  - name: people who have been at a silent robot are sent there again when half an hour has passed
    eventually: intervention.requested.v1
    where: {exception_type: robot_lost, entity: robot/r3}
    at_least: 2
    by: 06:58
  - name: and no sooner
    never: intervention.requested.v1
    where: {exception_type: robot_lost}
    after: 06:58
  - name: one question for each time that somebody is to go there
    each: intervention.requested.v1
    where: {exception_type: robot_lost}
    leads_to: {message: intervention.taken.v1}
    same: intervention
    within: 30 min
  - name: a robot that is taken out stands at no door any more
    eventually: exception.resolved.v1
    where: {exception_type: emergency_stop, resolution: robot_removed}
    after: {message: robot.removed.v1, where: {robot_id: r4}}
    within: 1 s
  - name: nor does it matter what its clock shows
    eventually: exception.resolved.v1
    where: {exception_type: clock_off, resolution: robot_removed}
    after: {message: robot.removed.v1, where: {robot_id: r4}}
    within: 1 s
  - name: what it was told is over
    eventually: exception.resolved.v1
    where: {exception_type: command_unknown, resolution: abandoned}
    after: {message: robot.removed.v1, where: {robot_id: r2}}
    within: 1 s
  - name: what R2 needed before it was dead nobody is asked any more once it is taken out
    each: exception.raised.v1
    where: {exception_type: vacuum_lost}
    leads_to: {message: exception.resolved.v1, where: {exception_type: vacuum_lost, resolution: robot_removed}}
    same: exception
    within: 30 min
  - name: a question says at which door it is
    eventually: intervention.requested.v1
    where: {exception_type: robot_lost, entity: robot/r2, door_id: d2}
    by: 06:15
  - name: no answer is the answer of a rule where people must go
    never: exception.resolved.v1
    where: {by: rule, resolution: assist}
"""


def nobody_there() -> Verdict:
    """Questions that nobody answers."""
    return run_meddled(NOBODY_THERE, {"06:12:10": ask("r2", "pause")})


LOOK_IN_VAIN = """\
# That R1 has taken a case, and that its belt has brought it, is lost for good: people are sent for it and find nothing.
#
# Nobody knows then where it is: it may still be told of, so the receipt waits for that as long as it may.
site:
  id: bos1
  doors: 1
  robots: 1
  operators: {remote: 1, floor: 2, floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
grace: 20 min
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
timeline:
  - {at: 06:11:02, fault: messages_lost, what: robot/r1, types: [case.picked.v1, case.placed.v1], for: 3 s}
  - {at: 06:11:22, fault: messages_lost, what: conveyor/c1, types: [case.identified.v1], for: 4 s}
expect:
  - every_trailer: departed
    by: 07:30
  - name: people look for it
    eventually: exception.resolved.v1
    where: {exception_type: leftovers, by: floor}
  - name: the receipt waits ten minutes for it
    eventually: receipt.closed.v1
    after: {message: trailer.departed.v1}
    within: 601 s
  - name: and says that it is short
    receipt: t-1
    received: 79
    short: 1
"""


def look_in_vain() -> Verdict:
    """People who find nothing."""
    return run_meddled(LOOK_IN_VAIN, {})


SAY_SO_LATE = """\
# People take two machines of one name out, and say half an hour later that they have: what they did is seen at once.
site:
  id: bos1
  doors: 1
  robots: 2
  operators: {remote: 1, floor: 2, floor_response: 2 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
timeline:
  - {at: 06:11, fault: double_identity, robot: r1}
  - {at: 06:11, fault: late_answer, operator: floor}
expect:
  - every_trailer: departed
    by: 06:40
  - every_case: [received, manual, damaged, refused]
  - name: another goes on as soon as they are out
    eventually: order.assign.v1
    entity: robot/r2
    after: {message: robot.removed.v1, where: {robot_id: r1}}
    within: 1 s
"""


def say_so_late() -> Verdict:
    """People who have been there, and do not say so."""
    return run_meddled(SAY_SO_LATE, {})


SCENES = (nobody_there, look_in_vain, say_so_late)


def run() -> Verdict:
    """The verdict of the first scene that does not pass."""
    return first_that_fails(*SCENES)
