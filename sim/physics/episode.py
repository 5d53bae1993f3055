"""One episode: something is done to a load, and what moves because of it. A pure function of all it is given.

Every episode has a freshly reset world with the boxes near the deed in it, created in the order of the load; nothing of
the engine's state goes from one to the next, so that any pick replays alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.physics.boxes import Boxes, bounds, tip_rad, turn_rad
from sim.physics.parameters import Creep, Grip, Parameters
from sim.physics.rest import come_to_rest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from sim.load.contact import Floats
    from sim.load.load import Vector
    from sim.physics.bullet import Hand, World

_BREADTH_M = 0.02
"""What stands so near beside the way out of a case is in its way."""

_BELOW_ROOF_M = 0.005
"""Lifted, a case stays so far below the roof."""


class Scene(NamedTuple):
    """Everything in the trailer: the boxes, what they weigh in kg (n,), and the inside of the trailer."""

    boxes: Boxes
    weight_kg: Floats
    interior_m: Vector


class Pull(NamedTuple):
    """A robot takes the box of this row by its face towards the door; a loose one it lifts free first."""

    row: int
    is_loose: bool
    strength: float = 1.0


class Lift(NamedTuple):
    """People lift the box of this row off and out."""

    row: int


class Push(NamedTuple):
    """The boxes of these rows start towards the door."""

    rows: tuple[int, ...]


Deed = Pull | Lift | Push


class Movement(NamedTuple):
    """One box that moved: the step in which it had come to where it stays, and how far it came.

    `drop_m`: how far its underside came down, or its middle if that is more; `tip_rad`: how far it has turned over.
    """

    row: int
    step: int
    drop_m: float
    shift_m: float
    tip_rad: float


class Played(NamedTuple):
    """The boxes after it, one that came out among them where it was; and what moved, in the order it came to rest."""

    center_m: Floats
    orientation_xyzw: Floats
    moved: tuple[Movement, ...]
    came_out: bool
    is_settled: bool
    steps: int


def play(world: World, scene: Scene, deed: Deed, parameters: Parameters) -> Played:
    """The deed, as deep into the load as it is felt; what creeps without it is taken off."""
    front = parameters.front
    lo, hi = bounds(scene.boxes)
    back_m = float(hi[_rows_of(deed), 0].max())
    dynamic_m = front.dynamic_m
    while True:
        cast = _Cast(lo[:, 0], dynamic_to_m=back_m + dynamic_m, static_to_m=back_m + dynamic_m + front.static_m)
        run = _Run(world, scene, cast, parameters)
        came_out = run.do(deed, lo, hi)
        if not run.is_felt_behind(front.near_static_m, front.moved_m, hi):
            break
        dynamic_m += front.deeper_m
    return _without_creep(world, scene, cast, run, parameters, came_out=came_out)


def _rows_of(deed: Deed) -> list[int]:
    return list(deed.rows) if isinstance(deed, Push) else [deed.row]


def _without_creep(
    world: World, scene: Scene, cast: _Cast, run: _Run, parameters: Parameters, *, came_out: bool
) -> Played:
    """What moved in the run and does not move when nothing is done."""
    center, turned, moved = run.end()
    steps, is_settled = run.steps, run.is_settled
    creep = parameters.creep
    doubtful = {it.row: it for it in moved if creep.doubtful_m <= it.shift_m < creep.surely_m}
    creeping: set[int] = set()
    if doubtful:
        creeping = _creeping(doubtful, _Run(world, scene, cast, parameters), steps, creep)
    after_m, after = scene.boxes.center_m.copy(), scene.boxes.orientation_xyzw.copy()
    real = tuple(it for it in moved if it.row not in creeping)
    for it in real:
        after_m[it.row], after[it.row] = center[it.row], turned[it.row]
    return Played(after_m, after, real, came_out, is_settled, steps)


def _creeping(doubtful: Mapping[int, Movement], control: _Run, steps: int, creep: Creep) -> set[int]:
    """Those that move as far where nothing is done, or nearly; a short run tells whether a long one is needed."""
    hint = min(round(creep.hint_s / control.step_s), steps)
    control.leave(hint)
    if not any(control.shift_m(it.row) >= creep.hint_share * it.shift_m for it in doubtful.values()):
        return set()
    control.leave(steps - hint)
    crept = {it.row: it for it in control.end()[2]}
    return {row for row, it in doubtful.items() if row in crept and crept[row].shift_m >= 0.5 * it.shift_m}


class _Cast:
    """Which rows take part: those that reach nearer the door than `static_to_m`, some of them never moved."""

    def __init__(self, near_m: Floats, *, dynamic_to_m: float, static_to_m: float) -> None:
        self.rows: NDArray[np.intp] = np.flatnonzero(near_m < static_to_m)
        self.is_static: NDArray[np.bool_] = near_m[self.rows] >= dynamic_to_m
        self.dynamic_to_m = dynamic_to_m
        self.at = {row: place for place, row in enumerate(self.rows.tolist())}


class _Run:
    """One go in the world, from putting it up to rest. Rows are those of the scene."""

    def __init__(self, world: World, scene: Scene, cast: _Cast, parameters: Parameters) -> None:
        self._world, self._scene, self._cast, self._p = world, scene, cast, parameters
        world.reset(parameters.engine)
        world.put_up_trailer(scene.interior_m, friction=parameters.engine.wall_friction)
        rows = cast.rows.tolist()
        world.put_up(scene.boxes.only(rows), scene.weight_kg[cast.rows].tolist(), is_static=cast.is_static.tolist())
        self.step_s = world.step_s
        self.steps = 0
        self.is_settled = True
        self._seen: list[tuple[int, Floats]] = []

    # -- what is done -----------------------------------------------------------------------------------------------

    def do(self, deed: Deed, lo: Floats, hi: Floats) -> bool:
        """The deed, then until all is quiet; returns whether what was to come out is out."""
        taken: int | None = None
        match deed:
            case Pull():
                taken = deed.row if self._pull(deed, lo, hi) else None
            case Lift(row=row):
                taken = row
            case Push(rows=rows):
                for row in rows:
                    self._world.push(self._cast.at[row], (-self._p.topple_m_per_s, 0.0, 0.0))
        if taken is not None:
            self._world.take_out(self._cast.at[taken])
        self.is_settled = come_to_rest(self._world, self._p.rest, self._step)
        return taken is not None

    def leave(self, steps: int) -> None:
        """Nothing, for so long."""
        self._step(steps)

    def _pull(self, pull: Pull, lo: Floats, hi: Floats) -> bool:
        """Lift, then pull until its back is clear of all along its way; returns False if the seal lets go."""
        grip, row = self._p.grip, pull.row
        _, wide_m, high_m = (hi[row] - lo[row]).tolist()
        holds_n = grip.most_n(wide_m * high_m, pull.strength)
        _, y, z = ((lo[row] + hi[row]) / 2.0).tolist()
        x = float(lo[row, 0])
        hand = self._world.grip(self._cast.at[row], (x, y, z), force_max_n=holds_n)
        holds = _Seal(hand, limit_n=holds_n / grip.seal_safety, steps_max=grip.breaks_after_steps)
        lift_m, lift_m_per_s = grip.lift_m, grip.lift_m_per_s
        if pull.is_loose:
            lift_m, lift_m_per_s = grip.lift_loose_m, grip.lift_loose_m_per_s
        lift_m = min(lift_m, max(self._scene.interior_m[2] - _BELOW_ROOF_M - float(hi[row, 2]), 0.0))
        way_m = _way_m(row, lo, hi, grip, lift_m)
        for point in [*self._lift((x, y, z), lift_m, lift_m_per_s), *self._out((x, y, z + lift_m), way_m)]:
            hand.go_to(point)
            self._step(1)
            if not holds.still():
                hand.let_go()
                return False
        hand.let_go()
        return True

    def _lift(self, from_m: Vector, by_m: float, speed_m_per_s: float) -> list[Vector]:
        """Where the hand is in each step of the lift: at once at its speed, for a case held down fights the cups."""
        x, y, z = from_m
        count = max(round(by_m / speed_m_per_s / self._world.step_s), 1)
        return [(x, y, z + by_m * k / count) for k in range(1, count + 1)]

    def _out(self, from_m: Vector, way_m: float) -> list[Vector]:
        """Where the hand is in each step of the pull: faster and faster up to its speed."""
        grip, step_s = self._p.grip, self._world.step_s
        x, y, z = from_m
        points: list[Vector] = []
        gone_m = speed = 0.0
        while gone_m < way_m:
            speed = min(speed + grip.pull_m_per_s2 * step_s, grip.pull_m_per_s)
            gone_m += speed * step_s
            points.append((x - gone_m, y, z))
        return points

    # -- time -------------------------------------------------------------------------------------------------------

    def _step(self, count: int) -> None:
        """Steps, with a look at all every now and then: they tell when something came down."""
        every = self._p.rest.look_every_steps
        while count > 0:
            part = min(count, every - self.steps % every)
            self._world.step(part)
            self.steps += part
            count -= part
            if self.steps % every == 0:
                self._seen.append((self.steps, self._all(self._world.poses()[0])))

    def _all(self, of_moving: Floats) -> Floats:
        """What the world says of its moving rows, with the scene's own for all others."""
        whole = self._scene.boxes.center_m.copy()
        whole[self._moving()] = of_moving
        return whole

    def _moving(self) -> NDArray[np.intp]:
        return self._cast.rows[self._world.moving]

    # -- what came of it --------------------------------------------------------------------------------------------

    def is_felt_behind(self, near_static_m: float, moved_m: float, hi: Floats) -> bool:
        """Whether something moved so near to what could not that more of the load has to take part."""
        cast = self._cast
        if not bool(cast.is_static.any()):
            return False
        rows = self._moving()
        center, _ = self._world.poses()
        near = hi[rows, 0] > cast.dynamic_to_m - near_static_m
        shift = np.linalg.norm(center - self._scene.boxes.center_m[rows], axis=1)
        return bool((near & (shift > moved_m)).any())

    def shift_m(self, row: int) -> float:
        """How far a box has come from where it was."""
        place = self._world.moving.index(self._cast.at[row])
        return float(np.linalg.norm(self._world.poses()[0][place] - self._scene.boxes.center_m[row]))

    def end(self) -> tuple[Floats, Floats, list[Movement]]:
        """Centres and orientations of all rows, and the movements of those that are still there."""
        rows = self._moving()
        center, turned = self._scene.boxes.center_m.copy(), self._scene.boxes.orientation_xyzw.copy()
        center[rows], turned[rows] = self._world.poses()
        before = self._scene.boxes
        shift = np.linalg.norm(center - before.center_m, axis=1)
        turn = turn_rad(before.orientation_xyzw, turned)
        creep = self._p.creep
        shifted = np.flatnonzero((shift > creep.still_m) | (turn > creep.still_rad))
        after = Boxes(before.ids, center, before.half_m, turned)
        assert np.isfinite(center).all(), "Bullet has lost a box"
        drop = np.maximum(bounds(before)[0][:, 2] - bounds(after)[0][:, 2], before.center_m[:, 2] - center[:, 2])
        tip = tip_rad(before.orientation_xyzw, turned)
        found = [
            Movement(row, self._came_to_rest(row, center[row]), float(drop[row]), float(shift[row]), float(tip[row]))
            for row in shifted.tolist()
        ]
        return center, turned, sorted(found, key=lambda it: (it.step, it.row))

    def _came_to_rest(self, row: int, at_m: Floats) -> int:
        """The step from which on it was where it is now, or nearly."""
        came = self.steps
        for step, centers in reversed(self._seen):
            if float(np.linalg.norm(centers[row] - at_m)) > _BREADTH_M:
                break
            came = step
        return came


class _Seal:
    """Whether the cups hold: not if the box pulls harder than the limit for too many steps on end."""

    def __init__(self, hand: Hand, *, limit_n: float, steps_max: int) -> None:
        self._hand, self._limit_n, self._steps_max = hand, limit_n, steps_max
        self._over = 0

    def still(self) -> bool:
        """After each step."""
        self._over = self._over + 1 if self._hand.reaction_n() > self._limit_n else 0
        return self._over < self._steps_max


def _way_m(row: int, lo: Floats, hi: Floats, grip: Grip, lift_m: float) -> float:
    """How far a box, once lifted, is pulled until its back is clear of all along its way, and of its own place."""
    beside = (lo[:, 1] < hi[row, 1] + _BREADTH_M) & (hi[:, 1] > lo[row, 1] - _BREADTH_M)
    level = (lo[:, 2] < hi[row, 2] + lift_m) & (hi[:, 2] > lo[row, 2] + lift_m - _BREADTH_M)
    along = beside & level & (lo[:, 0] < hi[row, 0])
    along[row] = True
    return float(min(hi[row, 0] - lo[along, 0].min() + grip.clear_m, grip.way_max_m))
