"""All rows, in the order of the table, or those of one part."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.perf.day import day_rows
from tests.perf.days import Size
from tests.perf.growth import growth_rows
from tests.perf.inline import inline_rows
from tests.perf.lockstep import lockstep_rows
from tests.perf.physics.rows import physics_rows
from tests.perf.recording import recording_rows
from tests.perf.rows import ROWS, Measured

PARTS: Mapping[str, Callable[[Size], dict[str, Measured]]] = {
    "inline": inline_rows,
    "growth": growth_rows,
    "lockstep": lockstep_rows,
    "day": day_rows,
    "recording": recording_rows,
    "physics": physics_rows,
}


def measure(size: Size, tell: Callable[[str], None], *, only: str | None = None) -> dict[str, Measured]:
    """Every row once, or those of one part; `tell` hears what is being measured.

    Raises AssertionError if what was to be compared did not do the same work: then there is no number.
    """
    results: dict[str, Measured] = {}
    for name in PARTS if only is None else [only]:
        tell(f"{name} rows")
        results.update(PARTS[name](size))
    assert only is not None or set(results) == set(ROWS), "every row was measured, and no other"
    return {name: results[name] for name in ROWS if name in results}
