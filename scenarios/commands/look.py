"""`docktwin list`, `validate` and `schema`: what there is, without running anything."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from scenarios import schema as language
from scenarios.report.commands import command
from scenarios.report.console import COMMAND, STRONG, line, say, say_plainly, wrapped
from scenarios.report.errors import error_block
from scenarios.report.words import plural
from twin.errors import EXIT_BAD_INPUT, EXIT_PASSED, BadInputError, UsageError
from twin.messages.schemas import asyncapi

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST = "first_truck"
"""Where a newcomer begins."""


def list_library() -> int:
    """Every scenario with its story."""
    entries = language.library()
    width = max((len(entry.name) for entry in entries), default=0)
    lines = [each for e in entries for each in wrapped(line((f"{e.name:{width}}", STRONG), "  "), e.story)]
    lines += [line(), line("Run one: ", (command("run", _FIRST), COMMAND))]
    say(lines, sys.stdout)
    return EXIT_PASSED


def validate(scenarios: Sequence[str]) -> int:
    """Every file, with all its mistakes; the exit status."""
    status = EXIT_PASSED
    for target in scenarios:
        try:
            scenario = language.load_scenario(target)
        except BadInputError as error:
            say([*[Text()] * (status != EXIT_PASSED), *error_block(error)], sys.stderr)
            status = EXIT_BAD_INPUT
        else:
            told = (
                f"{plural(len(scenario.day.trailers), 'trailer')}, {plural(len(scenario.expectations), 'expectation')}"
            )
            say([line("valid  ", (scenario.path, STRONG), f": {told}")], sys.stdout)
    return status


def schema(what: str) -> int:
    """A schema as JSON on stdout. Raises UsageError for one that does not exist."""
    schemas = {"scenario": language.json_schema, "messages": asyncapi}
    if what not in schemas:
        msg = f'got "{what}", expected one of {", ".join(schemas)}; nothing was run'
        raise UsageError(msg)
    say_plainly(msgspec.json.format(msgspec.json.encode(schemas[what]()), indent=2).decode(), sys.stdout)
    return EXIT_PASSED
