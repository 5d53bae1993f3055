"""What must hold of a day that faults have struck: rules, cases, nothing left open, and trucks that leave in time.

A truck may take twice as long as it did on the day without faults, counted from when the last fault was over or from
its arrival. A fault is over when

- its time is up; one that strikes at an occasion, when it has struck and whoever was called has answered;
- people who had to end it have: a belt is cleared, a stop released;
- a robot that died, was a zombie or doubled has started again, or was left as it is.
"""

from __future__ import annotations

import traceback
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from backend.restarts import RestartingBackend
from backend.services.settings import Settings
from scenarios.drivers import run_scenario
from scenarios.run_loop import Answer, run_loop
from sim import assumptions
from sim.mishaps import PAUSE_US
from sim.world import World
from tests.e2e.fault_days import day_number, day_of, moments_of, struck
from twin.clock import US_PER_S, format_time, parse_time, us
from twin.messages.case import CaseUnreadable
from twin.messages.conveyor import ConveyorCleared
from twin.messages.exception import (
    ExceptionRaised,
    ExceptionResolved,
    InterventionAnswered,
    InterventionRequested,
)
from twin.messages.receipt import ReceiptClosed
from twin.messages.robot import RobotErrorCleared, RobotErrorRaised, RobotFactsheet, RobotRemoved, RobotStateReport
from twin.messages.sorter import SorterCleared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backend.core.state import SiteState
    from scenarios.model import Scenario
    from sim.plan import Action
    from sim.truth import CaseRow, TrailerRow
    from tests.e2e.fault_days import Moment
    from twin.messages import Message
    from twin.participant import Delivery

FACTOR = 2
ENDS = {"received": "delivered", "damaged": "damaged", "refused": "refused", "manual": "manual"}
"""By the outcome of a case, where the backend has it in the end."""
_QUIET_US = 60 * US_PER_S
"""So long after all is settled a run goes on, to see that nothing comes after."""
_RESTARTS_IT = ("robot_dies", "robot_zombie", "double_identity")
_GRACE_US = 300 * US_PER_S
"""So long after the last departure what should not matter is compared."""


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


class Clean(NamedTuple):
    """The day without faults. `turnaround_us`: by truck, from arrival to departure."""

    moments: dict[str, list[Moment]]
    turnaround_us: dict[str, int]
    problems: tuple[str, ...]


class Verdict(NamedTuple):
    """What became of a seed; faults that struck by kind, exceptions by type, and the share used of the time allowed."""

    problems: tuple[str, ...]
    struck: Counter[str]
    raised: Counter[str]
    share: float


def tried(seed: int, *, is_thorough: bool = False, nats_url: str | None = None) -> Verdict:
    """Run the day of a seed with its faults and hold it against all that must be true; `is_thorough`: in every way."""
    try:
        clean = clean_day(day_number(seed))
        run = play(struck(seed, clean.moments))
        found = [*clean.problems, *problems(run, clean)]
        if is_thorough:
            found += _unlike(run.scenario, nats_url)
    except Exception:  # noqa: BLE001 - whatever is raised is what we look for
        return Verdict(("raised: " + traceback.format_exc(),), Counter(), Counter(), 0.0)
    raised = Counter(m.data.exception_type for _, m in run.log if isinstance(m, ExceptionRaised))
    kinds: Counter[str] = Counter(strike.action.fault for strike in run.strikes)
    return Verdict(tuple(found), kinds, raised, max(_shares(run, clean).values(), default=0.0))


def problems(run: Struck, clean: Clean) -> list[str]:
    """What is wrong with a run, one sentence each."""
    return [*_broken(run), *_left_open(run), *_too_slow(run, clean), *_restarted_for_nothing(run)]


@lru_cache(maxsize=2)
def clean_day(number: int) -> Clean:
    """Run a day without faults."""
    run = play(day_of(number))
    turnaround_us: dict[str, int] = {}
    for row in run.world.truth().trailers:
        if row.departed_us is not None and row.arrived_us is not None:
            turnaround_us[row.trailer_id] = row.departed_us - row.arrived_us
    found = tuple(f"without faults: {problem}" for problem in (*_broken(run), *_left_open(run)))
    return Clean(moments_of(run.log), turnaround_us, found)


# --- a run ---


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
    log: list[Delivery] = []
    loop = run_loop(world)
    window = next(loop)
    settled_us = None
    while True:
        published = backend.handle_window(window.uplinks, window.until_us)
        log += window.uplinks
        log += published
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
    by_plan = [a for a in day.timeline if a.fault == "backend_restarts"]
    strikes += [Strike(a.trigger.at_us, a) for a in by_plan if a.trigger.at_us is not None]
    return Struck(scenario, world, backend, log, strikes, settled_us is not None)


