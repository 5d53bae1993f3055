"""When a load has come to rest: for some time nothing in it has moved or turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.physics.bullet import World
    from sim.physics.parameters import Rest


def come_to_rest(world: World, rest: Rest, step: Callable[[int], None]) -> bool:
    """Go on by `step`, so many steps at a time, until all is quiet; returns False if it is not at the cap."""
    look_s = rest.look_every_steps * world.step_s
    quiet_s = 0.0
    for _ in range(round(rest.cap_s / look_s)):
        step(rest.look_every_steps)
        speed, spin = world.fastest()
        is_quiet = speed <= rest.speed_m_per_s and spin <= rest.spin_rad_per_s
        quiet_s = quiet_s + look_s if is_quiet else 0.0
        if quiet_s >= rest.quiet_s:
            return True
    return False
