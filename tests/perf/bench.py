"""All rows, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.perf.day import day_rows
from tests.perf.growth import growth_rows
from tests.perf.inline import inline_rows
from tests.perf.lockstep import lockstep_rows
from tests.perf.recording import recording_rows
from tests.perf.rows import ROWS, Measured

if TYPE_CHECKING:
    from tests.perf.days import Size

_PARTS = (inline_rows, growth_rows, lockstep_rows, day_rows, recording_rows)


def measure(size: Size, tell: Callable[[str], None]) -> dict[str, Measured]:
    """Every row once; `tell` hears what is being measured.

    Raises AssertionError if what was to be compared did not do the same work: then there is no number.
    """
    results: dict[str, Measured] = {}
    for part in _PARTS:
        tell(part.__name__.replace("_", " "))
        results.update(part(size))
    assert set(results) == set(ROWS), "every row was measured, and no other"
    return {name: results[name] for name in ROWS}
