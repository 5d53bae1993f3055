"""Stories that no file can tell: radio loses what is said, or brings it when it is too late.

A robot hears no order, most commands must be said again, robots are heard long after doors; an order, a plan, an answer
is a minute on its way. What is in doubt is settled, nothing is done twice, and nobody is sent in vain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.by_hand import as_soon_as
from tests.e2e.meddling import Place, first_that_fails, run_meddled
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from scenarios.verdict import Verdict

DEAF = """\
# R1 hears no orders, first for a while, then for long; later nobody hears what it answers: all the work is done.
site:
  id: bos1
  doors: 1
  robots: 2
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
  operators: {floor_response: 1 min, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 10}
  - {id: t-2, arrives: 06:20, cases: 10}
  - {id: t-3, arrives: 06:40, cases: 40}
timeline:
  - {at: 06:01, fault: messages_lost, what: robot/r1, types: [order.assign.v1], for: 3 min}
  - {at: 06:03:20, fault: robot_silent, robot: r2, for: 45 s}
  - {at: 06:19, fault: messages_lost, what: robot/r1, types: [order.assign.v1], for: 15 min}
  - {at: 06:42, fault: messages_lost, what: robot/r1, types: [command.accepted.v1, command.completed.v1], for: 4 min}
  - {at: 06:42, fault: messages_lost, what: robot/r2, types: [command.accepted.v1, command.completed.v1], for: 4 min}
expect:
  - every_trailer: departed
    by: 07:10
  - every_case: [received]
  - name: what nobody has answered is in doubt a minute after it has been said, and shows
    eventually: exception.raised.v1
    where: {exception_type: command_unknown, entity: robot/r1}
    after: {message: order.assign.v1}
    within: 66 s
  - name: it is said anew as soon as the robot says that it has not heard it
    eventually: exception.resolved.v1
    where: {exception_type: command_unknown, resolution: issued_again}
    after: {message: exception.raised.v1, where: {exception_type: command_unknown}}
    within: 1 s
  - name: whatever is in doubt is settled
    each: exception.raised.v1
    where: {exception_type: command_unknown}
    leads_to: {message: exception.resolved.v1}
    same: exception
    within: 70 s
    at_least: 3
  - name: somebody goes to a robot that does not answer its order
    eventually: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r1}
    by: 06:24
  - name: and another takes it over at once
    eventually: unload.started.v1
    entity: robot/r2
    by: 06:25
  - name: nobody goes to a robot that works
    never: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r2}
  - name: no order is carried out twice
    never: command.rejected.v1
  - name: people are told of what is in doubt, and not of each question that is lost
    kpi: exceptions_raised
    at_most: 20
"""

UNHEARD = """\
# Most commands are lost on the way: each is said again until it is heard, and never where somebody stands by then.
site:
  id: bos1
  doors: 3
  robots: 3
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
  operators: {remote: 2, floor: 3, remote_response: 2 s, floor_response: 10 s, floor_handling: 10 s}
start: 2026-01-05 06:00
trailers:
  - {id: t, count: 30, arrivals: even, mean_gap: 2 min, arrives: 06:01, cases: 12}
timeline:
  - {at: 06:00, fault: messages_lost, what: yard/yard, types: [trailer.assign_door.v1, trailer.release.v1], for: 3 h,
     share: 85 %}
  - at: 06:00
    fault: messages_lost
    what: robot/r1
    types: [order.assign.v1, pick_plan.assign.v1, action.release_to_work.v1, action.resume.v1]
    for: 3 h
    share: 85 %
  - at: 06:00
    fault: messages_lost
    what: robot/r2
    types: [order.assign.v1, pick_plan.assign.v1, action.release_to_work.v1, action.resume.v1]
    for: 3 h
    share: 85 %
  - at: 06:00
    fault: messages_lost
    what: robot/r3
    types: [order.assign.v1, pick_plan.assign.v1, action.release_to_work.v1, action.resume.v1]
    for: 3 h
    share: 85 %
faults:
  - {fault: emergency_stop, robot: each, per_hour: 10, until: 07:00}
  - {fault: operator_pauses, robot: each, per_hour: 10, for: 10 s, until: 07:00}
  - {fault: person_in_cell, door: each, per_hour: 60, for: 10 s, until: 07:00}
expect:
  - every_trailer: departed
    by: 07:30
  - every_case: [received]
  - name: a robot that somebody has released works again soon
    each: intervention.answered.v1
    where: {answer: release}
    leads_to: {message: action.release_to_work.v1}
    within: 2 min
    at_least: 10
  - name: nothing is in doubt for long
    each: exception.raised.v1
    where: {exception_type: command_unknown}
    leads_to: {message: exception.resolved.v1}
    same: exception
    within: 2 min
"""

SLOW_RADIO = """\
# Robots are heard seconds after doors, and out of order: who has stepped in is safe, and nobody is sent in vain.
site:
  id: bos1
  doors: 2
  robots: 2
  state_period: 1 s
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t, count: 9, arrivals: even, mean_gap: 9 min, arrives: 06:01, cases: 12}
timeline:
  - {at: 06:00, fault: link, robot: all, for: 3 h, link: {uplink: 1500 ms, jitter: 1500 ms}}
