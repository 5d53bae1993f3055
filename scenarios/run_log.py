"""The log of a run as it grows: every message in canonical order, its digest, and what else the backend handled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from twin.clock import US_PER_S, SystemClock
from twin.journal.digest import RunDigest
from twin.messages import codec
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.run_control import in_canonical_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.world import World
    from twin.participant import Delivery

PROGRESS_EVERY_US = 100_000
"""How often, on the steady clock, progress is told at most."""
HASHED_AT_ONCE = 256
"""Messages: a window of an inline run has one or two, and hashing them by themselves costs twice as much a message."""


class Progress(Struct, frozen=True, kw_only=True):
    """How far a run is."""

    at_us: int
    trailers_done: int
    trailers_total: int
    cases_placed: int
    cases_total: int
    exceptions_open: int
    elapsed_s: float


class RunLog:
    """Collects what was on the bus, window by window."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.timers: list[tuple[int, str]] = []
        self.exceptions_open = 0
        self._digest = RunDigest()

    def add(self, uplinks: list[Delivery], published: list[Delivery]) -> None:
        """One window: what the backend heard and what it said."""
        if published:
            for _, message in published:
                if isinstance(message, ExceptionRaised):
                    self.exceptions_open += 1
                elif isinstance(message, ExceptionResolved):
                    self.exceptions_open -= 1
            uplinks = in_canonical_order(uplinks, published)
        self.deliveries += uplinks
        if len(self.deliveries) - self._digest.messages >= HASHED_AT_ONCE:
            self._hash()

    @property
    def digest(self) -> RunDigest:
        """The digest of everything so far."""
        self._hash()
        return self._digest

    def _hash(self) -> None:
        unhashed = self.deliveries[self._digest.messages :]
        self._digest.update(
            codec.encode_lines([message for _, message in unhashed]),
            [at_us for at_us, _ in unhashed],
        )


class ProgressTeller:
    """Tells how far a run is, now and then, if anyone wants to know."""

    def __init__(self, world: World, tell: Callable[[Progress], None] | None) -> None:
        self._world = world
        self._tell = tell
        self._clock = SystemClock()
        self._began_us = self._clock.steady_us()
        self._next_us = self._began_us

    def window_is_done(self, until_us: int, exceptions_open: int) -> None:
        """To be called after each window."""
        if self._tell is None:
            return
        now_us = self._clock.steady_us()
        if now_us < self._next_us:
            return
        self._next_us = now_us + PROGRESS_EVERY_US
        done = self._world.progress()
        self._tell(
            Progress(
                at_us=until_us,
                trailers_done=done.trailers_done,
                trailers_total=done.trailers_total,
                cases_placed=done.cases_placed,
                cases_total=done.cases_total,
                exceptions_open=exceptions_open,
                elapsed_s=(now_us - self._began_us) / US_PER_S,
            )
        )
