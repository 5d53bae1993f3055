"""Where text for people goes: styled where the terminal wants it, never wrapped, never animated without a terminal."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = 88
"""Nothing we lay out is wider."""

PASSED = "bold reverse green"
FAILED = "bold red"
CLOSE = "yellow"
COMMAND = "blue"
SECOND = "dim"
STRONG = "bold"


class _Console(Console):
    """Leaves a reader that has gone away to `say`, instead of ending the process."""

    def on_broken_pipe(self) -> None:
        """Called while the BrokenPipeError is handled."""
        raise BrokenPipeError


def console_on(stream: TextIO) -> Console:
    """A console that writes what it is given and adds nothing but styles.

    NO_COLOR, FORCE_COLOR and TERM=dumb are respected.
    """
    return _Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, legacy_windows=False)


def line(*parts: str | Text | tuple[str, str]) -> Text:
    """One line of parts, each plain or with its style."""
    return Text.assemble(*parts)


def wrapped(head: Text, body: str, *, style: str = "", columns: int = COLUMNS) -> list[Text]:
    """The body after the head, continued on lines indented as wide as the head; a long word is never broken."""
    indent = head.cell_len
    pieces = textwrap.wrap(body, max(20, columns - indent), break_long_words=False, break_on_hyphens=False) or [""]
    first = head.copy().append(pieces[0], style=style)
    return [first, *(Text(" " * indent).append(piece, style=style) for piece in pieces[1:])]


def say(lines: Iterable[Text], stream: TextIO) -> None:
    """Write the lines; a reader that has gone away (`| head`) is no error."""
    console = console_on(stream)
    try:
        for each in lines:
            console.print(each)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)


def say_plainly(text: str, stream: TextIO) -> None:
    """Write text as it is, with a newline, as `say`."""
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:
        _discard(stream)


def _discard(stream: TextIO) -> None:
    """From here on the stream leads nowhere, so that the flush at exit is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
