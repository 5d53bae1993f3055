"""What the support graph says stays up, falls, can be taken and can be seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.assumptions import SUPPORT_MARGIN_M, VIEW_CELL_M
from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.load.load import LabelFault, Load, LoadedCase, Vector
from sim.physics.port import Physics, Pick
from sim.physics.support import SupportGraph, SupportPhysics
from twin.rng import Draws

if TYPE_CHECKING:
    from random import Random

SIZE_M = (0.6, 0.4, 0.3)


def case(name: str, center_m: Vector, size_m: Vector = SIZE_M) -> LoadedCase:
    return LoadedCase(
        case_id=name,
        size_m=size_m,
        weight_kg=10.0,
        manifest_line=None,
        sku="sku",
        label="label",
        fault=LabelFault.NONE,
        center_m=center_m,
    )


def graph(*cases: LoadedCase) -> SupportGraph:
    return SupportGraph(Load(trailer_id="t-1", interior_m=(12.0, 2.4, 2.6), manifest=(), cases=cases))


def column(height: int) -> list[LoadedCase]:
    return [case(f"c{layer}", (5.0, 0.0, 0.15 + 0.3 * layer)) for layer in range(height)]


def bridge(*, left_m: float) -> SupportGraph:
    """A case on two others, its middle `left_m` from the edge of the left one: inside if positive."""
    left = case("left", (5.0, 0.5, 0.15), (0.6, 1.0, 0.3))
    right = case("right", (5.0, -0.6, 0.15), (0.6, 0.4, 0.3))
    return graph(left, right, case("bridge", (5.0, left_m, 0.45), (0.6, 1.0, 0.3)))


def top_down_nearest_first(load: Load) -> list[str]:
    def key(subject: LoadedCase) -> tuple[float, float]:
        return -(subject.center_m[2] - subject.size_m[2] / 2.0), subject.center_m[0]

    return [subject.case_id for subject in sorted(load.cases, key=key)]


def covered_cells(subject: LoadedCase) -> list[tuple[int, int]]:
    """The cells of the door whose middles the case stands behind."""
    (_, y, z), (_, width, height) = subject.center_m, subject.size_m

    def along(low_m: float, high_m: float) -> range:
        return range(math.ceil(low_m / VIEW_CELL_M - 0.5), math.ceil(high_m / VIEW_CELL_M - 0.5))

    columns, rows = along(y - width / 2.0, y + width / 2.0), along(z - height / 2.0, z + height / 2.0)
    return [(column, row) for column in columns for row in rows]


def can_be_taken(subject: SupportGraph, case_id: str) -> bool:
    """Whether a robot can take it and touch no other."""
    return subject.stands(case_id) and not subject.blocked_by(case_id) and not subject.rests_on_top(case_id)


loads = st.builds(
    lambda generator, seed, cases: GENERATORS[generator](draw_goods(Draws(seed), trailer_id="t-1", cases=cases)),
    st.sampled_from(sorted(GENERATORS)),
    st.integers(0, 2**32),
    st.integers(1, 400),
)


def test_pulling_the_bottom_of_a_column_drops_everything_above_each_from_its_height() -> None:
    subject = graph(*column(6))
    extraction = subject.extract("c0")
    assert [(fall.case_id, round(fall.height_m, 6)) for fall in extraction.fallen] == [
        (f"c{layer}", round(0.3 * layer, 6)) for layer in range(1, 6)
    ]
    assert subject.floor == ("c1", "c2", "c3", "c4", "c5")


def test_pulling_the_top_of_a_column_drops_nothing() -> None:
    subject = graph(*column(6))
    assert subject.extract("c5").fallen == ()
    assert all(subject.stands(f"c{layer}") for layer in range(5))
    assert subject.floor == ()


def test_a_harmonic_stack_stands_until_its_base_is_pulled() -> None:
    overhangs_m = [0.3 / k for k in range(1, 6)]
    x_m, stack = 5.0, []
    for layer, overhang_m in enumerate(reversed(overhangs_m)):
        stack.append(case(f"c{layer}", (x_m, 0.0, 0.15 + 0.3 * layer)))
        x_m += overhang_m * 0.99
    for top in range(4, 0, -1):
        fallen = graph(*stack).extract(f"c{top}").fallen
        assert [fall.case_id for fall in fallen] == [f"c{k}" for k in range(top + 1, 5)]
    assert len(graph(*stack).extract("c0").fallen) == 4


def test_a_bridge_stays_on_one_support_that_carries_its_middle() -> None:
    assert bridge(left_m=0.02).extract("right", (0.999,)).fallen == ()


def test_a_bridge_falls_when_what_is_left_does_not_carry_its_middle() -> None:
    subject = bridge(left_m=-0.001)
    assert [fall.case_id for fall in subject.extract("right", (0.0,)).fallen] == ["bridge"]
    assert subject.stands("left")


def test_a_case_stays_on_two_supports_of_three_that_carry_its_middle_between_them() -> None:
    legs = [case(f"leg{k}", (5.0, y, 0.15), (0.6, 0.2, 0.3)) for k, y in enumerate((-0.6, 0.0, 0.6))]
    table = case("table", (5.0, 0.0, 0.45), (0.6, 1.4, 0.3))
    assert graph(*legs, table).extract("leg1").fallen == ()
    assert [fall.case_id for fall in graph(*legs, table).extract("leg2").fallen] == []
    last = graph(*legs, table)
    last.extract("leg1")
    assert [fall.case_id for fall in last.extract("leg2").fallen] == ["table"]


def test_within_the_margin_the_draw_decides_in_proportion() -> None:
    nearer_the_edge = SUPPORT_MARGIN_M * 0.3
    assert bridge(left_m=nearer_the_edge).extract("right", (0.29,)).fallen == ()
    assert len(bridge(left_m=nearer_the_edge).extract("right", (0.31,)).fallen) == 1
    assert len(bridge(left_m=nearer_the_edge).extract("right").fallen) == 1, "without a draw it falls"


def test_a_fall_takes_down_what_stands_on_what_fell_and_leaves_what_another_case_still_carries() -> None:
    subject = graph(
        case("left", (5.0, 0.4, 0.15)),
        case("right", (5.0, -0.4, 0.15)),
        case("middle", (5.0, 0.0, 0.15)),
        case("over-left", (5.0, 0.4, 0.45)),
        case("over-right", (5.0, -0.4, 0.45)),
        case("roof", (5.0, 0.05, 0.75), (0.6, 1.2, 0.3)),
    )
    assert [fall.case_id for fall in subject.extract("right").fallen] == ["over-right", "roof"]
    assert subject.stands("over-left")
    assert subject.stands("middle")


def test_a_case_can_be_taken_when_nothing_covers_its_face_or_rests_on_it() -> None:
    subject = graph(case("back", (5.0, 0.0, 0.15)), case("front", (2.0, 0.3, 0.15)), case("on-top", (2.0, 0.3, 0.45)))
    assert subject.blocked_by("back") == ["front"], "however far in front"
    assert subject.rests_on_top("front") == ["on-top"]
    assert [can_be_taken(subject, name) for name in ("back", "front", "on-top")] == [False, False, True]
    subject.extract("on-top")
    assert [can_be_taken(subject, name) for name in ("back", "front", "on-top")] == [False, True, False]
    subject.extract("front")
    assert can_be_taken(subject, "back")


def test_a_neighbour_that_grazes_the_face_does_not_block_it() -> None:
    assert can_be_taken(graph(case("back", (5.0, 0.0, 0.15)), case("front", (2.0, 0.395, 0.15))), "back")


def test_only_what_the_nearer_cases_leave_open_is_seen() -> None:
    subject = graph(
        case("hidden", (5.0, 0.0, 0.15)),
        case("half", (5.0, 0.4, 0.15)),
        case("front", (3.0, 0.1, 0.15), (0.6, 0.6, 0.3)),
    )
    assert subject.visible() == ["half", "front"]
    assert subject.visible_fraction("front") == 1.0
    assert subject.visible_fraction("hidden") == 0.0
    assert subject.visible_fraction("half") == pytest.approx(0.5, abs=0.1)
    subject.extract("front")
    assert subject.visible() == ["hidden", "half"]
    assert subject.visible_fraction("hidden") == 1.0
    assert subject.visible_fraction("front") == 0.0


def test_cases_stand_side_by_side_where_their_sides_touch_and_fronts_and_undersides_are_flush() -> None:
    subject = graph(
        case("middle", (5.0, 0.0, 0.15)),
        case("left", (5.02, 0.42, 0.15)),
        case("right", (4.98, -0.4, 0.15)),
        case("far-left", (5.0, 0.84, 0.15)),
        case("set-back", (5.1, 1.24, 0.15)),
        case("on-top", (5.0, 0.0, 0.45)),
        case("behind", (5.62, 0.0, 0.15)),
    )
    assert subject.beside("middle") == ["left", "right"]
    assert subject.beside("left") == ["middle", "far-left"]
    assert [subject.beside(name) for name in ("set-back", "on-top", "behind")] == [[], [], []]
    subject.extract("left")
    assert subject.beside("middle") == ["right"]


def test_a_case_slimmer_than_the_view_grid_is_still_seen() -> None:
    subject = graph(case("slim", (5.0, 0.0, 0.01), (0.3, 0.02, 0.02)), case("far", (9.0, 0.0, 0.15)))
    assert subject.visible() == ["slim", "far"]


def test_cases_on_the_floor_wait_there_until_they_are_taken() -> None:
    subject = graph(*column(3))
    subject.extract("c0")
    subject.take_from_floor("c1")
    assert list(subject.floor) == ["c2"]
    subject.put_on_floor("c1")
    assert list(subject.floor) == ["c2", "c1"]
    assert subject.visible() == []


def test_an_unknown_case_is_no_case() -> None:
    with pytest.raises(KeyError):
        graph(*column(1)).stands("c9")


def test_an_empty_load_has_nothing_to_see() -> None:
    assert graph().visible() == []
    assert graph().floor == ()


def test_a_copy_knows_nothing_of_what_happens_to_the_other() -> None:
    subject = graph(*column(4), case("behind", (8.0, 0.0, 0.15)))
    apart = subject.copy()
    subject.extract("c0")
    assert apart.visible() == ["c0", "c1", "c2", "c3"]
    assert (apart.floor, can_be_taken(apart, "c3"), apart.stands("behind")) == ((), True, True)
    assert subject.visible() == ["behind"]


def test_a_pick_leaves_the_state_it_was_given_and_says_the_same_again() -> None:
    physics: Physics[SupportGraph] = SupportPhysics()
    before = physics.settle(Load(trailer_id="t-1", interior_m=(12.0, 2.4, 2.6), manifest=(), cases=tuple(column(3))))
    after, extraction = physics.extract(before, Pick(case_id="c0"), (0.5,))
    assert physics.extract(before, Pick(case_id="c0"), (0.5,))[1] == extraction
    assert (before.floor, [before.stands(f"c{layer}") for layer in range(3)]) == ((), [True, True, True])
    cleared, lifted = physics.extract(after, Pick(case_id="c2"), (0.5,))
    assert lifted.fallen == ()
    assert (after.floor, cleared.floor) == (("c1", "c2"), ("c1",))


@settings(max_examples=40)
@given(load=loads)
def test_top_down_nearest_first_empties_any_generated_load_and_drops_nothing(load: Load) -> None:
    subject = SupportGraph(load)
    for case_id in top_down_nearest_first(load):
        assert subject.rests_on_top(case_id) == []
        assert subject.extract(case_id).fallen == ()
    assert not any(subject.stands(member.case_id) for member in load.cases)
    assert subject.floor == ()


@settings(max_examples=25)
@given(load=loads, order=st.randoms(use_true_random=False))
def test_after_picks_all_is_as_in_a_graph_built_anew_and_no_case_is_lost(load: Load, order: Random) -> None:
    subject, taken = SupportGraph(load), set[str]()
    names = [subject_case.case_id for subject_case in load.cases]
    order.shuffle(names)
    for case_id in names[: len(names) // 2]:
        if subject.stands(case_id):
            subject.extract(case_id, (0.5,))
            taken.add(case_id)
    standing = tuple(member for member in load.cases if subject.stands(member.case_id))
    anew = graph(*standing)
    assert len(standing) + len(subject.floor) + len(taken) == len(names)
    assert subject.visible() == anew.visible()
    for member in standing:
        assert can_be_taken(subject, member.case_id) == can_be_taken(anew, member.case_id)
        assert subject.visible_fraction(member.case_id) == anew.visible_fraction(member.case_id)
        assert subject.rests_on_top(member.case_id) == anew.rests_on_top(member.case_id)
        assert subject.blocked_by(member.case_id) == anew.blocked_by(member.case_id)


@settings(max_examples=10)
@given(load=loads, order=st.randoms(use_true_random=False))
def test_a_case_is_seen_in_the_cells_of_the_door_where_nothing_stands_before_it(load: Load, order: Random) -> None:
    subject = SupportGraph(load)
    for member in load.cases:
        if order.random() < 0.5 and subject.stands(member.case_id):
            subject.extract(member.case_id)
    nearest: dict[tuple[int, int], str] = {}
    cells: dict[str, list[tuple[int, int]]] = {}
    for member in sorted(load.cases, key=lambda member: member.center_m[0] - member.size_m[0] / 2.0):
        if subject.stands(member.case_id):
            cells[member.case_id] = faced = covered_cells(member)
            for cell in faced:
                nearest.setdefault(cell, member.case_id)
    for case_id, faced in cells.items():
        seen = sum(nearest[cell] == case_id for cell in faced)
        assert subject.visible_fraction(case_id) == seen / len(faced)


@settings(max_examples=40)
@given(load=loads)
def test_a_robot_at_the_door_always_sees_a_case_it_can_take(load: Load) -> None:
    subject = SupportGraph(load)
    while any(subject.stands(member.case_id) for member in load.cases):
        takeable = [case_id for case_id in subject.visible() if can_be_taken(subject, case_id)]
        assert takeable
        subject.extract(takeable[0])
    assert subject.floor == ()
