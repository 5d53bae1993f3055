"""What a bus is: bytes on subjects, one connection, one subscription with one queue, nothing heard of one's own.

Two subscriptions put neighbours out of order (187 of 2,000 when it was measured), so a connection has one, with a
pattern wide enough for all its user wants to hear. All errors are of `twin.errors`; a library's own never leave an
adapter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from twin.bus.inbox import Inbox

FLUSH_TIMEOUT_S = 5.0
SERVER_PAYLOAD_BYTES_MAX = 1_048_576
"""What a nats-server takes by default; the contract's own bound on a message, 64 KiB, is the codec's to keep."""


@dataclass(slots=True)
class BusFaults:
    """What went wrong without anyone being told: counts since the connection was opened."""

    slow_consumer: int = 0
    """Messages lost because the inbox was full."""
    denied: int = 0
    """Publishes the server refused for want of a permission."""
    other: int = 0
    last: str = ""
    """The latest of them, in words."""

    @property
    def total(self) -> int:
        """All faults together; 0 after a clean run."""
        return self.slow_consumer + self.denied + self.other


class Bus(Protocol):
    """A connection to the bus, used as `async with bus:`; it belongs to the event loop it was opened in."""

    @property
    def name(self) -> str:
        """Who is connected, as the server lists it."""

    @property
    def faults(self) -> BusFaults:
        """Slow consumers, denied publishes and other faults: nothing else shows them."""

    @property
    def payload_bytes_max(self) -> int:
        """The longest payload the server takes."""

    async def connect(self) -> None:
        """Open the connection. Raises BusConnectError if nobody answers."""

    async def close(self) -> None:
        """Hand over what was published, then close; a waiting reader gets TransportError. Closing twice is nothing."""

    async def __aenter__(self) -> Self:
        """Connect."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""

    def publish(self, subject: str, payload: bytes) -> None:
        """Buffer one message; the buffer leaves, in order, as soon as the loop runs.

        Raises TransportError if the bus is closed or lost, the payload too long, the subject none, or the buffer full.
        """

    async def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Return when the server has all that was published. Raises TransportError if it does not say so in time."""

    async def subscribe(self, pattern: str) -> Inbox:
        """The connection's one subscription, in force when this returns. Raises TransportError if it is refused."""
