"""The envelope: every message is a CloudEvent 1.0 in structured JSON, a Struct tagged on `type` with a typed `data`.

Source: CloudEvents 1.0 (required attributes, naming of extensions), W3C Trace Context (`traceparent`).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct

from twin.clock import TIME_PATTERN
from twin.ids import Channel, Name

MESSAGE_BYTES_MAX = 64 * 1024
SEQ_MAX = 2**31 - 1
"""CloudEvents integers have 32 bits."""

_TOKEN = r"[a-z0-9_-]{1,32}"
_SOURCE = rf"/{_TOKEN}/(robot|yard|door|conveyor|sorter|operator|backend)/{_TOKEN}"

Timestamp = Annotated[str, Meta(pattern=TIME_PATTERN.replace("$", r"\Z"))]
"""RFC 3339, UTC, six decimals; fields that hold one end in `_at`, the envelope's is `time`."""
SOURCE_PATTERN = rf"^{_SOURCE}\Z"
Source = Annotated[str, Meta(extra_json_schema={"pattern": SOURCE_PATTERN})]
"""Who publishes, as `/bos1/robot/r7`. The codec checks it, once per source: a pattern here costs 0.4 us a message."""
Target = Annotated[str, Meta(pattern=rf"^(robot|yard|door|conveyor|sorter|operator|backend)/{_TOKEN}\Z")]
"""Who a command is for, as `robot/r7`: the CloudEvents attribute `subject`."""
MessageId = Annotated[str, Meta(min_length=1, max_length=160)]
Boot = Annotated[int, Meta(ge=1, le=SEQ_MAX)]
Seq = Annotated[int, Meta(ge=1, le=SEQ_MAX)]
LastSeq = Annotated[int, Meta(ge=0, le=SEQ_MAX)]
Epoch = Annotated[int, Meta(ge=1, le=SEQ_MAX)]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Part = Annotated[int, Meta(ge=1, le=10_000)]
"""The number of a part, or of parts, of what is too long for one message."""
Text = Annotated[str, Meta(max_length=512)]
TRACE_PARENT_PATTERN = r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01\Z"
TraceParent = Annotated[str, Meta(extra_json_schema={"pattern": TRACE_PARENT_PATTERN})]
"""W3C Trace Context. The codec checks it, once per correlation."""


def check_part(part: int, parts: int) -> None:
    """Raises ValueError if there is no such part."""
    if part > parts:
        msg = f"out_of_range: got part {part} of {parts}"
        raise ValueError(msg)


class Data(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a message says; fields with a default may be left out."""


class Message(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="type"):
    """One CloudEvent. `boot` and `seq` number the publisher's messages; `causationid` names what caused this one."""

    CHANNEL: ClassVar[Channel]
    PUBLISHERS: ClassVar[frozenset[str]]
    """The kinds of entity that may publish this type."""

    specversion: Literal["1.0"]
    id: MessageId
    source: Source
    time: Timestamp
    boot: Boot
    seq: Seq
    correlationid: Name | None = None
    causationid: MessageId | None = None
    traceparent: TraceParent | None = None
    data: Any

    @property
    def type(self) -> str:
        """The CloudEvents type, as `case.picked.v1`."""
        return str(self.__struct_config__.tag)

    @property
    def target(self) -> str | None:
        """Who the message is for, as `robot/r7`; None unless it is a command."""
        return None


class Event(Message, frozen=True, kw_only=True):
    """A fact, past tense: at least once on the wire, applied exactly once, in order."""

    CHANNEL = "event"


class Reply(Message, frozen=True, kw_only=True):
    """What became of a command, said by its target alone."""

    CHANNEL = "reply"


class StateData(Data, frozen=True, kw_only=True):
    """In every state: the last number it has published on each durable channel, in this boot. A lost tail shows."""

    last_event_seq: LastSeq
    last_reply_seq: LastSeq


class State(Message, frozen=True, kw_only=True):
    """How an entity is: on change and every period; the latest wins."""

    CHANNEL = "state"

    data: StateData


class Command(Message, frozen=True, kw_only=True):
    """An imperative to one entity. Identical bytes are sent again until it answers."""

    CHANNEL = "command"
    PUBLISHERS = frozenset({"backend"})

    subject: Target

    @property
    def target(self) -> str:
        """Who the command is for, as `robot/r7`."""
        return self.subject


class CommandData(Data, frozen=True, kw_only=True):
    """In every command: `action_id` survives re-issue; an older `epoch` and anything past `expires_at` are refused."""

    action_id: Name
    epoch: Epoch
    expires_at: Timestamp
