from __future__ import annotations

import msgspec
import pytest

from backend.services.site import SiteBackend
from tests.backend.field import Field
from twin.messages import codec, exception, reply, robot, trailer


def waiting_robot() -> Field:
    """A field in which an order has been given to r1 and not been answered."""
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    return field


def test_an_unanswered_command_is_sent_again_to_the_byte() -> None:
    field = waiting_robot()
    first = field.last(robot.AssignOrder)
    field.now_us -= 1
    again = field.wait(7)
    assert [codec.encode(it) for it in again] == [codec.encode(first)] * 3


def test_an_answered_command_is_not_sent_again() -> None:
    field = waiting_robot()
    field.reply(field.last(robot.AssignOrder), reply.CommandAccepted)
    assert field.wait(9) == []


def test_nothing_is_sent_once_it_has_expired() -> None:
    field = waiting_robot()
    field.wait(59.9)
    field.report()
    assert [it for it in field.wait(4) if isinstance(it, robot.AssignOrder)] == []


def test_an_unanswered_command_is_unknown_and_shows() -> None:
    field = waiting_robot()
    for _ in range(7):
        field.wait(10)
        field.report(recent_actions=())
    raised = field.last(exception.ExceptionRaised).data
    assert (raised.exception_type, raised.entity) == ("command_unknown", "robot/r1")


def test_an_unknown_command_is_issued_again_only_when_the_robot_does_not_know_it() -> None:
    field = waiting_robot()
    first = field.last(robot.AssignOrder)
    for _ in range(6):
        field.wait(10.5)
        assert field.report(state="TRAVELLING") == []
    field.wait(3)
    assert field.backend.state.commands[first.data.action_id].status == "unknown"
    said = field.report(state="TRAVELLING")
    again = next(it for it in said if isinstance(it, robot.AssignOrder))
    assert again.data.action_id == first.data.action_id
    assert again.id != first.id
    assert field.last(exception.ExceptionResolved).data.resolution == "issued_again"


def test_an_unknown_command_the_robot_works_on_is_accepted() -> None:
    field = waiting_robot()
    first = field.last(robot.AssignOrder)
    doing = (robot.RecentAction(action_id=first.data.action_id, action_state="RUNNING"),)
    for _ in range(7):
        field.wait(10)
        field.report(state="TRAVELLING", recent_actions=doing)
    assert field.backend.state.commands[first.data.action_id].status == "accepted"
    assert field.backend.state.exceptions == {}


def test_nothing_that_depends_on_an_unknown_command_moves() -> None:
    field = waiting_robot()
    field.report("r1")
    for _ in range(6):
        field.wait(10.5)
        field.report()
    field.now_us += 3_000_000
    assert [it.type for it in field.wait(0)] == ["exception.raised.v1", "action.snapshot.v1"]
    assert field.backend.state.orders["o-t-1"].robot_id == "r1"


def test_a_late_reply_settles_an_unknown_command() -> None:
    field = waiting_robot()
    first = field.last(robot.AssignOrder)
    for _ in range(6):
        field.wait(10.5)
        field.report()
    field.wait(3)
    field.reply(first, reply.CommandRejected, code="busy")
    assert "command_unknown/rejected/rule" in field.backend.state.resolved
    assert first.data.action_id not in field.backend.state.commands


def test_a_rejected_order_is_tried_again_later() -> None:
    field = waiting_robot()
    field.reply(field.last(robot.AssignOrder), reply.CommandRejected, code="busy")
    assert field.last(exception.ExceptionRaised).data.exception_type == "command_refused"
    assert [it for it in field.wait(9.9) if isinstance(it, robot.AssignOrder)] == []
    assert [type(it) for it in field.wait(0.2)] == [robot.AssignOrder, exception.ExceptionResolved]


def test_a_rejected_door_is_free_again() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.reply(field.last(trailer.AssignDoor), reply.CommandRejected, code="not_in_yard")
    assert field.backend.state.doors["d1"].trailer_id is None
    field.wait(10.1)
    assert len([it for _, it in field.said if isinstance(it, trailer.AssignDoor)]) == 2


def test_a_reply_to_nothing_is_counted() -> None:
    field = waiting_robot()
    data = reply.ReplyData(command_id="x", action_id="a-999")
    field.say("robot/r1", reply.CommandCompleted, data)
    assert field.backend.refused == {"reply_unmatched": 1}


def test_taking_over_issues_what_nobody_answered_under_the_new_epoch() -> None:
    field = waiting_robot()
    first = field.last(robot.AssignOrder)
    later = msgspec.structs.replace(field.backend.settings, epoch=2, boot=2)
    field.backend = SiteBackend.restore(later, field.backend.snapshot())
    field.backend.take_over(field.now_us)
    (again,) = [it for _, it in field.backend.commit() if isinstance(it, robot.AssignOrder)]
    assert (again.data.action_id, again.data.epoch, again.boot, again.seq) == (first.data.action_id, 2, 2, 1)


def test_taking_over_gives_no_work_to_a_robot_that_is_lost() -> None:
    field = waiting_robot()
    field.wait(40)
    assert field.backend.state.robots["r1"].is_lost
    field.backend.state.epoch = 2
    field.backend.take_over(field.now_us)
    assert [it for _, it in field.backend.commit() if isinstance(it, robot.AssignOrder)] == []
    assert field.codes() == []


@pytest.mark.parametrize("reply_type", [reply.CommandCompleted, reply.CommandFailed])
def test_a_command_ends_once(reply_type: type[reply.CommandCompleted | reply.CommandFailed]) -> None:
    field = Field()
    plan = field.start()
    field.reply(plan, reply.CommandCompleted)
    assert field.codes() == []
    field.reply(plan, reply_type)
    assert field.codes() == ["command_ended_twice"]
