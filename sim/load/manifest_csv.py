"""Manifests as CSV: `line_id,po_id,sku,label,quantity,length_m,width_m,height_m,weight_kg`, one line a row."""

from __future__ import annotations

import csv
import difflib
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.load.load import ManifestLine
from twin.errors import ManifestError

COLUMNS = ("line_id", "po_id", "sku", "label", "quantity", "length_m", "width_m", "height_m", "weight_kg")

CASES_MAX = 10_000
"""No trailer carries more; bounds what a slipped digit can ask for."""

TEXT_MAX = 64
"""Longest id or label, as on the bus."""

SIDE_MAX_M = 5.0
WEIGHT_MAX_KG = 1000.0
MISTAKES_MAX = 50
"""Mistakes listed of one file; a file of the wrong kind has one in every field."""


def read_manifest(path: Path) -> tuple[ManifestLine, ...]:
    """The lines of the manifest at `path`, in its order.

    Raises ManifestError with every mistake of the file, in line order, as `file:line: column: got X, expected Y`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path}: got no readable file ({error.strerror}), expected a CSV manifest"
        raise ManifestError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: got bytes that are not UTF-8 at offset {error.start}, expected a CSV manifest"
        raise ManifestError(msg) from error
    sheet = _Sheet(str(path))
    lines = sheet.read(text)
    if sheet.mistakes:
        raise ManifestError("\n".join(sheet.summary()), hint=f"the columns are {','.join(COLUMNS)}")
    return lines


class _Sheet:
    """One file being read, and what is wrong with it."""

    def __init__(self, name: str) -> None:
        self.mistakes: list[str] = []
        self._name = name
        self._line = 1

    def read(self, text: str) -> tuple[ManifestLine, ...]:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        lines: list[ManifestLine] = []
        seen: dict[str, int] = {}
        try:
            header = [name.strip() for name in next(rows, [])]
            self._check_header(header)
            if self.mistakes:
                return ()
            self._line = rows.line_num + 1
            for row in rows:
                if any(field.strip() for field in row):
                    lines += self._row(header, row, seen)
                # A quoted field may span lines: the next row starts after the last line read.
                self._line = rows.line_num + 1
        except csv.Error as error:
            self._line = max(rows.line_num, 1)
            self._note("row", str(error), "fields separated by commas, quotes closed")
        if not lines and not self.mistakes:
            self._note("row", "nothing", "at least one manifest line")
        total = sum(line.quantity for line in lines)
        if total > CASES_MAX and not self.mistakes:
            self._note("quantity", f"{total} cases in all", f"at most {CASES_MAX}")
        return tuple(lines)

    def summary(self) -> list[str]:
        more = len(self.mistakes) - MISTAKES_MAX
        return self.mistakes[:MISTAKES_MAX] + ([f"{self._name}: and {more} more"] if more > 0 else [])

    def _note(self, column: str, got: str, expected: str) -> None:
        self.mistakes.append(f"{self._name}:{self._line}: {column}: got {got}, expected {expected}")

    def _check_header(self, header: Sequence[str]) -> None:
        if not any(header):
            self._note("header", "nothing", ",".join(COLUMNS))
            return
        for name in header:
            if name not in COLUMNS:
                near = difflib.get_close_matches(name, [known for known in COLUMNS if known not in header], n=1)
                self._note("header", repr(name), f"a known column{f' (did you mean {near[0]}?)' if near else ''}")
            elif header.count(name) > 1:
                self._note("header", f"{name!r} {header.count(name)} times", "each column once")
        for name in COLUMNS:
            if name not in header:
                self._note("header", f"no column {name!r}", ",".join(COLUMNS))

    def _row(self, header: Sequence[str], row: Sequence[str], seen: dict[str, int]) -> list[ManifestLine]:
        if len(row) != len(header):
            self._note("row", f"{len(row)} fields", f"{len(header)}")
            return []
        before = len(self.mistakes)
        fields = dict(zip(header, map(str.strip, row), strict=True))
        texts = {name: self._text(fields, name) for name in COLUMNS[:4]}
        line_id = texts["line_id"]
        if line_id and line_id in seen:
            self._note("line_id", f"{line_id!r} again (first on line {seen[line_id]})", "each line id once")
        seen.setdefault(line_id, self._line)
        quantity = self._quantity(fields["quantity"])
        sides = [self._number(fields, name, SIDE_MAX_M, "metres") for name in COLUMNS[5:8]]
        weight_kg = self._number(fields, "weight_kg", WEIGHT_MAX_KG, "kilograms")
        if len(self.mistakes) > before:
            return []
        size_m = (sides[0], sides[1], sides[2])
        return [ManifestLine(**texts, quantity=quantity, size_m=size_m, weight_kg=weight_kg)]

    def _text(self, fields: Mapping[str, str], name: str) -> str:
        text = fields[name]
        if not 1 <= len(text) <= TEXT_MAX or not text.isprintable():
            self._note(name, repr(text[:TEXT_MAX]), f"1 to {TEXT_MAX} printable characters")
        return text

    def _quantity(self, text: str) -> int:
        # int() also takes "1_0" and digits of other scripts, and chokes on thousands of digits.
        quantity = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
        if not 1 <= quantity <= CASES_MAX:
            self._note("quantity", repr(text[:TEXT_MAX]), f"a whole number from 1 to {CASES_MAX}")
        return quantity

    def _number(self, fields: Mapping[str, str], name: str, most: float, unit: str) -> float:
        try:
            number = float(fields[name])
        except ValueError:
            number = math.nan
        if not 0.0 < number <= most:
            self._note(name, repr(fields[name][:TEXT_MAX]), f"a number of {unit} above 0 and up to {most:g}")
        return number
