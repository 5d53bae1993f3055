"""A conveyor: from its door to induction, where the barcodes are read, or onto the sorter. Cases queue behind its head.

The belt has a clock of its own, which stands while it is jammed, and all that lies on it stands with it. A case moves
at the belt's speed until it is at the end or a pitch behind the one before it. So it is at the end when its transit is
over, but not before a pitch after the one before has left; and there is room for it at the beginning when the last one
placed has moved on by a pitch, and fewer lie there than fit.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from sim import assumptions
from sim.endpoint import Endpoint
from sim.jam import Jam
from sim.load.load import LabelFault
from twin.clock import us
from twin.ids import Address
from twin.messages.case import CaseIdentified, CaseIdentifiedData, CaseUnreadable, CaseUnreadableData
from twin.messages.conveyor import (
    ConveyorBlocked,
    ConveyorCleared,
    ConveyorData,
    ConveyorJammed,
    ConveyorState,
    ConveyorStateData,
    ConveyorUnblocked,
)

if TYPE_CHECKING:
    import simpy

    from sim.case import Case
    from sim.gateway import Gateway
    from sim.kernel import Kernel
    from sim.sorter import Sorter
    from sim.trailer import Trailer


class _Riding(NamedTuple):
    """A case on the belt; `due_us`: when it is at the end if no case waits there, by the belt's own clock."""

    due_us: int
    case: Case
    trailer: Trailer
    track_id: str
    placed_id: str


