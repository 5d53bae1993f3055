"""From the plan of a trailer to what is in it, and what its papers say."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from sim.plan import CountedLoad, DayPlan, RobotPlan
from sim.trailer import Trailer, trailer_of
from tests.sim.days import day
from twin.errors import ManifestError
from twin.rng import Draws


def loaded(plan: DayPlan, **amiss: int) -> Trailer:
    return trailer_of(replace(plan.trailers[0], **amiss), plan, Draws(plan.seed))


def test_a_sound_trailer_holds_what_its_papers_say() -> None:
    trailer = loaded(day(cases=60))
    assert trailer.cases_announced == trailer.cases_total == len(trailer.cases) == 60


def test_papers_tell_of_missing_cases_and_not_of_extra_ones() -> None:
    trailer = loaded(day(cases=60), missing=5, extra=2)
    assert trailer.cases_announced == 60
    assert trailer.cases_total == len(trailer.cases) == 57


def test_the_count_of_a_trailer_that_is_only_counted_is_amiss_as_well() -> None:
    trailer = loaded(day(cases=60, fidelity="trailer"), missing=5, extra=2)
    assert (trailer.cases_announced, trailer.cases_total) == (60, 57)


def test_damaged_cases_are_damaged_before_anybody_touches_them() -> None:
    trailer = loaded(day(cases=60), damaged=4)
    assert sum(case.is_damaged for case in trailer.cases.values()) == 4


def test_what_is_too_heavy_or_too_large_is_so_for_every_robot_of_the_day() -> None:
    strong = RobotPlan(weight_max_kg=120.0, size_max_m=(1.5, 0.8, 0.8))
    trailer = loaded(day(cases=60, robot_plans={"r1": strong}), too_heavy=2, too_large=2)
    cases = [case.loaded for case in trailer.cases.values()]
    assert sum(case.weight_kg > 120.0 for case in cases) == 2
    assert sum(max(case.size_m) > 1.5 for case in cases) == 2


def test_more_missing_than_there_are_cases_is_a_mistake() -> None:
    for fidelity in ("case", "trailer"):
        with pytest.raises(ManifestError, match="missing"):
            loaded(day(cases=3, fidelity=fidelity), missing=4)


def test_a_counted_load_cannot_be_unloaded_case_by_case() -> None:
    plan = day(cases=3)
    with pytest.raises(ManifestError, match="counted load"):
        trailer_of(replace(plan.trailers[0], load=CountedLoad(cases=3)), plan, Draws(1))


def test_perception_errs_as_the_plan_of_the_dock_says() -> None:
    plan = day(cases=60)
    trailer = loaded(replace(plan, dock=replace(plan.dock, ghosts=1.0)))
    trailer.perception.see(trailer.state)
    assert len(trailer.perception.ghosts()) == 1
    merging = loaded(replace(plan, dock=replace(plan.dock, merges=1.0)))
    tracks = [case.track_id for case in merging.perception.see(merging.state)]
    assert len(tracks) < len(merging.state.visible())
