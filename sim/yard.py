"""The yard: trailers come, are brought to doors when told, and go."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from sim.endpoint import Endpoint, Handler
from twin.clock import format_time
from twin.ids import Address
from twin.messages.trailer import (
    MANIFEST_LINES_PER_PART_MAX,
    STANDING_TRAILERS_MAX,
    AssignDoor,
    ManifestLine,
    ReleaseTrailer,
    StandingTrailer,
    TrailerAnnounced,
    TrailerAnnouncedData,
    TrailerArrived,
    TrailerData,
    TrailerDeparted,
    TrailerDocked,
    TrailerManifest,
    TrailerManifestData,
    TrailerReleased,
    YardState,
    YardStateData,
)

if TYPE_CHECKING:
    from sim.dock import Dock
    from sim.door import Door
    from sim.trailer import Trailer


class Yard:
    """Trailers by id, and the two commands that move them."""

    def __init__(self, dock: Dock) -> None:
        self._kernel = dock.kernel
        self._times = dock.plan.dock
        self._trailers = dock.trailers
        self._doors = dock.doors
        self._faults = dock.faults
        self._here: dict[str, Trailer] = {}
        """Those that have arrived and not departed."""
        site = dock.plan.site
        self.endpoint = Endpoint(
            dock.kernel,
            dock.gateway,
            site=site.site_id,
            address=Address("yard", site.yard_id),
            report=self.report,
            handlers={
                AssignDoor: Handler(self._why_not_dock, self._dock_trailer),
                ReleaseTrailer: Handler(self._why_not_release, self._release_trailer),
            },
        )
        self.left_to_depart = len(dock.trailers)
        for trailer in dock.trailers.values():
            self._expect(trailer, dock.plan.start_us)

    def _expect(self, trailer: Trailer, start_us: int) -> None:
        # What was before the day is told as it begins.
        self._kernel.after(max(trailer.plan.announced_us - start_us, 0), lambda: self._announce(trailer))
        self._kernel.after(max(trailer.plan.arrives_us - start_us, 0), lambda: self._arrive(trailer))

    def _announce(self, trailer: Trailer) -> None:
        lines = tuple(
            ManifestLine(
                line_id=line.line_id,
                po_id=line.po_id,
                sku=line.sku,
                label=line.label,
                quantity=line.quantity,
                weight_kg=line.weight_kg,
            )
            for line in (trailer.load.manifest if trailer.load else ())
        )
        size = MANIFEST_LINES_PER_PART_MAX
        parts = [lines[start : start + size] for start in range(0, len(lines), size)]
        plan = trailer.plan
        header = TrailerAnnouncedData(
            trailer_id=trailer.trailer_id,
            carrier=plan.carrier,
            unload_kind=plan.unload_kind,
            cases=trailer.cases_announced,
            parts=len(parts),
            manifest_sha256=manifest_sha256(parts),
            due_at=format_time(plan.due_us),
            appointment_at=None if plan.appointment_us is None else format_time(plan.appointment_us),
            detention_per_h=plan.detention_per_h,
        )
        announced = self.endpoint.emit(TrailerAnnounced, header, correlation_id=trailer.order_id)
        for number, part in enumerate(parts, 1):
            data = TrailerManifestData(trailer_id=trailer.trailer_id, part=number, parts=len(parts), lines=part)
            self.endpoint.emit(TrailerManifest, data, correlation_id=trailer.order_id, causation_id=announced.id)

    def _arrive(self, trailer: Trailer) -> None:
        trailer.arrived_us = self._kernel.now_us
        trailer.is_in_yard = True
        self._here[trailer.trailer_id] = trailer
        self.endpoint.emit(TrailerArrived, TrailerData(trailer_id=trailer.trailer_id), correlation_id=trailer.order_id)

    # -- to a door --------------------------------------------------------------------------------------------------

    def _why_not_dock(self, command: AssignDoor) -> str | None:
        trailer = self._trailers.get(command.data.trailer_id)
        door = self._doors.get(command.data.door_id)
        if trailer is None:
            return "unknown_trailer"
        if door is None:
            return "unknown_door"
        if not trailer.is_in_yard:
            return "not_in_yard"
        return None if door.trailer is None else "door_occupied"

    def _dock_trailer(self, command: AssignDoor) -> None:
        trailer = self._trailers[command.data.trailer_id]
        door = self._door_taken(trailer, self._doors[command.data.door_id])
        trailer.is_in_yard = False
        trailer.door_id = door.plan.door_id
        door.trailer = trailer

        def dock() -> None:
            trailer.docked_us = self._kernel.now_us
            docked = self.endpoint.emit(
                TrailerDocked, _named(trailer), correlation_id=trailer.order_id, causation_id=command.id
            )
            door.make_ready(causation_id=docked.id)
            self.endpoint.complete(command)
            self._faults.check()

        self._kernel.after(self._times.docking_us, dock)

    def _door_taken(self, trailer: Trailer, meant: Door) -> Door:
        """The door it is brought to: the one that was meant, or the first other free one if that goes wrong."""
        if not trailer.goes_to_wrong_door:
            return meant
        others = (door for door in self._doors.values() if door.trailer is None and door is not meant)
        return next(others, meant)

    # -- away -------------------------------------------------------------------------------------------------------

    def _why_not_release(self, command: ReleaseTrailer) -> str | None:
        trailer = self._trailers.get(command.data.trailer_id)
        door = self._doors.get(command.data.door_id)
        if trailer is None:
            return "unknown_trailer"
        if door is None:
            return "unknown_door"
        if door.trailer is not trailer or not door.may_be_entered:
            return "not_at_door"
        if door.robots_inside:
            return "robot_inside"
        return "person_inside" if door.people_inside else None

    def _release_trailer(self, command: ReleaseTrailer) -> None:
        trailer, door = self._trailers[command.data.trailer_id], self._doors[command.data.door_id]

        def released(cause: str) -> None:
            trailer.released_us = self._kernel.now_us
            message = self.endpoint.emit(
                TrailerReleased, _named(trailer), correlation_id=trailer.order_id, causation_id=cause
            )
            # The driver of a live unload has waited; a trailer that was dropped has to be fetched.
            fetch_us = self._times.fetch_us if trailer.plan.unload_kind == "drop" else 0
            self._kernel.after(fetch_us + self._times.departure_us, lambda: depart(message.id))

        def depart(cause: str) -> None:
            trailer.departed_us = self._kernel.now_us
            door.trailer = None
            del self._here[trailer.trailer_id]
            self.endpoint.emit(TrailerDeparted, _named(trailer), correlation_id=trailer.order_id, causation_id=cause)
            self.endpoint.complete(command)
            self.left_to_depart -= 1

        door.let_go(released, causation_id=command.id)

    # -- how it is --------------------------------------------------------------------------------------------------

    def report(self) -> None:
        """Publish the state."""
        here = sorted(self._here.values(), key=lambda trailer: trailer.docked_us is None)
        self.endpoint.emit(
            YardState,
            YardStateData(
                **self.endpoint.last_seqs(),
                trailers=tuple(_standing(trailer) for trailer in here[:STANDING_TRAILERS_MAX]),
                recent_actions=self.endpoint.recent_actions(),
            ),
        )


def manifest_sha256(parts: list[tuple[ManifestLine, ...]]) -> str:
    """The hash that announces a manifest: of each part's lines as JSON, one part after the other."""
    return sha256(b"".join(msgspec.json.encode(part) for part in parts)).hexdigest()


def _named(trailer: Trailer) -> TrailerData:
    return TrailerData(trailer_id=trailer.trailer_id, door_id=trailer.door_id)


def _standing(trailer: Trailer) -> StandingTrailer:
    """One on its way to a door is still in the yard."""
    is_docked = trailer.docked_us is not None
    return StandingTrailer(
        trailer_id=trailer.trailer_id,
        door_id=trailer.door_id if is_docked else None,
        is_released=trailer.released_us is not None,
    )
