"""A bus within one process: for suites, and the double of `nats` that passes the same tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.bus.inbox import INBOX_MESSAGES_MAX, Inbox
from twin.bus.port import FLUSH_TIMEOUT_S, SERVER_PAYLOAD_BYTES_MAX, BusFaults
from twin.bus.refusals import closed, too_long
from twin.bus.subject_match import check_pattern, check_subject, matches

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self


class MemoryBroker:
    """Where the memory buses of one process meet, as connections meet at a server."""

    def __init__(self, *, payload_bytes_max: int = SERVER_PAYLOAD_BYTES_MAX) -> None:
        self.payload_bytes_max = payload_bytes_max
        self._listeners: dict[MemoryBus, tuple[str, Inbox]] = {}

    def listen(self, bus: MemoryBus, pattern: str, inbox: Inbox) -> None:
        """From now on `inbox` gets what others publish on subjects of `pattern`."""
        self._listeners[bus] = (pattern, inbox)

    def leave(self, bus: MemoryBus) -> None:
        """`bus` hears no more."""
        self._listeners.pop(bus, None)

    def deliver(self, sender: MemoryBus, subject: str, payload: bytes) -> None:
        """Hand the message to every other listener whose pattern it matches."""
        for bus, (pattern, inbox) in self._listeners.items():
            if bus is not sender and matches(pattern, subject) and not inbox.offer(subject, payload):
                bus.faults.slow_consumer += 1
                bus.faults.last = f"the inbox of {bus.name} was full: a message on {subject} is lost"


class MemoryBus:
    """A connection to a MemoryBroker; see `twin.bus.port.Bus`."""

    def __init__(self, broker: MemoryBroker, *, name: str, inbox_messages_max: int = INBOX_MESSAGES_MAX) -> None:
        self.name = name
        self.faults = BusFaults()
        self._broker = broker
        self._inbox_messages_max = inbox_messages_max
        self._inbox: Inbox | None = None
        self._is_open = False

    @property
    def payload_bytes_max(self) -> int:
        """The longest payload the broker takes."""
        return self._broker.payload_bytes_max

    async def connect(self) -> None:
        """Open the connection; a broker always answers."""
        self._is_open = True

    async def close(self) -> None:
        """Close; a waiting reader gets TransportError."""
        self._is_open = False
        self._broker.leave(self)
        if self._inbox is not None:
            self._inbox.close(closed(self.name))

    async def __aenter__(self) -> Self:
        """Connect."""
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        await self.close()

    def publish(self, subject: str, payload: bytes) -> None:
        """Deliver at once. Raises TransportError if closed, or if payload or subject cannot be sent."""
        if not self._is_open:
            raise closed(self.name)
        check_subject(subject)
        if len(payload) > self._broker.payload_bytes_max:
            raise too_long(len(payload), self._broker.payload_bytes_max, subject)
        self._broker.deliver(self, subject, payload)

    async def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:  # noqa: ARG002 - the port's; nothing is buffered
        """Nothing is buffered here. Raises TransportError if closed."""
        if not self._is_open:
            raise closed(self.name)

    async def subscribe(self, pattern: str) -> Inbox:
        """The connection's one subscription. Raises TransportError if closed or the pattern is none."""
        assert self._inbox is None, "a connection has one subscription: two would put neighbours out of order"
        if not self._is_open:
            raise closed(self.name)
        check_pattern(pattern)
        self._inbox = Inbox(messages_max=self._inbox_messages_max)
        self._broker.listen(self, pattern, self._inbox)
        return self._inbox
