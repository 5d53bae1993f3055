"""A bug as it is named: by its error and the innermost function of ours in which it was raised."""

from __future__ import annotations

import traceback

_OURS = ("twin.", "sim.", "backend.", "scenarios.")


def name_of(error: Exception) -> str:
    """What it is and where; without the line, which may move from run to run."""
    place = "docktwin"
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(_OURS):
            place = f"{module}.{frame.f_code.co_name}"
    return f"{type(error).__name__} in {place}"


def words_of(error: Exception) -> str:
    """What it says, in one line; its kind if it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__
