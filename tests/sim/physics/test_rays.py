"""What is seen of boxes: judged by asking each ray of every box, and by the support graph."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.assumptions import VIEW_CELL_M
from sim.load.contact import Floats
from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.physics.boxes import Boxes, boxes_of, rotations
from sim.physics.rays import INWARD, UPWARD, Seen, View, cast, door_view, open_shares
from sim.physics.support import SupportGraph
from twin.rng import Draws

COORDINATE = st.floats(-1.0, 1.0)
HALF = st.floats(0.02, 0.4)
UPRIGHT = st.just((0.0, 0.0, 0.0, 1.0))
QUARTER_TURN = st.just((0.0, 0.0, 0.5**0.5, 0.5**0.5))
TURNED = st.tuples(COORDINATE, COORDINATE, COORDINATE, COORDINATE).filter(lambda q: sum(x * x for x in q) > 0.01)
BOX = st.tuples(
    st.tuples(COORDINATE, COORDINATE, COORDINATE), st.tuples(HALF, HALF, HALF), UPRIGHT | QUARTER_TURN | TURNED
)
DIRECTION = st.just(INWARD) | st.tuples(COORDINATE, COORDINATE, COORDINATE).filter(
    lambda d: abs(d[0]) + abs(d[1]) > 0.1  # not straight up or down, where `up` says nothing
)
HAIR_M = 1e-6


def boxes_like(drawn: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]]) -> Boxes:
    center, half, turned = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    unit = turned / np.linalg.norm(turned, axis=1)[:, None]
    return Boxes(tuple(f"c{number}" for number in range(len(drawn))), center, half, unit)


def loaded(generator: str, cases: int, seed: int = 1) -> SupportGraph:
    return SupportGraph(GENERATORS[generator](draw_goods(Draws(seed), trailer_id="t-1", cases=cases)))


def view_along(direction: tuple[float, float, float], cell_m: float = 0.1) -> View:
    x, y, z = np.array(direction) / np.linalg.norm(direction)
    return View((float(x), float(y), float(z)), UPWARD, -1.5, 1.5, -1.5, 1.5, cell_m)


def starts_of(view: View) -> Floats:
    """Where the ray of each cell passes the plane through the origin: (rows, columns, 3)."""
    right, down, _ = view.axes()
    rows, columns = view.shape()
    x = view.left_m + (np.arange(columns) + 0.5) * view.cell_m
    y = -view.top_m + (np.arange(rows) + 0.5) * view.cell_m
    starts: Floats = x[None, :, None] * right + y[:, None, None] * down
    return starts


def asked_one_by_one(boxes: Boxes, view: View, *, larger_m: float) -> Floats:
    """Depth at which each ray enters each box that is this much larger all round, inf if never: (n, rows, columns)."""
    starts, into = starts_of(view), np.array(view.direction)
    depths = []
    for center, half, rotation in zip(boxes.center_m, boxes.half_m, rotations(boxes.orientation_xyzw), strict=True):
        at, along = (starts - center) @ rotation, into @ rotation
        along = np.where(np.abs(along) < 1e-12, 1e-12, along)
        first, second = ((side * (half + larger_m) - at) / along for side in (-1.0, 1.0))
        enters, leaves = np.minimum(first, second).max(axis=2), np.maximum(first, second).min(axis=2)
        depths.append(np.where(enters <= leaves, enters, np.inf))
    return np.array(depths)


@settings(max_examples=150, deadline=None)
@given(drawn=st.lists(BOX, min_size=1, max_size=12), direction=DIRECTION)
def test_each_cell_shows_the_nearest_of_all_boxes_on_its_ray(
    drawn: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]], direction: tuple[float, float, float]
) -> None:
    boxes, view = boxes_like(drawn), view_along(direction)
    seen = cast(boxes, view)
    # What a ray grazes may be hit or not: the truth lies between boxes a hair larger and a hair smaller.
    nearest = asked_one_by_one(boxes, view, larger_m=HAIR_M)
    farthest = asked_one_by_one(boxes, view, larger_m=-HAIR_M).min(axis=0)
    assert (seen.depth_m >= nearest.min(axis=0) - HAIR_M).all()
    assert (seen.depth_m <= farthest + HAIR_M).all()
    is_hit = seen.row >= 0
    assert (np.isfinite(seen.depth_m) == is_hit).all()
    of_the_box_shown = np.take_along_axis(nearest, np.maximum(seen.row, 0)[None], axis=0)[0]
    assert (of_the_box_shown[is_hit] <= seen.depth_m[is_hit] + HAIR_M).all()
    assert_on_its_face(boxes, view, seen)


def assert_on_its_face(boxes: Boxes, view: View, seen: Seen) -> None:
    """Each point that is seen lies on the named face of its box, and that face is turned to the viewer."""
    is_hit = seen.row >= 0
    box, face = seen.row[is_hit], seen.face[is_hit]
    point = starts_of(view)[is_hit] + seen.depth_m[is_hit][:, None] * np.array(view.direction)
    rotation = rotations(boxes.orientation_xyzw)[box]
    axis, outward = face // 2, np.where(face % 2 == 1, 1.0, -1.0)
    local = np.einsum("nij,ni->nj", rotation, point - boxes.center_m[box])
    each = np.arange(len(box))
    assert local[each, axis] * outward == pytest.approx(boxes.half_m[box, axis], abs=1e-6)
    facing = np.einsum("nij,i->nj", rotation, np.array(view.direction))[each, axis] * outward
    assert (facing < 0.0).all()
    assert (seen.face[~is_hit] == -1).all()


def test_a_box_hides_what_is_right_behind_it_and_nothing_else() -> None:
    upright = (0.0, 0.0, 0.0, 1.0)
    boxes = boxes_like(
        [
            ((2.0, 0.0, 0.5), (0.2, 0.3, 0.5), upright),
            ((1.0, 0.0, 0.25), (0.2, 0.3, 0.25), upright),
            ((2.0, 0.9, 0.5), (0.2, 0.3, 0.5), upright),
        ]
    )
    assert open_shares(boxes, 0.05).tolist() == [0.5, 1.0, 1.0]


def test_the_view_from_the_door_has_left_on_the_left() -> None:
    boxes = boxes_like([((1.0, 0.5, 0.1), (0.1, 0.1, 0.1), (0.0, 0.0, 0.0, 1.0))])
    view = door_view(boxes, 0.05)
    columns = np.flatnonzero((cast(boxes, view).row == 0).any(axis=0))
    # The frame `trailer` has y to the left of somebody who looks inward.
    assert view.left_m + columns.min() * view.cell_m == pytest.approx(-0.6)


@pytest.mark.parametrize("generator", sorted(GENERATORS))
@pytest.mark.parametrize("taken", [0, 30])
def test_shares_of_an_upright_load_are_those_of_the_support_graph(generator: str, taken: int) -> None:
    graph = loaded(generator, 300)
    for case_id in graph.visible()[:taken]:
        if graph.stands(case_id):
            graph.extract(case_id)
    cases = [case for case in graph._geometry.cases if graph.stands(case.case_id)]
    shares = open_shares(boxes_of(cases), 0.02)
    for case, share in zip(cases, shares.tolist(), strict=True):
        _, wide_m, high_m = case.size_m
        # Each of an edge's two ends may be off by half a cell, here and there.
        error = VIEW_CELL_M / wide_m + VIEW_CELL_M / high_m
        assert share == pytest.approx(graph.visible_fraction(case.case_id), abs=error), case.case_id


def test_a_case_slimmer_than_a_cell_is_seen_if_nothing_is_in_front_of_its_middle() -> None:
    upright = (0.0, 0.0, 0.0, 1.0)
    slim = ((2.0, 0.0, 0.5), (0.2, 0.004, 0.5), upright)
    assert open_shares(boxes_like([slim]), 0.1).tolist() == [1.0]
    assert open_shares(boxes_like([slim, ((1.0, 0.0, 0.5), (0.2, 0.3, 0.5), upright)]), 0.1).tolist() == [0.0, 1.0]


def test_nothing_is_seen_where_there_is_nothing() -> None:
    seen = cast(boxes_of(()), View(INWARD, UPWARD, -1.0, 1.0, 0.0, 2.0, 0.1))
    assert seen.depth_m.shape == (20, 20)
    assert (seen.row == -1).all()
    assert open_shares(boxes_of(()), 0.03).shape == (0,)


def test_what_is_beside_the_view_is_not_in_it() -> None:
    boxes = boxes_of(loaded("columns", 40)._geometry.cases)
    view = View(INWARD, UPWARD, -0.5, 0.5, 5.0, 6.0, 0.1)
    assert (cast(boxes, view).row == -1).all()
    beside = cast(boxes, view._replace(bottom_m=0.0, top_m=1.0))
    assert (beside.row >= 0).any()


def test_hidden_boxes_left_out_change_nothing_that_is_seen() -> None:
    # Many boxes behind each other, so that whole batches of them are hidden by those before.
    boxes = boxes_of(loaded("bricks", 700)._geometry.cases)
    view = door_view(boxes, 0.03)
    seen = cast(boxes, view)
    assert seen.depth_m == pytest.approx(asked_one_by_one(boxes, view, larger_m=HAIR_M).min(axis=0), abs=1e-5)
