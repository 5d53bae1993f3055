"""The sorter: all conveyors merge into it. It takes the head that has waited longest, at most so many an hour."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from sim.endpoint import Endpoint
from sim.jam import Jam
from twin.clock import us
from twin.ids import Address
from twin.messages.sorter import SorterCleared, SorterData, SorterJammed, SorterState, SorterStateData

if TYPE_CHECKING:
    import simpy

    from sim.conveyor import Conveyor
    from sim.gateway import Gateway
    from sim.kernel import Kernel

_S_PER_H = 3600.0


class Sorter:
    """One sorter. `cases_sorted`: those it has taken."""

    def __init__(self, kernel: Kernel, gateway: Gateway, *, site: str, sorter_id: str, rate_per_h: float) -> None:
        self._kernel = kernel
        self._endpoint = Endpoint(kernel, gateway, site=site, address=Address("sorter", sorter_id), report=self.report)
        self._slot_us = kernel.rounded_us(max(us(_S_PER_H / rate_per_h), 1))
        self._conveyors: list[Conveyor] = []
        self._heads: list[tuple[int, int]] = []
        """A heap of who waits: since when, number of the conveyor. So those of one instant go in the site's order."""
        self._free_us = kernel.now_us
        """When it can take the next case."""
        self._merge: simpy.Event | None = None
        self._jam = Jam(kernel, self.clear)
        self.sorter_id = sorter_id
        self.rate_per_h = rate_per_h
        self.cases_sorted = 0

    @property
    def is_jammed(self) -> bool:
        """Whether it takes nothing."""
        return self._jam.since_us is not None

    def report(self) -> None:
        """Publish the state."""
        data = SorterStateData(
            **self._endpoint.last_seqs(),
            sorter_state="JAMMED" if self.is_jammed else "RUNNING",
            cases_sorted=self.cases_sorted,
            rate_per_h=self.rate_per_h,
        )
        self._endpoint.emit(SorterState, data)

    # -- the conveyors ----------------------------------------------------------------------------------------------

    def join(self, conveyor: Conveyor) -> int:
        """The conveyor ends here from now on; returns its number, by which it asks."""
        self._conveyors.append(conveyor)
        return len(self._conveyors) - 1

    def ask(self, number: int) -> None:
        """The head of this conveyor is at the end and waits."""
        heappush(self._heads, (self._kernel.now_us, number))
        self._await_merge()

    def withdraw(self, number: int) -> None:
        """The conveyor has jammed: its head cannot come now."""
        self._heads = [head for head in self._heads if head[1] != number]
        heapify(self._heads)

    def _await_merge(self) -> None:
        if self._merge is not None or self.is_jammed or not self._heads:
            return
        # Not at once, even if it is free: the heads of this instant all ask before one is taken.
        self._merge = self._kernel.timeout(max(self._free_us - self._kernel.now_us, 0))
        self._merge.callbacks.append(self._merges)

    def _merges(self, event: simpy.Event) -> None:
        if event is not self._merge:
            return  # it has jammed since
        self._merge = None
        if not self._heads:
            return  # the belt of the one that waited has jammed
        _, number = heappop(self._heads)
        self._free_us = self._kernel.now_us + self._slot_us
        self.cases_sorted += 1
        self._conveyors[number].let_go()
        self._await_merge()

    # -- what stops it ----------------------------------------------------------------------------------------------

    def jam(self, *, for_us: int | None) -> None:
        """It goes down; None: until people clear it."""
        if self.is_jammed:
            return
        self._merge = None
        self._endpoint.emit(SorterJammed, SorterData())
        self._jam.begin(for_us)

    def clear(self, *, causation_id: str | None = None) -> None:
        """It runs again; `causation_id`: the request that sent people to it."""
        if not self.is_jammed:
            return
        self._jam.end()
        self._endpoint.emit(SorterCleared, SorterData(), causation_id=causation_id)
        self._await_merge()
