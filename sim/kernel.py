"""The simulator's clock: SimPy on whole microseconds, stepped from outside, and the scripts that run on it.

A script is a generator that yields an int (so many microseconds of work) or a SimPy event (a wait). It costs a fraction
of a SimPy process and can be frozen, thawed and thrown at; a wake-up that is no longer awaited is known by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush
from typing import Any

import simpy
from simpy.events import NORMAL

from twin.clock import NEVER_US

Step = int | simpy.Event
"""What a script yields: microseconds of work, or what it waits for."""

Steps = Generator[Step, Any, None]
"""A script. A wait gives back the event's value, work gives back nothing."""


class Kernel(simpy.Environment):
    """SimPy's events in SimPy's order. `after` and scripts round durations up to a multiple of `grid_us`."""

    def __init__(self, start_us: int, *, grid_us: int = 1) -> None:
        super().__init__(initial_time=start_us)
        self.grid_us = grid_us
        self.now_us = start_us
        """The current instant. SimPy's own `now` costs a call, and it is asked for five times a message."""

    @property
    def next_us(self) -> int:
        """The instant of the next event, `NEVER_US` if there is none."""
        return self._queue[0][0] if self._queue else NEVER_US  # type: ignore[return-value]

    def set_clock(self, to_us: int) -> None:
        """Move to an instant at which something from outside happens: SimPy's clock stays behind between its events."""
        assert self.now_us <= to_us <= self.next_us, "the clock neither goes back nor jumps over an event"
        self._now = self.now_us = to_us

    def step(self) -> None:
        """Let the next event happen. As in SimPy, but that no event here fails and nothing stops the environment."""
        event: simpy.Event
        self._now, _, _, event = heappop(self._queue)
        self.now_us = self._now  # type: ignore[assignment]  # an int from the start, and only ints are added
        callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]  # None: it has happened
        for callback in callbacks:
            callback(event)

    def wake(self, delay_us: int, callback: Callable[[simpy.Event], None]) -> simpy.Event:
        """A timeout that calls `callback`, in one call instead of SimPy's four: each pick waits three times.

        `delay_us` is on the grid: the caller has rounded it.
        """
        event = _Wake()
        event.callbacks = [callback]
        heappush(self._queue, (self.now_us + delay_us, NORMAL, next(self._eid), event))
        return event

    def rounded_us(self, duration_us: int) -> int:
        """The duration on the day's grid."""
        return duration_us if self.grid_us == 1 else -(-duration_us // self.grid_us) * self.grid_us

    def after(self, delay_us: int, action: Callable[[], object]) -> simpy.Event:
        """Call `action` so many microseconds from now, after the events already due at that instant."""

        def call(_event: simpy.Event) -> None:
            action()

        event = self.timeout(self.rounded_us(delay_us))
        event.callbacks.append(call)
        return event


class _Wake(simpy.Event):
    """An event that will happen for sure, and has no value."""

    _ok = True
    _value = None

    def __init__(self) -> None:
        """Its kernel fills it in."""


class Script:
    """Runs one generator. It ends when the generator returns, or lets an exception thrown at it through."""

    __slots__ = ("_awaited", "_due_us", "_is_frozen", "_is_working", "_kernel", "_left_us", "_steps", "_wake")

    def __init__(self, kernel: Kernel, steps: Steps) -> None:
        self._kernel = kernel
        self._steps = steps
        self._awaited: simpy.Event | None = None
        self._due_us = 0
        self._left_us = 0
        self._is_working = False
        self._is_frozen = False
        self._wake = self._wakes

    def start(self) -> None:
        """Run to the first step that takes time."""
        self._run(self._steps.send, None)

    def freeze(self) -> None:
        """Stop the clock of the work under way; an event that happens meanwhile is answered after the thaw."""
        if self._is_frozen:
            return
        self._is_frozen = True
        if self._is_working:
            self._left_us = self._due_us - self._kernel.now_us
            self._awaited = None

    def thaw(self) -> None:
        """Go on where `freeze` stopped."""
        if not self._is_frozen:
            return
        self._is_frozen = False
        if self._is_working:
            self._work(self._left_us)
        elif self._awaited is not None and self._awaited.processed:
            self._run(self._steps.send, self._awaited.value)

    def cut_short(self) -> None:
        """The work under way is over at once; frozen, once it is thawed. A wait is no work, and goes on."""
        if self._is_working:
            self._work(0)

    def throw(self, error: Exception) -> None:
        """Raise `error` in the generator where it stands. What it awaited is forgotten; a freeze holds on."""
        self._run(self._steps.throw, error)

    def _wakes(self, event: simpy.Event) -> None:
        if event is self._awaited and not self._is_frozen:
            self._run(self._steps.send, None if self._is_working else event.value)

    def _run(self, resume: Callable[[Any], Step], value: object) -> None:
        self._awaited = None
        self._is_working = False
        try:
            step = resume(value)
            while True:
                if type(step) is int:
                    duration_us = self._kernel.rounded_us(step)
                    if duration_us > 0 or self._is_frozen:
                        self._is_working = True
                        self._work(duration_us)
                        return
                    step = self._steps.send(None)
                elif step.processed and not self._is_frozen:  # type: ignore[union-attr]
                    step = self._steps.send(step.value)  # type: ignore[union-attr]
                else:
                    self._wait(step)  # type: ignore[arg-type]
                    return
        except StopIteration:
            return
        except Exception as error:
            if error is not value:
                raise

    def _work(self, duration_us: int) -> None:
        if self._is_frozen:
            self._left_us = duration_us
            return
        self._due_us = self._kernel.now_us + duration_us
        self._awaited = self._kernel.wake(duration_us, self._wake)

    def _wait(self, event: simpy.Event) -> None:
        self._awaited = event
        if not event.processed:
            event.callbacks.append(self._wake)
