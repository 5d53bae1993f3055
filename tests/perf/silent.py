"""The same simulator without messages: what happens is the same, and nothing is said about it.

Within `without_messages()` a new World has entities that build no message and no data for one, number and stamp
nothing, keep nothing for a resend, have no link, and no timers that only make them speak. What they are told takes
effect as before. The truth at the end must be that of a run with messages: whoever measures with this asserts it.
"""

# ruff: noqa: ARG002 - what stands for an endpoint takes what one takes

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, contextmanager
from heapq import heappush
from typing import TYPE_CHECKING, NoReturn
from unittest import mock

from sim import conveyor, door, operators, robot, sorter, unloading, world, yard
from sim.endpoint import Handler, no_objection
from sim.gateway import Gateway
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command, Data, Message
from twin.messages.robot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.gateway import Receiver
    from sim.kernel import Kernel
    from sim.link import Way
    from twin.ids import Address
    from twin.messages.emitter import LastSeqs

_DATA_OF_EVERY_PICK = {
    unloading: ("CasePickedData", "CasePlacedData", "CaseDroppedData", "CaseSetAsideData", "WallScannedData"),
    conveyor: ("CaseIdentifiedData", "CaseUnreadableData"),
}
_ONLY_SAY = {robot.Robot: ("report", "_begin_to_tick"), yard.Yard: ("_announce",)}
_HAVE_ENTITIES = (robot, conveyor, sorter, door, yard, operators)


class _Said:
    """In place of a message: what comes next asks for its id."""

    __slots__ = ()
    id = ""


_SAID = _Said()


def _nothing(*_: object, **__: object) -> None:
    pass


def _never(*_: object, **__: object) -> NoReturn:
    msg = "the simulator without messages has made one"
    raise AssertionError(msg)


class SilentEndpoint:
    """Stands for `sim.endpoint.Endpoint`; judges no command: in what was recorded each one came once and in time."""

    boot = 1
    is_up = True
    previous_boot = None
    commands_accepted: frozenset[str] = frozenset()

    def __init__(
        self,
        kernel: Kernel,
        gateway: Gateway,
        *,
        site: str,
        address: Address,
        report: Callable[[], object],
        handlers: Mapping[type[Command], Handler] | None = None,
        hears: Receiver | None = None,
    ) -> None:
        del site
        self.clock = kernel
        self._report = report
        self._handlers: dict[type[Command], Handler] = {Snapshot: Handler(no_objection, self._snapshot)}
        self._handlers.update(handlers or {})
        self.address = address
        gateway.connect(str(address), hears or self)

    def _snapshot(self, _command: Command) -> None:
        self._report()

    def emit(
        self,
        message_type: type[Message],
        data: Data,
        *,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> _Said:
        return _SAID

    def last_seqs(self) -> LastSeqs:
        return {"last_event_seq": 0, "last_reply_seq": 0}

    complete: Callable[..., None] = staticmethod(_nothing)
    fail: Callable[..., None] = staticmethod(_nothing)

    def receive(self, message: Message) -> None:
        assert isinstance(message, Command)
        handler = self._handlers[type(message)]
        if handler.objection(message) is None:
            handler.carry_out(message)


class SilentGateway(Gateway):
    """Lets the commands take effect when the link without noise would."""

    def send(self, way: Way, message: Message, *, transmission: int = 1) -> bool:
        _never(way, message, transmission)
        return False

    def deliver(self, at_us: int, message: Message, target: str) -> int:
        effect_us = at_us + self.answer_us
        entry = (effect_us, True, message.source, message.boot, target, message.CHANNEL, message.seq, 1, 0, message)
        heappush(self._downlinks, entry)
        self.next_effect_us = self._downlinks[0][0]
        return effect_us


@contextmanager
def without_messages() -> Iterator[None]:
    """Worlds made and run within say nothing; a message made all the same is an assertion error."""
    with ExitStack() as stack:

        def replace(owner: object, name: str, by: object) -> None:
            stack.enter_context(mock.patch.object(owner, name, by))

        replace(world, "Gateway", SilentGateway)
        for module in _HAVE_ENTITIES:
            replace(module, "Endpoint", SilentEndpoint)
        for module, names in _DATA_OF_EVERY_PICK.items():
            for name in names:
                replace(module, name, _nothing)
        for owner, names in _ONLY_SAY.items():
            for name in names:
                replace(owner, name, _nothing)
        replace(unloading, "format_time", _nothing)
        replace(world, "tick_all", _nothing)
        replace(Emitter, "emit", _never)
        yield
