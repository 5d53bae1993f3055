"""The benchmark works: a tiny one, whose numbers mean nothing, and whose assertions mean as much as ever."""

from __future__ import annotations

import msgspec
import pytest

from sim.world import World
from tests.perf.bench import measure
from tests.perf.days import TINY, steady_day
from tests.perf.inline import backend_us, digest_us, record, silent_us, simulator_us, whole_run_us
from tests.perf.rows import ROWS, Measured, measured, table
from tests.perf.silent import without_messages

DAY = steady_day(trailers=[1], doors=1, cases=20)


@pytest.fixture(scope="module")
def results() -> dict[str, Measured]:
    return measure(TINY, lambda _: None)


def test_every_row_is_measured_and_none_is_zero(results: dict[str, Measured]) -> None:
    assert list(results) == list(ROWS)
    assert [name for name, result in results.items() if result.value == 0] == []


def test_bench_json_holds_value_budget_unit_ok_and_note(results: dict[str, Measured]) -> None:
    held = msgspec.json.decode(msgspec.json.encode(results))
    assert list(held) == list(ROWS)
    assert {tuple(row) for row in held.values()} == {("value", "budget", "unit", "ok", "note")}


def test_the_table_has_a_line_for_each_row(results: dict[str, Measured]) -> None:
    assert [line.split("`")[1] for line in table(results)[2:]] == list(ROWS)


def test_a_budget_is_met_on_its_own_side() -> None:
    assert measured("inline_us_per_message", 4.0).ok is True
    assert measured("inline_us_per_message", 4.1).ok is False
    assert measured("lockstep_vs_empty", 0.5).ok is True
    assert measured("lockstep_vs_empty", 0.4).ok is False
    assert measured("day_memory_mib", 1023.9).ok is True
    assert measured("day_memory_mib", 1024.0).ok is False
    assert measured("messages_per_pick", 4.0).ok is None


def test_a_world_without_messages_says_nothing_and_its_truth_is_the_same() -> None:
    run = record(DAY)
    silent_us(run)
    with without_messages():
        world = World(DAY)
        for at_us, message in run.commands:
            world.deliver(at_us, message)
        world.advance(DAY.until_us)
    assert world.take_arrivals(DAY.until_us) == []
    assert world.truth() == run.truth


def test_after_a_world_without_messages_one_with_messages_says_everything() -> None:
    run = record(DAY)
    with without_messages():
        World(DAY)
    assert record(DAY).digest == run.digest


def test_a_silent_world_that_misses_a_command_is_found_out() -> None:
    run = record(DAY)
    run.commands.pop()
    with pytest.raises(AssertionError, match="without messages the same happens"):
        silent_us(run)


def test_a_silent_world_in_which_something_speaks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    run = record(DAY)
    monkeypatch.setattr("tests.perf.silent._HAVE_ENTITIES", ())
    with pytest.raises(AssertionError, match="has made one"):
        silent_us(run)


def test_parts_fed_with_another_run_are_found_out() -> None:
    run, other = record(DAY), record(steady_day(trailers=[2], doors=1, cases=20))
    mixed = msgspec.structs.replace(run, exchanges=other.exchanges)
    with pytest.raises(AssertionError):
        simulator_us(mixed)
    with pytest.raises(AssertionError):
        backend_us(msgspec.structs.replace(run, state_hash=other.state_hash))
    with pytest.raises(AssertionError):
        digest_us(mixed)
    with pytest.raises(AssertionError):
        whole_run_us(run.day, digest=other.digest)
