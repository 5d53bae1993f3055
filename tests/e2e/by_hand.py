"""What people do at the yard without asking the backend: they bring a trailer to a door, or let it go.

The yard says what happens, as it does when it is told to; no command is behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.clock import US_PER_S
from twin.messages.trailer import TrailerData, TrailerDeparted, TrailerDocked, TrailerReleased

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.trailer import Trailer
    from tests.e2e.meddling import Place
    from twin.messages.envelope import Event

_LOOKS_EVERY_US = US_PER_S


def as_soon_as(place: Place, holds: Callable[[], bool], act: Callable[[], object]) -> None:
    """Somebody looks every second, and acts once."""

    def look() -> None:
        if holds():
            act()
        else:
            place.dock.kernel.after(_LOOKS_EVERY_US, look)

    look()


def bring(place: Place, trailer_id: str, door_id: str) -> None:
    """The trailer is brought from the yard to this door."""
    trailer, door, kernel = place.dock.trailers[trailer_id], place.dock.doors[door_id], place.dock.kernel
    assert trailer.is_in_yard, "it waits there"
    assert door.trailer is None, "the door is free"
    trailer.is_in_yard = False
    trailer.door_id, door.trailer = door_id, trailer

    def dock() -> None:
        trailer.docked_us = kernel.now_us
        door.make_ready(causation_id=_say(place, TrailerDocked, trailer).id)

    kernel.after(place.dock.plan.dock.docking_us, dock)


def let_go(place: Place, trailer_id: str) -> None:
    """The trailer is let go from its door, whatever is in it, and leaves."""
    trailer, kernel = place.dock.trailers[trailer_id], place.dock.kernel
    door = place.dock.doors[trailer.door_id or ""]
    assert door.may_be_entered, "it stands there"
    assert not door.robots_inside, "somebody has looked: no robot is in it"

    def released(_cause: str) -> None:
        trailer.released_us = kernel.now_us
        _say(place, TrailerReleased, trailer)
        kernel.after(place.dock.plan.dock.departure_us, depart)

    def depart() -> None:
        trailer.departed_us = kernel.now_us
        door.trailer = None
        del place.yard._here[trailer.trailer_id]
        _say(place, TrailerDeparted, trailer)
        place.yard.left_to_depart -= 1

    door.let_go(released, causation_id=f"by-hand-{trailer_id}")


def _say(place: Place, message_type: type[Event], trailer: Trailer) -> Event:
    data = TrailerData(trailer_id=trailer.trailer_id, door_id=trailer.door_id)
    return place.yard.endpoint.emit(message_type, data, correlation_id=trailer.order_id)
