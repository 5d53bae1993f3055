"""Misuse of a command, in our words instead of the library's."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from twin.errors import UsageError

if TYPE_CHECKING:
    import typer

_REWORDED = (
    (re.compile(r"No such command '(?P<got>.*?)'.*"), 'got "{got}", expected a command'),
    (re.compile(r"No such option: (?P<got>\S+).*"), "got {got}, which this command does not take"),
    (re.compile(r"Missing argument '(?P<got>.*?)'\.?.*"), "got no {got}"),
    (re.compile(r"Option '(?P<got>.*?)' requires an argument\.?"), "{got}: got nothing, expected a value"),
    (re.compile(r"Got unexpected extra argument\S* \((?P<got>.*)\)"), 'got "{got}", which this command does not take'),
)


def usage_error(error: typer.TyperException) -> UsageError:
    """The same misuse as an error of ours, with the command that explains."""
    message = str(getattr(error, "format_message", lambda: str(error))())
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "docktwin"
    for pattern, words in _REWORDED:
        found = pattern.fullmatch(message.split("\n", 1)[0])
        if found is not None:
            message = words.format(got=found["got"]) + _suggestion(found["got"], context)
            break
    return UsageError(f"{message}; nothing was run", hint=f"All commands and options: {path} --help")


def _suggestion(got: str, context: typer.Context | None) -> str:
    """A near miss among commands and options is offered."""
    if context is None:
        return ""
    known = [option for parameter in context.command.params for option in parameter.opts]
    known += list(getattr(context.command, "commands", {}))
    near = difflib.get_close_matches(got, known, n=1)
    return f" (did you mean {near[0]}?)" if near else ""
