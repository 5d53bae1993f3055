"""What goes wrong, declared: faults of the timeline with their triggers, and faults at random."""

from __future__ import annotations

from typing import Annotated, ClassVar

from scenarios.language import names
from scenarios.language.grammar.bounds import CASES_MAX, DAY_US, TRAILERS_MAX
from scenarios.language.grammar.site import LinkEntry
from scenarios.language.kinds import Choice, Duration, Id, Number, Share, Text, Whole
from scenarios.language.rules import AtLeastOne, Depends, ExactlyOne, Rule, Takes, Together
from scenarios.language.sections import ListOf, Of, Section
from scenarios.language.times import Moment, When

FAULTS: dict[str, Takes] = {
    "robot_dies": Takes(("robot",), ("for",)),
    "robot_silent": Takes(("robot", "for")),
    "robot_zombie": Takes(("robot",), ("for",)),
    "double_identity": Takes(("robot",), ("for",)),
    "clock_off": Takes(("robot", "offset"), ("for",)),
    "emergency_stop": Takes(("robot",)),
    "protective_stop": Takes(("robot", "for")),
    "operator_pauses": Takes(("robot",), ("for",)),
    "grip_fails": Takes(("robot",)),
    "vacuum_lost": Takes(("robot",)),
    "case_drops": Takes(("robot",)),
    "case_damaged": Takes(("robot",)),
    "ghost_case": Takes(("trailer",)),
    "merged_cases": Takes(("trailer",)),
    "wall_collapse": Takes(("trailer",), ("share",)),
    "wrong_door": Takes(("trailer",)),
    "no_read": Takes(("conveyor",)),
    "conveyor_jam": Takes(("conveyor",), ("for",)),
    "sorter_down": Takes(("sorter",), ("for",)),
    "person_in_cell": Takes(("door", "for")),
    "link": Takes(("robot", "for", "link")),
    "partition": Takes(("what", "for")),
    "messages_lost": Takes(("what", "for"), ("types", "share")),
    "late_answer": Takes(("operator",)),
    "double_answer": Takes(("operator",)),
    "backend_restarts": Takes(),
}
RANDOM_FAULTS = {fault: takes for fault, takes in FAULTS.items() if fault != "backend_restarts"}
"""A backend restarts only when it is told to: a run can be repeated from there."""

_OFFSET = Annotated[
    int,
    Duration(least_us=-DAY_US, most_us=DAY_US, example="3 s or -3 s"),
    "How far the clock is ahead; negative is behind.",
]
_SHARE = Annotated[
    float | None, Share(), "How much of the wall comes down (half, if not given), or how many messages are lost (all)."
]
_TYPES = Annotated[
    tuple[str, ...],
    ListOf(
        Choice(names.message_types, what="a type of message", listed_by="docktwin schema messages"), least=1, most=100
    ),
    "Which messages are lost; all, if not given.",
]


class WhenEntry(Section, frozen=True, kw_only=True):
    """When a fault begins: as soon as everything given here holds."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        AtLeastOne("robot_holds_case", "trailer_docked", "cases_placed"),
        Together("cases_placed", optional=("of_trailer",)),
    )

    robot_holds_case: Annotated[str | None, Id(), "This robot has a case in hand."] = None
    trailer_docked: Annotated[str | None, Id(), "This trailer stands at a door."] = None
    cases_placed: Annotated[int | None, Whole(1, CASES_MAX * TRAILERS_MAX), "So many cases are placed."] = None
    of_trailer: Annotated[str | None, Id(), "They are counted of this trailer, not of all."] = None
    after: Annotated[Moment | None, When(), "Not before this time."] = None


class TimelineEntry(Section, frozen=True, kw_only=True):
    """A scripted fault."""

    RULES: ClassVar[tuple[Rule, ...]] = (ExactlyOne("at", "when"), Depends("fault", FAULTS))

    at_: Annotated[Moment | None, When(), "When it begins."] = None
    when: Annotated[WhenEntry | None, Of(WhenEntry), "What must hold for it to begin."] = None
    fault: Annotated[str, Choice(FAULTS), "What goes wrong."]
    robot: Annotated[str | None, Id(), "Which robot; with `link` also `all`."] = None
    trailer: Annotated[str | None, Id(), "Which trailer."] = None
    door: Annotated[str | None, Id(), "Which door."] = None
    conveyor: Annotated[str | None, Id(), "Which conveyor."] = None
    sorter: Annotated[str | None, Id(), "Which sorter."] = None
    operator: Annotated[str | None, Id(), "`remote` or `floor`."] = None
    what: Annotated[str | None, Text(65), "Who is cut off or loses what it says, as robot/r5, or `all`."] = None
    for_: Annotated[int | None, Duration(least_us=1), "How long; without it, until people end it."] = None
    offset: _OFFSET = 0
    share: _SHARE = None
    types: _TYPES = ()
    link: Annotated[LinkEntry | None, Of(LinkEntry), "What the radio is like meanwhile."] = None


class RandomFaultEntry(Section, frozen=True, kw_only=True):
    """A fault that comes at random, again and again, each time drawn by the seed."""

    RULES: ClassVar[tuple[Rule, ...]] = (Depends("fault", RANDOM_FAULTS),)

    fault: Annotated[str, Choice(RANDOM_FAULTS), "What goes wrong."]
    per_hour: Annotated[float, Number(0, 3600), "How often, on average; with `each`, to each of them. 0 is never."]
    from_: Annotated[Moment | None, When(), "Not before; the start, if not given."] = None
    until: Annotated[Moment | None, When(), "Not after; the end, if not given."] = None
    robot: Annotated[str | None, Id(), "Which robot, or `each`."] = None
    trailer: Annotated[str | None, Id(), "Which trailer, or `each`."] = None
    door: Annotated[str | None, Id(), "Which door, or `each`."] = None
    conveyor: Annotated[str | None, Id(), "Which conveyor, or `each`."] = None
    sorter: Annotated[str | None, Id(), "Which sorter, or `each`."] = None
    operator: Annotated[str | None, Id(), "`remote`, `floor` or `each`."] = None
    what: Annotated[
        str | None, Text(65), "Who is cut off or loses what it says, as robot/r5 or robot/each, or `all`."
    ] = None
    for_: Annotated[int | None, Duration(least_us=1), "Mean of an exponential; without it, until people end it."] = None
    offset: _OFFSET = 0
    share: _SHARE = None
    types: _TYPES = ()
    link: Annotated[LinkEntry | None, Of(LinkEntry), "What the radio is like meanwhile."] = None
