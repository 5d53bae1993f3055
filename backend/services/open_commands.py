"""Which commands each target has not ended. Kept: hundreds are open, most robots have none, and all are asked often."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.core.state import CommandRecord, Purpose


class OpenCommands(dict[str, dict[str, "CommandRecord"]]):
    """By target (`robot/r7`) its open commands by action, in the order they were issued; derived from all of a state.

    A target is a key as long as it has any.
    """

    def __init__(self, commands: dict[str, CommandRecord]) -> None:
        super().__init__()
        for record in commands.values():
            self.add(record)

    def add(self, record: CommandRecord) -> None:
        """It has been issued."""
        self.setdefault(record.command.subject, {})[record.command.data.action_id] = record

    def remove(self, record: CommandRecord) -> None:
        """It is open no more."""
        target = record.command.subject
        of_target = self[target]
        del of_target[record.command.data.action_id]
        if not of_target:
            del self[target]

    def at(self, target: str, *purposes: Purpose) -> list[CommandRecord]:
        """What this target has not ended, of these purposes; of any if none is named."""
        of_target = self.get(target)
        if of_target is None:
            return []
        return [record for record in of_target.values() if not purposes or record.purpose in purposes]
