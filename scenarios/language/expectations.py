"""Expectations of a file become conditions, each with the words a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct, structs
from yaml.nodes import ScalarNode

from scenarios.kpis import BY_NAME
from scenarios.language import names
from scenarios.language.fidelities import differs, in_fidelity, named_in
from scenarios.language.grammar.expectations import (
    AlwaysEntry,
    EachEntry,
    EventuallyEntry,
    EveryCaseEntry,
    EveryTrailerEntry,
    ExpectEntry,
    KpiEntry,
    NeverEntry,
    PatternEntry,
    ReceiptEntry,
)
from scenarios.language.kinds import Spot, near
from scenarios.language.references import Known, Times
from scenarios.language.sections import At, Entry
from scenarios.language.source import Scalar, resolved
from scenarios.model import (
    Always,
    Bounds,
    Condition,
    Each,
    Eventually,
    EveryCase,
    EveryTrailer,
    Expectation,
    Gauge,
    KpiBound,
    MessagePattern,
    Never,
    ReceiptCounts,
    ReceiptNumber,
)
from twin.messages import TYPES

_NAMING_FIELDS = {
    "trailer_id": "trailer",
    "door_id": "door",
    "conveyor_id": "conveyor",
    "robot_id": "robot",
    "person": "person",
}
"""Fields that name something of the scenario: what they name must be there."""

_SPEAKERS = ("robot", "door", "conveyor", "sorter", "yard", "operator", "backend")
_TYPE_FIELDS = frozenset({"exception_type", "error_type"})
"""Free text in the contract, but a scenario that waits for a type nobody raises is mistaken."""


class Conditions:
    """Turns expectation entries into what is expected in one fidelity. `known`: the scenario's things, by kind."""

    def __init__(self, times: Times, known: Mapping[str, Known], fidelity: str) -> None:
        self._times, self._known, self._fidelity = times, known, fidelity
        self._makers: dict[type[Struct], Callable[[Any], tuple[Condition, str]]] = {
            EveryTrailerEntry: self._every_trailer,
            EveryCaseEntry: self._every_case,
            EventuallyEntry: self._eventually,
            EachEntry: self._each,
            NeverEntry: self._never,
            AlwaysEntry: self._always,
            KpiEntry: self._kpi,
            ReceiptEntry: self._receipt,
        }

    def of(self, entry: ExpectEntry) -> Expectation:
        """The expectation of one entry. What it says of other fidelities is judged too, so that no mistake is kept."""
        asked_in = named_in(entry)
        if not asked_in and differs(entry):
            entry.at.blame("", "bounds that have a fidelity in common", got="bounds of different ones")
        made = {name: self._made(in_fidelity(entry, name)) for name in asked_in or (self._fidelity,)}
        condition, words = made.get(self._fidelity) or next(iter(made.values()))
        return Expectation(
            name=entry.name or words, condition=condition, line=entry.at.span.line, asked_in=tuple(asked_in)
        )

    def _made(self, entry: ExpectEntry) -> tuple[Condition, str]:
        return self._makers[type(entry)](entry)

    def _every_trailer(self, entry: EveryTrailerEntry) -> tuple[Condition, str]:
        by_us = self._times.us(entry.at, "by", entry.by)
        if entry.every_trailer == "departed_before_due":
            if by_us is not None:
                entry.at.blame("by", "every_trailer: departed", got="by with departed_before_due")
            return EveryTrailer(departed="before_due"), "no trailer departs after its free time"
        return EveryTrailer(by_us=by_us), "every trailer departed"

    def _every_case(self, entry: EveryCaseEntry) -> tuple[Condition, str]:
        allowed = (entry.every_case,) if isinstance(entry.every_case, str) else entry.every_case
        *others, last = [name.replace("_", " ") for name in allowed] or [""]
        listed = f"{', '.join(others)} or {last}" if others else last
        return EveryCase(allowed=allowed), f"every case {listed}"

    def _eventually(self, entry: EventuallyEntry) -> tuple[Condition, str]:
        message = self._pattern(entry, entry.eventually, "eventually")
        words = f"eventually: {in_words(message)}"
        after = None
        if entry.after is not None:
            after = self._pattern(entry.after, entry.after.message, "message")
            words += f" after {in_words(after)}"
        by_us = self._times.us(entry.at, "by", entry.by)
        condition = Eventually(
            message=message, at_least=entry.at_least, by_us=by_us, after=after, within_us=entry.within
        )
        return condition, words

    def _each(self, entry: EachEntry) -> tuple[Condition, str]:
        message = self._pattern(entry, entry.each, "each")
        leads_to = self._pattern(entry.leads_to, entry.leads_to.message, "message")
        same = (entry.same,) if isinstance(entry.same, str) else entry.same
        condition = Each(message=message, leads_to=leads_to, within_us=entry.within, same=same, at_least=entry.at_least)
        return condition, f"each {in_words(message)} leads to {in_words(leads_to)}"

    def _never(self, entry: NeverEntry) -> tuple[Condition, str]:
        message = self._pattern(entry, entry.never, "never")
        condition = Never(message=message, after_us=self._times.us(entry.at, "after", entry.after, within_day=True))
        return condition, f"never: {in_words(message)}"

    def _always(self, entry: AlwaysEntry) -> tuple[Condition, str]:
        gauge: Gauge = next((name for name in get_args(Gauge) if name == entry.always), "open_exceptions")
        condition = Always(gauge=gauge, at_most=entry.at_most)
        return condition, f"{gauge.replace('_', ' ')} at all times"

    def _kpi(self, entry: KpiEntry) -> tuple[Condition, str]:
        _refuse_crossed_bounds(entry.at, entry.at_least, entry.at_most)
        words = BY_NAME[entry.kpi].words if entry.at.is_sound("kpi") else ""
        return KpiBound(kpi=entry.kpi, at_most=entry.at_most, at_least=entry.at_least), words

    def _receipt(self, entry: ReceiptEntry) -> tuple[Condition, str]:
        if entry.at.is_sound("receipt"):
            self._known["trailer"].check(entry.at.spot("receipt"), entry.receipt)
        numbers: dict[ReceiptNumber, Bounds] = {}
        for name in get_args(ReceiptNumber):
            wanted = getattr(entry, name)
            if isinstance(wanted, int):
                numbers[name] = Bounds(at_least=wanted, at_most=wanted)
            elif wanted is not None:
                _refuse_crossed_bounds(wanted.at, wanted.at_least, wanted.at_most)
                numbers[name] = Bounds(at_least=wanted.at_least, at_most=wanted.at_most)
        of = f" {entry.po}" if entry.po is not None else ""
        of += f" line {entry.line}" if entry.line is not None else ""
        condition = ReceiptCounts(trailer_id=entry.receipt, numbers=numbers, po_id=entry.po, line_id=entry.line)
        return condition, f"receipt of {entry.receipt}{of}"

    def _pattern(
        self, entry: EventuallyEntry | EachEntry | NeverEntry | PatternEntry, type_: str, key: str
    ) -> MessagePattern:
        where: dict[str, str | int | float | bool] = {}
        if entry.at.is_sound(key):
            for name, given in entry.where.items():
                where[name] = self._field(type_, name, given)
        if entry.entity is not None and entry.at.is_sound("entity"):
            self._check_entity(entry.at.spot("entity"), entry.entity)
        return MessagePattern(type=type_, where=where, entity=entry.entity)

    def _field(self, type_: str, name: str, given: Entry) -> str | int | float | bool:
        """The value a field must have, as a value of the field's type."""
        node, spot, key_spot = given
        hints = fields_of(type_)
        if name not in hints:
            key_spot.blame(
                "a field of the message: " + ", ".join(hints), got=f"the field {name}", suggestion=near(name, hints)
            )
            return str(node.value)
        value = _as(hints[name], node)
        if value is None:
            choices = _choices(hints[name])
            expected = "one of " + ", ".join(choices) if choices else f"a value that {name} can have"
            spot.blame(expected, suggestion=near(node.value, choices))
            return str(node.value)
        if name in _TYPE_FIELDS and value not in names.exception_types():
            spot.blame(
                f"one of {', '.join(names.exception_types())}", suggestion=near(str(value), names.exception_types())
            )
        if name in _NAMING_FIELDS:
            self._known[_NAMING_FIELDS[name]].check(spot, str(value))
        elif name == "entity":
            self._check_entity(spot, str(value))
        return value

    def _check_entity(self, spot: Spot, text: str) -> None:
        kind, slash, name = text.partition("/")
        if not slash or kind not in _SPEAKERS:
            expected = f"kind/id, as robot/r5; kinds: {', '.join(_SPEAKERS)}"
            spot.blame(expected, suggestion=near(text, self._addresses()))
        else:
            self._known[kind].check(spot, name)

    def _addresses(self) -> list[str]:
        return [f"{kind}/{name}" for kind in _SPEAKERS for name in self._known[kind].lines]


