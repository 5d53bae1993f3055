"""A load in three dimensions, to turn with the pointer: plotly figures of boxes, and a page that needs no network."""

from __future__ import annotations

import base64
import gzip
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.offline import get_plotlyjs

from sim.physics.boxes import bounds, rotations
from sim.physics.picture import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sim.load.contact import Floats
    from sim.load.load import LoadedCase, Vector
    from sim.physics.boxes import Boxes

LINE, INK, SECOND = "#c5ccd3", "#1a2027", "#4c5762"
_PAPER = "#fbfcfd"
FONT = {"family": "Inter, system-ui, sans-serif", "size": 12, "color": INK}
_ACCENT = "#1a5fb4"
_FILL: Mapping[Mark, str] = {
    Mark.STANDING: "#c4ccd4",
    Mark.PICKED: "#6096d7",
    Mark.MOVED: "#8d99a5",
    Mark.LOOSE: "#e8d8c8",
    Mark.FALLEN: "#f5a65c",
}
_EDGE_WIDTH: Mapping[Mark, float] = {
    Mark.STANDING: 1.5,
    Mark.PICKED: 5.0,
    Mark.MOVED: 2.5,
    Mark.LOOSE: 3.0,
    Mark.FALLEN: 4.0,
}
"""A mark is said by its edges too, not by colour alone."""
_SIGNS = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_TRIANGLES = np.array(
    (
        (0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1),
        (2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3),
    )
)  # fmt: skip
_EDGES = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 3), (2, 6), (3, 7), (4, 5), (4, 6), (5, 7), (6, 7))


# -- traces ----------------------------------------------------------------------------------------------------------


def corners(boxes: Boxes) -> Floats:
    """The corners of each box: (n, 8, 3)."""
    offsets = _SIGNS * boxes.half_m[:, None, :]
    turned: Floats = np.einsum("nij,nkj->nki", rotations(boxes.orientation_xyzw), offsets)
    return boxes.center_m[:, None, :] + turned


def faces(boxes: Boxes, *, intensity: Sequence[float] | None = None, **looks: object) -> go.Mesh3d:
    """All boxes as one mesh. `intensity`: one number a box, for a scale of colours."""
    x, y, z = _millimetres(corners(boxes))
    i, j, k = (8 * np.arange(len(boxes.ids))[:, None, None] + _TRIANGLES).reshape(-1, 3).T
    return go.Mesh3d(
        x=x,
        y=y,
        z=z,
        i=i.astype(np.uint32),
        j=j.astype(np.uint32),
        k=k.astype(np.uint32),
        intensity=None if intensity is None else np.repeat(np.array(intensity), 8),
        flatshading=True,
        lighting={"ambient": 0.75, "diffuse": 0.4, "specular": 0.0},
        hoverinfo="skip",
        **looks,
    )


def edges(boxes: Boxes, **line: object) -> go.Scatter3d:
    """The edges of all boxes as one line with gaps."""
    at = corners(boxes)
    gap = np.full((len(boxes.ids), 1, 3), np.nan)
    pieces = [piece for a, b in _EDGES for piece in (at[:, a : a + 1], at[:, b : b + 1], gap)]
    x, y, z = _millimetres(np.concatenate(pieces, axis=1))
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", line={"color": SECOND, "width": 1.5, **line}, hoverinfo="skip")


