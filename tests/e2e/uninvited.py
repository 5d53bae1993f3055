"""A story that no file can tell: trailers of which nobody has told stand at doors.

A driver backs up to a free door, and people hold the trailer there. The word that it is expected is lost for good, and
so is the word that it came. As soon as the door may be entered, the trailer is unloaded like any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.by_hand import bring
from tests.e2e.meddling import run_meddled

if TYPE_CHECKING:
    from scenarios.verdict import Verdict

DAY = """\
# Trailers that nobody has announced are brought to doors by hand: they are unloaded, and no other is sent there.
site:
  id: bos1
  doors: 3
  robots: 3
  dock: {docking: 5 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:02, cases: 30, notice: 1 min}
  - {id: t-2, arrives: 06:02:10, cases: 30, notice: 1 min}
  - {id: t-3, arrives: 06:02:20, cases: 30, notice: 1 min}
  - {id: t-4, arrives: 06:08, cases: 30, notice: 1 min}
timeline:
  - at: 06:00
    fault: messages_lost
    what: yard/yard
    types: [trailer.announced.v1, trailer.manifest.v1, trailer.arrived.v1]
    for: 3 min
expect:
  - every_trailer: departed
    by: 06:30
  - every_case: [received, manual, damaged, refused]
  - name: a robot goes in as soon as it may
    each: door.leveller_lowered.v1
    leads_to: {message: order.assign.v1}
    same: trailer
    within: 1 s
    at_least: 4
  - name: all of a trailer that was announced is on its receipt
    receipt: t-4
    received: 30
"""


def run() -> Verdict:
    """The verdict of the story."""
    return run_meddled(
        DAY,
        {
            "06:02:02": lambda place: bring(place, "t-1", "d1"),
            "06:02:12": lambda place: bring(place, "t-2", "d2"),
            "06:02:22": lambda place: bring(place, "t-3", "d3"),
        },
    )
