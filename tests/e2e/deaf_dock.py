"""Stories that no file can tell: one word after the other is lost for good, and the dock gets by without it.

What happened is told by an event, by how things say they are, and often by another machine as well: of each such fact
all ways but one are lost, all day long. What can be said in one way only is lost for a while: nothing is done wrongly
meanwhile, and the day goes on as soon as it is heard again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.told import told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.verdict import Verdict

ALL_DAY: tuple[tuple[str, ...], ...] = (
    ("trailer.announced.v1", "trailer.manifest.v1", "trailer.arrived.v1"),
    ("trailer.docked.v1", "yard.state.v1"),
    ("trailer.docked.v1", "door.restraint_engaged.v1"),
    ("door.restraint_engaged.v1", "door.opened.v1", "door.leveller_lowered.v1"),
    ("door.leveller_stored.v1", "door.closed.v1", "door.restraint_released.v1"),
    ("trailer.released.v1", "trailer.departed.v1", "door.restraint_released.v1"),
    (
        "command.accepted.v1",
        "command.rejected.v1",
        "command.expired.v1",
        "command.completed.v1",
        "command.failed.v1",
    ),
    ("unload.started.v1", "unload.finished.v1"),
    ("case.picked.v1", "case.placed.v1"),
    ("case.placed.v1", "case.identified.v1"),
    ("case.picked.v1", "case.identified.v1", "case.unreadable.v1"),
    ("case.dropped.v1", "case.damaged.v1", "case.split.v1", "case.retracted.v1", "case.recovered.v1"),
    ("case.refused.v1",),
    (
        "conveyor.jammed.v1",
        "conveyor.cleared.v1",
        "conveyor.blocked.v1",
        "conveyor.unblocked.v1",
        "sorter.jammed.v1",
        "sorter.cleared.v1",
    ),
    ("conveyor.state.v1", "sorter.state.v1", "door.state.v1", "yard.state.v1", "operator.state.v1"),
    ("door.person_entered.v1", "door.person_left.v1"),
    ("robot.error_raised.v1", "robot.error_cleared.v1"),
    ("robot.emergency_stopped.v1", "robot.emergency_stop_reset.v1"),
    ("robot.removed.v1", "case.recovered.v1"),
    (
        "robot.factsheet.v1",
        "intervention.taken.v1",
        "intervention.handed_back.v1",
        "robot_action.requested.v1",
        "operator.state.v1",
    ),
    ("action.snapshot.v1", "action.resend.v1", "events.lost.v1"),
)
"""What is lost together: what remains tells the same."""

FOR_A_WHILE: dict[str, str] = {
    "robot.state.v1": "only it says that a robot lives and is idle: nothing is entrusted to one that is not heard",
    "wall.scanned.v1": "only it says what there is to take",
    "intervention.requested.v1": "people are asked anew when the deadline of the question has passed",
    "intervention.answered.v1": "the same: nothing goes on for which nobody is known to have answered",
    "order.assign.v1": "a command has one way: it is repeated, found to be unknown, and issued again",
    "pick_plan.assign.v1": "the same",
    "action.retry.v1": "the same",
    "action.release_to_work.v1": "the same",
    "trailer.release.v1": "the same",
}
"""What cannot be done without, and why."""

_DAY = """\
# One word is lost for good: the dock gets by without it, and a truck is not kept waiting for it.
site:
  id: bos1
  doors: 2
  robots: 2
  sorter: {{id: s1, rate: 3000 /h}}
  operators: {{remote: 1, floor: 2, remote_response: 20 s, floor_response: 1 min, floor_handling: 1 min}}
start: 2026-01-05 06:00
until: 09:00
grace: 15 min
trailers:
  - {{id: t-1, arrives: 06:10, notice: 5 min, cases: 25, damaged: 1}}
  - {{id: t-2, arrives: 06:10, notice: 5 min, cases: 25, too_heavy: 1}}
timeline:
  - {{at: 06:00, fault: messages_lost, what: all, types: [{types}], for: {lasts}}}
  - {{at: 06:17, fault: emergency_stop, robot: r1}}
  - {{when: {{cases_placed: 5}}, fault: robot_dies, robot: r2, for: 5 min}}
  - {{when: {{cases_placed: 8}}, fault: person_in_cell, door: d1, for: 45 s}}
  - {{when: {{cases_placed: 10}}, fault: conveyor_jam, conveyor: c1}}
  - {{when: {{cases_placed: 12}}, fault: grip_fails, robot: r1}}
  - {{when: {{cases_placed: 15}}, fault: sorter_down, sorter: s1}}
  - {{when: {{cases_placed: 18}}, fault: vacuum_lost, robot: r1}}
  - {{when: {{cases_placed: 20}}, fault: no_read, conveyor: c1}}
  - {{when: {{cases_placed: 22}}, fault: case_drops, robot: r1}}
  - {{when: {{cases_placed: 22}}, fault: ghost_case, trailer: t-1}}
  - {{when: {{cases_placed: 22}}, fault: merged_cases, trailer: t-2}}
expect:
  - every_trailer: departed
    by: "{departed}"
  - every_case: [received, manual, damaged, refused]
  - name: every receipt is closed
    eventually: receipt.closed.v1
    at_least: 2
    by: "{closed}"
  - name: people have no more to do than with all that is said
    kpi: exceptions_by_people
    at_most: {by_people}
"""
_RECEIVED = """\
  - kpi: cases_received
    at_least: 46
"""


def days() -> Iterator[tuple[str, str]]:
    """What is lost, and the scenario of such a day. With all that is said, the last trailer departs at 06:32.

    A receipt waits for ten minutes after that, if it cannot be known any more what became of a case.
    """
    for types in ALL_DAY:
        named, knows_cases = ", ".join(types), not any(name.startswith("case.") for name in types)
        closed = "06:34" if knows_cases else "06:43"
        text = _DAY.format(types=named, lasts="4 h", departed="06:38", closed=closed, by_people=10)
        yield named, text + (_RECEIVED if knows_cases else "")
    for name in FOR_A_WHILE:
        text = _DAY.format(types=name, lasts="40 min", departed="07:10", closed="07:10", by_people=20)
        yield name, text + _RECEIVED


def run() -> Verdict:
    """The verdict of the first day that does not pass, or of the last."""
    verdict = None
    for _, text in days():
        verdict = run_of(text)
        if verdict.verdict != "passed":
            break
    assert verdict is not None
    return verdict


def run_of(text: str) -> Verdict:
    """The verdict of one day."""
    return told(text, "deaf_dock")
