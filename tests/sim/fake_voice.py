"""What the tests' backend says: commands and requests, stamped and kept until they are answered."""

# ruff: noqa: ANN401 - data of any type

from __future__ import annotations

from typing import Any

from sim.plan import DayPlan
from twin.clock import US_PER_S, format_time
from twin.ids import parse_address
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command, Message
from twin.messages.exception import InterventionRequested, InterventionRequestedData
from twin.messages.robot import AssignOrder

RESEND_US = 2 * US_PER_S
EXPIRES_US = 60 * US_PER_S


class FakeVoice:
    """Publishes through `out`."""

    def __init__(self, plan: DayPlan) -> None:
        self._site = plan.site
        self._emitter = Emitter(
            site=plan.site.site_id, address=parse_address(f"backend/{plan.site.backend_id}"), boot=1
        )
        self._now_us = plan.start_us
        self.out: list[Message] = []
        self._open: dict[str, tuple[int, Command]] = {}
        """Commands that nobody has answered, by action: when to send them again."""
        self._sent: dict[str, tuple[type[Command], str, Any, str | None]] = {}
        self._order_commands: dict[str, str] = {}
        self._actions = 0

    def _data(self, data_type: Any, **fields: Any) -> Any:
        self._actions += 1
        return data_type(action_id=f"a{self._actions}", epoch=1, expires_at=self._expiry(), **fields)

    def _expiry(self) -> str:
        return format_time(self._now_us + EXPIRES_US)

    def _command(self, command_type: type[Command], target: str, data: Any, trailer: str | None = None) -> None:
        correlation = None if trailer is None else f"o-{trailer}"
        command = self._emitter.command(
            command_type, data, target=target, at_us=self._now_us, correlation_id=correlation
        )
        if command_type is AssignOrder:
            assert trailer is not None
            self._order_commands[command.id] = trailer
        self._sent[command.id] = (command_type, target, data, trailer)
        self._open[data.action_id] = (self._now_us + RESEND_US, command)
        self.out.append(command)

    def _request(self, exception_type: str, role: Any, options: Any, entity: str, **about: str) -> str:
        self._actions += 1
        intervention = f"{exception_type}:{about.get('trailer_id', '')}:{self._actions}"
        data = InterventionRequestedData(
            intervention_id=intervention,
            exception_id=f"e{self._actions}",
            exception_type=exception_type,
            role=role,
            options=tuple(options),
            default_answer=options[0],
            deadline_at=format_time(self._now_us + 3600 * US_PER_S),
            entity=entity,
            **about,
        )
        self.out.append(self._emitter.emit(InterventionRequested, data, at_us=self._now_us))
        return intervention
