"""A scenario small enough to be run many times."""

from __future__ import annotations

SMALL = """\
# One small trailer.
site: {id: bos1, doors: 1, robots: 1, operators: {remote: 1, floor: 1}}
start: 2026-01-05 06:00
trailers:
  - id: t-1
    arrives: 06:10
    due: 08:10
    cases: 24
expect:
  - every_trailer: departed
    by: 07:30
"""

LATE = SMALL.replace("by: 07:30", "by: 06:11")
"""The same, with an expectation that cannot be met."""

LONG = SMALL.replace("cases: 24", "cases: 400\n    count: 40\n    arrivals: even\n    mean_gap: 20 min").replace(
    "    due: 08:10\n", ""
)
"""Forty trailers of 400 cases: long enough to be interrupted."""
