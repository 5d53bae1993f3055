"""Mistakes in a file that a person wrote: where, what was got, what was expected. Plain data, and plain text of it.

>>> mistake = Mistake(path="a.yaml", line=2, column=8, length=3, key="seed", got="-40", expected="a whole number",
...                   excerpt=((2, "seed:  -40"),))
>>> print(described(mistake))
a.yaml:2: seed: got -40, expected a whole number
  2 | seed:  -40
    |        ^^^
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from msgspec import Struct

COLUMNS = 88
_FRAME_COLUMNS = 10


class Mistake(Struct, frozen=True, kw_only=True):
    """One mistake. `line` and `column` count from 1, `length` is in characters (0: there is nothing to point at).

    `key`: the key path, as `trailers[3].cases`, empty for the file itself. `excerpt`: the lines to show with their
    numbers, the one with the mistake last.
    """

    path: str
    line: int
    column: int
    length: int
    key: str
    got: str
    expected: str
    suggestion: str | None = None
    excerpt: tuple[tuple[int, str], ...] = ()

    @property
    def sentence(self) -> str:
        """What is wrong, in one line, without the place in the source."""
        where = f"{self.path}:{self.line}: {self.key}: " if self.key else f"{self.path}:{self.line}: "
        return f"{where}got {self.got}, expected {self.expected}"


def summarised(path: str, mistakes: Sequence[Mistake]) -> str:
    """How many mistakes there are, and that nothing was run."""
    count = len(mistakes)
    return f"{count} mistake{'s' if count != 1 else ''} in {path}; nothing was run"


def described(mistake: Mistake, *, columns: int = COLUMNS) -> str:
    """The mistake as people read it: the sentence, the lines of the source, a mark below what is wrong."""
    sentence = textwrap.wrap(
        mistake.sentence, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join([*sentence, *_marked(mistake, columns - _FRAME_COLUMNS)])


def _marked(mistake: Mistake, columns: int) -> list[str]:
    if not mistake.excerpt:
        return [f"  did you mean {mistake.suggestion}?"] if mistake.suggestion else []
    gutter = len(str(mistake.excerpt[-1][0]))
    begin = _first_column_shown(mistake, columns)
    lines = [f"  {number:>{gutter}} | {_cut(text, begin, columns)}".rstrip() for number, text in mistake.excerpt]
    hint = f"did you mean {mistake.suggestion}?" if mistake.suggestion else ""
    if mistake.length or hint:
        at = mistake.column - 1 - begin + (3 if begin else 0)
        marks = "^" * min(mistake.length, columns - at)
        lines.append(f"  {'':>{gutter}} | {' ' * at}{marks} {hint}".rstrip())
    return lines


def _first_column_shown(mistake: Mistake, columns: int) -> int:
    """Where a long line is cut on the left, so that the mistake stands within a screen."""
    end = mistake.column + min(mistake.length, columns // 2)
    return 0 if end < columns else mistake.column - 1 - columns // 2


def _cut(text: str, begin: int, columns: int) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    if begin:
        shown = "..." + shown[begin:]
    return shown if len(shown) <= columns else shown[: columns - 3] + "..."
