from __future__ import annotations

from collections import Counter

import pytest

from backend.core import hashing
from backend.services.ledger import TimerFired
from backend.services.settings import Settings
from backend.services.site import SiteBackend
from backend.store.memory import Batch, MemoryLedger
from tests.backend.fake_dock import FakeDock, dock_of
from twin.errors import FencedError
from twin.messages import Message, codec, robot
from twin.participant import Delivery
from twin.subjects import subject_of


def a_rough_day(ledger: MemoryLedger | None = None, *, rebuild_every: int | None = None) -> FakeDock:
    """Two trailers, two robots; a death, a refusal, a failed grip, an unread case, and replies that come late."""

    def link(message: object) -> list[int]:
        late = isinstance(message, robot.RobotErrorRaised)
        return [900_000] if late else [20_000, 350_000]

    dock = dock_of(cases=9, trailers=2, doors=2, robots=2, link=link, ledger=ledger, rebuild_every=rebuild_every)
    dock.grips |= {"t-1-c2": ["refused"], "t-1-c4": ["dies"], "t-2-c3": ["grip_failed"], "t-2-c5": ["floor"]}
    dock.reads["t-2-c1"] = False
    return dock.run(4 * 3600)


def replay(settings: Settings, ledger: MemoryLedger) -> SiteBackend:
    """A new backend, told the same messages at the same instants; its timers must fire by themselves."""
    backend = SiteBackend(settings)
    end_us = 0
    for it in ledger.inputs():
        end_us = it.at_us
        if isinstance(it, Delivery):
            backend.deliver(it.at_us, it.message)
    backend.advance(end_us + 1)
    return backend


def test_rebuilding_the_state_after_every_input_changes_nothing() -> None:
    plain, rebuilt = a_rough_day(), a_rough_day(rebuild_every=1)
    assert [codec.encode(m) for _, m in rebuilt.said] == [codec.encode(m) for _, m in plain.said]
    assert rebuilt.backend.full_hash() == plain.backend.full_hash()
    assert rebuilt.backend.take_timers_fired() == plain.backend.take_timers_fired()


@pytest.mark.parametrize("rebuild_every", [None, 7])
@pytest.mark.parametrize("until_s", [520, 14_400])
def test_which_commands_are_open_at_each_target_is_known_without_looking(
    until_s: int, rebuild_every: int | None
) -> None:
    desk = dock_of(cases=7, rebuild_every=rebuild_every).run(until_s).backend._desk
    open_at: dict[str, list[str]] = {}
    for action_id, record in desk.state.commands.items():
        open_at.setdefault(record.command.subject, []).append(action_id)
    assert bool(open_at) == (until_s == 520), "in the middle of the day some are open"
    assert {target: list(records) for target, records in desk.open_at.items()} == open_at


def test_the_ledger_replayed_has_the_hash_of_the_live_state() -> None:
    ledger = MemoryLedger()
    dock = a_rough_day(ledger)
    again = replay(dock.backend.settings, ledger)
    assert again.full_hash() == dock.backend.full_hash()
    fired = [TimerFired(*it) for it in again.take_timers_fired()]
    assert fired == [it for it in ledger.inputs() if isinstance(it, TimerFired)]


def test_a_restart_from_a_snapshot_goes_on_as_if_nothing_had_been() -> None:
    straight = dock_of(cases=7).run(1800)
    stopped = dock_of(cases=7).run(520)
    snapshot = stopped.backend.snapshot()
    stopped.backend = SiteBackend.restore(stopped.backend.settings, snapshot)
    stopped.run(1800 - 520)
    assert [codec.encode(m) for _, m in stopped.said] == [codec.encode(m) for _, m in straight.said]
    assert stopped.backend.full_hash() == straight.backend.full_hash()


def test_the_rough_day_is_rough_and_sound() -> None:
    dock = a_rough_day()
    dock.backend.audit()
    assert dock.backend.violations == []
    kinds = Counter(key.partition("/")[0] for key in dock.backend.state.resolved)
    assert set(kinds) == {"leftovers", "robot_lost", "grip_failed", "no_read"}
    assert dock.backend.refused["duplicate"] > 100


