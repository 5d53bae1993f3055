"""Hypothesis strategies that build any valid message of any type, from the types themselves."""

from __future__ import annotations

import math
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from twin.clock import TIME_PATTERN, US_PER_S, format_time
from twin.ids import TOKEN_PATTERN, Address
from twin.messages import TYPES, Command, Message
from twin.messages.emitter import Emitter
from twin.messages.envelope import SEQ_MAX

LIST_MAX: Final = 4
"""Longer lists say nothing new; full parts are tested by themselves."""
LAST_US: Final = 4_102_444_800 * US_PER_S - 1
"""The end of 2099."""

TOKENS: Final = st.text("abcxyz0189_-", min_size=1, max_size=32)
INSTANTS: Final = st.integers(0, LAST_US).map(format_time)
KINDS: Final = ("robot", "yard", "door", "conveyor", "sorter", "operator", "backend")
TARGETS: Final = st.builds("{}/{}".format, st.sampled_from(KINDS), TOKENS)
TEXT: Final = st.characters(exclude_categories=("Cc", "Cs"))

_PATTERNS: Final = {
    TOKEN_PATTERN: TOKENS,
    TIME_PATTERN.replace("$", r"\Z"): INSTANTS,
    r"^[0-9a-f]{64}\Z": st.binary(min_size=32, max_size=32).map(bytes.hex),
}


def messages_of(message_type: type[Message]) -> st.SearchStrategy[Message]:
    """Any valid message of one type."""
    return st.builds(
        _stamped,
        st.just(message_type),
        _data_of(message_type),
        site=TOKENS,
        kind=st.sampled_from(sorted(message_type.PUBLISHERS)),
        entity=TOKENS,
        boot=st.integers(1, SEQ_MAX),
        seq=st.integers(1, SEQ_MAX),
        target=TARGETS,
        at_us=st.integers(0, LAST_US),
        correlation_id=st.none() | st.text(TEXT, min_size=1, max_size=64),
        causation_id=st.none() | st.text(TEXT, min_size=1, max_size=160),
    )


def any_message() -> st.SearchStrategy[Message]:
    """Any valid message of any type."""
    return st.sampled_from(sorted(TYPES)).flatmap(lambda name: messages_of(TYPES[name]))


def _stamped(  # noqa: PLR0913 - one argument for each thing that is drawn
    message_type: type[Message],
    data: Any,  # noqa: ANN401 - the data of any type
    *,
    site: str,
    kind: str,
    entity: str,
    boot: int,
    seq: int,
    target: str,
    at_us: int,
    correlation_id: str | None,
    causation_id: str | None,
) -> Message:
    """The message that an emitter would make after `seq - 1` others."""
    stream = target if issubclass(message_type, Command) else message_type.CHANNEL
    emitter = Emitter(site=site, address=Address(kind, entity), boot=boot, seqs={stream: seq - 1})
    if issubclass(message_type, Command):
        return emitter.command(
            message_type, data, target=target, at_us=at_us, correlation_id=correlation_id, causation_id=causation_id
        )
    return emitter.emit(message_type, data, at_us=at_us, correlation_id=correlation_id, causation_id=causation_id)


def _data_of(message_type: type[Message]) -> st.SearchStrategy[Any]:
    info = inspect.type_info(message_type)
    assert isinstance(info, inspect.StructType)
    (data,) = (field.type for field in info.fields if field.name == "data")
    assert isinstance(data, inspect.StructType)
    return _values(data).map(lambda wire: msgspec.convert(wire, data.cls))


def _values(info: inspect.Type) -> st.SearchStrategy[Any]:
    """Values of a type as JSON holds them."""
    match info:
        case inspect.StructType():
            return _objects(info)
        case inspect.UnionType(types=types):
            return st.one_of([_values(inner) for inner in types])
        case inspect.VarTupleType(item_type=item, min_length=least, max_length=most):
            return st.lists(_values(item), min_size=least or 0, max_size=min(LIST_MAX, most or LIST_MAX))
        case inspect.TupleType(item_types=items):
            return st.tuples(*[_values(inner) for inner in items]).map(list)
        case inspect.LiteralType(values=literals):
            return st.sampled_from(literals)
        case _:
            return _scalars(info)


def _scalars(info: inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.IntType(ge=least, le=most):
            return st.integers(least, most)
        case inspect.FloatType(ge=least, gt=above, le=most):
            return st.floats(least if above is None else above, most, exclude_min=above is not None)
        case inspect.StrType(pattern=None, min_length=least, max_length=most):
            return st.text(TEXT, min_size=least or 0, max_size=most)
        case inspect.StrType(pattern=str(pattern)):
            return _PATTERNS.get(pattern, TARGETS)
        case _:
            raise AssertionError(info)


def _objects(info: inspect.StructType) -> st.SearchStrategy[dict[str, Any]]:
    required = {field.encode_name: _field(field) for field in info.fields if field.required}
    optional = {field.encode_name: _field(field) for field in info.fields if not field.required}
    return st.fixed_dictionaries(required, optional=optional).map(_agreeing)


def _field(field: inspect.Field) -> st.SearchStrategy[Any]:
    if field.name == "orientation_xyzw":
        return st.tuples(*[st.floats(-1.0, 1.0)] * 4).map(_unit)
    return _values(field.type)


def _unit(components: tuple[float, ...]) -> list[float]:
    length = math.hypot(*components)
    return [0.0, 0.0, 0.0, 1.0] if length < 1e-6 else [component / length for component in components]


def _agreeing(wire: dict[str, Any]) -> dict[str, Any]:
    """The same, with the fields in order that must not exceed each other."""
    for low, high in (("part", "parts"), ("from_seq", "to_seq")):
        if low in wire and high in wire:
            wire[low], wire[high] = sorted((wire[low], wire[high]))
    return wire
