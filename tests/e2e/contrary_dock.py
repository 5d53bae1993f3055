"""Stories that no file can tell: what yard, doors and robots are told cannot be done just then.

A release is refused, a door is taken by a van that nobody knows of, a trailer has left by the time a robot is there, a
planner has no plan, another robot stands in the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from unittest.mock import patch

from backend.planning import registry
from sim.yard import Yard
from tests.e2e.by_hand import as_soon_as, bring, let_go
from tests.e2e.meddling import Place, first_that_fails, run_meddled
from twin.clock import US_PER_S
from twin.messages.robot import AssignOrder, AssignPickPlan
from twin.messages.trailer import AssignDoor, ReleaseTrailer

if TYPE_CHECKING:
    from backend.planning.ports import UnloadAnswer, UnloadView
    from scenarios.verdict import Verdict

LOOKS_IN = """\
# As each trailer is to be let go somebody looks into it once more: the yard refuses, and is asked again after that.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 10}
  - {id: t-2, arrives: 06:02, cases: 10}
expect:
  - every_trailer: departed
    by: 06:20
  - every_case: [received]
  - name: that a release is refused shows
    each: command.rejected.v1
    leads_to: {message: exception.raised.v1, where: {exception_type: command_refused, entity: yard/yard}}
    within: 1 s
    at_least: 4
  - name: and the yard is asked again once nobody is inside, and ten seconds are over
    each: exception.raised.v1
    where: {exception_type: command_refused}
    leads_to: {message: trailer.release.v1}
    same: trailer
    within: 13 s
"""

VAN = """\
# A van stands at the only door, of which nobody has told: two minutes later the trailer is sent there again.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {docking: 20 s, departure: 20 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:02, cases: 10}
expect:
  - every_trailer: departed
    by: 06:12
  - name: the trailer is sent to the door again when the van may have left
    eventually: trailer.assign_door.v1
    at_least: 2
    by: 06:04:02
  - name: that it was refused shows
    each: command.rejected.v1
    leads_to: {message: exception.raised.v1, where: {exception_type: command_refused}}
    within: 1 s
    at_least: 1
  - name: and nobody is told again and again while the van stands there
    kpi: exceptions_raised
    at_most: 2
"""

NOT_YET = """\
# The yard cannot bring a trailer just now: ten seconds later it is told again.
site: {id: bos1, doors: 1, robots: 1}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:02, cases: 10}
expect:
  - every_trailer: departed
    by: 06:20
  - name: it is told again when the pause is over
    each: command.rejected.v1
    leads_to: {message: trailer.assign_door.v1}
    same: order
    within: 10100 ms
    at_least: 1
"""

ON_ITS_WAY = """\
# R1 is paused on its way to a trailer that has left by then. Somebody steps into the next one there: R1 waits for them.
site:
  id: bos1
  doors:
    - {id: d1, conveyor: c1, position: 0 m}
    - {id: d2, conveyor: c2, position: 30 m}
  robots: 1
  dock: {docking: 10 s, restraint: 1 s, door: 1 s, leveller: 1 s, departure: 2 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: first, arrives: 06:00, cases: 6}
  - {id: far, arrives: 06:01, cases: 10}
  - {id: next, arrives: 06:04, cases: 10}
expect:
  - every_trailer: departed
    by: 06:20
  - receipt: next
    received: 10
  - name: it goes on as soon as nobody is inside
    eventually: action.resume.v1
    after: {message: door.person_left.v1, entity: door/d2}
    within: 1 s
"""

BELT = """\
# A trailer leaves while R2 is on its way to it, and some cases are on the belt: that R2 turns back is no refusal.
site:
  id: bos1
  doors:
    - {id: d1, conveyor: c1, position: 0 m}
    - {id: d2, conveyor: c2, position: 30 m}
  robots: 2
  dock: {docking: 10 s, restraint: 1 s, door: 1 s, leveller: 1 s, departure: 2 s, no_reads: 0 %, conveyor_length: 30 m}
start: 2026-01-05 06:00
grace: 15 min
trailers:
  - {id: t-1, arrives: 06:01, cases: 30}
expect:
  - every_trailer: departed
    by: 06:20
  - name: what has come over the belt is received, also after its trailer has left
    receipt: t-1
    received: {at_least: 8}
    unidentified: 0
  - name: people are told of a door given by hand, an order cancelled and a belt, and of no more
    kpi: exceptions_raised
    at_most: 3
