"""A story that no file can tell: people who step in, click twice, and click what is not offered.

What they want of robots is done where it may be and refused where it may not, and what they want last holds; the first
answer in time counts, every other is refused and they are told; what is over nobody need answer any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.meddling import Place, ask, first_that_fails, run_meddled
from twin.messages.exception import InterventionAnswered, InterventionAnsweredData

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.verdict import Verdict
    from twin.messages.exception import Answer

ASK_FOR = """\
# Ana has robots paused, go on and end their orders: those that can, and those that cannot, and none that is silent.
#
# R1 is at work, R2 is not paused, R3 is silent, R4 has no order. R4 does not hear that it is to go on, and Ana thinks
# better of it: what she wants last holds. R1 hears late that it is to pause, and at once that it is to go on; and later
# it hears so late that it is to go on that it must be told again.
site:
  id: bos1
  doors: 3
  robots: 4
  operators: {remote: 1, remote_response: 10 s, floor: 2, floor_response: 30 s, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05:00, cases: 120}
  - {id: t-2, arrives: 06:05:10, cases: 120}
  - {id: t-3, arrives: 06:05:20, cases: 120}
timeline:
  - {at: 06:11:30, fault: partition, what: robot/r3, for: 50 s}
  - {at: 06:12:30, fault: messages_lost, what: robot/r4, types: [action.resume.v1], for: 3 min}
  - {at: 06:14:30, fault: link, robot: r1, for: 30 s, link: {downlink: 5 s}}
  - {at: 06:17:10, fault: link, robot: r1, for: 75 s, link: {downlink: 62 s}}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: R1 is told to end its order at once
    eventually: action.cancel.v1
    entity: robot/r1
    after: {message: robot_action.requested.v1, where: {robot_id: r1, action: cancel}}
    within: 1 s
  - name: and leaves the trailer
    eventually: unload.finished.v1
    entity: robot/r1
    after: {message: robot_action.requested.v1, where: {robot_id: r1, action: cancel}}
    within: 20 s
  - name: another goes on, or it does when it is out
    eventually: unload.started.v1
    after: {message: unload.finished.v1, where: {trailer_id: t-1}}
    within: 2 min
  - name: a robot without an order is not told to end it
    never: action.cancel.v1
    entity: robot/r4
  - name: one that is not paused is not told to go on
    never: action.resume.v1
    entity: robot/r2
  - name: nothing is wanted of one that is silent
    never: action.pause.v1
    entity: robot/r3
  - name: a robot without an order can be paused
    eventually: action.pause.v1
    entity: robot/r4
    after: {message: robot_action.requested.v1, where: {robot_id: r4, action: pause}}
    within: 1 s
  - name: and go on
    eventually: action.resume.v1
    entity: robot/r4
    after: {message: robot_action.requested.v1, where: {robot_id: r4, action: resume}}
    within: 1 s
  - name: but not any more once it is to stay paused
    never: action.resume.v1
    entity: robot/r4
    after: 06:13:31
  - name: which it is told, for it may have gone on
    eventually: action.pause.v1
    entity: robot/r4
    at_least: 2
    by: 06:13:31
  - name: R1 goes on as soon as it has paused
    eventually: action.resume.v1
    entity: robot/r1
    by: 06:14:41
  - name: what it heard too late it is told again
    each: command.expired.v1
    entity: robot/r1
    leads_to: {message: action.resume.v1}
    same: robot
    within: 1 s
  - name: nothing is asked of a robot that it must refuse
    never: command.rejected.v1
    entity: robot/r1
