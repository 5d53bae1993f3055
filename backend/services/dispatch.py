"""Dispatch: the next step of every order, taken when a fact has made it possible.

A trailer waits for a door, docks, is ready; a robot works scan by scan; then it is unloaded, its leftovers are seen to,
it is released, and its receipt is closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.core import cells, fold_robots
from backend.core.state import PendingUnloadAnswer, next_id
from backend.services import commands, decisions, exceptions, policy, receipts
from twin.ids import order_id_of
from twin.messages import robot as robots
from twin.messages import trailer as trailers

if TYPE_CHECKING:
    from backend.core.dock import Scan, Trailer
    from backend.core.state import Order, PendingDockAnswer
    from backend.planning.ports import UnloadView
    from backend.services.desk import Desk

WALLS_CLEARED_MAX = 10
"""So often people make way for a robot in one trailer; after that they carry out all that is left."""

PLANS_IN_VAIN_MAX = 3
"""So often a robot is told to take cases that it leaves and says nothing of; then they are left for people."""


def settle(desk: Desk) -> None:
    """Take every step that has become possible."""
    changes, state = desk.changes, desk.state
    while changes.orders or changes.robots or state.is_dock_due:
        while changes.orders:
            order_id = next(iter(changes.orders))
            del changes.orders[order_id]
            order = state.orders.get(order_id)
            if order is not None:
                step(desk, order)
        if changes.robots and desk.free_robots.take_note(changes):
            state.is_dock_due = True
        if not state.is_dock_due or state.dock_answer is not None:
            return
        state.is_dock_due = False
        _decide_dock(desk)


def step(desk: Desk, order: Order) -> None:
    """Take the next step of this order, if it has become possible."""
    desk.changes.touched.append(order)
    trailer = desk.state.trailers[order.trailer_id]
    if trailer.is_released:
        _end_early(desk, order)
        receipts.consider(desk, trailer)
        return
    if order.is_finished and order.is_robot_out and order.robot_id is not None:
        _robot_is_done(desk, order)
    if order.is_unloaded:
        _let_go(desk, order, trailer)
    elif order.robot_id is None:
        if policy.is_ready_for_robot(desk.state, order, desk.now_us):
            desk.state.is_dock_due = True
    elif not desk.state.robots[order.robot_id].is_lost and desk.now_us >= order.retry_after_us:
        _consider_plan(desk, order, trailer)


# --- doors and robots ---


def _decide_dock(desk: Desk) -> None:
    view = decisions.dock_view(desk)
    if view is None:
        return
    answer, effect_us = decisions.ask_dock(desk, view)
    if effect_us == desk.now_us:
        _act_on_dock_answer(desk, answer)
        return
    desk.state.dock_answer = answer
    desk.set_timer(effect_us, "dock_answer", "")


def dock_answer_is_due(desk: Desk, _key: str) -> None:
    """A slow dock planner's answer takes effect; what it could not know may be decided now."""
    answer = desk.state.dock_answer
    assert answer is not None
    desk.state.dock_answer = None
    _act_on_dock_answer(desk, answer)


def _act_on_dock_answer(desk: Desk, answer: PendingDockAnswer) -> None:
    for trailer_id, door_id in answer.doors:
        refusal = policy.door_refusal(desk.state, trailer_id=trailer_id, door_id=door_id, now_us=desk.now_us)
        if refusal is not None:
            desk.refuse(refusal.code)
            continue
        _assign_door(desk, trailer_id=trailer_id, door_id=door_id)
    for robot_id, door_id in answer.robots:
        refusal = policy.robot_refusal(desk.state, robot_id=robot_id, door_id=door_id, now_us=desk.now_us)
        if refusal is not None:
            desk.refuse(refusal.code)
            continue
        _assign_robot(desk, robot_id=robot_id, door_id=door_id)


def _assign_door(desk: Desk, *, trailer_id: str, door_id: str) -> None:
    order = desk.state.orders[order_id_of(trailer_id)]
    door = desk.state.doors[door_id]
    door.trailer_id = trailer_id
    order.door_id = door_id
    commands.issue(
        desk,
        trailers.AssignDoor,
        trailers.TrailerCommandData,
        target=f"yard/{desk.settings.site.yard_id}",
        purpose="door",
        for_order=order.order_id,
        trailer_id=trailer_id,
        door_id=door_id,
    )
    desk.changes.touched.extend((door, order))