def _watched(world: World) -> list[Strike]:
    """Faults as they strike."""
    strikes: list[Strike] = []
    mishaps = world._dock.faults._mishaps
    assert mishaps is not None
    happen = mishaps.happen

    def watched(action: Action) -> None:
        strikes.append(Strike(world._kernel.now_us, action))
        happen(action)

    mishaps.happen = watched  # type: ignore[method-assign]
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


# --- rules and cases ---


def _broken(run: Struck) -> Iterator[str]:
    for violation in run.backend.violations[:5]:
        yield f"rule broken: {violation}"
    truth = run.world.truth()
    yield from _miscounted(truth.cases, truth.trailers)
    if run.is_settled:
        for row in truth.trailers:
            yield from _wrong_twin(run, row.trailer_id, [it for it in truth.cases if it.trailer_id == row.trailer_id])


def _miscounted(cases: tuple[CaseRow, ...], trailers: tuple[TrailerRow, ...]) -> Iterator[str]:
    if len({row.case_id for row in cases}) != len(cases):
        yield "a case stands twice in the truth"
    told = Counter(row.trailer_id for row in cases if row.outcome != "not_loaded")
    for row in trailers:
        if told[row.trailer_id] != row.cases:
            yield f"trailer {row.trailer_id} came with {row.cases} cases, {told[row.trailer_id]} are told of"


def _wrong_twin(run: Struck, trailer_id: str, rows: list[CaseRow]) -> Iterator[str]:
    """Every case is where the truth has it, and the receipt counts it there, once."""
    outcomes = Counter(row.outcome for row in rows if row.outcome != "not_loaded")
    if odd := {outcome: count for outcome, count in outcomes.items() if outcome not in ENDS}:
        yield f"trailer {trailer_id} has left, and of its cases are still {odd}"
        return
    trailer = run.state.trailers[trailer_id]
    places = Counter(case.place for case in trailer.cases.values() if case.place != "retracted")
    true = Counter({ENDS[outcome]: count for outcome, count in outcomes.items()})
    places["unknown"] -= _of_no_case(run, trailer_id)
    if +places != true:
        yield f"trailer {trailer_id}: the truth is {dict(true)}, the backend has {dict(places)}"
    load = run.world._dock.trailers[trailer_id].load
    assert load is not None
    labels = {line.line_id: line.label for line in load.manifest}
    parts = [m for _, m in run.log if isinstance(m, ReceiptClosed) and m.data.trailer_id == trailer_id]
    if len(parts) != 1:
        yield f"trailer {trailer_id} has {len(parts)} receipts"
    else:
        unread = {m.id for _, m in run.log if isinstance(m, CaseUnreadable) and m.data.trailer_id == trailer_id}
        yield from _wrong_receipt(parts[0], rows, labels, unread_max=len(unread))


def _of_no_case(run: Struck, trailer_id: str) -> int:
    """How many tracks of nothing the backend may still wonder about.

    A robot has found out that they are no case, and its word is lost with it, or not believed as two machines speak
    under its name: nobody else will ever say so.
    """
    if not any(strike.action.fault in _RESTARTS_IT for strike in run.strikes):
        return 0
    tracks = {case.track_id for case in run.world._dock.trailers[trailer_id].cases.values()}
    cases = run.state.trailers[trailer_id].cases.values()
    return sum(case.place == "unknown" and case.track_id not in tracks for case in cases)


def _wrong_receipt(
    receipt: ReceiptClosed, rows: list[CaseRow], labels: dict[str, str], *, unread_max: int
) -> Iterator[str]:
    told: Counter[tuple[str, str]] = Counter()
    for line in receipt.data.lines:
        for term, count in (("received", line.received), ("damaged", line.damaged), ("refused", line.refused)):
            told[labels[line.line_id], term] += count
        told[labels[line.line_id], "over"] += line.over
    true: Counter[tuple[str, str]] = Counter()
    nameless = 0
    for row in rows:
        if row.outcome == "not_loaded":
            continue
        term = {"manual": "received"}.get(row.outcome, row.outcome)
        if row.label in labels.values():
            true[row.label, term] += 1
        else:
            nameless += term == "received"
    for label in sorted(set(labels.values())):
        counted = sum(told[label, term] for term in ("received", "damaged", "refused", "over"))
        there = sum(true[label, term] for term in ("received", "damaged", "refused"))
        nameless += there - counted
        unread_max -= there - counted
        too_many = [term for term in ("received", "damaged", "refused") if told[label, term] > true[label, term]]
        if too_many or counted > there:
            yield f"receipt of {receipt.data.trailer_id}: {label}: the truth is {true}, it says {told}"
    if unread_max < 0:
        yield f"receipt of {receipt.data.trailer_id}: it forgets {-unread_max} cases whose label was read"
    if nameless != receipt.data.unidentified:
        yield f"receipt of {receipt.data.trailer_id}: {receipt.data.unidentified} unidentified, expected {nameless}"


