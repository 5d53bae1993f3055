"""The bus over core NATS: the only importer of nats, and the only place where its errors become ours.

Within a run a lost connection is an error at once: what was sent just before may or may not have arrived, and a
reconnected client would hide that. So nothing reconnects here; who wants to go on opens a new connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import SlowConsumerError

from twin.bus.address import host_and_port
from twin.bus.inbox import INBOX_MESSAGES_MAX, Inbox
from twin.bus.port import FLUSH_TIMEOUT_S, BusFaults
from twin.bus.refusals import closed, too_long
from twin.bus.subject_match import check_pattern, check_subject
from twin.errors import BusConnectError, TransportError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from nats.aio.msg import Msg

CONNECT_TIMEOUT_S = 5.0
CONNECT_RETRY_S = 0.1
CLOSE_TIMEOUT_S = 2.0
PING_INTERVAL_S = 1
PINGS_UNANSWERED_MAX = 2
OUTGOING_BYTES_MAX = 256 * 1024 * 1024
"""What may be published before the loop runs and the buffer leaves."""

_LIBRARY_ERRORS = (NatsError, OSError, TimeoutError)


class NatsBus:
    """A connection to a NATS server; see `twin.bus.port.Bus`."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        inbox_messages_max: int = INBOX_MESSAGES_MAX,
    ) -> None:
        self.name = name
        self.faults = BusFaults()
        self._url = url
        self._at = host_and_port(url)
        self._connect_timeout_s = connect_timeout_s
        self._inbox_messages_max = inbox_messages_max
        self._client = Client()
        self._inbox: Inbox | None = None
        self._gone: TransportError | None = closed(name)
        self._lost: asyncio.Future[None] | None = None
        self._outgoing: deque[tuple[str, bytes]] = deque()
        self._outgoing_bytes = 0
        self._sender: asyncio.Task[None] | None = None
        self._flushes: set[asyncio.Task[None]] = set()

    @property
    def payload_bytes_max(self) -> int:
        """The longest payload the server takes, as it said when it was connected to."""
        return self._client.max_payload

    async def connect(self) -> None:
        """Connect, trying until the time-out. Raises BusConnectError if no NATS server answers, or it refuses us."""
        assert self._lost is None, "a bus connects once"
        self._lost = asyncio.get_running_loop().create_future()
        is_connected = False
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                await self._connect_client()
            is_connected = True
        except TimeoutError as error:
            raise self._no_server() from error
        except (NatsError, OSError) as error:
            msg = f"what answers at {self._at} is no NATS server that lets us in ({_words(error)}); nothing was run"
            raise BusConnectError(msg, hint="Check the address and the server's log.") from error
        finally:
            if not is_connected:
                await self._client.close()
        self.faults = BusFaults()  # while connecting, each try that failed was counted
        self._gone = None

    async def close(self) -> None:
        """Hand over what was published, at most for CLOSE_TIMEOUT_S, then close."""
        if self._gone is None:
            try:
                await self.flush(CLOSE_TIMEOUT_S)
            except TransportError as error:
                self._count_other(error)
        self._leave(closed(self.name))
        await self._client.close()
        for flush in self._flushes:
            flush.cancel()

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
        """Buffer one message; see the port."""
        if self._gone is not None:
            raise self._gone
        check_subject(subject)
        if len(payload) > self._client.max_payload:
            raise too_long(len(payload), self._client.max_payload, subject)
        if self._outgoing_bytes + len(payload) > OUTGOING_BYTES_MAX:
            msg = f"got more than {OUTGOING_BYTES_MAX:,} bytes to publish before the loop ran"
            raise TransportError(msg)
        self._outgoing.append((subject, payload))
        self._outgoing_bytes += len(payload)
        if self._sender is None:
            self._sender = asyncio.get_running_loop().create_task(self._send())

    async def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> None:
        """Return when the server has all that was published; see the port."""
        if self._gone is not None:
            raise self._gone
        await self._confirm(timeout_s)

    async def subscribe(self, pattern: str) -> Inbox:
        """The connection's one subscription; see the port."""
        assert self._inbox is None, "a connection has one subscription: two would put neighbours out of order"
        if self._gone is not None:
            raise self._gone
        check_pattern(pattern)
        denied_before = self.faults.denied
        self._inbox = Inbox(messages_max=self._inbox_messages_max)
        await self._client.subscribe(pattern, cb=self._on_message, pending_msgs_limit=INBOX_MESSAGES_MAX)
        await self.flush()
        if self.faults.denied > denied_before:
            msg = f"the NATS server at {self._at} does not let {self.name} subscribe to {pattern}"
            raise TransportError(msg)
        return self._inbox

    async def _connect_client(self) -> None:
        await self._client.connect(
            self._url,
            name=self.name,
            no_echo=True,
            allow_reconnect=False,
            max_reconnect_attempts=-1,  # while nobody listens yet; connect() ends it
            reconnect_time_wait=CONNECT_RETRY_S,  # type: ignore[arg-type] # it is slept, so a fraction will do
            ping_interval=PING_INTERVAL_S,
            max_outstanding_pings=PINGS_UNANSWERED_MAX,
            skip_subject_validation=True,  # ours is cached
            error_cb=self._on_error,
            closed_cb=self._on_closed,
        )

    async def _send(self) -> None:
        try:
            while self._outgoing:
                subject, payload = self._outgoing.popleft()
                self._outgoing_bytes -= len(payload)
                await self._client.publish(subject, payload)
        except _LIBRARY_ERRORS as error:
            self._leave(self._connection_lost(error))
        finally:
            self._sender = None

    async def _flush(self) -> None:
        if self._sender is not None:
            await asyncio.shield(self._sender)
        while self._client.pending_data_size:  # noqa: ASYNC110 - else the library's PING overtakes what is not written
            await asyncio.sleep(0)
        await self._client.flush(timeout=_NO_TIMEOUT_S)

    async def _confirm(self, timeout_s: float) -> None:
        """Flush, and be told of a lost connection at once, where the library would wait for its time-out.

        The task is never cancelled while we are connected: a PONG for a cancelled one ends the library's reading.
        """
        assert self._lost is not None
        task = asyncio.create_task(self._flush())
        self._flushes.add(task)
        task.add_done_callback(self._flush_ended)
        await asyncio.wait((task, self._lost), timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if self._gone is not None:
            raise self._gone
        if not task.done():
            msg = f"the NATS server at {self._at} did not confirm within {timeout_s:g} s what was published"
            raise TransportError(msg)
        try:
            task.result()
        except _LIBRARY_ERRORS as error:
            raise self._connection_lost(error) from error

    def _flush_ended(self, task: asyncio.Task[None]) -> None:
        self._flushes.discard(task)
        if not task.cancelled():
            task.exception()  # seen, should nobody wait for it any more

    async def _on_message(self, message: Msg) -> None:
        assert self._inbox is not None
        if not self._inbox.offer(message.subject, message.data):
            self._count_slow(message.subject)

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            self._count_slow(error.subject)
        elif "permissions violation" in str(error).lower():
            self.faults.denied += 1
            self.faults.last = str(error)
        else:
            self._count_other(error)

    async def _on_closed(self) -> None:
        self._leave(self._connection_lost(self._client.last_error))

    def _leave(self, why: TransportError) -> None:
        """From here on whoever asks anything of this bus, or waits for its inbox, gets `why`; the first one counts."""
        if self._gone is None:
            self._gone = why
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(None)
        if self._inbox is not None:
            self._inbox.close(self._gone)

    def _count_slow(self, subject: str) -> None:
        self.faults.slow_consumer += 1
        self.faults.last = f"the inbox of {self.name} was full: a message on {subject} is lost"

    def _count_other(self, error: Exception) -> None:
        self.faults.other += 1
        self.faults.last = _words(error)

    def _no_server(self) -> BusConnectError:
        return BusConnectError(
            f"no NATS server answers at {self._at} (tried for {self._connect_timeout_s:g} s); nothing was run",
            hint="Start one there, or leave out --nats-url: docktwin then starts its own.",
        )

    def _connection_lost(self, error: Exception | None) -> TransportError:
        because = f" ({_words(error)})" if error is not None else ""
        return TransportError(
            f"the connection of {self.name} to the NATS server at {self._at} was lost{because}",
            hint="Whether the last messages arrived is not known. Is the server still running?",
        )


_NO_TIMEOUT_S = 3600
"""The library wants a time-out of its own; the one that counts is set around it."""


def _words(error: Exception) -> str:
    return str(error).removeprefix("nats: ") or type(error).__name__
