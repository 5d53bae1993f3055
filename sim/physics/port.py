"""The physics port: what a pick does to a load is a pure function `(state, pick, uniforms) -> (state, extraction)`.

So any pick can be replayed alone, and what another planner does next never reaches back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.load.load import Load


class Pick(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case taken out: pulled from the standing load by its face towards the door, or lifted from the floor."""

    case_id: str


class Fall(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case that came down on the floor in front of the load. `height_m`: of its underside before."""

    case_id: str
    height_m: float


class Extraction(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a pick did: what fell because of it, lowest first."""

    fallen: tuple[Fall, ...] = ()


class LoadState(Protocol):
    """A trailer's load at one moment. Lists are in the order of the load's cases, the floor in order of falling.

    Methods given the id of a case that is not in the load raise KeyError.
    """

    @property
    def floor(self) -> tuple[str, ...]:
        """Cases that lie on the trailer's floor, first fallen first."""

    def stands(self, case_id: str) -> bool:
        """Whether the case stands in the load as it was loaded."""

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

    def pick(self, state: StateT, pick: Pick, uniforms: Sequence[float]) -> tuple[StateT, Extraction]:
        """Take one case out, as it stands or lies; the state given is left as it was.

        `uniforms`, draws in [0, 1), decide what geometry leaves open. The case is in the trailer, else the caller has a
        bug. Whether a gripper can get at it is the caller's to ask: `blocked_by`.
        """
