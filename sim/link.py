"""The radio: latency, loss, duplication, reordering, silence. Both directions of every entity live here.

One random stream per entity and direction, drawn in that sender's order of transmission: the same number of draws for
each, and none where there is nothing to draw, on a clear link or for what is lost in silence. On durable channels a
loss is a late arrival, on the others a loss. What a `Loss` takes is gone whatever its channel: it has a stream of its
own, so that what else becomes of messages is not moved by it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from twin.clock import NEVER_US
from twin.rng import exponential

if TYPE_CHECKING:
    from random import Random

    from sim.plan import LinkPlan
    from twin.rng import Draws

Direction = Literal["up", "down"]

RETRANSMISSIONS_MAX = 1000
"""Bounds how late a durable message gets on a link that loses everything."""


class Loss(NamedTuple):
    """Messages of these types (none: of all) are lost for good, each with this probability."""

    types: tuple[str, ...]
    share: float


class Flight(NamedTuple):
    """One copy on its way. It leaves the antenna at `sent_us`; until then a crash of the sender destroys it."""

    sent_us: int
    at_us: int


def least_us(plan: LinkPlan, direction: Direction) -> int:
    """The least latency of this direction."""
    return plan.uplink_least_us if direction == "up" else plan.downlink_least_us


class Way:
    """One direction of one entity's link."""

    __slots__ = (
        "_direction",
        "_draws",
        "_entity",
        "_is_clear",
        "_lost",
        "_plan",
        "_random",
        "_silent_until_us",
        "clear_from_us",
        "least_us",
        "losses",
        "lost",
    )

    def __init__(self, *, entity: str, direction: Direction, plan: LinkPlan, draws: Draws) -> None:
        self._entity = entity
        self._direction = direction
        self._draws = draws
        self._lost: Random | None = None
        self.lost = 0
        """Messages lost for good."""
        self.losses: tuple[Loss, ...] = ()
        """Those that last."""
        self._random: Random = draws.stream(f"link.{direction}", entity)
        self._silent_until_us = 0
        self.change(plan)

    def change(self, plan: LinkPlan) -> None:
        """What is sent from now on travels by this plan."""
        self._plan = plan
        self.least_us = least_us(plan, self._direction)
        self._is_clear = not (plan.jitter_us or plan.loss or plan.duplication or plan.reordering)
        self.clear_from_us = self._silent_until_us if self._is_clear and not self.losses else NEVER_US
        """From then on a message arrives once and `least_us` after it is sent: nothing has to be drawn for it."""

    def silence(self, until_us: int) -> None:
        """Nothing passes before `until_us`."""
        self._silent_until_us = max(self._silent_until_us, until_us)
        self.change(self._plan)

    def lose(self, loss: Loss) -> None:
        """What is sent from now on may be lost for good: ask `loses`."""
        self.losses += (loss,)
        self.change(self._plan)

    def lose_no_more(self, loss: Loss) -> None:
        """One such loss is over."""
        at = self.losses.index(loss)
        self.losses = self.losses[:at] + self.losses[at + 1 :]
        self.change(self._plan)

    def loses(self, message_type: str) -> bool:
        """Whether a message of this type is lost for good now: each loss that concerns it draws for itself."""
        if self._lost is None:
            self._lost = self._draws.stream(f"lost.{self._direction}", self._entity)
        concerned = [loss for loss in self.losses if not loss.types or message_type in loss.types]
        is_lost = any([self._lost.random() < loss.share for loss in concerned])  # noqa: C419 - each draws, hit or not
        self.lost += is_lost
        return is_lost

    def flights(self, now_us: int, *, is_durable: bool) -> tuple[Flight, ...]:
        """What becomes of a message sent now: no copy, one or two, each at or after now + the least latency."""
        sent_us = now_us
        if now_us < self._silent_until_us:
            if not is_durable:
                return ()
            sent_us = self._silent_until_us
        if self._is_clear:
            return (Flight(sent_us, sent_us + self.least_us),)
        return self._drawn(sent_us, is_durable=is_durable)

    def _drawn(self, sent_us: int, *, is_durable: bool) -> tuple[Flight, ...]:
        plan, draw = self._plan, self._random.random
        lost, tail, doubled, second_tail, reordered = draw(), draw(), draw(), draw(), draw()
        if lost < plan.loss:
            if not is_durable:
                return ()
            sent_us += _losses(lost, plan.loss) * plan.retransmit_us
        first_us = sent_us + self.least_us + int(exponential(tail, plan.jitter_us))
        if reordered < plan.reordering:
            first_us += plan.reordering_delay_us
        first = Flight(sent_us, first_us)
        if doubled >= plan.duplication:
            return (first,)
        return first, Flight(sent_us, sent_us + self.least_us + int(exponential(second_tail, plan.jitter_us)))


def _losses(uniform: float, loss: float) -> int:
    """Losses in a row, at least one, from a draw below `loss`: each further one has the same probability again."""
    if loss >= 1.0 or uniform <= 0.0:
        return RETRANSMISSIONS_MAX
    return min(int(math.log(uniform) / math.log(loss)), RETRANSMISSIONS_MAX)
