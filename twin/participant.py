"""A participant in a run: simulator and backend alike decide without I/O and are told the time.

Time is given in half-open windows: `advance(to_us)` handles everything before `to_us` and nothing at it.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple, Protocol

from twin.messages.envelope import Message


class Delivery(NamedTuple):
    """A message and the instant it is on the bus; the instant is not in the message."""

    at_us: int
    message: Message


delivery_of = partial(tuple.__new__, Delivery)
"""`delivery_of((at_us, message))`: the same in half the time, for who makes one of every message."""


class Participant(Protocol):
    """What a driver needs of either side."""

    def next_time(self) -> int:
        """The instant of its next own action, `clock.NEVER_US` if it waits for messages only."""

    def advance(self, to_us: int) -> int:
        """Handle everything of its own before `to_us`; returns the instant reached, earlier if it had to stop."""

    def deliver(self, at_us: int, message: Message) -> None:
        """Hand over a message that is on the bus at `at_us`."""
