"""The tables of what falls: what they say, how they are kept, and that bad ones are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.assumptions import SUPPORT_MARGIN_M
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from sim.physics.tables import RULE_OF_THUMB, FailureTables, TableFile, read_tables
from tests.sim.physics.test_support_graph import bridge, column, graph
from twin.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SURE = (0.999,) * 4
UNLUCKY = (0.001,) * 4


@given(st.floats(-1.0, 1.0))
def test_the_rule_of_thumb_is_a_ramp_of_the_margin(inside_m: float) -> None:
    assert RULE_OF_THUMB.stays_at(inside_m) == min(max(inside_m, 0.0) / SUPPORT_MARGIN_M, 1.0)


def test_what_nothing_carries_is_as_likely_to_stay_as_the_first_point_says() -> None:
    assert FailureTables(stays=((-0.1, 0.25), (0.1, 1.0)), lets_go=((0.0, 0.0),)).stays_at(float("-inf")) == 0.25


def test_a_table_decides_what_falls() -> None:
    clumsy = SupportPhysics(FailureTables(stays=((0.0, 0.0), (1.0, 0.5)), lets_go=((0.0, 0.0),)))
    state = bridge(left_m=0.05)
    pick = Pick(case_id="right")
    assert clumsy.extract(state, pick, SURE)[1].fallen[0].case_id == "bridge"
    assert SupportPhysics().extract(state, pick, SURE)[1].fallen == ()


def test_a_seal_that_lets_go_leaves_all_as_it_is() -> None:
    weak = SupportPhysics(FailureTables(stays=RULE_OF_THUMB.stays, lets_go=((0.0, 0.0), (40.0, 1.0))))
    state = graph(*column(4))
    after, extraction = weak.extract(state, Pick(case_id="c0"), UNLUCKY)
    assert not extraction.came_out
    assert extraction.fallen == ()
    assert after.stands("c0")
    assert weak.extract(state, Pick(case_id="c0"), SURE)[1].came_out
    assert weak.extract(state, Pick(case_id="c3"), UNLUCKY)[1].came_out


def test_people_need_no_seal() -> None:
    weak = SupportPhysics(FailureTables(stays=RULE_OF_THUMB.stays, lets_go=((0.0, 1.0),)))
    assert weak.extract(graph(*column(1)), Pick(case_id="c0", by="people"), UNLUCKY)[1].came_out


def test_what_a_case_carries_is_shared_by_those_it_rests_on() -> None:
    state = bridge(left_m=0.05)
    assert state.carried_kg("left") + state.carried_kg("right") == pytest.approx(10.0)
    assert graph(*column(4)).carried_kg("c0") == pytest.approx(30.0)
    assert state.carried_kg("bridge") == 0.0


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    tables = FailureTables(stays=((-0.05, 0.1), (0.2, 0.9)), lets_go=((0.0, 0.0), (12.5, 0.4)))
    path = tmp_path / "tables.json"
    path.write_bytes(msgspec.json.encode(TableFile(tables=tables, evidence={"seeds": [1, 2]})))
    assert read_tables(path) == tables


BAD = [
    ('{"tables": {"stays": [], "lets_go": [[0, 0]]}}', "stays: got 0 points, expected 1 to 100"),
    ('{"tables": {"stays": [[0, 0], [0.1, 1.2]], "lets_go": [[0, 0]]}}', r"stays\[1\]: got 0.1, 1.2, expected"),
    ('{"tables": {"stays": [[0, 0], [0, 1]], "lets_go": [[0, 0]]}}', r"stays\[1\]: got 0.0 after 0.0, expected one"),
    ('{"tables": {"stays": [[0, 0]], "lets_go": [[0, 0.5], [1, 0.2]]}}', r"lets_go\[1\]: got a probability 0.2 after"),
    ('{"tables": {"stays": [[0, 0]]}}', "missing required field `lets_go`"),
    ('{"tables": {"stays": "no", "lets_go": [[0, 0]]}}', "Expected `array`, got `str`"),
    ('{"tables": {"stays": [[0, NaN]], "lets_go": [[0, 0]]}}', "malformed"),
    ("", "truncated"),
    ('{"evidence": {"a": ' + "[" * 100_000, "Nesting|recursion|truncated"),
]


@pytest.mark.parametrize(("text", "words"), BAD)
def test_a_bad_table_is_refused_with_its_path(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=rf"bad\.json cannot be used .*{words}"):
        read_tables(path)


def test_a_table_that_is_not_there_is_refused_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json cannot be read"):
        read_tables(tmp_path / "none.json")
