"""What a robot is told: which commands it takes when, and the one thing that its script waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim.endpoint import Handler
from twin.messages.robot import (
    AssignOrder,
    AssignPickPlan,
    Assist,
    Cancel,
    Pause,
    ReleaseToWork,
    Resume,
    Retry,
    Skip,
)

if TYPE_CHECKING:
    import simpy

    from sim.robot import Robot
    from twin.messages.envelope import Command

Awaited = Literal["order", "plan", "answer"]
Answer = Literal["retry", "skip", "assist", "cancel"]

NOT_AUTOMATIC: frozenset[str] = frozenset({"OFFLINE", "STARTUP", "MAINTENANCE"})


class Mailbox:
    """The commands of one robot. `awaits`: what would move its script on."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._mail: simpy.Event | None = None
        self.awaits: Awaited | None = None

    def handlers(self) -> dict[type[Command], Handler]:
        """What it does with each type of command."""
        return {
            AssignOrder: Handler(self._why_no_order, self._take_order),
            AssignPickPlan: Handler(self._why_no_plan, self.hand_over),
            Retry: Handler(self._why_no_answer, lambda command: self._take_answer(command, "retry")),
            Skip: Handler(self._why_no_answer, lambda command: self._take_answer(command, "skip")),
            Assist: Handler(self._why_no_answer, lambda command: self._take_answer(command, "assist")),
            Cancel: Handler(self._why_no_cancel, self._cancel),
            Pause: Handler(self._why_no_pause, self._pause),
            Resume: Handler(self._why_no_resume, self._resume),
            ReleaseToWork: Handler(self._why_no_release, self._release),
        }

    # -- the script's side ------------------------------------------------------------------------------------------

    def wait_for(self, what: Awaited) -> simpy.Event:
        """Happens when the robot is given what it waits for, or something else that ends the wait."""
        assert self._mail is None, "a robot waits for one thing"
        self.awaits = what
        self._mail = self._robot.kernel.event()
        return self._mail

    def hand_over(self, value: object) -> None:
        """End the wait; the script goes on with `value`, after the stops if there are any."""
        assert self._mail is not None, "it waits for nothing"
        mail, self._mail, self.awaits = self._mail, None, None
        mail.succeed(value)

    def is_waiting(self, mail: simpy.Event) -> bool:
        """Whether this wait has not been ended."""
        return self._mail is mail

    def close(self) -> None:
        """Nobody waits any more: the robot is off."""
        self._mail = self.awaits = None

    # -- orders and plans -------------------------------------------------------------------------------------------

    def _why_no_order(self, command: AssignOrder) -> str | None:
        robot = self._robot
        if robot.state in NOT_AUTOMATIC or robot.state == "REMOTE_ASSISTED" or self._is_stopped_for_people:
            return "not_automatic"
        if robot.order is not None or self.awaits != "order":
            return "busy"
        door = robot.dock.doors.get(command.data.door_id)
        if door is None:
            return "unknown_door"
        return None if door.plan.conveyor_id == command.data.conveyor_id else "unknown_conveyor"

    @property
    def _is_stopped_for_people(self) -> bool:
        stops = self._robot.stops
        return stops.holds("emergency") or stops.holds("release")

    def _take_order(self, command: AssignOrder) -> None:
        self._robot.take_order(command)
        self.hand_over(None)

    def _why_no_plan(self, command: AssignPickPlan) -> str | None:
        robot = self._robot
        if robot.order is None or robot.order.data.order_id != command.data.order_id:
            return "no_such_order"
        if self.awaits != "plan":
            return "busy"
        return None if command.data.scan_id == robot.last_scan_id else "scan_outdated"

    def _why_no_cancel(self, command: Cancel) -> str | None:
        order = self._robot.order
        return "no_such_order" if order is None or order.data.order_id != command.data.order_id else None

    def _cancel(self, command: Cancel) -> None:
        self._robot.cancel()
        if self.awaits == "plan":
            self.hand_over(None)
        elif self.awaits == "answer":
            self.hand_over("cancel")
        self._robot.endpoint.complete(command)

    # -- answers ----------------------------------------------------------------------------------------------------

    def _why_no_answer(self, command: Retry | Skip | Assist) -> str | None:
        asked = self._robot.errors.asked
        if asked is None or self.awaits != "answer" or asked.error_id != command.data.error_id:
            return "no_such_error"
        word = command.type.split(".")[1]
        return None if word in asked.allowed_answers else "not_allowed"

    def _take_answer(self, command: Retry | Skip | Assist, answer: Answer) -> None:
        self.hand_over(answer)
        self._robot.endpoint.complete(command)

    # -- stops ------------------------------------------------------------------------------------------------------

    def _why_no_pause(self, _command: Pause) -> str | None:
        robot = self._robot
        if robot.state in NOT_AUTOMATIC or robot.state == "REMOTE_ASSISTED":
            return "not_automatic"
        return "already_paused" if robot.stops.holds("pause") else None

    def _pause(self, command: Pause) -> None:
        self._robot.stops.begin("pause")
        self._robot.endpoint.complete(command)

    def _why_no_resume(self, _command: Resume) -> str | None:
        return None if self._robot.stops.holds("pause") else "not_paused"

    def _resume(self, command: Resume) -> None:
        self._robot.endpoint.complete(command)
        self._robot.stops.end("pause")

    def _why_no_release(self, _command: ReleaseToWork) -> str | None:
        stops = self._robot.stops
        if stops.holds("emergency"):
            return "not_reset"
        return None if stops.holds("release") else "not_stopped"

    def _release(self, command: ReleaseToWork) -> None:
        self._robot.endpoint.complete(command)
        self._robot.stops.end("release")
