"""When a pick needs no episode: each of the five conditions has loads in which it alone decides, on either side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.load.generators import GENERATORS
from sim.physics.boxes import bounds, boxes_of, rotations, skew_rad
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.episode import Deed, Played, Pull, Scene, play
from sim.physics.parameters import Parameters, Shake, Skip
from sim.physics.pile import PileState
from sim.physics.port import Extraction, Pick
from sim.physics.skip import Shapes, needs_no_episode
from tests.sim.physics.placed import a_case, a_column, a_load_of, settled_pile

if TYPE_CHECKING:
    from sim.load.load import LoadedCase
    from sim.physics.bullet import World

LIFT_M = 0.015
AXES = {"x": 0, "y": 1, "z": 2}
NEVER_AUDITED, ALWAYS_AUDITED = (0.999,), (0.0,)
NOT_SHAKEN = BulletPhysics(parameters=Parameters(shake=Shake(each_s=0.0)))


def is_needless(picked: LoadedCase, *others: LoadedCase, turned: dict[str, tuple[int, float]] | None = None) -> bool:
    """Whether the pick needs no episode; `turned`: some are, about an axis, by so many degrees."""
    boxes = boxes_of([picked, *others])
    for case_id, (axis, by_deg) in (turned or {}).items():
        half_rad = math.radians(by_deg) / 2.0
        turn = [0.0, 0.0, 0.0, math.cos(half_rad)]
        turn[axis] = math.sin(half_rad)
        boxes.orientation_xyzw[boxes.ids.index(case_id)] = turn
    shapes = Shapes(*bounds(boxes), skew_rad(rotations(boxes.orientation_xyzw)))
    return needs_no_episode(shapes, 0, LIFT_M, Skip())


def on_layer(name: str, layer: int, *, x_m: float = 5.0, y_m: float = 0.0) -> LoadedCase:
    return a_case(name, (x_m, y_m, 0.15 + 0.3 * layer))


PICKED = on_layer("picked", 0)


def test_a_case_that_stands_alone_needs_none() -> None:
    assert is_needless(PICKED)


# -- 1: nothing rests on it ------------------------------------------------------------------------------------------


def slab_on_legs(*, gap_m: float, over_it_m: float) -> list[LoadedCase]:
    """A slab that would stay without the picked case, which it is over by so much, from behind."""
    high_m, x_m = 0.3 + gap_m, 5.6 - over_it_m
    legs = [a_case(f"leg{k}", (x_m, y_m, high_m / 2.0), (0.2, 0.2, high_m)) for k, y_m in enumerate((-0.5, 0.5))]
    return [*legs, a_case("slab", (x_m, 0.0, high_m + 0.05), (0.6, 1.4, 0.1))]


@pytest.mark.parametrize(
    ("gap_m", "over_it_m", "answer"),
    [(0.0, 0.1, False), (-0.0005, 0.1, False), (0.014, 0.1, False), (0.016, 0.1, True), (0.0, 0.0005, True)],
)
def test_a_case_on_which_another_rests_needs_one(*, gap_m: float, over_it_m: float, answer: bool) -> None:
    assert is_needless(PICKED, *slab_on_legs(gap_m=gap_m, over_it_m=over_it_m)) is answer


# -- 2: what touches its side stays without it -----------------------------------------------------------------------


def pedestal(name: str, *, layer: int, y_m: float, inside_m: float) -> LoadedCase:
    """What carries a case at `y_m` on the next layer, whose middle is so far inside it."""
    return a_case(name, (5.0, y_m - inside_m + 0.25, 0.15 + 0.3 * layer), (0.6, 0.5, 0.3))


@pytest.mark.parametrize(
    ("inside_m", "gap_m", "answer"),
    [(0.011, 0.0, True), (0.009, 0.0, False), (0.009, 0.014, False), (0.009, 0.016, True)],
)
def test_a_case_beside_one_on_the_brink_needs_one(*, inside_m: float, gap_m: float, answer: bool) -> None:
    beside = on_layer("beside", 1, y_m=0.4 + gap_m)
    under = pedestal("under", layer=0, y_m=0.4 + gap_m, inside_m=inside_m)
    assert is_needless(on_layer("picked", 1), on_layer("base", 0), beside, under) is answer


@pytest.mark.parametrize(("inside_m", "answer"), [(0.011, True), (0.009, False)])
def test_a_case_before_one_on_the_brink_needs_one(*, inside_m: float, answer: bool) -> None:
    behind = on_layer("behind", 1, x_m=5.6)
    under = a_case("under", (5.6 - inside_m + 0.3, 0.0, 0.15))
    assert is_needless(on_layer("picked", 1), on_layer("base", 0, x_m=4.9), behind, under) is answer


# -- 3: what carries it stays without it -----------------------------------------------------------------------------


@pytest.mark.parametrize(("inside_m", "answer"), [(0.011, True), (0.009, False), (-0.05, False)])
def test_a_case_on_one_on_the_brink_needs_one(*, inside_m: float, answer: bool) -> None:
    carries = on_layer("carries", 1)
    assert is_needless(on_layer("picked", 2), carries, pedestal("under", layer=0, y_m=0.0, inside_m=inside_m)) is answer


# -- 4: nothing is in its way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap_m", "answer"), [(-0.2, False), (0.0, False), (0.009, False), (0.011, True)])
def test_a_case_with_another_in_or_near_its_way_needs_one(*, gap_m: float, answer: bool) -> None:
    assert is_needless(PICKED, on_layer("before", 0, x_m=2.0, y_m=0.4 + gap_m)) is answer


@pytest.mark.parametrize(("gap_m", "answer"), [(LIFT_M + 0.009, False), (LIFT_M + 0.011, True)])
def test_a_case_under_which_to_pass_is_in_the_way_of_the_lift(*, gap_m: float, answer: bool) -> None:
    assert is_needless(PICKED, a_case("over", (3.0, 0.0, 0.3 + gap_m + 0.15))) is answer


@pytest.mark.parametrize(("below_m", "answer"), [(LIFT_M - 0.011, True), (LIFT_M - 0.009, False)])
def test_a_case_over_which_to_pass_is_in_the_way_if_the_lift_does_not_clear_it(*, below_m: float, answer: bool) -> None:
    height_m = 0.3 + below_m
    before = a_case("before", (3.0, 0.0, height_m / 2.0), (0.6, 0.4, height_m))
    assert is_needless(on_layer("picked", 1), on_layer("base", 0), before) is answer


@pytest.mark.parametrize(("reaches_past_its_front_m", "answer"), [(0.009, False), (0.011, True)])
def test_what_stands_beside_its_place_is_not_in_its_way(*, reaches_past_its_front_m: float, answer: bool) -> None:
    assert is_needless(PICKED, on_layer("beside", 0, x_m=4.4 + reaches_past_its_front_m, y_m=0.4)) is answer


@pytest.mark.parametrize(("shared_m", "answer"), [(0.0005, True), (0.005, False)])
def test_what_starts_before_it_and_is_wedged_with_it_is_in_its_way(*, shared_m: float, answer: bool) -> None:
    assert is_needless(PICKED, on_layer("wedged", 0, x_m=4.8, y_m=0.4 - shared_m)) is answer


# -- 5: neither it nor what stands beside it is askew ----------------------------------------------------------------


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
@pytest.mark.parametrize(("by_deg", "answer"), [(2.9, True), (-2.9, True), (3.1, False), (-3.1, False), (45.0, False)])
def test_a_case_askew_needs_one(*, axis: int, by_deg: float, answer: bool) -> None:
    assert is_needless(PICKED, turned={"picked": (axis, by_deg)}) is answer


@pytest.mark.parametrize("axis", AXES.values(), ids=AXES)
@pytest.mark.parametrize(("by_deg", "answer"), [(2.9, True), (3.1, False)])
def test_a_case_beside_one_askew_needs_one(*, axis: int, by_deg: float, answer: bool) -> None:
    # Turned about its upright axis a corner of it comes nearer.
    beside = on_layer("beside", 0, y_m=0.42 if axis == AXES["z"] else 0.41)
    assert is_needless(PICKED, beside, turned={"beside": (axis, by_deg)}) is answer


def test_a_case_on_its_side_is_not_askew() -> None:
    assert is_needless(on_layer("picked", 0), turned={"picked": (2, 90.0)})


# -- whatever the load -----------------------------------------------------------------------------------------------


@given(axis=st.sampled_from(sorted(AXES.values())), by_deg=st.floats(3.01, 86.99), x_m=st.floats(4.0, 6.0))
def test_no_case_that_leans_is_ever_skipped(axis: int, by_deg: float, x_m: float) -> None:
    assert not is_needless(PICKED, on_layer("other", 0, x_m=x_m, y_m=0.5), turned={"picked": (axis, by_deg)})


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_no_case_with_another_on_it_is_ever_skipped(generator: str) -> None:
    state = settled_pile(generator, seed=4, cases=24)
    under = [case_id for case_id in state.boxes().ids if state.rests_on_top(case_id)]
    assert under
    assert not any(NOT_SHAKEN.needs_no_episode(state, case_id) for case_id in under)


def test_a_loose_case_needs_an_episode_unless_it_lies_free_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    state = NOT_SHAKEN.settle(a_load_of(*a_column(2)))
    episodes: list[Deed] = []

    def counted(world: World, scene: Scene, deed: Deed, parameters: Parameters) -> Played:
        episodes.append(deed)
        return play(world, scene, deed, parameters)

    monkeypatch.setattr("sim.physics.bullet_physics.play", counted)
    slipped, _ = NOT_SHAKEN.extract(state, Pick(case_id="c1"), NEVER_AUDITED)
    slipped.put_on_floor("c1")
    free, _ = NOT_SHAKEN.extract(slipped, Pick(case_id="c1"), NEVER_AUDITED)
    assert (free.boxes().ids, episodes) == (("c0",), [])
    both, _ = NOT_SHAKEN.extract(slipped, Pick(case_id="c0"), NEVER_AUDITED)
    episodes.clear()
    both.put_on_floor("c0")
    assert both.floor == ("c1", "c0"), "one lies on the other"
    NOT_SHAKEN.extract(both, Pick(case_id="c1"), NEVER_AUDITED)
    assert episodes == [Pull(1, is_loose=True)]


# -- what skipping does ----------------------------------------------------------------------------------------------


def needless_picks(state: PileState) -> list[str]:
    return [case_id for case_id in state.visible() if NOT_SHAKEN.needs_no_episode(state, case_id)]


def test_a_skipped_pick_takes_the_case_and_leaves_all_else_to_the_bit() -> None:
    state = settled_pile("columns", seed=4, cases=24)
    case_id = needless_picks(state)[0]
    after, extraction = NOT_SHAKEN.extract(state, Pick(case_id=case_id), NEVER_AUDITED)
    rest = [row for row, other in enumerate(state.boxes().ids) if other != case_id]
    assert extraction == Extraction()
    assert after.boxes().ids == state.boxes().only(rest).ids
    assert after.boxes().center_m.tobytes() == state.boxes().only(rest).center_m.tobytes()
    assert after.boxes().orientation_xyzw.tobytes() == state.boxes().only(rest).orientation_xyzw.tobytes()


@pytest.mark.parametrize("draws", [NEVER_AUDITED, ALWAYS_AUDITED])
@pytest.mark.parametrize(("weight_kg", "comes_out"), [(15.0, True), (20.0, False)])
def test_whether_the_seal_holds_a_case_does_not_hang_on_the_audit(
    draws: tuple[float], weight_kg: float, *, comes_out: bool
) -> None:
    slab = a_case("slab", (5.0, 0.0, 0.03), (0.4, 0.3, 0.06), weight_kg=weight_kg)
    _, extraction = NOT_SHAKEN.extract(NOT_SHAKEN.settle(a_load_of(slab)), Pick(case_id="slab"), draws)
    assert extraction.came_out is comes_out


def test_an_audited_pick_that_does_not_come_out_should_not_have_been_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BulletPhysics, "needs_no_episode", lambda *_: True)
    slab = a_case("slab", (5.0, 0.0, 0.03), (0.4, 0.3, 0.06), weight_kg=20.0)
    _, extraction = NOT_SHAKEN.extract(NOT_SHAKEN.settle(a_load_of(slab)), Pick(case_id="slab"), ALWAYS_AUDITED)
    assert extraction.audit is not None
    assert extraction.audit.moved == ("slab",)


def test_the_last_draw_has_a_share_of_them_audited() -> None:
    state = NOT_SHAKEN.settle(a_load_of(*a_column(2)))
    share = Skip().audit_share
    for draws, is_audited in (((0.0, share), False), ((0.9, share - 1e-9), True), ((), False)):
        _, extraction = NOT_SHAKEN.extract(state, Pick(case_id="c1"), draws)
        assert (extraction.audit is not None) is is_audited


def test_without_the_rule_every_pick_is_an_episode_and_none_is_audited() -> None:
    physics = BulletPhysics(parameters=Parameters(shake=Shake(each_s=0.0), skip=None))
    _, extraction = physics.extract(physics.settle(a_load_of(*a_column(2))), Pick(case_id="c1"), ALWAYS_AUDITED)
    assert extraction == Extraction()


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_in_a_settled_load_a_pick_that_would_be_skipped_moves_nothing_else(generator: str) -> None:
    state = settled_pile(generator, seed=4, cases=24)
    picks = needless_picks(state)[:4]
    assert picks
    for case_id in picks:
        _, extraction = NOT_SHAKEN.extract(state, Pick(case_id=case_id), ALWAYS_AUDITED)
        assert extraction.audit is not None
        assert (extraction.audit.moved, extraction.fallen, extraction.came_out) == ((), (), True)
