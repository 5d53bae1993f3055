"""Asking planners. For one that raises or talks nonsense the safe default decides, and it shows."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from backend.core.state import PendingDockAnswer, PendingUnloadAnswer
from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.planning.ports import (
    DockAnswer,
    DockView,
    FreeDoor,
    ReadyDoor,
    UnloadAnswer,
    UnloadView,
    WaitingTrailer,
)
from backend.planning.top_down import TopDownNearestFirst
from backend.services import exceptions, policy, supervision
from twin.clock import US_PER_S
from twin.messages.robot import PICKS_PER_PLAN_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from backend.core.dock import Scan, Trailer
    from backend.core.state import Order, SiteState
    from backend.services.desk import Desk
    from twin.messages.wall import SeenCase

_SAFE_DOCK = EarliestDueNearestDoor()
_SAFE_UNLOAD = TopDownNearestFirst()


THINKING_MAX_US: Final = 3600 * US_PER_S
"""Whoever says that they thought for longer cannot mean it: trailers and robots would wait for it. A choice of ours."""


class NonsenseError(Exception):
    """A planner's answer that cannot be meant."""


def dock_view(desk: Desk) -> DockView | None:
    """What a dock planner may know now, None if there is nothing to decide."""
    state, now_us = desk.state, desk.now_us
    trailers: list[WaitingTrailer] = []
    ready: list[ReadyDoor] = []
    for order in state.orders.values():
        if policy.is_waiting_for_door(state, order, now_us):
            it = state.trailers[order.trailer_id]
            trailers.append(WaitingTrailer(trailer_id=it.trailer_id, due_us=it.due_us, cases=it.cases_expected))
        elif policy.is_ready_for_robot(state, order, now_us):
            ready.append(_ready_door(state, order))
    doors = [
        FreeDoor(door_id=door.door_id, position_m=door.position_m)
        for door in (state.doors.values() if trailers else ())
        if policy.is_door_free(state, door.door_id, now_us)
    ]
    if not ready and not doors:
        return None
    robots = () if supervision.room(state) == 0 else desk.free_robots.listed()
    if not doors and not robots:
        return None
    return DockView(
        now_us=now_us,
        trailers=tuple(trailers),
        free_doors=tuple(doors),
        ready_doors=tuple(ready),
        robots=robots,
    )


def _ready_door(state: SiteState, order: Order) -> ReadyDoor:
    trailer = state.trailers[order.trailer_id]
    assert trailer.docked_at is not None
    door = state.doors[trailer.docked_at]
    return ReadyDoor(
        door_id=door.door_id, position_m=door.position_m, trailer_id=trailer.trailer_id, due_us=trailer.due_us
    )


@contextmanager
def _asked(desk: Desk, planner: str) -> Iterator[None]:
    desk.questions += 1
    desk.planner_asked = (planner, desk.questions)
    try:
        yield
    finally:
        desk.planner_asked = None


def ask_dock(desk: Desk, view: DockView) -> tuple[PendingDockAnswer, int]:
    """The proposals and when they take effect."""
    try:
        with _asked(desk, desk.settings.dock_planner):
            answer = desk.dock_planner.propose(view)
        _check_dock(view, answer)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        _replaced(desk, "dock", error)
        answer = _SAFE_DOCK.propose(view)
    pending = PendingDockAnswer(
        doors=tuple([(it.trailer_id, it.door_id) for it in answer.doors]),
        robots=tuple([(it.robot_id, it.door_id) for it in answer.robots]),
    )
    return pending, _effect_us(desk, answer.latency_us)


def _check_dock(view: DockView, answer: DockAnswer) -> None:
    """Raises NonsenseError for what was not in the view, or is proposed twice."""
    if not isinstance(answer, DockAnswer):
        msg = f"got {type(answer).__name__}, expected DockAnswer"
        raise NonsenseError(msg)
    _check_thinking(answer.latency_us)
    _each_once("trailer", [it.trailer_id for it in answer.doors], (it.trailer_id for it in view.trailers))
    _each_once("free door", [it.door_id for it in answer.doors], (it.door_id for it in view.free_doors))
    _each_once("robot", [it.robot_id for it in answer.robots], (it.robot_id for it in view.robots))
    _each_once("ready door", [it.door_id for it in answer.robots], (it.door_id for it in view.ready_doors))


def unload_view(desk: Desk, trailer: Trailer, scan: Scan) -> UnloadView:
    """What an unload planner may know: the scan, and which of its cases may be taken."""
    cases: tuple[SeenCase, ...] = tuple(
        [seen for part in range(1, scan.parts + 1) for seen in scan.cases_by_part.get(part, ())]
    )
    may_take = [seen.track_id for seen in cases if policy.case_refusal(trailer, track_id=seen.track_id) is None]
    return UnloadView(
        now_us=desk.now_us,
        trailer_id=trailer.trailer_id,
        robot_id=scan.robot_id,
        cases=cases,
        may_take=frozenset(may_take),
        position_stddev_m=scan.position_stddev_m,
    )


def ask_unload(desk: Desk, order: Order, view: UnloadView, scan_id: str) -> tuple[PendingUnloadAnswer, int]:
    """The order of the cases and when it takes effect."""
    try:
        with _asked(desk, desk.settings.unload_planner):
            answer = desk.unload_planner.propose(view)
        _check_unload(view, answer)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        _replaced(desk, "unload", error, trailer_id=order.trailer_id)
        answer = _SAFE_UNLOAD.propose(view)
    effect_us = _effect_us(desk, answer.latency_us)
    pending = PendingUnloadAnswer(
        order_id=order.order_id,
        scan_id=scan_id,
        track_ids=answer.track_ids[:PICKS_PER_PLAN_MAX],
        effect_us=effect_us,
    )
    return pending, effect_us


def _check_unload(view: UnloadView, answer: UnloadAnswer) -> None:
    """Raises NonsenseError for what is not in the scan, or is planned twice."""
    if not isinstance(answer, UnloadAnswer):
        msg = f"got {type(answer).__name__}, expected UnloadAnswer"
        raise NonsenseError(msg)
    _check_thinking(answer.latency_us)
    _each_once("case", list(answer.track_ids), (seen.track_id for seen in view.cases))


def _check_thinking(latency_us: object) -> None:
    if not isinstance(latency_us, int) or not 0 <= latency_us <= THINKING_MAX_US:
        msg = f"got {latency_us!r} us of thinking, expected a whole number 0 to {THINKING_MAX_US}"
        raise NonsenseError(msg)


def _each_once(what: str, named: list[str], offered: Iterable[str]) -> None:
    if not named:
        return  # a dock may offer thousands
    known = set(offered)
    for name in named:
        if name not in known:
            msg = (
                f"got {what} {name!r} twice" if named.count(name) > 1 else f"got {what} {name!r}, which was not offered"
            )
            raise NonsenseError(msg)
        known.discard(name)


def _replaced(desk: Desk, which: str, error: Exception, *, trailer_id: str | None = None) -> None:
    planner = desk.settings.dock_planner if which == "dock" else desk.settings.unload_planner
    exception = exceptions.raise_exception(
        desk,
        "planner_failed",
        entity=f"backend/{desk.settings.site.backend_id}",
        detail=f"{which} planner {planner}: {type(error).__name__}: {error}",
        trailer_id=trailer_id,
    )
    exceptions.resolve(desk, exception, by="rule", resolution="safe_default")


def _effect_us(desk: Desk, latency_us: int) -> int:
    """Thinking up to the decision latency is covered by it; what is beyond shows as a later answer."""
    return desk.now_us + max(0, latency_us - desk.settings.site.decision_latency_us)
