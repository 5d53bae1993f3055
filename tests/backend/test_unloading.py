from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.backend.fake_dock import START_US, FakeDock, dock_of
from twin.clock import US_PER_S, parse_time
from twin.messages import Message, case, conveyor, exception, receipt, robot, trailer


def types(dock: FakeDock) -> list[str]:
    return [message.type for _, message in dock.said]


def only_receipt(dock: FakeDock) -> receipt.ReceiptClosedData:
    (message,) = dock.of_type(receipt.ReceiptClosed)
    assert isinstance(message, receipt.ReceiptClosed)
    return message.data


def resolutions(dock: FakeDock) -> list[tuple[str, str, str]]:
    return [
        (it.data.exception_type, it.data.resolution, it.data.by) for it in dock.of_type(exception.ExceptionResolved)
    ]


def place_of(dock: FakeDock, track: str) -> str:
    return dock.backend.state.trailers[track.rpartition("-")[0]].cases[track].place


def is_sound(dock: FakeDock) -> bool:
    dock.backend.audit()
    return dock.backend.violations == []


def test_a_trailer_goes_from_announcement_to_receipt() -> None:
    dock = dock_of(cases=7).run(1800)
    assert types(dock) == [
        "trailer.assign_door.v1",
        "order.assign.v1",
        "pick_plan.assign.v1",
        "pick_plan.assign.v1",
        "pick_plan.assign.v1",
        "trailer.release.v1",
        "receipt.closed.v1",
    ]
    assert is_sound(dock)
    assert dock.backend.state.commands == {}


def test_every_line_of_the_receipt_is_received_in_full() -> None:
    data = only_receipt(dock_of(cases=7).run(1800))
    assert [line.received for line in data.lines] == [1] * 7
    assert [line.short + line.over + line.damaged + line.refused for line in data.lines] == [0] * 7
    assert data.unidentified == 0


def test_the_last_plan_sends_the_robot_out() -> None:
    plans = [it.data for it in dock_of(cases=7).run(1800).of_type(robot.AssignPickPlan)]
    assert [(len(plan.track_ids), plan.then_leave) for plan in plans] == [(6, False), (1, False), (0, True)]


def test_commands_carry_the_order_as_correlation_and_name_their_cause() -> None:
    dock = dock_of(cases=2).run(1800)
    for command in dock.commands:
        assert command.correlationid == "o-t-1"
    arrived = next(m for _, m in dock.heard if isinstance(m, trailer.TrailerArrived))
    assert dock.commands[0].causationid == arrived.id


def test_counted_trailers_need_no_scan() -> None:
    dock = dock_of(cases=40, is_counted_only=True).run(3000)
    assert types(dock) == [
        "trailer.assign_door.v1",
        "order.assign.v1",
        "trailer.release.v1",
        "receipt.closed.v1",
    ]
    assert is_sound(dock)


def test_two_trailers_share_one_door_one_after_the_other() -> None:
    dock = dock_of(cases=3, trailers=2).run(3600)
    assert len(dock.of_type(receipt.ReceiptClosed)) == 2
    assert is_sound(dock)
    assert not any(it.trailer_id for it in dock.backend.state.doors.values())


def test_two_doors_are_worked_at_the_same_time() -> None:
    dock = dock_of(cases=5, trailers=2, doors=2, robots=2).run(1200)
    assert {it.subject for it in dock.of_type(robot.AssignOrder)} == {"robot/r1", "robot/r2"}
    assert len(dock.of_type(receipt.ReceiptClosed)) == 2
    assert is_sound(dock)


def test_a_refused_case_is_left_for_people_before_the_trailer_goes() -> None:
    dock = dock_of(cases=3)
    dock.grips["t-1-c2"] = ["refused"]
    dock.run(3600)
    assert resolutions(dock) == [("leftovers", "assist", "floor")]
    order = [m.type for _, m in dock.said]
    assert order.index("exception.resolved.v1") < order.index("trailer.release.v1")
    assert [line.received for line in only_receipt(dock).lines] == [1, 1, 1]
    assert is_sound(dock)


def test_leftovers_are_asked_about_until_somebody_has_seen_to_them() -> None:
    dock = dock_of(cases=3)
    dock.grips["t-1-c2"] = ["refused"]
    dock.answers["leftovers"] = None
    dock.run(3 * 3600)
    asked = [at for at, it in dock.said if isinstance(it, exception.InterventionRequested)]
    assert {after - before for before, after in pairwise(asked)} == {1800 * US_PER_S}
    assert len({it.data.exception_id for it in dock.of_type(exception.InterventionRequested)}) == 1
    assert dock.of_type(trailer.ReleaseTrailer) == []
    del dock.answers["leftovers"]
    dock.run(3600)
    assert resolutions(dock) == [("leftovers", "assist", "floor")]
    assert [line.received for line in only_receipt(dock).lines] == [1, 1, 1]
    assert is_sound(dock)


@pytest.mark.parametrize(
    ("answer", "command"), [("skip", robot.Skip), ("retry", robot.Retry), ("assist", robot.Assist)]
)
def test_the_answer_to_a_failed_grip_is_told_to_the_robot(answer: str, command: type[Any]) -> None:
    dock = dock_of(cases=3)
    dock.grips["t-1-c2"] = ["grip_failed"]
    dock.answers["grip_failed"] = answer
    dock.run(3600)
    assert len(dock.of_type(command)) == 1
    assert ("grip_failed", answer, "remote") in resolutions(dock)
    assert len(dock.of_type(receipt.ReceiptClosed)) == 1
    assert is_sound(dock)


