"""`docktwin digest` and `docktwin diff`: what recordings hold."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scenarios.report.console import FAILED, SECOND, STRONG, line, say, wrapped
from scenarios.report.tell import sentence
from scenarios.report.words import count, plural
from twin.clock import format_time
from twin.errors import EXIT_FAILED, EXIT_PASSED, MessageRefused
from twin.journal.diff import first_difference
from twin.journal.digest import short
from twin.journal.reading import digest_of
from twin.messages import codec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.text import Text

    from twin.journal.diff import Difference
    from twin.journal.recording import Recorded

_CAUSES_SHOWN_MAX = 8


def digest(recording: Path) -> int:
    """The digest of the messages, and whether its run stamped the same. Raises RecordingError."""
    found = digest_of(recording)
    told = f"{recording}, {plural(found.messages, 'message')}"
    if found.agrees:
        say([line((short(found.recomputed), STRONG), f"  {told}, as its run stamped it")], sys.stdout)
        return EXIT_PASSED
    say(
        [
            line((short(found.recomputed), FAILED), f"  {told}"),
            line(f"{short(found.stamped)}  was stamped by its run: the recording was changed afterwards"),
        ],
        sys.stdout,
    )
    return EXIT_FAILED


def diff(a: Path, b: Path) -> int:
    """The first difference of two recordings, or that there is none. Raises RecordingError."""
    found = first_difference(a, b)
    if found is None:
        say([line("the same: every message, in order, on its bus time")], sys.stdout)
        return EXIT_PASSED
    say(_difference(found, a, b), sys.stdout)
    return EXIT_FAILED


def _difference(found: Difference, a: Path, b: Path) -> Iterator[Text]:
    yield line((f"different from message {count(found.position)} on", STRONG))
    yield line()
    for name, path, recorded in (("A", a, found.a), ("B", b, found.b)):
        yield line(f"  {name}  ", (str(path), SECOND))
        yield from wrapped(line(" " * 5), "has ended" if recorded is None else _told(recorded))
    if found.fields:
        yield line()
        width = max(len(difference.path) for difference in found.fields)
        for difference in found.fields:
            yield line(f"  {difference.path:{width}}  A  {difference.a if difference.a is not None else 'not there'}")
            yield line(f"  {'':{width}}  B  {difference.b if difference.b is not None else 'not there'}")
    for name, causes in (("A", found.causes_a), ("B", found.causes_b)):
        if causes and not (name == "B" and causes == found.causes_a):
            yield line()
            both = "A and B" if found.causes_a == found.causes_b else name
            yield line(f"  What led there in {both}, each message caused by the one above it:")
            yield from _causes(causes)


def _causes(causes: Sequence[Recorded]) -> Iterator[Text]:
    left_out = len(causes) - _CAUSES_SHOWN_MAX
    if left_out > 0:
        yield line(("    " + f"({plural(left_out, 'earlier message')} not shown)", SECOND))
    for recorded in causes[-_CAUSES_SHOWN_MAX:]:
        yield from wrapped(line("    "), _told(recorded))


def _told(recorded: Recorded) -> str:
    return f"{format_time(recorded.at_us)}  {_words(recorded)}"


def _words(recorded: Recorded) -> str:
    """The message as a sentence; one that this version does not know, by its subject."""
    try:
        return sentence(codec.decode(recorded.payload))
    except MessageRefused:
        return recorded.subject
