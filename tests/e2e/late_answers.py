"""Stories that no file can tell: planners think for long, and when their answer is due the dock is another.

The robot that was to have the plan has died, was stopped, or stands with a person; the order has ended; the trailer has
left, or was brought to a door by somebody else. What is not so any more must not be acted upon, and nobody forgotten.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from msgspec.structs import replace

from backend.planning import registry
from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.planning.top_down import TopDownNearestFirst
from sim.link import Loss
from tests.e2e.by_hand import as_soon_as, bring, let_go
from tests.e2e.meddling import Place, first_that_fails, run_meddled
from twin.clock import US_PER_S
from twin.messages.reply import CommandCompleted, CommandExpired, CommandFailed, CommandRejected
from twin.messages.robot import AssignOrder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.planning.ports import DockAnswer, DockView, UnloadAnswer, UnloadView
    from scenarios.verdict import Verdict
    from sim.robot import Robot

THE_DOCK_CHANGES = """\
# The unload planner thinks for a minute or two; meanwhile robots die and are stopped, and people step in.
site:
  id: bos1
  doors: 3
  robots: 4
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
  operators: {remote: 2, floor: 3, floor_response: 20 s, floor_handling: 20 s}
start: 2026-01-05 06:00
trailers:
  - {id: t, count: 30, arrivals: even, mean_gap: 3 min, arrives: 06:01, cases: 10}
planners: {unload: brooding}
faults:
  - {fault: emergency_stop, robot: each, per_hour: 8, until: 08:00}
  - {fault: operator_pauses, robot: each, per_hour: 8, for: 20 s, until: 08:00}
  - {fault: person_in_cell, door: each, per_hour: 20, for: 45 s, until: 08:00}
  - {fault: robot_dies, robot: each, per_hour: 3, for: 1 min, until: 08:00}
expect:
  - name: no planner is asked in vain
    never: exception.raised.v1
    where: {exception_type: planner_failed}
  - every_trailer: departed
    by: 09:00
  - every_case: [received, manual, damaged, refused]
  - name: nobody who waits for a plan is forgotten and sent away
    never: action.cancel.v1
  - name: and none is given a plan for a wall that it no longer stands before
    never: command.rejected.v1
    where: {code: scan_outdated}
  - name: or for an order that it no longer has
    never: command.rejected.v1
    where: {code: no_such_order}
  - name: or in the middle of another
    never: command.rejected.v1
    where: {code: busy}
  - kpi: cases_short
    at_most: 0
"""

TRAILERS_LEAVE = """\
# Trailers are let go by hand, whatever is in them: robots on their way, questions, plans thought about, all end there.
site:
  id: bos1
  doors:
    - {id: d1, conveyor: c1, position: 0 m}
    - {id: d2, conveyor: c2, position: 12 m}
    - {id: d3, conveyor: c3, position: 16 m}
  robots: 1
  dock: {docking: 20 s, restraint: 1 s, door: 1 s, leveller: 1 s, departure: 2 s, no_reads: 0 %, conveyor_length: 30 m}
  operators: {remote: 2, floor: 2, floor_response: 10 min, floor_handling: 1 min}
start: 2026-01-05 06:00
grace: 30 min
trailers:
  - {id: first, arrives: 06:00, cases: 6}
  - {id: far, arrives: 06:01, cases: 30}
  - {id: left, arrives: 06:15, cases: 20, too_heavy: 2}
  - {id: waiting, arrives: 06:16, cases: 10}
  - {id: slow, arrives: 07:00, cases: 20}
  - {id: jam, arrives: 07:30, cases: 24}
  - {id: last, arrives: 08:10, cases: 10}
  - {id: twice, arrives: 08:30, cases: 40}
