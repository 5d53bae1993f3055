"""A short file to vary, and the instant it begins at."""

from __future__ import annotations

from typing import Any

from scenarios.model import Scenario
from scenarios.schema import scenario_from_text
from twin.clock import US_PER_S, parse_time

MIN = 60 * US_PER_S
START = parse_time("2026-01-05T05:00:00.000000Z")
"""06:00 at a site one hour east of UTC."""

HEAD = """\
# A day.
site: {id: bos1, utc_offset: "+01:00", doors: 2, robots: 2}
start: 2026-01-05 06:00
"""
TRAILER = "trailers: [{id: t-1, arrives: 06:10, cases: 300}]\n"


def read(body: str = "", *, head: str = HEAD, trailers: str = TRAILER, **wishes: Any) -> Scenario:  # noqa: ANN401
    return scenario_from_text(head + trailers + body, "day.yaml", **wishes)
