"""Ingest: durable messages take effect in order, each once; states the latest; nobody else's at all.

What comes behind a gap is held back and the gap asked for. When its deadline passes, or its publisher has lost what is
asked for, the gap is skipped and an exception says so: never in silence, never held for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import fold_cases, fold_robots
from backend.core.changes import Notice
from backend.core.state import Sender, Stream, gap_key
from backend.services import commands, exceptions
from twin.ids import parse_source
from twin.messages import robot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.services.desk import Desk
    from twin.messages import Message, State

HELD_PER_STREAM_MAX = 256
"""What comes beyond is dropped; it is part of the gap and asked for again."""
RECENT_PER_STREAM = 8
"""Bodies kept to tell a duplicate from another message under its id."""


def introduce(desk: Desk, source: str) -> Sender | None:
    """The sender behind a source heard for the first time, None if the site has no such entity."""
    site_id, (kind, entity) = parse_source(source)
    site, state = desk.settings.site, desk.state
    known = {
        "robot": entity in state.robots,
        "door": entity in state.doors,
        "conveyor": entity in state.conveyors,
        "sorter": entity in state.sorters,
        "yard": entity == site.yard_id,
        "operator": entity in (site.remote_operators_id, site.floor_staff_id),
    }
    if site_id != site.site_id or not known.get(kind, False):
        return None
    sender = state.senders[source] = Sender(address=f"{kind}/{entity}", kind=kind, entity=entity)
    return sender


def stream_for(desk: Desk, sender: Sender, *, boot: int, channel: str) -> Stream | None:
    """The stream a durable message belongs to, None if its boot is long over. A new boot is taken note of."""
    if boot > sender.boot:
        begin_boot(desk, sender, boot)
    if boot == sender.boot:
        return sender.event if channel == "event" else sender.reply
    if boot == sender.previous_boot:
        return sender.previous_event if channel == "event" else sender.previous_reply
    return None


def begin_boot(desk: Desk, sender: Sender, boot: int) -> None:
    """Its streams start anew; those of the boot before are kept for its tail."""
    _end_previous(desk, sender)
    sender.previous_boot, sender.previous_event, sender.previous_reply = sender.boot, sender.event, sender.reply
    sender.boot, sender.event, sender.reply, sender.state_seq = boot, Stream(), Stream(), 0
    sender.boot_heard_us = desk.now_us
    if sender.kind == "robot":
        fold_robots.rebooted(desk.state, desk.changes, sender)
    elif sender.previous_boot:
        desk.changes.notices.append(Notice("rebooted", sender.address))


def _end_previous(desk: Desk, sender: Sender) -> None:
    """Nothing of the boot before is waited for any more: what is missing of it is skipped, and it shows."""
    cause = desk.cause
    for channel, stream in (("event", sender.previous_event), ("reply", sender.previous_reply)):
        if stream.announced > stream.last_seq:
            for message in _skip(desk, sender, sender.previous_boot, channel, stream.announced):
                desk.take_effect(sender, message)
                desk.cause = cause


def admit(desk: Desk, sender: Sender, stream: Stream, message: Message, channel: str) -> Iterator[Message]:
    """All that takes effect now that `message` is here, in order; nothing if it has to wait or was here before."""
    seq = message.seq
    if seq <= stream.last_seq or seq in stream.held:
        before = stream.recent.get(seq) or stream.held.get(seq)
        if before is None or before == message:
            desk.refuse("duplicate")
            return
        desk.refuse("same_id_other_body")
        if sender.kind == "robot":
            desk.changes.notices.append(Notice("doubled", sender.address))
        return
    stream.announced = max(stream.announced, seq)
    if isinstance(message, robot.EventsLost):
        yield from declare_lost(desk, sender, message)
    if seq != stream.last_seq + 1:
        if len(stream.held) < HELD_PER_STREAM_MAX:
            stream.held[seq] = message
        else:
            desk.refuse("held_back_full")
        watch_gap(desk, sender, message.boot, channel, stream)
        return
    take(stream, message, seq)
    yield message
    yield from _drain(desk, sender, message.boot, channel, stream)


def take(stream: Stream, message: Message, seq: int) -> None:
    """Let the next message of the stream count as here."""
    stream.last_seq = seq
    recent = stream.recent
    recent[seq] = message
    recent.pop(seq - RECENT_PER_STREAM, None)


def _drain(desk: Desk, sender: Sender, boot: int, channel: str, stream: Stream) -> Iterator[Message]:
    while stream.last_seq + 1 in stream.held:
        message = stream.held.pop(stream.last_seq + 1)
        if message is None:
            use_up(stream)
        else:
            take(stream, message, message.seq)
            yield message
    watch_gap(desk, sender, boot, channel, stream)


def use_up(stream: Stream) -> None:
    """The next number is used by a message that was refused."""
    stream.last_seq += 1
    stream.lost += 1


def refuse_numbered(desk: Desk, sender: Sender, *, boot: int, channel: str, seq: int) -> Iterator[Message]:
    """A message whose body was refused uses up its number; what waited behind it takes effect."""
    stream = stream_for(desk, sender, boot=boot, channel=channel)
    if stream is None or seq <= stream.last_seq or seq in stream.held:
        return
    stream.announced = max(stream.announced, seq)
    if len(stream.held) < HELD_PER_STREAM_MAX:
        stream.held[seq] = None
    yield from _drain(desk, sender, boot, channel, stream)


# --- gaps ---


def watch_gap(desk: Desk, sender: Sender, boot: int, channel: str, stream: Stream) -> None:
    """Let the watchdogs watch the first missing number, or nothing if none is missing."""
    watchdogs = desk.state.watchdogs
    key = gap_key(sender, boot, channel)
    if stream.announced <= stream.last_seq:
        watchdogs.gap_resend.pop(key, None)
        watchdogs.gap_deadline.pop(key, None)
    elif stream.watched != stream.last_seq + 1:
        stream.watched = stream.last_seq + 1
        stream.bites = 0
        desk.arm(watchdogs.gap_resend, key, desk.timeouts.gap_resend_us)
        desk.arm(watchdogs.gap_deadline, key, desk.timeouts.gap_deadline_us)


def hear_last_seqs(desk: Desk, sender: Sender, report: State) -> None:
    """A state names the last number of each durable channel, a robot's those of the boot before: a lost tail shows."""
    data = report.data
    if data.last_event_seq > sender.event.last_seq:
        _announce(desk, sender, sender.boot, "event", data.last_event_seq)
    if data.last_reply_seq > sender.reply.last_seq:
        _announce(desk, sender, sender.boot, "reply", data.last_reply_seq)
    previous = data.previous_boot if isinstance(data, robot.RobotStateData) else None
    if previous is None:
        return
    if 0 < sender.previous_boot < previous.boot < sender.boot:  # nobody heard a word of that boot
        _end_previous(desk, sender)
        sender.previous_boot, sender.previous_event, sender.previous_reply = previous.boot, Stream(), Stream()
    if previous.boot == sender.previous_boot:
        _announce(desk, sender, previous.boot, "event", previous.last_event_seq)
        _announce(desk, sender, previous.boot, "reply", previous.last_reply_seq)


