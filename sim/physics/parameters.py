"""Every number of the physics, as one value: part of the hash of a settled load, and stamped into a run.

Defaults are those measured for DESIGN section 5; the domain's own numbers stand in `sim.assumptions`.
"""

from __future__ import annotations

import msgspec

from sim import assumptions


class Engine(msgspec.Struct, frozen=True, kw_only=True):
    """How the world steps. `born_asleep`: boxes sleep until something moves at them."""

    steps_per_s: int = 240
    iterations: int = 50
    born_asleep: bool = False
    gravity_m_per_s2: float = 9.81
    friction: float = assumptions.CARDBOARD_FRICTION
    wall_friction: float = assumptions.WALL_FRICTION


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """When a load has settled: so long nothing is faster than this. At the cap it is taken as it is, and it is said."""

    quiet_s: float = 0.25
    speed_m_per_s: float = 0.02
    spin_rad_per_s: float = 0.06
    cap_s: float = 6.0
    look_every_steps: int = 12


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases take part in an episode, by their depth behind the back of the picked one."""

    dynamic_m: float = 1.3
    static_m: float = 0.7
    near_static_m: float = 0.15
    """Where one this near to the static ones moves more than `moved_m`, the episode is done again `deeper_m` deeper."""
    moved_m: float = 0.02
    deeper_m: float = 0.6


class Grip(msgspec.Struct, frozen=True, kw_only=True):
    """How a robot takes a case: it lifts, then pulls towards the door, faster and faster up to a speed."""

    lift_m: float = 0.015
    lift_loose_m: float = 0.3
    lift_m_per_s: float = 0.1
    lift_loose_m_per_s: float = 0.4
    pull_m_per_s2: float = assumptions.PULL_M_PER_S2
    pull_m_per_s: float = assumptions.PULL_M_PER_S
    clear_m: float = 0.05
    """How far its back has to be past what stands along its way until it is out."""
    way_max_m: float = 4.0
    seal_pa: float = assumptions.SEAL_PA
    seal_safety: float = 2.0
    cups_m2: float = assumptions.CUPS_M2
    cups_face_share: float = assumptions.CUPS_FACE_SHARE
    breaks_after_steps: int = 12

    def most_n(self, face_m2: float, strength: float) -> float:
        """With what force cups so many times as large hold a face at the most; the seal is safe far below it."""
        return self.seal_pa * min(strength * self.cups_m2, self.cups_face_share * face_m2)


class Creep(msgspec.Struct, frozen=True, kw_only=True):
    """What is no movement. Below `still_m` and `still_rad` a case stays exactly where it was.

    One that moved from `doubtful_m` to `surely_m` is held against a run in which nothing is done: for `hint_s`, and if
    some of them have gone `hint_share` of their way by then, for as long as the episode took. A settled load left alone
    for so long moves less than `doubtful_m`.
    """

    still_m: float = 0.0005
    still_rad: float = 0.002
    doubtful_m: float = 0.005
    surely_m: float = 0.02
    hint_s: float = 0.25
    hint_share: float = 0.3


class Fallen(msgspec.Struct, frozen=True, kw_only=True):
    """Which movement is a fall: it came down so far, or has turned over so far; and it lies open then.

    What comes down behind other cases has shifted in the load: nobody sees it, and nobody can clear it away.
    """

    drop_m: float = 0.05
    tip_rad: float = 0.785


class Skip(msgspec.Struct, frozen=True, kw_only=True):
    """When a pick needs no episode, and how many of these are given one all the same (`audit_share`)."""

    inside_m: float = 0.01
    """So far the middle of what touches the case has to be inside what carries it without the case."""
    clear_m: float = 0.01
    skew_rad: float = 0.0524
    touch_m: float = 0.015
    """Nearer than this cases touch, or may."""
    seal_share: float = 0.9
    """A case may take so much of what the seal is safe with: its steps are uneven."""
    audit_share: float = 0.02
    moved_m: float = 0.02
    """It was wrong where a case moves this far in the episode."""


class Shake(msgspec.Struct, frozen=True, kw_only=True):
    """The ride to the dock: accelerations in g, each as a half sine of `each_s`. None of it: `each_s` 0."""

    sideways_g: float = assumptions.SHAKE_SIDEWAYS_G
    braking_g: float = assumptions.SHAKE_BRAKING_G
    rearward_g: float = assumptions.SHAKE_REARWARD_G
    each_s: float = assumptions.SHAKE_EACH_S


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `skip`: None has an episode for every pick."""

    engine: Engine = Engine()
    rest: Rest = Rest()
    front: Front = Front()
    grip: Grip = Grip()
    creep: Creep = Creep()
    fallen: Fallen = Fallen()
    topple_m_per_s: float = assumptions.TOPPLE_M_PER_S
    shake: Shake = Shake()
    skip: Skip | None = Skip()
