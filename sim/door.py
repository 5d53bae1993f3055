"""A door: the restraint that holds a trailer, the door itself, and who is in the trailer behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.endpoint import Endpoint
from twin.ids import Address
from twin.messages.door import DoorClosed, DoorData, DoorOpened, RestraintEngaged, RestraintReleased

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.gateway import Gateway
    from sim.kernel import Kernel
    from sim.plan import DockPlan
    from sim.truth import Trailer
    from twin.site import Door as DoorPlan


class Door:
    """One door. `trailer`: the one on its way to it, at it or leaving it; `robots_inside`: by id, dead ones too."""

    def __init__(self, kernel: Kernel, gateway: Gateway, *, site: str, plan: DoorPlan, dock: DockPlan) -> None:
        self._kernel = kernel
        self._dock = dock
        self._endpoint = Endpoint(kernel, gateway, site=site, address=Address("door", plan.door_id))
        self.plan = plan
        self.trailer: Trailer | None = None
        self.is_restrained = False
        self.is_open = False
        self.robots_inside: set[str] = set()

    @property
    def may_be_entered(self) -> bool:
        """Whether a trailer stands here, held fast, behind an open door."""
        return self.trailer is not None and self.is_restrained and self.is_open

    def make_ready(self, *, causation_id: str) -> None:
        """Engage the restraint, then open the door."""
        trailer = self._docked
        correlation_id = trailer.order_id
        data = DoorData(trailer_id=trailer.trailer_id)

        def engage() -> None:
            self.is_restrained = True
            engaged = self._endpoint.emit(
                RestraintEngaged, data, correlation_id=correlation_id, causation_id=causation_id
            )
            self._kernel.after(self._dock.door_us, lambda: open_up(engaged.id))

        def open_up(cause: str) -> None:
            self.is_open = True
            self._endpoint.emit(DoorOpened, data, correlation_id=correlation_id, causation_id=cause)

        self._kernel.after(self._dock.restraint_us, engage)

    def let_go(self, then: Callable[[str], None], *, causation_id: str) -> None:
        """Close the door, release the restraint, then call `then` with the id of the last message."""
        trailer = self._docked
        correlation_id = trailer.order_id
        data = DoorData(trailer_id=trailer.trailer_id)
        self.is_open = False

        def close() -> None:
            closed = self._endpoint.emit(DoorClosed, data, correlation_id=correlation_id, causation_id=causation_id)
            self._kernel.after(self._dock.restraint_us, lambda: release(closed.id))

        def release(cause: str) -> None:
            assert not self.robots_inside, "no trailer is released with a robot inside"
            self.is_restrained = False
            released = self._endpoint.emit(RestraintReleased, data, correlation_id=correlation_id, causation_id=cause)
            then(released.id)

        self._kernel.after(self._dock.door_us, close)

    @property
    def _docked(self) -> Trailer:
        assert self.trailer is not None, "no trailer stands here"
        return self.trailer
