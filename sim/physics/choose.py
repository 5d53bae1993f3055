"""Which physics a fidelity has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.physics.support import SupportPhysics

if TYPE_CHECKING:
    from sim.physics.port import Physics
    from sim.plan import Fidelity


def physics_of(fidelity: Fidelity) -> Physics[Any]:
    """What holds loads up in this fidelity; in the fidelity `trailer` nothing asks it."""
    if fidelity == "physics":
        from sim.physics.pile import BulletPhysics  # noqa: PLC0415 - all else works without PyBullet

        return BulletPhysics()
    return SupportPhysics()
