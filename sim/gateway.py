"""The gateway: all that leaves the simulator and all that reaches it goes through the link here.

Uplinks wait in a heap in canonical order (docs/architecture.md, "Time") until the driver takes them. Downlinks
wait until the least latency is over, the first instant at which their fate can be drawn whatever the driver's windows
were, and then until they take effect.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Protocol

from sim.link import Direction, Way, least_us
from twin.clock import NEVER_US
from twin.ids import DURABLE_CHANNELS
from twin.participant import Delivery, delivery_of

if TYPE_CHECKING:
    from sim.kernel import Kernel
    from sim.link import Loss
    from sim.plan import DayPlan, LinkPlan
    from twin.messages.envelope import Message
    from twin.rng import Draws

_Uplink = tuple[int, str, int, str, int, int, int, "Message", int]
"""Arrival, source, boot, channel, seq, transmission, copy: the canonical order. Then the message; when it was sent."""

_Downlink = tuple[int, bool, str, int, str, str, int, int, int, "Message"]
"""Instant, whether its fate is drawn, source, boot, target, channel, seq, transmission, copy: canonical order; the
message. Each channel counts its seq for itself. The transmissions of all messages are counted through."""


class Receiver(Protocol):
    """Who hears what is sent to one address."""

    def receive(self, message: Message) -> None:
        """A message takes effect now."""


def least_latency_us(plan: DayPlan, direction: Direction) -> int:
    """The least latency of any link on any part of the day."""
    links = [plan.link]
    links += [action.link for action in plan.timeline if action.link is not None]
    links += [fault.link for fault in plan.random_faults if fault.link is not None]
    return min(least_us(link, direction) for link in links)


class Gateway:
    """The heaps between the simulated entities and the driver, and both directions of every entity's link."""

    def __init__(self, kernel: Kernel, plan: DayPlan, draws: Draws) -> None:
        self._kernel = kernel
        self._plan = plan
        self._draws = draws
        self.uplink_least_us = kernel.rounded_us(least_latency_us(plan, "up"))
        self.downlink_least_us = kernel.rounded_us(least_latency_us(plan, "down"))
        self.answer_us = self.downlink_least_us + plan.site.decision_latency_us
        """The soonest that what arrives can have an effect: the backend's declared latency and the way back."""
        self._receivers: dict[str, Receiver] = {}
        self._ways: dict[tuple[str, Direction], Way] = {}
        self._uplinks: list[_Uplink] = []
        self._downlinks: list[_Downlink] = []
        self._transmissions = 0
        self.horizon_us = NEVER_US
        """What the world may run to; an emission lowers it."""
        self.next_effect_us = NEVER_US
        """When the next downlink has to be looked at, `NEVER_US` if there is none."""

    # -- the link ---------------------------------------------------------------------------------------------------

    def connect(self, address: str, receiver: Receiver) -> None:
        """From now on `receiver` hears what is sent to `address` (`robot/r5`)."""
        self._receivers[address] = receiver

    def way(self, address: str, direction: Direction) -> Way:
        """One direction of the link of an entity."""
        way = self._ways.get((address, direction))
        if way is None:
            way = Way(entity=address, direction=direction, plan=self._plan.link, draws=self._draws)
            self._ways[address, direction] = way
        return way

    def change_link(self, address: str, plan: LinkPlan | None) -> None:
        """The link of an entity follows `plan` from now on; None: the day's own again."""
        for direction in ("up", "down"):
            self.way(address, direction).change(plan or self._plan.link)

    def silence(self, address: str, until_us: int) -> None:
        """Nothing passes to or from the entity before `until_us`."""
        for direction in ("up", "down"):
            self.way(address, direction).silence(until_us)

    def lose(self, address: str, loss: Loss) -> None:
        """What goes to and from the entity is lost as `loss` says, until `lose_no_more`."""
        for direction in ("up", "down"):
            self.way(address, direction).lose(loss)

    def lose_no_more(self, address: str, loss: Loss) -> None:
        """That is over."""
        for direction in ("up", "down"):
            self.way(address, direction).lose_no_more(loss)

    # -- up ---------------------------------------------------------------------------------------------------------

    def send(self, way: Way, message: Message, *, transmission: int = 1) -> bool:
        """Put a message on the entity's uplink now; returns whether it is lost for good, and to be forgotten."""
        now_us = self._kernel.now_us
        if now_us >= way.clear_from_us:
            self._put_up(message, sent_us=now_us, at_us=now_us + way.least_us, transmission=transmission)
            return False
        flights = way.flights(now_us, is_durable=message.CHANNEL in DURABLE_CHANNELS)
        if way.losses and way.loses(message.type):
            return True
        for copy, (sent_us, at_us) in enumerate(flights):
            self._put_up(message, sent_us=sent_us, at_us=at_us, transmission=transmission, copy=copy)
        return False

    def _put_up(self, message: Message, *, sent_us: int, at_us: int, transmission: int, copy: int = 0) -> None:
        kernel = self._kernel
        now_us = kernel.now_us
        arrival_us = at_us if kernel.grid_us == 1 else now_us + kernel.rounded_us(at_us - now_us)
        assert arrival_us - now_us >= self.uplink_least_us, "nothing arrives before the least latency"
        source, channel = message.source, message.CHANNEL
        heappush(
            self._uplinks,
            (arrival_us, source, message.boot, channel, message.seq, transmission, copy, message, sent_us),
        )
        answer_us = arrival_us + self.answer_us
        if answer_us < self.horizon_us:  # noqa: PLR1730 - for every message: a call costs three times as much
            self.horizon_us = answer_us

    def lose_unsent(self, source: str, boot: int) -> None:
        """What this boot of a source has not transmitted yet is lost with it; another machine of its name goes on."""
        now_us = self._kernel.now_us
        self._uplinks = [entry for entry in self._uplinks if entry[1:3] != (source, boot) or entry[8] <= now_us]
        heapify(self._uplinks)

    @property
    def first_arrival_us(self) -> int:
        """The earliest arrival nobody has taken, `NEVER_US` if there is none."""
        return self._uplinks[0][0] if self._uplinks else NEVER_US

    def under_way(self) -> tuple[set[str], set[str]]:
        """The sources of which durable messages are under way, and of which states are."""
        durable: set[str] = set()
        states: set[str] = set()
        for _, source, _, channel, *_ in self._uplinks:
            (durable if channel in DURABLE_CHANNELS else states).add(source)
        return durable, states

    def told(self) -> set[str]:
        """The addresses to which something is under way."""
        return {entry[4] for entry in self._downlinks}

    def take_arrivals(self, before_us: int) -> list[Delivery]:
        """All arrivals before `before_us`, in canonical order."""
        taken: list[Delivery] = []
        uplinks = self._uplinks
        while uplinks and uplinks[0][0] < before_us:
            at_us, _, _, _, _, _, _, message, _ = heappop(uplinks)
            taken.append(delivery_of((at_us, message)))
        return taken

    # -- down -------------------------------------------------------------------------------------------------------

    def deliver(self, at_us: int, message: Message, target: str) -> int:
        """The backend has published a message for `target` at `at_us`; returns when it can have an effect."""
        self._transmissions += 1
        heard_us = at_us + self.answer_us
        source, channel = message.source, message.CHANNEL
        heappush(
            self._downlinks,
            (heard_us, False, source, message.boot, target, channel, message.seq, self._transmissions, 0, message),
        )
        self.next_effect_us = self._downlinks[0][0]
        return heard_us

    def take_effect(self) -> None:
        """Everything that takes effect at the kernel's instant does, in canonical order."""
        now_us = self._kernel.now_us
        downlinks = self._downlinks
        while downlinks and downlinks[0][0] == now_us:
            at_us, is_drawn, source, boot, target, channel, seq, transmission, _, message = heappop(downlinks)
            if is_drawn:
                self._receivers[target].receive(message)
                continue
            way = self.way(target, "down")
            flights = way.flights(now_us, is_durable=channel in DURABLE_CHANNELS)
            if way.losses and way.loses(message.type):
                continue
            for number, flight in enumerate(flights):
                # The least latency of all links is behind it already.
                effect_us = at_us + self._kernel.rounded_us(flight.at_us - at_us - self.downlink_least_us)
                heappush(
                    downlinks, (effect_us, True, source, boot, target, channel, seq, transmission, number, message)
                )
        self.next_effect_us = downlinks[0][0] if downlinks else NEVER_US
