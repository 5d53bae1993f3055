"""A planner that never answers ends the run as an error that names it: inline, and in the backend's own process."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from scenarios.commands.options import RunRequest
from scenarios.commands.run import run
from scenarios.drivers import Driver, run_scenario
from scenarios.schema import load_scenario
from twin.errors import EXIT_OUR_FAULT, PlannerHangError

if TYPE_CHECKING:
    from pathlib import Path

_PLANNER = """
class Ponder:
    def propose(self, view):
        try:
            while True:
                pass
        except Exception:
            return None
"""


@pytest.fixture
def _ponder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package whose unload planner `ponder` thinks for ever."""
    (tmp_path / "pondering.py").write_text(_PLANNER)
    info = tmp_path / "pondering-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pondering\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[docktwin.unload_planners]\nponder = pondering:Ponder\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    importlib.invalidate_caches()


@pytest.mark.usefixtures("_ponder")
@pytest.mark.parametrize(("driver", "hang_guard_s"), [("inline", 0.5), ("lockstep", 4.0)])
def test_a_planner_that_never_answers_is_named(driver: Driver, hang_guard_s: float) -> None:
    scenario = load_scenario("first_truck", unload_planner="ponder")
    with pytest.raises(PlannerHangError, match="the planner ponder gave no answer") as caught:
        run_scenario(scenario, driver=driver, hang_guard_s=hang_guard_s)
    assert caught.value.exit_status == EXIT_OUR_FAULT


@pytest.mark.usefixtures("_ponder")
def test_how_long_a_planner_may_take_is_what_the_profile_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKTWIN_HANG_GUARD_S", "0.5")
    request = RunRequest(scenario="first_truck", unload_planner="ponder")
    with pytest.raises(PlannerHangError, match=r"gave no answer within 0\.5 s"):
        run(request, out=tmp_path / "x", as_json=True, is_verbose=False)