def _announce(desk: Desk, sender: Sender, boot: int, channel: str, last_seq: int) -> None:
    stream = stream_for(desk, sender, boot=boot, channel=channel)
    assert stream is not None
    if last_seq > stream.announced:
        stream.announced = last_seq
        watch_gap(desk, sender, boot, channel, stream)


def _find(desk: Desk, key: str) -> tuple[Sender, int, str, Stream]:
    address, boot, channel = key.split(":")
    sender = desk.state.senders[f"/{desk.settings.site.site_id}/{address}"]
    stream = stream_for(desk, sender, boot=int(boot), channel=channel)
    assert stream is not None, "the watchdogs of an older boot are taken away with it"
    return sender, int(boot), channel, stream


def _last_missing(stream: Stream) -> int:
    return min(stream.held) - 1 if stream.held else stream.announced


def ask_again(desk: Desk, key: str) -> None:
    """A gap is 1, 2, 4, 8 ... seconds old: its publisher is asked to send it again."""
    sender, boot, channel, stream = _find(desk, key)
    desk.arm(desk.state.watchdogs.gap_resend, key, desk.timeouts.gap_resend_us)
    stream.bites += 1
    if stream.bites & (stream.bites - 1):
        return  # asking more often would only fill its memory of recent commands
    for record in desk.open_at.at(sender.address, "resend"):
        asked = record.command
        assert isinstance(asked, robot.Resend)
        if (asked.data.lost_boot, asked.data.channel) == (boot, channel):
            return
    commands.issue(
        desk,
        robot.Resend,
        robot.ResendData,
        target=sender.address,
        purpose="resend",
        lost_boot=boot,
        channel=channel,
        from_seq=stream.last_seq + 1,
        to_seq=_last_missing(stream),
    )