"""

GONE_UNHEARD = """\
# A trailer is let go while R1 is on its way to it, and its door is not heard: R1 is told once, and no other is sent.
site:
  id: bos1
  doors:
    - {id: d1, conveyor: c1, position: 0 m}
    - {id: d2, conveyor: c2, position: 20 m}
    - {id: d3, conveyor: c3, position: 50 m}
  robots:
    - {id: r1, travel_speed: 0.5 m/s}
    - {id: r2, travel_speed: 0.5 m/s}
  dock: {docking: 10 s, restraint: 1 s, door: 1 s, leveller: 1 s, departure: 50 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 30}
timeline:
  - at: 06:01:15
    fault: messages_lost
    what: door/d3
    types: [door.closed.v1, door.leveller_stored.v1, door.restraint_released.v1, door.state.v1]
    for: 2 min
expect:
  - every_trailer: departed
  - name: R1 is told at once
    eventually: action.cancel.v1
    entity: robot/r1
    after: {message: trailer.released.v1}
    within: 1 s
  - name: and is on its way for long after that
    eventually: robot.state.v1
    entity: robot/r1
    where: {robot_state: TRAVELLING}
    after: {message: command.completed.v1, entity: robot/r1}
    within: 11 s
  - name: it is not told again while it is
    never: action.cancel.v1
    after: 06:01:18
  - name: and nobody else is sent there
    never: order.assign.v1
    entity: robot/r2
"""

VAIN = """\
# The planner fails whenever it is asked; somebody stands beside the robot for long: it is asked once for each scan.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 12}
planners: {unload: failing}
timeline:
  - {at: 06:01:30, fault: link, robot: all, for: 5 min, link: {uplink: 1500 ms}}
expect:
  - every_trailer: departed
    by: 06:20
  - every_case: [received]
  - name: that it fails is said once for each scan
    kpi: exceptions_raised
    at_most: 2
"""

IN_THE_WAY = """\
# R1 dies in a trailer, and a spare speaks in its name: who is sent there next finds it, and people go there.
site:
  id: bos1
  doors: 1
  robots: 2
  dock: {docking: 20 s, departure: 20 s, no_reads: 0 %}
  operators: {floor_response: 30 s, floor_handling: 30 s}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 24}
timeline:
  - {when: {robot_holds_case: r1, cases_placed: 6}, fault: robot_dies, robot: r1}
  - {when: {robot_holds_case: r1, cases_placed: 6}, fault: double_identity, robot: r1}
expect:
  - every_trailer: departed
    by: 06:40
  - every_case: [received, manual]
  - name: people go to the robot that stands in the way, as soon as it is found
    eventually: exception.raised.v1
    where: {exception_type: double_identity, entity: robot/r1}
    after: {message: command.failed.v1, entity: robot/r2, where: {code: door_blocked}}
    within: 1 s
"""

CLEAR = """\
# A clear day: whatever is decided is decided with the message that has made it possible, and names it.
site: {id: bos1, doors: 2, robots: 2}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 30}
  - {id: t-2, arrives: 06:01, cases: 30}
  - {id: t-3, arrives: 06:02, cases: 30}
expect:
  - every_trailer: departed
