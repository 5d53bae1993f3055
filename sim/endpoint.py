"""One entity on the bus: it numbers and stamps what it says, keeps it for a resend, and answers commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from twin.ids import Address
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command, Data, Message, Reply
from twin.messages.reply import CommandAccepted, CommandCompleted, CommandFailed
from twin.messages.robot import EventsLost, RecentAction, Resend, Snapshot
from twin.robot import BootCounter, CommandGate, ResendBuffer, answer, reply

if TYPE_CHECKING:
    from sim.gateway import Gateway, Receiver
    from sim.kernel import Kernel
    from twin.messages.emitter import LastSeqs
    from twin.messages.robot import PreviousBoot

_UNDER_WAY = frozenset({"WAITING", "RUNNING"})

M = TypeVar("M", bound=Message)


class Handler(NamedTuple):
    """What an entity does with one type of command."""

    objection: Callable[[Any], str | None]
    """A code if it will not do it now."""
    carry_out: Callable[[Any], None]
    """Begin, once it is accepted; whoever ends the work calls `complete` or `fail`."""
    is_held_back: bool = True
    """Whether a zombie does not do it. What it says of itself it goes on saying."""


class Clock(Protocol):
    """What stamps messages: the kernel, or a clock that is off."""

    @property
    def now_us(self) -> int:
        """The instant it shows."""


class OffClock:
    """A clock that is ahead of the kernel by `offset_us`, or behind."""

    def __init__(self, kernel: Kernel, offset_us: int) -> None:
        self._kernel = kernel
        self._offset_us = offset_us

    @property
    def now_us(self) -> int:
        """The instant it shows."""
        return self._kernel.now_us + self._offset_us


def no_objection(_command: Command) -> None:
    """For commands that can always be carried out."""


class Endpoint:
    """The bus as one entity sees it. `handlers`: by command type, beside those that all entities answer alike.

    `report`: publishes its state. `hears`: who is told what is sent to it and hands it on; None: the endpoint itself.
    """

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
        self._kernel = kernel
        self._gateway = gateway
        self._way = gateway.way(str(address), "up")
        self._site = site
        self._report = report
        self._handlers: dict[type[Command], Handler] = {
            Resend: Handler(no_objection, self._resend, is_held_back=False),
            Snapshot: Handler(no_objection, self._snapshot, is_held_back=False),
        }
        self._handlers.update(handlers or {})
        self._gate = CommandGate(self.commands_accepted)
        self._buffer = ResendBuffer()
        self._boots = BootCounter()
        self._resends: dict[str, int] = {}
        self._recent_actions: tuple[RecentAction, ...] | None = None
        self._held_back: list[Command] | None = None
        self.clock: Clock = kernel
        """Stamps what it says. Whether a command has expired it knows by the kernel's, which runs right."""
        self.address = address
        self.is_up = True
        self._emitter = Emitter(site=site, address=address, boot=self._boots.boot)
        gateway.connect(str(address), hears or self)

    @property
    def commands_accepted(self) -> frozenset[str]:
        """The CloudEvents types of the commands it understands."""
        return frozenset(str(command.__struct_config__.tag) for command in self._handlers)

    # -- what it says -----------------------------------------------------------------------------------------------

    def set_clock_off(self, offset_us: int, for_us: int | None) -> None:
        """What stamps its messages is ahead by so much (behind, if negative) for so long; None: from now on."""
        clock = self.clock = OffClock(self._kernel, offset_us)

        def set_right() -> None:
            if self.clock is clock:
                self.clock = self._kernel

        if for_us is not None:
            self._kernel.after(for_us, set_right)

    def emit(
        self,
        message_type: type[M],
        data: Data,
        *,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> M:
        """Publish the next message of this type's channel, stamped with the instant of its clock."""
        message = self._emitter.emit(
            message_type,
            data,
            at_us=self.clock.now_us,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )
        self._buffer.keep(message)
        if self._gateway.send(self._way, message):
            self._buffer.lose(message)
        return message

    def complete(self, command: Command) -> None:
        """The command is carried out."""
        self._end(command, CommandCompleted)

    def fail(self, command: Command, code: str, detail: str = "") -> None:
        """The command was begun and cannot be ended."""
        self._end(command, CommandFailed, code=code, detail=detail)

    def _end(self, command: Command, reply_type: type[Reply], *, code: str | None = None, detail: str = "") -> None:
        self._recent_actions = None
        self._gate.note(command.data.action_id, "FAILED" if reply_type is CommandFailed else "FINISHED")
        self._publish(reply(self._emitter, reply_type, command, at_us=self.clock.now_us, code=code, detail=detail))

    def _publish(self, message: Message) -> None:
        self._buffer.keep(message)
        if self._gateway.send(self._way, message):
            self._buffer.lose(message)

    # -- what it hears ----------------------------------------------------------------------------------------------

    def receive(self, message: Message) -> None:
        """A command takes effect now; an entity that is down hears nothing."""
        if not self.is_up or not isinstance(message, Command):
            return
        handler = self._handlers.get(type(message))
        objection = handler.objection(message) if handler else None
        self._recent_actions = None
        verdict = self._gate.judge(message, self._kernel.now_us, objection=objection)
        answered = answer(self._emitter, message, verdict, at_us=self.clock.now_us)
        if answered is not None:
            self._publish(answered)
        if isinstance(answered, CommandAccepted):
            assert handler is not None, "the gate knows the types that have a handler"
            self._gate.note(message.data.action_id, "RUNNING")
            if self._held_back is not None and handler.is_held_back:
                self._held_back.append(message)
            else:
                handler.carry_out(message)

    def hold_back(self) -> None:
        """Commands are accepted from now on, and none is carried out."""
        if self._held_back is None:
            self._held_back = []

    def go_on(self) -> None:
        """What was held back is carried out now, as far as nothing has come to speak against it."""
        held_back, self._held_back = self._held_back or [], None
        for command in held_back:
            handler = self._handlers[type(command)]
            objection = handler.objection(command)
            if objection is None:
                handler.carry_out(command)
            else:
                self.fail(command, objection)

    def _resend(self, command: Resend) -> None:
        resent = self._buffer.answer(command.data)
        for lost in resent.lost:
            self.emit(EventsLost, lost, correlation_id=command.correlationid, causation_id=command.id)
        for message in resent.messages:
            transmission = self._resends.get(message.id, 1) + 1
            self._resends[message.id] = transmission
            if self._gateway.send(self._way, message, transmission=transmission):
                self._buffer.lose(message)
        self.complete(command)

    def _snapshot(self, command: Snapshot) -> None:
        self._report()
        self.complete(command)

    # -- boots ------------------------------------------------------------------------------------------------------

    def last_seqs(self) -> LastSeqs:
        """The last number of each durable channel in this boot, as `**` for the data of a state."""
        return self._emitter.last_seqs()

    @property
    def boot(self) -> int:
        """Which boot this is, from 1."""
        return self._boots.boot

    @property
    def previous_boot(self) -> PreviousBoot | None:
        """Where the boot before ended."""
        return self._boots.previous

    @property
    def clock_ahead_us(self) -> int:
        """How far what stamps its messages is ahead, or behind if negative."""
        return self.clock.now_us - self._kernel.now_us

    @property
    def open_actions(self) -> tuple[str, ...]:
        """The actions that it has taken on and not ended."""
        return tuple([it.action_id for it in self.recent_actions() if it.action_state in _UNDER_WAY])

    def recent_actions(self) -> tuple[RecentAction, ...]:
        """The actions under way and those that ended lately."""
        if self._recent_actions is None:
            self._recent_actions = self._gate.recent_actions()
        return self._recent_actions

    def crash(self) -> None:
        """Hear and say nothing any more; what was not transmitted yet is lost, and so is what was kept for a resend."""
        self.is_up = False
        self._held_back = None
        self._gateway.lose_unsent(self._emitter.source, self.boot)
        self._buffer.forget()

    def restart(self, *, above: int = 0) -> None:
        """Begin the next boot, numbered higher than `above`. The gate's memory and the counters outlive a power cut."""
        self._boots.restart(self._emitter.seqs, above=above)
        self._gate.restarted()
        self._recent_actions = None
        self._emitter = Emitter(site=self._site, address=self.address, boot=self._boots.boot)
        self._resends.clear()
        self.is_up = True
