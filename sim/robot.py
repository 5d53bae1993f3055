"""A robot: its states, how it goes to a door and back, how it lives and dies.

What it is told is in `mailbox`, what stops it in `stops`, what it does at a wall in `unloading`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sim import assumptions
from sim.battery import battery_of
from sim.endpoint import Endpoint
from sim.impostor import Impostor
from sim.kernel import Script, Step, Steps
from sim.mailbox import Mailbox
from sim.plan import RobotPlan
from sim.robot_errors import RobotErrors
from sim.robot_report import factsheet_of, speed_m_per_s, state_of
from sim.service import service_us
from sim.stops import Stops
from sim.ticking import tick
from sim.unloading import Unloading
from twin.clock import us
from twin.ids import Address
from twin.messages.robot import (
    RobotFactsheet,
    RobotStateReport,
    UnloadData,
    UnloadFinished,
    UnloadFinishedData,
    UnloadStarted,
)
from twin.robot_states import RobotState, is_allowed

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from sim.battery import Battery
    from sim.case import Case
    from sim.dock import Dock
    from sim.door import Door
    from sim.trailer import Trailer
    from twin.messages.envelope import Message
    from twin.messages.robot import AssignOrder, AssignPickPlan, OrderData

_AT_THE_WALL: frozenset[str] = frozenset({"PICKING", "PLACING"})


class CrashedError(Exception):
    """Thrown into a robot's script when it dies."""


class _Done(NamedTuple):
    """What a robot has done in a trailer; `last_plan`: the one it left with, `failed`: why it gave its order up."""

    placed: int
    last_plan: AssignPickPlan | None = None
    failed: str | None = None


