"""Where text for people goes: styled where the terminal wants it, never wrapped, never animated without a terminal."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

import msgspec
from rich.console import Console
from rich.text import Text

from twin.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = 88
"""Nothing we lay out is wider."""
COLUMNS_LEAST = 80
"""On a terminal narrower than this, the terminal breaks the lines."""

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


def columns() -> int:
    """How wide text is laid out: as wide as the terminal it goes to, between 80 and 88; elsewhere 88."""
    for stream in (sys.stdout, sys.stderr):
        if stream.isatty():
            told = os.get_terminal_size(stream.fileno()).columns
            return max(COLUMNS_LEAST, min(told or COLUMNS, COLUMNS))
    return COLUMNS


def line(*parts: str | Text | tuple[str, str]) -> Text:
    """One line of parts, each plain or with its style."""
    return Text.assemble(*parts)


def wrapped(head: Text, body: str, *, style: str = "") -> list[Text]:
    """The body after the head, continued on lines indented as wide as the head; a long word is never broken."""
    indent = head.cell_len
    pieces = textwrap.wrap(body, max(20, columns() - indent), break_long_words=False, break_on_hyphens=False) or [""]
    first = head.copy().append(pieces[0], style=style)
    return [first, *(Text(" " * indent).append(piece, style=style) for piece in pieces[1:])]


def say(lines: Iterable[Text], stream: TextIO) -> None:
    """Write the lines; a reader that has gone away (`| head`) is no error.

    Raises OutputError if standard output cannot be written; of standard error nobody could be told.
    """
    console = console_on(stream)
    try:
        for each in lines:
            console.print(each)
        stream.flush()
    except OSError as error:
        _give_up(stream, error)


def say_plainly(text: str, stream: TextIO) -> None:
    """Write text as it is, with a newline, as `say`. Raises OutputError as it does."""
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except OSError as error:
        _give_up(stream, error)


def say_json(content: object, stream: TextIO) -> None:
    """Write one JSON object on one line, in ASCII: valid whatever the encoding is and whatever a path holds.

    Raises OutputError as `say` does.
    """
    plain = msgspec.to_builtins(content)
    say_plainly(json.dumps(plain, allow_nan=False, separators=(",", ":")), stream)


def _give_up(stream: TextIO, error: OSError) -> None:
    _discard(stream)
    if stream is sys.stdout and not isinstance(error, BrokenPipeError):
        msg = f"standard output cannot be written: {error.strerror or error}"
        raise OutputError(msg, hint="The files of a run are already in their folder.") from error


def _discard(stream: TextIO) -> None:
    """From here on the stream leads nowhere, so that the flush at exit is quiet too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