# --- the end ---


def _left_open(run: Struck) -> Iterator[str]:
    if run.is_settled:
        return
    state = run.state
    left = [row.trailer_id for row in run.world.truth().trailers if row.departed_us is None]
    orders = [f"{it}" for it in state.orders.values()]
    robots = [f"{it.robot_id}:{it.state}" for it in run.world._dock.robots.values()]
    waiting = [f"{it.command.type}>{it.command.subject}:{it.status}" for it in state.commands.values()]
    opened = [f"{it.exception_type}@{it.entity}" for it in state.exceptions.values()]
    yield f"never settled: {left}; {orders}; {robots}; {waiting}; {opened}; refused {run.backend.backend.refused}"


def _too_slow(run: Struck, clean: Clean) -> Iterator[str]:
    calm_us = calm_from_us(run)
    for trailer_id, share in _shares(run, clean).items():
        if share > 1:
            yield (
                f"trailer {trailer_id} left {share * FACTOR:.2f} times its clean time "
                f"({clean.turnaround_us[trailer_id] / 6e7:.1f} min) after it was there and all was well "
                f"({format_time(calm_us)[11:19]})"
            )


def _shares(run: Struck, clean: Clean) -> dict[str, float]:
    """By truck, how much of the time allowed it has used after all was well."""
    calm_us = calm_from_us(run)
    shares: dict[str, float] = {}
    for row in run.world.truth().trailers:
        if row.departed_us is not None and row.arrived_us is not None and row.trailer_id in clean.turnaround_us:
            used_us = row.departed_us - max(calm_us, row.arrived_us)
            shares[row.trailer_id] = used_us / (FACTOR * clean.turnaround_us[row.trailer_id])
    return shares


def calm_from_us(run: Struck) -> int:
    """When the last fault was over."""
    return max((_over_us(run, strike) for strike in run.strikes), default=run.scenario.day.start_us)


def _over_us(run: Struck, strike: Strike) -> int:
    at_us, action = strike
    lasting_us = PAUSE_US if action.fault == "operator_pauses" and action.for_us is None else action.for_us or 0
    over_us = at_us + lasting_us
    match action.fault:
        case "robot_dies" | "robot_zombie" | "double_identity":
            return max(over_us, _restarted_us(run, strike))
        case "conveyor_jam" | "sorter_down" if action.for_us is None:
            return max(over_us, _first_us(run, action.entity, at_us, (ConveyorCleared, SorterCleared)))
        case "emergency_stop":
            return max(over_us, _released_us(run, strike))
        case "grip_fails" | "vacuum_lost":
            return max(over_us, _error_over_us(run, strike))
        case "late_answer":
            return max(over_us, _late_over_us(run, strike))
        case _:
            return over_us


def _is_of(message: Message, address: str) -> bool:
    return message.source.endswith(f"/{address}")


def _first_us(run: Struck, address: str, since_us: int, types: tuple[type[Message], ...]) -> int:
    """When the entity first said one of these after an instant, 0 if never."""
    said = (at_us for at_us, m in run.log if isinstance(m, types) and _is_of(m, address) and at_us >= since_us)
    return next(said, 0)


def _restarted_for_nothing(run: Struck) -> Iterator[str]:
    """A robot starts again because a fault has struck it, and once for each."""
    for robot_id in run.scenario.day.site.robots:
        address = f"robot/{robot_id}"
        reasons = sum(it.action.entity == address and it.action.fault in _RESTARTS_IT for it in run.strikes)
        starts = {message.id for _, message in _starts(run, address)}
        if len(starts) - 1 > reasons:
            yield f"{address} has started {len(starts)} times, for {reasons} faults"


def _starts(run: Struck, address: str) -> Iterator[Delivery]:
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
    began = [at_us + us(assumptions.STARTUP_S) for at_us, _ in _starts(run, strike.action.entity)]
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


# --- what should not matter ---


def _unlike(scenario: Scenario, nats_url: str | None) -> list[str]:
    scenario = replace(scenario, day=replace(scenario.day, grace_us=_GRACE_US))
    inline = run_scenario(scenario)
    others = {
        "windows": run_scenario(scenario, windows=False).digest,
        "rebuilding the backend": run_scenario(scenario, rebuild_every=100).digest,
    }
    if nats_url is not None:
        others["being two processes"] = run_scenario(scenario, driver="lockstep", nats_url=nats_url).digest
    return [f"{what} shows in the digest" for what, digest in others.items() if digest != inline.digest]