class Robot:
    """One robot. `holding`: the cases in hand as picked, even if it is dead; `forced`: faults that strike next time."""

    def __init__(self, dock: Dock, *, robot_id: str, number: int) -> None:
        self.dock = dock
        self.kernel = dock.kernel
        self.plan = dock.plan.robots.get(robot_id, RobotPlan())
        self.robot_id = robot_id
        doors = dock.plan.site.doors
        self.position_m = doors[number * len(doors) // len(dock.plan.site.robots)].position_m
        self.calibrated_us = max(dock.plan.start_us - us(assumptions.CALIBRATED_BEFORE_S), 0)
        self._state: RobotState = "OFFLINE"
        self._repair_us: int | None = None
        self.impostor: Impostor | None = None
        self.unloading: Unloading | None = None
        self.order: AssignOrder | None = None
        self.started_in: str | None = None
        """The trailer in which it has said that it starts, until it is out again."""
        self.is_cancelled = False
        self.last_scan_id: str | None = None
        self.holding: list[Case] = []
        self.forced: set[str] = set()
        self.battery = battery_of(self.plan, dock.kernel)
        self.errors = RobotErrors(self)
        self.stops = Stops(self)
        self.mailbox = Mailbox(self)
        self.endpoint = Endpoint(
            dock.kernel,
            dock.gateway,
            site=dock.plan.site.site_id,
            address=Address("robot", robot_id),
            report=self.report,
            handlers=self.mailbox.handlers(),
        )
        self._script = Script(self.kernel, self._life(startup_us=0))
        self.kernel.after(0, self._script.start)
        # Staggered, so that robots rarely report at one instant.
        self._begin_to_tick(share=(number + 1) / (len(dock.plan.site.robots) + 1))

    # -- what it says of itself -------------------------------------------------------------------------------------

    @property
    def state(self) -> RobotState:
        """Where it stands in the table of `twin.robot_states`."""
        return self._state

    def enter(self, state: RobotState) -> None:
        """Its script goes over to `state`; the alternation of picking and placing is told by the case events."""
        before = self._state
        if state == before:
            return
        assert is_allowed(before, state), f"{self.robot_id} cannot go from {before} to {state}"
        self._state = state
        if not (before in _AT_THE_WALL and state in _AT_THE_WALL):
            self.report()

    def show(self, state: RobotState) -> None:
        """Stops have begun or ended: it is in `state` because of them."""
        assert is_allowed(self._state, state), f"{self.robot_id} cannot go from {self._state} to {state}"
        self._state = state
        self.report()

    def report(self) -> None:
        """Publish the state."""
        self.endpoint.emit(RobotStateReport, state_of(self))

    def _begin_to_tick(self, *, share: float) -> None:
        """Report every period as long as this boot lasts, the first time after this share of one."""
        endpoint, period_us = self.endpoint, self.dock.plan.site.state_period_us
        boot = endpoint.boot
        tick(
            self.kernel,
            self.report,
            period_us=period_us,
            first_us=int(period_us * share),
            while_=lambda: boot == endpoint.boot and endpoint.is_up,
        )

    # -- how it lives -----------------------------------------------------------------------------------------------

    def _life(self, *, startup_us: int) -> Steps:
        self.endpoint.emit(RobotFactsheet, factsheet_of(self))
        self.enter("STARTUP")
        yield startup_us
        self.stops.power_on()
        yield 0  # it may have been stopped before it could begin
        while True:
            if self.battery is not None and self.battery.must_charge:
                yield from self._charge(self.battery)
            yield self._next_order()
            if self.order is not None:
                yield from self._carry_out(self.order)

    def _next_order(self) -> simpy.Event:
        """Happens when it has an order, or its battery has become too low for one."""
        mail = self.mailbox.wait_for("order")
        if self.battery is not None:
            self.kernel.after(
                self.battery.rests_us(), lambda: self.mailbox.hand_over(None) if self.mailbox.is_waiting(mail) else None
            )
        return mail

    def _charge(self, battery: Battery) -> Steps:
        self.enter("MAINTENANCE")
        yield battery.charge_us()
        battery.rest()
        self.errors.clear_low_battery()
        self.enter("IDLE")

    def take_order(self, command: AssignOrder) -> None:
        """It has an order now, and will carry it out."""
        self.order = command
        self.is_cancelled = False

    def cancel(self) -> None:
        """Its order is over as soon as its hands are empty; cases that are only counted never are in hand."""
        assert self.order is not None, "only an order is cancelled"
        self.is_cancelled = True
        if self._counts_only and self.robot_id in self.dock.doors[self.order.data.door_id].robots_inside:
            self._script.cut_short()

    @property
    def _counts_only(self) -> bool:
        """Whether it unloads a trailer as a whole, not case by case."""
        return self.dock.plan.fidelity == "trailer"

    def _carry_out(self, command: AssignOrder) -> Steps:
        order = command.data
        door = self.dock.doors[order.door_id]
        if self.battery is not None:
            self.battery.work()
        self.enter("TRAVELLING")
        yield self._travel_us(door)
        self.position_m = door.plan.position_m
        if door.people_inside:
            yield from self._wait_on_threshold(door)
        refusal = self._why_not_enter(order, door)
        if refusal is not None:
            self._end_order()
            self.endpoint.fail(command, refusal)
            return
        assert door.trailer is not None, "it may be entered"
        yield from self._unload(command, door, door.trailer)

    def _wait_on_threshold(self, door: Door) -> Steps:
        """Where people are its field is violated; it goes on when the last of them has left."""
        boot = self.endpoint.boot
        while door.people_inside:
            clear = door.clear()
            assert clear.callbacks is not None, "it is still to happen"
            clear.callbacks.append(lambda _event: self.stops.end("field") if self.endpoint.boot == boot else None)
            self.stops.begin("field")
            yield clear

    def _why_not_enter(self, order: OrderData, door: Door) -> str | None:
        if self.is_cancelled:
            return "cancelled"
        if not door.may_be_entered or door.trailer is None or door.trailer.trailer_id != order.trailer_id:
            return "door_not_open"
        return "door_blocked" if door.robots_inside else None

    def _unload(self, command: AssignOrder, door: Door, trailer: Trailer) -> Steps:
        threshold_us = 0 if self._counts_only else us(assumptions.ENTER_S)
        door.robots_inside[self.robot_id] = self
        self.enter("ENTERING")
        yield threshold_us
        if trailer.unload_started_us is None:
            trailer.unload_started_us = self.kernel.now_us
        where = UnloadData(trailer_id=trailer.trailer_id, door_id=command.data.door_id)
        started = self._say(UnloadStarted, where, command.id)
        self.started_in = trailer.trailer_id
        if self._counts_only:
            done = yield from self._serve(trailer)
        else:
            done = yield from self._work_at_the_wall(trailer, command.data, started.id)
        trailer.unload_finished_us = self.kernel.now_us
        finished = UnloadFinishedData(
            trailer_id=trailer.trailer_id,
            door_id=command.data.door_id,
            cases_placed=done.placed,
            counted_only=self._counts_only,
        )
        self._say(UnloadFinished, finished, started.id)
        self.enter("EXITING")
        yield threshold_us
        del door.robots_inside[self.robot_id]
        self.started_in = None
        failed = "cancelled" if self.is_cancelled else done.failed
        self._end_order()
        if done.last_plan is not None:
            self.endpoint.complete(done.last_plan)
        if failed is None:
            self.endpoint.complete(command)
        else:
            self.endpoint.fail(command, failed)

    def _work_at_the_wall(self, trailer: Trailer, order: OrderData, cause: str) -> Generator[Step, Any, _Done]:
        """Case by case, as the plans say."""
        self.unloading = unloading = Unloading(self.dock, self, trailer=trailer, order=order)
        yield from unloading.run(cause=cause)
        yield from unloading.watch.until_at_rest()
        self.unloading = None
        return _Done(unloading.placed, unloading.last_plan, unloading.failed)

    def _serve(self, trailer: Trailer) -> Generator[Step, Any, _Done]:
        """The whole trailer in one service time, or none of it."""
        if self.is_cancelled:
            return _Done(0)
        self.enter("SCANNING")
        self.enter("PICKING")
        duration_us = service_us(self.dock.plan.service, self.dock.draws, trailer.trailer_id)
        yield round(duration_us * self.plan.cycle_scale)
        if self.is_cancelled:
            return _Done(0)
        trailer.placed = trailer.cases_total
        self.dock.faults.check()
        return _Done(trailer.cases_total)

    def _end_order(self) -> None:
        self.order = None
        self.is_cancelled = False
        if self.battery is not None:
            self.battery.rest()
        self.enter("IDLE")

    def _say(self, message_type: type[Message], data: Any, cause: str) -> Message:  # noqa: ANN401 - data of any type
        assert self.order is not None, "only at an order"
        return self.endpoint.emit(message_type, data, correlation_id=self.order.correlationid, causation_id=cause)

    def _travel_us(self, door: Door) -> int:
        if not self.dock.plan.dock.robots_travel:
            return 0
        return us(abs(door.plan.position_m - self.position_m) / speed_m_per_s(self.plan))

    # -- the script -------------------------------------------------------------------------------------------------

    def freeze(self) -> None:
        """What it does stands still."""
        self._script.freeze()

    def thaw(self) -> None:
        """What it did goes on."""
        self._script.thaw()

    # -- how it stops, and goes wrong -------------------------------------------------------------------------------

    def emergency_stop(self) -> None:
        """Its emergency stop is pressed, wherever it is; one that is off has it latched when it starts."""
        self.stops.press()

    def reset_emergency_stop(self, *, causation_id: str | None = None) -> None:
        """A person resets the emergency stop at the machine."""
        self.stops.reset(causation_id)

    def violate_field(self, for_us: int) -> None:
        """Something is in its protective field for so long."""
        self.stops.begin_for("field", for_us)

    def become_zombie(self, for_us: int | None) -> None:
        """It says how it is and does nothing, for so long; None: until it is switched off."""
        self.stops.begin_zombie(for_us)

    @property
    def is_zombie(self) -> bool:
        """Whether it speaks and does nothing."""
        return self.stops.holds("zombie")

    def be_doubled(self, for_us: int | None) -> None:
        """A second machine with its id starts, for so long; None: until people end it."""
        former = self.impostor
        if former is not None and not former.has_ended:
            return
        boot = max(self.endpoint.boot, former.boot if former else 0) + 1
        self.impostor = Impostor(self.dock, robot_id=self.robot_id, boot=boot, factsheet=factsheet_of(self))
        if for_us is not None:
            self.kernel.after(for_us, self.impostor.end)

    @property
    def is_doubled(self) -> bool:
        """Whether another machine has spoken under its id since it started."""
        return self.impostor is not None

    # -- how it dies ------------------------------------------------------------------------------------------------

    @property
    def is_dead(self) -> bool:
        """Whether it has crashed, or was switched off, and has not started again."""
        return self._state == "OFFLINE"

    def die(self, *, repair_us: int | None) -> None:
        """Crash where it stands, whatever it holds; `repair_us`: from its removal to power-on, None: as assumed."""
        if self.is_dead:
            return
        self._repair_us = repair_us
        self.endpoint.crash()
        self._script.throw(CrashedError())
        self.unloading = None
        self.mailbox.close()
        self.errors.forget()
        self.stops.power_off()
        if self.battery is not None:
            self.battery.rest()
        assert is_allowed(self._state, "OFFLINE")
        self._state = "OFFLINE"
        if self.order is None:
            self.repair()

    def take_out(self) -> None:
        """People switch it off, and what pretends to be it, and take it to be repaired."""
        if self.impostor is not None:
            self.impostor.end()
        is_at_order = self.order is not None
        self.die(repair_us=None)
        if is_at_order:
            self.repair()

    def repair(self) -> None:
        """People have it out of the way: start it again once it is repaired."""
        assert self.is_dead, "only a dead robot is repaired"
        if self.order is not None:
            self.dock.doors[self.order.data.door_id].robots_inside.pop(self.robot_id, None)
            self.order = self.started_in = None
        self.holding = []
        self.kernel.after(us(assumptions.REPAIR_S) if self._repair_us is None else self._repair_us, self._boot)

    def _boot(self) -> None:
        self.endpoint.restart(above=self.impostor.boot if self.impostor else 0)
        if self.impostor is not None and self.impostor.has_ended:
            self.impostor = None
        self.calibrated_us = self.kernel.now_us
        self._script = Script(self.kernel, self._life(startup_us=us(assumptions.STARTUP_S)))
        self._script.start()
        self._begin_to_tick(share=1.0)
