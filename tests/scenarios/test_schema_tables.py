"""A scenario names its failure tables: they are those of its loads, and bad ones are refused where they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from scenarios.schema import scenario_from_text
from sim.physics.choose import physics_of
from sim.physics.port import Pick
from sim.physics.tables import RULE_OF_THUMB, FailureTables, TableFile
from tests.scenarios.days import TRAILER
from tests.sim.physics.test_support_graph import column, graph
from twin.errors import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    from sim.plan import DayPlan

WEAK = FailureTables(stays=RULE_OF_THUMB.stays, lets_go=((0.0, 1.0),))
HEAD = """\
# A day.
site:
  id: bos1
  doors: 2
  robots: 2
  dock: {failure_tables: tables.json}
start: 2026-01-05 06:00
"""


def day_in(folder: Path) -> DayPlan:
    return scenario_from_text(HEAD + TRAILER, folder / "day.yaml").day


def test_the_tables_lie_beside_the_scenario_and_decide_what_happens_to_its_loads(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_bytes(msgspec.json.encode(TableFile(tables=WEAK)))
    day = day_in(tmp_path)
    assert day.dock.tables == WEAK
    physics = physics_of(day.fidelity, tables=day.dock.tables)
    _, extraction = physics.extract(graph(*column(1)), Pick(case_id="c0"), (0.5,))
    assert not extraction.came_out


def refusal_in(folder: Path) -> str:
    with pytest.raises(ScenarioError) as refused:
        day_in(folder)
    return " ".join(str(refused.value).split())


def test_tables_that_cannot_be_used_are_blamed_on_the_line_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text('{"tables": {"stays": [[0, 2]], "lets_go": [[0, 0]]}}')
    told = refusal_in(tmp_path)
    assert 'day.yaml:6: site.dock.failure_tables: got "tables.json"' in told
    assert "stays[0]: got 0.0, 2.0, expected a finite number, and a probability" in told
    assert told.count(", expected ") == 2, "of the key, and of the point"


def test_tables_that_are_not_there_are_blamed_on_the_line_that_names_them(tmp_path: Path) -> None:
    told = refusal_in(tmp_path)
    assert 'day.yaml:6: site.dock.failure_tables: got "tables.json", expected a file of docktwin calibrate' in told
    assert f"{tmp_path / 'tables.json'} cannot be read (No such file or directory)" in told
    assert told.count("expected") == 1