"""


def looks_in() -> Verdict:
    """Two releases of each trailer are refused: somebody is in it for a moment, and then for longer."""
    why_not = Yard._why_not_release
    looked: dict[str, int] = {}

    def steps_in(yard: Yard, command: ReleaseTrailer) -> str | None:
        trailer_id = command.data.trailer_id
        looked[trailer_id] = times = looked.get(trailer_id, 0) + 1
        door = yard._doors[command.data.door_id]
        if times in _LOOKS_FOR_US and door.person_enters():
            yard._kernel.after(_LOOKS_FOR_US[times], door.person_leaves)
        return why_not(yard, command)

    with patch.object(Yard, "_why_not_release", steps_in):
        return run_meddled(LOOKS_IN, {})


_LOOKS_FOR_US = {1: 2 * US_PER_S, 2: 12 * US_PER_S}
"""For how long somebody is inside when a release is refused, by how often it has been."""


def van() -> Verdict:
    """For the yard the door is occupied, until the van has left."""
    why_not = Yard._why_not_dock
    left: list[bool] = []

    def occupied(yard: Yard, command: AssignDoor) -> str | None:
        return why_not(yard, command) if left else "door_occupied"

    with patch.object(Yard, "_why_not_dock", occupied):
        return run_meddled(VAN, {"06:03": lambda _place: left.append(True)})


def not_yet() -> Verdict:
    """The first time it is refused."""
    why_not = Yard._why_not_dock
    asked: list[AssignDoor] = []

    def refuses(yard: Yard, command: AssignDoor) -> str | None:
        asked.append(command)
        return why_not(yard, command) if len(asked) > 1 else "not_in_yard"

    with patch.object(Yard, "_why_not_dock", refuses):
        return run_meddled(NOT_YET, {})


def on_its_way() -> Verdict:
    """Where it says that it is somebody is, though nothing else says that it is there."""

    def meddle(place: Place) -> None:
        dock, robot, door = place.dock, place.dock.robots["r1"], place.dock.doors["d2"]

        def ask(action: Literal["pause", "resume"]) -> None:
            dock.operators.pools["remote"].request_action("remote-1", "r1", action)

        def is_ready(name: str) -> bool:
            return door.trailer is dock.trailers[name] and door.may_be_entered

        def step_in() -> None:
            door.person_enters()
            dock.kernel.after(2 * US_PER_S, lambda: ask("resume"))
            dock.kernel.after(20 * US_PER_S, door.person_leaves)

        def let_far_go() -> None:
            let_go(place, "far")
            ask("pause")

        as_soon_as(place, lambda: is_ready("far") and robot.state == "TRAVELLING", let_far_go)
        as_soon_as(
            place, lambda: dock.trailers["next"].is_in_yard and door.trailer is None, lambda: bring(place, "next", "d2")
        )
        as_soon_as(place, lambda: is_ready("next"), step_in)

    return run_meddled(ON_ITS_WAY, {"06:00": meddle})


def belt() -> Verdict:
    """R1 is cancelled, its belt jams, R2 is sent, and somebody lets the trailer go."""

    def meddle(place: Place) -> None:
        dock, r1, r2, trailer = place.dock, place.dock.robots["r1"], place.dock.robots["r2"], place.dock.trailers["t-1"]

        def ask(action: Literal["pause", "cancel"]) -> None:
            dock.operators.pools["remote"].request_action("remote-1", "r1", action)

        as_soon_as(place, lambda: trailer.placed >= _PLACED, lambda: ask("cancel"))
        as_soon_as(place, lambda: r1.state == "EXITING", lambda: dock.conveyors["c1"].jam(for_us=300 * US_PER_S))
        as_soon_as(place, lambda: trailer.placed >= _PLACED and r1.order is None, lambda: ask("pause"))
        as_soon_as(place, lambda: r2.state == "TRAVELLING", lambda: let_go(place, "t-1"))
        bring(place, "t-1", "d1")

    return run_meddled(BELT, {"06:01": meddle})


_PLACED = 8


def gone_unheard() -> Verdict:
    """Somebody lets a trailer go as soon as R1 is on its way to it."""

    def meddle(place: Place) -> None:
        bring(place, "t-1", "d3")
        as_soon_as(place, lambda: place.dock.robots["r1"].state == "TRAVELLING", lambda: let_go(place, "t-1"))

    return run_meddled(GONE_UNHEARD, {"06:01": meddle})


def vain() -> Verdict:
    """A planner that fails, and a person who stays."""

    def step_in(place: Place) -> None:
        robot, door = place.dock.robots["r1"], place.dock.doors["d1"]

        def enter() -> None:
            door.person_enters()
            place.dock.kernel.after(120 * US_PER_S, door.person_leaves)

        as_soon_as(place, lambda: robot.mailbox.awaits == "plan", enter)

    with patch.dict(registry._UNLOAD, {"failing": Failing}):
        return run_meddled(VAIN, {"06:00": step_in})


class Failing:
    """Never has a plan."""

    def propose(self, _view: UnloadView) -> UnloadAnswer:
        msg = "no plan today"
        raise RuntimeError(msg)


def in_the_way() -> Verdict:
    """What says that it has started again has not left the trailer."""
    return run_meddled(IN_THE_WAY, {})


def clear() -> Verdict:
    """Who asks why a robot was sent finds it in the log."""
    verdict = run_meddled(CLEAR, {})
    decided = [it.message for it in verdict.result.deliveries if isinstance(it.message, _DECIDED)]
    assert all(command.causationid is not None for command in decided), "something was decided for no cause"
    return verdict


_DECIDED = (AssignDoor, AssignOrder, AssignPickPlan, ReleaseTrailer)
SCENES = (looks_in, van, not_yet, on_its_way, belt, gone_unheard, vain, in_the_way, clear)


def run() -> Verdict:
    """The verdict of the first scene that does not pass, else of the last."""
    return first_that_fails(*SCENES)
