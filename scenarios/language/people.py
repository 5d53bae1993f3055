"""The people of a file as the simulator is told of them: their shifts made instants, kept apart, breaks within."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from scenarios.language.dock import planned
from scenarios.language.grammar.people import SIMULATED, BreakEntry, OperatorsEntry, PersonEntry, ShiftEntry
from scenarios.language.references import Known, Times
from sim.plan import OperatorsPlan, PersonPlan, Shift


class People:
    """Turns the entries of people into their plan, declares their ids."""

    def __init__(self, times: Times, entry: OperatorsEntry | None) -> None:
        self._times = times
        troubled = set() if entry is None else entry.at.troubled | entry.at.unread
        self.known = Known("person", is_sound=not troubled.intersection(("people", "remote", "floor")))
        self.plan = OperatorsPlan() if entry is None else self._plan(entry)
        for role, count in (("remote", self.plan.remote), ("floor", self.plan.floor)):
            if not any(person.role == role for person in self.plan.people):
                self._stand_in(entry, [f"{role}-{n}" for n in range(1, count + 1)])

    def _stand_in(self, entry: OperatorsEntry | None, names: list[str]) -> None:
        """People without a name, as the simulator calls them."""
        for person in () if entry is None else entry.people:
            if person.id in names and person.at.is_sound("id"):
                person.at.blame("id", f"an id of its own: {person.id} is somebody of the other role, who has no name")
        self.known.lines.update(dict.fromkeys(names, 0))

    def _plan(self, entry: OperatorsEntry) -> OperatorsPlan:
        if entry.who != SIMULATED and entry.at.is_sound("who"):
            entry.at.blame("who", f"{SIMULATED}: people at screens need the service, which is not there yet")
        answers = {exception_type: given.value for exception_type, given in entry.answers.items()}
        people = tuple(map(self._person, entry.people))
        for role in ("remote", "floor"):
            if entry.at.is_given(role) and any(person.role == role for person in people):
                entry.at.blame_key(role, f"either a number or people of the role {role}", got="the key beside people")
        return replace(planned(OperatorsPlan(), entry), answers=answers, people=people)

    def _person(self, entry: PersonEntry) -> PersonPlan:
        self.known.declare(entry.at, entry.id)
        return PersonPlan(
            person_id=entry.id,
            role="floor" if entry.role == "floor" else "remote",
            skills=entry.skills,
            shifts=None if entry.shifts is None else self._shifts(entry.shifts),
            response_us=entry.response,
            handling_us=entry.handling,
            robots_max=entry.robots,
        )

    def _shifts(self, entries: tuple[ShiftEntry, ...]) -> tuple[Shift, ...]:
        told = [(shift, entry) for entry in entries if (shift := self._shift(entry)) is not None]
        told.sort(key=lambda pair: (pair[0].from_us, pair[1].at.span.line))
        for (before, _), (after, entry) in pairwise(told):
            if after.from_us < before.until_us:
                end = self._times.text(before.until_us)
                entry.at.blame("from", f"a time after the shift before, which ends at {end}")
        start_us = self._times.start_us
        return tuple(_from(start_us, shift) for shift, _ in told if shift.until_us > start_us)

    def _shift(self, entry: ShiftEntry) -> Shift | None:
        from_us = self._times.on_duty_us(entry.at, "from", entry.from_)
        if from_us is None:
            return None
        until_us = self._times.next_us(entry.at, "until", entry.until, from_us=from_us + 1)
        if until_us is None:
            return None
        if until_us <= from_us:
            entry.at.blame("until", f"a time after the shift begins, {self._times.text(from_us)}")
            return None
        if until_us <= self._times.start_us:
            start = self._times.text(self._times.start_us)
            entry.at.blame("until", f"a time after the start, {start}; another day is written as 2026-01-06 07:41")
            return None
        shift = Shift(from_us=from_us, until_us=until_us)
        return replace(shift, breaks=self._breaks(shift, entry.breaks))

    def _breaks(self, shift: Shift, entries: tuple[BreakEntry, ...]) -> tuple[tuple[int, int], ...]:
        breaks: list[tuple[int, int]] = []
        for entry in entries:
            from_us = self._times.next_us(entry.at, "from", entry.from_, from_us=shift.from_us)
            if from_us is None or not entry.at.is_sound("for"):
                continue
            until_us = from_us + entry.for_
            if not shift.from_us <= from_us < until_us <= shift.until_us:
                begin, end = self._times.text(shift.from_us), self._times.text(shift.until_us)
                key = "from" if not shift.from_us <= from_us < shift.until_us else "for"
                entry.at.blame(key, f"a break within its shift, {begin} to {end}")
            elif any(from_us < end and begin < until_us for begin, end in breaks):
                entry.at.blame("from", "a break that begins when no other lasts")
            else:
                breaks.append((from_us, until_us))
        return tuple(sorted(breaks))


def _from(start_us: int, shift: Shift) -> Shift:
    """What of the shift lies in the day."""
    breaks = tuple((max(begin, start_us), end) for begin, end in shift.breaks if end > start_us)
    return Shift(from_us=max(shift.from_us, start_us), until_us=shift.until_us, breaks=breaks)
