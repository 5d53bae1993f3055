"""The ledger port: what was taken in and what was said, in applied order, committed before it is acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from twin.participant import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


RESTARTED = "restarted"
"""The name under which a new boot and epoch stand among the timers."""


class TimerFired(NamedTuple):
    """A timer or watchdog that acted, by name."""

    at_us: int
    name: str


class Refused(NamedTuple):
    """A durable message whose body was refused, by `code`: all that counts of it is that its number is used."""

    at_us: int
    source: str
    boot: int
    channel: str
    seq: int
    code: str


Input: TypeAlias = Delivery | TimerFired | Refused


class Ledger(Protocol):
    """Inputs and outputs of one site. One transaction reaches from one `commit` to the next."""

    def append(self, inputs: Sequence[Input], outputs: Sequence[Delivery], epoch: int) -> None:
        """Add a batch. Raises FencedError if a later epoch has written."""

    def commit(self) -> None:
        """Make what was appended durable."""

    def inputs(self) -> Iterator[Input]:
        """All committed inputs in applied order."""
