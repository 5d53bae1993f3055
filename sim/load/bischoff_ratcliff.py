"""Truck loads of the Bischoff-Ratcliff benchmark: many weakly mixed boxes that all but fill one container.

A file `BR1_01_items.csv` has one row for each kind of box: edges in cm, how many, and in which of the six ways it may
stand. `container.csv` has the container. No loader fills it to 98-99.9 %, so the boxes travel in a trailer as wide and
as high, and longer, in walls. Weights are not in the data: they follow from the volume.
"""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from sim import assumptions
from sim.load.goods import Goods, goods_of_manifest, loaded
from sim.load.load import Load, ManifestLine, Vector
from sim.load.manifest_csv import CASES_MAX
from sim.load.mistakes import NO_MISTAKES, Mistakes, with_mistakes
from sim.load.mixed import in_runs
from sim.load.sheet import Sheet, text_of
from sim.load.walls import Waiting, fill_with_walls
from twin.errors import DataAbsentError, ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sim.load.load import LooseCase
    from twin.rng import Draws

FOLDER = "br"
CONTAINER_FILE = "container.csv"
ITEMS_SUFFIX = "_items.csv"
WHERE_TO_GET_THEM = "https://people.brunel.ac.uk/~mastjjb/jeb/orlib/thpackinfo.html"

WAYS = ("XYZ", "YXZ", "ZYX", "YZX", "XZY", "ZXY")
"""Which edge of a box is along x, y and z of the trailer; a column `ROTATION_XYZ` says whether it may stand so."""

_EDGES = ("X", "Y", "Z")
_ROTATIONS = tuple(f"ROTATION_{way}" for way in WAYS)
ITEM_COLUMNS = ("ID", *_EDGES, *_ROTATIONS, "COPIES")
CONTAINER_COLUMNS = ("ID", *_EDGES)
EDGE_MAX_CM = 2_000
_NEAREST_MAX = 3
"""Loads offered for one that is not there: of the benchmark there are hundreds."""
_NAME_MAX = 8
"""So that labels stay within what a bus message may hold."""


class _Box(NamedTuple):
    """A kind of box. `ways`: those of `WAYS` in which it may stand."""

    name: str
    size_m: Vector
    ways: tuple[str, ...]
    copies: int


def read_boxes(
    data: Path | None,
    draws: Draws,
    *,
    trailer_id: str,
    name: str,
    unreadable_share: float = assumptions.UNREADABLE_SHARE,
    mistakes: Mistakes = NO_MISTAKES,
) -> Load:
    """The load of this name, as `BR1_01`, under the data folder `data`.

    Sizes, numbers and ways are the data's, weights an assumption; label faults are drawn, what is amiss, and in which
    order the boxes come. Raises DataAbsentError if the data are absent, ManifestError if they have mistakes, there is
    no load of this name, or more is to be amiss than there are cases.
    """
    boxes, container_m = _read(data, name)
    goods = _goods(boxes, draws, trailer_id=trailer_id, name=name, unreadable_share=unreadable_share)
    goods = with_mistakes(goods, mistakes, draws, unreadable_share=unreadable_share)
    ways = {f"{name}-{box.name}": box.ways for box in boxes}
    waiting = [Waiting(case, _extents(case, ways[case.sku])) for case in in_runs(goods.cases, draws)]
    interior_m = (max(container_m[0], assumptions.SEMITRAILER_LENGTH_M), *container_m[1:])
    cases, unplaced = fill_with_walls(waiting, interior_m=interior_m, draws=draws, high_max_kg=math.inf)
    return loaded(goods, interior_m, cases, unplaced)


def _goods(boxes: tuple[_Box, ...], draws: Draws, *, trailer_id: str, name: str, unreadable_share: float) -> Goods:
    """All copies of all boxes, and a manifest with a line for each kind."""
    manifest = tuple(
        ManifestLine(
            line_id=f"{trailer_id}-{name}-{box.name}",
            po_id=name,
            sku=f"{name}-{box.name}",
            label=f"{trailer_id}-{name}-{box.name}",
            quantity=box.copies,
            size_m=box.size_m,
            weight_kg=round(assumptions.BOX_DENSITY_KG_PER_M3 * math.prod(box.size_m), 2),
        )
        for box in boxes
    )
    return goods_of_manifest(draws, trailer_id=trailer_id, manifest=manifest, unreadable_share=unreadable_share)


