"""A conveyor: from its door to induction, where the barcodes are read. A jam stops the belt and all that lies on it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from sim import assumptions
from sim.endpoint import Endpoint
from sim.load.load import LabelFault
from twin.ids import Address
from twin.messages.case import CaseIdentified, CaseIdentifiedData, CaseUnreadable, CaseUnreadableData
from twin.messages.conveyor import ConveyorCleared, ConveyorData, ConveyorJammed

if TYPE_CHECKING:
    import simpy

    from sim.gateway import Gateway
    from sim.kernel import Kernel
    from sim.truth import Case, Trailer


class _Riding(NamedTuple):
    """A case on the belt; `due_us`: at induction, by the belt's own clock."""

    due_us: int
    case: Case
    trailer: Trailer
    track_id: str
    placed_id: str


class Conveyor:
    """One belt. Its own clock stands while it is jammed. `misreads`: so many of the next cases are not read."""

    def __init__(self, kernel: Kernel, gateway: Gateway, *, site: str, conveyor_id: str, transit_us: int) -> None:
        self._kernel = kernel
        self._endpoint = Endpoint(kernel, gateway, site=site, address=Address("conveyor", conveyor_id))
        self._transit_us = kernel.rounded_us(transit_us)
        self._riding: deque[_Riding] = deque()
        self._arrival: simpy.Event | None = None
        self._stood_us = 0
        """How long it has stood in all."""
        self._jammed_since_us: int | None = None
        self._room: simpy.Event | None = None
        self.conveyor_id = conveyor_id
        self.misreads = 0
        self.delivered = 0

    @property
    def is_jammed(self) -> bool:
        """Whether the belt stands."""
        return self._jammed_since_us is not None

    @property
    def has_room(self) -> bool:
        """Whether a case can be placed now."""
        return self._jammed_since_us is None and len(self._riding) < assumptions.CONVEYOR_CAPACITY

    def room(self) -> simpy.Event:
        """Happens when there may be room again."""
        if self._room is None:
            self._room = self._kernel.event()
        return self._room

    def take(self, case: Case, trailer: Trailer, *, placed_id: str) -> None:
        """A robot has placed a case; the message `placed_id` said so."""
        assert self.has_room, "nothing is placed on a belt that is full or stands"
        assert case.track_id is not None, "a robot takes what it has seen"
        case.whereabouts = "on_conveyor"
        due_us = self._kernel.now_us - self._stood_us + self._transit_us
        self._riding.append(_Riding(due_us, case, trailer, case.track_id, placed_id))
        if self._arrival is None:
            self._await_next()

    def jam(self, *, for_us: int | None) -> None:
        """The belt stops; None: until people clear it."""
        if self.is_jammed:
            return
        self._jammed_since_us = self._kernel.now_us
        self._arrival = None
        self._endpoint.emit(ConveyorJammed, ConveyorData())
        if for_us is not None:
            self._kernel.after(for_us, self.clear)

    def clear(self, *, causation_id: str | None = None) -> None:
        """The belt runs again; `causation_id`: the request that sent people to it."""
        if self._jammed_since_us is None:
            return
        self._stood_us += self._kernel.now_us - self._jammed_since_us
        self._jammed_since_us = None
        self._endpoint.emit(ConveyorCleared, ConveyorData(), causation_id=causation_id)
        if self._riding:
            self._await_next()
        self._tell_room()

    def _await_next(self) -> None:
        due_us = self._riding[0].due_us + self._stood_us
        self._arrival = self._kernel.timeout(due_us - self._kernel.now_us)
        self._arrival.callbacks.append(self._arrives)

    def _arrives(self, event: simpy.Event) -> None:
        if event is not self._arrival:
            return  # the belt has stood since
        self._arrival = None
        self._induct(self._riding.popleft())
        if self._riding:
            self._await_next()
        self._tell_room()

    def _induct(self, riding: _Riding) -> None:
        case, trailer = riding.case, riding.trailer
        case.whereabouts = "delivered"
        self.delivered += 1
        if self.misreads or case.loaded.fault is LabelFault.UNREADABLE:
            self.misreads -= bool(self.misreads)
            self._endpoint.emit(
                CaseUnreadable,
                CaseUnreadableData(trailer_id=trailer.trailer_id, track_id=riding.track_id),
                correlation_id=trailer.order_id,
                causation_id=riding.placed_id,
            )
            return
        self._endpoint.emit(
            CaseIdentified,
            CaseIdentifiedData(trailer_id=trailer.trailer_id, track_id=riding.track_id, label=case.loaded.label),
            correlation_id=trailer.order_id,
            causation_id=riding.placed_id,
        )

    def _tell_room(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            room.succeed()
