"""Which subjects a pattern means, by the rules of NATS: `*` is one token, a last `>` is one or more.

>>> matches("dock.v1.*.robot.>", "dock.v1.bos1.robot.r7.event.case_picked_v1")
True
>>> matches("run.v1.bos1.>", "run.v1.bos1")
False
"""

from __future__ import annotations

import re
from functools import lru_cache

from twin.errors import TransportError

_CACHED_MAX = 65_536
_TOKEN = r"[^.*>\s]+"
_SUBJECT = re.compile(rf"{_TOKEN}(\.{_TOKEN})*")
_PATTERN = re.compile(rf"((\*|{_TOKEN})(\.(\*|{_TOKEN}))*(\.>)?)|>")


@lru_cache(maxsize=_CACHED_MAX)
def check_subject(subject: str) -> str:
    """`subject` as it came; raises TransportError if nothing can be published there."""
    if not _SUBJECT.fullmatch(subject):
        msg = f"got subject {subject!r}, expected tokens without blanks and wildcards, joined by dots"
        raise TransportError(msg)
    return subject


def check_pattern(pattern: str) -> str:
    """`pattern` as it came; raises TransportError if it is none that can be subscribed to."""
    if not _PATTERN.fullmatch(pattern):
        msg = f"got pattern {pattern!r}, expected tokens joined by dots, where * is one token and a last > the rest"
        raise TransportError(msg)
    return pattern


@lru_cache(maxsize=_CACHED_MAX)
def matches(pattern: str, subject: str) -> bool:
    """Whether a subscription to `pattern` hears what is published on `subject`."""
    wanted, got = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted.pop()
        if len(got) <= len(wanted):
            return False
    elif len(got) != len(wanted):
        return False
    return all(want in ("*", have) for want, have in zip(wanted, got, strict=False))
