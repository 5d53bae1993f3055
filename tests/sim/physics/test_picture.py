"""Pictures of loads: what can be asserted of their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.load.load import Load
from sim.physics.boxes import Boxes, boxes_of
from sim.physics.picture import Frame, Mark, Pixels, frame_of, render, side_by_side, write_png
from twin.rng import Draws

WIDTH_PX = 500
ORANGE, BLUE = (245, 166, 92), (26, 95, 180)


@pytest.fixture(scope="module")
def load() -> Load:
    return GENERATORS["columns"](draw_goods(Draws(1), trailer_id="t-1", cases=120))


@pytest.fixture(scope="module")
def boxes(load: Load) -> Boxes:
    return boxes_of(load.cases)


@pytest.fixture(scope="module")
def frame(load: Load, boxes: Boxes) -> Frame:
    return frame_of(load.interior_m, [boxes], width_px=WIDTH_PX)


def foremost(boxes: Boxes) -> str:
    return boxes.ids[int(np.argmin(boxes.center_m[:, 0] - boxes.center_m[:, 2] / 100.0))]


def share_near(picture: Pixels, colour: tuple[int, int, int]) -> float:
    """Of the drawing, without title and legend: how much is within a shade of the colour."""
    drawing = picture[60:-50].astype(int)
    return float((np.abs(drawing - np.array(colour)).max(axis=2) < 45).mean())


def test_a_picture_is_as_wide_as_asked_and_the_same_every_time(boxes: Boxes, frame: Frame) -> None:
    picture = render(boxes, frame, title="t-1")
    assert picture.dtype == np.uint8
    assert picture.shape[1:] == (WIDTH_PX, 3)
    assert picture.tobytes() == render(boxes, frame, title="t-1").tobytes()


def test_a_load_is_drawn_grey_where_nothing_is_wrong(boxes: Boxes, frame: Frame) -> None:
    picture = render(boxes, frame, title="t-1").astype(int)
    assert (picture.max(axis=2) - picture.min(axis=2)).max() < 30


def test_cases_cover_their_part_of_the_trailer(load: Load, boxes: Boxes, frame: Frame) -> None:
    with_cases = render(boxes, frame, title="t-1")
    without = render(boxes_of(()), frame, title="t-1")
    covered = (with_cases != without).any(axis=2).mean()
    assert 0.1 < covered < 0.6, load.interior_m


@pytest.mark.parametrize(("mark", "colour"), [(Mark.FALLEN, ORANGE), (Mark.PICKED, BLUE)])
def test_a_marked_case_stands_out_in_its_colour(
    boxes: Boxes, frame: Frame, mark: Mark, colour: tuple[int, int, int]
) -> None:
    assert share_near(render(boxes, frame, title="t-1"), colour) == 0.0
    marked = render(boxes, frame, title="t-1", marks={foremost(boxes): mark})
    assert share_near(marked, colour) > 0.0005


@pytest.mark.parametrize("mark", [Mark.FALLEN, Mark.LOOSE, Mark.MOVED, Mark.PICKED])
def test_a_mark_is_seen_without_colours(boxes: Boxes, frame: Frame, mark: Mark) -> None:
    plain = np.asarray(Image.fromarray(render(boxes, frame, title="t-1")).convert("L")).astype(int)
    marked = render(boxes, frame, title="t-1", marks={foremost(boxes): mark})
    grey = np.asarray(Image.fromarray(marked).convert("L")).astype(int)
    changed = grey[60:-50][(grey != plain)[60:-50]]
    # Stripes or a rim: within what is marked there is light beside dark.
    assert np.percentile(changed, 90) - np.percentile(changed, 10) > 25


def test_a_case_taken_out_leaves_its_dashed_outline(boxes: Boxes, frame: Frame) -> None:
    out = boxes.ids.index(foremost(boxes))
    rest = boxes.only([row for row in range(len(boxes.ids)) if row != out])
    assert share_near(render(rest, frame, title="t-1", taken=boxes.only([out])), BLUE) > 0.0002


def test_a_picked_case_that_others_hide_is_outlined_through_them(boxes: Boxes, frame: Frame) -> None:
    hidden = boxes.ids[int(np.argmax(boxes.center_m[:, 0] - boxes.center_m[:, 2] / 100.0))]
    assert share_near(render(boxes, frame, title="t-1", marks={hidden: Mark.FALLEN}), ORANGE) == 0.0
    assert share_near(render(boxes, frame, title="t-1", marks={hidden: Mark.PICKED}), BLUE) > 0.0002


def test_a_title_too_long_for_the_picture_is_cut_short(boxes: Boxes, frame: Frame) -> None:
    picture = render(boxes, frame, title="a manifest with a long name, " * 10)
    assert (picture[:50, -20:] == picture[0, 0]).all()


def test_a_frame_begins_a_little_before_the_load_and_at_the_door_where_that_is_near(load: Load, boxes: Boxes) -> None:
    front_m = float((boxes.center_m - boxes.half_m)[:, 0].min())
    assert front_m > 4.0
    assert 1.0 < front_m - frame_of(load.interior_m, [boxes]).from_m < 2.0
    moved = boxes._replace(center_m=boxes.center_m - [front_m, 0.0, 0.0])
    assert frame_of(load.interior_m, [boxes, moved]).from_m <= 0.0


def test_a_frame_of_part_of_a_load_says_how_much_is_not_drawn(load: Load, boxes: Boxes) -> None:
    part = frame_of(load.interior_m, [boxes], depth_m=1.0, width_px=WIDTH_PX)
    assert part.to_m < load.interior_m[0]
    behind = (boxes.center_m + boxes.half_m)[:, 0] > part.to_m
    assert behind.any()
    in_front = boxes.only(np.flatnonzero(~behind).tolist())
    whole, cut = render(boxes, part, title="t-1"), render(in_front, part, title="t-1")
    assert (whole[:-44] == cut[:-44]).all()
    assert (whole[-44:] != cut[-44:]).any()  # the legend


def test_an_empty_trailer_is_drawn_too(load: Load) -> None:
    picture = render(boxes_of(()), frame_of(load.interior_m, [boxes_of(())], width_px=WIDTH_PX), title="t-1")
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 5


def test_a_png_holds_what_was_drawn(boxes: Boxes, frame: Frame, tmp_path: Path) -> None:
    picture = render(boxes, frame, title="t-1")
    both = side_by_side([picture, picture])
    assert both.shape == (picture.shape[0], 2 * WIDTH_PX, 3)
    write_png(both, tmp_path / "both.png")
    with Image.open(tmp_path / "both.png") as read:
        assert (np.asarray(read) == both).all()
