"""A story that no file can tell: what nobody was asked about is found, and people say so of themselves.

A case falls off its belt unseen, a track proves to be none after its trailer was let go, a robot whose order is ended
cannot let go of its case, another is taken away while it idles. Each time the word of people is all there is, and what
waits for it goes on at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sim.unloading import Unloading
from tests.e2e.by_hand import as_soon_as
from tests.e2e.meddling import Place, ask, first_that_fails, run_meddled
from twin.messages.case import CaseRecovered, CaseRecoveredData, CaseRetracted, CaseRetractedData
from twin.messages.robot import RobotRemoved, RobotRemovedData

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.case import Case
    from sim.kernel import Steps

OFF_THE_BELT = """\
# A case falls off its belt, and lies there until somebody comes by: then its receipt is closed.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {conveyor_length: 30 m, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 6}
expect:
  - every_trailer: departed
    by: 06:25
  - every_case: [received, manual]
  - name: its receipt waits for it, and no longer
    eventually: receipt.closed.v1
    after: {message: case.recovered.v1}
    within: 1 s
  - name: nobody is asked
    never: intervention.requested.v1
"""


def falls_off() -> Verdict:
    """A case that is found beside its belt."""
    return run_meddled(OFF_THE_BELT, {"06:02": _fall_off, "06:09:30": _find})


def _fall_off(place: Place) -> None:
    """The last of three on the belt; nothing sees it."""
    belt = place.dock.conveyors["c1"]
    as_soon_as(place, lambda: belt.cases_on_belt > 2, belt._riding.pop)


def _find(place: Place) -> None:
    trailer = place.dock.trailers["t-1"]
    case = next(it for it in trailer.cases.values() if it.whereabouts == "on_conveyor")
    case.whereabouts = "carried_out"
    _say_recovered(place, case)


def _say_recovered(place: Place, case: Case) -> None:
    track_id, label = case.track_id or "", case.loaded.label
    data = CaseRecoveredData(trailer_id="t-1", track_id=track_id, disposition="manual", label=label)
    place.dock.operators.pool_of("floor").endpoint.emit(CaseRecovered, data)


PROVES_TO_BE_NONE = """\
# That a track is no case is heard from nobody; people find nothing, and take it back when they look at their lists.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 6}
timeline:
  - {at: 06:01, fault: ghost_case, trailer: t-1}
  - {at: 06:02, fault: messages_lost, what: robot/r1, types: [case.retracted.v1], for: 20 min}
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: received
  - name: its receipt waits for it, and no longer
    eventually: receipt.closed.v1
    after: {message: case.retracted.v1, entity: operator/floor}
    within: 1 s
"""


def proves_to_be_none() -> Verdict:
    """A track that people take back after they were done."""
    return run_meddled(PROVES_TO_BE_NONE, {"06:02": _take_back})


def _take_back(place: Place) -> None:
    trailer = place.dock.trailers["t-1"]

    def take_back() -> None:
        data = CaseRetractedData(trailer_id="t-1", track_id="t-1-c7")
        place.dock.operators.pool_of("floor").endpoint.emit(CaseRetracted, data)

    as_soon_as(place, lambda: trailer.released_us is not None, take_back)


KEEPS_ITS_CASE = """\
# A robot whose order is ended leaves with a case that it cannot let go of: nobody works before people have taken it.
site:
  id: bos1
  doors: 1
  robots: 1
  dock: {no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 30}
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: [received, manual]
  - name: it is given its order as soon as its hand is empty, and not before
    eventually: order.assign.v1
    after: {message: case.recovered.v1}
    within: 11 s
"""


def keeps_its_case() -> Verdict:
    """A robot that cannot let go of a case."""
    place_case = Unloading._place

    def keep_if_cancelled(work: Unloading, held: Any) -> Steps:  # noqa: ANN401 - as it is
        if not work._robot.is_cancelled:
            yield from place_case(work, held)

    with patch.object(Unloading, "_place", keep_if_cancelled):
        return run_meddled(KEEPS_ITS_CASE, {"06:06:50": ask("r1", "cancel"), "06:08": _take_it})


def _take_it(place: Place) -> None:
    robot = place.dock.robots["r1"]
    case = robot.holding.pop()
    case.whereabouts = "carried_out"
    _say_recovered(place, case)


IS_TAKEN_AWAY = """\
# An idle robot is taken away to be looked after, and nobody had to ask for that: it gets no work until it is back.
site: {id: bos1, doors: 2, robots: 2}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 20}
  - {id: t-2, arrives: 06:01, cases: 20}
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: received
  - never: order.assign.v1
    entity: robot/r2
"""


def is_taken_away() -> Verdict:
    """A robot that people take away while it idles."""
    return run_meddled(IS_TAKEN_AWAY, {"06:04": _take_away})


def _take_away(place: Place) -> None:
    place.dock.robots["r2"].take_out()
    data = RobotRemovedData(robot_id="r2", door_id="d2")
    place.dock.operators.pool_of("floor").endpoint.emit(RobotRemoved, data)


SCENES = (falls_off, proves_to_be_none, keeps_its_case, is_taken_away)


def run() -> Verdict:
    """The verdict of the first scene that does not pass."""
    return first_that_fails(*SCENES)
