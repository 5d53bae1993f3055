"""What a campaign draws."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.explore.campaign import base_of
from scenarios.explore.candidate import Wanted, struck
from scenarios.explore.faults import FAULTS_MAX, KINDS, drawn
from scenarios.explore.ground import SPAN_MAX_US
from scenarios.explore.trial import loaded
from scenarios.language.grammar.faults import FAULTS

if TYPE_CHECKING:
    from scenarios.explore.campaign import Base

SMALL = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"


@pytest.fixture(scope="module")
def base() -> Base:
    return base_of(str(SMALL), wanted=Wanted(), folder=SMALL.parent)


def test_every_fault_of_the_language_can_be_drawn() -> None:
    assert sorted(KINDS) == sorted(FAULTS)


def test_every_fault_that_this_dock_can_have_is_drawn(base: Base) -> None:
    kinds = Counter(fault["fault"] for run in range(400) for fault in drawn(1, run, base.ground).faults)
    assert set(FAULTS) - set(kinds) == {"sorter_down"}  # it has no sorter


def test_whatever_is_drawn_the_language_can_say(base: Base) -> None:
    for run in range(60):
        scenario = loaded(struck(base.document, drawn(1, run, base.ground)), base.path)
        assert 1 <= len(scenario.day.timeline) <= FAULTS_MAX


def test_a_run_draws_the_same_whenever_it_is_asked_and_no_two_draw_alike(base: Base) -> None:
    runs = [drawn(1, run, base.ground) for run in range(50)]
    assert runs == [drawn(1, run, base.ground) for run in range(50)]
    assert len({str(run) for run in runs}) == 50
    assert runs != [drawn(2, run, base.ground) for run in range(50)]


def test_faults_at_an_instant_begin_in_the_first_part_of_the_day(base: Base) -> None:
    end_us = base.clock.start_us + min(base.ground.span_us, SPAN_MAX_US)
    times = [fault["at"] for run in range(100) for fault in drawn(1, run, base.ground).faults if "at" in fault]
    assert all(base.clock.start_us <= base.clock.us(time) <= end_us for time in times)


def test_the_backend_restarts_after_the_start(base: Base) -> None:
    drawn_faults = [fault for run in range(1000) for fault in drawn(1, run, base.ground).faults]
    restarts = [fault for fault in drawn_faults if fault["fault"] == "backend_restarts"]
    assert len(restarts) > 50
    assert all(base.clock.us(fault["at"]) > base.clock.start_us for fault in restarts)


def test_without_people_nothing_is_drawn_that_only_people_end(tmp_path: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text(SMALL.read_text("utf-8").replace("remote: 1, floor: 1", "remote: 0, floor: 0"))
    ground = base_of(str(alone), wanted=Wanted(), folder=tmp_path).ground
    kinds = {fault["fault"] for run in range(300) for fault in drawn(1, run, ground).faults}
    assert kinds.isdisjoint({"emergency_stop", "vacuum_lost", "robot_dies", "late_answer"})
    assert "robot_silent" in kinds
