"""A site: what stands on a dock. Simulator and backend are told the same."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from twin.ids import Token

DOORS_MAX = 256
ROBOTS_MAX = 5120


class Door(Struct, frozen=True, kw_only=True):
    """A door, the conveyor that begins at it, and its place along the dock in metres."""

    door_id: Token
    conveyor_id: Token
    position_m: float


class Site(Struct, frozen=True, kw_only=True):
    """The dock. `state_period_us`: how often a robot says how it is. `decision_latency_us`: of all the backend says.

    `sorter_id`: the conveyors merge into it; None: each ends at an induction of its own.
    """

    site_id: Token
    doors: Annotated[tuple[Door, ...], Meta(min_length=1, max_length=DOORS_MAX)]
    robots: Annotated[tuple[Token, ...], Meta(max_length=ROBOTS_MAX)]
    state_period_us: Annotated[int, Meta(ge=1000)] = 10_000_000
    equipment_state_period_us: Annotated[int, Meta(ge=1000)] = 30_000_000
    """How often yard, doors, conveyors, the sorter and the people say how they are."""
    decision_latency_us: Annotated[int, Meta(ge=0)] = 50_000
    sorter_id: Token | None = None
    yard_id: Token = "yard"
    remote_operators_id: Token = "remote"
    floor_staff_id: Token = "floor"
    backend_id: Token = "core"
