"""What of this machine a run may use: its cache, as the profile says, and its cores. None of it changes a verdict."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from sim.physics.choose import ALONE, Means
from twin.config import Profile, load_profile

if TYPE_CHECKING:
    from sim.plan import Fidelity

WORKERS_MAX = 256
"""No machine gains by more."""


def means_for(fidelity: Fidelity, *, workers: int = 0, profile: Profile | None = None) -> Means:
    """What a run of this fidelity may use, with so many processes beside this one; None: the profile of simulations.

    Only the fidelity `physics` uses any of it, so for others no profile is read. Raises ConfigError if it is and cannot
    be used.
    """
    if fidelity != "physics":
        return ALONE
    profile = profile or load_profile()
    return Means(
        cache_dir=None if profile.cache_dir is None else str(profile.cache_dir),
        cache_bytes_max=profile.cache_bytes_max,
        workers=workers,
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def workers_of_one_run() -> int:
    """How many processes make one run fastest: one a core, and none where there is but one core."""
    return cores() if cores() > 1 else 0