def labels(boxes: Boxes, words: Sequence[str]) -> go.Scatter3d:
    """Nothing to see, but what the pointer says about each box, at the middle of its side towards the door."""
    lowest, _ = bounds(boxes)
    return go.Scatter3d(
        x=lowest[:, 0],
        y=boxes.center_m[:, 1],
        z=boxes.center_m[:, 2],
        mode="markers",
        marker={"size": 6, "opacity": 0},
        text=list(words),
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def scene(*, distance: float = 1.0) -> dict[str, Any]:
    """Axes in metres to scale, seen from outside the door; `distance`: 1 fills a picture with a load."""
    axis = {"backgroundcolor": "#ffffff", "gridcolor": LINE}
    return {
        "aspectmode": "data",
        "xaxis": {"title": "into the trailer, m", **axis},
        "yaxis": {"title": "left, m", **axis},
        "zaxis": {"title": "up, m", **axis},
        "camera": {
            "eye": {"x": -1.4 * distance, "y": -1.3 * distance, "z": 0.8 * distance},
            "center": {"x": 0, "y": 0, "z": -0.15},
        },
    }


def _millimetres(points: Floats) -> NDArray[np.float32]:
    """x, y and z apart, to the millimetre: what nobody sees need not be written down."""
    return points.reshape(-1, 3).round(3).astype(np.float32).T


def case_words(case: LoadedCase) -> str:
    """What the pointer says of a case, whatever happened to it."""
    size = " x ".join(f"{extent:.2f}" for extent in case.size_m)
    return f"{case.case_id}<br>{size} m, {case.weight_kg:.1f} kg"


# -- a load ----------------------------------------------------------------------------------------------------------


def load_figure(
    boxes: Boxes,
    interior_m: Vector,
    *,
    words: Mapping[str, str],
    marks: Mapping[str, Mark],
    taken: Boxes | None = None,
) -> go.Figure:
    """The cases in their trailer. `words`: what the pointer says of each; `taken`: where those stood that are out."""
    figure = go.Figure()
    for mark in Mark:
        rows = [row for row, case_id in enumerate(boxes.ids) if marks.get(case_id, Mark.STANDING) is mark]
        if rows:
            group = boxes.only(rows)
            name = f"{mark.value} {len(rows):,}"
            figure.add_trace(faces(group, color=_FILL[mark], name=name, showlegend=True))
            figure.add_trace(edges(group, color=INK if mark is not Mark.PICKED else _ACCENT, width=_EDGE_WIDTH[mark]))
    if taken is not None:
        figure.add_trace(edges(taken, color=_ACCENT, width=4, dash="dash"))
        figure.data[-1].name, figure.data[-1].showlegend = f"taken out {len(taken.ids):,}", True
    length_m, width_m, height_m = interior_m
    trailer = boxes._replace(
        ids=("",),
        center_m=np.array([[length_m / 2.0, 0.0, height_m / 2.0]]),
        half_m=np.array([[length_m, width_m, height_m]]) / 2.0,
        orientation_xyzw=np.array([[0.0, 0.0, 0.0, 1.0]]),
    )
    figure.add_trace(edges(trailer, color=LINE, width=2))
    figure.add_trace(labels(boxes, [words[case_id] for case_id in boxes.ids]))
    # Lines that say nothing of their own are not in the legend.
    figure.update_traces(showlegend=False, selector=lambda trace: not trace.name)
    figure.update_layout(
        font=FONT,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        scene=scene(distance=1.5),
        paper_bgcolor=_PAPER,
        legend={"orientation": "h", "x": 0, "y": 1, "itemsizing": "constant"},
    )
    return figure


# -- a page ----------------------------------------------------------------------------------------------------------

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ margin: 0; height: 100vh; display: flex; flex-direction: column; background: {paper}; color: {ink};
  font: 14px Inter, system-ui, sans-serif }}
header {{ padding: 16px 24px 4px }} h1 {{ font-size: 18px; margin: 0 0 4px }} p {{ margin: 0; color: {second} }}
figure {{ flex: 1; min-height: 320px; margin: 0 }}
</style>
<header><h1>{title}</h1><p id="told">{sentence}</p></header>
<figure id="load" role="img" aria-label="{sentence}"></figure>
<noscript><p>To turn the load takes a browser that runs scripts.</p></noscript>
<script type="application/json" id="figure">{figure}</script>
<script type="text/plain" id="library">{library}</script>
<script>
const text = id => document.getElementById(id).textContent;
async function show() {{
  const packed = Uint8Array.from(atob(text("library")), c => c.charCodeAt(0));
  const plain = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(plain).text();
  document.head.append(script);
  const {{data, layout}} = JSON.parse(text("figure"));
  await Plotly.newPlot("load", data, layout, {{responsive: true, displaylogo: false}});
}}
show().catch(error => {{
  const why = ` It cannot be drawn here (${{error}}): a browser from 2023 or later draws it.`;
  document.getElementById("told").append(why);
}});
</script>
</html>
"""
"""The library is packed, as it would be on its way from a web server: it is most of the page."""


def write_page(figure: go.Figure, path: Path, *, title: str, sentence: str) -> None:
    """Write the figure as a page that asks no other host for anything. Raises OSError."""
    page = _PAGE.format(
        title=escape(title),
        sentence=escape(sentence),
        ink=INK,
        paper=_PAPER,
        second=SECOND,
        figure=figure.to_json().replace("<", "\\u003c"),
        library=_library(),
    )
    path.write_text(page, encoding="utf-8")


@cache
def _library() -> str:
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), mtime=0)).decode()