planners: {unload: brooding}
expect:
  - name: no planner is asked in vain
    never: exception.raised.v1
    where: {exception_type: planner_failed}
  - every_trailer: departed
    by: 09:30
  - name: a robot on its way to a trailer that is let go is told at once that its order is over
    eventually: action.cancel.v1
    where: {order_id: o-far}
    after: {message: trailer.released.v1, where: {trailer_id: far}}
    within: 1 s
  - name: and has another soon
    eventually: order.assign.v1
    where: {order_id: o-left}
    by: 06:25
  - name: nobody is called for what has left with its trailer
    eventually: exception.resolved.v1
    where: {exception_type: leftovers, resolution: trailer_released}
    after: {message: trailer.released.v1, where: {trailer_id: left}}
    within: 1 s
  - name: and nobody carries anything out of it
    never: case.recovered.v1
  - receipt: far
    short: 30
  - receipt: left
    received: 18
    short: 2
  - receipt: waiting
    short: 10
  - receipt: last
    received: 10
  - name: what is on the belt when its trailer leaves is counted
    receipt: jam
    received: {at_least: 1}
    unidentified: 0
  - name: nobody is asked twice about what is left
    kpi: exceptions_raised
    at_most: 7
  - receipt: twice
    received: 40
  - name: that an order is over because its trailer has left is no refusal
    never: exception.raised.v1
    where: {exception_type: command_refused, trailer_id: far}
"""


THE_DOCK_PLANNER = """\
# The dock planner thinks for a minute, and one person may see to one robot: what others do meanwhile stands.
site:
  id: bos1
  doors: 3
  robots: 3
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
  operators:
    floor: 2
    people:
      - {id: ana, role: remote, robots: 1, shifts: [{from: 05:00, until: 12:00}]}
start: 2026-01-05 06:00
trailers:
  - {id: brought, arrives: 06:01, cases: 10}
  - {id: away, arrives: 06:20, cases: 10}
  - {id: pair-1, arrives: 06:40, cases: 30}
  - {id: pair-2, arrives: 06:40, cases: 30}
  - {id: pair-3, arrives: 06:40, cases: 30}
planners: {dock: brooding}
expect:
  - name: no planner is asked in vain
    never: exception.raised.v1
    where: {exception_type: planner_failed}
  - every_trailer: departed
    by: 07:30
  - name: nothing is asked of the yard that it must refuse, and no robot is given an order that it must refuse
    never: command.rejected.v1
  - receipt: brought
    received: 10
  - receipt: away
    short: 10
  - receipt: pair-3
    received: 30