def test_a_failed_grip_nobody_answers_is_skipped_at_the_deadline() -> None:
    dock = dock_of(cases=3)
    dock.grips["t-1-c2"] = ["grip_failed"]
    dock.answers["grip_failed"] = None
    dock.run(3600)
    asked = next(at for at, m in dock.said if isinstance(m, exception.InterventionRequested))
    skipped = next(at for at, m in dock.said if isinstance(m, robot.Skip))
    assert skipped - asked == 60_000_000
    assert ("grip_failed", "skip", "rule") in resolutions(dock)


def test_a_skipped_case_is_not_planned_again() -> None:
    dock = dock_of(cases=3)
    dock.grips["t-1-c2"] = ["grip_failed"]
    dock.run(3600)
    assert [plan.data.track_ids for plan in dock.of_type(robot.AssignPickPlan)] == [("t-1-c1", "t-1-c2", "t-1-c3"), ()]


def test_the_second_answer_is_refused_and_counted() -> None:
    dock = dock_of(cases=3)
    dock.reads["t-1-c1"] = False
    dock.run(3600)
    (asked,) = dock.of_type(exception.InterventionRequested)
    late = exception.InterventionAnsweredData(intervention_id=asked.data.intervention_id, answer="skip")
    dock.say("operator/remote", exception.InterventionAnswered, late)
    dock.run(10)
    assert dock.backend.refused == {"answer_already": 1}
    (refused,) = dock.of_type(exception.InterventionRefused)
    assert refused.data.code == "answered_already"


def test_a_label_read_by_a_person_binds_the_case_to_its_line() -> None:
    dock = dock_of(cases=3)
    dock.reads["t-1-c3"] = False
    dock.answers["no_read"] = "assist"
    dock.run(3600)
    assert ("no_read", "assist", "remote") in resolutions(dock)
    assert [line.received for line in only_receipt(dock).lines] == [1, 1, 1]


def test_an_unread_case_is_received_and_not_identified() -> None:
    dock = dock_of(cases=3)
    dock.reads["t-1-c3"] = False
    dock.run(3600)
    data = only_receipt(dock)
    assert data.unidentified == 1
    assert [line.short for line in data.lines] == [0, 0, 1]


def test_a_dead_robot_is_replaced_and_the_case_it_held_is_found() -> None:
    dock = dock_of(cases=8, robots=2)
    dock.grips["t-1-c3"] = ["dies"]
    dock.run(2 * 3600)
    raised = [it.data.exception_type for it in dock.of_type(exception.ExceptionRaised)]
    assert raised == ["robot_lost"]
    assert resolutions(dock) == [("robot_lost", "abandon", "floor")]
    assert [it.subject for it in dock.of_type(robot.AssignOrder)] == ["robot/r1", "robot/r2"]
    assert [line.received for line in only_receipt(dock).lines] == [1] * 8
    assert dock.backend.state.abandoned == {"robot/r1": 2}
    assert is_sound(dock)


def test_what_a_lost_robot_holds_is_unknown_until_it_speaks() -> None:
    dock = dock_of(cases=8)
    dock.run(400)
    fake = dock.robots["r1"]
    while fake.holding is None:
        dock.run(1)
    held, fake.is_silent = fake.holding, True
    fake.queue, fake.is_dead = [], True
    dock.run(40)
    assert dock.backend.state.robots["r1"].is_lost
    assert place_of(dock, held) == "unknown"
    fake.is_silent = fake.is_dead = False
    fake.report()
    dock.run(1)
    assert place_of(dock, held) == "hand"
    assert resolutions(dock) == [("robot_lost", "robot_returned", "rule")]
    assert is_sound(dock)


def test_late_events_of_a_lost_robot_are_history_and_no_news_of_its_hand() -> None:
    silence_us = (START_US + 400_000_000, START_US + 475_000_000)

    def link(message: Message) -> list[int]:
        said_us = parse_time(message.time)
        is_silent = message.source.endswith("/r1") and silence_us[0] <= said_us < silence_us[1]
        if not is_silent:
            return [20_000]
        return [] if message.CHANNEL == "state" else [silence_us[1] - said_us + 20_000 - message.seq]

    dock = dock_of(cases=30, link=link).run(3600)
    assert resolutions(dock) == [("robot_lost", "robot_returned", "rule")]
    assert [line.received for line in only_receipt(dock).lines] == [1] * 30
    assert is_sound(dock)


def test_a_repaired_robot_works_again() -> None:
    dock = dock_of(cases=4, trailers=2)
    dock.grips["t-1-c2"] = ["dies"]
    dock.run(1800)
    dock.reboot("r1")
    dock.run(3600)
    assert len(dock.of_type(receipt.ReceiptClosed)) == 2
    assert is_sound(dock)


def test_a_jam_is_cleared_by_floor_staff() -> None:
    dock = dock_of(cases=3).run(100)
    dock.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    dock.run(60)
    assert resolutions(dock) == [("conveyor_jammed", "retry", "floor")]
    assert dock.backend.refused == {}


def test_a_jam_that_clears_itself_is_resolved_by_rule() -> None:
    dock = dock_of(cases=3).run(100)
    dock.answers["conveyor_jammed"] = None
    dock.say("conveyor/c1", conveyor.ConveyorJammed, conveyor.ConveyorData())
    dock.run(5)
    dock.say("conveyor/c1", conveyor.ConveyorCleared, conveyor.ConveyorData())
    dock.run(5)
    assert resolutions(dock) == [("conveyor_jammed", "conveyor_cleared", "rule")]


def test_a_case_delivered_before_its_robot_was_heard_stays_delivered() -> None:
    def slow_robot(message: Message) -> list[int]:
        return [40_000_000 if isinstance(message, case.CasePicked | case.CasePlaced) else 20_000]

    dock = dock_of(cases=3, link=slow_robot).run(3600)
    assert is_sound(dock)
    assert [line.received for line in only_receipt(dock).lines] == [1, 1, 1]
