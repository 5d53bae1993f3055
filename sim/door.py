"""A door: restraint, the door itself and its leveller, and who is in the cell behind it, robots and people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.endpoint import Endpoint
from twin.ids import Address
from twin.messages.door import (
    DoorClosed,
    DoorData,
    DoorOpened,
    DoorPeopleData,
    DoorState,
    DoorStateData,
    LevellerLowered,
    LevellerStored,
    PersonEntered,
    PersonLeft,
    RestraintEngaged,
    RestraintReleased,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import simpy

    from sim.gateway import Gateway
    from sim.kernel import Kernel
    from sim.plan import DockPlan
    from sim.robot import Robot
    from sim.trailer import Trailer
    from twin.messages.envelope import Event
    from twin.site import Door as DoorPlan


class Door:
    """One door. `trailer`: the one on its way to it, at it or leaving it; `robots_inside`: by id, dead ones too."""

    def __init__(self, kernel: Kernel, gateway: Gateway, *, site: str, plan: DoorPlan, dock: DockPlan) -> None:
        self._kernel = kernel
        self._dock = dock
        self._endpoint = Endpoint(
            kernel,
            gateway,
            site=site,
            address=Address("door", plan.door_id),
            report=self.report,
        )
        self._is_letting_go = False
        self._clear: simpy.Event | None = None
        self.plan = plan
        self.trailer: Trailer | None = None
        self.is_restrained = False
        self.is_open = False
        self.is_leveller_down = False
        self.robots_inside: dict[str, Robot] = {}
        self.people_inside = 0

    @property
    def may_be_entered(self) -> bool:
        """Whether a trailer stands here, held fast, behind an open door with its leveller down, and is to stay."""
        is_ready = self.is_restrained and self.is_open and self.is_leveller_down
        return self.trailer is not None and is_ready and not self._is_letting_go

    # -- a trailer comes and goes -----------------------------------------------------------------------------------

    def make_ready(self, *, causation_id: str) -> None:
        """Engage the restraint, open the door, lower the leveller."""

        def engage() -> None:
            self.is_restrained = True
            engaged = self._say(RestraintEngaged, causation_id)
            self._kernel.after(self._dock.door_us, lambda: open_up(engaged.id))

        def open_up(cause: str) -> None:
            self.is_open = True
            opened = self._say(DoorOpened, cause)
            self._kernel.after(self._dock.leveller_us, lambda: lower(opened.id))

        def lower(cause: str) -> None:
            self.is_leveller_down = True
            self._say(LevellerLowered, cause)

        self._kernel.after(self._dock.restraint_us, engage)

    def let_go(self, then: Callable[[str], None], *, causation_id: str) -> None:
        """Store the leveller, close the door, release the restraint; then call `then` with the last message's id."""
        self._is_letting_go = True

        def store() -> None:
            self.is_leveller_down = False
            stored = self._say(LevellerStored, causation_id)
            self._kernel.after(self._dock.door_us, lambda: close(stored.id))

        def close(cause: str) -> None:
            self.is_open = False
            closed = self._say(DoorClosed, cause)
            self._kernel.after(self._dock.restraint_us, lambda: release(closed.id))

        def release(cause: str) -> None:
            assert not self.robots_inside, "no trailer is released with a robot inside"
            assert not self.people_inside, "no trailer is released with a person inside"
            self.is_restrained = self._is_letting_go = False
            then(self._say(RestraintReleased, cause).id)

        self._kernel.after(self._dock.leveller_us, store)

    # -- people in the cell -----------------------------------------------------------------------------------------

    def person_enters(self, *, causation_id: str | None = None) -> bool:
        """A person steps into the cell, and nothing moves in it any more; False: it cannot be entered."""
        if not self.may_be_entered:
            return False
        self.people_inside += 1
        self._say_people(PersonEntered, causation_id)
        if self.people_inside == 1:
            for robot in self.robots_inside.values():
                if not robot.is_dead:
                    robot.stops.begin("field")
        return True

    def person_leaves(self, *, causation_id: str | None = None) -> None:
        """A person leaves the cell; after the last one what stood in it goes on."""
        assert self.people_inside, "nobody is in the cell"
        self.people_inside -= 1
        self._say_people(PersonLeft, causation_id)
        if self.people_inside:
            return
        for robot in list(self.robots_inside.values()):
            if not robot.is_dead:
                robot.stops.end("field")
        if self._clear is not None:
            clear, self._clear = self._clear, None
            clear.succeed()

    def clear(self) -> simpy.Event:
        """Happens when the last person has left the cell; who wants to enter looks again then."""
        if self._clear is None:
            self._clear = self._kernel.event()
        return self._clear

    # -- what it says -----------------------------------------------------------------------------------------------

    def report(self) -> None:
        """Publish the state."""
        self._endpoint.emit(
            DoorState,
            DoorStateData(
                **self._endpoint.last_seqs(),
                trailer_id=self._standing_id,
                is_restrained=self.is_restrained,
                is_open=self.is_open,
                is_leveller_down=self.is_leveller_down,
                people_inside=self.people_inside,
            ),
        )

    def _say(self, message_type: type[Event], causation_id: str) -> Event:
        trailer = self.trailer
        assert trailer is not None, "no trailer stands here"
        data = DoorData(trailer_id=trailer.trailer_id)
        return self._endpoint.emit(message_type, data, correlation_id=trailer.order_id, causation_id=causation_id)

    def _say_people(self, message_type: type[Event], causation_id: str | None) -> None:
        assert self.trailer is not None, "nobody is in a cell without a trailer"
        data = DoorPeopleData(people_inside=self.people_inside, trailer_id=self._standing_id)
        self._endpoint.emit(message_type, data, correlation_id=self.trailer.order_id, causation_id=causation_id)

    @property
    def _standing_id(self) -> str | None:
        trailer = self.trailer
        return None if trailer is None or trailer.docked_us is None else trailer.trailer_id
