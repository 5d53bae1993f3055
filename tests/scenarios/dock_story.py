"""A day of the whole dock told message by message: belts, stops, people, receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tests.scenarios.story import START_US, Story
from twin.clock import format_time, us
from twin.ids import parse_address
from twin.messages.case import (
    CaseIdentified,
    CaseIdentifiedData,
    CasePlaced,
    CasePlacedData,
    CaseRetracted,
    CaseRetractedData,
    CaseSplit,
    CaseSplitData,
)
from twin.messages.conveyor import (
    ConveyorBlocked,
    ConveyorCleared,
    ConveyorData,
    ConveyorJammed,
    ConveyorUnblocked,
)
from twin.messages.door import DoorPeopleData, DoorState, DoorStateData, PersonEntered, PersonLeft
from twin.messages.emitter import Emitter
from twin.messages.exception import (
    ExceptionAssigned,
    ExceptionAssignedData,
    ExceptionRaised,
    ExceptionRaisedData,
    InterventionAnswered,
    InterventionAnsweredData,
    InterventionHandedBack,
    InterventionPersonData,
    InterventionRequested,
    InterventionRequestedData,
    InterventionTaken,
)
from twin.messages.operator import OperatorState, OperatorStateData
from twin.messages.receipt import ReceiptClosed, ReceiptClosedData, ReceiptLine
from twin.messages.robot import AssignOrder, OrderData, RobotStateData, RobotStateReport, UnloadData, UnloadStarted
from twin.messages.sorter import SorterState, SorterStateData
from twin.messages.trailer import (
    TrailerAnnounced,
    TrailerAnnouncedData,
    TrailerData,
    TrailerReleased,
)
from twin.participant import Delivery

if TYPE_CHECKING:
    from twin.robot_states import RobotState


class DockStory(Story):
    """What `Story` tells, and the rest of the dock."""

    def reboot(self, source: str) -> None:
        """From here on it speaks in another boot."""
        boot = self._emitters[source].boot + 1
        self._emitters[source] = Emitter(site="bos1", address=parse_address(source), boot=boot)

    def due(self, trailer: str, *, due_s: float, per_h: float) -> str:
        data = TrailerAnnouncedData(
            trailer_id=trailer,
            carrier="Nordfracht",
            unload_kind="live",
            cases=1,
            parts=0,
            manifest_sha256="0" * 64,
            due_at=format_time(START_US + us(due_s)),
            detention_per_h=per_h,
        )
        return self.say(0, "yard/yard", TrailerAnnounced, data)

    def released(self, at_s: float, trailer: str) -> str:
        return self.say(at_s, "yard/yard", TrailerReleased, TrailerData(trailer_id=trailer, door_id="d1"))

    def ordered(self, at_s: float, robot: str, door: str, conveyor: str) -> None:
        data = OrderData(
            action_id="a-1",
            epoch=1,
            expires_at=format_time(START_US + us(at_s + 60)),
            order_id="o-t-1",
            trailer_id="t-1",
            door_id=door,
            conveyor_id=conveyor,
            cases_expected=1,
        )
        emitter = self._emitters.setdefault(
            "backend/core", Emitter(site="bos1", address=parse_address("backend/core"), boot=1)
        )
        message = emitter.command(AssignOrder, data, target=f"robot/{robot}", at_us=START_US + us(at_s))
        self.log.append(Delivery(START_US + us(at_s), message))

    def started_at(self, at_s: float, robot: str, door: str) -> str:
        return self.say(at_s, f"robot/{robot}", UnloadStarted, UnloadData(trailer_id="t-1", door_id=door))

    def placed_on(self, at_s: float, robot: str, trailer: str, track: str, conveyor: str) -> str:
        data = CasePlacedData(trailer_id=trailer, track_id=track, conveyor_id=conveyor)
        return self.say(at_s, f"robot/{robot}", CasePlaced, data)

    def identified_on(self, at_s: float, trailer: str, track: str, conveyor: str) -> str:
        data = CaseIdentifiedData(trailer_id=trailer, track_id=track, label=f"label-{track}")
        return self.say(at_s, f"conveyor/{conveyor}", CaseIdentified, data)

    def retracted(self, at_s: float, robot: str, trailer: str, track: str) -> str:
        data = CaseRetractedData(trailer_id=trailer, track_id=track)
        return self.say(at_s, f"robot/{robot}", CaseRetracted, data)

    def split(self, at_s: float, robot: str, trailer: str, track: str, *successors: str) -> str:
        data = CaseSplitData(trailer_id=trailer, track_id=track, successors=successors)
        return self.say(at_s, f"robot/{robot}", CaseSplit, data)

    def is_in(self, at_s: float, robot: str, state: RobotState, *, late_s: float = 0.0) -> str:
        data = RobotStateData(
            robot_state=state,
            operating_mode="AUTOMATIC",
            connection_state="ONLINE",
            last_event_seq=0,
            last_reply_seq=0,
        )
        return self.say(at_s, f"robot/{robot}", RobotStateReport, data, late_s=late_s)

    def blocked(self, at_s: float, conveyor: str = "c1") -> str:
        return self.say(at_s, f"conveyor/{conveyor}", ConveyorBlocked, ConveyorData())

    def unblocked(self, at_s: float, conveyor: str = "c1") -> str:
        return self.say(at_s, f"conveyor/{conveyor}", ConveyorUnblocked, ConveyorData())

    def door_says(self, at_s: float, door: str, trailer: str) -> str:
        data = DoorStateData(trailer_id=trailer, last_event_seq=0, last_reply_seq=0)
        return self.say(at_s, f"door/{door}", DoorState, data)

    def jammed(self, at_s: float, conveyor: str = "c1") -> str:
        return self.say(at_s, f"conveyor/{conveyor}", ConveyorJammed, ConveyorData())

    def cleared(self, at_s: float, conveyor: str = "c1") -> str:
        return self.say(at_s, f"conveyor/{conveyor}", ConveyorCleared, ConveyorData())

    def raised_for(self, at_s: float, exception: str, owner: Literal["rule", "remote", "floor"]) -> str:
        data = ExceptionRaisedData(
            exception_id=exception,
            exception_type="grip_failed",
            level="URGENT",
            entity="robot/r1",
            owner=owner,
            deadline_at=format_time(START_US + us(at_s + 120)),
        )
        return self.say(at_s, "backend/core", ExceptionRaised, data)

    def sorter_takes(self, at_s: float, rate_per_h: float) -> str:
        data = SorterStateData(
            sorter_state="RUNNING", cases_sorted=0, rate_per_h=rate_per_h, last_event_seq=0, last_reply_seq=0
        )
        return self.say(at_s, "sorter/s1", SorterState, data)

    def on_duty(self, at_s: float, role: Literal["remote", "floor"], people: int) -> str:
        data = OperatorStateData(role=role, people_on_duty=people, last_event_seq=0, last_reply_seq=0)
        return self.say(at_s, f"operator/{role}", OperatorState, data)

    def requested(self, at_s: float, intervention: str, role: Literal["remote", "floor"], exception: str = "x1") -> str:
        data = InterventionRequestedData(
            intervention_id=intervention,
            exception_id=exception,
            exception_type="grip_failed",
            role=role,
            options=("skip",),
            deadline_at=format_time(START_US + us(at_s + 60)),
            entity="robot/r1",
        )
        return self.say(at_s, "backend/core", InterventionRequested, data)

    def taken(self, at_s: float, intervention: str, role: Literal["remote", "floor"], person: str = "ana") -> str:
        data = InterventionPersonData(intervention_id=intervention, person=person)
        return self.say(at_s, f"operator/{role}", InterventionTaken, data)

    def handed_back(self, at_s: float, intervention: str, role: Literal["remote", "floor"], person: str = "ana") -> str:
        data = InterventionPersonData(intervention_id=intervention, person=person)
        return self.say(at_s, f"operator/{role}", InterventionHandedBack, data)

    def answered_by(self, at_s: float, intervention: str, role: Literal["remote", "floor"]) -> str:
        data = InterventionAnsweredData(intervention_id=intervention, answer="skip")
        return self.say(at_s, f"operator/{role}", InterventionAnswered, data)

    def assigned(self, at_s: float, exception: str, person: str | None) -> str:
        data = ExceptionAssignedData(exception_id=exception, exception_type="grip_failed", person=person)
        return self.say(at_s, "backend/core", ExceptionAssigned, data)

    def people_in_cell(self, at_s: float, door: str, people: int, *, is_entering: bool) -> str:
        kind = PersonEntered if is_entering else PersonLeft
        return self.say(at_s, f"door/{door}", kind, DoorPeopleData(people_inside=people, trailer_id="t-1"))

    def receipt(
        self, at_s: float, trailer: str, *lines: ReceiptLine, of: tuple[int, int] = (1, 1), unidentified: int = 0
    ) -> str:
        data = ReceiptClosedData(trailer_id=trailer, part=of[0], parts=of[1], lines=lines, unidentified=unidentified)
        return self.say(at_s, "backend/core", ReceiptClosed, data)


def receipt_line(name: str, received: int, *, po: str = "po-1", **others: int) -> ReceiptLine:
    """A line that expects what it says became of it."""
    expected = received + sum(number for key, number in others.items() if key != "over")
    return ReceiptLine(line_id=name, po_id=po, expected=expected, received=received, **others)
