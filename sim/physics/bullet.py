"""A world of boxes in Bullet, and the only module that knows it. Nothing of one world is left in the next.

Bullet multiplies the frictions of two bodies, so each is given the root of what the pair is to have. Solver parameters
outlive a reset: all that matter are set each time. Bodies are created in the order given, which is part of the result.
"""

from __future__ import annotations

import math
import os
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.load.contact import Floats
    from sim.load.load import Vector
    from sim.physics.boxes import Boxes
    from sim.physics.parameters import Engine

_WALL_M = 0.5
"""Half of how thick floor, walls and roof are: so much that nothing is pushed through."""

_FLOOR_BEFORE_M = 10.0
"""How far the floor goes on before the sill."""

_SLOP_M = 0.0005
"""How far boxes may share room before they are pushed apart: without it close loads jitter, and creep eight times as
far."""

_WARM_START = 0.85
"""How much of the last step's forces the next one starts from. PyBullet's own 0.1 leaves a solver of 50 iterations far
from the end in a tall load, which then creeps; this is the value Bullet itself was made for."""

_UPRIGHT = (0.0, 0.0, 0.0, 1.0)
_NOWHERE = (0.0, 0.0, 0.0)


def _import_bullet() -> Any:  # noqa: ANN401 - it ships no types
    """Bullet greets on standard error as it is imported, where what went wrong is told."""
    sys.stderr.flush()
    stderr = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        import pybullet  # noqa: PLC0415 - with its greeting caught
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)
    return pybullet


_bullet = _import_bullet()


def version() -> str:
    """Which PyBullet this is: results repeat to the bit only on one. Its API has had one version since 2020."""
    return f"pybullet {metadata.version('pybullet')}"


