"""Bytes to messages and back. What the contract does not allow is refused with a code and path; nothing else is raised.

One typed decode validates the fields. What it cannot see is judged here: duplicate keys, control characters, and
whether id, source, subject and type agree. Our own producers' bytes re-encode to themselves, so only other bytes take
the slow look.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple, NoReturn, Union, get_args

import msgspec

from twin.errors import MessageRefused, Refusal
from twin.ids import Channel, parse_source, stream_prefix
from twin.messages import TYPES, Message
from twin.messages.envelope import MESSAGE_BYTES_MAX, SEQ_MAX, SOURCE_PATTERN, TRACE_PARENT_PATTERN
from twin.subjects import subject_for

DEPTH_MAX: Final = 16
"""Levels of nesting; our own messages have five."""
DETAIL_CHARS_MAX: Final = 200
_CACHED_STREAMS_MAX: Final = 65_536
_CACHED_TRACES_MAX: Final = 4096

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Union[tuple(TYPES.values())])  # noqa: UP007 - built at run time

encode = _encoder.encode
"""`encode(message) -> bytes`: compact JSON, fields in the order they are declared, those at their default left out."""


def encode_lines(messages: Iterable[Message]) -> bytes:
    """Each message encoded and ended by a newline, in order."""
    return _encoder.encode_lines(messages)


def decode(payload: bytes, *, subject: str | None = None) -> Message:
    """The message in `payload`, judged against the `subject` it came on if that is given.

    Raises MessageRefused for everything the contract does not allow. Unknown fields are skipped.
    """
    if len(payload) > MESSAGE_BYTES_MAX:
        _refuse("too_large", "$", f"got {len(payload):,} bytes, expected at most {MESSAGE_BYTES_MAX:,}")
    try:
        message = _decoder.decode(payload)
        if encode(message) != payload or b"\\" in payload or b"\x7f" in payload or not payload.isascii():
            _look_closely(payload)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError) as error:
        raise _refusal_of(error, payload) from None
    prefix, expected = _stream(message.source, message.boot, type(message), message.target)
    if message.id != f"{prefix}{message.seq}":
        _refuse("id_mismatch", "$.id", f"got {message.id!r}, expected {prefix}{message.seq}")
    if subject is not None and subject != expected:
        _refuse("subject_mismatch", "$", f"got it on {subject!r}, expected {expected}")
    if message.traceparent is not None and not _is_trace_parent(message.traceparent):
        _refuse("bad_text", "$.traceparent", f"got {message.traceparent!r}, expected a W3C trace parent")
    return message


class EnvelopeHead(NamedTuple):
    """What can be told of a message whose body was refused: enough to let it use up its number.

    `target` (`robot/r7`) is None unless the channel is `command`.
    """

    id: str
    source: str
    boot: int
    channel: Channel
    seq: int
    target: str | None


def peek(payload: bytes, *, subject: str | None = None) -> EnvelopeHead | None:
    """The head of an envelope, or None unless its fields can be read, and agree with each other and with `subject`."""
    if len(payload) > MESSAGE_BYTES_MAX:
        return None
    try:
        pairs = _lenient.decode(payload.decode())
    except (UnicodeError, RecursionError, ValueError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    fields = dict(pairs)
    keys = [key for key, _ in pairs]
    if any(keys.count(name) != 1 for name in _HEAD_FIELDS):
        return None
    found = tuple(fields.get(name) for name in _HEAD_FIELDS)
    return _head_of(*found, heard_on=subject)


_HEAD_FIELDS = ("id", "source", "boot", "seq", "type")
_HEAD_ID = re.compile(
    r"(?P<channel>event|reply|state|command)"
    r"(?:(?<=command)/(?P<target>(?:robot|yard|door|conveyor|sorter|operator|backend)/[a-z0-9_-]{1,32}))?:[0-9]+"
)


def _head_of(
    head_id: object, source: object, boot: object, seq: object, type_name: object, *, heard_on: str | None
) -> EnvelopeHead | None:
    if not (isinstance(head_id, str) and isinstance(source, str) and isinstance(type_name, str)):
        return None
    if type(boot) is not int or type(seq) is not int or not (1 <= boot <= SEQ_MAX and 1 <= seq <= SEQ_MAX):
        return None
    match = _HEAD_ID.fullmatch(head_id, len(f"{source[1:]}:{boot}:"))
    if match is None or not _SOURCE.match(source):
        return None
    channel, target = match["channel"], match["target"]
    expected = f"{stream_prefix(source, boot, channel, target)}{seq}"
    if (channel == "command") != (target is not None) or head_id != expected:
        return None
    if heard_on is not None and heard_on != subject_for(source, channel, type_name, target):
        return None
    return EnvelopeHead(head_id, source, boot, _CHANNELS[channel], seq, target)


_CHANNELS: dict[str, Channel] = {channel: channel for channel in get_args(Channel)}
_SOURCE = re.compile(SOURCE_PATTERN)
_TRACE_PARENT = re.compile(TRACE_PARENT_PATTERN)


@lru_cache(maxsize=_CACHED_STREAMS_MAX)
def _stream(source: str, boot: int, message_type: type[Message], target: str | None) -> tuple[str, str]:
    """Of a publisher's stream of one type: all of an id but its seq, and the subject."""
    if not _SOURCE.match(source):
        _refuse("bad_text", "$.source", f"got {source!r}, expected /<site>/<kind>/<entity>")
    kind = parse_source(source)[1].kind
    name = str(message_type.__struct_config__.tag)
    if kind not in message_type.PUBLISHERS:
        allowed = ", ".join(sorted(message_type.PUBLISHERS))
        _refuse("wrong_publisher", "$.source", f"got {name} from a {kind}, expected one from: {allowed}")
    channel = message_type.CHANNEL
    return stream_prefix(source, boot, channel, target), subject_for(source, channel, name, target)


