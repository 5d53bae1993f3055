"""An emitter numbers and stamps what one entity publishes in one boot."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TypedDict, TypeVar

from twin.clock import format_time
from twin.ids import Address, source_of, stream_prefix
from twin.messages.envelope import Command, CommandData, Data, Message

M = TypeVar("M", bound=Message)
C = TypeVar("C", bound=Command)

_CACHED_TRACES_MAX = 4096


@lru_cache(maxsize=_CACHED_TRACES_MAX)
def trace_parent(correlation_id: str) -> str:
    """The W3C `traceparent` derived from a correlation, the same wherever it is derived."""
    digest = blake2b(correlation_id.encode(), digest_size=24).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


class LastSeqs(TypedDict):
    """What every state says of its publisher's durable channels."""

    last_event_seq: int
    last_reply_seq: int


class Emitter:
    """Numbers 1, 2, 3 ... per channel (commands: per target) and fills in the envelope.

    `seqs` holds the last number of each stream; it is all the state there is, and may be restored from a snapshot.
    """

    __slots__ = ("_prefixes", "address", "boot", "seqs", "site", "source")

    def __init__(self, *, site: str, address: Address, boot: int, seqs: dict[str, int] | None = None) -> None:
        self.site = site
        self.address = address
        self.source = source_of(site, address)
        self.boot = boot
        self.seqs: dict[str, int] = {} if seqs is None else seqs
        self._prefixes: dict[str, str] = {}

    def last_seqs(self) -> LastSeqs:
        """The last number of each durable channel, 0 where there is none, as `**` for the data of a state."""
        return {"last_event_seq": self.seqs.get("event", 0), "last_reply_seq": self.seqs.get("reply", 0)}

    def emit(
        self,
        message_type: type[M],
        data: Data,
        *,
        at_us: int,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> M:
        """The next message of this type's channel, stamped `at_us`."""
        channel = message_type.CHANNEL
        seq = self.seqs.get(channel, 0) + 1
        self.seqs[channel] = seq
        prefix = self._prefixes.get(channel)
        if prefix is None:
            prefix = self._prefixes[channel] = stream_prefix(self.source, self.boot, channel)
        return message_type(
            specversion="1.0",
            id=f"{prefix}{seq}",
            source=self.source,
            time=format_time(at_us),
            boot=self.boot,
            seq=seq,
            correlationid=correlation_id,
            causationid=causation_id,
            traceparent=None if correlation_id is None else trace_parent(correlation_id),
            data=data,
        )

    def command(
        self,
        command_type: type[C],
        data: CommandData,
        *,
        target: str,
        at_us: int,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> C:
        """The next command to `target` (`robot/r7`), stamped `at_us`."""
        seq = self.seqs.get(target, 0) + 1
        self.seqs[target] = seq
        return command_type(
            specversion="1.0",
            id=f"{stream_prefix(self.source, self.boot, 'command', target)}{seq}",
            source=self.source,
            time=format_time(at_us),
            boot=self.boot,
            seq=seq,
            correlationid=correlation_id,
            causationid=causation_id,
            traceparent=None if correlation_id is None else trace_parent(correlation_id),
            subject=target,
            data=data,
        )
