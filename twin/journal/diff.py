"""Where two recordings part: the first message in which they differ, in what, and what had caused it.

It works on the JSON of the messages, so it reads recordings whose message types this version does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from twin.journal.reading import RecordingReader
from twin.journal.recording import Recorded

ANCESTORS_MAX = 100
BUS_TIME = "bus time"
SUBJECT = "subject"
PAYLOAD = "payload"


@dataclass(frozen=True, kw_only=True)
class FieldDifference:
    """One field that differs; `path` as `data.errors[0].error_level`, or "subject", "bus time", "payload".

    The values are JSON texts; None where the field is not there.
    """

    path: str
    a: str | None
    b: str | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first place where two recordings differ; a side whose recording ended there is None."""

    position: int
    """Which message it is, counted from 1."""
    a: Recorded | None
    b: Recorded | None
    fields: tuple[FieldDifference, ...]
    """What differs; empty if one recording ended."""
    causes_a: tuple[Recorded, ...]
    """The messages that led to it in A, each caused by the one before, oldest first."""
    causes_b: tuple[Recorded, ...]


def first_difference(a: Path, b: Path) -> Difference | None:
    """The first message in which two recordings differ; None if all are the same. Raises RecordingError."""
    common: list[Recorded] = []
    for left, right in zip_longest(RecordingReader(a).messages(), RecordingReader(b).messages()):
        if left == right:
            common.append(left)
            continue
        by_id = _by_id(common)
        return Difference(
            position=len(common) + 1,
            a=left,
            b=right,
            fields=tuple(_fields(left, right)) if left is not None and right is not None else (),
            causes_a=_causes(left, by_id),
            causes_b=_causes(right, by_id),
        )
    return None


def _by_id(messages: list[Recorded]) -> dict[str, Recorded]:
    """The messages by id; of those sent again, the first counts."""
    by_id: dict[str, Recorded] = {}
    for message in messages:
        own = _text(message, "id")
        if own is not None:
            by_id.setdefault(own, message)
    return by_id


def _causes(message: Recorded | None, by_id: dict[str, Recorded]) -> tuple[Recorded, ...]:
    causes: dict[str, Recorded] = {}
    cause = _text(message, "causationid") if message is not None else None
    while cause in by_id and cause not in causes and len(causes) < ANCESTORS_MAX:
        causes[cause] = by_id[cause]
        cause = _text(by_id[cause], "causationid")
    return tuple(reversed(causes.values()))


def _text(message: Recorded, field: str) -> str | None:
    body = _body(message)
    value = body.get(field) if isinstance(body, dict) else None
    return value if isinstance(value, str) else None


def _body(message: Recorded) -> Any:  # noqa: ANN401 - any JSON at all
    try:
        return json.loads(message.payload)
    except (ValueError, RecursionError):
        return None


def _fields(a: Recorded, b: Recorded) -> Iterator[FieldDifference]:
    if a.at_us != b.at_us:
        yield FieldDifference(path=BUS_TIME, a=str(a.at_us), b=str(b.at_us))
    if a.subject != b.subject:
        yield FieldDifference(path=SUBJECT, a=json.dumps(a.subject), b=json.dumps(b.subject))
    if a.payload != b.payload:
        found = list(_differing("", _body(a), _body(b)))
        if found:
            yield from found
        else:  # other bytes of the same content, or no JSON
            yield FieldDifference(path=PAYLOAD, a=repr(a.payload), b=repr(b.payload))


def _differing(path: str, a: object, b: object) -> Iterator[FieldDifference]:
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            yield from _member(f"{path}.{key}" if path else key, _at(a, key), _at(b, key))
    elif isinstance(a, list) and isinstance(b, list):
        for index in range(max(len(a), len(b))):
            yield from _member(f"{path}[{index}]", a[index : index + 1], b[index : index + 1])
    elif a != b or type(a) is not type(b):
        yield FieldDifference(path=path or PAYLOAD, a=json.dumps(a), b=json.dumps(b))


def _at(members: dict[str, object], key: str) -> list[object]:
    return [members[key]] if key in members else []


def _member(path: str, a: list[object], b: list[object]) -> Iterator[FieldDifference]:
    if a and b:
        yield from _differing(path, a[0], b[0])
    else:
        yield FieldDifference(path=path, a=json.dumps(a[0]) if a else None, b=json.dumps(b[0]) if b else None)
