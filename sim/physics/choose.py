"""Which physics a fidelity has, and what of this machine it may use."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from sim.physics.ahead import PhysicsAhead
from sim.physics.cache import SettledLoads
from sim.physics.support import SupportPhysics
from sim.physics.tables import RULE_OF_THUMB

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.physics.bullet_physics import BulletPhysics
    from sim.physics.port import Physics
    from sim.physics.tables import FailureTables
    from sim.plan import Fidelity

_SETTLED = "settled-loads"


class Means(Struct, frozen=True, kw_only=True):
    """What a run may use of this machine. None of it changes what happens, nor the digest.

    `cache_dir`: where settled loads are kept, at most so many bytes of them; None: nowhere. `workers`: so many
    processes compute physics beside this one.
    """

    cache_dir: str | None = None
    cache_bytes_max: int = 0
    workers: int = 0


ALONE = Means()
"""One process, and nothing kept."""


def physics_of(fidelity: Fidelity, means: Means = ALONE, tables: FailureTables = RULE_OF_THUMB) -> Physics[Any]:
    """What holds loads up in this fidelity; in the fidelity `trailer` nothing asks it. One computed ahead is closed.

    `tables`: those of the fidelity `case`.
    """
    if fidelity != "physics":
        return SupportPhysics(tables)
    make = partial(_bullet, cache_dir=means.cache_dir, bytes_max=means.cache_bytes_max)
    return PhysicsAhead(make, workers=means.workers)


def _bullet(say: Callable[[str], None], *, cache_dir: str | None, bytes_max: int) -> BulletPhysics:
    from sim.physics.bullet import version  # noqa: PLC0415 - all else works without PyBullet
    from sim.physics.bullet_physics import BulletPhysics, SettledPile  # noqa: PLC0415 - the same

    folder = None if cache_dir is None else Path(cache_dir) / _SETTLED
    return BulletPhysics(SettledLoads(folder, SettledPile, engine=version(), bytes_max=bytes_max, say=say))
