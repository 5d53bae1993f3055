r"""The digest of a run: two running hashes, so that the bounds of windows cannot show.

Over the messages in canonical order, one BLAKE2b runs over each payload and a newline, one over each bus time as a
little-endian int64 of microseconds; the digest is BLAKE2b over both digests, in hexadecimal.

>>> digest = RunDigest()
>>> digest.update(b'{"id":"a"}\n', [1_767_589_200_000_000])
>>> short(digest.hexdigest())
'8c7a 537a 5a0c 5ba3'
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from struct import pack

SHORT_DIGITS = 16


class RunDigest:
    """The running digest of one run's messages."""

    __slots__ = ("_lines", "_times", "messages")

    def __init__(self) -> None:
        self.messages = 0
        """How many messages went in."""
        self._lines = blake2b()
        self._times = blake2b()

    def update(self, lines: bytes, times_us: Sequence[int]) -> None:
        """Add the messages of one window: their payloads, each ended by a newline, and the bus time of each.

        The payloads hold no newline of their own, which is so for everything our codec has encoded.
        """
        assert lines.endswith(b"\n") if times_us else not lines, "a time for each line, each line ended"
        self._lines.update(lines)
        self._times.update(pack(f"<{len(times_us)}q", *times_us))
        self.messages += len(times_us)

    def hexdigest(self) -> str:
        """The digest of all that went in so far, 128 hexadecimal digits."""
        return blake2b(self._lines.digest() + self._times.digest()).hexdigest()


def short(digest: str) -> str:
    """The form people compare: the first 16 digits in groups of four."""
    return " ".join(digest[start : start + 4] for start in range(0, SHORT_DIGITS, 4))
