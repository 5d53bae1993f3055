"""A seeded mutator of messages: from valid payloads it makes what a broken, foreign or hostile publisher might send.

>>> from twin.messages.examples import examples
>>> mutator = Mutator(seed=1, corpus=corpus_of(examples().values()))
>>> mutant = mutator.next()
>>> mutant == Mutator(seed=1, corpus=corpus_of(examples().values())).next()
True
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from twin.messages import TYPES, Message, codec
from twin.messages.envelope import MESSAGE_BYTES_MAX
from twin.rng import Draws
from twin.subjects import subject_of

_SCALAR: Final = rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null'
_VALUES: Final = re.compile(rb"(?<=[:\[,])(?:" + _SCALAR + rb")(?=[,\]}])")
_MEMBERS: Final = re.compile(rb'"[a-z_]+":(?:' + _SCALAR + rb")(?=[,}])")
_KEYS: Final = re.compile(rb'"[a-z_]+"(?=:)')

HOSTILE_VALUES: Final = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1e-999", b"9" * 400, b"1" + b"0" * 5000, b"1e308"),
    *(b"-1", b"0", b"-0", b"-0.0", b"2147483648", b"9223372036854775808", b"1.5", b"1.0", b"1e5", b"01", b"0x1f"),
    *(b"1.", b".5", b"+1", b"--1", b"1_000", b"null", b"true", b"[]", b"{}", b"[0,0,0]", b"[0,0,0,0]", b"[[]]", b'""'),
    *(rb'"\ud800"', rb'"\udfff\ud800"', rb'"\u0000"', rb'"\u001b[2J"', rb'"\n"', rb'"\q"', rb'"\u12"', b'"\x00"'),
    *(b'"\xff\xfe"', b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\x7f"', b'"\xc2\x85"', b"'x'"),
    *(b'"' + b"x" * 600 + b'"', b'"NO_SUCH_VALUE"', b'"2026-02-30T00:00:00.000000Z"', b'"2026-01-05T06:00:00Z"'),
    *(b'"../../etc"', b'"robot/r1/x"', b'"*"', b'">"', '"\u202egnp"'.encode(), '"\uff11"'.encode(), b"undefined"),
    *(b"[" * 200 + b"]" * 200, b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000),
)
_TYPE_NAMES: Final = tuple(f'"{name}"'.encode() for name in TYPES)


class Parent(NamedTuple):
    """A valid payload, the subject it belongs on, and where its parts stand."""

    subject: str
    payload: bytes
    values: list[tuple[int, int]]
    members: list[tuple[int, int]]
    keys: list[tuple[int, int]]


class Mutant(NamedTuple):
    """What to send where, and what was done to it."""

    subject: str
    payload: bytes
    how: str


def corpus_of(messages: Iterable[Message]) -> list[Parent]:
    """Valid payloads to start from."""
    return [_parent(message) for message in messages]


def _parent(message: Message) -> Parent:
    payload = codec.encode(message)
    values, members, keys = (
        [match.span() for match in pattern.finditer(payload)] for pattern in (_VALUES, _MEMBERS, _KEYS)
    )
    subject = subject_of(message)
    return Parent(subject, payload, values, members, keys)


class Mutator:
    """An endless, repeatable row of mutants."""

    def __init__(self, *, seed: int, corpus: Sequence[Parent]) -> None:
        self._random = Draws(seed).stream("fuzz", "messages")
        self._corpus = corpus
        self._ways: tuple[tuple[str, Callable[[Parent], bytes]], ...] = (
            ("flip", self._flip),
            ("truncate", lambda parent: parent.payload[: self._random.randrange(len(parent.payload))]),
            ("insert", lambda parent: self._insert(parent.payload, self._random.randbytes(self._random.randint(1, 8)))),
            ("duplicate_key", self._duplicate_key),
            ("swap", self._swap),
            ("hostile_value", lambda parent: self._replace(parent, parent.values, self._random.choice(HOSTILE_VALUES))),
            ("number", lambda parent: self._replace(parent, parent.values, self._any_number())),
            ("other_type", lambda parent: self._replace(parent, parent.values[:1], self._random.choice(_TYPE_NAMES))),
            ("rename", lambda parent: self._replace(parent, parent.keys, b'"renamed"')),
            ("delete", self._delete),
            ("unknown_field", self._unknown_field),
            ("splice", self._splice),
            ("spaces", lambda parent: parent.payload.replace(b",", b", ").replace(b":{", b" : {")),
        )

    def next(self) -> Mutant:
        """The next mutant; one in twenty comes on another's subject, one in a hundred is too large."""
        parent = self._random.choice(self._corpus)
        how, way = self._random.choice(self._ways)
        payload = way(parent)
        if self._random.random() < 0.01:
            how, payload = "too_large", payload + b" " * (70 * 1024 - len(payload))
            assert len(payload) > MESSAGE_BYTES_MAX
        if self._random.random() < 0.05:
            how, payload = "wrong_subject", parent.payload
            return Mutant(self._random.choice(self._corpus).subject, payload, how)
        return Mutant(parent.subject, payload, how)

    def _flip(self, parent: Parent) -> bytes:
        flipped = bytearray(parent.payload)
        for _ in range(self._random.choice((1, 1, 1, 2, 8))):
            flipped[self._random.randrange(len(flipped))] ^= 1 << self._random.randrange(8)
        return bytes(flipped)

    def _insert(self, payload: bytes, what: bytes) -> bytes:
        at = self._random.randint(0, len(payload))
        return payload[:at] + what + payload[at:]

    def _replace(self, parent: Parent, spans: list[tuple[int, int]], by: bytes) -> bytes:
        start, end = self._random.choice(spans)
        return parent.payload[:start] + by + parent.payload[end:]

    def _duplicate_key(self, parent: Parent) -> bytes:
        """A member once more, right behind itself: the same, or with another member's value."""
        start, end = self._random.choice(parent.members)
        member = parent.payload[start:end]
        if self._random.random() < 0.5:
            value_start, value_end = self._random.choice(parent.values)
            member = member.partition(b":")[0] + b":" + parent.payload[value_start:value_end]
        return parent.payload[:end] + b"," + member + parent.payload[end:]

    def _swap(self, parent: Parent) -> bytes:
        (start, end), (other_start, other_end) = sorted(self._random.sample(parent.values, 2))
        payload = parent.payload
        first, second = payload[start:end], payload[other_start:other_end]
        return payload[:start] + second + payload[end:other_start] + first + payload[other_end:]

    def _any_number(self) -> bytes:
        return str(self._random.choice((self._random.randint(-5, 5), self._random.uniform(-1e6, 1e6), 2**31))).encode()

    def _delete(self, parent: Parent) -> bytes:
        start, end = self._random.choice(parent.members)
        before, after = parent.payload[:start], parent.payload[end:]
        return before + after[1:] if after.startswith(b",") else before.removesuffix(b",") + after

    def _unknown_field(self, parent: Parent) -> bytes:
        """A field of a later version; now and then with a value that no version allows."""
        value = b'{"a":[1,"x"]}' if self._random.random() < 0.5 else self._random.choice(HOSTILE_VALUES)
        start, _ = self._random.choice(parent.keys)
        return parent.payload[:start] + b'"later":' + value + b"," + parent.payload[start:]

    def _splice(self, parent: Parent) -> bytes:
        other = self._random.choice(self._corpus).payload
        head = parent.payload[: self._random.randrange(len(parent.payload))]
        return head + other[self._random.randrange(len(other)) :]
