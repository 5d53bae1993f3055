"""A run of a day that faults have struck, until everything is settled; when each of them struck, and when it was over.

A fault is over when

- its time is up; one that strikes at an occasion, when it has struck and whoever was called has answered;
- people who had to end it have: a belt is cleared, a stop released; or were asked anew, if their word is lost;
- a robot that died, was a zombie or doubled has started again, or was left as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from backend.restarts import RestartingBackend
from backend.services.settings import Settings
from scenarios.mirror import Mirror
from scenarios.run_loop import Answer, run_loop
from sim import assumptions
from sim.world import World
from twin.clock import US_PER_S, parse_time, us
from twin.messages.conveyor import ConveyorCleared
from twin.messages.exception import ExceptionRaised, ExceptionResolved, InterventionAnswered, InterventionRequested
from twin.messages.robot import RobotErrorCleared, RobotErrorRaised, RobotFactsheet, RobotRemoved, RobotStateReport
from twin.messages.sorter import SorterCleared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.core.state import SiteState
    from scenarios.model import Scenario
    from sim.plan import Action
    from twin.messages import Message
    from twin.participant import Delivery

RESTARTS_IT = ("robot_dies", "robot_zombie", "double_identity")
"""Faults after which a robot starts again."""
_QUIET_US = 60 * US_PER_S
"""So long after all is settled a run goes on, to see that nothing comes after."""


class Strike(NamedTuple):
    """A fault, and when it struck."""

    at_us: int
    action: Action


class Struck(NamedTuple):
    """A run and all that was seen of it."""

    scenario: Scenario
    world: World
    backend: RestartingBackend
    log: list[Delivery]
    strikes: list[Strike]
    is_settled: bool

    @property
    def state(self) -> SiteState:
        return self.backend.backend.state

    @property
    def is_lossy(self) -> bool:
        """Whether some of what was said is lost for good: then not all can be known."""
        return any(strike.action.fault == "messages_lost" for strike in self.strikes)


def play(scenario: Scenario) -> Struck:
    """Run it inline until everything is settled, or the day is over."""
    day = scenario.day
    restarts = [a.trigger.at_us for a in day.timeline if a.fault == "backend_restarts" and a.trigger.at_us is not None]
    backend = RestartingBackend(
        Settings(
            site=day.site,
            dock_planner=scenario.dock_planner,
            unload_planner=scenario.unload_planner,
            restarts_us=tuple(restarts),
        )
    )
    world = World(day)
    strikes = _watched(world)
    mirror = Mirror(world, backend, start_us=day.start_us)
    log: list[Delivery] = []
    loop = run_loop(world)
    window = next(loop)
    settled_us = None
    while True:
        published = backend.handle_window(window.uplinks, window.until_us)
        log += window.uplinks
        log += published
        if window.until_us >= mirror.next_us:
            mirror.look(window.until_us)
        if window.is_last:
            break
        if not _is_settled(world, backend.backend.state):
            settled_us = None
        elif settled_us is None:
            settled_us = window.until_us
        elif window.until_us - settled_us >= _QUIET_US:
            break
        window = loop.send(Answer(published, backend.next_time()))
    backend.audit()
    backend.violations.extend(mirror.violations)
    by_plan = [a for a in day.timeline if a.fault == "backend_restarts"]
    strikes += [Strike(a.trigger.at_us, a) for a in by_plan if a.trigger.at_us is not None]
    return Struck(scenario, world, backend, log, strikes, settled_us is not None)


def _watched(world: World) -> list[Strike]:
    """Faults as they strike."""
    strikes: list[Strike] = []
    effects = world._dock.faults._effects
    assert effects is not None
    happen = effects.happen

    def watched(action: Action) -> None:
        strikes.append(Strike(world._kernel.now_us, action))
        happen(action)

    effects.happen = watched  # type: ignore[method-assign]
    return strikes


def _is_settled(world: World, state: SiteState) -> bool:
    return not (
        world._yard.left_to_depart
        or state.orders
        or state.commands
        or state.exceptions
        or state.interventions
        or any(conveyor.cases_on_belt for conveyor in world._dock.conveyors.values())
    )


# --- when a fault is over ---


def calm_from_us(run: Struck) -> int:
    """When the last fault was over."""
    return max((_over_us(run, strike) for strike in run.strikes), default=run.scenario.day.start_us)


def _over_us(run: Struck, strike: Strike) -> int:
    at_us, action = strike
    lasting_us = (
        us(assumptions.PAUSE_S) if action.fault == "operator_pauses" and action.for_us is None else action.for_us or 0
    )
    over_us = at_us + lasting_us
    match action.fault:
        case "robot_dies" | "robot_zombie" | "double_identity":
            ended_us = _restarted_us(run, strike)
        case "conveyor_jam" | "sorter_down" if action.for_us is None:
            ended_us = _first_us(run, action.entity, at_us, (ConveyorCleared, SorterCleared))
        case "emergency_stop":
            ended_us = _released_us(run, strike)
        case "grip_fails" | "vacuum_lost":
            ended_us = _error_over_us(run, strike)
        case "late_answer":
            ended_us = _late_over_us(run, strike)
        case "messages_lost" if action.entity == "*" or action.entity.startswith("operator/"):
            ended_us = _asked_anew_us(run, over_us)
        case _:
            ended_us = 0
    return max(over_us, ended_us)


def _is_of(message: Message, address: str) -> bool:
    return message.source.endswith(f"/{address}")


def _first_us(run: Struck, address: str, since_us: int, types: tuple[type[Message], ...]) -> int:
    """When the entity first said one of these after an instant, 0 if never."""
    said = (at_us for at_us, m in run.log if isinstance(m, types) and _is_of(m, address) and at_us >= since_us)
    return next(said, 0)


def starts(run: Struck, address: str) -> Iterator[Delivery]:
    """The factsheets of the robot; what only bears its name said its own at the very instant at which it struck."""
    doubled_us = {it.at_us for it in run.strikes if it.action.fault == "double_identity"}
    for delivery in run.log:
        message = delivery.message
        if isinstance(message, RobotFactsheet) and _is_of(message, address):
            is_impostor = message.boot > 1 and parse_time(message.time) in doubled_us
            if not is_impostor:
                yield delivery


def _restarted_us(run: Struck, strike: Strike) -> int:
    """When people had taken the robot out, and it was back after its last restart since."""
    robot_id = strike.action.entity.partition("/")[2]
    began = [at_us + us(assumptions.STARTUP_S) for at_us, _ in starts(run, strike.action.entity)]
    removed = [at_us for at_us, m in run.log if isinstance(m, RobotRemoved) and m.data.robot_id == robot_id]
    return max([at_us for at_us in (*began, *removed) if at_us >= strike.at_us], default=0)


def _released_us(run: Struck, strike: Strike) -> int:
    """When the robot first said that it is not stopped after it had said that it is."""
    is_stopped = False
    for at_us, message in run.log:
        if at_us >= strike.at_us and isinstance(message, RobotStateReport) and _is_of(message, strike.action.entity):
            safety = message.data.safety_state
            was_stopped, is_stopped = is_stopped, safety.active_emergency_stop != "NONE" or safety.awaits_release
            if was_stopped and not is_stopped:
                return at_us
    return 0


def _error_over_us(run: Struck, strike: Strike) -> int:
    """When the error that the fault led to was cleared."""
    error_type = {"grip_fails": "grip_failed"}.get(strike.action.fault, strike.action.fault)
    error_id = None
    for at_us, message in run.log:
        if at_us < strike.at_us or not _is_of(message, strike.action.entity):
            continue
        if isinstance(message, RobotErrorRaised) and error_id is None and message.data.error_type == error_type:
            error_id = message.data.error_id
        elif isinstance(message, RobotErrorCleared) and message.data.error_id == error_id:
            return at_us
    return 0


def _late_over_us(run: Struck, strike: Strike) -> int:
    """When the exception was over that was answered after its deadline because of the fault: people were asked anew."""
    address = strike.action.entity
    faults = [it for it in run.strikes if (it.action.fault, it.action.entity) == ("late_answer", address)]
    asked = {m.data.intervention_id: m.data for _, m in run.log if isinstance(m, InterventionRequested)}
    late = [
        (at_us, asked[m.data.intervention_id].exception_id)
        for at_us, m in run.log
        if isinstance(m, InterventionAnswered)
        and _is_of(m, address)
        and m.time > asked[m.data.intervention_id].deadline_at
    ]
    number = faults.index(strike)
    if number >= len(late):
        return 0
    at_us, exception_id = late[number]
    resolved = (
        over_us for over_us, m in run.log if isinstance(m, ExceptionResolved) and m.data.exception_id == exception_id
    )
    return max(at_us, next(resolved, 0))


def _asked_anew_us(run: Struck, end_us: int) -> int:
    """When all was over that was open at an instant: who was not heard, or has not heard, is asked anew by then."""
    raised = {m.data.exception_id for at_us, m in run.log if isinstance(m, ExceptionRaised) and at_us < end_us}
    over = [at_us for at_us, m in run.log if isinstance(m, ExceptionResolved) and m.data.exception_id in raised]
    return max(over, default=0)
