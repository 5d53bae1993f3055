"""A CSV file with known columns, read row by row; all its mistakes are said at once, in line order."""

from __future__ import annotations

import csv
import difflib
import io
import math
from typing import TYPE_CHECKING

from twin.errors import ManifestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

MISTAKES_MAX = 50
"""Mistakes listed of one file; a file of the wrong kind has one in every field."""

TEXT_MAX = 64
"""Longest id or label, as on the bus; of what a mistake quotes."""


def text_of(path: Path, *, what: str) -> str:
    """The text of the file; raises ManifestError if it has none. `what`: what was expected, for the message."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"{path}: got no readable file ({error.strerror}), expected {what}"
        raise ManifestError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path}: got bytes that are not UTF-8 at offset {error.start}, expected {what}"
        raise ManifestError(msg) from error


class Sheet:
    """One file being read. `line`: of the row at hand, from 1."""

    def __init__(self, name: str, columns: Sequence[str]) -> None:
        self.line = 1
        self._name = name
        self._columns = columns
        self._mistakes: list[str] = []

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with the file so far."""
        return not self._mistakes

    @property
    def mistakes(self) -> int:
        """How many there are so far."""
        return len(self._mistakes)

    def note(self, column: str, got: str, expected: str) -> None:
        """A mistake of the row at hand."""
        self._mistakes.append(f"{self._name}:{self.line}: {column}: got {got}, expected {expected}")

    def refuse_if_mistaken(self) -> None:
        """Raises ManifestError with every mistake of the file, as `file:line: column: got X, expected Y`."""
        if self._mistakes:
            more = len(self._mistakes) - MISTAKES_MAX
            told = self._mistakes[:MISTAKES_MAX] + ([f"{self._name}: and {more} more"] if more > 0 else [])
            raise ManifestError("\n".join(told), hint=f"the columns are {','.join(self._columns)}")

    def rows(self, text: str) -> Iterator[dict[str, str]]:
        """The fields of each row by column; none if the header is wrong. Empty rows are skipped."""
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        try:
            header = [name.strip() for name in next(rows, [])]
            self._check_header(header)
            if not self.is_sound:
                return
            self.line = rows.line_num + 1
            for row in rows:
                if any(field.strip() for field in row):
                    if len(row) == len(header):
                        yield dict(zip(header, map(str.strip, row), strict=True))
                    else:
                        self.note("row", f"{len(row)} fields", f"{len(header)}")
                # A quoted field may span lines: the next row starts after the last line read.
                self.line = rows.line_num + 1
        except csv.Error as error:
            self.line = max(rows.line_num, 1)
            self.note("row", str(error), "fields separated by commas, quotes closed")

    def _check_header(self, header: Sequence[str]) -> None:
        if not any(header):
            self.note("header", "nothing", ",".join(self._columns))
            return
        for name in header:
            if name not in self._columns:
                near = difflib.get_close_matches(name, [known for known in self._columns if known not in header], n=1)
                self.note("header", repr(name), f"a known column{f' (did you mean {near[0]}?)' if near else ''}")
            elif header.count(name) > 1:
                self.note("header", f"{name!r} {header.count(name)} times", "each column once")
        for name in self._columns:
            if name not in header:
                self.note("header", f"no column {name!r}", ",".join(self._columns))

    # -- fields of a row ---------------------------------------------------------------------------------------------

    def text(self, fields: Mapping[str, str], column: str, *, most: int = TEXT_MAX) -> str:
        """An id or a label."""
        text = fields[column]
        if not 1 <= len(text) <= most or not text.isprintable():
            self.note(column, repr(text[:TEXT_MAX]), f"1 to {most} printable characters")
        return text

    def whole(self, fields: Mapping[str, str], column: str, *, least: int = 1, most: int) -> int:
        """A whole number; -1 if it is none."""
        # int() also takes "1_0" and digits of other scripts, and chokes on thousands of digits.
        text = fields[column]
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else -1
        if not least <= number <= most:
            self.note(column, repr(text[:TEXT_MAX]), f"a whole number from {least} to {most}")
        return number

    def number(self, fields: Mapping[str, str], column: str, *, most: float, unit: str) -> float:
        """A number above 0; NaN if it is none."""
        try:
            number = float(fields[column])
        except ValueError:
            number = math.nan
        if not 0.0 < number <= most:
            self.note(column, repr(fields[column][:TEXT_MAX]), f"a number of {unit} above 0 and up to {most:g}")
        return number
