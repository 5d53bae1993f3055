"""What a publisher keeps of its durable messages, to send them again when a gap is asked for."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from twin.ids import DURABLE_CHANNELS
from twin.messages.envelope import Message
from twin.messages.robot import EventsLostData, ResendData

KEPT_PER_CHANNEL = 2048
"""More than an hour of one robot's events: 800 cases an hour, two events a case."""


class Resent(NamedTuple):
    """The answer to a resend: messages identical to the byte, in order; and which of the asked ones are lost."""

    messages: tuple[Message, ...]
    lost: EventsLostData | None


class ResendBuffer:
    """Keeps the last `bound` messages of each durable channel, over boots as long as the process lives."""

    __slots__ = ("_kept",)

    def __init__(self, bound: int = KEPT_PER_CHANNEL) -> None:
        assert bound > 0
        self._kept: dict[str, deque[Message]] = {channel: deque(maxlen=bound) for channel in DURABLE_CHANNELS}

    def keep(self, message: Message) -> None:
        """Remember what is being published; other channels than the durable ones are not kept."""
        kept = self._kept.get(message.CHANNEL)
        if kept is not None:
            kept.append(message)

    def answer(self, asked: ResendData) -> Resent:
        """What can be sent again, and which are lost; numbers not yet used are neither.

        A boot of which nothing is kept is lost as far as it was asked for.
        """
        of_boot = [message for message in self._kept[asked.channel] if message.boot == asked.lost_boot]
        found = tuple(message for message in of_boot if asked.from_seq <= message.seq <= asked.to_seq)
        first_kept = of_boot[0].seq if of_boot else asked.to_seq + 1
        lost_to = min(asked.to_seq, first_kept - 1)
        if lost_to < asked.from_seq:
            return Resent(found, None)
        return Resent(
            found,
            EventsLostData(lost_boot=asked.lost_boot, channel=asked.channel, from_seq=asked.from_seq, to_seq=lost_to),
        )

    def forget(self) -> None:
        """A power cut: nothing kept survives it."""
        for kept in self._kept.values():
            kept.clear()
