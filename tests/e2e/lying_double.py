"""A story that no file can tell: a second machine comes up under the name of a robot, and what it says is not so.

It says of cases, of trailers and of itself whatever a machine can say, while the robot it is named like stands still.
Whoever believes it leaves cases behind, counts what was never delivered, or sends people for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sim.case import Case
from sim.impostor import Impostor
from tests.e2e.told import told
from twin.clock import US_PER_S
from twin.messages import case as cases
from twin.messages.robot import (
    RobotErrorData,
    RobotErrorRaised,
    RobotStateData,
    RobotStateReport,
    UnloadData,
    UnloadStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.verdict import Verdict

LIES_FROM_US = 30 * US_PER_S
LIES_EVERY_US = 2 * US_PER_S
DAY = """\
# A second machine under the name of a robot talks nonsense about cases and trailers: none of it is believed.
site:
  id: bos1
  doors: 2
  robots: 3
  dock: {docking: 1 min, no_reads: 0 %}
  operators: {remote: 2, floor: 3, floor_response: 3 min, floor_handling: 1 min}
start: 2026-01-05 06:00
grace: 10 min
trailers:
  - {id: t-1, arrives: 06:00, cases: 90}
  - {id: t-2, arrives: 06:00, cases: 90}
timeline:
  - {when: {robot_holds_case: r1, cases_placed: 30}, fault: protective_stop, robot: r1, for: 20 min}
  - {when: {robot_holds_case: r1, cases_placed: 30}, fault: double_identity, robot: r1}
expect:
  - every_trailer: departed
    by: 06:40
  - name: people are sent to the two machines
    eventually: intervention.requested.v1
    where: {exception_type: double_identity, entity: robot/r1}
    by: 06:12
  - name: nobody is sent for cases that are not there, or could be taken
    never: intervention.requested.v1
    where: {exception_type: leftovers}
  - name: and nobody because of an error that no robot has
    never: exception.raised.v1
    where: {exception_type: grip_failed, entity: robot/r1}
  - name: what the robot held is carried out, all else goes over the belt, and no lie is on a receipt
    receipt: t-1
    received: 90
    damaged: 0
    refused: 0
    short: 0
    over: 0
    unidentified: 0
  - receipt: t-2
    received: 90
    short: 0
    over: 0
"""


class Liar(Impostor):
    """Once it has started it says what is not so, one thing after the other, until it is ended."""

    def __init__(self, dock: Any, **named: Any) -> None:  # noqa: ANN401 - as it is made by the simulator
        super().__init__(dock, **named)
        robot = dock.robots[named["robot_id"]]
        assert robot.order is not None, "it is doubled at work"
        self._trailer = dock.trailers[robot.order.data.trailer_id]
        lies = self._lies()

        def lie() -> None:
            if not self.has_ended:
                message_type, data = next(lies)
                self._send(message_type, data)
                dock.kernel.after(LIES_EVERY_US, lie)

        dock.kernel.after(LIES_FROM_US, lie)

    def _lies(self) -> Iterator[tuple[Any, Any]]:
        trailer_id = self._trailer.trailer_id
        tracks = self._trailer.by_track.items()
        standing = [track for track, it in tracks if isinstance(it, Case) and it.outcome == "in_trailer"]
        delivered = [track for track, it in tracks if isinstance(it, Case) and it.outcome == "received"]
        other = next(it for it in self._dock.doors.values() if it.trailer and it.trailer is not self._trailer)
        assert other.trailer is not None
        yield UnloadStarted, UnloadData(trailer_id=other.trailer.trailer_id, door_id=other.plan.door_id)
        yield (
            RobotErrorRaised,
            RobotErrorData(error_id="e-1", error_type="grip_failed", error_level="URGENT", allowed_answers=("retry",)),
        )
        for where in (standing, delivered):
            for number, track_id in enumerate(where[:7]):
                yield _lie_about(number, trailer_id, track_id)
        yield RobotStateReport, self._holding(trailer_id, standing[0])
        while True:
            yield RobotStateReport, self._holding(trailer_id, standing[1])

    def _holding(self, trailer_id: str, track_id: str) -> RobotStateData:
        return RobotStateData(
            robot_state="PLACING",
            operating_mode="AUTOMATIC",
            connection_state="ONLINE",
            trailer_id=trailer_id,
            door_id=None,
            holding=(track_id,),
            **self._emitter.last_seqs(),
        )


def _lie_about(number: int, trailer_id: str, track_id: str) -> tuple[Any, Any]:
    """It was taken, set aside, has fallen, is none, or two."""
    named: dict[str, Any] = {"trailer_id": trailer_id, "track_id": track_id}
    lies: tuple[tuple[Any, Any], ...] = (
        (cases.CaseRefused, cases.CaseSetAsideData(reason="too_heavy", **named)),
        (cases.CaseDamaged, cases.CaseSetAsideData(reason="crushed_corner", **named)),
        (cases.CaseRetracted, cases.CaseRetractedData(**named)),
        (cases.CaseSplit, cases.CaseSplitData(successors=(f"{track_id}-a", f"{track_id}-b"), **named)),
        (cases.CaseDropped, cases.CaseDroppedData(cause="fell", height_m=1.0, **named)),
        (cases.CasePlaced, cases.CasePlacedData(conveyor_id="c1", **named)),
        (cases.CasePicked, cases.CasePickedData(taken_from="wall", attempts=1, weight_kg=5.0, **named)),
    )
    return lies[number % len(lies)]


def run() -> Verdict:
    """The verdict of the story."""
    with patch("sim.robot.Impostor", Liar):
        return told(DAY, "lying_double")
