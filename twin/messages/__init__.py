"""The message types, one module per family; `codec` turns them into bytes and back."""

from __future__ import annotations

from twin.messages import case, conveyor, door, exception, operator, receipt, reply, robot, sorter, trailer, wall
from twin.messages.envelope import Command, Event, Message, Reply, State

__all__ = ["TYPES", "Command", "Event", "Message", "Reply", "State"]

_FAMILIES = (case, conveyor, door, exception, operator, receipt, reply, robot, sorter, trailer, wall)

TYPES: dict[str, type[Message]] = {
    str(cls.__struct_config__.tag): cls
    for family in _FAMILIES
    for cls in vars(family).values()
    if isinstance(cls, type) and issubclass(cls, Message) and cls.__module__ == family.__name__
}
"""Every message class by its CloudEvents type."""
