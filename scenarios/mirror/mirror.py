"""Looks at both sides every so often, and keeps what is believed and is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from scenarios.mirror import cases, commands, equipment, people, robots
from scenarios.mirror.look import EVERY_US, Look, Memory
from twin.messages.exception import Role

if TYPE_CHECKING:
    from backend.restarts import RestartingBackend
    from backend.services.site import SiteBackend
    from sim.dock import Dock
    from sim.link import Way
    from sim.trailer import Trailer
    from sim.world import World
    from twin.run_control import Violation

LOOKS_PER_COUNT = 3
"""Cases are many: they are looked at every so many looks."""


class Mirror:
    """Of one run. `next_us`: when to look next."""

    def __init__(self, world: World, backend: SiteBackend | RestartingBackend, *, start_us: int) -> None:
        self.next_us = start_us + EVERY_US
        self._looked_us = start_us
        self._dock = world.dock
        self._backend = backend
        self._memory = Memory()
        self._yard = world.yard
        self._yard_address = str(world.yard.endpoint.address)
        self._checked: set[str] = set()
        self._looks = 0
        self._followed: dict[str, cases.Followed] = {}
        self._ways = _ways(world.dock)
        self._to_come = sorted(world.dock.trailers.values(), key=lambda it: it.plan.arrives_us, reverse=True)
        """The next one last. Of thousands that are announced in the morning each look would look at all."""
        self._trailers: dict[str, Trailer] = {}
        """Those that have come and to which something may still happen."""

    @property
    def violations(self) -> list[Violation]:
        """What was believed and was not so."""
        return self._memory.violations

    def look(self, now_us: int) -> None:
        """The backend has handled all that arrives before `now_us`."""
        self.next_us = now_us + EVERY_US
        self._note_radio(now_us)
        self._looked_us = now_us
        look = Look(self._dock, self._backend.state, self._backend.settings.timeouts, self._memory, now_us=now_us)
        self._note_given_up(look)
        equipment.compare_doors(look)
        equipment.compare_belts(look)
        while self._to_come and self._to_come[-1].plan.arrives_us <= now_us:
            trailer = self._to_come.pop()
            self._trailers[trailer.trailer_id] = trailer
        for trailer_id in sorted(look.state.trailers.keys() - look.dock.trailers.keys()):
            look.same("twin_trailer", f"trailer/{trailer_id}", "known", believed=True, true=False)
        for trailer in list(self._trailers.values()):
            if equipment.compare_trailer(look, trailer, self._checked):
                del self._trailers[trailer.trailer_id]
        for robot in self._dock.robots.values():
            robots.compare_robot(look, robot)
            commands.compare_commands_of(look, robot)
        commands.compare_commands(look, self._yard_address, self._yard.endpoint)
        for role in get_args(Role):
            people.compare_people(look, role)
        people.compare_jams(look)
        if self._looks % LOOKS_PER_COUNT == 0:
            self._compare_cases(look)
        else:
            look.keep(cases.CODE)
        self._looks += 1
        self._memory.differences = look.differences

    def _compare_cases(self, look: Look) -> None:
        for trailer in self._trailers.values():
            if trailer.docked_us is not None:
                followed = self._followed.setdefault(trailer.trailer_id, cases.Followed())
                cases.compare_cases(look, trailer, followed)
        for robot in self._dock.robots.values():
            cases.compare_scan(look, robot)

    def _note_radio(self, now_us: int) -> None:
        """Whose radio is bad, and of whom messages are lost."""
        memory = self._memory
        for address, up, down in self._ways:
            bad_until_us = max(up.clear_from_us, down.clear_from_us)
            if bad_until_us > self._looked_us:  # where all is silent, nothing happens for long, and nobody looks
                memory.bad_us[address] = min(bad_until_us, now_us)
            lost = up.lost + down.lost
            if lost and lost > memory.lost.get(address, 0):
                memory.lost[address] = lost
                memory.lossy_us[address] = memory.bad_us[address] = now_us

    def _note_given_up(self, look: Look) -> None:
        """Who is known to have said what nobody has heard: lost, or too late."""
        memory = self._memory
        for address, _, _ in self._ways:
            sender = look.sender(address)
            if sender is None or not (sender.event.lost or sender.reply.lost or sender.previous_event.lost):
                continue
            given_up = (sender.boot, sender.event.lost, sender.reply.lost, sender.previous_event.lost)
            if memory.given_up.get(address) != given_up:
                memory.given_up[address] = given_up
                memory.lossy_us[address] = look.now_us
                if address not in memory.bad_us and address not in memory.lost and sender.boot == 1:
                    look.same("twin_lost", address, "lost or late", believed=True, true=False)


def _ways(dock: Dock) -> list[tuple[str, Way, Way]]:
    """What each entity says goes the one way, what it is told the other."""
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
    return [(address, dock.gateway.way(address, "up"), dock.gateway.way(address, "down")) for address in addresses]
