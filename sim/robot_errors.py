"""What is wrong with a robot, and how it asks for help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from twin.messages.robot import (
    RobotError,
    RobotErrorCleared,
    RobotErrorClearedData,
    RobotErrorData,
    RobotErrorRaised,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from sim.kernel import Step
    from sim.mailbox import Answer
    from sim.robot import Robot

AskedError = Literal["grip_failed", "vacuum_lost"]


class RobotErrors:
    """The open errors of one robot. `asked`: the one it waits for an answer to."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._raised = 0
        self._low_battery: tuple[RobotErrorData, str] | None = None
        self.open: tuple[RobotError, ...] = ()
        self.asked: RobotErrorData | None = None

    def ask(
        self, error_type: AskedError, *, track_id: str, trailer_id: str, may_retry: bool = True
    ) -> Generator[Step, Any, Answer]:
        """Raise an error about a case and wait for an answer; `may_retry`: whether to try again is one."""
        is_grip = error_type == "grip_failed"
        again: tuple[Literal["retry"], ...] = ("retry",) if may_retry else ()
        self.asked = error = RobotErrorData(
            error_id=self._next_id(),
            error_type=error_type,
            error_level="URGENT" if is_grip else "FATAL",
            trailer_id=trailer_id,
            track_id=track_id,
            allowed_answers=(*again, "skip", "assist") if is_grip else again,
            owner="remote" if is_grip else "floor",
        )
        raised_id = self._raise(error)
        self._robot.enter("AWAITING_ASSIST" if is_grip else "FAULT")
        answer: Answer = yield self._robot.mailbox.wait_for("answer")
        self.asked = None
        self._clear(error, causation_id=raised_id)
        return answer

    def raise_low_battery(self, *, trailer_id: str) -> None:
        """Say that its battery is low; nobody can help but a charger."""
        error = RobotErrorData(
            error_id=self._next_id(), error_type="battery_low", error_level="WARNING", trailer_id=trailer_id
        )
        self._low_battery = error, self._raise(error)

    def clear_low_battery(self) -> None:
        """It is charged."""
        if self._low_battery is not None:
            error, raised_id = self._low_battery
            self._low_battery = None
            self._clear(error, causation_id=raised_id)

    @property
    def open_ids(self) -> tuple[str, ...]:
        """The ids of those it has raised and not cleared."""
        low = (self._low_battery[0].error_id,) if self._low_battery else ()
        return low if self.asked is None else (*low, self.asked.error_id)

    def forget(self) -> None:
        """A power cut: nothing is open any more."""
        self.open = ()
        self.asked = self._low_battery = None

    def _next_id(self) -> str:
        self._raised += 1
        return f"{self._robot.robot_id}-b{self._robot.endpoint.boot}-e{self._raised}"

    def _raise(self, error: RobotErrorData) -> str:
        self.open += (RobotError(error_type=error.error_type, error_level=error.error_level),)
        return self._robot.endpoint.emit(RobotErrorRaised, error, correlation_id=self._order_id).id

    def _clear(self, error: RobotErrorData, *, causation_id: str) -> None:
        self.open = tuple(it for it in self.open if it.error_type != error.error_type)
        data = RobotErrorClearedData(error_id=error.error_id)
        self._robot.endpoint.emit(RobotErrorCleared, data, correlation_id=self._order_id, causation_id=causation_id)

    @property
    def _order_id(self) -> str | None:
        order = self._robot.order
        return order.correlationid if order else None
