"""Stops: what keeps a robot from moving. Each reason has its own beginning and end; the last one to end lets it go on.

A stop freezes the work where it is, whatever that is. What the robot shows is the strongest reason: an emergency stop,
then that it waits to be released from one, then a violated field, then a pause. A zombie shows what it was doing,
unless its emergency stop was pressed: that is another machine in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from twin.messages.robot import EmergencyStopped, EmergencyStopReset, SafetyState, StopData

if TYPE_CHECKING:
    from sim.robot import Robot
    from twin.robot_states import RobotState

Passing = Literal["field", "pause", "zombie"]
"""What is over with a power cut."""

Reason = Literal["emergency", "release"] | Passing

_LATCHED: tuple[Reason, ...] = ("emergency", "release")
"""What a power cut does not end."""


class Stops:
    """The reasons that hold one robot, each with how often it holds. Nothing is in force in a robot that is off."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self._held: dict[Reason, int] = {}
        self._stopped_in: RobotState | None = None
        """What it was doing when the first stop came; None: it is not stopped."""
        self._is_in_force = False
        self.safety = SafetyState()
        """What is reported of them."""

    def holds(self, reason: Reason) -> bool:
        """Whether this reason is there."""
        return reason in self._held

    # -- beginning and ending ---------------------------------------------------------------------------------------

    def begin(self, reason: Passing) -> None:
        """From now on `reason` holds it, once more if it does already; one that is off knows nothing but its latch."""
        if not self._is_in_force:
            return
        self._held[reason] = self._held.get(reason, 0) + 1
        self._apply()

    def end(self, reason: Reason) -> None:
        """One hold is over; one that never began, or ended with a restart, is let be."""
        count = self._held.pop(reason, 0)
        if count > 1:
            self._held[reason] = count - 1
        elif count == 1:
            self._apply()

    def begin_for(self, reason: Passing, for_us: int) -> None:
        """`reason` holds it for so long, or until it is restarted."""
        if not self._is_in_force:
            return
        robot, boot = self._robot, self._robot.endpoint.boot
        self.begin(reason)
        robot.kernel.after(for_us, lambda: self.end(reason) if robot.endpoint.boot == boot else None)

    def begin_zombie(self, for_us: int | None) -> None:
        """It takes commands and does nothing, for so long; None: until it is switched off."""
        if not self._is_in_force:
            return
        robot, boot = self._robot, self._robot.endpoint.boot

        def wake() -> None:
            if robot.endpoint.boot == boot:
                self.end("zombie")
                if "zombie" not in self._held:
                    robot.endpoint.go_on()

        self.begin("zombie")
        robot.endpoint.hold_back()
        if for_us is not None:
            robot.kernel.after(for_us, wake)

    # -- the emergency stop -----------------------------------------------------------------------------------------

    def press(self) -> None:
        """The emergency stop is pressed, and latches."""
        if "emergency" in self._held:
            return
        self._held.pop("release", None)
        self._held["emergency"] = 1
        self._tell_latch(None)
        self._apply()

    def reset(self, causation_id: str | None) -> None:
        """A person has unlatched it at the machine: it waits to be released. Without a latch nothing happens."""
        if self._held.pop("emergency", 0):
            self._held["release"] = 1
            self._tell_latch(causation_id)
            self._apply()

    def _tell_latch(self, causation_id: str | None) -> None:
        if not self._is_in_force:
            return  # it will say so when it has started
        robot, order = self._robot, self._robot.order
        data = StopData(
            trailer_id=order.data.trailer_id if order else None, door_id=order.data.door_id if order else None
        )
        robot.endpoint.emit(
            EmergencyStopped if "emergency" in self._held else EmergencyStopReset,
            data,
            correlation_id=order.correlationid if order else None,
            causation_id=causation_id,
        )

    # -- power ------------------------------------------------------------------------------------------------------

    def power_on(self) -> None:
        """The robot has started: it is idle, unless it is latched or was not released; then it says so again."""
        self._is_in_force = True
        if not self._held:
            self._robot.enter("IDLE")
            return
        self._stopped_in = "IDLE"
        self._robot.freeze()
        self._tell_latch(None)
        self._apply()

    def power_off(self) -> None:
        """All but the latch is over."""
        self._is_in_force = False
        self._stopped_in = None
        self._held = {reason: 1 for reason in _LATCHED if reason in self._held}
        self._apply()

    # -- what it shows ----------------------------------------------------------------------------------------------

    def _apply(self) -> None:
        safety = self._safety_now()
        if not self._is_in_force:
            self.safety = safety
            return
        robot, held = self._robot, self._held
        if held and self._stopped_in is None:
            self._stopped_in = robot.state
            robot.freeze()
        assert self._stopped_in is not None, "only what was held ends"
        shown = self._shown(self._stopped_in)
        if shown != robot.state or safety != self.safety:
            self.safety = safety
            robot.show(shown)
        if not held:
            self._stopped_in = None
            robot.thaw()

    def _safety_now(self) -> SafetyState:
        held = self._held
        return SafetyState(
            active_emergency_stop="MANUAL" if "emergency" in held else "NONE",
            field_violation="field" in held,
            awaits_release="release" in held,
        )

    def _shown(self, working: RobotState) -> RobotState:
        held = self._held
        if "emergency" in held:
            return "EMERGENCY_STOP"
        if "release" in held:
            return "PAUSED"
        if "zombie" in held:
            return working
        if "field" in held:
            return "PROTECTIVE_STOP"
        return "PAUSED" if "pause" in held else working
