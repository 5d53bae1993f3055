"""A robot: its states, what it answers, how it lives and dies. What it does at a wall is in `unloading`."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal

from sim import assumptions
from sim.endpoint import Endpoint, Handler, no_objection
from sim.kernel import Script, Step
from sim.plan import RobotPlan
from sim.unloading import Unloading
from twin.clock import us
from twin.ids import Address
from twin.messages.robot import (
    AssignOrder,
    AssignPickPlan,
    Assist,
    Cancel,
    Retry,
    RobotError,
    RobotErrorCleared,
    RobotErrorClearedData,
    RobotErrorData,
    RobotErrorRaised,
    RobotFactsheet,
    RobotFactsheetData,
    RobotStateData,
    RobotStateReport,
    Skip,
    Snapshot,
    UnloadData,
    UnloadFinished,
    UnloadFinishedData,
    UnloadStarted,
)
from twin.rng import exponential
from twin.robot_states import RobotState, is_allowed

if TYPE_CHECKING:
    import simpy

    from sim.dock import Dock
    from sim.door import Door
    from sim.truth import Case, Trailer
    from twin.messages.envelope import Message
    from twin.messages.robot import OrderData

SOFTWARE_VERSION = "docktwin-sim-1"

_AT_THE_WALL: frozenset[str] = frozenset({"PICKING", "PLACING"})
_NOT_AUTOMATIC: frozenset[str] = frozenset({"OFFLINE", "STARTUP", "MAINTENANCE"})

Answer = Literal["retry", "skip", "assist", "cancel"]
Work = Generator[Step, Any, None]


class CrashedError(Exception):
    """Thrown into a robot's script when it dies."""


