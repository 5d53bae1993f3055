"""Whole days on a load that does what real boxes do: the backend keeps up with it, and the mirror with both."""

from __future__ import annotations

import pytest

from scenarios.drivers import run_scenario
from scenarios.schema import find_scenario, load_scenario
from tests.sim.physics.fake_pile import FakePhysics
from twin.clock import US_PER_S


@pytest.mark.parametrize("name", ["first_truck", "wall_collapses", "ghosts_and_merges", "zombie_robot"])
@pytest.mark.parametrize("fall_us", [300_000, 60 * US_PER_S])
def test_what_the_backend_believes_of_late_falls_is_so(
    name: str, fall_us: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    physics = FakePhysics(fall_us=fall_us, lets_go=0.1)
    monkeypatch.setattr("sim.world.physics_of", lambda *_: physics)
    result = run_scenario(load_scenario(find_scenario(name), fidelity="physics"))
    assert result.violations == []
    assert {row.outcome for row in result.truth.cases} <= {"received", "damaged", "manual"}
