"""A story that no file can tell: the papers of trailers are typed in when the driver is long at the door, in any order.

Labels are read of which no line is known yet, the last part of a manifest comes first, and a manifest before the word
that its trailer is expected. When the receipt is closed all of it is here, and all of it counts.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from scenarios.mirror import equipment
from sim.yard import Yard
from tests.e2e.told import told
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from scenarios.verdict import Verdict
    from sim.trailer import Trailer
    from twin.messages.envelope import Message

TYPED_AFTER_US = 420 * US_PER_S
"""From when a trailer was to be announced."""
PAGE_US = 20 * US_PER_S
LINES_PER_PART = 4
DAY = """\
# Manifests are typed in while trailers are unloaded, the last page first: what was read before counts on its line.
site:
  id: bos1
  doors: 2
  robots: 2
  dock: {docking: 30 s, no_reads: 0 %}
start: 2026-01-05 06:00
trailers:
  - {id: t-1, arrives: 06:02, cases: 120, notice: 0 s, purchase_orders: 2, missing: 2, extra: 1, due: 07:00}
  - {id: t-2, arrives: 06:02, cases: 120, notice: 0 s, purchase_orders: 3, wrong: 2, due: 06:50}
  - {id: t-3, arrives: 06:03, cases: 60, notice: 0 s, due: 08:00}
  - {id: t-4, arrives: 06:03:10, cases: 60, notice: 0 s, due: 07:30}
expect:
  - every_trailer: departed
    by: 06:50
  - every_case: [received, manual, damaged, refused]
  - name: what is not there is short, what is too many is over, and nothing else
    receipt: t-1
    expected: 120
    short: {at_least: 2, at_most: 3}
    over: {at_most: 1}
    unidentified: 0
  - receipt: t-2
    expected: 120
    short: {at_least: 2, at_most: 2}
    unidentified: 2
  - name: of the trailers that wait that one is first which is due first
    eventually: trailer.assign_door.v1
    where: {trailer_id: t-4}
    after: {message: trailer.departed.v1}
    within: 2 s
  - receipt: t-3
    received: 60
    unidentified: 0
"""


def run() -> Verdict:
    """The verdict of the story. The mirror does not hold papers against what they will be."""
    with (
        patch.object(Yard, "_announce", _announce_late),
        patch("sim.yard.MANIFEST_LINES_PER_PART_MAX", LINES_PER_PART),
        patch.object(equipment, "_compare_papers", lambda *_about: None),
    ):
        return told(DAY, "late_papers")


def _announce_late(yard: Yard, trailer: Trailer) -> None:
    """The word that the first trailer is expected comes in the middle of its papers, that of the others in time."""
    said: list[tuple[type[Message], Any]] = []

    def note(message_type: type[Message], data: Any, **_about: Any) -> SimpleNamespace:  # noqa: ANN401 - of any type
        said.append((message_type, data))
        return SimpleNamespace(id=None)

    with patch.object(yard.endpoint, "emit", note):
        _announce(yard, trailer)
    header, *pages = said
    middle_us = TYPED_AFTER_US + (2 * len(pages) - 1) * PAGE_US // 2
    _say_later(yard, trailer, header, middle_us if trailer.trailer_id == "t-1" else 0)
    for number, page in enumerate(reversed(pages)):
        _say_later(yard, trailer, page, TYPED_AFTER_US + number * PAGE_US)


def _say_later(yard: Yard, trailer: Trailer, said: tuple[type[Message], Any], after_us: int) -> None:
    message_type, data = said

    def say() -> None:
        yard.endpoint.emit(message_type, data, correlation_id=trailer.order_id)

    yard._kernel.after(after_us, say)


_announce = Yard._announce
