"""A load in three dimensions: every case where it is, in the group of what happened to it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path

import numpy as np
import pytest

from scenarios.report.load_figures import case_words, corners, edges, faces, load_figure, write_page
from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.load.load import Load
from sim.physics.boxes import Boxes, bounds, boxes_of
from sim.physics.picture import Mark
from twin.rng import Draws


@pytest.fixture(scope="module")
def load() -> Load:
    return GENERATORS["columns"](draw_goods(Draws(1), trailer_id="t-1", cases=40))


def turned(boxes: Boxes) -> Boxes:
    """Each box by an eighth about the vertical."""
    eighth = (0.0, 0.0, np.sin(np.pi / 8.0), np.cos(np.pi / 8.0))
    return boxes._replace(orientation_xyzw=np.tile(eighth, (len(boxes.ids), 1)))


def test_the_corners_of_a_box_are_where_it_reaches_however_it_lies(load: Load) -> None:
    boxes = turned(boxes_of(load.cases))
    lowest, highest = bounds(boxes)
    assert corners(boxes).min(axis=1) == pytest.approx(lowest)
    assert corners(boxes).max(axis=1) == pytest.approx(highest)


def test_every_box_has_twelve_triangles_and_twelve_edges_of_its_own_lengths(load: Load) -> None:
    boxes = turned(boxes_of(load.cases))
    mesh = faces(boxes)
    assert len(mesh.i) == 12 * len(boxes.ids)
    line = edges(boxes)
    points = np.array([line.x, line.y, line.z]).T.reshape(len(boxes.ids), 12, 3, 3)
    lengths = np.sort(np.linalg.norm(points[:, :, 1] - points[:, :, 0], axis=2), axis=1)
    assert lengths == pytest.approx(np.sort(np.repeat(2.0 * boxes.half_m, 4, axis=1), axis=1), abs=0.002)


def test_each_mark_is_a_group_with_its_count(load: Load) -> None:
    boxes = boxes_of(load.cases)
    marks = {boxes.ids[0]: Mark.FALLEN, boxes.ids[1]: Mark.FALLEN, boxes.ids[2]: Mark.MOVED}
    words = {case.case_id: case_words(case) for case in load.cases}
    figure = load_figure(boxes, load.interior_m, words=words, marks=marks, taken=boxes.only([3]))
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "standing 37",
        "moved 1",
        "fallen 2",
        "taken out 1",
    ]
    assert list(figure.data[-1].text) == list(words.values())


def test_a_page_carries_its_library_packed_and_its_words_harmless(load: Load, tmp_path: Path) -> None:
    boxes = boxes_of(load.cases)
    words = dict.fromkeys(boxes.ids, "</script><b>")
    figure = load_figure(boxes, load.interior_m, words=words, marks={})
    write_page(figure, tmp_path / "x.html", title='a "load" <1>', sentence="40 cases & none fallen")
    page = (tmp_path / "x.html").read_text()
    assert "<title>a &quot;load&quot; &lt;1&gt;</title>" in page
    assert 'aria-label="40 cases &amp; none fallen"' in page
    blocks = dict(re.findall(r'<script type="[^"]*" id="(\w+)">(.*?)</script>', page, flags=re.DOTALL))
    assert b"plotly" in gzip.decompress(base64.b64decode(blocks["library"]))[:200]
    assert json.loads(blocks["figure"])["data"][-1]["text"][0] == "</script><b>"
