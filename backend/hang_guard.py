"""A guard against code that never returns: a planner that hangs ends the run as an error that names it.

It watches from a thread of its own whether decisions still begin and end, and raises in the thread that hangs. It never
changes what a run does, only whether it ends.
"""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING

from twin.clock import US_PER_S, SystemClock
from twin.errors import PlannerHangError
from twin.run_control import HANG_GUARD_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

_LOOKS_PER_LIMIT = 10


class _BrokenOff(BaseException):
    """Raised inside the planner; no `except Exception` on the way out may swallow it."""


class HangGuard:
    """`with HangGuard(asked=...)`: raises PlannerHangError in this thread when one planner has been thinking too long.

    `asked` names the planner that thinks now with the number of the question, or is None between questions.
    """

    def __init__(self, asked: Callable[[], tuple[str, int] | None], *, limit_s: float = HANG_GUARD_S) -> None:
        self._asked = asked
        self._limit_s = limit_s
        self._is_over = threading.Event()
        self._watched_thread = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, name="hang-guard", daemon=True)
        self._hung = ""

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop watching; a hang that was broken off leaves as an error that names the planner."""
        self._is_over.set()
        self._thread.join()
        if kind is _BrokenOff:
            msg = f"the planner {self._hung} gave no answer within {self._limit_s:g} s; the run was broken off"
            raise PlannerHangError(
                msg, hint="Give it a bound, or take another planner: --dock-planner, --unload-planner."
            ) from None

    def _watch(self) -> None:
        clock = SystemClock()
        question: tuple[str, int] | None = None
        since_us = clock.steady_us()
        while not self._is_over.wait(self._limit_s / _LOOKS_PER_LIMIT):
            now_us = clock.steady_us()
            asked = self._asked()
            if asked is None or asked != question:
                question, since_us = asked, now_us
            elif now_us - since_us >= self._limit_s * US_PER_S:
                self._hung = asked[0]
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self._watched_thread), ctypes.py_object(_BrokenOff)
                )
                return
