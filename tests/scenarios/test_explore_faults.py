"""What a campaign draws."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scenarios.explore.campaign import base_of
from scenarios.explore.candidate import Wanted, struck
from scenarios.explore.faults import FAULTS_MAX, KINDS, drawn
from scenarios.explore.ground import SPAN_MAX_US
from scenarios.explore.times import span_us
from scenarios.explore.trial import loaded
from scenarios.language.grammar.faults import FAULTS
from twin.clock import US_PER_S
from twin.messages import TYPES, Command

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


def of_kind(base: Base, kind: str, *, runs: int = 600) -> list[dict[str, Any]]:
    return [fault for run in range(runs) for fault in drawn(1, run, base.ground).faults if fault["fault"] == kind]


def test_of_messages_lost_it_is_all_or_a_type_or_two_that_the_one_says_or_is_told(base: Base) -> None:
    lost = of_kind(base, "messages_lost")
    for fault in lost:
        kind = fault["what"].partition("/")[0]
        for name in fault.get("types", ()):
            it = TYPES[name]
            is_heard = issubclass(it, Command) or name == "intervention.requested.v1"
            assert kind in it.PUBLISHERS or is_heard or kind == "all"
    assert Counter(len(fault.get("types", ())) for fault in lost).keys() == {0, 1, 2}
    assert {"share" in fault for fault in lost} == {True, False}
    named = {name for fault in lost for name in fault.get("types", ())}
    assert {"robot.state.v1", "order.assign.v1", "command.completed.v1", "trailer.docked.v1"} <= named


@pytest.mark.parametrize("fault", ["messages_lost", "partition"])
def test_everybody_who_speaks_is_struck(base: Base, fault: str) -> None:
    struck_ones = {entry["what"].partition("/")[0] for entry in of_kind(base, fault)}
    assert struck_ones == {"all", "robot", "door", "conveyor", "operator", "yard"}  # it has no sorter


def test_commands_come_when_they_have_expired(base: Base) -> None:
    links = [fault["link"] for fault in of_kind(base, "link")]
    assert any(span_us(link.get("downlink", 0)) > 60 * US_PER_S for link in links)
    assert any(link.get("retransmit") == "40 s" and "loss" in link for link in links)


def test_often_a_restart_follows_another_blow_at_once(base: Base) -> None:
    close = 0
    for run in range(600):
        faults = drawn(1, run, base.ground).faults
        times = [
            base.clock.us(fault["at"]) for fault in faults if "at" in fault and fault["fault"] != "backend_restarts"
        ]
        restarts = [base.clock.us(fault["at"]) for fault in faults if fault["fault"] == "backend_restarts"]
        close += sum(any(0 <= at_us - other_us < 10 * US_PER_S for other_us in times) for at_us in restarts)
    assert close > 45


def test_in_some_runs_one_robot_is_struck_blow_upon_blow(base: Base) -> None:
    def is_burst(run: int) -> bool:
        faults = [fault for fault in drawn(1, run, base.ground).faults if "robot" in fault and "at" in fault]
        times = sorted(base.clock.us(fault["at"]) for fault in faults)
        return (
            len({fault["robot"] for fault in faults}) == 1 and len(times) > 2 and times[-1] - times[0] < 60 * US_PER_S
        )

    assert sum(map(is_burst, range(600))) > 10
