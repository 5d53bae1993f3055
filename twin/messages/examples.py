"""One example message of every type, complete with its optional fields: for the schemas, the docs and the tests."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Any, Final

import msgspec
from msgspec import inspect

from twin.clock import TIME_PATTERN, US_PER_S, parse_time
from twin.ids import TOKEN_PATTERN, Address
from twin.messages import TYPES, Command, Message
from twin.messages.emitter import Emitter

_AT: Final = "2026-01-05T06:10:00.000000Z"
_SITE: Final = "bos1"
_ENTITIES: Final = MappingProxyType(
    {
        "robot": "r5",
        "yard": "yard",
        "door": "d6",
        "conveyor": "c6",
        "sorter": "s1",
        "operator": "remote",
        "backend": "core",
    }
)
_TIME: Final = TIME_PATTERN.replace("$", r"\Z")

_BY_NAME: Final = MappingProxyType(
    {
        "action_id": "act-17",
        "answer_id": "bos1/operator/floor:1:event:8",
        "carrier": "Acme Freight",
        "code": "busy",
        "command_id": "bos1/backend/core:1:command/robot/r5:3",
        "commands_accepted": ["order.assign.v1", "pick_plan.assign.v1"],
        "conveyor_id": "c6",
        "detail": "at order o-t-2",
        "door_id": "d6",
        "entity": "robot/r5",
        "error_id": "e-3",
        "error_type": "grip_failed",
        "exception_id": "x-12",
        "exception_type": "grip_failed",
        "expires_at": "2026-01-05T06:11:00.000000Z",
        "frame_id": "trailer",
        "from_seq": 41,
        "holding": ["t-1-c7"],
        "intervention_id": "i-4",
        "label": "PO7731-20-000017",
        "line_id": "PO7731-20",
        "manifest_sha256": "0" * 64,
        "order_id": "o-t-1",
        "parts": 2,
        "person": "ana",
        "plan_id": "p-9",
        "po_id": "PO7731",
        "position_m": [3.2, 0.4, 1.1],
        "reason": "too_heavy",
        "resolution": "skip",
        "robot_id": "r5",
        "scan_id": "s-r5-2",
        "size_m": [0.6, 0.4, 0.4],
        "size_m_max": [0.91, 0.61, 0.61],
        "sku": "8001-22",
        "software_version": "4.2.0",
        "successors": ["t-1-c31", "t-1-c32"],
        "to_seq": 44,
        "track_id": "t-1-c7",
        "track_ids": ["t-1-c7", "t-1-c9"],
        "trailer_id": "t-1",
    }
)
"""What the example says in a field of this name; other fields take the least that their type allows."""


@cache
def example(message_type: type[Message]) -> Message:
    """The example message of this type."""
    kind = min(message_type.PUBLISHERS)
    emitter = Emitter(site=_SITE, address=Address(kind, _ENTITIES[kind]), boot=3)
    data = msgspec.convert(_wire(_data_type(message_type)), _data_class(message_type))
    at_us = parse_time(_AT) - 2 * US_PER_S
    if issubclass(message_type, Command):
        is_for_yard = message_type.__struct_config__.tag in {"trailer.assign_door.v1", "trailer.release.v1"}
        target = "yard/yard" if is_for_yard else "robot/r5"
        return emitter.command(message_type, data, target=target, at_us=at_us, correlation_id="o-t-1")
    return emitter.emit(
        message_type, data, at_us=at_us, correlation_id="o-t-1", causation_id="bos1/backend/core:1:command/robot/r5:3"
    )


def examples() -> dict[str, Message]:
    """The example message of every type, by type."""
    return {name: example(message_type) for name, message_type in TYPES.items()}


def _data_type(message_type: type[Message]) -> inspect.StructType:
    info = inspect.type_info(message_type)
    assert isinstance(info, inspect.StructType)
    (data,) = (field.type for field in info.fields if field.name == "data")
    assert isinstance(data, inspect.StructType)
    return data


def _data_class(message_type: type[Message]) -> type[Any]:
    return _data_type(message_type).cls


def _wire(info: inspect.Type, name: str = "") -> object:
    """The example value of a type, as JSON holds it."""
    match info:
        case _ if name in _BY_NAME:
            example_value = _BY_NAME[name]
        case inspect.StructType(fields=fields):
            example_value = {field.encode_name: _wire(field.type, field.name) for field in fields}
        case inspect.UnionType(types=types):
            example_value = _wire(types[0], name)
        case inspect.VarTupleType(item_type=item):
            example_value = [_wire(item)]
        case inspect.TupleType(item_types=items):
            example_value = [0.0] * (len(items) - 1) + [1.0]
        case inspect.LiteralType(values=values):
            example_value = values[0]
        case _:
            example_value = _scalar(info)
    return example_value


def _scalar(info: inspect.Type) -> object:
    match info:
        case inspect.BoolType():
            return True
        case inspect.IntType(ge=least):
            return max(1, least or 0)
        case inspect.FloatType(le=most):
            return 0.5 if most == 1.0 else 2.5
        case inspect.StrType(pattern=pattern) if pattern == _TIME:
            return _AT
        case inspect.StrType(pattern=pattern):
            assert pattern in {None, TOKEN_PATTERN}, pattern
            return "x-1"
        case _:
            raise AssertionError(info)
