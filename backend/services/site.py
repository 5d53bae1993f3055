"""One site's backend: messages and the time in, messages out. Read from top to bottom.

An input is a message with the instant it is on the bus, or a timer. Timers before a message fire first. Each input is
folded into the twin, exceptions look at it, dispatch takes the steps it has made possible, the invariants are checked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import hashing, invariants
from backend.core.fold import FOLDS, STATE_FOLDS
from backend.core.invariants import VIOLATIONS_KEPT_MAX
from backend.core.state import SiteState, Tally, empty_state
from backend.planning import registry
from backend.services import clocks, commands, dispatch, identity, ingest, notices, outcomes, stalls, watchdogs
from backend.services.desk import Desk
from backend.services.ledger import RESTARTED, Refused, TimerFired
from backend.services.objections import OBJECTIONS, is_objected_to
from backend.services.recheck import Each, Recheck
from backend.services.settings import Settings, Timeouts
from twin.errors import MessageRefused
from twin.messages import Reply, State, codec
from twin.messages.quarantine import Quarantine
from twin.messages.robot import EventsLost
from twin.participant import Delivery
from twin.run_control import Violation

if TYPE_CHECKING:
    from backend.core.state import Sender, Stream
    from backend.services.ledger import Input, Ledger
    from twin.messages import Message

__all__ = ["Settings", "SiteBackend", "Timeouts"]


class SiteBackend:
    """Raises ConfigError if a planner of the settings is not known."""

    def __init__(self, settings: Settings, ledger: Ledger | None = None) -> None:
        self.settings = settings
        self.quarantine = Quarantine()
        self.timers_fired: list[tuple[int, str]] = []
        self.violations: list[Violation] = []
        self._ledger = ledger
        self._inputs: list[Input] = []
        self._recheck, self._rebuild = Recheck(settings.recheck_every), Each(settings.rebuild_every)
        self._is_tested = self._recheck.is_on or self._rebuild.is_on
        self._desk = Desk(
            settings,
            empty_state(settings.site, epoch=settings.epoch, boot=settings.boot),
            Tally(next_audit=settings.audit_every),
            registry.dock_planner(settings.dock_planner),
            registry.unload_planner(settings.unload_planner),
            self._take_effect,
        )

    # --- a participant's side ---

    def next_time(self) -> int:
        """No timer or watchdog is due before; NEVER_US if none waits. It may be early, never late."""
        return self._desk.due_us

    def handle_window(self, deliveries: list[Delivery], until_us: int) -> list[Delivery]:
        """Take all messages in order, fire timers before `until_us`, commit; returns what was said, in order."""
        for delivery in deliveries:
            self._take(delivery)
        return self.finish_window(until_us)

    def finish_window(self, until_us: int) -> list[Delivery]:
        """After the messages of a window: fire timers before `until_us`, commit; returns what was said, in order."""
        if self._desk.due_us < until_us:
            self.advance(until_us)
        return self.commit()

    def deliver(self, at_us: int, message: Message) -> None:
        """Fire own timers before `at_us`, then take the message."""
        self._take(Delivery(at_us, message))

    def _take(self, delivery: Delivery) -> None:
        at_us, message = delivery
        desk = self._desk
        if desk.due_us < at_us:
            self.advance(at_us)
        desk.now_us = at_us
        if self._ledger is not None:
            self._inputs.append(delivery)
        sender = desk.state.senders.get(message.source) or ingest.introduce(desk, message.source)
        if sender is None:
            desk.refuse("unknown_source")
        else:
            self._hear(sender, message)
        tally = desk.tally
        tally.inputs += 1
        if tally.inputs >= tally.next_audit or self._is_tested:
            self._maintain()

    def advance(self, to_us: int) -> int:
        """Fire all timers before `to_us`, each at its own instant; returns `to_us`."""
        desk = self._desk
        while desk.due_us < to_us:
            due_us, kind = watchdogs.earliest(desk)
            if due_us >= to_us:
                desk.due_us = due_us
                break
            if not desk.now_us <= due_us < to_us:
                wrong = f"{kind}, due {desk.now_us - due_us} us before what was handled last, {to_us - due_us} us ago"
                desk.changes.breach("timer_late", f"backend/{self.settings.site.backend_id}", wrong)
            desk.now_us = due_us
            desk.cause = None
            name = watchdogs.fire(desk, kind)
            self.timers_fired.append((due_us, name))
            if self._ledger is not None:
                self._inputs.append(TimerFired(due_us, name))
            self._settle()
            self._end_input()
        return to_us

    def commit(self) -> list[Delivery]:
        """Put inputs and outputs into the ledger; returns the outputs.

        Raises FencedError if another backend has taken over the site.
        """
        desk, ledger = self._desk, self._ledger
        outputs, desk.outbox = desk.outbox, []
        if ledger is not None and (self._inputs or outputs):
            ledger.append(self._inputs, outputs, desk.state.epoch)
            ledger.commit()
            self._inputs = []
        return outputs

    def receive(self, at_us: int, subject: str, payload: bytes) -> None:
        """Take a message from its bytes. A refused one is quarantined, and uses up its number if that can be read."""
        try:
            message = codec.decode(payload, subject=subject)
        except MessageRefused as refused:
            self._quarantine(at_us, subject, payload, refused)
            return
        self.deliver(at_us, message)

    # --- messages ---

    def _hear(self, sender: Sender, message: Message) -> None:
        desk = self._desk
        if sender.kind == "robot":
            robots = desk.state.watchdogs.robot
            robots.pop(sender.entity, None)
            deadline_us = robots[sender.entity] = desk.now_us + desk.robot_silence_us
            if deadline_us < desk.due_us:  # noqa: PLR1730 - for every message: a call costs three times as much
                desk.due_us = deadline_us
        channel = message.CHANNEL
        if channel == "state":
            self._hear_state(sender, message)
            return
        if message.boot == sender.boot:
            stream = sender.event if channel == "event" else sender.reply
            seq = message.seq
            last_seq = stream.last_seq
            if seq == last_seq + 1 and stream.announced <= last_seq:
                ingest.take(stream, message, seq)
                self._apply(sender, stream, message)
                return
        self._hear_out_of_order(sender, message, channel)

    def _hear_state(self, sender: Sender, message: Message) -> None:
        desk = self._desk
        desk.cause = message
        if message.boot > sender.boot:
            ingest.begin_boot(desk, sender, message.boot)
        elif message.boot < sender.boot or message.seq <= sender.state_seq:
            desk.refuse("state_outdated")
            if message.boot < sender.boot:
                self._hear_of_old_boot(sender, message)
            return
        message_type = type(message)
        if message_type in OBJECTIONS and is_objected_to(desk, message):
            return
        assert isinstance(message, State)
        ingest.hear_last_seqs(desk, sender, message)
        STATE_FOLDS[message_type](desk.state, desk.changes, sender, message)
        sender.state_seq = message.seq
        if sender.kind == "robot":
            robot = desk.state.robots[sender.entity]
            clocks.consider(desk, robot, message)
            if robot.order_id is not None or sender.address in desk.open_at or robot.is_occupied:
                stalls.consider(desk, sender)
        self._settle()

    def _hear_of_old_boot(self, sender: Sender, message: Message) -> None:
        """A boot that should be over speaks."""
        if sender.kind == "robot":
            identity.consider(self._desk, sender, message)
            self._settle()

    def _hear_out_of_order(self, sender: Sender, message: Message, channel: str) -> None:
        self._desk.cause = message
        if message.boot < sender.boot:
            self._hear_of_old_boot(sender, message)
        stream = ingest.stream_for(self._desk, sender, boot=message.boot, channel=channel)
        if stream is None:
            self._desk.refuse("boot_outdated")
            return
        for admitted in ingest.admit(self._desk, sender, stream, message, channel):
            self._take_effect(sender, admitted)
        self._settle()

    def _take_effect(self, sender: Sender, message: Message) -> None:
        stream = ingest.stream_for(self._desk, sender, boot=message.boot, channel=message.CHANNEL)
        assert stream is not None
        self._apply(sender, stream, message)

    def _apply(self, sender: Sender, stream: Stream, message: Message) -> None:
        """A durable message takes effect."""
        desk = self._desk
        message_type = type(message)
        if message_type in OBJECTIONS and is_objected_to(desk, message):
            stream.lost += 1
            return
        desk.cause = message
        invariants.check_stream(desk.changes, stream, message)
        fold = FOLDS.get(message_type)
        if fold is not None:
            fold(desk.state, desk.changes, sender, message)
        elif isinstance(message, Reply):
            ended = commands.hear(desk, sender, message)
            if ended is not None:
                outcomes.command_ended(desk, ended)
        elif isinstance(message, EventsLost):
            for admitted in ingest.declare_lost(desk, sender, message):
                self._take_effect(sender, admitted)
        else:
            desk.refuse("not_for_us")
        self._settle()

    def _quarantine(self, at_us: int, subject: str, payload: bytes, refused: MessageRefused) -> None:
        self.quarantine.add(at_us=at_us, subject=subject, payload=payload, refused=refused)
        head = codec.peek(payload, subject=subject)
        if head is None or head.channel not in ("event", "reply"):
            self._desk.refuse(refused.refusal)
            return
        self.take_refused(Refused(at_us, head.source, head.boot, head.channel, head.seq, refused.refusal))

    def take_refused(self, it: Refused) -> None:
        """Take the number of a message whose body was refused: what waited behind it takes effect."""
        desk = self._desk
        self.advance(it.at_us)
        desk.now_us = it.at_us
        if self._ledger is not None:
            self._inputs.append(it)
        desk.refuse(it.code)
        sender = desk.state.senders.get(it.source) or ingest.introduce(desk, it.source)
        if sender is not None:
            for admitted in ingest.refuse_numbered(desk, sender, boot=it.boot, channel=it.channel, seq=it.seq):
                self._take_effect(sender, admitted)
        self._end_input()

    # --- what follows ---

    def _settle(self) -> None:
        """Exceptions, then dispatch, then checks."""
        desk = self._desk
        state, changes = desk.state, desk.changes
        if changes.notices:
            notices.heed(desk)
        if changes.orders or changes.robots or state.is_dock_due:
            dispatch.settle(desk)
        if changes.touched:
            invariants.check_touched(state, changes)
        if changes.breaches:
            self._record_breaches()

    def _record_breaches(self) -> None:
        desk = self._desk
        for code, entity, detail in desk.changes.breaches:
            desk.tally.violations += 1
            if len(self.violations) < VIOLATIONS_KEPT_MAX:
                self.violations.append(Violation(code=code, entity=entity, detail=detail, at_us=desk.now_us))
        desk.changes.breaches.clear()

    def _end_input(self) -> None:
        self._desk.tally.inputs += 1
        self._maintain()

    def _maintain(self) -> None:
        """Look at everything now and then; look again and rebuild the state where that is asked for."""
        desk, tally = self._desk, self._desk.tally
        if tally.inputs >= tally.next_audit:
            self.audit(with_closed=False)
            # As many inputs as there are things: an audit costs the same share of the work at any size.
            tally.next_audit = tally.inputs + max(self.settings.audit_every, invariants.size(desk.state))
        self._recheck.after_input(desk)
        self._record_breaches()
        if self._rebuild.is_due():
            rebuilt = hashing.decode(self.snapshot())
            desk.bind(rebuilt.state, rebuilt.tally)

    # --- what can be asked ---

    def audit(self, *, with_closed: bool = True) -> None:
        """Check the whole state now; breaches go where all go."""
        desk = self._desk
        invariants.audit(desk.state, desk.changes, with_closed=with_closed)
        self._record_breaches()

    @property
    def state(self) -> SiteState:
        """What the backend knows; not to be changed."""
        return self._desk.state

    @property
    def planner_asked(self) -> tuple[str, int] | None:
        """The planner that is thinking right now and the number of its question, None between questions."""
        return self._desk.planner_asked

    @property
    def invariants_checked(self) -> int:
        """After how many inputs the invariants have been checked: all so far."""
        return self._desk.tally.inputs

    @property
    def violations_found(self) -> int:
        """All of them, also those no longer kept."""
        return self._desk.tally.violations

    @property
    def refused(self) -> dict[str, int]:
        """By code, how many messages, answers and proposals were not acted upon."""
        return self._desk.tally.refused

    def take_timers_fired(self) -> list[tuple[int, str]]:
        """Every timer that acted since the last call: (instant, name), in order."""
        fired, self.timers_fired = self.timers_fired, []
        return fired

    def full_hash(self) -> str:
        """Of the whole state."""
        return hashing.full_hash(self._desk.state)

    def domain_hash(self) -> str:
        """Of what happened on the dock."""
        return hashing.domain_hash(self._desk.state)

    # --- restarts ---

    def snapshot(self) -> bytes:
        """The whole state as bytes."""
        return hashing.encode(hashing.Snapshot(state=self._desk.state, tally=self._desk.tally))

    @classmethod
    def restore(cls, settings: Settings, snapshot: bytes, ledger: Ledger | None = None) -> SiteBackend:
        """A backend that goes on from a snapshot; under a later epoch or boot if the settings say so."""
        backend = cls(settings, ledger)
        restored = hashing.decode(snapshot)
        state = restored.state
        if settings.boot != state.boot:
            state.seqs.clear()
        state.boot, state.epoch = settings.boot, settings.epoch
        backend._desk.bind(state, restored.tally)
        backend._desk.due_us = watchdogs.earliest(backend._desk)[0]
        return backend

    def begin_epoch(self, at_us: int) -> None:
        """Go on in the next boot, under the next epoch, and take over what the one before has begun."""
        desk = self._desk
        self.advance(at_us)
        state = desk.state
        state.boot += 1
        state.epoch += 1
        state.seqs.clear()
        desk.bind(state, desk.tally)
        self.timers_fired.append((at_us, RESTARTED))
        if self._ledger is not None:
            self._inputs.append(TimerFired(at_us, RESTARTED))
        self.take_over(at_us)

    def succeed(self, before: SiteBackend, ledger: Ledger) -> None:
        """Go on where `before` ends, in this ledger. Its inputs are to have made the same state and fired the same."""
        entity = f"backend/{self.settings.site.backend_id}"
        if self.timers_fired != [it for it in ledger.inputs() if isinstance(it, TimerFired)]:
            self._desk.changes.breach("rebuilt_otherwise", entity, "other timers fired")
        if self.full_hash() != before.full_hash():
            self._desk.changes.breach("rebuilt_otherwise", entity, f"epoch {before.state.epoch} ends in another state")
        self.timers_fired, self.violations, self.quarantine = before.timers_fired, before.violations, before.quarantine
        self._desk.tally.violations = before.violations_found
        self._record_breaches()
        self._ledger = ledger

    def take_over(self, at_us: int) -> None:
        """Issue anew, under the present epoch, what an earlier epoch has issued and nobody has answered."""
        desk = self._desk
        desk.now_us = at_us
        desk.cause = None
        commands.take_over(desk)
        self._end_input()
