"""How yard, doors, conveyors, sorter and people say they are: right where all their events are here."""

# ruff: noqa: ANN401 - it speaks all types of messages alike

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.backend.field import Field
from twin.messages import conveyor, door, exception, receipt, reply, robot, sorter, trailer

if TYPE_CHECKING:
    from twin.messages import Message

GAP_S = 31.0


def types(said: list[Message]) -> list[type[Message]]:
    return [type(it) for it in said]


def told(field: Field, address: str, message_type: type[Any], data_type: type[Any], **about: Any) -> list[Message]:
    """The entity says how it is, having said all that the test has let it say."""
    seqs = field.emitter(address).seqs
    about = {"last_event_seq": seqs.get("event", 0), "last_reply_seq": seqs.get("reply", 0)} | about
    return field.say(address, message_type, data_type(**about))


def yard(field: Field, *standing: trailer.StandingTrailer, **about: Any) -> list[Message]:
    return told(field, "yard/yard", trailer.YardState, trailer.YardStateData, trailers=standing, **about)


def at_door(field: Field, **about: Any) -> list[Message]:
    return told(field, "door/d1", door.DoorState, door.DoorStateData, **{"trailer_id": "t-1"} | about)


def belt(field: Field, state: Any, **about: Any) -> list[Message]:
    about = {"conveyor_state": state, "cases_on_belt": 0, "cases_inducted": 0} | about
    return told(field, "conveyor/c1", conveyor.ConveyorState, conveyor.ConveyorStateData, **about)


def lose(field: Field, address: str, message_type: type[Any], data: Any) -> None:
    """It is said, and nobody will ever hear it."""
    field.make(address, message_type, data)


def skip_gap(field: Field) -> None:
    field.wait(GAP_S)


def waiting() -> Field:
    """A trailer has been told to come to door d1."""
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    return field


def beat(field: Field, seconds: float, **about: Any) -> list[Message]:
    """Time passes; the robot goes on saying how it is."""
    said: list[Message] = []
    for _ in range(round(seconds / 10)):
        said += field.wait(10)
        said += field.report(**about)
    return said


NAMED = trailer.TrailerData(trailer_id="t-1", door_id="d1")
AT_DOOR = door.DoorData(trailer_id="t-1")
STANDS = trailer.StandingTrailer(trailer_id="t-1", door_id="d1")


def test_a_lost_tail_of_a_doors_events_is_asked_for() -> None:
    field = waiting()
    lose(field, "door/d1", door.RestraintEngaged, AT_DOOR)
    at_door(field, is_restrained=True)
    (asked,) = [it for it in field.wait(1.5) if isinstance(it, robot.Resend)]
    assert (asked.subject, asked.data.from_seq, asked.data.to_seq) == ("door/d1", 1, 1)


def test_a_state_ahead_of_its_events_changes_nothing_yet() -> None:
    field = waiting()
    lose(field, "door/d1", door.RestraintEngaged, AT_DOOR)
    at_door(field, is_restrained=True)
    assert field.backend.state.doors["d1"].restrains is None


def test_a_state_that_later_events_have_overtaken_changes_nothing() -> None:
    field = waiting()
    late = field.make(
        "door/d1", door.DoorState, door.DoorStateData(last_event_seq=0, last_reply_seq=0, trailer_id="t-1")
    )
    field.say("door/d1", door.RestraintEngaged, AT_DOOR)
    field.deliver(late)
    assert field.backend.state.doors["d1"].restrains == "t-1"


def test_of_two_states_the_later_is_believed() -> None:
    field = waiting()
    two_inside = door.DoorStateData(last_event_seq=0, last_reply_seq=0, people_inside=2)
    older = field.make("door/d1", door.DoorState, two_inside)
    at_door(field, people_inside=1)
    field.deliver(older)
    assert field.backend.state.doors["d1"].people_inside == 1
    assert field.backend.refused == {"state_outdated": 1}


def test_a_docking_that_nobody_ever_heard_of_is_known_from_the_yards_state() -> None:
    field = waiting()
    command = field.last(trailer.AssignDoor)
    field.reply(command, reply.CommandAccepted)
    lose(field, "yard/yard", trailer.TrailerDocked, NAMED)
    field.reply(command, reply.CommandCompleted)
    beat(field, 30)
    yard(field, STANDS)
    said = beat(field, 40)
    assert robot.Resend in types(said)
    yard(field, STANDS)
    assert field.backend.state.trailers["t-1"].docked_at == "d1"
    for it in (door.RestraintEngaged, door.DoorOpened, door.LevellerLowered):
        said = field.say("door/d1", it, AT_DOOR)
    assert robot.AssignOrder in types(said)
    assert field.codes() == []