"""

_JAM_US = 300 * US_PER_S
_NEXT_ORDER_US = 15 * US_PER_S
"""After that the robot that was cancelled has been given the order again."""


class Brooding:
    """Right, and a minute or two late; the more so the first time for the trailers called slow and twice."""

    def __init__(self) -> None:
        self._safe = TopDownNearestFirst()
        self._asked = 0
        self._slow = {"slow": None, "twice": None}

    def propose(self, view: UnloadView) -> UnloadAnswer:
        assert view.may_take, "it is asked though there is nothing to decide"
        self._asked += 1
        is_quick = view.trailer_id not in self._slow
        self._slow.pop(view.trailer_id, None)
        thinks_s = 45 + self._asked * 37 % 60 if is_quick else 600
        return replace(self._safe.propose(view), latency_us=thinks_s * US_PER_S)


class BroodingDock:
    """Right, and a minute late."""

    def __init__(self) -> None:
        self._safe = EarliestDueNearestDoor()

    def propose(self, view: DockView) -> DockAnswer:
        assert view.free_doors or (view.ready_doors and view.robots), "it is asked though there is nothing to decide"
        return replace(self._safe.propose(view), latency_us=60 * US_PER_S)


@contextmanager
def brooding_planners() -> Iterator[None]:
    """While this lasts they can be chosen by name."""
    unload, dock = {"brooding": Brooding}, {"brooding": BroodingDock}
    with patch.dict(registry._UNLOAD, unload), patch.dict(registry._DOCK, dock):
        yield


def the_dock_changes() -> Verdict:
    """While the planner thinks."""
    with brooding_planners():
        return run_meddled(THE_DOCK_CHANGES, {})


def trailers_leave() -> Verdict:
    """While robots, people and the planner are at them."""
    with brooding_planners():
        return run_meddled(TRAILERS_LEAVE, {"06:00": _let_them_go})


def _let_them_go(place: Place) -> None:
    """Somebody lets each trailer go once nobody is in it, and it is as the story wants it."""
    dock, robot = place.dock, place.dock.robots["r1"]

    def is_empty(name: str) -> bool:
        door = dock.doors.get(dock.trailers[name].door_id or "")
        return door is not None and door.may_be_entered and not door.robots_inside

    def cancel() -> None:
        dock.operators.pools["remote"].request_action("remote-1", "r1", "cancel")

    def jam_and_cancel() -> None:
        """What it has placed last stays on the belt, and it does not hear of its next order."""
        dock.conveyors[dock.doors[dock.trailers["jam"].door_id or ""].plan.conveyor_id].jam(for_us=_JAM_US)
        deaf = Loss(types=("order.assign.v1",), share=1.0)
        dock.gateway.lose("robot/r1", deaf)
        dock.kernel.after(_JAM_US, lambda: dock.gateway.lose_no_more("robot/r1", deaf))
        cancel()

    def has_left(name: str) -> bool:
        return dock.trailers[name].unload_finished_us is not None and is_empty(name)

    def waits_for_plan(name: str, *, placed: int) -> bool:
        return _is_at(robot, name) and robot.mailbox.awaits == "plan" and dock.trailers[name].placed >= placed

    as_soon_as(place, lambda: is_empty("far") and robot.state == "TRAVELLING", lambda: let_go(place, "far"))
    as_soon_as(place, lambda: has_left("left"), lambda: let_go(place, "left"))
    as_soon_as(place, lambda: is_empty("waiting"), lambda: let_go(place, "waiting"))
    as_soon_as(place, lambda: waits_for_plan("slow", placed=0), cancel)
    as_soon_as(place, lambda: waits_for_plan("twice", placed=0), cancel)
    as_soon_as(place, lambda: waits_for_plan("last", placed=0), lambda: _looks_again(robot))
    as_soon_as(place, lambda: has_left("slow"), lambda: let_go(place, "slow"))
    as_soon_as(place, lambda: waits_for_plan("jam", placed=6), jam_and_cancel)
    as_soon_as(place, lambda: has_left("jam"), lambda: dock.kernel.after(_NEXT_ORDER_US, lambda: let_go(place, "jam")))


def _looks_again(robot: Robot) -> None:
    """It scans by itself while it waits for its plan: the wall before it is the same, the scan another."""
    assert robot.unloading is not None, "it stands before a wall"
    assert robot.order is not None, "for an order"
    for _step in robot.unloading._scan(robot.order.id):
        pass


def _is_at(robot: Robot, trailer_id: str) -> bool:
    return robot.order is not None and robot.order.data.trailer_id == trailer_id


def the_dock_planner() -> Verdict:
    """While it thinks a trailer is brought to a door, another is let go; and it does not count who sees to robots."""

    def meddle(place: Place) -> None:
        doors, trailers = place.dock.doors, place.dock.trailers

        def waits(name: str) -> bool:
            return trailers[name].is_in_yard

        def is_ready(name: str) -> bool:
            return any(it.trailer is trailers[name] and it.may_be_entered for it in doors.values())

        as_soon_as(place, lambda: waits("brought"), lambda: bring(place, "brought", "d2"))
        as_soon_as(place, lambda: is_ready("away"), lambda: let_go(place, "away"))

    with brooding_planners():
        verdict = run_meddled(THE_DOCK_PLANNER, {"06:00": meddle})
    assert _at_work_max(verdict) == 1, "more robots are at work than one person may see to"
    return verdict


def _at_work_max(verdict: Verdict) -> int:
    """The most robots that had an order at one time."""
    at_work: set[str] = set()
    most = 0
    for _, message in verdict.result.deliveries:
        if isinstance(message, AssignOrder):
            at_work.add(message.id)
            most = max(most, len(at_work))
        elif isinstance(message, CommandCompleted | CommandFailed | CommandRejected | CommandExpired):
            at_work.discard(message.data.command_id)
    return most


SCENES = (the_dock_changes, trailers_leave, the_dock_planner)


def run() -> Verdict:
    """The verdict of the first scene that does not pass, else of the last."""
    return first_that_fails(*SCENES)