"""


def asks_for_actions() -> Verdict:
    """People who want something of robots."""
    return run_meddled(
        ASK_FOR,
        {
            "06:11": ask("r4", "cancel"),
            "06:11:10": ask("r4", "pause"),
            "06:12": ask("r1", "cancel"),
            "06:12:05": ask("r2", "resume"),
            "06:12:10": ask("r3", "pause"),
            "06:13": ask("r4", "resume"),
            "06:13:30": ask("r4", "pause"),
            "06:14:35": ask("r1", "pause"),
            "06:14:36": ask("r1", "resume"),
            "06:17": ask("r1", "pause"),
            "06:17:15": ask("r1", "resume"),
        },
    )


ANSWER = """\
# People answer twice, too late, and what they are not offered: the first answer that is right counts.
site:
  id: bos1
  doors: 2
  robots: 2
  operators:
    remote_response: 20 s
    floor_response: 2 min
    people:
      - {id: ana, role: remote}
      - {id: eve, role: remote, skills: [sorter_jammed]}
      - {id: flo, role: floor}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
  - {id: t-2, arrives: 06:05, cases: 80}
timeline:
  - {at: 06:10, fault: double_answer, operator: floor}
  - {at: 06:10, fault: double_answer, operator: remote}
  - {at: 06:10:50, fault: no_read, conveyor: c2}
  - {at: 06:11, fault: conveyor_jam, conveyor: c2}
  - {at: 06:11, fault: grip_fails, robot: r1}
  - {at: 06:13, fault: late_answer, operator: remote}
  - {at: 06:13, fault: grip_fails, robot: r1}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: each question says at which door it is
    eventually: intervention.requested.v1
    where: {exception_type: conveyor_jammed, door_id: d2}
    by: 06:11:01
  - name: those about what is in a trailer too
    eventually: intervention.requested.v1
    where: {exception_type: grip_failed, door_id: d1}
    at_least: 2
    by: 06:14
  - name: a jam is asked about, whatever else is asked about that belt
    each: conveyor.jammed.v1
    leads_to: {message: exception.raised.v1, where: {exception_type: conveyor_jammed}}
    same: conveyor
    within: 1 s
  - name: what is not offered is refused
    each: intervention.answered.v1
    where: {person: eve}
    leads_to: {message: intervention.refused.v1, where: {code: not_an_option, person: eve}}
    same: intervention
    within: 1 s
    at_least: 2
  - name: and not done
    never: exception.resolved.v1
    where: {resolution: abandon}
  - name: a second click is told that there was a first
    eventually: intervention.refused.v1
    where: {code: answered_already}
    at_least: 2
    by: 06:20
  - name: what comes after the default has held is too late
    eventually: intervention.refused.v1
    where: {code: too_late}
    by: 06:15
  - name: each question is answered or its default holds
    each: intervention.requested.v1
    leads_to: {message: exception.resolved.v1}
    same: exception
    within: 10 min
    at_least: 3
"""


def answers() -> Verdict:
    """People who answer badly."""
    return run_meddled(ANSWER, {"06:11:20": _answer_all("abandon"), "06:11:22": _answer_all("release")})


def _answer_all(answer: Answer) -> Callable[[Place], None]:
    """Eve answers whatever is asked."""

    def click(place: Place) -> None:
        for pool in place.dock.operators.pools.values():
            for task in list(pool._open.values()):
                data = InterventionAnsweredData(
                    intervention_id=task.request.data.intervention_id, answer=answer, person="eve"
                )
                pool.endpoint.emit(InterventionAnswered, data, causation_id=task.request.id)

    return click


ENDS_IT = """\
# Robots ask for help, and before anybody answers their orders are ended: nobody need answer any more.
#
# R1 says that its error is over, and that is lost for good; its next report shows it. So it is with R3 and its battery,
# that is charged. R4 is stopped before it is answered: it is answered when it is released.
site:
  id: bos1
  doors: 4
  robots:
    - {id: r1}
    - {id: r2}
    - {id: r3, battery: 20 min, charging: 5 min}
    - {id: r4}
  operators: {remote: 4, remote_response: 40 s, floor: 2, floor_response: 20 s, floor_handling: 10 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05:00, cases: 60}
  - {id: t-2, arrives: 06:05:10, cases: 60}
  - {id: t-3, arrives: 06:05:20, cases: 500}
  - {id: t-4, arrives: 06:05:30, cases: 60}