class World:
    """One Bullet, used again and again: `reset` empties it. Rows are those of the boxes put up last."""

    def __init__(self) -> None:
        self._client: int = _bullet.connect(_bullet.DIRECT)
        self._bodies: list[int | None] = []
        self._moving: list[int] = []
        self._gravity_m_per_s2 = 0.0
        self._friction = 0.0
        self._sleeps = False
        self.step_s = 0.0

    def close(self) -> None:
        """Give it back; there is no use of it after that."""
        _bullet.disconnect(physicsClientId=self._client)

    def reset(self, engine: Engine) -> None:
        """An empty world that steps as `engine` says."""
        client = self._client
        _bullet.resetSimulation(physicsClientId=client)
        self.step_s = 1.0 / engine.steps_per_s
        self._gravity_m_per_s2 = engine.gravity_m_per_s2
        self._friction = engine.friction
        self._sleeps = engine.born_asleep
        _bullet.setTimeStep(self.step_s, physicsClientId=client)
        _bullet.setPhysicsEngineParameter(
            numSolverIterations=engine.iterations,
            numSubSteps=0,
            erp=0.2,
            contactERP=0.2,
            frictionERP=0.2,
            contactSlop=_SLOP_M,
            contactBreakingThreshold=0.02,
            globalCFM=0.0,
            warmStartingFactor=_WARM_START,
            restitutionVelocityThreshold=0.2,
            deterministicOverlappingPairs=1,
            physicsClientId=client,
        )
        self.accelerate((0.0, 0.0, 0.0))
        self._bodies, self._moving = [], []

    def accelerate(self, by_g: Vector) -> None:
        """What rides in the trailer is pushed so, in g, on top of its weight."""
        x, y, z = (share * self._gravity_m_per_s2 for share in by_g)
        _bullet.setGravity(x, y, z - self._gravity_m_per_s2, physicsClientId=self._client)

    # -- what stands in it ------------------------------------------------------------------------------------------

    def put_up_trailer(self, interior_m: Vector, *, friction: float) -> None:
        """Floor, side walls, roof and nose, and the dock's floor before the open door."""
        length_m, width_m, height_m = interior_m
        middle_m = (length_m - _FLOOR_BEFORE_M) / 2.0
        half_m = (length_m + _FLOOR_BEFORE_M) / 2.0 + _WALL_M
        self.put_up_wall((middle_m, 0.0, -_WALL_M), (half_m, width_m / 2.0 + 10.0, _WALL_M), friction=self._friction)
        inside = (length_m / 2.0, height_m / 2.0)
        for side in (-1.0, 1.0):
            center = (inside[0], side * (width_m / 2.0 + _WALL_M), inside[1])
            self.put_up_wall(center, (inside[0], _WALL_M, inside[1] + _WALL_M), friction=friction)
        self.put_up_wall((inside[0], 0.0, height_m + _WALL_M), (inside[0], width_m, _WALL_M), friction=friction)
        self.put_up_wall((length_m + _WALL_M, 0.0, inside[1]), (_WALL_M, width_m, height_m), friction=friction)

    def close_door(self, interior_m: Vector, *, friction: float) -> None:
        """The trailer's own door, which a load may lean on during the ride."""
        _, width_m, height_m = interior_m
        self._door = self.put_up_wall((-_WALL_M, 0.0, height_m / 2.0), (_WALL_M, width_m, height_m), friction=friction)

    def open_door(self) -> None:
        """It is gone, and what leant on it is free to fall."""
        self.wake(self._moving)
        _bullet.removeBody(self._door, physicsClientId=self._client)

    def put_up_wall(self, center_m: Vector, half_m: Vector, *, friction: float) -> int:
        """Something that never moves; returns its body. `friction`: of a case at it."""
        shape = self._shape(half_m)
        body: int = _bullet.createMultiBody(
            0.0, shape, -1, center_m, _UPRIGHT, useMaximalCoordinates=True, physicsClientId=self._client
        )
        # Bullet multiplies: with the root of its own friction on a case, this makes the pair's.
        own = friction / math.sqrt(self._friction)
        self._set_dynamics(body, lateralFriction=own, restitution=0.0, frictionAnchor=1)
        return body

    def put_up(self, boxes: Boxes, weight_kg: Sequence[float], *, is_static: Sequence[bool]) -> None:
        """All boxes, in this order; a static one carries and is not moved."""
        friction = math.sqrt(self._friction)
        shapes: dict[Vector, int] = {}
        for row, (center, half, turned) in enumerate(
            zip(boxes.center_m.tolist(), boxes.half_m.tolist(), boxes.orientation_xyzw.tolist(), strict=True)
        ):
            size: Vector = tuple(half)
            if size not in shapes:
                shapes[size] = self._shape(size)
            body = _bullet.createMultiBody(
                0.0 if is_static[row] else weight_kg[row],
                shapes[size],
                -1,
                center,
                turned,
                useMaximalCoordinates=True,
                physicsClientId=self._client,
            )
            # An anchored contact is drawn back to where it began to stick: without it stacks slide off in seconds.
            self._set_dynamics(
                body, lateralFriction=friction, restitution=0.0, linearDamping=0.0, angularDamping=0.0, frictionAnchor=1
            )
            self._bodies.append(body)
            if not is_static[row]:
                self._moving.append(row)
        if self._sleeps:
            self._set(self._moving, _bullet.ACTIVATION_STATE_ENABLE_SLEEPING)
            self._set(self._moving, _bullet.ACTIVATION_STATE_SLEEP)

    def _shape(self, half_m: Sequence[float]) -> int:
        shape: int = _bullet.createCollisionShape(_bullet.GEOM_BOX, halfExtents=half_m, physicsClientId=self._client)
        return shape

    def _set(self, rows: Iterable[int], activation: int) -> None:
        for row in rows:
            body = self._bodies[row]
            if body is not None:
                self._set_dynamics(body, activationState=activation)

    def _set_dynamics(self, body: int, **of_it: float) -> None:
        _bullet.changeDynamics(body, -1, **of_it, physicsClientId=self._client)

    # -- time -------------------------------------------------------------------------------------------------------

    def step(self, count: int = 1) -> None:
        """So many steps."""
        for _ in range(count):
            _bullet.stepSimulation(physicsClientId=self._client)

    def push(self, row: int, velocity_m_per_s: Vector) -> None:
        """The box moves at this speed from now on."""
        self._set([row], _bullet.ACTIVATION_STATE_WAKE_UP)
        _bullet.resetBaseVelocity(self._bodies[row], velocity_m_per_s, (0.0, 0.0, 0.0), physicsClientId=self._client)

    # -- what is to be seen -----------------------------------------------------------------------------------------

    @property
    def moving(self) -> list[int]:
        """The rows that may move and are there."""
        return self._moving

    def poses(self) -> tuple[Floats, Floats]:
        """Centres (n, 3) and unit quaternions xyzw (n, 4) of the rows of `moving`."""
        client, bodies = self._client, self._bodies
        read = _bullet.getBasePositionAndOrientation
        poses = [read(bodies[row], physicsClientId=client) for row in self._moving]
        return np.array([at for at, _ in poses]).reshape(-1, 3), np.array([it for _, it in poses]).reshape(-1, 4)

    def fastest(self) -> tuple[float, float]:
        """The highest speed of any box in m/s, and the highest spin in rad/s."""
        if not self._moving:
            return 0.0, 0.0
        client, bodies = self._client, self._bodies
        read = _bullet.getBaseVelocity
        speeds = np.array([read(bodies[row], physicsClientId=client) for row in self._moving])
        speed, spin = np.sqrt((speeds**2).sum(axis=2)).max(axis=0).tolist()
        return speed, spin

    def touching(self, row: int) -> list[int]:
        """The rows of boxes in contact with this one, ascending."""
        found = _bullet.getContactPoints(bodyA=self._bodies[row], physicsClientId=self._client) or ()
        touched = {point[2] for point in found} | {point[1] for point in found}
        return [other for other, body in enumerate(self._bodies) if other != row and body in touched]

    def deepest_overlaps(self, more_than_m: float) -> list[tuple[int, int, float]]:
        """Pairs of boxes, -1 for a wall, that share more than this: rows ascending, and how deep in metres."""
        self._find_contacts(self._moving)
        row_of = {body: row for row, body in enumerate(self._bodies)}
        deepest: dict[tuple[int, int], float] = {}
        for point in _bullet.getContactPoints(physicsClientId=self._client) or ():
            first, second = sorted((row_of.get(point[1], -1), row_of.get(point[2], -1)))
            deepest[first, second] = max(-point[8], deepest.get((first, second), 0.0))
        return [(first, second, by) for (first, second), by in sorted(deepest.items()) if by > more_than_m]

    def _find_contacts(self, rows: Iterable[int]) -> None:
        """Now, and not with the next step. Bullet finds none between boxes that sleep."""
        self.wake(rows)
        _bullet.performCollisionDetection(physicsClientId=self._client)

    # -- taking away ------------------------------------------------------------------------------------------------

    def take_out(self, row: int) -> None:
        """The box is gone. What touched it is woken first: what sleeps on nothing would float."""
        if self._sleeps:
            self._find_contacts([row])
        self.wake(self.touching(row))
        _bullet.removeBody(self._bodies[row], physicsClientId=self._client)
        self._bodies[row] = None
        self._moving = [other for other in self._moving if other != row]

    def wake(self, rows: Iterable[int]) -> None:
        """The boxes move again if anything makes them."""
        moving = set(self._moving)
        self._set([row for row in rows if row in moving], _bullet.ACTIVATION_STATE_WAKE_UP)

    def grip(self, row: int, point_m: Vector, *, force_max_n: float) -> Hand:
        """A hand takes hold of the box at a point of the world; it keeps the box turned as it is."""
        self.wake([row])
        return Hand(self._client, self._bodies[row], point_m, force_max_n=force_max_n)


