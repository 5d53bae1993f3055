"""The only place that spells a subject.

`dock.v1.<site>.<kind>.<id>.<channel>.<type_with_underscores>`; a command's kind and id are those of its target, so that
a robot may be allowed to hear its own commands and nothing else. Control of a run lives outside the contract.

>>> subject("bos1", "robot", "r7", "event", "case.picked.v1")
'dock.v1.bos1.robot.r7.event.case_picked_v1'
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from twin.ids import parse_source

if TYPE_CHECKING:
    from twin.messages.envelope import Message

_CACHED_SUBJECTS_MAX = 65_536


@lru_cache(maxsize=_CACHED_SUBJECTS_MAX)
def subject(site: str, kind: str, entity: str, channel: str, type_name: str) -> str:
    """The subject on which an entity's message of this type travels."""
    return f"dock.v1.{site}.{kind}.{entity}.{channel}.{type_name.replace('.', '_')}"


@lru_cache(maxsize=_CACHED_SUBJECTS_MAX)
def subject_for(source: str, channel: str, type_name: str, target: str | None) -> str:
    """The subject of a message: its publisher's, or for a command its target's (`robot/r7`)."""
    site, address = parse_source(source)
    kind, entity = target.split("/") if target is not None else address
    return subject(site, kind, entity, channel, type_name)


def subject_of(message: Message) -> str:
    """The subject on which this message travels."""
    return subject_for(message.source, message.CHANNEL, message.type, message.target)


def whole_site(site: str) -> str:
    """One wildcard for contract and run control alike: two subscriptions would lose the order between them."""
    return f"*.v1.{site}.>"


def run_control(site: str, word: str) -> str:
    """Where a lockstep run is controlled: `word` is hello, grant, done or abort."""
    return f"run.v1.{site}.{word}"
