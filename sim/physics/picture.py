"""A load drawn: the cases in their trailer, isometric, from outside the door and above to the right.

The near side wall and the roof are left out. Grey is a case that stands; what happened to others is said by colour and
by pattern, and in words below the picture.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from math import cos, pi, sin
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from sim.physics.boxes import bounds, rotations
from sim.physics.rays import UPWARD, View, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sim.load.contact import Floats, Indices
    from sim.load.load import Vector
    from sim.physics.boxes import Boxes
    from sim.physics.rays import Seen

Pixels = NDArray[np.uint8]
"""(height, width, 3): red, green, blue."""


class Mark(StrEnum):
    """What is said of a case in a picture; the value is the word in its legend."""

    STANDING = "standing"
    PICKED = "picked"
    MOVED = "moved"
    LOOSE = "loose before"
    FALLEN = "fallen"


class Frame(NamedTuple):
    """What a picture shows of a trailer: from `from_m` to `to_m` behind the sill, in a view, so wide."""

    interior_m: Vector
    from_m: float
    to_m: float
    view: View


WIDTH_PX = 1200
_AZIMUTH_RAD, _ELEVATION_RAD = 42.0 * pi / 180.0, 27.0 * pi / 180.0
_LIGHT = (-0.45, -0.12, 0.88)
"""Where light comes from: the tops are lightest, the faces towards the door less so, the sides darkest."""
_AHEAD_M = 1.6
"""Room shown before the load's front: what falls lies there."""
_SUBPIXELS = 2
_RIM_SUBPIXELS = 4
_SWATCH_PX = 16
_MARGIN_PX, _TITLE_PX, _LEGEND_PX = 28, 54, 44
_TITLE_SIZE, _TEXT_SIZE = 19, 15
_TURNED, _BESIDE, _CLEAR = 0.3, 0.45, 0.8
"""How dark edges are: between two faces of a case, between two cases, where one stands clear before what is behind."""
_STEP_M = 0.1
"""A difference of depth from which a case stands clear."""

_PAPER, _FLOOR, _WALL = (251, 252, 253), (228, 231, 234), (241, 243, 245)
_INK, _SECOND, _LINE = (26, 32, 39), (76, 87, 98), (170, 179, 188)
_ACCENT = (26, 95, 180)
_FILL: Mapping[Mark, tuple[int, int, int]] = {
    Mark.STANDING: (196, 204, 212),
    Mark.PICKED: (96, 150, 215),
    Mark.MOVED: (196, 204, 212),
    Mark.LOOSE: (232, 216, 200),
    Mark.FALLEN: (245, 166, 92),
}
_STRIPES: Mapping[Mark, tuple[int, int, int]] = {
    Mark.MOVED: (120, 131, 143),
    Mark.LOOSE: (190, 160, 132),
    Mark.FALLEN: (190, 96, 20),
}
_MARKS = tuple(Mark)

# -- what is shown ---------------------------------------------------------------------------------------------------


def frame_of(
    interior_m: Vector, loads: Sequence[Boxes], *, depth_m: float | None = None, width_px: int = WIDTH_PX
) -> Frame:
    """One frame for several pictures of a trailer: from a little before the foremost case to the nose.

    `depth_m`: only this much of the load from its front, so that its cases are drawn larger.
    """
    length_m, width_m, height_m = interior_m
    fronts = [float(bounds(boxes)[0][:, 0].min()) for boxes in loads if boxes.ids]
    front_m = min(fronts, default=0.0)
    from_m = min(front_m, 0.0) if front_m < 2.0 * _AHEAD_M else front_m - _AHEAD_M
    to_m = length_m if depth_m is None else min(max(max(fronts, default=0.0) + depth_m, from_m + depth_m), length_m)
    look = (
        cos(_ELEVATION_RAD) * cos(_AZIMUTH_RAD),
        cos(_ELEVATION_RAD) * sin(_AZIMUTH_RAD),
        -sin(_ELEVATION_RAD),
    )
    view = View(look, UPWARD, 0.0, 1.0, 0.0, 1.0, 1.0)
    corners = [(x, y, z) for x in (from_m, to_m) for y in (-width_m / 2.0, width_m / 2.0) for z in (0.0, height_m)]
    flat = np.array(corners) @ view.axes()[:2].T
    (left, top), (right, bottom) = flat.min(axis=0), flat.max(axis=0)
    pixel_m = float(right - left) / (width_px - 2 * _MARGIN_PX)
    margin_m = _MARGIN_PX * pixel_m
    fitted = view._replace(
        left_m=float(left) - margin_m,
        right_m=float(right) + margin_m,
        bottom_m=float(-bottom) - margin_m,
        top_m=float(-top) + margin_m,
        cell_m=pixel_m / _SUBPIXELS,
    )
    return Frame(interior_m, from_m, to_m, fitted)