def _assign_robot(desk: Desk, *, robot_id: str, door_id: str) -> None:
    door = desk.state.doors[door_id]
    assert door.trailer_id is not None, "policy permits no robot where no trailer is"
    order = desk.state.orders[order_id_of(door.trailer_id)]
    robot = desk.state.robots[robot_id]
    order.robot_id = robot_id
    order.is_finished = order.is_robot_out = False
    robot.order_id = order.order_id
    robot.stirred_us = desk.now_us
    robot.in_vain_since_us = None
    desk.changes.robots[robot_id] = None
    order.order_action = commands.issue(
        desk,
        robots.AssignOrder,
        robots.OrderData,
        target=f"robot/{robot_id}",
        purpose="order",
        for_order=order.order_id,
        order_id=order.order_id,
        trailer_id=order.trailer_id,
        door_id=door_id,
        conveyor_id=door.conveyor_id,
        cases_expected=desk.state.trailers[order.trailer_id].cases_expected,
    )
    desk.changes.touched.extend((robot, order))


# --- one robot at one trailer ---


def _consider_plan(desk: Desk, order: Order, trailer: Trailer) -> None:
    scan = trailer.scan
    if scan is None or not scan.is_complete or scan.scan_id == order.planned_scan or scan.robot_id != order.robot_id:
        return
    if order.plan_action is not None or order.is_plan_pending or order.is_finished or order.is_robot_out:
        return
    robot = desk.state.robots[scan.robot_id]
    if not (cells.may_move(desk.state, robot) and cells.may_be_entered(desk.state, order.trailer_id)):
        return  # looked at again when it speaks, is released to work, or nobody is with it
    view = _view_of_wall(desk, order, trailer, scan)
    order.planned_scan = scan.scan_id
    if not view.may_take:
        leave = PendingUnloadAnswer(order_id=order.order_id, scan_id=scan.scan_id, track_ids=(), effect_us=desk.now_us)
        _act_on_unload_answer(desk, order, leave)
        return
    answer, effect_us = decisions.ask_unload(desk, order, view, scan.scan_id)
    if effect_us == desk.now_us:
        _act_on_unload_answer(desk, order, answer)
        return
    order.is_plan_pending = True
    desk.state.unload_answers[order.order_id] = answer
    desk.set_timer(effect_us, "unload_answer", order.order_id)


def _view_of_wall(desk: Desk, order: Order, trailer: Trailer, scan: Scan) -> UnloadView:
    """What there is to plan. What plan after plan leaves as it is is left for people.

    That the robot refuses those cases may be in messages that are lost for good.
    """
    view = decisions.unload_view(desk, trailer, scan)
    is_in_vain = order.planned_scan is not None and view.may_take.issuperset(order.planned_tracks)
    order.plans_in_vain = order.plans_in_vain + 1 if is_in_vain else 0
    if order.plans_in_vain < PLANS_IN_VAIN_MAX:
        return view
    order.plans_in_vain = 0
    for track_id in order.planned_tracks:
        trailer.cases[track_id].is_skipped = True
    return decisions.unload_view(desk, trailer, scan)


def unload_answer_is_due(desk: Desk, order_id: str) -> None:
    """A slow unload planner's answer takes effect, if its robot still stands before that wall."""
    answer = desk.state.unload_answers.get(order_id)
    if answer is None or answer.effect_us != desk.now_us:
        return  # of a question before: another answer is under way
    del desk.state.unload_answers[order_id]
    order = desk.state.orders.get(order_id)
    if order is None or not order.is_plan_pending:
        return
    order.is_plan_pending = False
    desk.changes.orders[order_id] = None
    scan = desk.state.trailers[order.trailer_id].scan
    if scan is not None and scan.scan_id == answer.scan_id:
        _act_on_unload_answer(desk, order, answer)


