from __future__ import annotations

from pathlib import Path

import pytest

from tests.planted.planting import ask, copy_of_the_code, judge_all, score, sow
from tests.planted.plants import MORE, THE_TEN


def test_without_a_plant_every_scenario_that_is_asked_passes(tmp_path: Path) -> None:
    asked = dict.fromkeys(name for plant in THE_TEN + MORE for name in plant.scenarios)
    assert ask(copy_of_the_code(tmp_path), tuple(asked)).passes


def test_each_of_the_ten_bugs_is_noticed_by_a_scenario_without_a_crash() -> None:
    outcomes = judge_all(THE_TEN)
    assert len(outcomes) == 10
    assert all(it.is_caught and not it.finding.has_crashed for it in outcomes), score("planted bugs", outcomes)


def test_each_bug_we_have_thought_of_besides_is_noticed() -> None:
    outcomes = judge_all(MORE)
    assert all(outcome.is_caught for outcome in outcomes), score("more planted bugs", outcomes)


def test_a_plant_whose_piece_of_source_is_gone_proves_nothing_and_fails(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend" / "x.py").write_text("a = 1\na = 1\n")
    for old in ("a = 2\n", "a = 1\n"):
        plant = THE_TEN[0]._replace(file="backend/x.py", old=old, new="")
        with pytest.raises(AssertionError, match=r"has [02] of"):
            sow(plant, tmp_path)
