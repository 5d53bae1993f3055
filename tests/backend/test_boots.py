"""What starts again: what it had begun is in doubt, and what nobody heard of its boots before shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.backend.field import Field
from tests.backend.test_equipment import beat, waiting, yard
from twin.messages import door, exception, reply, robot, trailer

if TYPE_CHECKING:
    from twin.messages import Message


def start_again(field: Field, address: str, *, boot: int = 2) -> None:
    """The next that this entity says is of another boot."""
    field.emitters.pop(address, None)
    field.emitter(address).boot = boot


def cleared(error_id: str = "x") -> robot.RobotErrorClearedData:
    return robot.RobotErrorClearedData(error_id=error_id)


def raised(said: list[Message]) -> list[str]:
    return [it.data.exception_type for it in said if isinstance(it, exception.ExceptionRaised)]


# --- what it had begun ---


def test_what_a_yard_had_begun_when_it_started_again_is_unknown_and_it_is_asked() -> None:
    field = waiting()
    bring = field.last(trailer.AssignDoor)
    field.reply(bring, reply.CommandAccepted)
    start_again(field, "yard/yard")
    said = yard(field, trailer.StandingTrailer(trailer_id="t-1"))
    assert raised(said) == ["command_unknown"]
    assert [it.subject for it in said if isinstance(it, robot.Snapshot)] == ["yard/yard"]
    assert field.backend.state.commands[bring.data.action_id].status == "unknown"


def test_what_a_yard_that_started_again_does_not_know_is_issued_again() -> None:
    field = waiting()
    bring = field.last(trailer.AssignDoor)
    field.reply(bring, reply.CommandAccepted)
    start_again(field, "yard/yard")
    yard(field, trailer.StandingTrailer(trailer_id="t-1"))
    beat(field, 70)
    said = yard(field, trailer.StandingTrailer(trailer_id="t-1"))
    assert [it.data.action_id for it in said if isinstance(it, trailer.AssignDoor)] == [bring.data.action_id]
    field.backend.audit()
    assert field.codes() == []


def test_what_has_not_been_answered_is_sent_again_to_a_yard_that_started_again() -> None:
    field = waiting()
    bring = field.last(trailer.AssignDoor)
    start_again(field, "yard/yard")
    assert raised(yard(field, trailer.StandingTrailer(trailer_id="t-1"))) == []
    assert [it.id for it in field.wait(2.1) if isinstance(it, trailer.AssignDoor)] == [bring.id]


def test_a_door_that_starts_again_is_asked_anew_for_what_it_was_asked() -> None:
    field = waiting()
    at_door = door.DoorData(trailer_id="t-1")
    field.make("door/d1", door.RestraintEngaged, at_door)
    field.say("door/d1", door.DoorOpened, at_door)
    (asked,) = [it for it in field.wait(1.1) if isinstance(it, robot.Resend)]
    field.reply(asked, reply.CommandAccepted)
    start_again(field, "door/d1")
    field.say("door/d1", door.LevellerLowered, at_door)
    assert asked.data.action_id not in field.backend.state.commands
    assert [it.data.lost_boot for it in field.wait(1.0) if isinstance(it, robot.Resend)] == [1]


def test_commands_whose_end_may_be_lost_are_unknown_and_it_shows() -> None:
    field = Field()
    plan = field.start()
    field.make("robot/r1", reply.CommandCompleted, reply.ReplyData(command_id="x", action_id="x"))
    field.reply(field.last(robot.AssignOrder), reply.CommandCompleted)
    field.wait(20)
    field.report(state="PICKING", door_id="d1", trailer_id="t-1")
    said = field.wait(11)
    assert set(raised(said)) == {"messages_lost", "command_unknown"}
    assert field.backend.state.commands[plan.data.action_id].status == "unknown"
    assert plan.data.action_id in {it.action_id for it in field.backend.state.exceptions.values()}


# --- what nobody heard of a boot before ---


def two_boots_after_a_gap(field: Field) -> list[Message]:
    """The second of what the robot raised is lost, the third is here; then it starts again, and again."""
    for number in (1, 2, 3):
        data = robot.RobotErrorData(error_id=f"e{number}", error_type=f"error_{number}", error_level="WARNING")
        message = field.make("robot/r1", robot.RobotErrorRaised, data)
        if number != 2:
            field.deliver(message)
    start_again(field, "robot/r1")
    field.report()
    field.wait(5)
    start_again(field, "robot/r1", boot=3)
    return field.report()


def test_a_gap_that_is_open_when_its_boot_is_long_over_shows() -> None:
    field = Field()
    said = two_boots_after_a_gap(field)
    (shown,) = [
        it for it in said if isinstance(it, exception.ExceptionRaised) and it.data.exception_type == "messages_lost"
    ]
    assert shown.data.detail == "1 messages of boot 1, event 2 to 3"
    assert shown.causationid is not None
    assert shown.causationid.startswith("bos1/robot/r1:3:state")
    assert field.backend.state.watchdogs.gap_deadline == {}
    assert field.codes() == []


def test_what_was_held_back_behind_it_takes_effect() -> None:
    field = waiting()
    at_door = door.DoorData(trailer_id="t-1")
    field.make("door/d1", door.RestraintEngaged, at_door)
    field.say("door/d1", door.DoorOpened, at_door)
    for boot in (2, 3):
        assert field.backend.state.doors["d1"].open_for is None
        start_again(field, "door/d1", boot=boot)
        field.say("door/d1", door.LevellerLowered, at_door)
    assert field.backend.state.doors["d1"].open_for == "t-1"


def test_a_whole_boot_that_nobody_heard_is_asked_for_and_then_shows() -> None:
    field = Field()
    field.report()
    start_again(field, "robot/r1", boot=3)
    unheard = robot.PreviousBoot(boot=2, last_event_seq=4, last_reply_seq=0)
    field.report(previous_boot=unheard)
    (asked,) = [it for it in field.wait(1.1) if isinstance(it, robot.Resend)]
    assert (asked.data.lost_boot, asked.data.from_seq, asked.data.to_seq) == (2, 1, 4)
    assert raised(beat(field, 30, previous_boot=unheard)) == ["messages_lost"]
    assert field.codes() == []


def test_of_boots_before_the_first_that_was_heard_nothing_is_missing() -> None:
    field = Field()
    start_again(field, "robot/r1", boot=3)
    field.report(previous_boot=robot.PreviousBoot(boot=2, last_event_seq=4, last_reply_seq=0))
    assert [it for it in field.wait(1.1) if isinstance(it, robot.Resend)] == []


# --- an order that it takes on as it starts again ---


def taken_on_while_it_started() -> Field:
    """The order reaches r1 when it has started again; that it has started is heard with its word that it takes it."""
    field = waiting()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    start_again(field, "robot/r1")
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    return field


def cancels(said: list[Message]) -> list[str]:
    """The orders, once however often each command is sent."""
    return [*{it.id: it.data.order_id for it in said if isinstance(it, robot.Cancel)}.values()]


def test_a_robot_that_works_for_an_order_that_was_given_up_is_told_to_leave() -> None:
    field = taken_on_while_it_started()
    assert cancels(field.report(state="TRAVELLING", door_id="d1", trailer_id="t-1")) == ["o-t-1"]
    field.complete(field.last(robot.Cancel))
    field.wait(10)
    assert cancels(field.report(state="TRAVELLING", door_id="d1", trailer_id="t-1")) == []
    assert cancels(beat(field, 120, state="TRAVELLING", door_id="d1", trailer_id="t-1")) == ["o-t-1"]
    field.complete(field.last(robot.Cancel))
    assert [type(it) for it in field.report()] == [robot.AssignOrder]
    assert field.codes() == []


def test_a_robot_that_leaves_or_whose_word_is_old_is_not_told_to() -> None:
    field = taken_on_while_it_started()
    assert cancels(field.report(state="EXITING", door_id="d1", trailer_id="t-1")) == []
    field.report(state="TRAVELLING", door_id="d1", trailer_id="t-1", last_reply_seq=0)
    assert field.backend.state.commands == {}