def _act_on_unload_answer(desk: Desk, order: Order, answer: PendingUnloadAnswer) -> None:
    assert order.robot_id is not None
    robot = desk.state.robots[order.robot_id]
    if not (cells.may_move(desk.state, robot) and cells.may_be_entered(desk.state, order.trailer_id)):
        order.planned_scan = None  # decided anew as soon as it may move
        return
    trailer = desk.state.trailers[order.trailer_id]
    permitted: list[str] = []
    for track_id in answer.track_ids:
        refusal = policy.case_refusal(trailer, track_id=track_id)
        if refusal is not None:
            desk.refuse(refusal.code)
            continue
        permitted.append(track_id)
        trailer.cases[track_id].owner = robot.robot_id
    order.plan_action = commands.issue(
        desk,
        robots.AssignPickPlan,
        robots.PickPlanData,
        target=f"robot/{robot.robot_id}",
        purpose="plan",
        for_order=order.order_id,
        order_id=order.order_id,
        plan_id=next_id(desk.state, "plan", "p"),
        scan_id=answer.scan_id,
        track_ids=tuple(permitted),
        then_leave=not permitted,
    )
    order.planned_tracks = tuple(permitted)
    desk.changes.touched.append(order)


def _robot_is_done(desk: Desk, order: Order) -> None:
    assert order.robot_id is not None
    fold_robots.release_from_order(desk.state, desk.changes, desk.state.robots[order.robot_id])
    order.is_unloaded = True


def _let_go(desk: Desk, order: Order, trailer: Trailer) -> None:
    """The trailer is released once nothing is left in it, or people have seen to what is."""
    if order.release_action is not None or desk.now_us < order.retry_after_us or trailer.docked_at is None:
        return
    if order.is_floor_asked and not order.are_leftovers_settled:
        return
    if desk.state.doors[trailer.docked_at].people_inside:
        return  # looked at again when the cell is clear
    left = 0 if order.are_leftovers_settled else _leftovers(trailer)
    if left:
        order.is_floor_asked = True
        exceptions.raise_exception(
            desk,
            "wall_blocked" if _hides_more(order, trailer) else "leftovers",
            entity=f"door/{trailer.docked_at}",
            detail=f"{left} cases are left in the trailer",
            trailer_id=trailer.trailer_id,
        )
        return
    order.release_action = commands.issue(
        desk,
        trailers.ReleaseTrailer,
        trailers.TrailerCommandData,
        target=f"yard/{desk.settings.site.yard_id}",
        purpose="release",
        for_order=order.order_id,
        trailer_id=trailer.trailer_id,
        door_id=trailer.docked_at,
    )
    desk.changes.touched.append(order)


def _end_early(desk: Desk, order: Order) -> None:
    """The trailer was let go, perhaps not by us: its robot is to leave, and nobody can see to what was left in it."""
    if order.robot_id is not None:
        robot, is_out = desk.state.robots[order.robot_id], order.is_robot_out
        fold_robots.release_from_order(desk.state, desk.changes, robot)
        if not is_out:
            robot.in_vain_since_us = desk.now_us  # it is told, and has time to leave before it is told again
            commands.cancel_order(desk, target=f"robot/{robot.robot_id}", order_id=order.order_id)
    if order.is_floor_asked:
        for exception in list(desk.state.exceptions.values()):
            if exception.trailer_id == order.trailer_id and exception.own_type in ("leftovers", "wall_blocked"):
                exceptions.resolve(desk, exception, by="rule", resolution="trailer_released")


_SURELY_INSIDE = ("trailer", "floor", "damaged", "refused")
_MAY_BE_INSIDE = (*_SURELY_INSIDE, "unknown")


def _leftovers(trailer: Trailer) -> int:
    return sum(case.recovered is None and case.place in _MAY_BE_INSIDE for case in trailer.cases.values())


def _hides_more(order: Order, trailer: Trailer) -> bool:
    """Whether what is surely left stands before cases that nobody has seen: then a robot can go on behind it.

    If none has been seen since people made way, nothing more is known to stand there: their word of what they carried
    out may be lost.
    """
    are_left = any(case.recovered is None and case.place in _SURELY_INSIDE for case in trailer.cases.values())
    is_more_expected = trailer.cases_expected > len(trailer.cases) - trailer.counts["retracted"]
    is_more_found = len(trailer.cases) > order.seen_at_wall
    return are_left and is_more_expected and is_more_found and order.walls_cleared < WALLS_CLEARED_MAX