def in_words(pattern: MessagePattern) -> str:
    """A pattern in a few words.

    >>> in_words(MessagePattern(type="exception.raised.v1", where={"exception_type": "robot_lost"}, entity="robot/r5"))
    'exception.raised robot_lost robot/r5'
    """
    values = [str(value) for value in pattern.where.values()]
    return " ".join([pattern.type.rpartition(".")[0], *values, *([pattern.entity] if pattern.entity else [])])


@cache
def fields_of(type_: str) -> dict[str, Any]:
    """The fields of a message's data and their types."""
    data = get_type_hints(TYPES[type_], include_extras=True)["data"]
    hints = get_type_hints(data, include_extras=True)
    return {field.name: hints[field.name] for field in structs.fields(data)}


def _as(hint: Any, node: ScalarNode) -> str | int | float | bool | None:  # noqa: ANN401 - a type is Any to mypy
    """The scalar as a value of this type: 6 is text where the field is text."""
    for value in (resolved(node), node.value):
        if _is_within(hint, value):
            return value
    return None


def _is_within(hint: Any, value: Scalar) -> bool:  # noqa: ANN401 - as above
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError:
        return False
    return value is not None


def _choices(hint: Any) -> list[str]:  # noqa: ANN401 - as above
    """The values of a literal type, also of one that may be None."""
    if get_origin(hint) is Literal:
        return [str(value) for value in get_args(hint)]
    return [choice for part in get_args(hint) if get_origin(part) is Literal for choice in _choices(part)]


def _refuse_crossed_bounds(at: At, least: float | None, most: float | None) -> None:
    if least is not None and most is not None and least > most and at.is_sound("at_least", "at_most"):
        second = "at_most" if at.line_of("at_most") >= at.line_of("at_least") else "at_least"
        at.blame(second, f"bounds that leave room: {least:g} is above {most:g}")
