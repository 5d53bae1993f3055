"""When what a message tells happened: by its producer's stamp, or where its producer's clock is off, by the bus."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from backend.services.settings import Timeouts
from twin.clock import instant_us
from twin.messages.envelope import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.messages.envelope import Message
    from twin.participant import Delivery

_BACKEND = Timeouts()
AHEAD_US_MAX = _BACKEND.clock_off_us
"""A stamp that is further ahead of the bus is of a clock that is off."""
BEHIND_US_MAX = _BACKEND.clock_late_us
"""One that is further behind is late, or of a clock that is off."""


def is_plausible(stamp_us: int, *, at_us: int) -> bool:
    """Whether a message with this stamp may be on the bus at `at_us` by a clock that is right, without being late."""
    return -BEHIND_US_MAX <= stamp_us - at_us <= AHEAD_US_MAX


class Clocks:
    """Which clocks are off when, as the states of a whole log show: a state is never sent again, so it is not late."""

    def __init__(self, deliveries: Iterable[Delivery], *, of: set[str]) -> None:
        self._states: dict[str, list[tuple[int, bool]]] = {source: [] for source in of}
        for at_us, message in deliveries:
            if isinstance(message, State) and message.source in of:
                self._states[message.source].append((at_us, is_plausible(instant_us(message.time), at_us=at_us)))
        for states in self._states.values():
            states.sort()

    def instant_us(self, at_us: int, message: Message) -> int:
        """When what it tells happened: by its stamp, unless nothing can have happened then or the clock was off."""
        stamp_us = instant_us(message.time)
        if is_plausible(stamp_us, at_us=at_us):
            return stamp_us
        return at_us if stamp_us > at_us or self._is_off(message.source, at_us) else stamp_us

    def _is_off(self, source: str, at_us: int) -> bool:
        """By the last state before and the first after: between two that differ, the clock has changed."""
        states = self._states[source]
        n = bisect_right(states, at_us, key=lambda state: state[0])
        return not all(is_right for _, is_right in states[max(0, n - 1) : n + 1])