timeline:
  - {at: 06:12, fault: grip_fails, robot: r1}
  - {at: 06:12, fault: messages_lost, what: robot/r1, types: [robot.error_cleared.v1], for: 1 min}
  - {at: 06:12, fault: grip_fails, robot: r2}
  - {at: 06:12, fault: grip_fails, robot: r4}
  - {at: 06:12:15, fault: emergency_stop, robot: r4}
  - {at: 06:31, fault: messages_lost, what: robot/r3, types: [robot.error_cleared.v1], for: 20 min}
expect:
  - every_trailer: departed
    by: 07:30
  - every_case: [received, manual, damaged, refused]
  - name: nobody is asked any more about an error that is over
    eventually: exception.resolved.v1
    where: {exception_type: grip_failed, by: rule, resolution: error_cleared}
    after: {message: robot.error_cleared.v1, entity: robot/r2}
    within: 1 s
  - name: also if the word of that is lost
    eventually: exception.resolved.v1
    where: {exception_type: grip_failed, by: rule, resolution: not_reported}
    after: {message: unload.finished.v1, entity: robot/r1}
    within: 15 s
  - name: a battery that is charged is not low
    each: exception.raised.v1
    where: {exception_type: battery_low}
    leads_to: {message: exception.resolved.v1, where: {exception_type: battery_low}}
    same: exception
    within: 10 min
  - name: nothing that is over is answered
    never: command.rejected.v1
  - name: R4 is answered as soon as it is released
    eventually: action.retry.v1
    entity: robot/r4
    after: {message: action.release_to_work.v1, entity: robot/r4}
    within: 1 s
"""


def ends_orders() -> Verdict:
    """People who end orders of robots that wait for them."""
    return run_meddled(ENDS_IT, {"06:12:20": ask("r1", "cancel"), "06:12:21": ask("r2", "cancel")})


RELEASED = """\
# R1 is paused, and then stopped; meanwhile somebody wants it to go on. That it is released is not heard, but seen.
site:
  id: bos1
  doors: 1
  robots: 1
  operators: {remote: 1, remote_response: 20 s, floor: 2, floor_response: 10 s, floor_handling: 5 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 80}
timeline:
  - {at: 06:12:10, fault: emergency_stop, robot: r1}
  - {at: 06:12:45, fault: messages_lost, what: robot/r1, types: [command.completed.v1], for: 8 s}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: R1 is told to go on as soon as it is seen that it is not stopped any more
    eventually: action.resume.v1
    entity: robot/r1
    after: {message: action.release_to_work.v1, entity: robot/r1}
    within: 20 s
  - name: and then it goes on
    eventually: unload.finished.v1
    entity: robot/r1
    by: 06:25
"""


def released_unheard() -> Verdict:
    """A robot whose release is seen, and not heard."""
    return run_meddled(RELEASED, {"06:12": ask("r1", "pause"), "06:12:20": ask("r1", "resume")})


NOT_DONE = """\
# R2 has no order and stands still: that shows only when somebody wants it paused: it says that it will, and does not.
site:
  id: bos1
  doors: 1
  robots: 2
  operators: {remote: 1, remote_response: 20 s, floor: 2, floor_response: 10 s, floor_handling: 5 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 240}
timeline:
  - {at: 06:11, fault: robot_zombie, robot: r2}
expect:
  - every_trailer: departed
    by: 07:00
  - every_case: [received, manual, damaged, refused]
  - name: it is seen five minutes and a report later
    eventually: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r2}
    after: {message: robot_action.requested.v1}
    within: 311 s
  - name: and people see to it
    eventually: exception.resolved.v1
    where: {exception_type: robot_stuck, by: floor}
    by: 06:20
  - name: R1 is as it says
    never: exception.raised.v1
    where: {exception_type: robot_stuck, entity: robot/r1}
"""


def not_done() -> Verdict:
    """A robot that says that it will pause, and does not."""
    return run_meddled(NOT_DONE, {"06:12": ask("r2", "pause")})


SCENES = (asks_for_actions, answers, ends_orders, released_unheard, not_done)


def run() -> Verdict:
    """The verdict of the first scene that does not pass."""
    return first_that_fails(*SCENES)