faults:
  - {fault: person_in_cell, door: each, per_hour: 60, for: 15 s, until: 08:00}
expect:
  - every_trailer: departed
    by: 09:30
  - every_case: [received]
  - name: nobody is sent to a robot that does what it is told
    never: exception.raised.v1
    where: {exception_type: robot_stuck}
  - name: and none is sent away
    never: action.cancel.v1
  - name: no robot is told what it must refuse
    never: command.rejected.v1
"""

LATE_ORDER = """\
# R1 hears an order when it is too old, just after it was said anew: it says so, and does it when it hears it again.
site:
  id: bos1
  doors: 1
  robots: 1
  state_period: 1 s
  dock: {docking: 20 s, restraint: 5 s, door: 5 s, leveller: 5 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 10}
timeline:
  - {at: 06:01:30, fault: link, robot: r1, for: 70 s, link: {downlink: 67 s}}
  - {at: 06:02:40, fault: link, robot: r1, for: 1 min, link: {downlink: 4 s}}
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: [received]
  - name: what came too late is said anew
    eventually: command.expired.v1
    entity: robot/r1
    by: 06:03
  - name: and is not taken for refused
    never: exception.raised.v1
    where: {exception_type: command_refused}
  - name: nor is anything done in vain
    never: action.cancel.v1
"""

LATE_PLAN = """\
# R1 hears its plan when it is too old: ten seconds after it has said so it is given another.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {docking: 20 s, restraint: 5 s, door: 5 s, leveller: 5 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 10}
timeline:
  - {at: 06:01:50, fault: link, robot: r1, for: 100 s, link: {downlink: 61 s}}
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: [received]
  - name: it is given another plan when the pause is over
    each: command.expired.v1
    entity: robot/r1
    leads_to: {message: pick_plan.assign.v1}
    same: order
    within: 10100 ms
    at_least: 1
  - name: that it came too late shows
    each: command.expired.v1
    leads_to: {message: exception.raised.v1, where: {exception_type: command_refused, entity: robot/r1}}
    within: 1 s
"""

LATE_ANSWER = """\
# What R1 says is heard a minute late, after its order is in doubt: what it has said ends the doubt.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {docking: 20 s, restraint: 5 s, door: 5 s, leveller: 5 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:19:56, cases: 10}
timeline:
  - {at: 06:20:30, fault: link, robot: r1, for: 90 s, link: {uplink: 70 s}}
expect:
  - every_trailer: departed
    by: 07:10
  - every_case: [received]
  - name: an answer ends the doubt
    eventually: exception.resolved.v1
    where: {exception_type: command_unknown, resolution: accepted}
    after: {message: exception.raised.v1, where: {exception_type: command_unknown}}
    within: 6 s
"""

STORM = """\
# For a while almost nothing that robots say is heard at once: states overtake what was said, and all is counted once.
site:
  id: bos1
  doors: 2
  robots: 2
  state_period: 2 s
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t, count: 12, arrivals: even, mean_gap: 4 min, arrives: 06:01, cases: 12}
timeline:
  - {at: 06:02, fault: link, robot: all, for: 40 min, link: {loss: 60 %, retransmit: 40 s}}
expect:
  - every_trailer: departed
    by: 08:00
  - every_case: [received]
  - name: whatever is in doubt is settled
    each: exception.raised.v1
    where: {exception_type: command_unknown}
    leads_to: {message: exception.resolved.v1}
    same: exception
    within: 3 min
    at_least: 2
"""


def deaf() -> Verdict:
    """R1 is addressed in vain."""
    return run_meddled(DEAF, {})


def unheard() -> Verdict:
    """Radio that loses commands."""
    return run_meddled(UNHEARD, {})


def slow_radio() -> Verdict:
    """What robots say is late: somebody steps in when a robot has scanned, and that is heard before its scan."""

    def step_in(place: Place, times: int) -> None:
        def waits() -> bool:
            return any(it.mailbox.awaits == "plan" for it in place.dock.robots.values())

        def enter() -> None:
            for door in place.dock.doors.values():
                if door.robots_inside and door.person_enters():
                    place.dock.kernel.after(10 * US_PER_S, door.person_leaves)
            if times > 1:
                place.dock.kernel.after(60 * US_PER_S, lambda: step_in(place, times - 1))

        as_soon_as(place, waits, enter)

    return run_meddled(SLOW_RADIO, {"06:00": lambda place: step_in(place, 8)})


def late_order() -> Verdict:
    """Orders are a minute on their way."""
    return run_meddled(LATE_ORDER, {})


def late_plan() -> Verdict:
    """A plan is a minute on its way."""
    return run_meddled(LATE_PLAN, {})


def late_answer() -> Verdict:
    """Answers are a minute on their way."""
    return run_meddled(LATE_ANSWER, {})


def storm() -> Verdict:
    """What was said comes long after how it is."""
    return run_meddled(STORM, {})


SCENES = (deaf, unheard, slow_radio, late_order, late_plan, late_answer, storm)


def run() -> Verdict:
    """The verdict of the first scene that does not pass, else of the last."""
    return first_that_fails(*SCENES)
