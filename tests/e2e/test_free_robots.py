"""The kept list of free robots is the list one would make by looking at all of them, after every single input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from backend.planning.ports import FreeRobot
from backend.services import policy
from backend.services.site import SiteBackend
from scenarios.drivers import Oversight, run_scenario
from scenarios.schema import load_scenario

if TYPE_CHECKING:
    from backend.services.desk import Desk
    from twin.participant import Delivery


def looked_at(desk: Desk) -> tuple[FreeRobot, ...]:
    return tuple(
        FreeRobot(robot_id=robot.robot_id, position_m=robot.position_m)
        for robot in desk.state.robots.values()
        if policy.is_robot_free(robot)
    )


@pytest.mark.parametrize("rebuild_every", [None, 37])
@pytest.mark.parametrize("name", ["robot_dies_holding_a_case", "radio_storm", "to_the_tick", "queue_at_the_gate"])
def test_the_kept_list_is_what_looking_at_every_robot_gives(
    name: str, rebuild_every: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    differing: list[int] = []
    lengths: set[int] = set()
    take, settle = SiteBackend._take, SiteBackend._settle

    def compare(backend: SiteBackend) -> None:
        desk = backend._desk
        kept = desk.free_robots.listed(desk.changes)
        lengths.add(len(kept))
        if kept != looked_at(desk):
            differing.append(desk.now_us)

    def taking(backend: SiteBackend, delivery: Delivery) -> None:
        take(backend, delivery)
        compare(backend)

    def settling(backend: SiteBackend) -> None:
        compare(backend)  # before anything is decided: what the dock planner would be shown
        settle(backend)

    monkeypatch.setattr(SiteBackend, "_take", taking)
    monkeypatch.setattr(SiteBackend, "_settle", settling)
    run_scenario(load_scenario(name), oversight=Oversight(rebuild_every=rebuild_every))
    assert not differing
    assert len(lengths) > 1, "robots became free, and were given work"
