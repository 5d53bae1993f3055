"""The kept list of free robots is the list one would make by looking at all of them, after every single input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.planning.ports import FreeRobot
from backend.services import policy
from backend.services.free_robots import FreeRobots
from backend.services.site import SiteBackend
from scenarios.drivers import Oversight, run_scenario
from scenarios.schema import load_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable

    from backend.core.dock import Robot
    from twin.participant import Delivery


def looked_at(robots: Iterable[Robot]) -> tuple[FreeRobot, ...]:
    return tuple(
        FreeRobot(robot_id=robot.robot_id, position_m=robot.position_m)
        for robot in robots
        if policy.is_robot_free(robot)
    )


@pytest.mark.parametrize("rebuild_every", [None, 37])
@pytest.mark.parametrize("name", ["robot_dies_holding_a_case", "radio_storm", "to_the_tick", "queue_at_the_gate"])
def test_the_kept_list_is_what_looking_at_every_robot_gives(
    name: str, rebuild_every: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: set[int] = set()
    listed, take = FreeRobots.listed, SiteBackend._take
    differing: list[tuple[FreeRobot, ...]] = []

    def compared(free: FreeRobots) -> tuple[FreeRobot, ...]:
        kept = listed(free)
        lengths.add(len(kept))
        if kept != looked_at(free._robots.values()):
            differing.append(kept)
        return kept

    def taking(backend: SiteBackend, delivery: Delivery) -> None:
        take(backend, delivery)
        compared(backend._desk.free_robots)

    monkeypatch.setattr(SiteBackend, "_take", taking)
    monkeypatch.setattr(FreeRobots, "listed", compared)  # what the dock planner is shown
    run_scenario(load_scenario(name), oversight=Oversight(rebuild_every=rebuild_every))
    assert not differing
    assert len(lengths) > 1, "robots became free, and were given work"
