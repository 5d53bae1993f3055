"""Each invariant with a planted fault: the state is broken on purpose, or the field says what cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from backend.core import fold_robots, invariants
from backend.core.changes import Changes
from backend.core.dock import PLACES
from backend.core.receipt import count
from backend.core.state import SiteState
from backend.services import commands, dispatch, ingest
from tests.backend.fake_dock import dock_of
from tests.backend.field import Field
from twin.clock import NEVER_US, US_PER_S
from twin.messages import case, door, reply, robot, trailer

if TYPE_CHECKING:
    from collections.abc import Callable


def picking() -> Field:
    field = Field()
    field.start(cases=4)
    field.pick("t-1-c1")
    assert field.codes() == []
    return field


def found_by_audit(field: Field) -> list[str]:
    field.backend.audit()
    return sorted(set(field.codes()))


# --- what the field says cannot be ---


def test_a_case_counted_twice_is_found() -> None:
    field = picking()
    field.place("t-1-c1")
    field.place("t-1-c1")
    assert field.codes() == ["case_placed_twice", "case_not_in_hand"]


def test_a_case_delivered_twice_is_found() -> None:
    field = picking()
    field.place("t-1-c1")
    field.identify("t-1-c1")
    field.identify("t-1-c1")
    assert field.codes() == ["case_delivered_twice"]


def test_a_case_that_falls_in_the_trailer_when_it_has_left_it_is_found() -> None:
    field = picking()
    field.place("t-1-c1")
    data = case.CaseDroppedData(trailer_id="t-1", track_id="t-1-c1", cause="fell", height_m=0.4)
    field.say("robot/r1", case.CaseDropped, data)
    assert field.codes() == ["case_taken_twice"]


def test_a_refused_case_may_fall_and_is_tried_again_from_the_floor() -> None:
    field = picking()
    field.place("t-1-c1")
    aside = case.CaseSetAsideData(trailer_id="t-1", track_id="t-1-c2", reason="too_heavy")
    field.say("robot/r1", case.CaseRefused, aside)
    fell = case.CaseDroppedData(trailer_id="t-1", track_id="t-1-c2", cause="fell", height_m=0.4)
    field.say("robot/r1", case.CaseDropped, fell)
    assert field.codes() == []
    assert field.backend.state.trailers["t-1"].cases["t-1-c2"].place == "floor"


def test_a_hand_with_two_cases_is_found() -> None:
    field = picking()
    field.pick("t-1-c2")
    assert "hand_holds_too_many" in field.codes()


def test_a_case_taken_by_a_robot_that_does_not_own_it_is_found() -> None:
    field = Field(robots=2)
    field.start()
    field.report("r2")
    field.pick("t-1-c1", by="r2")
    assert field.codes() == ["case_not_owned", "hand_without_robot", "hand_not_owned"]


def test_a_delivered_case_that_people_carry_out_is_in_two_places() -> None:
    field = picking()
    field.place("t-1-c1")
    field.identify("t-1-c1")
    data = case.CaseRecoveredData(trailer_id="t-1", track_id="t-1-c1", disposition="damaged")
    field.say("operator/floor", case.CaseRecovered, data)
    assert field.codes() == ["case_in_two_places", "delivered_reverted"]


def test_a_pick_in_a_trailer_that_is_not_restrained_is_found() -> None:
    field = Field()
    field.start()
    field.backend.state.doors["d1"].restrains = None
    field.pick("t-1-c1")
    assert field.codes() == ["not_restrained"]


def test_entering_a_trailer_that_is_not_restrained_is_found() -> None:
    field = Field()
    field.say("robot/r1", robot.UnloadStarted, robot.UnloadData(trailer_id="t-1", door_id="d1"))
    assert field.codes() == ["not_restrained"]


@pytest.mark.parametrize("what", ["restraint", "trailer"])
def test_a_trailer_let_go_with_a_robot_inside_is_found(what: str) -> None:
    field = picking()
    if what == "restraint":
        field.say("door/d1", door.RestraintReleased, door.DoorData(trailer_id="t-1"))
    else:
        field.say("yard/yard", trailer.TrailerReleased, trailer.TrailerData(trailer_id="t-1", door_id="d1"))
    assert "released_with_robot_inside" in field.codes()


def test_a_robot_that_leaves_its_state_machine_is_found() -> None:
    field = Field()
    field.report(state="IDLE")
    field.report(state="PLACING")
    assert field.codes() == ["robot_state_transition"]


def test_picking_and_placing_may_alternate_untold() -> None:
    field = Field()
    for state in (
        "IDLE",
        "TRAVELLING",
        "ENTERING",
        "SCANNING",
        "PICKING",
        "WAITING_FOR_CONVEYOR",
        "PICKING",
        "EXITING",
    ):
        field.report(state=state)
    assert field.codes() == []


def test_a_state_after_lost_states_is_not_judged() -> None:
    field = Field()
    field.report(state="IDLE")
    field.emitters["robot/r1"].seqs["state"] += 1
    field.report(state="PLACING")
    assert field.codes() == []


def test_a_robot_whose_report_and_events_disagree_is_found() -> None:
    field = picking()
    field.report(state="PICKING", holding=("t-1-c2",))
    assert field.codes() == ["holding_disagrees"]


def test_a_robot_that_counts_other_than_we_do_is_found() -> None:
    field = picking()
    field.place("t-1-c1")
    data = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=2)
    field.say("robot/r1", robot.UnloadFinished, data)
    assert field.codes() == ["placed_disagrees"]


def test_a_command_run_after_it_expired_is_found() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    command = field.last(trailer.AssignDoor)
    field.now_us += 60_000_001
    field.reply(command, reply.CommandAccepted)
    assert field.codes() == ["ran_after_expiry"]


def test_a_command_of_an_old_epoch_accepted_after_a_newer_one_is_found() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    old = field.last(trailer.AssignDoor)
    field.backend.state.epoch = 2
    field.backend.take_over(field.now_us)
    new = next(it for _, it in field.backend.commit() if isinstance(it, trailer.AssignDoor))
    field.reply(new, reply.CommandAccepted)
    assert field.codes() == []
    field.reply(old, reply.CommandAccepted)
    assert field.codes() == ["old_epoch_accepted"]


# --- the state broken on purpose ---


def _forget_a_place(state: SiteState) -> None:
    state.trailers["t-1"].cases["t-1-c2"].place = "floor"


def _forget_a_case(state: SiteState) -> None:
    del state.trailers["t-1"].cases["t-1-c2"]


def _empty_the_hand(state: SiteState) -> None:
    state.robots["r1"].holding.clear()


def _give_the_case_away(state: SiteState) -> None:
    state.trailers["t-1"].cases["t-1-c1"].owner = None


def _undo_a_delivery(state: SiteState) -> None:
    state.trailers["t-1"].inducted += 1


def _two_robots_one_order(state: SiteState) -> None:
    state.robots["r2"].order_id = "o-t-1"


def _order_without_robot(state: SiteState) -> None:
    state.orders["o-t-1"].robot_id = "r2"


def _two_trailers_one_door(state: SiteState) -> None:
    state.doors["d1"].trailer_id = "t-2"


def _one_trailer_two_doors(state: SiteState) -> None:
    state.doors["d2"].trailer_id = "t-1"


def _believe_a_lost_robot(state: SiteState) -> None:
    state.robots["r1"].is_lost = True


def _forget_a_watchdog(state: SiteState) -> None:
    action_id, record = next(iter(state.commands.items()))
    record.status = "sent"
    state.watchdogs.expiry.pop(action_id, None)


def _keep_an_ended_command(state: SiteState) -> None:
    action_id, record = next(iter(state.commands.items()))
    state.ended.setdefault(record.command.subject, {})[action_id] = "completed"


@pytest.mark.parametrize(
    ("plant", "codes"),
    [
        (_forget_a_place, ["case_count", "case_place"]),
        (_forget_a_case, ["case_count"]),
        (_empty_the_hand, ["hand_without_robot"]),
        (_give_the_case_away, ["hand_not_owned", "hand_without_robot"]),
        (_undo_a_delivery, ["delivered_reverted"]),
        (_two_robots_one_order, ["order_two_robots"]),
        (_order_without_robot, ["order_two_robots"]),
        (_two_trailers_one_door, ["door_two_trailers"]),
        (_one_trailer_two_doors, ["trailer_two_doors"]),
        (_believe_a_lost_robot, ["lost_robot_believed"]),
        (_forget_a_watchdog, ["command_forgotten"]),
        (_keep_an_ended_command, ["command_ended_twice"]),
    ],
)
def test_a_planted_fault_is_found_as_what_it_is(plant: Callable[[SiteState], None], codes: list[str]) -> None:
    field = Field(doors=2, robots=2)
    field.start(cases=4)
    field.pick("t-1-c1")
    assert found_by_audit(field) == []
    plant(field.backend.state)
    assert found_by_audit(field) == codes


@pytest.mark.parametrize(("received", "code"), [(2, "receipt_line"), (0, "receipt_line"), (1, "receipt_sum")])
def test_a_receipt_that_does_not_add_up_is_found(monkeypatch: pytest.MonkeyPatch, received: int, code: str) -> None:
    dock = dock_of(cases=4).run(1800)
    lines, unidentified = count(dock.backend.state.trailers["t-1"])
    first = msgspec.structs.replace(lines[0], received=received)
    wrong = (first, *lines[1:]), unidentified + (code == "receipt_sum")
    monkeypatch.setattr(invariants, "count", lambda _trailer: wrong)
    dock.backend.audit()
    assert code in {it.code for it in dock.backend.violations}


def test_work_for_a_lost_robot_is_found() -> None:
    field = picking()
    field.backend.state.robots["r1"].is_lost = True
    record = next(it for it in field.backend.state.commands.values() if it.purpose == "plan")
    changes = Changes()
    invariants.check_issue(field.backend.state, changes, record)
    assert [breach.code for breach in changes.breaches] == ["work_for_lost_robot"]


def test_a_release_with_a_robot_inside_is_found_when_it_is_said() -> None:
    field = picking()
    desk = field.backend._desk
    order = field.backend.state.orders["o-t-1"]
    order.is_unloaded = order.are_leftovers_settled = True
    dispatch._let_go(desk, order, field.backend.state.trailers["t-1"])
    field.backend._settle()
    assert set(field.codes()) == {"released_with_robot_inside"}


def test_a_trailer_let_go_with_its_robot_on_the_way_out_is_found() -> None:
    field = Field()
    plan = field.start(cases=1)
    field.pick("t-1-c1")
    field.place("t-1-c1")
    field.reply(plan, reply.CommandCompleted)
    field.scan(scan_id="s2")
    leaving = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=1)
    field.say("robot/r1", robot.UnloadFinished, leaving)
    assert field.codes() == []
    field.backend.state.orders["o-t-1"].is_robot_out = True
    field.backend._desk.changes.orders["o-t-1"] = None
    assert trailer.ReleaseTrailer in map(type, field.report(state="EXITING", door_id="d1", trailer_id="t-1"))
    assert field.codes() == ["released_with_robot_inside"]


# --- planted in the code ---


def admit_all(*about: object) -> list[object]:
    return [about[3]]


def test_a_duplicate_applied_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = picking()
    again = field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="x"))
    field.deliver(again)

    monkeypatch.setattr(ingest, "admit", admit_all)
    field.deliver(again)
    assert field.codes() == ["stream_order"]


def test_a_skipped_gap_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    field = picking()
    field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="x"))
    later = field.make("robot/r1", robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="y"))

    monkeypatch.setattr(ingest, "admit", admit_all)
    field.deliver(later)
    assert field.codes() == ["stream_order"]


def test_a_state_believed_after_a_later_one_is_found() -> None:
    field = picking()
    older = field.make("robot/r1", robot.RobotStateReport, field.backend.state.robots["r1"].reported)
    sender = field.backend.state.senders["/bos1/robot/r1"]
    sender.state_seq = older.seq
    changes = Changes()
    fold_robots.state_report(field.backend.state, changes, sender, older)
    assert "state_order" in {breach.code for breach in changes.breaches}


def test_a_forgotten_command_watchdog_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_send_first", lambda desk, record: desk.send(record.command))
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    assert found_by_audit(field) == ["command_forgotten"]


def test_a_timer_that_fires_late_is_found() -> None:
    field = Field()
    field.report()
    field.announce()
    field.arrive()
    field.backend._desk.due_us = NEVER_US
    field.now_us += 10 * US_PER_S
    field.report()
    assert field.codes() == []
    field.wait(60)
    assert set(field.codes()) == {"timer_late"}


def test_every_place_is_counted() -> None:
    field = picking()
    it = field.backend.state.trailers["t-1"]
    assert (list(it.counts), sum(it.counts.values())) == (list(PLACES), len(it.cases))


def test_a_whole_audit_comes_by_itself() -> None:
    field = Field(audit_every=5)
    field.start(cases=4)
    _forget_a_place(field.backend.state)
    for _ in range(30):
        field.report(state="SCANNING", door_id="d1", trailer_id="t-1")
    assert set(field.codes()) == {"case_count", "case_place"}


def test_findings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.services.site.VIOLATIONS_KEPT_MAX", 3)
    field = Field()
    for state in ("IDLE", "PLACING", "EXITING") * 5:
        field.report(state=state)
    assert len(field.backend.violations) == 3
    assert field.backend.violations_found > 3