def render(
    boxes: Boxes,
    frame: Frame,
    *,
    title: str,
    marks: Mapping[str, Mark] | None = None,
    taken: Boxes | None = None,
) -> Pixels:
    """The cases in their trailer. `marks`: by case id, of those that do not just stand.

    `taken`: cases that are out, drawn as dashed outlines where they stood; so is a picked one that others hide.
    """
    shown = _within(boxes, frame)
    marked = np.array([_MARKS.index((marks or {}).get(case_id, Mark.STANDING)) for case_id in shown.ids], dtype=np.intp)
    seen = cast(shown, frame.view)
    image = _trailer(frame)
    drawn = np.asarray(image).astype(np.float32)
    _paint(drawn, seen, _face_colours(shown, marked), marked)
    image = Image.fromarray(drawn.round().astype(np.uint8))
    _outline_trailer(image, frame)
    picked = np.flatnonzero(marked == _MARKS.index(Mark.PICKED)).tolist()
    hidden = [row for row in picked if not (seen.row == row).any()]
    for outlined in (shown.only(hidden), taken):
        if outlined is not None:
            _outline(image, frame, outlined)
    small = image.resize((image.width // _SUBPIXELS, image.height // _SUBPIXELS), Image.Resampling.BOX)
    counts = [(mark, mark.value, int((marked == number).sum())) for number, mark in enumerate(_MARKS)]
    entries: list[_Entry] = [entry for entry in counts if entry[2] or entry[0] is Mark.STANDING]
    if taken is not None:
        entries.append(("taken", "taken out", len(taken.ids)))
    if len(shown.ids) < len(boxes.ids):
        entries.append((None, "behind these, not drawn", len(boxes.ids) - len(shown.ids)))
    return _with_words(small, frame, title=title, entries=entries)


def side_by_side(pictures: Iterable[Pixels]) -> Pixels:
    """Pictures of one height, one beside the other."""
    return np.hstack(list(pictures))


def write_png(picture: Pixels, path: Path) -> None:
    """Write the picture. Raises OSError if it cannot be."""
    Image.fromarray(picture).save(path, format="PNG", optimize=True)


def _within(boxes: Boxes, frame: Frame) -> Boxes:
    """The cases that are drawn: a load that goes on is cut between cases."""
    if frame.to_m >= frame.interior_m[0]:
        return boxes
    _, highest = bounds(boxes)
    return boxes.only(np.flatnonzero(highest[:, 0] <= frame.to_m).tolist())


# -- cases -----------------------------------------------------------------------------------------------------------


def _face_colours(boxes: Boxes, mark: NDArray[np.intp]) -> Floats:
    """Of each face of each box, as light falls on it: (n, 6, 3)."""
    rotation = rotations(boxes.orientation_xyzw)
    normal = np.stack([-rotation, rotation], axis=3).transpose(0, 2, 3, 1).reshape(-1, 6, 3)
    light = np.array(_LIGHT) / np.linalg.norm(_LIGHT)
    lit = 0.76 + 0.36 * (normal @ light)
    fill = np.array([_FILL[each] for each in _MARKS], dtype=float)[mark]
    colours: Floats = np.minimum(fill[:, None, :] * lit[:, :, None], 255.0)
    return colours


def _paint(drawn: NDArray[np.float32], seen: Seen, colours: Floats, mark: NDArray[np.intp]) -> None:
    """The faces, the patterns of what is marked, and the edges, over what is drawn already."""
    rows, columns = drawn.shape[:2]
    row, face, depth_m = seen.row[:rows, :columns], seen.face[:rows, :columns], seen.depth_m[:rows, :columns]
    is_case = row >= 0
    drawn[is_case] = colours[row[is_case], face[is_case]]
    marked = np.full(row.shape, -1, dtype=np.intp)
    marked[is_case] = mark[row[is_case]]
    _hatch(drawn, marked, scale=_SUBPIXELS)
    y, x, strength = _edges(row, face, depth_m)
    _rim(drawn, marked, y, x)
    drawn[y, x] += (np.array(_INK, dtype=np.float32) - drawn[y, x]) * strength[:, None]


def _hatch(drawn: NDArray[np.float32], marked: NDArray[np.intp], *, scale: int) -> None:
    """Stripes, so that nothing is said by colour alone: one way for what moved, the other for what lies loose."""
    for each, colour in _STRIPES.items():
        y, x = np.nonzero(marked == _MARKS.index(each))
        along = x - y if each is Mark.MOVED else x + y
        is_stripe = along % ((16 if each is Mark.LOOSE else 8) * scale) < 2 * scale
        drawn[y[is_stripe], x[is_stripe]] = colour


def _rim(drawn: NDArray[np.float32], marked: NDArray[np.intp], y: Indices, x: Indices) -> None:
    """A broad rim along the edges of what is picked."""
    picked = _MARKS.index(Mark.PICKED)
    is_picked = marked[y, x] == picked
    y, x = y[is_picked], x[is_picked]
    broad = range(-_RIM_SUBPIXELS, _RIM_SUBPIXELS + 1)
    for down in broad:
        for right in broad:
            at = np.clip(y + down, 0, marked.shape[0] - 1), np.clip(x + right, 0, marked.shape[1] - 1)
            inside = marked[at] == picked
            drawn[at[0][inside], at[1][inside]] = _ACCENT


def _edges(row: NDArray[np.intp], face: NDArray[np.int8], depth_m: Floats) -> tuple[Indices, Indices, Floats]:
    """The cells with a line through them, and how dark it is."""
    strength = np.zeros(row.shape)
    surface = 6 * row + face
    for axis in (0, 1):
        one, other = _pair(surface, axis)
        y, x = np.nonzero(one != other)
        at, after = (y, x), (y + 1, x) if axis == 0 else (y, x + 1)
        with np.errstate(invalid="ignore"):  # nothing beside nothing: inf - inf
            is_clear = np.abs(depth_m[at] - depth_m[after]) > _STEP_M
        line = np.where(row[at] == row[after], _TURNED, np.where(is_clear, _CLEAR, _BESIDE))
        for cells in (at, after):
            strength[cells] = np.maximum(strength[cells], line)
    strength[row < 0] = 0.0
    y, x = np.nonzero(strength)
    return y, x, strength[y, x]


def _pair(cells: NDArray[np.intp], axis: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each cell and the one below it, or to its right."""
    return (cells[:-1], cells[1:]) if axis == 0 else (cells[:, :-1], cells[:, 1:])


# -- the trailer -----------------------------------------------------------------------------------------------------


def _at(frame: Frame, points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Where points are in the large picture."""
    view = frame.view
    flat = (np.array(points) @ view.axes()[:2].T - [view.left_m, -view.top_m]) / view.cell_m
    return [(float(x), float(y)) for x, y in flat]


def _trailer(frame: Frame) -> Image.Image:
    """Floor, far side wall and nose: what stands behind every case."""
    _, width_m, height_m = frame.interior_m
    near, far, x0, x1 = -width_m / 2.0, width_m / 2.0, frame.from_m, frame.to_m
    rows, columns = frame.view.shape()
    size = columns - columns % _SUBPIXELS, rows - rows % _SUBPIXELS
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    floor = [(x0, near, 0.0), (x1, near, 0.0), (x1, far, 0.0), (x0, far, 0.0)]
    side = [(x0, far, 0.0), (x1, far, 0.0), (x1, far, height_m), (x0, far, height_m)]
    nose = [(x1, near, 0.0), (x1, far, 0.0), (x1, far, height_m), (x1, near, height_m)]
    walls = [(floor, _FLOOR), (side, _WALL)]
    if x1 >= frame.interior_m[0]:
        walls.append((nose, _WALL))
    for corners, colour in walls:
        draw.polygon(_at(frame, corners), fill=colour, outline=_LINE, width=_SUBPIXELS)
    if x1 < frame.interior_m[0]:
        for start, end in pairwise(_at(frame, [*nose, nose[0]])):
            _dash(draw, start, end, colour=_LINE, width=_SUBPIXELS)
    return image


def _outline_trailer(image: Image.Image, frame: Frame) -> None:
    """The near edges of floor and roof, and the door's frame: thin, in front of the cases."""
    _, width_m, height_m = frame.interior_m
    near, far, x0, x1 = -width_m / 2.0, width_m / 2.0, frame.from_m, frame.to_m
    door = [(x0, near, 0.0), (x0, far, 0.0), (x0, far, height_m), (x0, near, height_m), (x0, near, 0.0)]
    draw = ImageDraw.Draw(image)
    for low, high in (((x0, near, 0.0), (x1, near, 0.0)), ((x0, near, height_m), (x1, near, height_m))):
        draw.line(_at(frame, [low, high]), fill=_LINE, width=_SUBPIXELS)
    corners = _at(frame, door)
    is_door = frame.from_m <= 0.0
    for start, end in pairwise(corners):
        if is_door:
            draw.line([start, end], fill=_SECOND, width=_SUBPIXELS + 1)
        else:
            _dash(draw, start, end, colour=_LINE, width=_SUBPIXELS)


def _outline(image: Image.Image, frame: Frame, boxes: Boxes) -> None:
    """Dashed edges of cases that are not there any more, or behind others."""
    draw = ImageDraw.Draw(image)
    signs = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    for center, half, rotation in zip(boxes.center_m, boxes.half_m, rotations(boxes.orientation_xyzw), strict=True):
        corners = _at(frame, center + (signs * half) @ rotation.T)
        for a in range(8):
            for bit in (1, 2, 4):
                if not a & bit:
                    _dash(draw, corners[a], corners[a | bit], colour=_ACCENT, width=2 * _SUBPIXELS)


def _dash(
    draw: ImageDraw.ImageDraw,
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    colour: tuple[int, int, int],
    width: int,
    dash: float = 6.0 * _SUBPIXELS,
) -> None:
    (x0, y0), (x1, y1) = start, end
    count = max(int(np.hypot(x1 - x0, y1 - y0) / dash), 1) | 1
    for number in range(0, count, 2):
        a, b = number / count, (number + 1) / count
        line = [(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share) for share in (a, b)]
        draw.line(line, fill=colour, width=width)


# -- words -----------------------------------------------------------------------------------------------------------


_Entry = tuple[Mark | Literal["taken"] | None, str, int]
"""Of the legend: how its swatch looks (None: there is none), its words and its count."""


def _with_words(picture: Image.Image, frame: Frame, *, title: str, entries: Sequence[_Entry]) -> Pixels:
    """The picture between its title and its legend."""
    page = Image.new("RGB", (picture.width, picture.height + _TITLE_PX + _LEGEND_PX), _PAPER)
    page.paste(picture, (0, _TITLE_PX))
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(_TITLE_SIZE)
    while title and draw.textlength(title, font=font) > page.width - 2 * _MARGIN_PX:
        title = f"{title.removesuffix('...')[:-1]}..."
    draw.text((_MARGIN_PX, 20), title, fill=_INK, font=font)
    font = ImageFont.load_default(_TEXT_SIZE)
    x, y = _MARGIN_PX, page.height - _LEGEND_PX + 8
    for look, words, cases in entries:
        told = f"{words} {cases:,}"
        if look is not None:
            _swatch(page, (x, y), look)
            x += _SWATCH_PX + 8
        draw.text((x, y + _SWATCH_PX / 2.0), told, fill=_SECOND, font=font, anchor="lm")
        x += round(float(draw.textlength(told, font=font))) + 28
    _, width_m, _ = frame.interior_m
    foot = _at(frame, [(frame.from_m, -width_m / 2.0, 0.0)])[0]
    told = "door" if frame.from_m <= 0.0 else f"door {frame.from_m:.1f} m this way"
    anchor = foot[0] / _SUBPIXELS - 10.0, foot[1] / _SUBPIXELS + _TITLE_PX + 12.0
    draw.text(anchor, told, fill=_SECOND, font=font, anchor="rs")
    return np.asarray(page)


def _swatch(page: Image.Image, at: tuple[int, int], look: Mark | Literal["taken"]) -> None:
    """A small square as cases of this mark are drawn."""
    x, y = at
    draw = ImageDraw.Draw(page)
    if look == "taken":
        for corner in ((x, y), (x + _SWATCH_PX, y + _SWATCH_PX)):
            _dash(draw, corner, (x + _SWATCH_PX, y), colour=_ACCENT, width=2, dash=4.0)
            _dash(draw, corner, (x, y + _SWATCH_PX), colour=_ACCENT, width=2, dash=4.0)
        return
    swatch = np.full((_SWATCH_PX, _SWATCH_PX, 3), _FILL[look], dtype=np.float32)
    _hatch(swatch, np.full((_SWATCH_PX, _SWATCH_PX), _MARKS.index(look)), scale=1)
    page.paste(Image.fromarray(swatch.astype(np.uint8)), at)
    is_picked = look is Mark.PICKED
    around = (x, y, x + _SWATCH_PX - 1, y + _SWATCH_PX - 1)
    draw.rectangle(around, outline=_ACCENT if is_picked else _SECOND, width=3 if is_picked else 1)
