"""What a publisher keeps of its durable messages, to send them again when a gap is asked for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from twin.ids import DURABLE_CHANNELS
from twin.messages.envelope import Message
from twin.messages.robot import EventsLostData, ResendData

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT_PER_CHANNEL = 2048
"""More than an hour of one robot's events: 800 cases an hour, two events a case."""


class Resent(NamedTuple):
    """The answer to a resend: messages identical to the byte, in order; and which of the asked ones are lost."""

    messages: tuple[Message, ...]
    lost: tuple[EventsLostData, ...]


class ResendBuffer:
    """Keeps the last `bound` messages of each durable channel, over boots as long as the process lives."""

    __slots__ = ("_kept", "_used")

    def __init__(self, bound: int = KEPT_PER_CHANNEL) -> None:
        assert bound > 0
        self._kept: dict[str, deque[Message]] = {channel: deque(maxlen=bound) for channel in DURABLE_CHANNELS}
        self._used: dict[tuple[str, int], int] = {}
        """By channel and boot, the last number of a message that was lost."""

    def keep(self, message: Message) -> None:
        """Remember what is being published; other channels than the durable ones are not kept."""
        kept = self._kept.get(message.CHANNEL)
        if kept is not None:
            kept.append(message)

    def lose(self, message: Message) -> None:
        """Forget a message that was kept; that its number was used is not forgotten."""
        kept = self._kept.get(message.CHANNEL)
        if kept is None:
            return
        if message in kept:
            kept.remove(message)
        key = (message.CHANNEL, message.boot)
        self._used[key] = max(message.seq, self._used.get(key, 0))

    def answer(self, asked: ResendData) -> Resent:
        """What can be sent again, and which are lost; numbers not yet used are neither.

        A boot of which nothing is kept is lost as far as it was asked for.
        """
        of_boot = [message for message in self._kept[asked.channel] if message.boot == asked.lost_boot]
        found = tuple(message for message in of_boot if asked.from_seq <= message.seq <= asked.to_seq)
        used_to = asked.to_seq
        if of_boot:
            used_to = min(used_to, max(of_boot[-1].seq, self._used.get((asked.channel, asked.lost_boot), 0)))
        gaps = _gaps(asked.from_seq, used_to, found)
        return Resent(
            found,
            tuple(
                EventsLostData(lost_boot=asked.lost_boot, channel=asked.channel, from_seq=first, to_seq=last)
                for first, last in gaps
            ),
        )

    def forget(self) -> None:
        """A power cut: nothing kept survives it."""
        for kept in self._kept.values():
            kept.clear()
        self._used.clear()


def _gaps(from_seq: int, to_seq: int, found: tuple[Message, ...]) -> Iterator[tuple[int, int]]:
    """First and last of each run of numbers, bounds included, that no message has; they come in order."""
    for message in found:
        if from_seq < message.seq:
            yield from_seq, message.seq - 1
        from_seq = message.seq + 1
    if from_seq <= to_seq:
        yield from_seq, to_seq
