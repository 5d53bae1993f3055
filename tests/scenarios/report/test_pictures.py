from __future__ import annotations

from functools import lru_cache

import pytest

from scenarios import run
from scenarios.report.pictures import kpi_table, load_picture, timeline
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict
from tests.e2e.small import SMALL
from twin.errors import BadInputError


@lru_cache(maxsize=2)
def a_verdict(fidelity: str = "case") -> Verdict:
    return run(scenario_from_text(SMALL, "small.yaml", fidelity=fidelity))  # type: ignore[arg-type]


def test_every_trailer_at_its_door_and_every_stay_of_a_robot_is_a_bar() -> None:
    doors, robots = timeline(a_verdict()).data[:2]
    assert list(doors.text) == ["T-1"]
    assert list(robots.text) == ["T-1"]
    row = a_verdict().result.truth.trailers[0]
    assert row.docked_us is not None
    assert row.departed_us is not None
    assert doors.x[0] == (row.departed_us - row.docked_us) / 1000


def test_the_load_shows_every_case_in_its_place() -> None:
    picture = load_picture(a_verdict())
    boxes = sum(len(trace.x) for trace in picture.data if trace.type == "mesh3d") // 8
    assert boxes == len(a_verdict().result.truth.cases) == 24
    labels = picture.data[-1]
    assert len(labels.text) == 24
    assert all("kg" in text for text in labels.text)


def test_a_trailer_that_did_not_come_and_a_load_that_was_only_counted_have_no_picture() -> None:
    with pytest.raises(BadInputError, match="expected one of t-1"):
        load_picture(a_verdict(), "t-9")
    with pytest.raises(BadInputError, match="fidelity trailer"):
        load_picture(a_verdict("trailer"))


def test_the_table_names_every_kpi_and_why_one_has_no_value() -> None:
    table = kpi_table(a_verdict())
    assert all(name in table for name in a_verdict().kpis)
    assert "no robot was lost and found" in table
    assert ">None<" not in table
