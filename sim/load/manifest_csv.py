"""Manifests as CSV: `line_id,po_id,sku,label,quantity,length_m,width_m,height_m,weight_kg`, one line a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.load.load import ManifestLine
from sim.load.sheet import Sheet, text_of

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("line_id", "po_id", "sku", "label", "quantity", "length_m", "width_m", "height_m", "weight_kg")

CASES_MAX = 10_000
"""No trailer carries more; bounds what a slipped digit can ask for."""

SIDE_MAX_M = 5.0
WEIGHT_MAX_KG = 1000.0


def read_manifest(path: Path) -> tuple[ManifestLine, ...]:
    """The lines of the manifest at `path`, in its order.

    Raises ManifestError with every mistake of the file, in line order, as `file:line: column: got X, expected Y`.
    """
    text = text_of(path, what="a CSV manifest")
    sheet = Sheet(str(path), COLUMNS)
    lines: list[ManifestLine] = []
    seen: dict[str, int] = {}
    for fields in sheet.rows(text):
        lines += _lines(sheet, fields, seen)
    if not lines and sheet.is_sound:
        sheet.note("row", "nothing", "at least one manifest line")
    total = sum(line.quantity for line in lines)
    if total > CASES_MAX and sheet.is_sound:
        sheet.note("quantity", f"{total} cases in all", f"at most {CASES_MAX}")
    sheet.refuse_if_mistaken()
    return tuple(lines)


def _lines(sheet: Sheet, fields: dict[str, str], seen: dict[str, int]) -> list[ManifestLine]:
    """The line of a row, if nothing is wrong with it. `seen`: where each line id stood first."""
    before = sheet.mistakes
    texts = {name: sheet.text(fields, name) for name in COLUMNS[:4]}
    line_id = texts["line_id"]
    if line_id and line_id in seen:
        sheet.note("line_id", f"{line_id!r} again (first on line {seen[line_id]})", "each line id once")
    seen.setdefault(line_id, sheet.line)
    quantity = sheet.whole(fields, "quantity", most=CASES_MAX)
    length_m, width_m, height_m = (sheet.number(fields, name, most=SIDE_MAX_M, unit="metres") for name in COLUMNS[5:8])
    weight_kg = sheet.number(fields, "weight_kg", most=WEIGHT_MAX_KG, unit="kilograms")
    if sheet.mistakes > before:
        return []
    return [ManifestLine(**texts, quantity=quantity, size_m=(length_m, width_m, height_m), weight_kg=weight_kg)]
