"""A trailer that stands at another door than it was given: it is taken as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tests.backend.fake_dock import FakeDock, dock_of
from tests.backend.field import Field
from twin.messages import door, exception, receipt, reply, robot, trailer

if TYPE_CHECKING:
    import pytest

    from twin.messages import Message


def types(said: list[Message]) -> list[type[Message]]:
    return [type(it) for it in said]


def docked(field: Field, name: str, at: str) -> list[Message]:
    return field.say("yard/yard", trailer.TrailerDocked, trailer.TrailerData(trailer_id=name, door_id=at))


def given_d1() -> Field:
    field = Field(doors=2)
    field.report()
    field.announce()
    field.arrive()
    assert field.last(trailer.AssignDoor).data.door_id == "d1"
    return field


def test_it_is_said_and_taken_as_it_is() -> None:
    field = given_d1()
    docked(field, "t-1", "d2")
    raised = field.last(exception.ExceptionRaised).data
    assert (raised.exception_type, raised.level, raised.entity, raised.owner) == (
        "wrong_door",
        "WARNING",
        "door/d2",
        "rule",
    )
    assert field.backend.state.resolved == {"wrong_door/taken_as_it_is/rule": 1}


def test_the_right_door_is_no_exception() -> None:
    field = given_d1()
    docked(field, "t-1", "d1")
    assert field.backend.state.resolved == {}


def test_the_door_that_was_meant_is_free_for_another() -> None:
    field = given_d1()
    docked(field, "t-1", "d2")
    assert field.backend.state.doors["d1"].trailer_id is None
    field.announce("t-2")
    field.arrive("t-2")
    assert field.last(trailer.AssignDoor).data.door_id == "d1"
    assert field.codes() == []


def test_the_robot_is_sent_to_where_the_trailer_stands() -> None:
    field = given_d1()
    docked(field, "t-1", "d2")
    for it in (door.RestraintEngaged, door.DoorOpened, door.LevellerLowered):
        field.say("door/d2", it, door.DoorData(trailer_id="t-1"))
    order = field.last(robot.AssignOrder).data
    assert (order.door_id, order.conveyor_id) == ("d2", "c2")
    assert field.codes() == []


def test_a_trailer_on_its_way_to_the_door_it_has_taken_is_brought_to_another() -> None:
    field = given_d1()
    first = field.last(trailer.AssignDoor)
    field.announce("t-2")
    field.arrive("t-2")
    command = field.last(trailer.AssignDoor)
    assert (command.data.trailer_id, command.data.door_id) == ("t-2", "d2")
    docked(field, "t-1", "d2")
    field.complete(first)
    field.reply(command, reply.CommandRejected, code="door_occupied")
    field.wait(11)
    again = field.last(trailer.AssignDoor).data
    assert (again.trailer_id, again.door_id) == ("t-2", "d1")
    docked(field, "t-2", "d1")
    field.backend.audit()
    assert field.codes() == []


def test_a_restraint_that_overtakes_the_yard_says_where_the_trailer_stands() -> None:
    field = given_d1()
    field.announce("t-2")
    field.arrive("t-2")
    assert field.backend.state.doors["d2"].trailer_id == "t-2"
    field.say("door/d2", door.RestraintEngaged, door.DoorData(trailer_id="t-1"))
    assert field.backend.state.resolved == {"wrong_door/taken_as_it_is/rule": 1}
    docked(field, "t-1", "d2")
    assert field.backend.state.resolved == {"wrong_door/taken_as_it_is/rule": 1}
    assert field.codes() == []


def test_a_restraint_told_long_after_its_trailer_has_left_says_nothing_of_where_it_stands() -> None:
    field = given_d1()
    docked(field, "t-1", "d1")
    for it in (trailer.TrailerReleased, trailer.TrailerDeparted):
        field.say("yard/yard", it, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    field.say("door/d1", door.RestraintEngaged, door.DoorData(trailer_id="t-1"))
    assert field.backend.state.trailers["t-1"].docked_at is None


def test_a_trailer_of_which_nobody_has_told_is_unloaded_where_it_stands() -> None:
    field = Field()
    field.report()
    docked(field, "t-1", "d1")
    assert field.codes() == []
    field.dock()
    assert field.last(robot.AssignOrder).data.trailer_id == "t-1"


def test_the_state_of_the_yard_tells_of_a_wrong_door_as_well() -> None:
    field = given_d1()
    seqs = field.emitter("yard/yard").seqs
    data = trailer.YardStateData(
        last_event_seq=seqs["event"],
        last_reply_seq=seqs.get("reply", 0),
        trailers=(trailer.StandingTrailer(trailer_id="t-1", door_id="d2"),),
    )
    field.say("yard/yard", trailer.YardState, data)
    assert field.last(exception.ExceptionRaised).data.trailer_id == "t-1"
    assert field.codes() == []


def test_a_door_that_is_said_to_be_occupied_is_not_asked_for_again_at_once() -> None:
    field = Field(doors=2)
    field.report()
    field.announce()
    field.arrive()
    refused = field.last(trailer.AssignDoor)
    field.reply(refused, reply.CommandRejected, code="door_occupied")
    field.wait(11)
    other = field.last(trailer.AssignDoor)
    assert (refused.data.door_id, other.data.door_id) == ("d1", "d2")
    field.reply(other, reply.CommandRejected, code="door_occupied")
    field.wait(100)
    assert field.last(trailer.AssignDoor) is other
    field.wait(20)
    assert field.last(trailer.AssignDoor).data.door_id == "d1"


def test_a_whole_day_with_a_trailer_at_the_wrong_door(monkeypatch: pytest.MonkeyPatch) -> None:
    dock = dock_of(cases=4, trailers=2, doors=3, robots=2)
    obeys = FakeDock._yard_command

    def brings_to_the_last_door(self: FakeDock, message: Message) -> None:
        if isinstance(message, trailer.AssignDoor) and message.data.trailer_id == "t-1":
            data = msgspec.structs.replace(message.data, door_id="d3")
            message = msgspec.structs.replace(message, data=data)
        obeys(self, message)

    monkeypatch.setattr(FakeDock, "_yard_command", brings_to_the_last_door)
    dock.run(3600)
    dock.backend.audit()
    assert dock.backend.violations == []
    assert len(dock.of_type(receipt.ReceiptClosed)) == 2
