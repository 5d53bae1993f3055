"""A day told message by message, in seconds since 06:00, for what is computed from a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from twin.clock import format_time, parse_time, us
from twin.ids import parse_address
from twin.messages.case import (
    CaseDamaged,
    CaseIdentified,
    CaseIdentifiedData,
    CasePicked,
    CasePickedData,
    CasePlaced,
    CasePlacedData,
    CaseRecovered,
    CaseRecoveredData,
    CaseRefused,
    CaseSetAsideData,
    CaseUnreadable,
    CaseUnreadableData,
)
from twin.messages.emitter import Emitter
from twin.messages.exception import (
    ExceptionRaised,
    ExceptionRaisedData,
    ExceptionResolved,
    ExceptionResolvedData,
    InterventionAnswered,
    InterventionAnsweredData,
)
from twin.messages.robot import (
    RobotFactsheet,
    RobotFactsheetData,
    RobotRemoved,
    RobotRemovedData,
    UnloadData,
    UnloadFinished,
    UnloadFinishedData,
    UnloadStarted,
)
from twin.messages.trailer import (
    TrailerAnnounced,
    TrailerAnnouncedData,
    TrailerArrived,
    TrailerData,
    TrailerDeparted,
    TrailerDocked,
)
from twin.participant import Delivery

if TYPE_CHECKING:
    from twin.messages.envelope import Data, Message

START_US = parse_time("2026-01-05T06:00:00.000000Z")


class Story:
    """Each method says one thing at `at_s`; `log` is the result."""

    def __init__(self) -> None:
        self.log: list[Delivery] = []
        self._emitters: dict[str, Emitter] = {}

    def say(
        self,
        at_s: float,
        source: str,
        kind: type[Message],
        data: Data,
        *,
        late_s: float = 0.0,
        cause: str | None = None,
    ) -> str:
        """The id of the message, emitted at `at_s` and on the bus `late_s` later."""
        emitter = self._emitters.setdefault(source, Emitter(site="bos1", address=parse_address(source), boot=1))
        message = emitter.emit(kind, data, at_us=START_US + us(at_s), causation_id=cause)
        self.log.append(Delivery(START_US + us(at_s + late_s), message))
        return message.id

    def announced(self, at_s: float, trailer: str, *, cases: int, due_s: float) -> str:
        data = TrailerAnnouncedData(
            trailer_id=trailer,
            carrier="Nordfracht",
            unload_kind="live",
            cases=cases,
            parts=0,
            manifest_sha256="0" * 64,
            due_at=format_time(START_US + us(due_s)),
        )
        return self.say(at_s, "yard/yard", TrailerAnnounced, data)

    def arrived(self, at_s: float, trailer: str, *, late_s: float = 0.0) -> str:
        return self.say(at_s, "yard/yard", TrailerArrived, TrailerData(trailer_id=trailer), late_s=late_s)

    def docked(self, at_s: float, trailer: str, door: str = "d1") -> str:
        return self.say(at_s, "yard/yard", TrailerDocked, TrailerData(trailer_id=trailer, door_id=door))

    def departed(self, at_s: float, trailer: str, door: str = "d1", *, cause: str | None = None) -> str:
        data = TrailerData(trailer_id=trailer, door_id=door)
        return self.say(at_s, "yard/yard", TrailerDeparted, data, cause=cause)

    def factsheet(self, at_s: float, robot: str) -> str:
        data = RobotFactsheetData(
            software_version="1.0",
            calibrated_at=format_time(START_US),
            commands_accepted=(),
            weight_kg_max=30.0,
            weight_kg_max_high=20.0,
            high_from_m=1.5,
            size_m_max=(0.9, 0.6, 0.6),
            reach_m=2.5,
            speed_m_per_s=1.5,
        )
        return self.say(at_s, f"robot/{robot}", RobotFactsheet, data)

    def started(self, at_s: float, robot: str, trailer: str, *, late_s: float = 0.0) -> str:
        data = UnloadData(trailer_id=trailer, door_id="d1")
        return self.say(at_s, f"robot/{robot}", UnloadStarted, data, late_s=late_s)

    def finished(
        self, at_s: float, robot: str, trailer: str, *, cases: int = 0, counted: bool = False, late_s: float = 0.0
    ) -> str:
        data = UnloadFinishedData(trailer_id=trailer, door_id="d1", cases_placed=cases, counted_only=counted)
        return self.say(at_s, f"robot/{robot}", UnloadFinished, data, late_s=late_s)

    def removed(self, at_s: float, robot: str) -> str:
        return self.say(at_s, "operator/floor", RobotRemoved, RobotRemovedData(robot_id=robot, door_id="d1"))

    def picked(self, at_s: float, robot: str, trailer: str, track: str, *, cause: str | None = None) -> str:
        data = CasePickedData(trailer_id=trailer, track_id=track, taken_from="wall", attempts=1, weight_kg=9.0)
        return self.say(at_s, f"robot/{robot}", CasePicked, data, cause=cause)

    def placed(
        self, at_s: float, robot: str, trailer: str, track: str, *, cause: str | None = None, late_s: float = 0.0
    ) -> str:
        data = CasePlacedData(trailer_id=trailer, track_id=track, conveyor_id="c1")
        return self.say(at_s, f"robot/{robot}", CasePlaced, data, cause=cause, late_s=late_s)

    def identified(self, at_s: float, trailer: str, track: str, *, cause: str | None = None) -> str:
        data = CaseIdentifiedData(trailer_id=trailer, track_id=track, label=f"label-{track}")
        return self.say(at_s, "conveyor/c1", CaseIdentified, data, cause=cause)

    def unreadable(self, at_s: float, trailer: str, track: str) -> str:
        return self.say(at_s, "conveyor/c1", CaseUnreadable, CaseUnreadableData(trailer_id=trailer, track_id=track))

    def damaged(self, at_s: float, robot: str, trailer: str, track: str) -> str:
        data = CaseSetAsideData(trailer_id=trailer, track_id=track, reason="crushed_corner")
        return self.say(at_s, f"robot/{robot}", CaseDamaged, data)

    def refused(self, at_s: float, robot: str, trailer: str, track: str) -> str:
        data = CaseSetAsideData(trailer_id=trailer, track_id=track, reason="too_heavy")
        return self.say(at_s, f"robot/{robot}", CaseRefused, data)

    def recovered(
        self, at_s: float, trailer: str, track: str, disposition: Literal["manual", "damaged", "refused"]
    ) -> str:
        data = CaseRecoveredData(trailer_id=trailer, track_id=track, disposition=disposition)
        return self.say(at_s, "operator/floor", CaseRecovered, data)

    def raised(
        self, at_s: float, exception_id: str, exception_type: str, entity: str = "robot/r1", *, cause: str | None = None
    ) -> str:
        data = ExceptionRaisedData(
            exception_id=exception_id,
            exception_type=exception_type,
            level="URGENT",
            entity=entity,
            owner="rule",
            deadline_at=format_time(START_US + us(at_s + 120)),
        )
        return self.say(at_s, "backend/core", ExceptionRaised, data, cause=cause)

    def resolved(
        self,
        at_s: float,
        exception_id: str,
        exception_type: str,
        by: Literal["rule", "remote", "floor"] = "rule",
        *,
        cause: str | None = None,
    ) -> str:
        data = ExceptionResolvedData(
            exception_id=exception_id, exception_type=exception_type, by=by, resolution="robot_returned"
        )
        return self.say(at_s, "backend/core", ExceptionResolved, data, cause=cause)

    def answered(self, at_s: float, intervention_id: str) -> str:
        data = InterventionAnsweredData(intervention_id=intervention_id, answer="skip")
        return self.say(at_s, "operator/remote", InterventionAnswered, data)
