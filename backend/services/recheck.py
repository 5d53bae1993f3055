"""A test mode: what an input has left undone. The backend looks only at what an input has marked; here it looks at all.

Where every mark is set and every step is taken in its order this finds nothing and changes nothing. A decision that
would come only with the next message, a timer that is not set, a list that is kept and not true: each is a breach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import msgpack

from backend.core import invariants, standing
from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.services import decisions, dispatch, identity, interventions, policy, watchdogs
from backend.services.open_commands import OpenCommands

if TYPE_CHECKING:
    from backend.core.state import SiteState
    from backend.services.desk import Desk
    from twin.messages import Message

SAID_TOLD_MAX = 3
"""Of so many messages that come of looking again it is told."""
_ENCODER = msgpack.Encoder()


class Each:
    """Every so many times it is due; never if that is None."""

    def __init__(self, times: int | None) -> None:
        self.is_on = times is not None
        self._times = self._left = times

    def is_due(self) -> bool:
        """Asked once for each time."""
        if self._left is None:
            return False
        self._left -= 1
        if self._left:
            return False
        self._left = self._times
        return True


class Recheck:
    """After each input what it has marked is looked at, after every so many everything; after none if that is None."""

    def __init__(self, every: int | None) -> None:
        self._all = Each(every)
        self.is_on = every is not None

    def after_input(self, desk: Desk) -> None:
        """Note as breaches what the input has left undone."""
        if self.is_on:
            _check_marks(desk)
            if self._all.is_due():
                _check_all(desk)


def _check_all(desk: Desk) -> None:
    """Look at everything as if all of it were due; whatever comes of it is a breach.

    Nothing is looked at while a timer of this very instant is still to fire; none of an earlier one is.
    """
    state, changes = desk.state, desk.changes
    due_us, kind = watchdogs.earliest(desk)
    if due_us < desk.now_us:
        changes.breach("never_woken", _backend(desk), f"a {kind} was due before, and has not fired")
    if due_us <= desk.now_us:
        return
    _check_kept(desk)
    standing.check_woken(state, changes, desk.now_us)
    standing.check_shown(state, changes)
    standing.check_held(state, changes)
    _settle_all(desk)
    _settle_dock(desk)


def _backend(desk: Desk) -> str:
    return f"backend/{desk.settings.site.backend_id}"


def _check_marks(desk: Desk) -> None:
    """What an input has marked it has looked at before it ends; only the dock may wait, for its planner."""
    changes = desk.changes
    marked = [*changes.orders, *changes.robots, *(it.kind for it in changes.notices)]
    if desk.state.is_dock_due and desk.state.dock_answer is None:
        marked.append("the dock")
    if marked:
        changes.breach("unsettled", _backend(desk), f"marked and not looked at: {', '.join(marked)}")


def _check_kept(desk: Desk) -> None:
    """What is kept beside the state, because it costs too much to derive each time, is what the state gives."""
    stale = desk.free_robots.stale(desk.changes)
    if stale:
        desk.changes.breach("kept_otherwise", _backend(desk), f"whether free for an order: {', '.join(stale)}")
    if desk.open_at != OpenCommands(desk.state.commands):
        desk.changes.breach("kept_otherwise", _backend(desk), "which commands are open")
    due_us = watchdogs.earliest(desk)[0]
    if desk.due_us > due_us:
        desk.changes.breach("kept_otherwise", _backend(desk), f"when the next timer is due: by {due_us}")


def _settle_all(desk: Desk) -> None:
    """Each robot, answer and order once more."""
    state = desk.state
    before, said = _volatile(state), len(desk.outbox)
    interventions.cell_clear(desk, "")
    for robot_id in state.robots:
        identity.restarted(desk, f"robot/{robot_id}")
    is_dock_due = state.is_dock_due
    for order in list(state.orders.values()):
        dispatch.step(desk, order)
    state.is_dock_due = is_dock_due  # it is looked at by itself: to ask a planner may change what it says next
    desk.changes.orders.clear()
    for delivery in desk.outbox[said : said + SAID_TOLD_MAX]:
        desk.changes.breach("unsettled", _about(delivery.message), f"{delivery.message.type} was due and was not said")
    if len(desk.outbox) == said and _volatile(state) != before:
        desk.changes.breach("unsettled", _backend(desk), "looking at everything again changes what it knows")
    invariants.check_touched(state, desk.changes)


def _settle_dock(desk: Desk) -> None:
    """What the default planner would do now, it should have done: it never waits. Another may, for what it likes."""
    if desk.state.dock_answer is not None or not isinstance(desk.dock_planner, EarliestDueNearestDoor):
        return
    view = decisions.dock_view(desk)
    if view is None:
        return
    answer = desk.dock_planner.propose(view)
    state, now_us = desk.state, desk.now_us
    for door in answer.doors:
        if policy.door_refusal(state, trailer_id=door.trailer_id, door_id=door.door_id, now_us=now_us) is None:
            desk.changes.breach("unsettled", f"door/{door.door_id}", f"trailer {door.trailer_id} may come here")
    for robot in answer.robots:
        if policy.robot_refusal(state, robot_id=robot.robot_id, door_id=robot.door_id, now_us=now_us) is None:
            desk.changes.breach("unsettled", f"door/{robot.door_id}", f"{robot.robot_id} may work here")


def _about(message: Message) -> str:
    """Whom it is for, or what it is about."""
    return message.target or getattr(message.data, "entity", None) or message.source


def _volatile(state: SiteState) -> bytes:
    """All of the state that a decision changes. Cases and what was heard are the most of it, and no decision's."""
    return _ENCODER.encode(
        (
            state.orders,
            state.robots,
            state.doors,
            state.commands,
            state.unknown_actions,
            state.exceptions,
            state.interventions,
            state.watchdogs,
            state.timers,
            state.counters,
            state.unload_answers,
            state.dock_answer,
            [(it.has_receipt, it.is_receipt_due, it.scan is None) for it in state.trailers.values()],
        )
    )
