"""Errors as a person reads them: what happened, what to do, the code and its page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from scenarios.report.commands import command
from scenarios.report.console import COMMAND, FAILED, STRONG, columns, line, wrapped
from twin.errors import ScenarioError
from twin.mistakes import described

if TYPE_CHECKING:
    from twin.errors import DocktwinError
    from twin.mistakes import Mistake


_COMMAND_AT_ITS_END = re.compile(r"docktwin (?P<words>[a-z -]+)$")


def error_block(error: DocktwinError) -> list[Text]:
    """All lines of an error of ours; a ScenarioError with every mistake of its file."""
    lines = wrapped(line(("error", FAILED), ": "), error.message, style=STRONG)
    if isinstance(error, ScenarioError):
        for mistake in error.mistakes:
            lines += [Text(), *_mistake(mistake)]
        return [*lines, Text(), *_hint(error.hint, indent="")]
    return [*lines, Text(), *_hint(error.hint, indent="  "), line(f"  {error.code}, {page(error)}")]


def page(error: DocktwinError) -> str:
    """Where the error's code is explained."""
    return f"docs/errors.md#{error.code.lower()}"


def _hint(hint: str, *, indent: str) -> list[Text]:
    if not hint:
        return []
    said, colon, after = hint.rpartition(": ")
    found = _COMMAND_AT_ITS_END.match(after)
    if colon and found:
        return [line(indent, said, colon, (command(*found["words"].split()), COMMAND))]
    return wrapped(line(indent), hint)


def _mistake(mistake: Mistake) -> list[Text]:
    """The plain form, with the place in bold and the marks in red."""
    lines = []
    for number, plain in enumerate(described(mistake, columns=columns()).splitlines()):
        text = Text(plain)
        if number == 0:
            text.stylize(STRONG, 0, len(f"{mistake.path}:{mistake.line}"))
        text.highlight_regex(r"\^+", FAILED)
        if mistake.suggestion:
            text.highlight_words([mistake.suggestion], COMMAND)
        lines.append(text)
    return lines
