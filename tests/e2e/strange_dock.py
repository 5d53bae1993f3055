"""A story that no file can tell: the planners think for long, and now and then talk nonsense.

While a planner thinks the dock goes on: a door it wants is taken by a trailer that was brought to the wrong one, a
robot is stopped, a person steps into a cell. What it proposes then must be looked at again before it is done.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast
from unittest.mock import patch

from msgspec.structs import replace

from backend.planning import registry
from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.planning.ports import DockAnswer, DoorProposal, RobotProposal
from tests.e2e.strange_planners import NONSENSE, strange_planners
from tests.e2e.told import told
from twin.clock import US_PER_S
from twin.messages.case import CaseDropped, CaseRefused
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.robot import AssignPickPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.planning.ports import DockView
    from scenarios.verdict import Verdict

DAY = """\
# Planners think for long and talk nonsense now and then; the dock does not wait for them, and nothing wrong is done.
site:
  id: bos1
  doors: 3
  robots: 3
  dock: {docking: 1 min}
  operators: {remote: 2, floor: 3, floor_response: 40 s, floor_handling: 1 min, answers: {grip_failed: skip}}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:05, cases: 24}
  - {id: t-2, arrives: 06:06:40, cases: 24}
  - {id: more, count: 24, arrivals: even, mean_gap: 2 min, arrives: 06:10, cases: 24, too_heavy: 1}
planners: {dock: pondering, unload: raving}
timeline:
  - {at: 06:05, fault: wrong_door, trailer: t-1}
  - {at: 06:08:20, fault: emergency_stop, robot: r2}
faults:
  - {fault: grip_fails, robot: each, per_hour: 6, until: 07:00}
  - {fault: emergency_stop, robot: each, per_hour: 6, until: 07:00}
  - {fault: operator_pauses, robot: each, per_hour: 12, for: 20 s, until: 07:00}
  - {fault: person_in_cell, door: each, per_hour: 12, for: 45 s, until: 07:00}
expect:
  - every_trailer: departed
    by: 09:30
  - every_case: [received, manual, damaged, refused]
  - name: nothing is asked of the yard that it must refuse
    never: command.rejected.v1
    entity: yard/yard
  - name: no robot is given an order or a plan in the middle of another
    never: command.rejected.v1
    where: {code: busy}
  - name: or one while it is stopped, or charges
    never: command.rejected.v1
    where: {code: not_automatic}
  - name: or a plan for a wall that it no longer stands before
    never: command.rejected.v1
    where: {code: scan_outdated}
  - name: nonsense shows
    eventually: exception.raised.v1
    where: {exception_type: planner_failed}
    at_least: 20
  - name: so that whoever wrote the planner understands it
    eventually: exception.raised.v1
    where: {detail: "dock planner pondering: NonsenseError: got NoneType, expected DockAnswer"}
  - name: and the other one too
    eventually: exception.raised.v1
    where: {detail: "unload planner raving: NonsenseError: got NoneType, expected UnloadAnswer"}
  - name: and the safe default decides
    eventually: exception.resolved.v1
    where: {exception_type: planner_failed, resolution: safe_default}
    at_least: 20
  - kpi: cases_short
    at_most: 0
"""


class Pondering:
    """Right when it is asked, and a minute late; each third answer is nonsense, of one kind after the other."""

    def __init__(self) -> None:
        self._safe = EarliestDueNearestDoor()
        self._asked = 0

    def propose(self, view: DockView) -> DockAnswer:
        self._asked += 1
        answer = self._safe.propose(view)
        if self._asked % 3 == 0:
            kinds = _nonsense(view, answer)
            NONSENSE.append("dock")
            return kinds[self._asked // 3 % len(kinds)]
        return replace(answer, latency_us=60 * US_PER_S)


def _nonsense(view: DockView, answer: DockAnswer) -> list[DockAnswer]:
    """What is not there, and what is there twice; where nothing is there it is all made up."""
    trailers = [it.trailer_id for it in view.trailers] or ["t-99"]
    doors = [it.door_id for it in view.free_doors] or ["d99"]
    ready = [it.door_id for it in view.ready_doors] or ["d99"]
    robots = [it.robot_id for it in view.robots] or ["r99"]
    pairs = [
        [("t-99", doors[0])],
        [(trailers[0], "d99")],
        [(trailers[0], doors[0]), (trailers[0], doors[-1])],
        [(trailers[0], doors[0]), (trailers[-1], doors[0])],
    ]
    robot_pairs = [
        [("r99", ready[0])],
        [(robots[0], "d99")],
        [(robots[0], ready[0]), (robots[0], ready[-1])],
        [(robots[0], ready[0]), (robots[-1], ready[0])],
    ]
    return [
        *(DockAnswer(doors=tuple(DoorProposal(trailer_id=t, door_id=d, reason="") for t, d in it)) for it in pairs),
        *(
            DockAnswer(robots=tuple(RobotProposal(robot_id=r, door_id=d, reason="") for r, d in it))
            for it in robot_pairs
        ),
        replace(
            answer,
            doors=answer.doors * 2,
            robots=(*answer.robots * 2, RobotProposal(robot_id="r99", door_id="d99", reason="")),
        ),
        replace(answer, latency_us=48 * 3600 * US_PER_S),
        replace(answer, latency_us="soon"),
        cast("DockAnswer", None),
    ]


@contextmanager
def pondering_planner() -> Iterator[None]:
    """While this lasts it can be chosen by name."""
    with strange_planners(), patch.dict(registry._DOCK, {"pondering": Pondering}):
        yield


def run() -> Verdict:
    """The verdict of the story."""
    NONSENSE.clear()
    with pondering_planner():
        verdict = told(DAY, "strange_dock")
    assert Counter(NONSENSE) == _shown(verdict), "all nonsense shows, once, and nothing else"
    assert not _planned_again(verdict), "what a robot has refused is left for people"
    return verdict


def _shown(verdict: Verdict) -> Counter[str]:
    """By planner, how often it was told that it has failed."""
    told = [it.message.data for it in verdict.result.deliveries if isinstance(it.message, ExceptionRaised)]
    return Counter(
        "dock" if it.trailer_id is None else "unload" for it in told if it.exception_type == "planner_failed"
    )


def _planned_again(verdict: Verdict) -> list[str]:
    """Cases that were planned though a robot had refused them, and they have not fallen since, or people leave them."""
    left: set[str] = set()
    asked: dict[str, str | None] = {}
    again: list[str] = []
    for _, message in verdict.result.deliveries:
        if isinstance(message, CaseRefused):
            left.add(message.data.track_id)
        elif isinstance(message, CaseDropped):
            left.discard(message.data.track_id)
        elif isinstance(message, ExceptionRaised):
            asked[message.data.exception_id] = message.data.track_id
        elif isinstance(message, ExceptionResolved) and message.data.resolution == "skip":
            left.add(asked[message.data.exception_id] or "")
        elif isinstance(message, AssignPickPlan):
            again += [track_id for track_id in message.data.track_ids if track_id in left]
    return again
