"""The verdict on picks that were spared an episode, and the replays of those that should not have been."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from scenarios import skips
from scenarios.drivers import RunResult, run_scenario
from scenarios.report.commands import Invocation
from scenarios.report.files import FILES, files_of, write_files
from scenarios.report.terminal import verdict_block
from scenarios.schema import scenario_from_text
from scenarios.verdict import judge
from sim.truth import PhysicsReport
from tests.e2e.small import SMALL
from tests.sim.physics.fake_pile import FakePhysics

PAGE = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text("utf-8")


def a_run(monkeypatch: pytest.MonkeyPatch, *misses: str) -> RunResult:
    monkeypatch.setattr("sim.world.physics_of", lambda *_: FakePhysics(misses=misses or ("none",)))
    return run_scenario(scenario_from_text(SMALL, "small.yaml", fidelity="physics"))


def a_miss(monkeypatch: pytest.MonkeyPatch) -> RunResult:
    """A run in which the first case that has a neighbour was spared its episode wrongly."""
    physics = FakePhysics()
    monkeypatch.setattr("sim.world.physics_of", lambda *_: physics)
    scenario = scenario_from_text(SMALL, "small.yaml", fidelity="physics")
    run_scenario(scenario)
    physics.misses = [pick.case_id for pick in physics.picks]
    return run_scenario(scenario)


def report(*, missed: int, audited: int, run: RunResult) -> PhysicsReport:
    return PhysicsReport(audited=audited, missed=run.physics.missed[:1] * missed)


@pytest.mark.parametrize(("missed", "audited", "broken"), [(0, 0, 0), (1, 100, 0), (1, 99, 1)])
def test_more_than_one_in_a_hundred_breaks_the_run(
    missed: int, audited: int, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = skips.violations_of(report(missed=missed, audited=audited, run=a_miss(monkeypatch)), end_us=7)
    assert [(violation.code, violation.at_us) for violation in found] == [(skips.CODE, 7)] * broken
    assert f"`{skips.CODE}`" in PAGE
    if found:
        assert found[0].detail.startswith("1 of 99 audited picks ")
        assert found[0].detail.endswith("; 1 % may")


def test_a_run_whose_audited_picks_were_spared_rightly_passes_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = judge(a_run(monkeypatch))
    assert verdict.passed
    audited = verdict.result.physics.audited
    assert audited > 0
    assert verdict.as_json()["skip_audit"] == {"audited": audited, "missed": 0, "unsettled": 0, "replays": None}
    assert f"0 of {audited} audited picks" in told(
        verdict_block(verdict, Invocation(target="small", seed=7), files=None)
    )


def test_a_run_with_misses_fails_and_names_the_file_with_their_replays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    verdict = judge(a_miss(monkeypatch))
    assert not verdict.passed
    missed = len(verdict.result.physics.missed)
    assert verdict.as_json()["skip_audit"]["missed"] == missed > 0
    block = told(verdict_block(verdict, Invocation(target="small", seed=7), files=("out", files_of(verdict))))
    assert skips.CODE in block
    assert skips.SKIPS_FILE in block
    write_files(verdict, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FILES, skips.SKIPS_FILE}
    write_files(verdict, tmp_path / "out")  # a folder with such a file is one of ours


def test_a_replay_is_what_was_to_the_last_bit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    result = a_miss(monkeypatch)
    path = tmp_path / skips.SKIPS_FILE
    skips.write_skips(result, path)
    for was, read in zip(result.physics.missed, skips.read_skips(path), strict=True):
        assert (read.pick, read.uniforms, read.moved) == (was.pick, was.uniforms, was.moved)
        assert (read.trailer_id, read.interior_m, read.weights_kg) == (was.trailer_id, was.interior_m, was.weights_kg)
        assert read.boxes.ids == was.boxes.ids
        for one, other in zip(read.boxes[1:], was.boxes[1:], strict=True):
            assert np.array_equal(one, other)
    content = msgspec.json.decode(path.read_bytes())
    assert (content["scenario"], content["seed"]) == (result.scenario.name, result.scenario.day.seed)


def told(lines: object) -> str:
    return " ".join(" ".join(str(line) for line in lines).split())  # type: ignore[attr-defined] # lines of Text
