"""Control of a lockstep run: what simulator and backend say to each other about time, outside the robot contract.

`hello` (backend: I am here), `grant` (simulator: handle these, time is yours until then), `done` (backend: handled,
this is what I said and when I would act next), `abort` (either: the run cannot go on).
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from twin.errors import DocktwinError

HELLO = "hello"
GRANT = "grant"
DONE = "done"
ABORT = "abort"

HANG_GUARD_S = 60.0
"""How long on the wall clock a planner, or the other side of a run, may keep a run waiting unless told otherwise."""

Timed = TypeVar("Timed", bound=tuple[Any, ...])


class Hello(Struct, frozen=True, kw_only=True):
    """The backend is connected and waits; a decision latency other than the simulator's aborts the run."""

    decision_latency_us: int


class Grant(Struct, frozen=True, kw_only=True):
    """Time until `until_us` (exclusive) and the instants of the messages just published; `n_total` counts all so far.

    `digest`: of everything before this window. `is_last`: the run ends at `until_us`.
    """

    until_us: int
    n_total: int
    at_us: tuple[int, ...]
    digest: str
    is_last: bool = False


class Violation(Struct, frozen=True, kw_only=True):
    """A broken invariant: its code as in docs/invariants.md, what it is about (as `robot/r5`), and when."""

    code: str
    entity: str
    detail: str
    at_us: int


class Done(Struct, frozen=True, kw_only=True):
    """The window is handled. `at_us`: the instants of what was published just now; `digest`: this window included.

    `next_us`: when the backend would act next on its own. `timers`: what else it handled, (instant, name), in order.
    """

    next_us: int
    at_us: tuple[int, ...]
    digest: str
    timers: tuple[tuple[int, str], ...] = ()
    inputs_checked: int = 0
    violations: tuple[Violation, ...] = ()
    """Those found in this window."""


class Abort(Struct, frozen=True, kw_only=True):
    """Why the run cannot go on: an error's code and its sentences."""

    code: str
    message: str
    hint: str = ""

    @classmethod
    def of(cls, error: DocktwinError) -> Abort:
        """What tells the other side of this error."""
        return cls(code=error.code, message=error.message, hint=error.hint)

    def as_error(self) -> DocktwinError:
        """The error that was told, of the class of its code; of the root where that class says more than sentences."""
        for error_type in _errors(DocktwinError):
            if error_type.code == self.code and error_type.__init__ is DocktwinError.__init__:
                return error_type(self.message, hint=self.hint)
        return DocktwinError(f"the other side ended the run: {self.message}", hint=self.hint)


def _errors(root: type[DocktwinError]) -> Iterator[type[DocktwinError]]:
    yield root
    for error_type in root.__subclasses__():
        yield from _errors(error_type)


_ENCODER = msgspec.json.Encoder()
Control = TypeVar("Control", Hello, Grant, Done, Abort)


def encode(control: Hello | Grant | Done | Abort) -> bytes:
    """A word of run control as JSON."""
    return _ENCODER.encode(control)


def decode(payload: bytes, word: type[Control]) -> Control:
    """The word of run control in `payload`. Raises msgspec.DecodeError: only our own two sides speak here."""
    return msgspec.json.decode(payload, type=word)


def in_canonical_order(uplinks: list[Timed], published: list[Timed]) -> list[Timed]:
    """One window as it was on the bus; both lists are in order of time (first field), uplinks first at one instant."""
    if not published:
        return uplinks
    if not uplinks:
        return published
    return sorted(uplinks + published, key=itemgetter(0))