def _extents(case: LooseCase, ways: tuple[str, ...]) -> tuple[Vector, ...]:
    """The extents along x, y, z in which a case may stand, each once."""
    edge_m = dict(zip(_EDGES, case.size_m, strict=True))
    return tuple(dict.fromkeys((edge_m[way[0]], edge_m[way[1]], edge_m[way[2]]) for way in ways))


# -- the files -------------------------------------------------------------------------------------------------------


def _read(data: Path | None, name: str) -> tuple[tuple[_Box, ...], Vector]:
    """The boxes of a load, and the inside of the container."""
    folder = None if data is None else data / FOLDER
    files = {} if folder is None else {path.name: path for path in sorted(folder.glob(f"*{ITEMS_SUFFIX}"))}
    if folder is None or not files or not (folder / CONTAINER_FILE).is_file():
        msg = f"{folder or FOLDER}: got no load files, expected the Bischoff-Ratcliff data; nothing was loaded"
        hint = (
            f"get thpack1 to thpack3 from {WHERE_TO_GET_THEM} and let DOCKTWIN_DATA name the folder that holds "
            f"{FOLDER}/BR1_01{ITEMS_SUFFIX} and so on, columns {', '.join(ITEM_COLUMNS)}, "
            f"and {FOLDER}/{CONTAINER_FILE}, columns {', '.join(CONTAINER_COLUMNS)}"
        )
        raise DataAbsentError(msg, hint=hint)
    path = files.get(f"{name}{ITEMS_SUFFIX}")
    if path is None:
        names = [file.removesuffix(ITEMS_SUFFIX) for file in files]
        known = ", ".join(sorted(get_close_matches(name, names, n=_NEAREST_MAX, cutoff=0.0)))
        others = f", or one of {len(names) - _NEAREST_MAX} others" if len(names) > _NEAREST_MAX else ""
        msg = f"{folder}: got no load {name!r}, expected one of {known}{others}"
        raise ManifestError(msg)
    return _boxes(path), _container_m(folder / CONTAINER_FILE)


def _container_m(path: Path) -> Vector:
    """Length, width, height of the one container of the file."""
    sheet = Sheet(str(path), CONTAINER_COLUMNS)
    sizes_m = [_size_m(sheet, fields) for fields in sheet.rows(text_of(path, what="a CSV file with a container"))]
    if len(sizes_m) != 1 and sheet.is_sound:
        sheet.note("row", f"{len(sizes_m)} containers", "one")
    sheet.refuse_if_mistaken()
    return sizes_m[0]


def _boxes(path: Path) -> tuple[_Box, ...]:
    sheet = Sheet(str(path), ITEM_COLUMNS)
    boxes = tuple(_rows(sheet, text_of(path, what="a CSV file with boxes")))
    if not boxes and sheet.is_sound:
        sheet.note("row", "nothing", "at least one box")
    total = sum(box.copies for box in boxes)
    if total > CASES_MAX and sheet.is_sound:
        sheet.note("COPIES", f"{total} cases in all", f"at most {CASES_MAX}")
    sheet.refuse_if_mistaken()
    return boxes


def _rows(sheet: Sheet, text: str) -> Iterator[_Box]:
    seen: dict[str, int] = {}
    for fields in sheet.rows(text):
        name = sheet.text(fields, "ID", most=_NAME_MAX)
        if name in seen:
            sheet.note("ID", f"{name!r} again (first on line {seen[name]})", "each id once")
        seen.setdefault(name, sheet.line)
        size_m = _size_m(sheet, fields)
        allowed = [sheet.whole(fields, column, least=0, most=1) for column in _ROTATIONS]
        if not any(allowed):
            sheet.note("ROTATION_XYZ", "0 in all six columns", "1 in at least one")
        copies = sheet.whole(fields, "COPIES", most=CASES_MAX)
        yield _Box(name, size_m, tuple(way for way, is_one in zip(WAYS, allowed, strict=True) if is_one), copies)


def _size_m(sheet: Sheet, fields: Mapping[str, str]) -> Vector:
    x, y, z = (sheet.whole(fields, edge, most=EDGE_MAX_CM) / 100.0 for edge in _EDGES)
    return x, y, z
