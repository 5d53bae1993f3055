"""What must hold, declared: each kind of expectation and its keys."""

from __future__ import annotations

from typing import Annotated, ClassVar, get_args

import msgspec

from scenarios.language import names
from scenarios.language.fidelities import PerFidelity
from scenarios.language.kinds import AnyScalar, Choice, Duration, Id, Number, Text, Whole
from scenarios.language.rules import AtLeastOne, NotBoth, Rule, Together
from scenarios.language.sections import Entry, ListOf, MappingOf, Of, ScalarOr, Section
from scenarios.language.times import Moment, When
from scenarios.model import ReceiptNumber

_NAME = Annotated[str | None, Text(100), "What a person reads; a sentence is made if it is not given."]
_WHERE = Annotated[
    dict[str, Entry],
    MappingOf(AnyScalar(), of="fields of the message and their values"),
    "Fields of its data, with the values they must have.",
]
_TYPE = Choice(names.message_types, what="a type of message", listed_by="docktwin schema messages")
_ENTITY = Annotated[str | None, Text(65), "Who says it, or whom a command is for, as robot/r5."]


class EveryTrailerEntry(Section, frozen=True, kw_only=True):
    """Every trailer of the day has departed."""

    every_trailer: Annotated[
        str, Choice(("departed", "departed_before_due")), "By the end (or `by`), or each within its free time."
    ]
    by: Annotated[Moment | None, PerFidelity(When()), "At the latest."] = None
    name: _NAME = None


class EveryCaseEntry(Section, frozen=True, kw_only=True):
    """By the simulator's truth, every case has ended in one of these places; none counts twice, also on no receipt.

    Where events are lost for good, messages and receipts may tell of fewer, never of more.
    """

    every_case: Annotated[
        str | tuple[str, ...],
        ScalarOr(Choice(names.case_ends), ListOf(Choice(names.case_ends), least=1, most=10)),
        "One place, or a list.",
    ]
    name: _NAME = None


class PatternEntry(Section, frozen=True, kw_only=True):
    """A message like this: for `after` the first from which time is counted, for `leads_to` the one that follows."""

    message: Annotated[str, _TYPE, "Its type."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None


class EventuallyEntry(Section, frozen=True, kw_only=True):
    """Such a message comes."""

    RULES: ClassVar[tuple[Rule, ...]] = (Together("within", "after"), NotBoth("by", "within"))

    eventually: Annotated[str, _TYPE, "The type of the message."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None
    at_least: Annotated[int, PerFidelity(Whole(1, 1_000_000)), "So many of them."] = 1
    by: Annotated[Moment | None, PerFidelity(When()), "At the latest."] = None
    after: Annotated[PatternEntry | None, Of(PatternEntry), "Counted from the first message like this."] = None
    within: Annotated[int | None, PerFidelity(Duration(least_us=1)), "At the latest so long after it."] = None
    name: _NAME = None


class EachEntry(Section, frozen=True, kw_only=True):
    """Every such message is followed in time by another; those whose time is not over at the end are not judged."""

    each: Annotated[str, _TYPE, "The type of the message."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None
    leads_to: Annotated[PatternEntry, Of(PatternEntry), "What follows it."]
    within: Annotated[int, PerFidelity(Duration(least_us=1)), "At the latest so long after it."]
    same: Annotated[
        str | tuple[str, ...],
        ScalarOr(Choice(names.shared_things), ListOf(Choice(names.shared_things), least=1, most=4)),
        "What both messages are about the same of.",
    ] = ()
    at_least: Annotated[int, PerFidelity(Whole(1, 1_000_000)), "So many of them are there to be judged."] = 1
    name: _NAME = None


class NeverEntry(Section, frozen=True, kw_only=True):
    """No such message comes."""

    never: Annotated[str, _TYPE, "The type of the message."]
    where: _WHERE = msgspec.field(default_factory=dict)
    entity: _ENTITY = None
    after: Annotated[Moment | None, When(), "From this time on."] = None
    name: _NAME = None


class AlwaysEntry(Section, frozen=True, kw_only=True):
    """A count of what is open, 0 when the day begins, stays within its bound to the end."""

    always: Annotated[str, Choice(names.gauges), "What is counted."]
    at_most: Annotated[int, PerFidelity(Whole(0, 1_000_000)), "Its upper bound."]
    name: _NAME = None


class KpiEntry(Section, frozen=True, kw_only=True):
    """A KPI lies within bounds; one without a value does not."""

    RULES: ClassVar[tuple[Rule, ...]] = (AtLeastOne("at_most", "at_least"),)

    kpi: Annotated[str, Choice(names.kpis, what="a KPI", listed_by="docs/kpis.md"), "Its name in docs/kpis.md."]
    at_most: Annotated[float | None, PerFidelity(Number(-1e9, 1e9)), "Its upper bound."] = None
    at_least: Annotated[float | None, PerFidelity(Number(-1e9, 1e9)), "Its lower bound."] = None
    name: _NAME = None


class BoundsEntry(Section, frozen=True, kw_only=True):
    """A number within bounds."""

    RULES: ClassVar[tuple[Rule, ...]] = (AtLeastOne("at_most", "at_least"),)

    at_most: Annotated[int | None, PerFidelity(Whole(0, 1_000_000)), "Its upper bound."] = None
    at_least: Annotated[int | None, PerFidelity(Whole(0, 1_000_000)), "Its lower bound."] = None


_COUNT = ScalarOr(Whole(0, 1_000_000), Of(BoundsEntry))


class ReceiptEntry(Section, frozen=True, kw_only=True):
    """The receipt of a trailer is closed and says this: of all its lines, of a purchase order's, or of one line."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        AtLeastOne(*get_args(ReceiptNumber)),
        NotBoth("po", "unidentified"),
        NotBoth("line", "unidentified"),
    )

    receipt: Annotated[str, Id(), "Of which trailer."]
    po: Annotated[str | None, Text(64), "Only the lines of this purchase order."] = None
    line: Annotated[str | None, Text(64), "Only the line with this id."] = None
    expected: Annotated[int | BoundsEntry | None, _COUNT, "Cases that the manifest says."] = None
    received: Annotated[int | BoundsEntry | None, _COUNT, "Cases that came in, by belt or by hand."] = None
    damaged: Annotated[int | BoundsEntry | None, _COUNT, "Cases put with the damaged goods."] = None
    refused: Annotated[int | BoundsEntry | None, _COUNT, "Cases put with the refused goods."] = None
    short: Annotated[int | BoundsEntry | None, _COUNT, "Cases that should have been there."] = None
    over: Annotated[int | BoundsEntry | None, _COUNT, "Cases beyond what the manifest says."] = None
    unidentified: Annotated[int | BoundsEntry | None, _COUNT, "Cases received that are on no line."] = None
    name: _NAME = None


ExpectEntry = (
    EveryTrailerEntry
    | EveryCaseEntry
    | EventuallyEntry
    | EachEntry
    | NeverEntry
    | AlwaysEntry
    | KpiEntry
    | ReceiptEntry
)
EXPECTATIONS: dict[str, type[Section]] = {
    "every_trailer": EveryTrailerEntry,
    "every_case": EveryCaseEntry,
    "eventually": EventuallyEntry,
    "each": EachEntry,
    "never": NeverEntry,
    "always": AlwaysEntry,
    "kpi": KpiEntry,
    "receipt": ReceiptEntry,
}