def skip_gap(desk: Desk, key: str) -> None:
    """The deadline of a gap has passed: it is skipped, and it shows. What was held back behind it takes effect."""
    sender, boot, channel, stream = _find(desk, key)
    for message in _skip(desk, sender, boot, channel, _last_missing(stream)):
        desk.take_effect(sender, message)


def declare_lost(desk: Desk, sender: Sender, message: robot.EventsLost) -> Iterator[Message]:
    """Its publisher no longer has it: the gap is skipped at once.

    A gap before it in its own stream when it arrives, ahead of the order; one in another stream when it takes effect.
    """
    data = message.data
    if data.lost_boot not in (sender.boot, sender.previous_boot):
        return
    stream = stream_for(desk, sender, boot=data.lost_boot, channel=data.channel)
    if stream is not None and data.from_seq <= stream.last_seq + 1 <= data.to_seq:
        # A publisher cannot have lost what it has not sent: believe it no further than we know it to have sent.
        to_seq = min(data.to_seq, max(stream.announced, stream.last_seq))
        yield from _skip(desk, sender, data.lost_boot, data.channel, to_seq)


def _skip(desk: Desk, sender: Sender, boot: int, channel: str, to_seq: int) -> Iterator[Message]:
    stream = stream_for(desk, sender, boot=boot, channel=channel)
    assert stream is not None
    from_seq = stream.last_seq + 1
    lost = 0
    while stream.last_seq < to_seq:
        if stream.last_seq + 1 in stream.held:
            message = stream.held.pop(stream.last_seq + 1)
            if message is not None:
                take(stream, message, message.seq)
                yield message
                continue
        else:
            lost += 1
        use_up(stream)
    if lost:
        _lament(desk, sender, f"{lost} messages of boot {boot}, {channel} {from_seq} to {to_seq}", channel)
    yield from _drain(desk, sender, boot, channel, stream)


def _lament(desk: Desk, sender: Sender, detail: str, channel: str) -> None:
    entity = sender.address
    exception = exceptions.find(desk, "messages_lost", entity=entity)
    if exception is None:
        exception = exceptions.raise_exception(desk, "messages_lost", entity=entity, detail=detail)
    if sender.kind == "robot":
        if channel == "event":
            fold_cases.doubt_holding(desk.state, desk.changes, desk.state.robots[sender.entity])
        else:
            commands.doubt_outcomes(desk, entity)
        commands.ask_how_it_is(desk, entity)
        desk.changes.notices.append(Notice("state_known", entity))
        return
    if channel == "reply":
        commands.doubt_outcomes(desk, entity)
    commands.ask_how_it_is(desk, entity)
    exceptions.resolve(desk, exception, by="rule", resolution="skipped")
