from __future__ import annotations

import pytest

from scenarios.run_loop import Window
from scenarios.verdict import Verdict
from tests.e2e.failover import STALE, How, run_with_failover
from twin.clock import US_PER_S, parse_time
from twin.errors import FencedError

pytestmark = pytest.mark.side_by_side

START_US = parse_time("2026-01-05T06:00:00.000000Z")


def unmet(verdict: Verdict) -> set[str]:
    return {expectation.name for expectation in verdict.expectations if not expectation.met}


@pytest.mark.parametrize("how", ["snapshot", "ledger"])
def test_a_day_goes_on_under_another_backend_though_commands_of_the_first_are_still_under_way(how: How) -> None:
    verdict = run_with_failover(how).verdict
    assert verdict.violations == ()
    assert unmet(verdict) == set()


def test_a_successor_does_the_same_from_the_snapshot_and_from_the_ledger() -> None:
    digests = {run_with_failover(how).verdict.digest for how in ("snapshot", "ledger")}
    assert len(digests) == 1


@pytest.mark.parametrize("seed", range(1, 7))
def test_whatever_the_radio_does_at_a_failover_no_trailer_and_no_case_is_lost(seed: int) -> None:
    verdict = run_with_failover("snapshot", seed=seed).verdict
    assert verdict.violations == ()
    assert unmet(verdict) <= {STALE}


@pytest.mark.parametrize("after_s", [1, 301, 305, 550, 640, 700, 760, 830, 1000, 1200])
def test_a_failover_at_any_time_of_the_day_loses_nothing(after_s: int) -> None:
    def fails(_first: object, window: Window) -> bool:
        return window.until_us >= START_US + after_s * US_PER_S

    verdict = run_with_failover("ledger", fails=fails).verdict
    assert verdict.violations == ()
    assert unmet(verdict) <= {STALE}


def test_a_first_backend_that_was_not_dead_after_all_can_say_nothing_more() -> None:
    first = run_with_failover("snapshot").first
    with pytest.raises(FencedError):
        first.handle_window([], first.next_time() + 60 * US_PER_S)
