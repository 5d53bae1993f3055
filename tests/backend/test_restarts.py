"""A backend that is dropped in the middle of a truck and rebuilt from its ledger goes on as if it had only blinked."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from backend.restarts import RestartingBackend, rebuilt
from backend.services.ledger import RESTARTED, Refused, TimerFired
from backend.services.settings import Settings
from tests.backend.fake_dock import START_US, FakeDock, site
from twin.clock import NEVER_US, US_PER_S
from twin.messages import Command, codec, receipt, robot
from twin.subjects import subject_of

if TYPE_CHECKING:
    from backend.services.site import SiteBackend


def dock_with(*restarts_s: float, cases: int = 9) -> tuple[FakeDock, RestartingBackend]:
    settings = Settings(
        site=site(),
        dock_planner="earliest_due",
        unload_planner="top_down",
        restarts_us=tuple(START_US + round(at_s * US_PER_S) for at_s in restarts_s),
    )
    backend = RestartingBackend(settings)
    dock = FakeDock(cast("SiteBackend", backend), trailers={"t-1": cases})
    dock.grips |= {"t-1-c2": ["refused"], "t-1-c4": ["grip_failed"]}
    dock.reads["t-1-c1"] = False
    return dock, backend


@pytest.mark.parametrize("at_s", [0.0, 65.0, 66.2, 300.0, 431.7, 440.0, 500.0, 3000.0])
def test_a_restart_at_any_instant_ends_with_the_same_receipt(at_s: float) -> None:
    plain, _ = dock_with()
    dock, backend = dock_with(at_s)
    plain.run(7200)
    dock.run(7200)
    backend.audit()
    assert backend.violations == []
    assert [it.data for it in dock.of_type(receipt.ReceiptClosed)] == [
        it.data for it in plain.of_type(receipt.ReceiptClosed)
    ]
    assert (backend.backend.state.boot, backend.backend.state.epoch) == (2, 2)


def test_the_state_that_is_rebuilt_is_the_state_that_was_dropped() -> None:
    dock, backend = dock_with(431.7, 500.0)
    dock.run(600)
    assert rebuilt(backend.settings, backend.ledger).full_hash() == backend.backend.full_hash()


def test_what_nobody_had_answered_goes_out_again_under_the_next_epoch() -> None:
    plain, _ = dock_with()
    plain.run(3600)
    order_us = next(at_us for at_us, it in plain.said if isinstance(it, robot.AssignOrder))
    dock, _ = dock_with((order_us + 30_000 - START_US) / US_PER_S)
    dock.run(3600)
    orders = [it for it in dock.commands if isinstance(it, robot.AssignOrder)]
    assert len({it.data.action_id for it in orders}) == 1
    assert {(it.boot, it.data.epoch) for it in orders} == {(1, 1), (2, 2)}


def test_after_a_restart_all_is_said_under_the_next_boot_and_nothing_twice() -> None:
    dock, backend = dock_with(431.7)
    dock.run(3600)
    restart_us = backend.settings.restarts_us[0]
    assert {it.boot for at_us, it in dock.said if at_us < restart_us} == {1}
    assert {it.boot for at_us, it in dock.said if at_us >= restart_us} == {2}
    answers_by_rule = [it for _, it in dock.said if not isinstance(it, Command)]
    assert len({codec.encode(it) for it in answers_by_rule}) == len(answers_by_rule)


def test_a_restart_is_due_when_it_is_due_and_is_told_once_among_the_timers() -> None:
    dock, backend = dock_with(100.0)
    assert backend.next_time() == START_US + 100 * US_PER_S
    dock.run(200)
    assert [it for it in backend.take_timers_fired() if it[1] == RESTARTED] == [(START_US + 100 * US_PER_S, RESTARTED)]
    assert backend.next_time() < NEVER_US


def test_a_restart_comes_before_the_messages_of_its_instant() -> None:
    announced_s = 5.02
    dock, backend = dock_with(announced_s)
    dock.run(10)
    at_us = backend.settings.restarts_us[0]
    then = [it for it in backend.ledger.inputs() if it.at_us == at_us]
    assert then[0] == TimerFired(at_us, RESTARTED)
    assert len(then) > 1


def test_a_window_with_a_restart_in_it_is_cut_in_two() -> None:
    whole, cut = dock_with(431.7)[0], dock_with(431.7)[0]
    whole.run(3600)
    for _ in range(360):
        cut.run(10)
    assert [codec.encode(it) for _, it in whole.said] == [codec.encode(it) for _, it in cut.said]


def test_a_state_that_the_ledger_does_not_tell_of_is_found_when_it_is_rebuilt() -> None:
    dock, backend = dock_with(431.7, 500.0)
    dock.run(400)
    backend.backend.state.trailers["t-1"].cases_expected += 1
    dock.run(200)
    assert [it.code for it in backend.violations] == ["rebuilt_otherwise"]


def test_a_timer_that_the_ledger_does_not_tell_of_is_found_when_it_is_rebuilt() -> None:
    dock, backend = dock_with(431.7)
    dock.run(400)
    backend.ledger._inputs.append(TimerFired(dock.now_us, "another"))
    backend.ledger._bounds.append((1, len(backend.ledger._inputs), len(backend.ledger._outputs)))
    backend.ledger.commit()
    dock.run(100)
    assert [it.code for it in backend.violations] == ["rebuilt_otherwise"]


def test_what_was_found_before_a_restart_is_told_once() -> None:
    dock, backend = dock_with(431.7, 500.0)
    dock.run(400)
    backend.backend.state.trailers["t-1"].cases["t-1-c1"].place = "floor"
    backend.audit()
    found = list(backend.violations)
    dock.run(300)
    assert found
    assert backend.violations[: len(found)] == found
    assert [it.code for it in backend.violations].count("rebuilt_otherwise") == 1


def test_a_message_whose_body_was_refused_is_in_the_ledger_with_its_number() -> None:
    dock, backend = dock_with(500.0)
    dock.run(400)
    told = robot.RobotErrorClearedData(error_id="x")
    refused = dock.emitter("robot/r1").emit(robot.RobotErrorCleared, told, at_us=dock.now_us)
    payload = codec.encode(refused).replace(b'"error_id":"x"', b'"error_id":7')
    backend.receive(dock.now_us, subject_of(refused), payload)
    backend.receive(dock.now_us, subject_of(refused), b"{")
    before = backend.backend
    dock.run(200)
    assert backend.violations == []
    assert [it.seq for it in backend.ledger.inputs() if isinstance(it, Refused)] == [refused.seq]
    assert backend.backend is not before
    assert backend.backend.quarantine.total == 2
