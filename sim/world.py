"""The simulated site: a participant that answers commands and says what happens (docs/architecture.md, "Time")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.conveyor import Conveyor
from sim.dock import Dock
from sim.door import Door
from sim.faults import Faults
from sim.gateway import Gateway
from sim.kernel import Kernel
from sim.operators import Operators
from sim.physics.ahead import PhysicsAhead
from sim.physics.choose import ALONE, physics_of
from sim.robot import Robot
from sim.sorter import Sorter
from sim.ticking import tick_all
from sim.trailer import trailer_of
from sim.truth import CaseRow, PhysicsReport, Progress, TrailerRow, Truth
from sim.yard import Yard
from twin.clock import NEVER_US
from twin.messages.envelope import Command
from twin.messages.exception import InterventionRequested
from twin.rng import Draws

if TYPE_CHECKING:
    from sim.case import Outcome
    from sim.load.load import LooseCase
    from sim.physics.choose import Means
    from sim.physics.port import Physics
    from sim.plan import DayPlan
    from sim.trailer import Trailer
    from twin.messages.envelope import Message
    from twin.participant import Delivery
    from twin.site import Site


class World:
    """A `twin.participant.Participant`: the dock of one day, its link, and the truth about both.

    `end_us`: the end as an instant - `until_us`, or `grace_us` after the last departure once that has happened,
    whichever is first; None as long as neither is known. What would happen at it or later does not.

    `means`: what it may use of the machine; with workers among them it is to be closed.
    """

    def __init__(self, plan: DayPlan, *, means: Means = ALONE) -> None:
        draws = Draws(plan.seed)
        kernel = Kernel(plan.start_us, grid_us=plan.time_grid_us)
        gateway = Gateway(kernel, plan, draws)
        assert plan.grace_us >= gateway.uplink_least_us, "the grace is at least the least uplink latency"
        assert gateway.answer_us >= 1, "an answer takes time"
        self.site: Site = plan.site
        self.uplink_least_us = gateway.uplink_least_us
        self.downlink_least_us = gateway.downlink_least_us
        self.end_us: int | None = None if plan.until_us == NEVER_US else plan.until_us
        self._plan = plan
        self._kernel = kernel
        self._gateway = gateway
        self._horizon_us = plan.start_us
        self._is_ending = False
        self._physics = physics_of(plan.fidelity, means, plan.dock.tables)
        self._dock = _built(
            Dock(plan=plan, kernel=kernel, gateway=gateway, draws=draws, faults=Faults()), self._physics
        )
        self._yard = Yard(self._dock)
        self._dock.operators = Operators(self._dock)
        self._dock.faults.begin(self._dock)
        _begin_to_tick(self._dock, self._yard)
        for trailer in sorted(self._dock.trailers.values(), key=lambda trailer: trailer.plan.arrives_us):
            trailer.will_be_opened()

    def close(self) -> None:
        """End the processes that computed ahead. What is still asked of it is computed in this one."""
        if isinstance(self._physics, PhysicsAhead):
            self._physics.close()

    @property
    def notices(self) -> tuple[str, ...]:
        """What people should know of the machine's part in it, in words: nothing of it changes what happens."""
        return self._physics.notices if isinstance(self._physics, PhysicsAhead) else ()

    # -- time -------------------------------------------------------------------------------------------------------

    def next_time(self) -> int:
        """When something happens here or a command takes effect next; `NEVER_US` if that is past the end."""
        next_us = min(self._kernel.next_us, self._gateway.next_effect_us)
        return next_us if self.end_us is None or next_us < self.end_us else NEVER_US

    def first_arrival(self) -> int:
        """The earliest arrival of an uplink that has not been taken, `NEVER_US` if there is none."""
        return self._gateway.first_arrival_us

    def advance(self, to_us: int) -> int:
        """Handle everything before `to_us`, at most up to the end; returns the instant reached.

        It stops earlier, at arrival + the soonest answer, if something it emits could be answered before `to_us`.
        """
        kernel, gateway, yard = self._kernel, self._gateway, self._yard
        gateway.horizon_us = to_us if self.end_us is None else min(to_us, self.end_us)
        while True:
            effect_us, event_us = gateway.next_effect_us, kernel.next_us
            if effect_us <= event_us:
                if effect_us >= gateway.horizon_us:
                    break
                kernel.set_clock(effect_us)
                gateway.take_effect()
            elif event_us < gateway.horizon_us:
                kernel.step()
            else:
                break
            if yard.left_to_depart == 0 and not self._is_ending:
                self._end_after_departure(kernel.now_us)
        self._horizon_us = max(self._horizon_us, gateway.horizon_us)
        return self._horizon_us

    def _end_after_departure(self, now_us: int) -> None:
        self._is_ending = True
        end_us = now_us + self._plan.grace_us
        if self.end_us is None or end_us < self.end_us:
            self.end_us = end_us
            self._gateway.horizon_us = min(self._gateway.horizon_us, end_us)

    # -- messages ---------------------------------------------------------------------------------------------------

    def take_arrivals(self, before_us: int) -> list[Delivery]:
        """All uplinks that arrive before `before_us`, in canonical order."""
        return self._gateway.take_arrivals(before_us)

    def deliver(self, at_us: int, message: Message) -> None:
        """The backend has published `message` at `at_us`. Commands and requests to people are heard, no other is."""
        if isinstance(message, Command):
            target = message.subject
        elif isinstance(message, InterventionRequested):
            target = f"operator/{self._dock.operators.pool_of(message.data.role).entity}"
        else:
            return
        effect_us = self._gateway.deliver(at_us, message, target)
        assert effect_us >= self._horizon_us, "no effect in what has been simulated already"

    # -- the truth --------------------------------------------------------------------------------------------------

    @property
    def dock(self) -> Dock:
        """All that stands on it and moves there; not to be changed."""
        return self._dock

    @property
    def yard(self) -> Yard:
        """Whoever brings the trailers; not to be changed."""
        return self._yard

    def progress(self) -> Progress:
        """How far the day has come."""
        trailers = self._dock.trailers.values()
        return Progress(
            trailers_done=sum(trailer.departed_us is not None for trailer in trailers),
            trailers_total=len(trailers),
            cases_placed=sum(trailer.placed for trailer in trailers),
            cases_total=sum(trailer.cases_total for trailer in trailers),
        )

    def truth(self) -> Truth:
        """What really happened so far: rows for trailers.csv and cases.csv."""
        trailers = self._dock.trailers.values()
        return Truth(
            trailers=tuple(_trailer_row(trailer) for trailer in trailers),
            cases=tuple(row for trailer in trailers for row in _case_rows(trailer)),
        )

    def physics_report(self) -> PhysicsReport:
        """How far the physics so far can be relied on."""
        trailers = self._dock.trailers.values()
        return PhysicsReport(
            audited=sum(trailer.skips_audited for trailer in trailers),
            unsettled=sum(trailer.unsettled for trailer in trailers),
            missed=tuple(missed for trailer in trailers for missed in trailer.skips_missed),
        )


