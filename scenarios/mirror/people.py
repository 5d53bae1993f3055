"""What is asked of people and who is there, as the backend believes it, held against what people know.

Not compared: what people go on seeing to although it is over. Nobody tells them, and they find nothing to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.mirror.robots import silence_us

if TYPE_CHECKING:
    from scenarios.mirror.look import Look
    from sim.operators import Pool
    from twin.messages.exception import Role

_QUESTION = "twin_question"


def compare_people(look: Look, role: Role) -> None:
    """The people of one role: who is there, and what they are asked."""
    pool = look.dock.operators.pool_of(role)
    entity = f"operator/{pool.entity}"
    if look.tells_states(entity, look.dock.plan.site.equipment_state_period_us):
        people = look.state.people.get(role)
        look.same("twin_people", entity, "on duty", people.on_duty if people else None, len(pool.on_duty))
        robots_max = people.robots_max if people else None
        look.same("twin_people", entity, "robots that they supervise", robots_max, pool.robots_max)
    if look.has_heard(entity) and not look.is_told(entity) and not look.loses_for_good(entity):
        _compare_questions(look, entity, pool, role)


def _compare_questions(look: Look, entity: str, pool: Pool, role: Role) -> None:
    """Whoever is asked knows of it, until they have answered; and who sees to it is who is said to."""
    known = pool.asked
    for it in look.state.exceptions.values():
        if it.role != role or it.intervention_id is None:
            continue
        if it.exception_id in known:
            what = f"who sees to {it.exception_type} {it.exception_id}"
            look.same(
                _QUESTION, entity, what, it.person, known[it.exception_id], for_us=1
            )  # else they are asked anew now
        elif it.exception_id not in pool.answered_late:
            what = f"{it.exception_type} {it.exception_id} is asked"
            look.same(_QUESTION, entity, what, believed=True, true=False, for_us=1)  # else it is just being asked


def compare_jams(look: Look) -> None:
    """What stands is asked about. What runs again is not, unless somebody is about to say so."""
    sorter = look.dock.sorter
    belts = [(f"conveyor/{it.conveyor_id}", "conveyor_jammed", it.is_jammed) for it in look.dock.conveyors.values()]
    if sorter is not None:
        belts.append((f"sorter/{sorter.sorter_id}", "sorter_jammed", sorter.is_jammed))
    floor = look.dock.operators.pool_of("floor")
    for entity, exception_type, is_jammed in belts:
        is_asked = look.has_exception(exception_type, entity)
        people = f"operator/{floor.entity}"
        if is_asked == is_jammed or not look.has_heard(entity, people):
            continue
        if not is_jammed and look.loses_for_good(people):
            continue  # they have answered, and nobody heard of it: they are asked anew
        if is_jammed or not _sees_to(look, floor, exception_type, entity):
            # What jams again before people have said that they have cleared it says so in its next report.
            look.same(_QUESTION, entity, exception_type, is_asked, is_jammed, for_us=silence_us(look), told_by=entity)


def _sees_to(look: Look, pool: Pool, exception_type: str, entity: str) -> bool:
    known = {**dict.fromkeys(pool.answered_late), **pool.asked}
    return any(
        it.own_type == exception_type and it.entity == entity and it.exception_id in known
        for it in look.state.exceptions.values()
    )
