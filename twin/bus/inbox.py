"""The one queue of a connection: what its subscription has heard and nobody has taken yet."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from twin.errors import TransportError

Incoming: TypeAlias = tuple[str, bytes]
"""A message as it came: subject and payload."""

INBOX_MESSAGES_MAX = 262_144
INBOX_BYTES_MAX = 128 * 1024 * 1024


class Inbox:
    """Messages in the order they were published; bounded: what does not fit is refused, and the adapter counts it."""

    __slots__ = ("_bytes", "_closed_by", "_queue", "_waiter", "bytes_max", "messages_max")

    def __init__(self, *, messages_max: int = INBOX_MESSAGES_MAX, bytes_max: int = INBOX_BYTES_MAX) -> None:
        self.messages_max = messages_max
        self.bytes_max = bytes_max
        self._queue: deque[Incoming] = deque()
        self._bytes = 0
        self._waiter: asyncio.Future[None] | None = None
        self._closed_by: TransportError | None = None

    def __len__(self) -> int:
        """How many messages wait to be taken."""
        return len(self._queue)

    def offer(self, subject: str, payload: bytes) -> bool:
        """Put one message at the end, for adapters; False if there is no room for it and it is lost."""
        if len(self._queue) >= self.messages_max or self._bytes + len(payload) > self.bytes_max:
            return False
        self._queue.append((subject, payload))
        self._bytes += len(payload)
        self._wake()
        return True

    def close(self, error: TransportError) -> None:
        """No more will come, for adapters: whoever waits, or asks once it is empty, gets `error`."""
        if self._closed_by is None:
            self._closed_by = error
            self._wake()

    def drain(self) -> list[Incoming]:
        """All that is there now, in order, without waiting; an empty list says nothing about the connection."""
        taken = list(self._queue)
        self._queue.clear()
        self._bytes = 0
        return taken

    async def get(self, timeout_s: float) -> Incoming | None:
        """The next message, or None when none came within `timeout_s`; no loop hop when one is there.

        Raises TransportError once the connection is closed or lost and all that came before was taken.
        """
        if not self._queue:
            await self._wait(timeout_s)
        if not self._queue:
            if self._closed_by is not None:
                raise self._closed_by
            return None
        taken = self._queue.popleft()
        self._bytes -= len(taken[1])
        return taken

    async def _wait(self, timeout_s: float) -> None:
        if self._closed_by is not None:
            return
        assert self._waiter is None, "an inbox has one reader"
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        alarm = loop.call_later(timeout_s, self._wake)
        try:
            await self._waiter
        finally:
            alarm.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
