"""Time: an integer count of microseconds since the Unix epoch, UTC. This module alone reads the wall clock.

>>> format_time(1_767_589_200_000_042)
'2026-01-05T05:00:00.000042Z'
>>> parse_time('2026-01-05T05:00:00.000042Z')
1767589200000042
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

US_PER_S = 1_000_000
NEVER_US = 2**62
"""Later than anything: the next time of a participant that waits for nothing."""

_DAY_PATTERN = (
    r"(?:(?:19[7-9][0-9]|20[0-9][0-9])-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:19(?:7[26]|8[048]|9[26])|20(?:[02468][048]|[13579][26]))-02-29)"
)
TIME_PATTERN = rf"^{_DAY_PATTERN}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{{6}}Z$"
"""RFC 3339, UTC, exactly six decimals: the one form of an instant on the wire. Names real days of 1970 to 2099 only."""

_TIME = re.compile(TIME_PATTERN)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CACHED_MINUTES_MAX = 2048
"""Of instants that are written: a day has fewer minutes than a run has messages, and often more seconds."""
_CACHED_SECONDS_MAX = 8192
_CACHED_DAYS_MAX = 64
_TWO_DIGITS_DOT = tuple(f"{number:02d}." for number in range(60))
_THREE_DIGITS = tuple(f"{number:03d}" for number in range(1000))
_THREE_DIGITS_Z = tuple(f"{number:03d}Z" for number in range(1000))
"""Every message bears an instant: looked up, its decimals cost two thirds of what formatting them does."""


@lru_cache(maxsize=_CACHED_MINUTES_MAX)
def _prefix(minute: int) -> str:
    day, of_day = divmod(minute, 1440)
    return f"{_date(day)}T{of_day // 60:02d}:{of_day % 60:02d}:"


@lru_cache(maxsize=_CACHED_DAYS_MAX)
def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).strftime("%Y-%m-%d")


def format_time(us: int) -> str:
    """The instant `us` (microseconds since the epoch) as RFC 3339 with six decimals."""
    milliseconds = us // 1000
    seconds = milliseconds // 1000
    minutes = seconds // 60
    second = _TWO_DIGITS_DOT[seconds - minutes * 60]
    millisecond = _THREE_DIGITS[milliseconds - seconds * 1000]
    return f"{_prefix(minutes)}{second}{millisecond}{_THREE_DIGITS_Z[us - milliseconds * 1000]}"


def parse_time(text: str) -> int:
    """Microseconds since the epoch of an RFC 3339 instant with six decimals.

    Raises ValueError if the text has another form or names no instant.
    """
    if not _TIME.fullmatch(text):
        msg = f"got {text!r}, expected RFC 3339 in UTC with six decimals, as 2026-01-05T06:00:00.000000Z"
        raise ValueError(msg)
    return instant_us(text)


def instant_us(text: str) -> int:
    """As `parse_time`, of a text whose form was checked before, as that of every message: a third of the time."""
    return _whole_seconds_us(text[:19]) + int(text[20:26])


@lru_cache(maxsize=_CACHED_SECONDS_MAX)
def _whole_seconds_us(text: str) -> int:
    since = datetime.fromisoformat(text).replace(tzinfo=UTC) - _EPOCH
    return (since.days * 86_400 + since.seconds) * US_PER_S


def us(seconds: float) -> int:
    """Seconds as whole microseconds, rounded to the nearest."""
    return round(seconds * US_PER_S)


class Clock(Protocol):
    """Where an adapter asks for the time; decisions are handed it instead."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""

    def steady_us(self) -> int:
        """Microseconds on a clock that never steps; only differences mean anything."""


class SystemClock:
    """The wall clock of this machine."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch."""
        return time.time_ns() // 1000

    def steady_us(self) -> int:
        """Microseconds on the machine's monotonic clock."""
        return time.monotonic_ns() // 1000


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, now_us: int = 0) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        """The instant it was last moved to."""
        return self._now_us

    def steady_us(self) -> int:
        """The same: a manual clock never steps."""
        return self._now_us

    def advance(self, to_us: int) -> None:
        """Move forward to `to_us`."""
        assert to_us >= self._now_us, "a clock does not go back"
        self._now_us = to_us
