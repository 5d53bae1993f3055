"""Where refused messages wait to be looked at: their bytes, what was wrong, and how many there were. Bounded."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, NamedTuple

from twin.errors import MessageRefused, Refusal

ENTRIES_MAX: Final = 1000
BYTES_MAX: Final = 8 * 1024 * 1024
PAYLOAD_BYTES_KEPT_MAX: Final = 64 * 1024
"""Of a longer payload only the beginning is kept."""
SUBJECT_CHARS_KEPT_MAX: Final = 256


class Quarantined(NamedTuple):
    """A refused message. `at_us`: when it was received; `payload_bytes`: its true length."""

    at_us: int
    subject: str
    payload: bytes
    payload_bytes: int
    refusal: Refusal
    path: str
    detail: str


class Quarantine:
    """Keeps the latest refused messages within two bounds; the oldest leave first. `counts`: of all ever, by code.

    `dropped` counts those that have left.
    """

    __slots__ = ("_bytes_max", "_entries", "_kept_bytes", "counts", "dropped")

    def __init__(self, *, entries_max: int = ENTRIES_MAX, bytes_max: int = BYTES_MAX) -> None:
        assert entries_max > 0
        assert bytes_max >= PAYLOAD_BYTES_KEPT_MAX, "room for any one message"
        self._entries: deque[Quarantined] = deque(maxlen=entries_max)
        self._bytes_max = bytes_max
        self._kept_bytes = 0
        self.counts: Counter[Refusal] = Counter()
        self.dropped = 0

    def add(self, *, at_us: int, subject: str, payload: bytes, refused: MessageRefused) -> None:
        """Take in a message that `codec.decode` refused."""
        kept = payload[:PAYLOAD_BYTES_KEPT_MAX]
        self.counts[refused.refusal] += 1
        if len(self._entries) == self._entries.maxlen:
            self._drop_oldest()
        while self._kept_bytes + len(kept) > self._bytes_max:
            self._drop_oldest()
        self._kept_bytes += len(kept)
        self._entries.append(
            Quarantined(
                at_us=at_us,
                subject=subject[:SUBJECT_CHARS_KEPT_MAX],
                payload=kept,
                payload_bytes=len(payload),
                refusal=refused.refusal,
                path=refused.path,
                detail=refused.detail,
            )
        )

    def entries(self) -> tuple[Quarantined, ...]:
        """Those still kept, oldest first."""
        return tuple(self._entries)

    @property
    def total(self) -> int:
        """How many there ever were."""
        return self.counts.total()

    def _drop_oldest(self) -> None:
        self._kept_bytes -= len(self._entries.popleft().payload)
        self.dropped += 1
