"""`docktwin calibrate physics`: what it writes and says, how it refuses, and that nothing is half-written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import msgspec
import pytest

from scenarios import cli
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.calibration import SeededLoad, look
from sim.physics.tables import TableFile, read_tables
from tests.sim.physics.test_calibration_fit import seen
from twin.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_PASSED

if TYPE_CHECKING:
    from pathlib import Path

    from sim.physics.calibration import Seen

TINIEST = ("--seeds", "9", "--picks", "1", "--cases", "10")
TINY = ("--seeds", "9", "--picks", "1", "--cases", "24", "--workers", "1")


def quickly(load: SeededLoad, physics: BulletPhysics) -> tuple[Seen, ...]:
    del physics
    return (seen(load, inside_m=0.05, fell=True),)


def calibrate(*options: str) -> int:
    return cli.status_of(["calibrate", "physics", *options])


def test_a_tiny_campaign_writes_tables_that_can_be_read_and_a_page_and_says_the_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(*TINY, "--out", str(tmp_path)) == EXIT_PASSED
    assert sorted(path.name for path in tmp_path.iterdir()) == ["comparison.html", "tables.json"]
    tables = read_tables(tmp_path / "tables.json")
    evidence = msgspec.json.decode((tmp_path / "tables.json").read_bytes(), type=TableFile).evidence
    assert evidence["picks"] == 9
    assert evidence["loads_held_out"] == 3
    assert evidence["campaign"] == {"seeds": [1, 9], "picks": 1, "cases": 24}
    assert tables.stays_at(float("-inf")) <= tables.stays_at(0.5)
    page = (tmp_path / "comparison.html").read_text("utf-8")
    assert "rule of thumb" in page
    assert "9 picks from 9 loads by physics, 3 loads of them held out." in page
    out, err = capsys.readouterr()
    told = " ".join(out.split())
    assert err == ""
    assert told.startswith("9 picks from 9 loads by physics:")
    for words in (
        "A case that lost a support stays",
        "On the 3 loads held out",
        "Brier score",
        "Jaccard",
        "tables.json",
    ):
        assert words in told


def test_a_load_is_looked_at_with_one_answer() -> None:
    seeded = SeededLoad(seed=4, cases_max=24, picks=3)
    picks = look(seeded, BulletPhysics())
    assert picks == look(seeded, BulletPhysics())
    assert {judged.fell for it in picks for judged in it.judged if judged.inside_m < -0.05} <= {True}
    for it in picks:
        assert it.case_id in it.standing
        assert {judged.case_id for judged in it.judged if judged.fell} <= set(it.fallen) <= set(it.standing)


def test_two_processes_write_the_tables_of_one(tmp_path: Path) -> None:
    for workers in ("1", "2"):
        assert calibrate(*TINIEST, "--workers", workers, "--out", str(tmp_path / workers)) == EXIT_PASSED
    assert (tmp_path / "1" / "tables.json").read_bytes() == (tmp_path / "2" / "tables.json").read_bytes()


def test_an_interrupted_campaign_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tables.json").write_text("of the last one")

    def interrupted(*_: object, **__: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("scenarios.commands.calibrating.look", interrupted)
    assert calibrate(*TINY, "--out", str(tmp_path)) == EXIT_INTERRUPTED
    assert [path.name for path in tmp_path.iterdir()] == ["tables.json"]
    assert (tmp_path / "tables.json").read_text() == "of the last one"
    assert "interrupted" in capsys.readouterr().err


def test_a_page_that_cannot_be_drawn_leaves_the_last_tables_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be written is taken away again."""
    (tmp_path / "tables.json").write_text("of the last one")

    def broken(*_: object, **__: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scenarios.commands.calibrating.look", quickly)
    monkeypatch.setattr("scenarios.report.load_figures.write_page", broken)
    assert calibrate(*TINY, "--out", str(tmp_path)) != EXIT_PASSED
    assert [path.name for path in tmp_path.iterdir()] == ["tables.json"]
    assert (tmp_path / "tables.json").read_text() == "of the last one"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--seeds", "8"), '--seeds: got "8"'),
        (("--picks", "none"), '--picks: got "none"'),
        (("--cases", "5"), '--cases: got "5"'),
        (("--workers", "0"), '--workers: got "0"'),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_run(
    options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calibrate(*options, "--out", str(tmp_path / "new")) == EXIT_BAD_INPUT
    told = " ".join(capsys.readouterr().err.split())
    assert words in told
    assert "nothing was run" in told
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["tables.json", "comparison.html"])
def test_a_folder_where_a_file_cannot_be_written_is_refused_before_anything_is_run(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).mkdir()
    assert calibrate(*TINY, "--out", str(tmp_path)) == EXIT_BAD_INPUT
    told = " ".join(capsys.readouterr().err.split())
    assert f"got a folder with a folder {name} in it" in told
    assert told.count("nothing was run") == 1


def test_a_folder_without_leave_to_write_is_refused_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Whoever may write everywhere runs this too.
    monkeypatch.setattr("scenarios.commands.places.os.access", lambda _, mode: mode == os.R_OK)
    assert calibrate(*TINY, "--out", str(tmp_path)) == EXIT_BAD_INPUT
    assert "got a folder that cannot be written, expected one that can" in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert calibrate(*TINY, "--out", str(tmp_path / "file")) == EXIT_BAD_INPUT
    assert "expected a folder" in " ".join(capsys.readouterr().err.split())
