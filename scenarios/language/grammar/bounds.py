"""Bounds of what a file may ask for, and the lengths of time they are told in."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from twin.clock import US_PER_S

CASES_MAX = 5000
TRAILERS_MAX = 10_000
PEOPLE_MAX = 1000
ENTRIES_MAX = 1000
SHIFTS_MAX = 100
MINUTE_US = 60 * US_PER_S
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


def default(struct: type[Any], field: str) -> int:
    """The default of a plan's field: it is said in one place."""
    return next(int(entry.default) for entry in structs.fields(struct) if entry.name == field)
