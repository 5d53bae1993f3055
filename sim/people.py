"""A person at the dock: what they can see to, when they are on duty, and how long things take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim import assumptions
from sim.plan import PersonPlan
from twin.rng import lognormal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sim.plan import OperatorsPlan, Shift
    from twin.messages.exception import Role

_Stretch = tuple[int, int]
"""[from, until), microseconds since the epoch."""


class Person:
    """One person. `is_on_duty` is kept by the pool they belong to."""

    __slots__ = ("_handling_us", "_response_us", "_skills", "duty", "is_on_duty", "person_id", "robots_max")

    def __init__(self, plan: PersonPlan, people: OperatorsPlan) -> None:
        is_remote = plan.role == "remote"
        usual_response_us = people.remote_response_us if is_remote else people.floor_response_us
        usual_handling_us = people.remote_handling_us if is_remote else people.floor_handling_us
        self._response_us = usual_response_us if plan.response_us is None else plan.response_us
        self._handling_us = usual_handling_us if plan.handling_us is None else plan.handling_us
        self._skills = None if plan.skills is None else frozenset(plan.skills)
        self.person_id = plan.person_id
        self.robots_max = plan.robots_max
        self.duty = None if plan.shifts is None else stretches(plan.shifts)
        """The stretches on duty, in order; None: always."""
        self.is_on_duty = self.duty is None

    def can_see_to(self, exception_type: str) -> bool:
        """Whether it is among their skills."""
        return self._skills is None or exception_type in self._skills

    def is_due(self, now_us: int) -> bool:
        """Whether they are to be on duty at this instant."""
        return self.duty is None or any(from_us <= now_us < until_us for from_us, until_us in self.duty)

    def response_us(self, uniform: float) -> int:
        """How long until they are there, from a uniform draw."""
        return _lasts_us(uniform, self._response_us)

    def handling_us(self, uniform: float) -> int:
        """How long it takes them then, from a uniform draw."""
        return _lasts_us(uniform, self._handling_us)


def people_of(plan: OperatorsPlan, role: Role) -> list[Person]:
    """The people of a role, in the order of the plan; without any by name as many as it says, always on duty."""
    named = [person for person in plan.people if person.role == role]
    count = plan.remote if role == "remote" else plan.floor
    nameless = [PersonPlan(person_id=f"{role}-{number}", role=role) for number in range(1, count + 1)]
    return [Person(person, plan) for person in named or nameless]


def stretches(shifts: Sequence[Shift]) -> tuple[_Stretch, ...]:
    """When somebody with these shifts is on duty: breaks taken out, what touches put together, in order."""
    return tuple(_united(stretch for shift in shifts for stretch in _without_breaks(shift)))


def _without_breaks(shift: Shift) -> list[_Stretch]:
    left: list[_Stretch] = []
    from_us = shift.from_us
    for begins_us, ends_us in sorted(shift.breaks):
        if begins_us >= shift.until_us:
            break
        if begins_us > from_us:
            left.append((from_us, begins_us))
        from_us = max(from_us, ends_us)
    if from_us < shift.until_us:
        left.append((from_us, shift.until_us))
    return left


def _united(parts: Iterable[_Stretch]) -> list[_Stretch]:
    united: list[_Stretch] = []
    for from_us, until_us in sorted(parts):
        if united and from_us <= united[-1][1]:
            united[-1] = (united[-1][0], max(united[-1][1], until_us))
        else:
            united.append((from_us, until_us))
    return united


def _lasts_us(uniform: float, median_us: int) -> int:
    return round(lognormal(uniform, median_us, assumptions.HUMAN_SIGMA)) if median_us else 0
