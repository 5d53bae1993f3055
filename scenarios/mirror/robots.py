"""Robots as the backend believes them, held against how they are.

Not compared: a robot of which a second machine speaks (nobody can know which is which), what one holds whose messages
are lost, until its next state; whether one is in a trailer, if its word of that is lost; anything of one that starts
up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.services.settings import robot_silence_us
from scenarios.mirror.look import EVERY_US
from sim.robot_report import factsheet_of
from twin.clock import instant_us

if TYPE_CHECKING:
    from backend.core.dock import Robot as Believed
    from backend.core.state import CommandRecord
    from scenarios.mirror.look import Look
    from sim.robot import Robot

_AT_THE_WALL = frozenset({"PICKING", "PLACING"})
_CODE = "twin_robot"


def silence_us(look: Look) -> int:
    """After so long a silent robot is known to be lost."""
    return robot_silence_us(look.dock.plan.site, look.timeouts)


def compare_robot(look: Look, robot: Robot) -> None:
    """One robot, as far as anybody can know how it is."""
    entity = f"robot/{robot.robot_id}"
    it = look.state.robots[robot.robot_id]
    if robot.is_dead:
        if not _has_impostor(robot):  # else it seems to live, by what another says under its name
            _compare_dead(look, entity, robot, it)
    elif robot.is_doubled or it.doubled_boot:
        _compare_doubled(look, entity, robot, it)
    elif robot.state != "STARTUP" and look.has_heard(entity):
        _compare_told_by_events(look, entity, robot, it)
        if look.tells_states(entity, look.dock.plan.site.state_period_us):
            _compare_told_by_states(look, entity, robot, it)


def _compare_dead(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    """It is silent; if between two looks another has spoken under its name, it is so from then on."""
    if look.has_heard(entity):
        for_us = (silence_us(look) + EVERY_US) * (1 if robot.impostor is None else 2)
        look.same(_CODE, entity, "lost", it.is_lost, true=True, for_us=for_us)
        is_known = it.is_taken_out or look.has_exception("robot_lost", entity) or it.doubled_boot != 0
        look.same("twin_question", entity, "known to be lost", is_known, true=True, for_us=for_us)


def _compare_doubled(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    """Two speak, and both often enough: it is seen, and somebody is asked to go there."""
    period_us = look.dock.plan.site.state_period_us
    if _has_impostor(robot) and look.tells_states(entity, period_us):
        for_us = silence_us(look) + period_us
        is_seen = it.doubled_boot != 0 and look.has_exception("double_identity", entity)
        look.same("twin_question", entity, "known to be two", is_seen, true=True, for_us=for_us)


def _compare_told_by_events(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    same = look.same
    same(_CODE, entity, "boot", it.boot, robot.endpoint.boot, told_by=entity)
    if it.boot != robot.endpoint.boot:
        return
    if not it.is_holding_doubted and (it.holding or robot.holding):
        same(
            _CODE, entity, "holds", tuple(it.holding), tuple([case.track_id for case in robot.holding]), told_by=entity
        )
    if look.is_all_here(entity):
        if not works_for_nobody(look, robot):
            same(_CODE, entity, "inside", it.inside, robot.started_in)
        if robot.unloading is not None and not it.has_gaps:
            same(_CODE, entity, "placed", it.placed, robot.unloading.placed)
        _compare_errors(look, entity, robot)
        if it.factsheet is None or it.factsheet.calibrated_at != look.factsheets.get((entity, it.boot)):
            sheet = factsheet_of(robot)
            look.factsheets[entity, it.boot] = sheet.calibrated_at
            same(_CODE, entity, "factsheet", it.factsheet, sheet)
    _compare_stop(look, entity, robot, it)
    _compare_commands(look, entity, robot, it)


def _compare_stop(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    """An emergency stop is mirrored, and somebody is asked to reset it, or to release the robot."""
    stops = robot.stops
    stop = "latched" if stops.holds("emergency") else "reset" if stops.holds("release") else None
    if stop is None and it.stop is None and not look.has_exception("release_to_work", entity):
        return
    # A robot that has started again without its stop says so with a state: until one is here, it may be stopped.
    look.same(_CODE, entity, "stop", it.stop, stop, told_by=entity, for_us=silence_us(look) if stop is None else 0)
    if it.stop != stop:
        return
    if stop != "reset" and look.has_exception("release_to_work", entity):
        look.same("twin_question", entity, "release_to_work", believed=True, true=False, told_by=entity)
    if stop is None:
        return
    if stop == "latched":
        is_asked = look.has_exception("emergency_stop", entity)
    else:
        is_asked = it.is_release_granted or look.has_exception("release_to_work", entity)
    look.same("twin_question", entity, f"asked about its stop ({stop})", is_asked, true=True, told_by=entity)


def _compare_errors(look: Look, entity: str, robot: Robot) -> None:
    """Nobody is asked about an error that is over; one that is there is asked about, or an answer is on its way."""
    asked = look.errors_at(entity)
    true = robot.errors.open_ids
    if not asked and not true:
        return
    look.same("twin_question", entity, "asked about errors that are over", tuple(set(asked) - set(true)), ())
    is_answered = any(it.purpose in ("answer", "cancel") for it in look.commands_at(entity))
    if not is_answered and robot.state in ("AWAITING_ASSIST", "FAULT"):
        for error_id in true:
            # An answer may have been withheld until it had expired: then the robot is told to leave, in time.
            for_us = look.timeouts.rule_us + silence_us(look) if error_id in look.errors_known else 0
            look.same(
                "twin_question", entity, f"error {error_id} is seen to", error_id in asked, true=True, for_us=for_us
            )
    look.errors_known.update(dict.fromkeys(true if is_answered else asked))


def _compare_commands(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    records = look.commands_at(entity)
    order_id = robot.order.data.order_id if robot.order else None
    is_over = it.order_id is None and robot.is_cancelled  # its trailer was let go: all it does for it is to leave
    if works_for_nobody(look, robot):
        is_told = robot.is_cancelled or any(record.purpose == "cancel" for record in records)
        for_us = look.timeouts.expires_us + silence_us(look)
        look.same(_CODE, entity, "told to leave what nobody wants of it", is_told, true=True, for_us=for_us)
    elif (
        it.order_id != order_id and not is_over and not (order_id is None and _is_order_on_its_way(robot, it, records))
    ):
        look.same(_CODE, entity, "order", it.order_id, order_id, told_by=entity)
    if not any(record.purpose in ("pause", "resume") for record in records):
        look.same(_CODE, entity, "paused", it.is_paused, robot.stops.holds("pause"))


def _is_order_on_its_way(robot: Robot, it: Believed, records: list[CommandRecord]) -> bool:
    """It has not answered yet, or it has taken the order and does nothing."""
    return robot.is_zombie or any(
        record.purpose == "order" and record.order_id == it.order_id and record.status != "accepted"
        for record in records
    )


def _compare_told_by_states(look: Look, entity: str, robot: Robot, it: Believed) -> None:
    look.same(_CODE, entity, "lost", it.is_lost, true=False)
    for exception_type in ("robot_lost", "double_identity"):
        if look.has_exception(exception_type, entity):
            look.same("twin_question", entity, exception_type, believed=True, true=False)
    if it.is_holding_doubted:
        for_us = look.timeouts.gap_deadline_us + silence_us(look)
        look.same(_CODE, entity, "what it holds is doubted", it.is_holding_doubted, true=False, for_us=for_us)
    reported = it.reported
    if reported is None:
        look.same(_CODE, entity, "state", None, robot.state)
        return
    if not (robot.state in _AT_THE_WALL and reported.robot_state in _AT_THE_WALL):
        look.same(_CODE, entity, "state", reported.robot_state, robot.state)
    order = robot.order.data if robot.order else None
    look.same(_CODE, entity, "at door", reported.door_id, order.door_id if order else None)
    look.same(_CODE, entity, "at trailer", reported.trailer_id, order.trailer_id if order else None)
    look.same(_CODE, entity, "safety", reported.safety_state, robot.stops.safety)
    if robot.started_in is not None and it.position_m != robot.position_m:
        look.same(_CODE, entity, "position", it.position_m, robot.position_m)
    ahead_us = robot.endpoint.clock_ahead_us
    is_off = not -look.timeouts.clock_late_us <= ahead_us <= look.timeouts.clock_off_us
    # A state more, for what it bears is not when it came; between the two limits either may be said.
    if is_off or ahead_us == 0:
        for_us = silence_us(look) + look.dock.plan.site.state_period_us
        look.same(
            "twin_question", entity, "clock off", look.has_exception("clock_off", entity), true=is_off, for_us=for_us
        )


def works_for_nobody(look: Look, robot: Robot) -> bool:
    """Whether it has taken on an order that it was given before anybody knew that it has started again.

    Nobody believes that it has one.
    """
    sender = look.sender(f"robot/{robot.robot_id}")
    if robot.order is None or sender is None or sender.boot == 1:
        return False
    return instant_us(robot.order.time) < sender.boot_heard_us


def _has_impostor(robot: Robot) -> bool:
    """Whether another machine speaks under its id now."""
    return robot.impostor is not None and not robot.impostor.has_ended
