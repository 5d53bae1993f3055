from __future__ import annotations

import msgspec

from backend.services import ingest
from tests.backend.field import Field
from twin.messages import case, exception, reply, robot, wall

R1 = "/bos1/robot/r1"


def cleared(error_id: str = "x") -> robot.RobotErrorClearedData:
    return robot.RobotErrorClearedData(error_id=error_id)


def three(field: Field) -> list[robot.RobotErrorCleared]:
    return [field.make("robot/r1", robot.RobotErrorCleared, cleared(f"e{n}")) for n in range(3)]


def resend_of(messages: list[object]) -> robot.Resend:
    (found,) = [it for it in messages if isinstance(it, robot.Resend)]
    return found


def test_a_duplicate_takes_effect_once() -> None:
    field = Field()
    first, *_ = three(field)
    field.deliver(first, first)
    assert field.backend.state.senders[R1].event.applied == 1
    assert field.backend.refused == {"duplicate": 1}


def test_the_same_id_with_another_body_is_refused_and_counted() -> None:
    field = Field()
    first, *_ = three(field)
    field.deliver(first, msgspec.structs.replace(first, data=cleared("another")))
    assert field.backend.refused == {"same_id_other_body": 1}


def test_what_comes_after_a_gap_waits_for_it() -> None:
    field = Field()
    a, b, c = three(field)
    field.deliver(a, c)
    assert field.backend.state.senders[R1].event.last_seq == 1
    field.deliver(b)
    stream = field.backend.state.senders[R1].event
    assert (stream.last_seq, stream.applied, stream.held) == (3, 3, {})
    assert field.wait(30) == []


def test_a_gap_is_asked_for_after_a_second() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    assert field.wait(1.0) == []
    asked = resend_of([*field.wait(0.001)]).data
    assert (asked.lost_boot, asked.channel, asked.from_seq, asked.to_seq) == (1, "event", 2, 2)


def test_a_gap_is_asked_for_less_and_less_often() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    asked_after_s: list[int] = []
    for second in range(1, 20):
        for it in field.wait(1.0001):
            if isinstance(it, robot.Resend):
                asked_after_s.append(second)
                field.complete(it)
    assert asked_after_s == [1, 2, 4, 8, 16]


def test_a_gap_is_asked_for_once_at_a_time() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    said = field.wait(5)
    assert len({it.id for it in said if isinstance(it, robot.Resend)}) == 1


def test_a_gap_is_skipped_at_its_deadline_and_it_shows() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    field.wait(20)
    said = field.wait(10.1)
    assert field.backend.state.senders[R1].event.last_seq == 3
    raised = [it.data.exception_type for it in said if isinstance(it, exception.ExceptionRaised)]
    assert raised == ["messages_lost"]
    assert any(isinstance(it, robot.Snapshot) for it in said)
    assert field.codes() == []


def test_the_next_state_ends_the_exception_of_lost_messages() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    field.wait(30.1)
    field.report()
    assert field.last(exception.ExceptionResolved).data.resolution == "state_known"


def test_events_lost_ends_the_gap_at_once() -> None:
    field = Field()
    a, _, c = three(field)
    field.deliver(a, c)
    lost = robot.EventsLostData(lost_boot=1, channel="event", from_seq=2, to_seq=2)
    field.say("robot/r1", robot.EventsLost, lost)
    stream = field.backend.state.senders[R1].event
    assert (stream.last_seq, stream.applied, stream.lost) == (4, 3, 1)
    assert field.last(exception.ExceptionRaised).data.exception_type == "messages_lost"


def test_events_lost_ends_a_gap_of_another_stream_at_once() -> None:
    field = Field()
    first = field.make("robot/r1", robot.RobotErrorCleared, cleared())
    field.deliver(first)
    sender = field.backend.state.senders[R1]
    sender.reply.announced = 2
    lost = robot.EventsLostData(lost_boot=1, channel="reply", from_seq=1, to_seq=2)
    field.say("robot/r1", robot.EventsLost, lost)
    assert (sender.reply.last_seq, sender.reply.lost) == (2, 2)
    assert field.last(exception.ExceptionRaised).data.exception_type == "messages_lost"


def test_a_robot_cannot_lose_what_it_has_not_sent() -> None:
    field = Field()
    a, *_ = three(field)
    field.deliver(a)
    field.emitters["robot/r1"].seqs["event"] = 1
    lost = robot.EventsLostData(lost_boot=1, channel="event", from_seq=2, to_seq=2_000_000_000)
    field.say("robot/r1", robot.EventsLost, lost)
    assert field.backend.state.senders[R1].event.last_seq <= 2


def test_what_a_robot_held_is_unknown_when_its_messages_are_lost() -> None:
    field = Field()
    field.start()
    field.pick("t-1-c1")
    field.make("robot/r1", case.CasePlaced, case.CasePlacedData(trailer_id="t-1", track_id="t-1-c1", conveyor_id="c1"))
    field.pick("t-1-c2")
    field.wait(30.1)
    it = field.backend.state.trailers["t-1"]
    assert it.cases["t-1-c1"].place == "unknown"
    field.report(state="PICKING", door_id="d1", trailer_id="t-1", holding=("t-1-c2",))
    assert it.cases["t-1-c2"].place == "hand"
    assert field.codes() == []


