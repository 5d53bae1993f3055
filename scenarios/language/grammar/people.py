"""The people, declared: how many or by name, their skills, shifts and breaks, and how long they take."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from scenarios.language import names
from scenarios.language.grammar.bounds import DAY_US, PEOPLE_MAX, SHIFTS_MAX
from scenarios.language.kinds import Choice, Duration, Id, Whole
from scenarios.language.rules import Depends, Rule, Takes
from scenarios.language.sections import Entry, ListOf, MappingOf, Of, Section
from scenarios.language.times import Moment, When
from sim.plan import OperatorsPlan
from twin.site import ROBOTS_MAX

SIMULATED = "simulated"
_OPERATORS = OperatorsPlan()


class BreakEntry(Section, frozen=True, kw_only=True):
    """A break within a shift."""

    from_: Annotated[Moment, When(), "When it begins: without a date, the first such time in the shift."]
    for_: Annotated[int, Duration(least_us=1, most_us=DAY_US, example="30 min"), "How long it is."]


class ShiftEntry(Section, frozen=True, kw_only=True):
    """One stretch of duty."""

    from_: Annotated[Moment, When(), "When it begins; it may have begun before the day does."]
    until: Annotated[Moment, When(), "When it ends: without a date, the first such time after it begins."]
    breaks: Annotated[tuple[BreakEntry, ...], ListOf(Of(BreakEntry), most=SHIFTS_MAX), "Their breaks in it."] = ()


class PersonEntry(Section, frozen=True, kw_only=True):
    """One person. Who is on duty, free, and has the skill takes the request that waits longest."""

    RULES: ClassVar[tuple[Rule, ...]] = (Depends("role", {"remote": Takes(may_have=("robots",)), "floor": Takes()}),)

    id: Annotated[str, Id(), "Their id, or name."]
    role: Annotated[str, Choice(("remote", "floor")), "At a screen, or on the floor."]
    skills: Annotated[
        tuple[str, ...] | None,
        ListOf(Choice(names.exception_types), least=1, most=100),
        "The exception types they can see to; all of their role, if not given.",
    ] = None
    shifts: Annotated[
        tuple[ShiftEntry, ...] | None,
        ListOf(Of(ShiftEntry), least=1, most=SHIFTS_MAX),
        "When they are on duty; always, if not given.",
    ] = None
    response: Annotated[int | None, Duration(), "As for all of their role, if not given."] = None
    handling: Annotated[int | None, Duration(), "As for all of their role, if not given."] = None
    robots: Annotated[
        int | None, Whole(0, ROBOTS_MAX), "Of `remote`: how many robots at work they can supervise; any, if not given."
    ] = None


class OperatorsEntry(Section, frozen=True, kw_only=True):
    """The people, and how long they take (medians): so many of each role, always on duty, or by name."""

    who: Annotated[
        str, Choice((SIMULATED, "human", "either")), "Who answers: simulated people, or people at screens."
    ] = SIMULATED
    remote: Annotated[int, Whole(0, PEOPLE_MAX), "Operators at a screen."] = _OPERATORS.remote
    remote_response: Annotated[int, Duration(), "Until one of them answers."] = _OPERATORS.remote_response_us
    remote_handling: Annotated[int, Duration(), "Steering a robot through one pick."] = _OPERATORS.remote_handling_us
    floor: Annotated[int, Whole(0, PEOPLE_MAX), "Staff who go to the door."] = _OPERATORS.floor
    floor_response: Annotated[int, Duration(), "Until one of them is there."] = _OPERATORS.floor_response_us
    floor_handling: Annotated[int, Duration(), "Their work there; each case they carry out takes 10 s more."] = (
        _OPERATORS.floor_handling_us
    )
    people: Annotated[
        tuple[PersonEntry, ...],
        ListOf(Of(PersonEntry), most=PEOPLE_MAX),
        "By name, instead of a number for their role.",
    ] = ()
    answers: Annotated[
        dict[str, Entry],
        MappingOf(Choice(names.answers), of="exception types and answers", keys=Choice(names.exception_types)),
        "By exception type, the answer they give where it is allowed; else the first option.",
    ] = msgspec.field(default_factory=dict)
