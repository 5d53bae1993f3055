"""What holds of any physics behind the port: of the support graph, and of PyBullet without the ride to the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.assumptions import VISIBLE_SHARE_MIN
from sim.load.audit import Defect
from sim.load.generators import GENERATORS
from sim.physics.boxes import Boxes, boxes_of
from sim.physics.bullet_physics import BulletPhysics, SettledPile, _state
from sim.physics.parameters import Parameters, Rest, Shake
from sim.physics.port import LoadState, Physics, Pick
from sim.physics.support import SupportGraph, SupportPhysics
from tests.sim.physics.placed import a_case, a_column, a_load_of, generated, told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.load.load import Load, LoadedCase

pytestmark = pytest.mark.side_by_side

BULLET = BulletPhysics(parameters=Parameters(shake=Shake(each_s=0.0), rest=Rest(cap_s=3.0)))
PHYSICS: dict[str, Physics[Any]] = {"support": SupportPhysics(), "bullet": BULLET}

each_physics = pytest.mark.parametrize("physics", PHYSICS.values(), ids=PHYSICS)
by_each = pytest.mark.parametrize("by", ["robot", "people"])
By = Literal["robot", "people"]

UNIFORMS = (0.5, 0.5, 0.5)

COLUMN = a_load_of(*a_column(4), a_case("far", (9.0, 0.0, 0.15)))
LEGS = (a_case("left", (5.0, 0.5, 0.15), (0.6, 1.0, 0.3)), a_case("right", (5.0, -0.6, 0.15)))


def bridge(left_m: float) -> Load:
    """A case over two others, its middle so far inside the left one."""
    return a_load_of(*LEGS, a_case("bridge", (5.0, left_m, 0.45), (0.6, 1.0, 0.3)))


def pick(state: Any, physics: Physics[Any], case_id: str, by: By = "people") -> tuple[Any, set[str]]:  # noqa: ANN401
    """The state without the case, and what fell."""
    after, extraction = physics.extract(state, Pick(case_id=case_id, by=by), UNIFORMS)
    assert extraction.came_out
    return after, {fall.case_id for fall in extraction.fallen}


def stood_by_hand(physics: Physics[Any], cases: Iterable[LoadedCase]) -> LoadState:
    """Cases exactly where they are put, possible or not."""
    load = a_load_of(*cases)
    if isinstance(physics, SupportPhysics):
        return SupportGraph(load)
    boxes = boxes_of(load.cases)
    as_put = SettledPile(center_m=boxes.center_m, orientation_xyzw=boxes.orientation_xyzw, loose=(), is_quiet=True)
    return _state(load, as_put)


def looks(state: LoadState, load: Load) -> tuple[object, ...]:
    """All that the port tells of a state."""
    names = [case.case_id for case in load.cases]
    each = [
        (state.stands(it), state.visible_fraction(it), state.blocked_by(it), state.rests_on_top(it)) for it in names
    ]
    boxes = state.boxes()
    return boxes.ids, boxes.center_m.tolist(), boxes.orientation_xyzw.tolist(), state.floor, state.visible(), each


def assert_accounted_for(state: LoadState, load: Load, out: set[str]) -> None:
    """Every case stands, lies loose or is out, and only one of them; what is in the trailer is somewhere."""
    names = [case.case_id for case in load.cases]
    standing, loose = {name for name in names if state.stands(name)}, set(state.floor)
    assert len(loose) == len(state.floor)
    assert len(standing) + len(loose) + len(out) == len(names)
    assert standing | loose | out == set(names)
    boxes: Boxes = state.boxes()
    assert boxes.ids == tuple(name for name in names if name not in out)
    assert np.isfinite(boxes.center_m).all()
    assert np.linalg.norm(boxes.orientation_xyzw, axis=1) == pytest.approx(1.0)
    assert all(state.center_m(name) == tuple(boxes.center_m[row]) for row, name in enumerate(boxes.ids))
    assert set(state.visible()) <= standing


# -- settling --------------------------------------------------------------------------------------------------------


@each_physics
@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_a_sound_load_stands_as_loaded_and_nothing_is_impossible_about_it(
    physics: Physics[Any], generator: str
) -> None:
    load = generated(generator, seed=1, cases=40)
    state = physics.settle(load)
    assert_accounted_for(state, load, set())
    assert state.floor == ()
    assert state.boxes().center_m == pytest.approx(boxes_of(load.cases).center_m, abs=0.02)
    assert physics.audit(state) == ()


@each_physics
def test_an_empty_load_settles(physics: Physics[Any]) -> None:
    state = physics.settle(a_load_of())
    assert (state.boxes().ids, state.visible(), state.floor, physics.audit(state)) == ((), [], (), ())


@each_physics
def test_an_unknown_case_is_no_case(physics: Physics[Any]) -> None:
    state = physics.settle(COLUMN)
    for ask in (state.stands, state.center_m, state.orientation_xyzw, state.visible_fraction, state.blocked_by):
        with pytest.raises(KeyError):
            ask("c9")


# -- picks -----------------------------------------------------------------------------------------------------------


@each_physics
@by_each
@pytest.mark.parametrize("case_id", ["c0", "c3"])
def test_a_pick_leaves_the_state_it_was_given_and_says_the_same_again(
    physics: Physics[Any], by: By, case_id: str
) -> None:
    state = physics.settle(COLUMN)
    before = looks(state, COLUMN)
    first, again = (physics.extract(state, Pick(case_id=case_id, by=by), UNIFORMS) for _ in range(2))
    assert looks(state, COLUMN) == before
    assert told(first[1]) == told(again[1])
    assert looks(first[0], COLUMN) == looks(again[0], COLUMN) != before


@each_physics
@by_each
def test_out_means_out(physics: Physics[Any], by: By) -> None:
    after, _ = pick(physics.settle(COLUMN), physics, "c3", by)
    assert not after.stands("c3")
    assert "c3" not in [*after.floor, *after.boxes().ids, *after.visible(), *after.rests_on_top("c2")]
    assert after.visible_fraction("c3") == 0.0
    assert_accounted_for(after, COLUMN, {"c3"})


@each_physics
@by_each
def test_a_column_picked_from_its_top_drops_nothing(physics: Physics[Any], by: By) -> None:
    state = physics.settle(COLUMN)
    for case_id in ("c3", "c2", "c1", "c0"):
        state, fallen = pick(state, physics, case_id, by)
        assert fallen == set()
    assert (state.floor, state.stands("far")) == ((), True)


@each_physics
@by_each
@pytest.mark.parametrize(("case_id", "above"), [("c0", {"c1", "c2", "c3"}), ("c2", {"c3"})])
def test_what_stood_on_a_case_comes_down_when_it_is_taken_and_lies_loose(
    physics: Physics[Any], by: By, case_id: str, above: set[str]
) -> None:
    after, extraction = physics.extract(physics.settle(COLUMN), Pick(case_id=case_id, by=by), UNIFORMS)
    assert {fall.case_id for fall in extraction.fallen} == above == set(after.floor)
    assert all(0.25 < fall.height_m < 1.0 and fall.after_us >= 0 for fall in extraction.fallen)
    assert [fall.after_us for fall in extraction.fallen] == sorted(fall.after_us for fall in extraction.fallen)
    assert_accounted_for(after, COLUMN, {case_id})


@each_physics
@by_each
def test_a_bridge_stays_on_the_one_support_that_carries_its_middle(physics: Physics[Any], by: By) -> None:
    after, fallen = pick(physics.settle(bridge(left_m=0.2)), physics, "right", by)
    assert fallen == set()
    assert after.stands("bridge")


@each_physics
@by_each
def test_a_bridge_falls_from_one_that_does_not(physics: Physics[Any], by: By) -> None:
    after, fallen = pick(physics.settle(bridge(left_m=-0.1)), physics, "right", by)
    assert fallen == {"bridge"}
    assert after.stands("left")


@each_physics
@by_each
def test_loose_cases_are_taken_as_they_lie_and_the_rest_stays(physics: Physics[Any], by: By) -> None:
    state, _ = pick(physics.settle(COLUMN), physics, "c0", "people")
    out = {"c0"}
    for case_id in ("c3", "c2", "c1"):
        state, fallen = pick(state, physics, case_id, by)
        out.add(case_id)
        assert fallen == set()
        assert_accounted_for(state, COLUMN, out)
    assert state.boxes().ids == ("far",)


@each_physics
def test_people_take_what_stands_behind_others_and_leave_those(physics: Physics[Any]) -> None:
    load = a_load_of(*a_column(2, x_m=3.0, name="front"), *a_column(2, x_m=5.0, name="back"))
    after, fallen = pick(physics.settle(load), physics, "back1", "people")
    assert fallen == set()
    assert all(after.stands(name) for name in ("front0", "front1", "back0"))


# -- the floor -------------------------------------------------------------------------------------------------------


@each_physics
def test_a_case_that_slipped_lies_loose_until_it_is_taken_again(physics: Physics[Any]) -> None:
    state, _ = pick(physics.settle(COLUMN), physics, "c3")
    state.put_on_floor("c3")
    assert (state.floor, state.stands("c3")) == (("c3",), False)
    assert state.center_m("c3")[0] < COLUMN.cases[3].center_m[0]
    assert_accounted_for(state, COLUMN, set())
    assert physics.audit(state) == ()
    after, fallen = pick(state, physics, "c3", "robot")
    assert (after.floor, fallen) == ((), set())


@each_physics
def test_cases_that_slipped_one_after_the_other_share_no_room(physics: Physics[Any]) -> None:
    state = physics.settle(COLUMN)
    for case_id in ("c3", "c2", "c1"):
        state, _ = pick(state, physics, case_id)
        state.put_on_floor(case_id)
    assert state.floor == ("c3", "c2", "c1")
    assert physics.audit(state) == ()


def test_a_case_that_slips_before_a_load_close_to_the_door_does_not_lie_on_it() -> None:
    physics = BulletPhysics()
    state, _ = pick(physics.settle(a_load_of(*a_column(4, x_m=0.35))), physics, "c3")
    state.put_on_floor("c3")
    assert state.center_m("c3")[2] == 0.15
    assert physics.audit(state) == ()


@each_physics
def test_a_copy_knows_nothing_of_what_happens_to_the_other(physics: Physics[Any]) -> None:
    state, _ = pick(physics.settle(COLUMN), physics, "c3")
    apart = state.copy()
    state.put_on_floor("c3")
    assert (apart.floor, "c3" in apart.boxes().ids) == ((), False)


# -- toppling --------------------------------------------------------------------------------------------------------


@each_physics
@pytest.mark.parametrize("case_ids", [["c2"], ["c2", "c3"], ["c3", "c2"]])
def test_what_topples_brings_down_what_it_held(physics: Physics[Any], case_ids: list[str]) -> None:
    state = physics.settle(COLUMN)
    before = looks(state, COLUMN)
    after, fallen = physics.topple(state, case_ids, UNIFORMS)
    assert looks(state, COLUMN) == before
    assert sorted(fall.case_id for fall in fallen) == ["c2", "c3"] == sorted(after.floor)
    assert [after.stands(case_id) for case_id in ("c0", "c1", "far")] == [True, True, True]
    assert all(after.center_m(fall.case_id)[0] < 4.5 for fall in fallen), "towards the door"
    assert_accounted_for(after, COLUMN, set())


# -- the audit -------------------------------------------------------------------------------------------------------


@each_physics
@pytest.mark.parametrize(
    ("moved", "defect", "subjects"),
    [
        (a_case("c1", (5.0, 0.35, 0.15)), Defect.OVERLAPS, ("c0", "c1")),
        (a_case("c1", (5.0, 0.0, 1.00)), Defect.FLOATS, ("c1",)),
        (a_case("c1", (3.0, 1.05, 0.15)), Defect.STICKS_OUT, ("c1",)),
        (a_case("c1", (11.8, 0.0, 0.15)), Defect.STICKS_OUT, ("c1",)),
    ],
)
def test_the_audit_finds_what_is_impossible(
    physics: Physics[Any], moved: LoadedCase, defect: Defect, subjects: tuple[str, ...]
) -> None:
    assert physics.audit(stood_by_hand(physics, a_column(2))) == ()
    found = physics.audit(stood_by_hand(physics, [a_column(1)[0], moved]))
    assert [(finding.defect, finding.subjects) for finding in found] == [(defect, subjects)]


# -- what is seen ----------------------------------------------------------------------------------------------------

UPRIGHT_LOAD = a_load_of(
    *a_column(2, x_m=5.0, name="middle"),
    *a_column(2, x_m=5.0, y_m=0.41, name="left"),
    *a_column(1, x_m=5.0, y_m=-0.8, name="apart"),
    *a_column(1, x_m=3.0, y_m=0.2, name="front"),
    *a_column(3, x_m=7.0, name="back"),
)


def test_both_see_a_load_that_stands_upright_alike() -> None:
    graph, pile = SupportPhysics().settle(UPRIGHT_LOAD), BULLET.settle(UPRIGHT_LOAD)
    assert pile.visible() == graph.visible() == ["middle0", "middle1", "left0", "left1", "apart0", "front0", "back2"]
    for case in UPRIGHT_LOAD.cases:
        assert _relations(pile, case.case_id) == _relations(graph, case.case_id)
    assert graph.blocked_by("middle0") == ["front0"]
    assert graph.beside("middle1") == ["left1"]


@pytest.mark.parametrize("seed", [1, 2])
def test_both_see_generated_columns_alike(seed: int) -> None:
    load = generated("columns", seed=seed, cases=40)
    graph, pile = SupportPhysics().settle(load), BULLET.settle(load)
    for case_id in (case.case_id for case in load.cases):
        assert _relations(pile, case_id) == _relations(graph, case_id)
        # One counts rays, the other cells of a coarser grid over the door.
        assert pile.visible_fraction(case_id) == pytest.approx(graph.visible_fraction(case_id), abs=0.25)
        for state in (graph, pile):
            assert (case_id in state.visible()) is (state.visible_fraction(case_id) >= VISIBLE_SHARE_MIN)


def _relations(state: LoadState, case_id: str) -> tuple[list[str], list[str], list[str]]:
    return state.blocked_by(case_id), state.rests_on_top(case_id), state.beside(case_id)


# -- any picks -------------------------------------------------------------------------------------------------------

picks_of_any = st.lists(st.tuples(st.floats(0.0, 0.999), st.sampled_from(["robot", "people"])), max_size=6)


@each_physics
@settings(max_examples=15)
@given(
    generator=st.sampled_from(sorted(GENERATORS)),
    seed=st.integers(0, 2**32),
    cases=st.integers(1, 14),
    picks=picks_of_any,
)
def test_whatever_is_picked_no_case_is_lost_and_nothing_impossible_is_left(
    physics: Physics[Any], generator: str, seed: int, cases: int, picks: list[tuple[float, By]]
) -> None:
    load = generated(generator, seed=seed, cases=cases)
    state, out = physics.settle(load), set[str]()
    for share, by in picks:
        inside = state.boxes().ids
        if not inside:
            break
        case_id = inside[int(share * len(inside))]
        before = set(state.floor)
        state, extraction = physics.extract(state, Pick(case_id=case_id, by=by), UNIFORMS)
        out |= {case_id} if extraction.came_out else set()
        assert_accounted_for(state, load, out)
        assert {fall.case_id for fall in extraction.fallen} == set(state.floor) - before
        assert physics.audit(state) == ()
