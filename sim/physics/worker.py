"""What runs in a worker process: one physics, one task after the other; and what goes to it and comes from it.

Frames come in on standard input and go out on standard output, each its length and a pickle: both ends are ours. The
end of the input ends the process, so none outlives the one that started it, however that ended.
"""

from __future__ import annotations

import io
import os
import pickle
import struct
import sys
import traceback
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sim.load.load import Load
from sim.physics.code_hash import code_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from sim.physics.port import Physics

_LENGTH = struct.Struct("<Q")

Work = Literal["settle", "extract"]


class SentOnce:
    """To be inherited by what a state refers to and never changes: a worker gets it once, whatever states hold it."""


_SENT_ONCE = (Load, SentOnce)


class Order(NamedTuple):
    """What a worker is to do: `work` of a physics, with these arguments, of which the first is a pickle.

    `lent`: pickles of what is sent once, by the numbers that stand for it in that of the first argument.
    """

    work: Work
    first: bytes
    others: tuple[Any, ...]
    lent: dict[int, bytes]


class Reply(NamedTuple):
    """What came of it. `result`: a pickle; empty if the work raised, then `error` tells. `said`: words for people."""

    result: bytes
    error: str
    said: list[str]


class Lending:
    """The things that are sent once, by number, at one end. Kept for as long as this is: numbers stay true."""

    def __init__(self) -> None:
        self.things: dict[int, object] = {}
        self._numbers: dict[int, int] = {}

    def lend(self, number: int, thing: object) -> None:
        """The thing goes by this number from now on."""
        self.things[number] = thing
        self._numbers[id(thing)] = number

    def number_of(self, thing: object) -> int | None:
        """By which number it goes, if it does."""
        return self._numbers.get(id(thing))

    def pickled(self, content: object, *, lends: bool) -> tuple[bytes, set[int]]:
        """The content, with numbers for what is sent once, and which these are. `lends`: what has none is given one."""
        used: set[int] = set()

        def number_for(thing: object) -> int | None:
            if not isinstance(thing, _SENT_ONCE):
                return None
            number = self.number_of(thing)
            if number is None and lends:
                number = len(self.things)
                self.lend(number, thing)
            if number is not None:
                used.add(number)
            return number

        buffer = io.BytesIO()
        _Pickler(buffer, number_for).dump(content)
        return buffer.getvalue(), used

    def unpickled(self, content: bytes) -> Any:  # noqa: ANN401 - whatever was pickled
        """What was pickled at the other end."""
        return _Unpickler(io.BytesIO(content), self.things).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], number_for: Callable[[object], int | None]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._number_for = number_for

    def persistent_id(self, obj: object) -> int | None:
        return self._number_for(obj)


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], things: dict[int, object]) -> None:
        super().__init__(file)
        self._things = things

    def persistent_load(self, pid: int) -> object:
        return self._things[pid]


def write_frame(stream: IO[bytes], content: object) -> None:
    """Send one frame. Raises OSError if nobody is there to read it."""
    body = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:  # noqa: ANN401 - whatever was sent
    """Wait for the next frame. Raises EOFError at the end, in the middle of a frame too."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(head)
    body = stream.read(size)
    if len(body) < size:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 - from our own process


def main() -> None:
    """Make the physics that the first frame names, then work until there is no more."""
    incoming = sys.stdin.buffer
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is no frame
    make: Callable[[Callable[[str], None]], Physics[Any]] = read_frame(incoming)
    said: list[str] = []
    physics = make(said.append)
    lending = Lending()
    write_frame(outgoing, Reply(code_hash().encode(), "", []))  # ready
    while True:
        try:
            order: Order = read_frame(incoming)
        except EOFError:
            return
        write_frame(outgoing, _done(physics, order, lending)._replace(said=said[:]))
        said.clear()


def _done(physics: Physics[Any], order: Order, lending: Lending) -> Reply:
    for number, thing in order.lent.items():
        lending.lend(number, pickle.loads(thing))  # noqa: S301 - from our own process
    try:
        result = getattr(physics, order.work)(lending.unpickled(order.first), *order.others)
    except Exception:  # noqa: BLE001 - whoever asked does it anew, and meets it there
        return Reply(b"", traceback.format_exc(), [])
    return Reply(lending.pickled(result, lends=False)[0], "", [])
