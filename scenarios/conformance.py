"""What the backend says, held against the contract by its messages alone: no word of its own state counts here.

The same rules hold for the log of a live dock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.evidence import things_named
from twin.clock import parse_time
from twin.ids import parse_source
from twin.messages.envelope import Command
from twin.messages.exception import (
    ExceptionAssigned,
    ExceptionRaised,
    ExceptionResolved,
    InterventionRequested,
)
from twin.messages.robot import AssignOrder
from twin.messages.trailer import AssignDoor, YardState
from twin.run_control import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from twin.messages.envelope import Message
    from twin.participant import Delivery

RULES = {
    "sent_expired": "a command is not sent when it has expired",
    "sent_again_at_once": "a command is sent again after a second or more",
    "anew_too_soon": "an action is said anew, within an epoch, only when what was said of it has expired",
    "said_otherwise": "what is sent again is the same",
    "epoch_fell": "a command is of the latest epoch, also when it is sent again",
    "number_skipped": "messages of a stream are numbered one after the other",
    "cause_unheard": "a cause is a message that was on the bus before",
    "cause_unrelated": "a cause has to do with what it caused: both name the same thing",
    "exception_story": "an exception is raised once, told of while it is open, and resolved once",
}
"""By code, what is always true of what a backend says."""
SENT_AGAIN_LEAST_US = 1_000_000
"""Nobody is given less time to answer before the same command comes again."""
_OF_THE_DOCK = (AssignDoor, AssignOrder)
"""Decided for the whole dock at once: what made a door or a robot free may send any trailer or robot there.

The state of the yard is of the whole dock too: what it does not name has gone.
"""


def offences(deliveries: Iterable[Delivery]) -> list[Violation]:
    """Where the backend has broken the contract, in the order of the log; every copy is looked at."""
    auditor = _Auditor()
    for delivery in deliveries:
        auditor.hear(delivery)
    return auditor.found


class _Auditor:
    def __init__(self) -> None:
        self.found: list[Violation] = []
        self._heard: dict[str, Message] = {}
        self._speakers: set[str] = set()
        """The backends: each of their messages names them."""
        self._sent_us: dict[str, int] = {}
        self._valid: dict[str, tuple[int, int]] = {}
        """The epoch of each action's latest command, and until when it may be carried out."""
        self._last_seqs: dict[tuple[str, int, str], int] = {}
        self._epoch = 0
        self._exceptions: dict[str, bool] = {}
        """Those raised, and whether they are open."""
        self._with: dict[str, set[str]] = {}
        """What is meant with a thing: with an exception what it was raised about, with a robot its latest order."""
        self._by_type: dict[type[Message], Callable[[Message], str | None]] = {
            ExceptionRaised: self._raised,
            ExceptionAssigned: self._told_of_one_that_is_open,
            InterventionRequested: self._asked,
            ExceptionResolved: self._resolved,
            AssignOrder: self._ordered,
        }

    def hear(self, delivery: Delivery) -> None:
        """Look at one message and remember it."""
        message = delivery.message
        speaker = parse_source(message.source)[1]
        if speaker.kind == "backend":
            self._speakers.add(str(speaker))
            for code, detail in self._offences(delivery):
                self.found.append(Violation(code=code, entity=str(speaker), detail=detail, at_us=delivery.at_us))
        self._heard.setdefault(message.id, message)

    def _offences(self, delivery: Delivery) -> Iterable[tuple[str, str]]:
        at_us, message = delivery
        known = self._heard.get(message.id)
        if isinstance(message, Command):
            yield from self._of_command(at_us, message, is_again=known is not None)
        if known is not None:
            if known != message:
                yield "said_otherwise", f"{message.id} has another body than before"
            return
        cause = message.causationid
        if cause is not None and cause not in self._heard:
            yield "cause_unheard", f"{message.type} names {cause} as its cause, which nobody has said"
        elif cause is not None and not self._has_to_do_with(message, self._heard[cause]):
            yield "cause_unrelated", f"{message.type} names {self._heard[cause].type} as its cause: {cause}"
        channel = f"{message.CHANNEL} {message.target}" if message.target else message.CHANNEL
        stream = (message.source, message.boot, channel)
        if message.seq != self._last_seqs.get(stream, 0) + 1:
            yield "number_skipped", f"{message.type} has number {message.seq} after {self._last_seqs.get(stream, 0)}"
        self._last_seqs[stream] = message.seq
        look = self._by_type.get(type(message))
        offence = None if look is None else look(message)
        if offence is not None:
            yield "exception_story", offence

    def _of_command(self, at_us: int, command: Command, *, is_again: bool) -> Iterable[tuple[str, str]]:
        data = command.data
        if at_us >= parse_time(data.expires_at):
            yield "sent_expired", f"{command.type} {data.action_id} is sent when it has expired"
        if is_again and at_us < self._sent_us[command.id] + SENT_AGAIN_LEAST_US:
            yield "sent_again_at_once", f"{command.type} {data.action_id} is sent twice within a second"
        self._sent_us[command.id] = at_us
        if data.epoch < self._epoch:
            yield "epoch_fell", f"{command.type} {data.action_id} is of epoch {data.epoch} after {self._epoch}"
        self._epoch = max(self._epoch, data.epoch)
        epoch, until_us = self._valid.get(data.action_id, (0, 0))
        if not is_again and data.epoch == epoch and at_us < until_us:
            yield "anew_too_soon", f"{command.type} {data.action_id} is said anew before it has expired"
        self._valid[data.action_id] = data.epoch, parse_time(data.expires_at)

    def _has_to_do_with(self, message: Message, cause: Message) -> bool:
        """Whether the two are about the same thing, of whatever kind."""
        is_of_planner = getattr(message.data, "exception_type", None) == "planner_failed"  # it decides for all at once
        is_of_all = is_of_planner or isinstance(message, _OF_THE_DOCK) or isinstance(cause, YardState)
        return is_of_all or not self._meant(message).isdisjoint(self._meant(cause))

    def _meant(self, message: Message) -> set[str]:
        named = things_named(message) - self._speakers
        return named.union(*(self._with[name] for name in named if name in self._with))

    def _raised(self, message: Message) -> str | None:
        exception_id = message.data.exception_id
        is_new = exception_id not in self._exceptions
        self._exceptions[exception_id] = True
        self._with[f"exception/{exception_id}"] = self._meant(message)
        return None if is_new else f"{exception_id} is raised twice"

    def _told_of_one_that_is_open(self, message: Message) -> str | None:
        exception_id = message.data.exception_id
        return None if self._exceptions.get(exception_id) else f"{message.type} of {exception_id}, which is not open"

    def _asked(self, message: Message) -> str | None:
        self._with[f"intervention/{message.data.intervention_id}"] = self._meant(message)
        return self._told_of_one_that_is_open(message)

    def _ordered(self, message: Message) -> None:
        self._with[str(message.target)] = self._with[f"order/{message.correlationid}"] = self._meant(message)

    def _resolved(self, message: Message) -> str | None:
        exception_id = message.data.exception_id
        was_open = self._exceptions.get(exception_id)
        self._exceptions[exception_id] = False
        return None if was_open else f"{exception_id} is resolved, and was not open"
