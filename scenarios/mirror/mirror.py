"""Looks at both sides every so often, and keeps what is believed and is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.mirror import equipment, robots
from scenarios.mirror.look import EVERY_US, Look, Memory

if TYPE_CHECKING:
    from backend.restarts import RestartingBackend
    from backend.services.site import SiteBackend
    from sim.dock import Dock
    from sim.link import Way
    from sim.world import World
    from twin.run_control import Violation


class Mirror:
    """Of one run. `next_us`: when to look next."""

    def __init__(self, world: World, backend: SiteBackend | RestartingBackend, *, start_us: int) -> None:
        self.next_us = start_us + EVERY_US
        self._dock = world.dock
        self._backend = backend
        self._memory = Memory()
        self._ways = _ways(world.dock)
        self._trailers = dict(world.dock.trailers)
        """Those to which something may still happen."""

    @property
    def violations(self) -> list[Violation]:
        """What was believed and was not so."""
        return self._memory.violations

    def look(self, now_us: int) -> None:
        """The backend has handled all that arrives before `now_us`."""
        self.next_us = now_us + EVERY_US
        self._note_radio(now_us)
        look = Look(self._dock, self._backend.state, self._backend.settings.timeouts, self._memory, now_us=now_us)
        equipment.compare_doors(look)
        equipment.compare_belts(look)
        for trailer in list(self._trailers.values()):
            if equipment.compare_trailer(look, trailer):
                del self._trailers[trailer.trailer_id]
        for robot in self._dock.robots.values():
            robots.compare_robot(look, robot)
        self._memory.differences = look.differences

    def _note_radio(self, now_us: int) -> None:
        for address, way in self._ways:
            if way.clear_from_us > now_us:
                self._memory.bad_us[address] = now_us
                if way.losses:
                    self._memory.lossy_us[address] = now_us


def _ways(dock: Dock) -> list[tuple[str, Way]]:
    """What each entity says goes this way."""
    addresses = [f"yard/{dock.plan.site.yard_id}"]
    for kind, entities in (
        ("door", dock.doors),
        ("conveyor", dock.conveyors),
        ("robot", dock.robots),
        ("operator", dock.operators.pools),
    ):
        addresses += [f"{kind}/{entity}" for entity in entities]
    if dock.sorter is not None:
        addresses.append(f"sorter/{dock.sorter.sorter_id}")
    return [(address, dock.gateway.way(address, "up")) for address in addresses]
