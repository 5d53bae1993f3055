"""A console: a test gives the simulator single commands by hand and sees what it says."""

# ruff: noqa: ANN401 - messages of any type

from __future__ import annotations

from typing import Any

from sim.plan import DayPlan
from sim.world import World
from twin.clock import NEVER_US, US_PER_S, format_time
from twin.ids import parse_address
from twin.messages.emitter import Emitter
from twin.messages.envelope import Command, Message
from twin.messages.exception import InterventionRequested, InterventionRequestedData
from twin.messages.robot import AssignOrder, AssignPickPlan, OrderData, PickPlanData
from twin.messages.trailer import AssignDoor, ReleaseTrailer, TrailerCommandData
from twin.participant import Delivery


class Console:
    """The world of one day; `log` holds what it has said, in order of arrival."""

    def __init__(self, plan: DayPlan) -> None:
        self.world = World(plan)
        self.plan = plan
        self.now_us = plan.start_us
        self.log: list[Delivery] = []
        self._emitter = Emitter(site=plan.site.site_id, address=parse_address("backend/core"), boot=1)
        self._actions = 0

    def run(self, seconds: float) -> Console:
        """Let so much time pass."""
        until_us = min(self.now_us + round(seconds * US_PER_S), self.world.end_us or NEVER_US)
        while self.now_us < until_us:
            reached_us = self.world.advance(until_us)
            self.now_us = reached_us
            self.log += self.world.take_arrivals(reached_us)
            until_us = min(until_us, self.world.end_us or NEVER_US)
        return self

    def data(self, data_type: Any, *, action_id: str | None = None, epoch: int = 1, **fields: Any) -> Any:
        self._actions += 1
        expires_at = fields.pop("expires_at", format_time(self.now_us + 60 * US_PER_S))
        return data_type(action_id=action_id or f"a{self._actions}", epoch=epoch, expires_at=expires_at, **fields)

    def command(self, command_type: type[Command], target: str, data: Any) -> Command:
        """Publish a command now."""
        command = self._emitter.command(command_type, data, target=target, at_us=self.now_us, correlation_id="o-t1")
        self.world.deliver(self.now_us, command)
        return command

    def request(self, exception_type: str, *, exception_id: str | None = None, **fields: Any) -> InterventionRequested:
        """Ask people for help now; about the same exception, this is to ask anew."""
        self._actions += 1
        options = fields.pop("options", ("assist",))
        data = InterventionRequestedData(
            intervention_id=f"i{self._actions}",
            exception_id=exception_id or f"e{self._actions}",
            exception_type=exception_type,
            options=options,
            default_answer=fields.pop("default_answer", options[0]),
            deadline_at=fields.pop("deadline_at", format_time(self.now_us + 3600 * US_PER_S)),
            **fields,
        )
        request = self._emitter.emit(InterventionRequested, data, at_us=self.now_us)
        self.world.deliver(self.now_us, request)
        return request

    def dock(self, trailer_id: str = "t1", door_id: str = "d1") -> Command:
        data = self.data(TrailerCommandData, trailer_id=trailer_id, door_id=door_id)
        return self.command(AssignDoor, "yard/yard", data)

    def release(self, trailer_id: str = "t1", door_id: str = "d1") -> Command:
        data = self.data(TrailerCommandData, trailer_id=trailer_id, door_id=door_id)
        return self.command(ReleaseTrailer, "yard/yard", data)

    def order(self, robot_id: str = "r1", trailer_id: str = "t1", door: int = 1) -> Command:
        data = self.data(
            OrderData,
            order_id=f"o-{trailer_id}",
            trailer_id=trailer_id,
            door_id=f"d{door}",
            conveyor_id=f"c{door}",
            cases_expected=1,
        )
        return self.command(AssignOrder, f"robot/{robot_id}", data)

    def take(self, *track_ids: str, then_leave: bool = False, scan_id: str | None = None) -> Command:
        """A pick plan for r1 on its latest scan."""
        data = self.data(
            PickPlanData,
            order_id="o-t1",
            plan_id="p",
            scan_id=scan_id or self.last("wall.scanned").data.scan_id,
            track_ids=track_ids,
            then_leave=then_leave,
        )
        return self.command(AssignPickPlan, "robot/r1", data)

    def at_the_wall(self) -> Console:
        """Trailer t1 docked at d1, r1 inside, its first scan made."""
        self.run(2).dock()
        self.run(400).order()
        self.run(60)
        assert self.said("wall.scanned")
        return self

    def said(self, type_name: str, **fields: Any) -> list[Any]:
        """The messages of one type so far whose data have these values."""
        return [
            delivery.message
            for delivery in self.log
            if delivery.message.type == f"{type_name}.v1"
            and all(getattr(delivery.message.data, name) == value for name, value in fields.items())
        ]

    def last(self, type_name: str) -> Any:
        """The latest message of one type."""
        return self.said(type_name)[-1]

    def outcome(self, command: Command) -> list[tuple[str, str | None]]:
        """The replies to a command: what became of it, and with what code."""
        return [
            (delivery.message.type.split(".")[1], delivery.message.data.code)
            for delivery in self.log
            if delivery.message.CHANNEL == "reply" and delivery.message.data.command_id == command.id
        ]

    def states(self, robot_id: str = "r1") -> list[str]:
        """The robot states reported, without repetitions."""
        reported = [
            message.data.robot_state
            for message in self.said("robot.state")
            if message.source.endswith(f"/robot/{robot_id}")
        ]
        return [state for before, state in zip([None, *reported], reported, strict=False) if state != before]

    def deliver(self, message: Message) -> None:
        """Publish again what was published, identical."""
        self.world.deliver(self.now_us, message)