@lru_cache(maxsize=_CACHED_TRACES_MAX)
def _is_trace_parent(text: str) -> bool:
    return _TRACE_PARENT.match(text) is not None


class _Pairs(tuple[tuple[str, Any], ...]):
    """A JSON object as it stands in the text, duplicates and order kept."""

    __slots__ = ()


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        _refuse("not_finite", "$", f"got {text}, expected a finite number")
    return number


def _no_constant(text: str) -> NoReturn:
    _refuse("not_finite", "$", f"got {text}, expected a finite number")


_INT_DIGITS_MAX: Final = 20
"""An integer of more digits fits no field; it is only skipped, so its value does not matter."""


def _bounded_int(text: str) -> int:
    return int(text[:_INT_DIGITS_MAX])


_strict = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=_finite, parse_int=_bounded_int, parse_constant=_no_constant
)
_lenient = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=_bounded_int)


def _look_closely(payload: bytes) -> None:
    """Judge what the typed decode skips over. Raises MessageRefused, UnicodeError, RecursionError or ValueError."""
    _judge(_strict.decode(payload.decode()), "$", 0)


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that CloudEvents forbids in strings."""


def _judge(value: object, path: str, depth: int) -> None:
    if depth > DEPTH_MAX:
        _refuse("too_deep", path, f"got more than {DEPTH_MAX} levels of nesting")
    if isinstance(value, str):
        if _CONTROL.search(value):
            _refuse("bad_text", path, f"got {value!r}, expected no control characters")
    elif isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, inner in value:
            inner_path = f"{path}.{_printable(key)[:64]}"
            if key in seen:
                _refuse("duplicate_key", inner_path, f"got {key!r} twice")
            seen.add(key)
            _judge(key, inner_path, depth)
            _judge(inner, inner_path, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _judge(inner, f"{path}[{index}]", depth + 1)


def _refuse(refusal: Refusal, path: str, detail: str) -> NoReturn:
    raise MessageRefused(refusal, path, _printable(detail)[:DETAIL_CHARS_MAX])


def _printable(text: str) -> str:
    """Text of a stranger, fit for a log or a terminal."""
    return text if text.isascii() and text.isprintable() else text.encode("unicode_escape").decode()


_WHERE = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>\$[^`]*)`)?", re.DOTALL)
_BYTE = re.compile(r"\(byte (\d+)\)")
_CONSTANT = re.compile(rb"-?(?:NaN|Infinity)")
_OUR_CODE = re.compile(r"(impossible_geometry|out_of_range): (.*)", re.DOTALL)

_BY_BEGINNING: tuple[tuple[str, Refusal], ...] = (
    ("Invalid enum value", "unknown_value"),
    ("Number out of range", "not_finite"),
    ("Integer value out of range", "out_of_range"),
    ("Expected `str` of length", "bad_text"),
    ("Expected `str` matching", "bad_text"),
    ("Expected `array` of length", "out_of_range"),
)
_MISSING = re.compile("Object missing required field `([^`]*)`")
_BOUND = re.compile(r"Expected `(?:int|float)` [<>]")


def _refusal_of(error: Exception, payload: bytes) -> MessageRefused:
    """Our refusal for what a decoder raised."""
    if isinstance(error, MessageRefused):
        return error
    refusal, path, detail = _classify(error, payload)
    return MessageRefused(refusal, path, _printable(detail)[:DETAIL_CHARS_MAX])


def _classify(error: Exception, payload: bytes) -> tuple[Refusal, str, str]:
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return "not_utf8", "$", f"got {error.object[error.start : error.start + 1]!r}: {error.reason}"
    if isinstance(error, UnicodeError):
        return "bad_text", "$", text
    if isinstance(error, RecursionError):
        return "too_deep", "$", f"got more than {DEPTH_MAX} levels of nesting"
    if isinstance(error, msgspec.ValidationError):
        return _classify_invalid(text)
    return _classify_malformed(text, payload)


def _classify_invalid(text: str) -> tuple[Refusal, str, str]:
    match = _WHERE.fullmatch(text)
    assert match is not None, text
    what, path = match["what"], match["path"] or "$"
    if ours := _OUR_CODE.fullmatch(what):
        return ("impossible_geometry" if ours[1] == "impossible_geometry" else "out_of_range"), path, ours[2]
    if path == "$.type" and what.startswith("Invalid value"):
        return "unknown_type", path, what
    if missing := _MISSING.fullmatch(what):
        return "missing_field", f"{path}.{missing[1]}", what
    if what.startswith("Expected `str` matching") and path.endswith(("time", "_at")):
        return "bad_text", path, "Expected an instant, as 2026-01-05T06:00:00.000000Z"
    for beginning, refusal in _BY_BEGINNING:
        if what.startswith(beginning):
            return refusal, path, what
    return ("out_of_range" if _BOUND.match(what) else "wrong_type"), path, what


def _classify_malformed(text: str, payload: bytes) -> tuple[Refusal, str, str]:
    if "surrogate" in text:
        return "bad_text", "$", text
    if (at := _BYTE.search(text)) and (constant := _CONSTANT.match(payload, int(at[1]))):
        return "not_finite", "$", f"got {constant[0].decode()}, expected a finite number"
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        return _classify(error, payload)
    return "not_json", "$", text
