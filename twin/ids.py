"""Who is who on the bus: addresses of entities and the ids of their messages."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

Kind = Literal["robot", "yard", "door", "conveyor", "sorter", "operator", "backend"]
Channel = Literal["event", "reply", "state", "command"]

DURABLE_CHANNELS: frozenset[str] = frozenset({"event", "reply"})
"""Channels whose messages take effect in order 1..n, each once. A state is replaced, a command repeated."""

TOKEN_PATTERN = r"^[a-z0-9_-]{1,32}\Z"
Token = Annotated[str, Meta(pattern=TOKEN_PATTERN)]
"""One part of a subject: a site, a kind or an entity."""

Name = Annotated[str, Meta(min_length=1, max_length=64)]
"""An id that is not part of a subject: of an order, a case, an exception, a manifest line."""


class Address(NamedTuple):
    """An entity of a site: its kind and its id, written `robot/r7`."""

    kind: str
    entity: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.entity}"


def source_of(site: str, address: Address) -> str:
    """The CloudEvents `source` of an entity.

    >>> source_of("bos1", Address("robot", "r7"))
    '/bos1/robot/r7'
    """
    return f"/{site}/{address.kind}/{address.entity}"


def parse_source(source: str) -> tuple[str, Address]:
    """Site and address of a CloudEvents `source`; the codec has checked its form.

    >>> parse_source("/bos1/robot/r7")
    ('bos1', Address(kind='robot', entity='r7'))
    """
    _, site, kind, entity = source.split("/")
    return site, Address(kind, entity)


def parse_address(text: str) -> Address:
    """The address written as `robot/r7`."""
    kind, entity = text.split("/")
    return Address(kind, entity)


def order_id_of(trailer_id: str) -> str:
    """The id of a trailer's unload order, and the correlation of all that concerns it.

    >>> order_id_of("t-1")
    'o-t-1'
    """
    return f"o-{trailer_id}"


def stream_prefix(source: str, boot: int, channel: str, target: str | None = None) -> str:
    """All of a message id but its seq: one numbered stream of messages.

    >>> stream_prefix("/bos1/robot/r7", 3, "event")
    'bos1/robot/r7:3:event:'
    >>> stream_prefix("/bos1/backend/core", 1, "command", "robot/r7")
    'bos1/backend/core:1:command/robot/r7:'
    """
    part = channel if target is None else f"{channel}/{target}"
    return f"{source[1:]}:{boot}:{part}:"
