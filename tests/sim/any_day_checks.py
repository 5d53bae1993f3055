"""What holds on any day, whatever goes wrong in it, judged by what was said alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.people import people_of
from twin.clock import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.plan import DayPlan
    from twin.participant import Delivery

OUTCOMES = {"received", "damaged", "refused", "manual"}
_WORK = {"case.picked.v1", "case.placed.v1", "case.dropped.v1", "wall.scanned.v1"}


def said_in_order(arrivals: Iterable[Delivery]) -> list[tuple[int, Any]]:
    """Each event once, with the instant it was said, in the order of these."""
    once = {message.id: message for _, message in arrivals if message.CHANNEL == "event"}
    return sorted(
        ((parse_time(message.time), message) for message in once.values()),
        key=lambda said: (said[0], said[1].source, said[1].boot, said[1].seq),
    )


def check_people(plan: DayPlan, arrivals: Iterable[Delivery], exception_of: dict[str, str]) -> None:
    """Nobody takes anything on while off duty, everybody one thing at a time; `exception_of`: by intervention."""
    people = {person.person_id: person for role in ("remote", "floor") for person in people_of(plan.operators, role)}
    at_work: dict[str, str] = {}
    for at_us, message in said_in_order(arrivals):
        kind = message.type
        if kind not in {"intervention.taken.v1", "intervention.handed_back.v1", "intervention.answered.v1"}:
            continue
        who, exception_id = message.data.person, exception_of[message.data.intervention_id]
        if kind == "intervention.taken.v1":
            assert at_work.get(who, exception_id) == exception_id, f"{who} does two things at once"
            assert who in at_work or people[who].is_due(at_us), f"{who} is off duty and takes something on"
            at_work[who] = exception_id
        elif kind == "intervention.handed_back.v1":
            assert at_work.pop(who) == exception_id
            assert not people[who].is_due(at_us), f"{who} hands back while on duty"
        else:
            at_work.pop(who, None)


def check_cells(arrivals: Iterable[Delivery]) -> None:
    """No trailer is let go with anybody inside, and no robot works where somebody is."""
    inside: dict[str, int] = {}
    for door, at_us, message in _at_doors(arrivals):
        if message.type in {"door.person_entered.v1", "door.person_left.v1"}:
            inside[door] = message.data.people_inside
        elif message.type in {"door.leveller_stored.v1", "door.closed.v1", "door.restraint_released.v1"}:
            assert not inside.get(door), f"{door} lets its trailer go at {at_us} with somebody inside"
        elif message.type in _WORK:
            assert not inside.get(door), f"{message.source} works at {at_us} where somebody is"


def _at_doors(arrivals: Iterable[Delivery]) -> Iterator[tuple[str, int, Any]]:
    """What was said at each door, by the door or by a robot at its trailer."""
    door_of: dict[str, str] = {}
    said = said_in_order(arrivals)
    # At one instant people come in after what was done before, and go out before what is done next.
    said.sort(key=lambda it: (it[0], {"door.person_entered.v1": 2, "door.person_left.v1": 0}.get(it[1].type, 1)))
    for at_us, message in said:
        if message.type == "trailer.docked.v1":
            door_of[message.data.trailer_id] = message.data.door_id
        elif "/door/" in message.source:
            yield message.source.split("/")[3], at_us, message
        elif message.type in _WORK and message.data.trailer_id in door_of:
            yield door_of[message.data.trailer_id], at_us, message
