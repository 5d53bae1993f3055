"""What holds on any day, whatever goes wrong in it, judged by what was said alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.people import people_of
from twin.clock import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.plan import DayPlan
    from sim.world import World
    from twin.messages.exception import InterventionRequestedData, Role
    from twin.participant import Delivery

ROLES: tuple[Role, ...] = ("remote", "floor")

OUTCOMES = {"received", "damaged", "refused", "manual", "on_conveyor"}
"""What has become of a case when its trailer has left: it may still ride, or stand where a belt does."""
_WORK = {"case.picked.v1", "case.placed.v1", "wall.scanned.v1"}


def said_in_order(arrivals: Iterable[Delivery]) -> list[tuple[int, Any]]:
    """Each event once, with the instant it was said, in the order of these."""
    once = {message.id: message for _, message in arrivals if message.CHANNEL == "event"}
    return sorted(
        ((parse_time(message.time), message) for message in once.values()),
        key=lambda said: (said[0], said[1].source, said[1].boot, said[1].seq),
    )


def check_people(plan: DayPlan, arrivals: Iterable[Delivery], requests: dict[str, InterventionRequestedData]) -> None:
    """Nobody takes anything on while off duty, everybody one thing at a time; `requests`: by intervention.

    What a person at a screen has not answered by its deadline is off it, and they are free.
    """
    people = {person.person_id: person for role in ROLES for person in people_of(plan.operators, role)}
    at_work: dict[str, InterventionRequestedData] = {}
    for at_us, message in said_in_order(arrivals):
        kind = message.type
        if kind not in {"intervention.taken.v1", "intervention.handed_back.v1", "intervention.answered.v1"}:
            continue
        who, asked = message.data.person, requests[message.data.intervention_id]
        before = at_work.get(who)
        if before is not None and before.role == "remote" and at_us > parse_time(before.deadline_at):
            del at_work[who]
            before = None
        if kind == "intervention.taken.v1":
            assert before is None or before.exception_id == asked.exception_id, f"{who} does two things at once"
            assert before is not None or people[who].is_due(at_us), f"{who} is off duty and takes something on"
            at_work[who] = asked
        elif kind == "intervention.handed_back.v1":
            assert at_work.pop(who).exception_id == asked.exception_id
            assert not people[who].is_due(at_us), f"{who} hands back while on duty"
        else:
            at_work.pop(who, None)


def check_cells(arrivals: Iterable[Delivery], *, are_clocks_right: bool = True) -> None:
    """No trailer is let go with anybody inside, and no robot says that it works while somebody is there."""
    said = said_in_order(arrivals)
    visits: dict[str, list[tuple[int, int]]] = {}
    came_us: dict[str, int] = {}
    for at_us, message in said:
        door = message.source.split("/")[3]
        if message.type == "door.person_entered.v1":
            came_us.setdefault(door, at_us)
        elif message.type == "door.person_left.v1" and not message.data.people_inside:
            visits.setdefault(door, []).append((came_us.pop(door), at_us))
        elif message.type in {"door.leveller_stored.v1", "door.closed.v1", "door.restraint_released.v1"}:
            assert door not in came_us, f"{door} lets its trailer go at {at_us} with somebody inside"
    for door, at_us, message in _work_at_doors(said) if are_clocks_right else ():
        for from_us, until_us in visits.get(door, ()):
            assert not from_us < at_us < until_us, f"{message.source} works at {at_us} where somebody is"


def _work_at_doors(said: Iterable[tuple[int, Any]]) -> Iterator[tuple[str, int, Any]]:
    """What robots say they have done, with the door they have done it at."""
    door_of: dict[str, str] = {}
    for at_us, message in said:
        if message.type == "trailer.docked.v1":
            door_of[message.data.trailer_id] = message.data.door_id
        elif message.type in _WORK and message.data.trailer_id in door_of:
            yield door_of[message.data.trailer_id], at_us, message


def check_day(
    world: World, plan: DayPlan, arrivals: list[Delivery], requests: dict[str, InterventionRequestedData]
) -> None:
    """All that holds on any day that had the time to end."""
    check_people(plan, arrivals, requests)
    faults = {fault.fault for fault in plan.timeline} | {fault.fault for fault in plan.random_faults}
    check_cells(arrivals, are_clocks_right="clock_off" not in faults)
    rows = world.truth().cases
    assert len({row.case_id for row in rows}) == len(rows)
    assert {row.outcome for row in rows} <= OUTCOMES
    progress = world.progress()
    assert progress.trailers_done == progress.trailers_total


def requests_in(published: Iterable[Delivery]) -> dict[str, InterventionRequestedData]:
    """What people were asked, by intervention."""
    asked = [d.message.data for d in published if d.message.type == "intervention.requested.v1"]
    return {data.intervention_id: data for data in asked}
