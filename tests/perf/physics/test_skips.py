"""The campaign that holds the skip rule against episodes, on a small load; its bound, its misses, what it keeps."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from sim.physics import bullet_physics, pile
from tests.perf.physics.kept import Kept
from tests.perf.physics.report import skips_table
from tests.perf.physics.skips import Miss, Trial, Unloaded, unloaded, upper_bound

SMALL = Trial("columns", 52_001, 14)


def test_every_pick_of_a_load_that_needs_no_episode_is_held_against_one() -> None:
    (load,) = unloaded(SMALL)
    assert load.cases == load.picks == 14
    assert load.skipped > 5
    assert load.misses == ()


def test_a_rule_that_lets_everything_go_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bullet_physics, "needs_no_episode", lambda *_: True)
    monkeypatch.setattr("tests.perf.physics.skips.next_pick", lowest_first)
    (load,) = unloaded(SMALL)
    assert load.misses != ()
    assert load.misses[0].case_id not in load.misses[0].before


def lowest_first(state: pile.PileState) -> str | None:
    return min(state.boxes().ids, key=lambda case_id: (state.stands(case_id), state.center_m(case_id)[2]), default=None)


def test_the_bound_of_misses_is_the_exact_one() -> None:
    assert upper_bound(0, 300) == pytest.approx(1.0 - 0.05 ** (1.0 / 300.0))
    assert upper_bound(1, 600) == pytest.approx(0.00788, abs=1e-4)
    assert upper_bound(0, 0) == 1.0


def test_a_miss_is_told_with_what_it_takes_to_see_it_again() -> None:
    miss = Miss(case_id="t-9-c2", moved=("t-9-c4",), before=("t-9-c7", "t-9-c5"))
    load = Unloaded(source="mixed", seed=9, cases=9, picks=9, loose=0, skipped=8, misses=(miss,))
    assert skips_table([load])[-1] == "Missed: t-9-c2 of `mixed`, seed 9, after 2 picks moved t-9-c4."


def test_a_campaign_goes_on_where_it_was_but_not_with_other_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Unloaded(source="mixed", seed=9, cases=9, picks=9, loose=0, skipped=8, misses=())
    kept: Kept[Unloaded] = Kept("some", Unloaded, tmp_path)
    kept.do("first", partial(list, [load]))
    kept.do("second", partial(list, [load, load]))
    assert kept.done() == {"first": [load], "second": [load, load]}
    monkeypatch.setattr("tests.perf.physics.kept.code_hash", lambda: "other code")
    assert Kept("some", Unloaded, tmp_path).done() == {}
