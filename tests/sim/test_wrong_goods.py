"""A day on which nothing is as the papers say and perception errs: every case that is there ends somewhere, once."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from sim.plan import DockPlan
from tests.sim.days import NO_TIMES, day
from tests.sim.fake_backend import Day
from twin.clock import US_PER_S


def wrong_day(*, dock: DockPlan = NO_TIMES, seed: int = 1, **amiss: int) -> Day:
    plan = day(cases=80, seed=seed, dock=dock)
    return Day(replace(plan, trailers=(replace(plan.trailers[0], **amiss),))).run()


def outcomes(run: Day) -> Counter[str]:
    return Counter(row.outcome for row in run.world.truth().cases)


def test_what_is_missing_has_no_row_and_what_is_extra_has_one() -> None:
    run = wrong_day(missing=5, extra=2)
    assert outcomes(run) == {"received": 77}
    assert run.world.truth().trailers[0].cases == 77
    assert run.messages("trailer.announced")[0].data.cases == 80


def test_wrong_cases_are_read_and_are_on_no_line() -> None:
    run = wrong_day(wrong=4)
    rows = [row for row in run.world.truth().cases if row.manifest_line is None]
    labels = {line.label for part in run.messages("trailer.manifest") for line in part.data.lines}
    assert len(rows) == 4
    assert not {row.label for row in rows} & labels
    assert {row.label for row in rows} <= {message.data.label for message in run.messages("case.identified")}


def test_what_is_too_heavy_too_large_or_crushed_is_left_for_people() -> None:
    run = wrong_day(too_heavy=2, too_large=3, damaged=2)
    cases = run.world._dock.trailers["t1"].cases.values()
    beyond = [it for it in cases if it.loaded.weight_kg > 45.4 or max(it.loaded.size_m) > 0.914]
    crushed = [it for it in cases if it.loaded.is_damaged]
    assert (len(beyond), len(crushed)) == (5, 2)
    # Some stand behind others that are left: no robot comes to them.
    assert {it.outcome for it in beyond} <= {"refused", "manual"}
    assert {it.outcome for it in crushed} <= {"damaged", "manual"}
    assert {message.data.reason for message in run.messages("case.refused")} == {"too_heavy", "too_large"}
    assert run.messages("case.damaged")


@pytest.mark.parametrize("seed", range(3))
def test_ghosts_and_merged_cases_lose_nothing_and_are_taken_back(seed: int) -> None:
    run = wrong_day(dock=replace(NO_TIMES, ghosts=0.5, merges=0.2), seed=seed)
    rows = run.world.truth().cases
    assert len({row.case_id for row in rows}) == len(rows) == 80
    assert {row.outcome for row in rows} <= {"received", "damaged", "manual", "refused"}
    assert run.messages("case.split")
    seen = {case.track_id for message in run.messages("wall.scanned") for case in message.data.cases}
    retracted = [message.data.track_id for message in run.messages("case.retracted")]
    assert len(set(retracted)) == len(retracted)
    over = set(retracted) | {message.data.track_id for message in run.messages("case.split")}
    taken = {message.data.track_id for message in run.messages("case.picked")}
    taken |= {message.data.track_id for message in run.messages("case.recovered")}
    assert not over & taken
    assert seen <= over | taken, "no track is left open"


def test_a_slow_sorter_is_what_a_dock_waits_for() -> None:
    plan = day(cases=80, trailers=2, doors=2, robots=2, dock=replace(NO_TIMES, sorter_rate_per_h=240.0))
    run = Day(replace(plan, site=replace(plan.site, sorter_id="s1"), grace_us=900 * US_PER_S)).run()
    assert outcomes(run) == {"received": 160}
    blocked, unblocked = run.messages("conveyor.blocked"), run.messages("conveyor.unblocked")
    assert len(blocked) == len(unblocked) > 20
    assert "WAITING_FOR_CONVEYOR" in {message.data.robot_state for message in run.messages("robot.state")}
    assert run.messages("sorter.state")[-1].data.cases_sorted == 160
