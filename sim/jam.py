"""A jam: what is jammed stands until people clear it, or until its time is over. A belt has them, and the sorter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel import Kernel


class Jam:
    """The jams of one thing, one after the other. `since_us`: when this one began; None: it runs."""

    __slots__ = ("_clear", "_kernel", "_number", "since_us")

    def __init__(self, kernel: Kernel, clear: Callable[[], None]) -> None:
        self._kernel = kernel
        self._clear = clear
        self._number = 0
        self.since_us: int | None = None

    def begin(self, for_us: int | None) -> None:
        """It stands from now on; `clear` is called after so long, unless this jam is over by then."""
        self.since_us = self._kernel.now_us
        self._number += 1
        if for_us is not None:
            number = self._number
            self._kernel.after(for_us, lambda: self._clear_by_itself(number))

    def end(self) -> None:
        """It runs again."""
        self.since_us = None

    def _clear_by_itself(self, number: int) -> None:
        if number == self._number:  # people may have cleared that one, and this is another
            self._clear()