class Hand:
    """A gripper without mass that holds one box by a fixed constraint, and goes where it is told."""

    def __init__(self, client: int, body: int | None, point_m: Vector, *, force_max_n: float) -> None:
        self._client = client
        at, self._turned = _bullet.getBasePositionAndOrientation(body, physicsClientId=client)
        back = _bullet.invertTransform(at, self._turned)
        in_body, _ = _bullet.multiplyTransforms(*back, point_m, _UPRIGHT)
        # Turned as the box is: so the constraint has nothing to turn, whichever way round it counts.
        self._tool: int = _bullet.createMultiBody(0.0, -1, -1, point_m, self._turned, physicsClientId=client)
        frames = {
            "jointAxis": _NOWHERE,
            "parentFramePosition": _NOWHERE,
            "childFramePosition": in_body,
            "parentFrameOrientation": _UPRIGHT,
            "childFrameOrientation": _UPRIGHT,
        }
        self._constraint: int = _bullet.createConstraint(
            self._tool, -1, body, -1, _bullet.JOINT_FIXED, **frames, physicsClientId=client
        )
        _bullet.changeConstraint(self._constraint, maxForce=force_max_n, physicsClientId=client)

    def go_to(self, point_m: Vector) -> None:
        """It is there in the next step."""
        _bullet.resetBasePositionAndOrientation(self._tool, point_m, self._turned, physicsClientId=self._client)

    def reaction_n(self) -> float:
        """The force with which the box pulled at it in the last step."""
        along = _bullet.getConstraintState(self._constraint, physicsClientId=self._client)
        return math.sqrt(along[0] ** 2 + along[1] ** 2 + along[2] ** 2)

    def let_go(self) -> None:
        """The box is free again."""
        _bullet.removeConstraint(self._constraint, physicsClientId=self._client)
        _bullet.removeBody(self._tool, physicsClientId=self._client)
