"""A story that no file can tell: of all that the backend says it can be told afterwards why it said it, and just then.

What it says names as its cause the message that it was handling: one that is on the bus at that instant, or one that
had waited for another of the same machine which comes then, or is given up. What it does by itself has no cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.drivers import run_scenario
from scenarios.schema import load_scenario
from scenarios.verdict import Verdict, judge
from tests.e2e.told import CLOSELY

if TYPE_CHECKING:
    from scenarios.drivers import RunResult

DAYS = (
    "two_machines_one_name",
    "two_machines_and_a_slow_clock",
    "backend_restarts_mid_truck",
    "visit_heard_late",
    "radio_storm",
    "late_commands",
    "words_of_robots_lost",
)
"""On which machines are doubled, messages are late or lost, and the backend starts anew."""


def run() -> Verdict:
    """The verdict of the last day, if on all of them every cause is one."""
    results = [run_scenario(load_scenario(name), oversight=CLOSELY) for name in DAYS]
    for result in results:
        _check(result)
    return judge(results[-1])


def _check(result: RunResult) -> None:
    of_backend = f"/{result.scenario.day.site.site_id}/backend/"
    source_of: dict[str, str] = {}
    given_up_us = {at_us for at_us, name in result.timers if name.startswith("gap_deadline:")}
    said: set[str] = set()
    heard_us, heard, speaking = -1, set[str](), set[str]()
    for at_us, message in result.deliveries:
        if at_us != heard_us:
            heard_us, heard, speaking = at_us, set(), set()
        if not message.source.startswith(of_backend):
            heard.add(message.id)
            speaking.add(message.source)
            source_of[message.id] = message.source
            continue
        cause = message.causationid
        is_sent_again = message.id in said
        said.add(message.id)
        if cause is None or is_sent_again or cause in heard or at_us in given_up_us:
            continue
        assert source_of[cause] in speaking, f"{message.id} at {at_us} is said to be caused by {cause}, heard before"