class Robot:
    """One robot. `holding`: the case in hand, even if it is dead; `forced`: faults that strike at the next occasion."""

    def __init__(self, dock: Dock, *, robot_id: str, number: int) -> None:
        self._dock = dock
        self._kernel = dock.kernel
        self._number = number
        self.plan = dock.plan.robots.get(robot_id, RobotPlan())
        self.robot_id = robot_id
        doors = dock.plan.site.doors
        self._position_m = doors[number * len(doors) // len(dock.plan.site.robots)].position_m
        self._state: RobotState = "OFFLINE"
        self._errors: tuple[RobotError, ...] = ()
        self._errors_raised = 0
        self._awaits: Literal["order", "plan", "answer"] | None = None
        self._mail: simpy.Event | None = None
        self._error: RobotErrorData | None = None
        self._repair_us: int | None = None
        self.order: AssignOrder | None = None
        self.is_cancelled = False
        self.last_scan_id: str | None = None
        self.holding: Case | None = None
        self.forced: set[str] = set()
        self.endpoint = Endpoint(
            dock.kernel,
            dock.gateway,
            site=dock.plan.site.site_id,
            address=Address("robot", robot_id),
            handlers={
                AssignOrder: Handler(self._why_no_order, self._take_order),
                AssignPickPlan: Handler(self._why_no_plan, self._take_plan),
                Retry: Handler(self._why_no_answer, lambda command: self._take_answer(command, "retry")),
                Skip: Handler(self._why_no_answer, lambda command: self._take_answer(command, "skip")),
                Assist: Handler(self._why_no_answer, lambda command: self._take_answer(command, "assist")),
                Cancel: Handler(self._why_no_cancel, self._cancel),
                Snapshot: Handler(no_objection, self._snapshot),
            },
        )
        self._script = Script(self._kernel, self._life(startup_us=0))
        self._kernel.after(0, self._script.start)
        # Staggered, so that robots rarely report at one instant.
        self._begin_to_tick(share=(number + 1) / (len(dock.plan.site.robots) + 1))

    # -- what it says of itself -------------------------------------------------------------------------------------

    @property
    def state(self) -> RobotState:
        """Where it stands in the table of `twin.robot_states`."""
        return self._state

    def enter(self, state: RobotState) -> None:
        """Go over to `state`, and say so; the alternation of picking and placing is told by the case events."""
        before = self._state
        if state == before:
            return
        assert is_allowed(before, state), f"{self.robot_id} cannot go from {before} to {state}"
        self._state = state
        if not (before in _AT_THE_WALL and state in _AT_THE_WALL):
            self.report()

    def report(self) -> None:
        """Publish the state."""
        endpoint = self.endpoint
        order = self.order.data if self.order else None
        seqs = endpoint.seqs
        mode: Literal["AUTOMATIC", "INTERVENED", "SERVICE"] = "AUTOMATIC"
        if self._state == "REMOTE_ASSISTED":
            mode = "INTERVENED"
        elif self._state in _NOT_AUTOMATIC:
            mode = "SERVICE"
        endpoint.emit(
            RobotStateReport,
            RobotStateData(
                robot_state=self._state,
                operating_mode=mode,
                connection_state="ONLINE",
                last_event_seq=seqs.get("event", 0),
                last_reply_seq=seqs.get("reply", 0),
                door_id=order.door_id if order else None,
                trailer_id=order.trailer_id if order else None,
                holding=self.holding.track_id if self.holding else None,
                errors=self._errors,
                recent_actions=endpoint.recent_actions(),
                previous_boot=endpoint.previous_boot,
            ),
        )

    def _begin_to_tick(self, *, share: float) -> None:
        """Report every period as long as this boot lasts, the first time after this share of one."""
        Script(self._kernel, self._ticks(int(self._dock.plan.site.state_period_us * share))).start()

    def _ticks(self, first_us: int) -> Work:
        period_us = self._dock.plan.site.state_period_us
        boot = self.endpoint.boot
        yield first_us
        while boot == self.endpoint.boot and self.endpoint.is_up:
            self.report()
            yield period_us

    # -- what it is told --------------------------------------------------------------------------------------------

    def _why_no_order(self, command: AssignOrder) -> str | None:
        if self._state in _NOT_AUTOMATIC or self._state == "REMOTE_ASSISTED":
            return "not_automatic"
        if self.order is not None:
            return "busy"
        door = self._dock.doors.get(command.data.door_id)
        if door is None:
            return "unknown_door"
        return None if door.plan.conveyor_id == command.data.conveyor_id else "unknown_conveyor"

    def _take_order(self, command: AssignOrder) -> None:
        self.order = command
        self.is_cancelled = False
        self._hand_over(None)

    def _why_no_plan(self, command: AssignPickPlan) -> str | None:
        if self.order is None or self.order.data.order_id != command.data.order_id:
            return "no_such_order"
        if self._awaits != "plan":
            return "busy"
        return None if command.data.scan_id == self.last_scan_id else "scan_outdated"

    def _take_plan(self, command: AssignPickPlan) -> None:
        self._hand_over(command)

    def _why_no_answer(self, command: Retry | Skip | Assist) -> str | None:
        if self._error is None or self._awaits != "answer" or self._error.error_id != command.data.error_id:
            return "no_such_error"
        word = command.type.split(".")[1]
        return None if word in self._error.allowed_answers else "not_allowed"

    def _take_answer(self, command: Retry | Skip | Assist, answer: Answer) -> None:
        self._hand_over(answer)
        self.endpoint.complete(command)

    def _why_no_cancel(self, command: Cancel) -> str | None:
        if self.order is None or self.order.data.order_id != command.data.order_id:
            return "no_such_order"
        return None

    def _cancel(self, command: Cancel) -> None:
        self.is_cancelled = True
        if self._awaits == "plan":
            self._hand_over(None)
        elif self._awaits == "answer":
            self._hand_over("cancel")
        self.endpoint.complete(command)

    def _snapshot(self, command: Snapshot) -> None:
        self.report()
        self.endpoint.complete(command)

    def mail(self, what: Literal["order", "plan", "answer"]) -> simpy.Event:
        """Happens when the robot is given what it waits for, or is told to leave."""
        assert self._mail is None, "a robot waits for one thing"
        self._awaits = what
        self._mail = self._kernel.event()
        return self._mail

    def _hand_over(self, value: object) -> None:
        assert self._mail is not None, "it waits for nothing"
        mail, self._mail, self._awaits = self._mail, None, None
        mail.succeed(value)

    def ask(self, *, track_id: str, trailer_id: str, correlation_id: str) -> Generator[Step, Any, Answer]:
        """Raise `grip_failed` and wait for an answer."""
        self._errors_raised += 1
        self._error = RobotErrorData(
            error_id=f"{self.robot_id}-b{self.endpoint.boot}-e{self._errors_raised}",
            error_type="grip_failed",
            error_level="URGENT",
            trailer_id=trailer_id,
            track_id=track_id,
            allowed_answers=("retry", "skip", "assist"),
        )
        self._errors = (RobotError(error_type="grip_failed", error_level="URGENT"),)
        raised = self.endpoint.emit(RobotErrorRaised, self._error, correlation_id=correlation_id)
        self.enter("AWAITING_ASSIST")
        answer: Answer = yield self.mail("answer")
        data = RobotErrorClearedData(error_id=self._error.error_id)
        self._error, self._errors = None, ()
        self.endpoint.emit(RobotErrorCleared, data, correlation_id=correlation_id, causation_id=raised.id)
        return answer

    # -- how it lives -----------------------------------------------------------------------------------------------

    def _life(self, *, startup_us: int) -> Work:
        self.endpoint.emit(RobotFactsheet, self._factsheet())
        self.enter("STARTUP")
        yield startup_us
        self.enter("IDLE")
        while True:
            yield self.mail("order")
            assert self.order is not None, "an order has woken it"
            yield from self._carry_out(self.order)

    def _carry_out(self, command: AssignOrder) -> Work:
        order = command.data
        door = self._dock.doors[order.door_id]
        self.enter("TRAVELLING")
        yield self._travel_us(door)
        self._position_m = door.plan.position_m
        refusal = self._why_not_enter(order, door)
        if refusal is not None:
            self._end_order()
            self.endpoint.fail(command, refusal)
            return
        assert door.trailer is not None, "it may be entered"
        yield from self._unload(command, door, door.trailer)

    def _why_not_enter(self, order: OrderData, door: Door) -> str | None:
        if self.is_cancelled:
            return "cancelled"
        if not door.may_be_entered or door.trailer is None or door.trailer.trailer_id != order.trailer_id:
            return "door_not_open"
        return "door_blocked" if door.robots_inside else None

    def _unload(self, command: AssignOrder, door: Door, trailer: Trailer) -> Work:
        counts_only = self._dock.plan.fidelity == "trailer"
        threshold_us = 0 if counts_only else us(assumptions.ENTER_S)
        door.robots_inside.add(self.robot_id)
        self.enter("ENTERING")
        yield threshold_us
        if trailer.unload_started_us is None:
            trailer.unload_started_us = self._kernel.now_us
        where = UnloadData(trailer_id=trailer.trailer_id, door_id=command.data.door_id)
        started = self._say(UnloadStarted, where, command.id)
        last_plan = None
        if counts_only:
            yield from self._serve(trailer)
            placed = trailer.cases_total
        else:
            unloading = Unloading(self._dock, self, trailer=trailer, order=command.data)
            yield from unloading.run(cause=started.id)
            placed, last_plan = unloading.placed, unloading.last_plan
        trailer.unload_finished_us = self._kernel.now_us
        finished = UnloadFinishedData(
            trailer_id=trailer.trailer_id,
            door_id=command.data.door_id,
            cases_placed=placed,
            counted_only=counts_only,
        )
        self._say(UnloadFinished, finished, started.id)
        self.enter("EXITING")
        yield threshold_us
        door.robots_inside.discard(self.robot_id)
        is_cancelled = self.is_cancelled
        self._end_order()
        if last_plan is not None:
            self.endpoint.complete(last_plan)
        if is_cancelled:
            self.endpoint.fail(command, "cancelled")
        else:
            self.endpoint.complete(command)

    def _serve(self, trailer: Trailer) -> Work:
        """The whole trailer in one service time."""
        self.enter("SCANNING")
        self.enter("PICKING")
        service = self._dock.plan.service
        duration_us = service.mean_us
        if service.distribution == "exponential":
            uniform = self._dock.draws.uniforms("service", trailer.trailer_id)[0]
            duration_us = round(exponential(uniform, service.mean_us))
        yield round(duration_us * self.plan.cycle_scale)
        trailer.placed = trailer.cases_total
        self._dock.faults.check()

    def _end_order(self) -> None:
        self.order = None
        self.is_cancelled = False
        self.enter("IDLE")

    def _say(self, message_type: type[Message], data: Any, cause: str) -> Message:  # noqa: ANN401 - data of any type
        assert self.order is not None, "only at an order"
        return self.endpoint.emit(message_type, data, correlation_id=self.order.correlationid, causation_id=cause)

    def _travel_us(self, door: Door) -> int:
        if not self._dock.plan.dock.robots_travel:
            return 0
        speed = self.plan.travel_speed_m_per_s or assumptions.TRAVEL_SPEED_M_PER_S
        return us(abs(door.plan.position_m - self._position_m) / speed)

    def _factsheet(self) -> RobotFactsheetData:
        return RobotFactsheetData(
            software_version=SOFTWARE_VERSION,
            commands_accepted=tuple(sorted(self.endpoint.commands_accepted)),
            weight_kg_max=assumptions.WEIGHT_LIMIT_LOW_KG,
            size_m_max=assumptions.CASE_SIZE_LIMITS_M,
            reach_m=assumptions.ROBOT_REACH_M,
            speed_m_per_s=self.plan.travel_speed_m_per_s or assumptions.TRAVEL_SPEED_M_PER_S,
        )

    # -- how it dies ------------------------------------------------------------------------------------------------

    @property
    def is_dead(self) -> bool:
        """Whether it has crashed and not started again."""
        return self._state == "OFFLINE"

    def die(self, *, repair_us: int | None) -> None:
        """Crash where it stands, whatever it holds; `repair_us`: from its removal to power-on, None: as assumed."""
        if self.is_dead:
            return
        self._repair_us = repair_us
        self.endpoint.crash()
        self._script.throw(CrashedError())
        self._mail = self._awaits = self._error = None
        self._errors = ()
        assert is_allowed(self._state, "OFFLINE")
        self._state = "OFFLINE"
        if self.order is None:
            self.repair()

    def repair(self) -> None:
        """People have it out of the way: start it again once it is repaired."""
        assert self.is_dead, "only a dead robot is repaired"
        if self.order is not None:
            self._dock.doors[self.order.data.door_id].robots_inside.discard(self.robot_id)
            self.order = None
        self.holding = None
        delay_us = us(assumptions.REPAIR_S) if self._repair_us is None else self._repair_us
        self._kernel.after(delay_us, self._boot)

    def _boot(self) -> None:
        self.endpoint.restart()
        self._script = Script(self._kernel, self._life(startup_us=us(assumptions.STARTUP_S)))
        self._script.start()
        self._begin_to_tick(share=1.0)