@pytest.mark.parametrize("lost", [door.RestraintEngaged, door.DoorOpened, door.LevellerLowered])
def test_a_door_event_that_nobody_ever_heard_of_is_known_from_the_doors_state(lost: Any) -> None:
    field = waiting()
    field.complete(field.last(trailer.AssignDoor))
    field.say("yard/yard", trailer.TrailerDocked, NAMED)
    for it in (door.RestraintEngaged, door.DoorOpened, door.LevellerLowered):
        if it is lost:
            lose(field, "door/d1", it, AT_DOOR)
        else:
            field.say("door/d1", it, AT_DOOR)
    how = {"is_restrained": True, "is_open": True, "is_leveller_down": True}
    at_door(field, **how)
    beat(field, 40)
    assert robot.AssignOrder in types(at_door(field, **how))
    assert field.codes() == []


def unloaded() -> Field:
    """The robot is out of an empty trailer; the yard has been told to let it go."""
    field = Field()
    plan = field.start(cases=1)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    field.identify("t-1-c1")
    field.reply(plan, reply.CommandCompleted)
    field.scan(scan_id="s2")
    field.finish(placed=1)
    field.report(state="EXITING")
    field.report()
    return field


def test_a_release_that_nobody_ever_heard_of_is_known_from_the_yards_state() -> None:
    field = unloaded()
    lose(field, "yard/yard", trailer.TrailerReleased, NAMED)
    yard(field, trailer.StandingTrailer(trailer_id="t-1", door_id="d1", is_released=True))
    beat(field, 40)
    said = yard(field, trailer.StandingTrailer(trailer_id="t-1", door_id="d1", is_released=True))
    assert types(said) == [receipt.ReceiptClosed]


def test_a_departure_that_nobody_ever_heard_of_frees_the_door() -> None:
    field = unloaded()
    field.complete(field.last(trailer.ReleaseTrailer))
    for it in (door.LevellerStored, door.DoorClosed, door.RestraintReleased):
        field.say("door/d1", it, AT_DOOR)
    lose(field, "yard/yard", trailer.TrailerReleased, NAMED)
    lose(field, "yard/yard", trailer.TrailerDeparted, NAMED)
    yard(field)
    beat(field, 40)
    assert types(yard(field)) == [receipt.ReceiptClosed]
    assert field.backend.state.orders == {}
    assert field.backend.state.doors["d1"].trailer_id is None
    field.announce("t-2")
    assert trailer.AssignDoor in types(field.arrive("t-2"))
    assert field.codes() == []


def test_a_trailer_that_nobody_was_told_of_is_unloaded_when_it_stands_in_the_yard() -> None:
    field = Field()
    yard(field, trailer.StandingTrailer(trailer_id="t-7"))
    assert field.last(trailer.AssignDoor).data.trailer_id == "t-7"


def test_a_yard_that_names_all_it_can_says_nothing_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.core.fold_yard.STANDING_TRAILERS_MAX", 1)
    field = unloaded()
    yard(field, trailer.StandingTrailer(trailer_id="t-8"))
    assert not field.backend.state.trailers["t-1"].is_departed


def test_a_yard_command_of_unknown_outcome_is_issued_anew_when_the_yard_does_not_know_it() -> None:
    field = waiting()
    first = field.last(trailer.AssignDoor)
    said = field.wait(70)
    assert {it.subject for it in said if isinstance(it, robot.Snapshot)} == {"yard/yard"}
    said = yard(field, trailer.StandingTrailer(trailer_id="t-1"))
    (again,) = [it for it in said if isinstance(it, trailer.AssignDoor)]
    assert again.data.action_id == first.data.action_id
    assert ("command_unknown/issued_again/rule", 1) in field.backend.state.resolved.items()


def test_a_yard_command_of_unknown_outcome_is_settled_by_what_the_yard_has_done_lately() -> None:
    field = waiting()
    first = field.last(trailer.AssignDoor)
    field.wait(70)
    done = robot.RecentAction(action_id=first.data.action_id, action_state="FINISHED")
    said = yard(field, STANDS, recent_actions=(done,))
    assert trailer.AssignDoor not in types(said)
    assert field.backend.state.unknown_actions == {}
    assert field.backend.state.trailers["t-1"].docked_at == "d1"
    field.reply(first, reply.CommandCompleted)  # it comes after all
    assert field.codes() == []


def test_a_yard_at_a_door_that_is_not_of_the_site_is_refused() -> None:
    field = waiting()
    yard(field, trailer.StandingTrailer(trailer_id="t-1", door_id="d9"))
    assert field.backend.refused == {"unknown_door": 1}


