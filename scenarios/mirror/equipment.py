"""Trailers, doors and belts as the backend believes them, held against how they are.

All that is told of them is told by events, which the radio delays and never loses: as soon as nothing is under way,
what is believed is so. Only where the backend had given up what came too late, the next state sets it right. Trailers
are compared from when they come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.clock import US_PER_S

if TYPE_CHECKING:
    from backend.core.dock import Trailer as Believed
    from scenarios.mirror.look import Look
    from sim.door import Door
    from sim.trailer import Trailer

_ROUNDING_US = US_PER_S
"""Deadlines are looked at every so often."""


def compare_doors(look: Look) -> None:
    """What each door holds, and who is in its cell."""
    for door_id, door in look.dock.doors.items():
        entity = f"door/{door_id}"
        if not look.has_heard(entity):
            continue
        believed = look.state.doors[door_id]
        true_id = door.trailer.trailer_id if door.trailer else None
        same = look.same
        same(
            "twin_door",
            entity,
            "restrains",
            believed.restrains,
            true_id if door.is_restrained else None,
            told_by=entity,
        )
        same("twin_door", entity, "open for", believed.open_for, true_id if door.is_open else None, told_by=entity)
        leveller = true_id if door.is_leveller_down else None
        same("twin_door", entity, "leveller down for", believed.leveller_down_for, leveller, told_by=entity)
        same("twin_door", entity, "people inside", believed.people_inside, door.people_inside, told_by=entity)
        _compare_given(look, entity, door, believed.trailer_id)


def _compare_given(look: Look, entity: str, door: Door, given_id: str | None) -> None:
    """A door is given to the trailer that stands there; else to one that is yet to come, or none."""
    yard = f"yard/{look.dock.plan.site.yard_id}"
    if not look.has_heard(yard):
        return
    standing = door.trailer
    if standing is not None and standing.docked_us is not None:
        look.same("twin_door", entity, "given to", given_id, standing.trailer_id, told_by=yard)
    elif given_id is not None:
        gone = look.dock.trailers[given_id].departed_us is not None
        look.same("twin_door", entity, "given to one that has left", gone, true=False, told_by=yard)


def compare_belts(look: Look) -> None:
    """Whether conveyors and sorter stand."""
    for conveyor_id, conveyor in look.dock.conveyors.items():
        entity = f"conveyor/{conveyor_id}"
        if look.has_heard(entity):
            belt = look.state.conveyors[conveyor_id]
            look.same("twin_belt", entity, "jammed", belt.is_jammed, conveyor.is_jammed, told_by=entity)
            look.same("twin_belt", entity, "blocked", belt.is_blocked, conveyor.is_blocked, told_by=entity)
    sorter = look.dock.sorter
    if sorter is not None and look.has_heard(f"sorter/{sorter.sorter_id}"):
        entity = f"sorter/{sorter.sorter_id}"
        jammed = look.state.sorters[sorter.sorter_id].is_jammed
        look.same("twin_belt", entity, "jammed", jammed, sorter.is_jammed, told_by=entity)


def compare_trailer(look: Look, trailer: Trailer, checked: set[str]) -> bool:
    """Where a trailer is; returns whether it has left and its receipt is closed: nothing happens to it any more.

    `checked`: the trailers whose papers have been found right; nothing changes them.
    """
    trailer_id = trailer.trailer_id
    it = look.state.trailers.get(trailer_id)
    yard = f"yard/{look.dock.plan.site.yard_id}"
    if look.now_us - look.dock.gateway.uplink_least_us <= trailer.plan.announced_us or not look.has_heard(yard):
        return False
    entity = f"trailer/{trailer_id}"
    is_all_here = look.is_all_here(yard)
    if is_all_here or trailer.arrived_us is not None:
        look.same("twin_trailer", entity, "known", it is not None, true=True, told_by=yard)
    if it is None:
        return False
    if trailer_id not in checked:
        checked.add(trailer_id)
        if is_all_here:  # else they may be lost, and nobody sends them again
            _compare_papers(look, entity, trailer, it)
    same = look.same
    same("twin_trailer", entity, "arrived", it.is_arrived, trailer.arrived_us is not None, told_by=yard)
    if look.has_heard(f"door/{trailer.door_id}"):
        is_docked = trailer.docked_us is not None and trailer.departed_us is None
        same("twin_trailer", entity, "docked at", it.docked_at, trailer.door_id if is_docked else None, told_by=yard)
    same("twin_trailer", entity, "released", it.is_released, trailer.released_us is not None, told_by=yard)
    same("twin_trailer", entity, "departed", it.is_departed, trailer.departed_us is not None, told_by=yard)
    return _is_over(look, entity, trailer, it, yard=yard)


def _compare_papers(look: Look, entity: str, trailer: Trailer, it: Believed) -> None:
    lines = sum(len(part) for part in it.lines_by_part.values())
    true_lines = len(trailer.load.manifest) if trailer.load else 0
    look.same("twin_trailer", entity, "announced", it.is_announced, true=True)
    look.same("twin_trailer", entity, "cases announced", it.cases_expected, trailer.cases_announced)
    look.same("twin_trailer", entity, "due", it.due_us, trailer.plan.due_us)
    look.same("twin_trailer", entity, "manifest lines", lines, true_lines)


def _is_over(look: Look, entity: str, trailer: Trailer, it: Believed, *, yard: str) -> bool:
    if trailer.departed_us is None:
        return False
    late_us = look.now_us - trailer.departed_us - look.timeouts.receipt_us - _ROUNDING_US
    if late_us >= 0 and not it.counts["conveyor"]:  # as long as a belt stands, what lies on it is waited for
        speakers = [f"robot/{robot_id}" for robot_id in look.dock.robots]
        speakers += [f"conveyor/{conveyor_id}" for conveyor_id in look.dock.conveyors]
        if all(map(look.is_all_here, speakers)):  # else one may be believed on a belt, and is waited for
            look.same("twin_trailer", entity, "receipt closed", it.has_receipt, true=True, told_by=yard)
    return it.has_receipt and it.is_departed