def test_the_domain_hash_knows_no_ids_or_boots() -> None:
    dock = dock_of(cases=4).run(1800)
    state = dock.backend.state
    before = dock.backend.domain_hash()
    state.boot, state.epoch = 7, 9
    state.counters["action"] = 99
    assert dock.backend.domain_hash() == before
    state.trailers["t-1"].cases["t-1-c1"].label = "another"
    assert dock.backend.domain_hash() != before


def test_a_snapshot_is_read_back_to_the_same_bytes() -> None:
    dock = a_rough_day()
    data = dock.backend.snapshot()
    assert hashing.encode(hashing.decode(data)) == data


def bytes_of(message: object) -> tuple[str, bytes]:
    assert isinstance(message, Message)
    return subject_of(message), codec.encode(message)


@pytest.mark.parametrize("payload", [b"", b"{", b"\xff", b"[]", b'{"type":"case.picked.v1"}', b"{" * 200])
def test_an_unreadable_message_leaves_the_whole_state_as_it_was(payload: bytes) -> None:
    dock = dock_of(cases=4).run(400)
    before = dock.backend.full_hash()
    dock.backend.receive(dock.now_us, "anything", payload)
    assert dock.backend.full_hash() == before
    assert sum(dock.backend.quarantine.counts.values()) == 1
    assert sum(dock.backend.refused.values()) == 1


def test_a_refused_body_uses_up_its_number_and_nothing_else() -> None:
    dock = dock_of(cases=4).run(400)
    backend = dock.backend
    before = backend.domain_hash()
    last = backend.state.senders["/bos1/robot/r1"].event.last_seq
    next_one = dock.emitter("robot/r1").emit(
        robot.RobotErrorCleared, robot.RobotErrorClearedData(error_id="x"), at_us=dock.now_us
    )
    subject, payload = bytes_of(next_one)
    backend.receive(dock.now_us, subject, payload.replace(b'"error_id":"x"', b'"error_id":7'))
    assert backend.domain_hash() == before
    assert backend.state.senders["/bos1/robot/r1"].event.last_seq == last + 1
    dock.run(1400)
    assert backend.violations == []
    assert "t-1" in {it.data.trailer_id for _, it in dock.said if it.type == "receipt.closed.v1"}


def test_bytes_and_structs_are_taken_alike() -> None:
    by_struct = dock_of(cases=4).run(1800)
    by_bytes = SiteBackend(by_struct.backend.settings)
    for at_us, message in by_struct.heard:
        by_bytes.receive(at_us, *bytes_of(message))
    by_bytes.advance(by_struct.now_us)
    assert by_bytes.full_hash() == by_struct.backend.full_hash()


def test_an_older_epoch_may_not_write() -> None:
    ledger = MemoryLedger()
    ledger.append([], [], 2)
    with pytest.raises(FencedError):
        ledger.append([], [], 1)


def test_a_fenced_backend_says_nothing_more() -> None:
    ledger = MemoryLedger()
    dock = dock_of(cases=4, ledger=ledger).run(60)
    ledger.append([], [], 2)
    with pytest.raises(FencedError):
        dock.run(600)


def test_a_tampered_record_is_found() -> None:
    ledger = MemoryLedger()
    a_rough_day(ledger)
    head = ledger.head()
    assert ledger.verify() is None
    index = 40
    batch = ledger._batches[index]
    ledger._batches[index] = Batch(batch.epoch + 1, batch.inputs, batch.outputs)
    assert ledger.verify() == index
    ledger._batches[index] = batch
    assert ledger.head() == head


def test_a_record_taken_away_is_found() -> None:
    ledger = MemoryLedger()
    a_rough_day(ledger)
    ledger.head()
    ledger._batches.pop()
    assert ledger.verify() == len(ledger.batches)


def test_what_was_not_committed_is_not_in_the_ledger() -> None:
    ledger = MemoryLedger()
    ledger.append([TimerFired(1, "x")], [], 1)
    assert list(ledger.inputs()) == []
    ledger.commit()
    assert list(ledger.inputs()) == [TimerFired(1, "x")]
