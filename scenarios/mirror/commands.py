"""Commands as the backend believes them, held against what their targets have taken on.

Not compared: what a target refuses or forgets, for it says so; how long something takes that was taken on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenarios.mirror.look import EVERY_US
from scenarios.mirror.robots import silence_us, works_for_nobody
from twin.clock import instant_us

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.core.state import CommandRecord
    from scenarios.mirror.look import Look
    from sim.endpoint import Endpoint
    from sim.robot import Robot

_CODE = "twin_command"


def compare_commands_of(look: Look, robot: Robot) -> None:
    """What a robot is told that can be asked how it is."""
    is_known = not (robot.is_dead or robot.is_doubled or robot.state == "STARTUP")
    if is_known and not look.state.robots[robot.robot_id].doubled_boot:
        compare_commands(look, f"robot/{robot.robot_id}", robot.endpoint, unwanted=frozenset(_unwanted(look, robot)))


def _unwanted(look: Look, robot: Robot) -> Iterable[str]:
    """What is under way and nobody waits for: an order that is over, what a zombie had before it was stopped."""
    if robot.order is not None and works_for_nobody(look, robot):
        yield robot.order.data.action_id
    if robot.is_zombie and look.state.robots[robot.robot_id].stop is not None:
        yield from robot.endpoint.open_actions  # another robot would have carried it out at once


def compare_commands(look: Look, entity: str, endpoint: Endpoint, *, unwanted: frozenset[str] = frozenset()) -> None:
    """What is waited for is under way, or not yet heard of; what is under way is waited for, but `unwanted`."""
    records = look.commands_at(entity)
    for record in records:
        if record.status == "sent":
            _compare_sent(look, entity, record)
    if not look.has_heard(entity):
        return
    believed = {record.command.data.action_id for record in records if record.status == "accepted"}
    true = set(endpoint.open_actions)
    if believed != true:
        unknown = {record.command.data.action_id for record in records if record.status == "unknown"}
        look.same(_CODE, entity, "waits for what has ended", tuple(sorted(believed - true)), (), told_by=entity)
        forgotten = tuple(sorted(true - believed - unknown - unwanted))
        look.same(_CODE, entity, "waits for what is under way", (), forgotten, told_by=entity)
    _compare_unknown(look, entity, records)


def _compare_sent(look: Look, entity: str, record: CommandRecord) -> None:
    """One that nobody has answered is unknown once it has expired, and that shows."""
    data = record.command.data
    late_us = look.now_us - instant_us(data.expires_at) - look.timeouts.expiry_grace_us
    if late_us > 0:
        look.same(_CODE, entity, f"action {data.action_id} may yet be answered", believed=True, true=False)


def _compare_unknown(look: Look, entity: str, records: list[CommandRecord]) -> None:
    """What became of one that is unknown is known when its target has said how it is: at most a few states later."""
    unknown = [record.command.data.action_id for record in records if record.status == "unknown"]
    if not unknown or not look.tells_states(entity, look.dock.plan.site.state_period_us):
        return
    for_us = silence_us(look) + look.timeouts.expires_us + EVERY_US
    for action_id in unknown:
        look.same(_CODE, entity, f"action {action_id} unknown", believed=True, true=False, for_us=for_us)
