"""One case as it really is, wherever it is: in its trailer, in a gripper, on a belt, or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sim.load.load import LoadedCase

Whereabouts = Literal["in_trailer", "in_hand", "on_conveyor", "delivered", "carried_out"]
Outcome = Literal["received", "damaged", "refused", "manual", "in_trailer", "in_hand", "on_conveyor", "not_loaded"]


class Case:
    """One case. `mark`: what a robot set it aside for; `track_id`: perception's name for it, once it was seen."""

    __slots__ = ("attempts", "case_id", "falls", "is_damaged", "loaded", "mark", "picked_us", "track_id", "whereabouts")

    def __init__(self, loaded: LoadedCase) -> None:
        self.loaded = loaded
        self.case_id = loaded.case_id
        self.whereabouts: Whereabouts = "in_trailer"
        self.mark: Literal["damaged", "refused"] | None = None
        self.is_damaged = loaded.is_damaged
        self.attempts = 0
        self.falls = 0
        self.track_id: str | None = None
        self.picked_us: int | None = None

    @property
    def outcome(self) -> Outcome:
        """The one thing that became of it."""
        if self.whereabouts == "delivered":
            return "received"
        if self.whereabouts == "carried_out":
            return self.mark or "manual"
        return (self.mark if self.whereabouts == "in_trailer" else None) or self.whereabouts