def _built(dock: Dock, physics: Physics[Any]) -> Dock:
    """Put up everything that stands on the dock, in the order of the site: it decides between events of one instant."""
    plan, kernel, gateway = dock.plan, dock.kernel, dock.gateway
    site_id = plan.site.site_id
    for trailer_plan in plan.trailers:
        dock.trailers[trailer_plan.trailer_id] = trailer_of(trailer_plan, plan, dock.draws, physics=physics)
    if plan.site.sorter_id is not None:
        dock.sorter = Sorter(
            kernel, gateway, site=site_id, sorter_id=plan.site.sorter_id, rate_per_h=plan.dock.sorter_rate_per_h
        )
    for door in plan.site.doors:
        dock.doors[door.door_id] = Door(kernel, gateway, site=site_id, plan=door, dock=plan.dock)
        dock.conveyors[door.conveyor_id] = Conveyor(
            kernel,
            gateway,
            site=site_id,
            conveyor_id=door.conveyor_id,
            length_m=plan.dock.conveyor_length_m,
            speed_m_per_s=plan.dock.conveyor_speed_m_per_s,
            sorter=dock.sorter,
        )
    for number, robot_id in enumerate(plan.site.robots):
        dock.robots[robot_id] = Robot(dock, robot_id=robot_id, number=number)
    return dock


def _begin_to_tick(dock: Dock, yard: Yard) -> None:
    """Let all equipment say how it is every period; robots see to that themselves."""
    reports = [yard.report]
    reports += [pool.report for pool in dock.operators.pools.values()]
    reports += [door.report for door in dock.doors.values()]
    reports += [conveyor.report for conveyor in dock.conveyors.values()]
    if dock.sorter is not None:
        reports.append(dock.sorter.report)
    tick_all(dock.kernel, dock.plan.site.equipment_state_period_us, *reports)


def _trailer_row(trailer: Trailer) -> TrailerRow:
    return TrailerRow(
        trailer_id=trailer.trailer_id,
        door_id=trailer.door_id,
        arrived_us=trailer.arrived_us,
        docked_us=trailer.docked_us,
        unload_started_us=trailer.unload_started_us,
        unload_finished_us=trailer.unload_finished_us,
        released_us=trailer.released_us,
        departed_us=trailer.departed_us,
        cases=trailer.cases_total,
    )


def _case_rows(trailer: Trailer) -> list[CaseRow]:
    load = trailer.load
    rows = [_case_row(trailer, case.loaded, case.outcome, case.picked_us) for case in trailer.cases.values()]
    return rows + [_case_row(trailer, left.case, "not_loaded", None) for left in (load.unplaced if load else ())]


def _case_row(trailer: Trailer, loaded: LooseCase, outcome: Outcome, picked_us: int | None) -> CaseRow:
    return CaseRow(
        case_id=loaded.case_id,
        trailer_id=trailer.trailer_id,
        manifest_line=loaded.manifest_line,
        label=loaded.label,
        weight_kg=loaded.weight_kg,
        fault=loaded.fault.value,
        outcome=outcome,
        picked_us=picked_us,
    )