def test_a_lost_tail_shows_in_the_next_state() -> None:
    field = Field()
    a, b, c = three(field)
    field.deliver(a)
    field.report(last_event_seq=3)
    assert resend_of([*field.wait(1.1)]).data.to_seq == 3
    field.deliver(b, c)
    assert field.backend.state.watchdogs.gap_deadline == {}


def test_the_tail_of_the_boot_before_is_asked_for() -> None:
    field = Field()
    a, b, _ = three(field)
    field.deliver(a)
    field.emitters.pop("robot/r1")
    again = field.emitter("robot/r1")
    again.boot = 2
    previous = robot.PreviousBoot(boot=1, last_event_seq=2, last_reply_seq=0)
    field.report(previous_boot=previous)
    assert resend_of([*field.wait(1.1)]).data.lost_boot == 1
    field.deliver(b)
    sender = field.backend.state.senders[R1]
    assert (sender.boot, sender.previous_event.last_seq) == (2, 2)
    assert field.codes() == []


def test_a_boot_long_over_is_refused() -> None:
    field = Field()
    old = field.make("robot/r1", robot.RobotErrorCleared, cleared())
    for boot in (2, 3):
        field.emitters.pop("robot/r1")
        field.emitter("robot/r1").boot = boot
        field.report()
    field.deliver(old)
    assert field.backend.refused == {"boot_outdated": 1}


def test_the_latest_state_wins() -> None:
    field = Field()
    field.report()
    older = field.make("robot/r1", robot.RobotStateReport, field.backend.state.robots["r1"].reported)
    field.report(state="MAINTENANCE")
    field.deliver(older)
    assert field.backend.state.robots["r1"].reported is not None
    assert field.backend.state.robots["r1"].reported.robot_state == "MAINTENANCE"
    assert field.backend.refused == {"state_outdated": 1}


def test_what_is_held_back_is_bounded_and_asked_for_again() -> None:
    field = Field()
    field.make("robot/r1", robot.RobotErrorCleared, cleared())
    extra = 5
    later = [
        field.make("robot/r1", robot.RobotErrorCleared, cleared()) for _ in range(ingest.HELD_PER_STREAM_MAX + extra)
    ]
    field.deliver(*later)
    stream = field.backend.state.senders[R1].event
    assert len(stream.held) == ingest.HELD_PER_STREAM_MAX
    assert field.backend.refused == {"held_back_full": extra}
    assert stream.announced == ingest.HELD_PER_STREAM_MAX + extra + 1


def test_strangers_are_refused() -> None:
    field = Field()
    field.say("robot/r9", robot.RobotErrorCleared, cleared())
    field.say("conveyor/c9", case.CaseIdentified, case.CaseIdentifiedData(trailer_id="t", track_id="c", label="l"))
    assert field.backend.refused == {"unknown_source": 2}
    assert field.backend.state.senders == {}


def test_a_door_the_site_does_not_have_is_refused_and_uses_up_its_number() -> None:
    field = Field()
    field.say("robot/r1", robot.UnloadStarted, robot.UnloadData(trailer_id="t-1", door_id="d9"))
    field.say("robot/r1", robot.RobotErrorCleared, cleared())
    assert field.backend.refused == {"unknown_door": 1}
    assert field.backend.state.senders[R1].event.last_seq == 2
    assert field.codes() == []


def test_gaps_in_replies_are_held_back_too() -> None:
    field = Field()
    plan = field.start()
    field.make("robot/r1", reply.CommandCompleted, reply.ReplyData(command_id="x", action_id="x"))
    field.reply(plan, reply.CommandCompleted)
    assert field.backend.state.commands[plan.data.action_id].status == "accepted"


def test_a_scan_in_parts_is_used_when_it_is_whole() -> None:
    field = Field()
    field.start()
    before = len(field.said)
    plan = field.last(robot.AssignPickPlan)
    field.reply(plan, reply.CommandCompleted)
    whole = field.make("robot/r1", wall.WallScanned, None)
    seen = wall.SeenCase(track_id="t-1-c1", position_m=(1.0, 0.0, 0.2), size_m=(0.4, 0.4, 0.4))
    for part in (1, 2):
        data = wall.WallScannedData(
            trailer_id="t-1",
            scan_id="s2",
            part=part,
            parts=2,
            frame_id="trailer",
            captured_at=whole.time,
            position_stddev_m=0.0,
            cases=(msgspec.structs.replace(seen, track_id=f"t-1-c{part}"),),
        )
        message = msgspec.structs.replace(whole, data=data, seq=whole.seq + part - 1, id=f"{whole.id[:-1]}x{part}")
        assert len(field.said) == before
        field.deliver(message)
    assert len(field.last(robot.AssignPickPlan).data.track_ids) == 2
