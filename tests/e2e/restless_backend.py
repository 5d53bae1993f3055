"""A story that no file should have to tell: the backend starts again every few seconds, all day long.

The radio down is slow, so that nearly always something is under way that nobody has answered: it goes out again under
the next epoch, nobody's word is the cause of that, and the dock does not lose a minute by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.told import told

if TYPE_CHECKING:
    from scenarios.verdict import Verdict

EVERY_S = 7
DAY = """\
# The backend starts again every seven seconds, and a command takes two: the dock works on as if it had not.
site:
  id: bos1
  doors: 2
  robots: 2
  link: {downlink: 2 s}
  operators: {remote: 1, remote_response: 10 s, floor: 1, floor_response: 30 s, floor_handling: 1 min}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:01, cases: 30}
  - {id: t-2, arrives: 06:01, cases: 30}
timeline:
  - {at: 06:06:31, fault: grip_fails, robot: r1}
  - {at: 06:07:02, fault: emergency_stop, robot: r2}
RESTARTS
expect:
  - every_trailer: departed
    by: 06:16
  - every_case: received
  - never: command.rejected.v1
"""


def run() -> Verdict:
    """The verdict of the day."""
    restarts = [
        f"  - {{at: 06:{second // 60:02}:{second % 60:02}, fault: backend_restarts}}"
        for second in range(60, 1500, EVERY_S)
    ]
    text = DAY.replace("RESTARTS", "\n".join(restarts))
    return told(text, "restless_backend")
