"""Boots: a publisher numbers its messages anew each time it starts, and says where the boot before ended."""

from __future__ import annotations

from collections.abc import Mapping

from twin.messages.robot import PreviousBoot


class BootCounter:
    """The number of the running boot, from 1, and where the one before ended; keep both where a power cut spares them.

    >>> boots = BootCounter()
    >>> boots.boot, boots.previous
    (1, None)
    >>> boots.restart({"event": 7, "reply": 2})
    >>> boots.boot, boots.previous
    (2, PreviousBoot(boot=1, last_event_seq=7, last_reply_seq=2))
    """

    __slots__ = ("boot", "previous")

    def __init__(self, *, boot: int = 1, previous: PreviousBoot | None = None) -> None:
        self.boot = boot
        self.previous = previous

    def restart(self, seqs: Mapping[str, int], *, above: int = 0) -> None:
        """Begin the next boot; `seqs` holds the last number of each channel of the one that ends (`Emitter.seqs`).

        `above`: a boot that something else has claimed under the same id; the next one is higher.
        """
        self.previous = PreviousBoot(
            boot=self.boot, last_event_seq=seqs.get("event", 0), last_reply_seq=seqs.get("reply", 0)
        )
        self.boot = max(self.boot, above) + 1
