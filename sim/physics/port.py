"""The physics port: what a pick does to a load is a pure function `(state, pick, uniforms) -> (state, extraction)`.

So any pick can be replayed alone, and what another planner does next never reaches back. Two implementations pass one
suite (tests/sim/physics/test_any_physics.py): the support graph and PyBullet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, Self, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.audit import Finding
    from sim.load.load import Load, Vector
    from sim.physics.boxes import Boxes


class Pick(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case taken out. A `robot` pulls it towards the door by its face; `people` lift it off and out by hand.

    `strength`: of the robot's gripper, in grippers as assumed.
    """

    case_id: str
    by: Literal["robot", "people"] = "robot"
    strength: float = 1.0


class Fall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case that came down. `height_m`: how far its underside did; `after_us`: since the pull began."""

    case_id: str
    height_m: float
    after_us: int = 0


class SkipAudit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pick that seemed to need no episode was given one all the same. `moved`: the cases that moved in it."""

    moved: tuple[str, ...]

    @property
    def is_missed(self) -> bool:
        """Whether the episode was needed."""
        return bool(self.moved)


class Extraction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a pick did. `fallen`: what fell because of it, first fallen first.

    `came_out`: whether the case is out in the hand; else the seal let go, and it is in the load still, or has fallen.
    `has_shifted`: whether others stand elsewhere now, by more than they would be looked for, fallen or not.
    `is_settled`: whether all had come to rest when the physics stopped looking.
    """

    fallen: tuple[Fall, ...] = ()
    came_out: bool = True
    audit: SkipAudit | None = None
    has_shifted: bool = False
    is_settled: bool = True


class LoadState(Protocol):
    """A trailer's load at one moment. Lists are in the order of the load's cases, the floor in order of falling.

    A case stands, lies loose ("on the floor", though it may lie on others), or is out of the trailer. Methods given the
    id of a case that is not in the load raise KeyError.
    """

    @property
    def is_settled(self) -> bool:
        """Whether it had come to rest after its ride."""

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that came down and lie loose in the trailer, first fallen first."""

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load: it has not come down, and is not out."""

    def center_m(self, case_id: str) -> Vector:
        """Where the middle of a case in the trailer is, standing or loose."""

    def orientation_xyzw(self, case_id: str) -> tuple[float, float, float, float]:
        """How a case in the trailer lies, from how it was loaded."""

    def boxes(self) -> Boxes:
        """All cases in the trailer as they are now, in the order of the load."""

    def visible(self) -> list[str]:
        """The standing cases of which enough is seen from the door."""

    def visible_fraction(self, case_id: str) -> float:
        """The open share of a case's face towards the door, from 0 to 1; 0 for a case that does not stand."""

    def blocked_by(self, case_id: str) -> list[str]:
        """Standing cases nearer the door that cover part of this one's face."""

    def rests_on_top(self, case_id: str) -> list[str]:
        """Standing cases that rest on this one."""

    def beside(self, case_id: str) -> list[str]:
        """Standing cases that stand side by side with this one: fronts and undersides flush, sides touching."""

    def put_on_floor(self, case_id: str) -> None:
        """A case that was picked is back, on the floor: it slipped from the gripper. Changes this state."""

    def copy(self) -> Self:
        """The same state, apart: neither sees what happens to the other."""


StateT = TypeVar("StateT", bound=LoadState)


class Physics(Protocol[StateT]):
    """What holds a load up and brings it down."""

    def settle(self, load: Load) -> StateT:
        """The load as it stands when the doors open."""

    def extract(self, state: StateT, pick: Pick, uniforms: Sequence[float]) -> tuple[StateT, Extraction]:
        """Take one case out, as it stands or lies; the state given is left as it was.

        `uniforms`, draws in [0, 1), decide what geometry leaves open. The case is in the trailer, else the caller has a
        bug. A standing case is pulled past what stands before it, and that comes down too: whether a gripper should is
        the caller's to ask (`blocked_by`).
        """

    def topple(
        self, state: StateT, case_ids: Sequence[str], uniforms: Sequence[float]
    ) -> tuple[StateT, tuple[Fall, ...]]:
        """Standing cases tip towards the door, and take down what they held; the state given is left as it was."""

    def audit(self, state: StateT) -> tuple[Finding, ...]:
        """What is impossible about the load as it is: cases that share room, stick out of the trailer or float."""