def test_people_in_a_cell_are_known_from_the_doors_state() -> None:
    field = waiting()
    lose(field, "door/d1", door.PersonEntered, door.DoorPeopleData(people_inside=1))
    skip_gap(field)
    at_door(field, people_inside=1)
    skip_gap(field)
    at_door(field, people_inside=1)
    assert field.backend.state.doors["d1"].people_inside == 1


def test_a_jam_that_nobody_ever_heard_of_is_seen_to() -> None:
    field = Field()
    lose(field, "conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    belt(field, "JAMMED")
    skip_gap(field)
    said = belt(field, "JAMMED")
    assert types(said) == [exception.ExceptionRaised, exception.InterventionRequested]
    assert belt(field, "JAMMED") == []


def test_a_jam_that_is_over_without_a_word_is_over() -> None:
    field = Field()
    field.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    lose(field, "conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    belt(field, "RUNNING")
    skip_gap(field)
    assert types(belt(field, "RUNNING")) == [exception.ExceptionResolved]


def test_a_belt_that_jams_again_before_people_say_it_is_cleared_is_seen_to_again() -> None:
    field = Field()
    nothing = conveyor.ConveyorData()
    field.say("conveyor/c1", conveyor.ConveyorJammed, nothing)
    request = field.last(exception.InterventionRequested)
    field.say("conveyor/c1", conveyor.ConveyorCleared, nothing, causation_id=request.id)
    field.say("conveyor/c1", conveyor.ConveyorJammed, nothing)
    answer = exception.InterventionAnsweredData(intervention_id=request.data.intervention_id, answer="retry")
    field.say("operator/floor", exception.InterventionAnswered, answer)
    assert exception.InterventionRequested in types(belt(field, "JAMMED"))


def test_a_full_belt_is_known_and_nobody_is_asked() -> None:
    field = Field()
    assert field.say("conveyor/c1", conveyor.ConveyorBlocked, conveyor.ConveyorData()) == []
    assert field.backend.state.conveyors["c1"].is_blocked
    field.say("conveyor/c1", conveyor.ConveyorUnblocked, conveyor.ConveyorData())
    assert not field.backend.state.conveyors["c1"].is_blocked
    belt(field, "BLOCKED")
    assert field.backend.state.conveyors["c1"].is_blocked
    belt(field, "JAMMED")
    assert field.backend.state.conveyors["c1"].is_blocked
    belt(field, "RUNNING")
    assert not field.backend.state.conveyors["c1"].is_blocked


def sorted_field() -> Field:
    return Field(sorter_id="s1")


def sorter_told(field: Field, state: Any) -> list[Message]:
    about = {"sorter_state": state, "cases_sorted": 0, "rate_per_h": 3600.0}
    return told(field, "sorter/s1", sorter.SorterState, sorter.SorterStateData, **about)


def test_floor_staff_clear_a_jammed_sorter() -> None:
    field = sorted_field()
    field.say("sorter/s1", sorter.SorterJammed, sorter.SorterData())
    request = field.last(exception.InterventionRequested)
    assert (request.data.exception_type, request.data.role, request.data.options) == (
        "sorter_jammed",
        "floor",
        ("retry",),
    )
    field.say("sorter/s1", sorter.SorterCleared, sorter.SorterData(), causation_id=request.id)
    answer = exception.InterventionAnsweredData(intervention_id=request.data.intervention_id, answer="retry")
    field.say("operator/floor", exception.InterventionAnswered, answer)
    assert field.backend.state.resolved == {"sorter_jammed/retry/floor": 1}


def test_a_sorter_that_clears_itself_is_over_by_rule() -> None:
    field = sorted_field()
    field.say("sorter/s1", sorter.SorterJammed, sorter.SorterData())
    field.say("sorter/s1", sorter.SorterCleared, sorter.SorterData())
    assert field.backend.state.resolved == {"sorter_jammed/sorter_cleared/rule": 1}


def test_a_sorter_that_is_down_without_a_word_is_known_from_its_state() -> None:
    field = sorted_field()
    sorter_told(field, "JAMMED")
    assert field.backend.state.sorters["s1"].is_jammed
    sorter_told(field, "RUNNING")
    assert field.backend.state.resolved == {"sorter_jammed/sorter_cleared/rule": 1}


def test_a_site_without_a_sorter_hears_none() -> None:
    field = Field()
    field.say("sorter/s1", sorter.SorterJammed, sorter.SorterData())
    assert field.backend.refused == {"unknown_source": 1}