class Conveyor:
    """One belt. `misreads`: so many of the next cases are not read. `cases_inducted`: those it has passed on."""

    def __init__(
        self,
        kernel: Kernel,
        gateway: Gateway,
        *,
        site: str,
        conveyor_id: str,
        length_m: float,
        speed_m_per_s: float,
        sorter: Sorter | None = None,
    ) -> None:
        self._kernel = kernel
        self._endpoint = Endpoint(
            kernel, gateway, site=site, address=Address("conveyor", conveyor_id), report=self.report
        )
        length_m = max(length_m, assumptions.CASE_PITCH_M)  # a case is not on the next thing before it is on this
        self._transit_us = kernel.rounded_us(max(us(length_m / speed_m_per_s), 1))
        self._pitch_us = kernel.rounded_us(max(us(assumptions.CASE_PITCH_M / speed_m_per_s), 1))
        self._riding: deque[_Riding] = deque()
        self._clear_us = kernel.now_us
        """By the belt's clock: when the last one placed has moved on by a pitch."""
        self._arrival: simpy.Event | None = None
        self._is_head_waiting = False
        self._is_blocked = False
        self._stood_us = 0
        """How long it has stood in all."""
        self._jam = Jam(kernel, self.clear)
        self._room: simpy.Event | None = None
        self._sorter = sorter
        self._number = 0 if sorter is None else sorter.join(self)
        self.conveyor_id = conveyor_id
        self.capacity = int(length_m / assumptions.CASE_PITCH_M)
        self.misreads = 0
        self.cases_inducted = 0

    @property
    def is_jammed(self) -> bool:
        """Whether the belt stands."""
        return self._jam.since_us is not None

    @property
    def is_blocked(self) -> bool:
        """Whether it is full because what comes behind it takes nothing."""
        return self._is_blocked

    @property
    def cases_on_belt(self) -> int:
        """Cases placed and not passed on."""
        return len(self._riding)

    @property
    def has_room(self) -> bool:
        """Whether a case can be placed now."""
        return (
            self._jam.since_us is None
            and len(self._riding) < self.capacity
            and self._kernel.now_us - self._stood_us >= self._clear_us
        )

    def room(self) -> simpy.Event:
        """Happens when there may be room again."""
        if self._room is None:
            self._room = self._kernel.event()
            self._await_clearance()
        return self._room

    def report(self) -> None:
        """Publish the state."""
        data = ConveyorStateData(
            **self._endpoint.last_seqs(),
            conveyor_state="JAMMED" if self.is_jammed else "BLOCKED" if self._is_blocked else "RUNNING",
            cases_on_belt=len(self._riding),
            cases_inducted=self.cases_inducted,
        )
        self._endpoint.emit(ConveyorState, data)

    # -- what comes and goes ----------------------------------------------------------------------------------------

    def take(self, case: Case, trailer: Trailer, *, placed_id: str) -> None:
        """A robot has placed a case; the message `placed_id` said so."""
        belt_us = self._kernel.now_us - self._stood_us
        assert self.has_room, "nothing is placed on a belt that is full or stands"
        assert case.track_id is not None, "a robot takes what it has seen"
        case.whereabouts = "on_conveyor"
        self._riding.append(_Riding(belt_us + self._transit_us, case, trailer, case.track_id, placed_id))
        self._clear_us = belt_us + self._pitch_us
        if self._is_head_waiting:
            self._block_if_full()
        elif self._arrival is None:
            self._await_head()

    def let_go(self) -> None:
        """The sorter takes the head, which waits at the end."""
        assert self._is_head_waiting, "only a head that is at the end can be taken"
        self._is_head_waiting = False
        if len(self._riding) > 1:
            self._keep_pitch()
        self._pass_on()
        if self._is_blocked:
            self._is_blocked = False
            self._endpoint.emit(ConveyorUnblocked, ConveyorData())

    def _keep_pitch(self) -> None:
        """The case behind the head has come up to it: it is at the end a pitch later, whenever its transit is over."""
        behind = self._riding[1]
        least_us = self._kernel.now_us - self._stood_us + self._pitch_us
        if behind.due_us < least_us:
            self._riding[1] = behind._replace(due_us=least_us)

    def _await_head(self) -> None:
        """Wait until the head is at the end."""
        wait_us = self._riding[0].due_us + self._stood_us - self._kernel.now_us
        self._arrival = self._kernel.wake(wait_us, self._arrives)

    def _arrives(self, event: simpy.Event) -> None:
        if event is not self._arrival:
            return  # the belt has stood since
        self._arrival = None
        if self._sorter is None:
            self._pass_on()
            return
        self._is_head_waiting = True
        self._sorter.ask(self._number)
        self._block_if_full()

    def _pass_on(self) -> None:
        self._induct(self._riding.popleft())
        if self._riding:
            self._await_head()
        if self._room is not None:
            self._tell_room()

    def _induct(self, riding: _Riding) -> None:
        case, trailer = riding.case, riding.trailer
        case.whereabouts = "delivered"
        self.cases_inducted += 1
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

    # -- what stops it ----------------------------------------------------------------------------------------------

    def jam(self, *, for_us: int | None) -> None:
        """The belt stops; None: until people clear it."""
        if self.is_jammed:
            return
        self._arrival = None
        if self._is_head_waiting and self._sorter is not None:
            self._sorter.withdraw(self._number)
        self._endpoint.emit(ConveyorJammed, ConveyorData())
        self._jam.begin(for_us)

    def clear(self, *, causation_id: str | None = None) -> None:
        """The belt runs again; `causation_id`: the request that sent people to it."""
        if self._jam.since_us is None:
            return
        self._stood_us += self._kernel.now_us - self._jam.since_us
        self._jam.end()
        self._endpoint.emit(ConveyorCleared, ConveyorData(), causation_id=causation_id)
        if self._is_head_waiting and self._sorter is not None:
            self._sorter.ask(self._number)
        elif self._riding:
            self._await_head()
        self._tell_room()

    # -- who waits for room -----------------------------------------------------------------------------------------

    def _block_if_full(self) -> None:
        if len(self._riding) == self.capacity:
            # Not at once: the sorter may take the head at this very instant.
            self._kernel.timeout(0).callbacks.append(self._blocks)

    def _blocks(self, _event: simpy.Event) -> None:
        if self._is_head_waiting and len(self._riding) == self.capacity and not self._is_blocked:
            self._is_blocked = True
            self._endpoint.emit(ConveyorBlocked, ConveyorData())

    def _await_clearance(self) -> None:
        """If the last one placed is all that is in the way, there is room once it has moved on."""
        if self.is_jammed or len(self._riding) >= self.capacity:
            return
        wait_us = self._clear_us + self._stood_us - self._kernel.now_us
        self._kernel.timeout(max(wait_us, 0)).callbacks.append(lambda _event: self._tell_room())

    def _tell_room(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            room.succeed()
