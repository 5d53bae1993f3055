"""An impostor: a second machine under the id of a robot. It says that it has started and idles, and answers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sim import assumptions
from sim.ticking import tick
from twin.clock import us
from twin.ids import Address
from twin.messages.emitter import Emitter
from twin.messages.robot import RobotFactsheet, RobotStateData, RobotStateReport

if TYPE_CHECKING:
    from sim.dock import Dock
    from twin.messages.robot import RobotFactsheetData


class Impostor:
    """Speaks over the radio of the robot it is named like, as its boot `boot`, until it is ended."""

    def __init__(self, dock: Dock, *, robot_id: str, boot: int, factsheet: RobotFactsheetData) -> None:
        address = Address("robot", robot_id)
        self._dock = dock
        self._way = dock.gateway.way(str(address), "up")
        self._emitter = Emitter(site=dock.plan.site.site_id, address=address, boot=boot)
        self.has_ended = False
        self.boot = boot
        self._send(RobotFactsheet, factsheet)
        self._report("STARTUP")
        tick(
            dock.kernel,
            lambda: self._report("IDLE"),
            period_us=dock.plan.site.state_period_us,
            first_us=us(assumptions.IMPOSTOR_STARTUP_S),
            while_=lambda: not self.has_ended,
        )

    def end(self) -> None:
        """It is switched off."""
        self.has_ended = True

    def _report(self, state: Literal["STARTUP", "IDLE"]) -> None:
        data = RobotStateData(
            robot_state=state,
            operating_mode="AUTOMATIC" if state == "IDLE" else "SERVICE",
            connection_state="ONLINE",
            **self._emitter.last_seqs(),
        )
        self._send(RobotStateReport, data)

    def _send(
        self, message_type: type[RobotFactsheet | RobotStateReport], data: RobotFactsheetData | RobotStateData
    ) -> None:
        message = self._emitter.emit(message_type, data, at_us=self._dock.kernel.now_us)
        self._dock.gateway.send(self._way, message)
