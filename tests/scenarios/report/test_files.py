from __future__ import annotations

import csv
import errno
import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from scenarios.report import files
from scenarios.report.files import CASE_COLUMNS, FILES, TRAILER_COLUMNS, check_can_write, core_inputs, write_files
from scenarios.verdict import Verdict, judge
from tests.scenarios.plans import HandmadeRun, at, scenario, truth
from tests.scenarios.story import Story
from twin.errors import ConfigError
from twin.journal.digest import RunDigest
from twin.journal.reading import RecordingReader, digest_of
from twin.messages import codec

if TYPE_CHECKING:
    from pathlib import Path

    from twin.participant import Delivery


def digest(log: list[Delivery]) -> str:
    running = RunDigest()
    running.update(codec.encode_lines([message for _, message in log]), [at_us for at_us, _ in log])
    return running.hexdigest()


def a_verdict() -> Verdict:
    story = Story()
    story.arrived(60, "t-1")
    story.raised(70, "x1", "no_read")
    story.identified(90, "t-1", "t-1-c1")
    run = HandmadeRun(
        scenario=scenario(),
        deliveries=story.log,
        truth=truth({"c1": "received", "c2": "in_trailer"}),
        digest=digest(story.log),
        timers=[(at(60), "deadline x1"), (at(80), "resend")],
    )
    return judge(run)  # type: ignore[arg-type] # it has the attributes of a RunResult


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as stream:
        return list(csv.reader(stream))


def test_a_run_leaves_its_four_files_and_nothing_else(tmp_path: Path) -> None:
    write_files(a_verdict(), tmp_path / "runs" / "small")
    assert {path.name for path in (tmp_path / "runs" / "small").iterdir()} == set(FILES)
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["small"]


def test_trailers_csv_has_seconds_with_six_decimals_and_nothing_for_what_did_not_happen(tmp_path: Path) -> None:
    write_files(a_verdict(), tmp_path / "out")
    head, trailer = rows(tmp_path / "out" / "trailers.csv")
    assert tuple(head) == TRAILER_COLUMNS
    assert trailer == ["t-1", "d1", "60.000000", "180.000000", "300.000000", "900.500000", "1200.000000", "", "2"]


def test_cases_csv_tells_the_truth_of_each_case(tmp_path: Path) -> None:
    write_files(a_verdict(), tmp_path / "out")
    head, first, second = rows(tmp_path / "out" / "cases.csv")
    assert tuple(head) == CASE_COLUMNS
    assert first == ["c1", "t-1", "1", "label-c1", "9.5", "none", "received", "400.000000"]
    assert second[6] == "in_trailer"


def test_verdict_json_is_the_object_that_json_prints(tmp_path: Path) -> None:
    verdict = a_verdict()
    write_files(verdict, tmp_path / "out")
    assert msgspec.json.decode((tmp_path / "out" / "verdict.json").read_bytes()) == verdict.as_json()


def test_the_recording_has_the_digest_of_the_run_and_every_input_in_applied_order(tmp_path: Path) -> None:
    verdict = a_verdict()
    write_files(verdict, tmp_path / "out")
    found = digest_of(tmp_path / "out" / "run.mcap")
    assert found.agrees
    assert found.recomputed == verdict.digest
    inputs = [(entry.kind, entry.ref) for entry in RecordingReader(tmp_path / "out" / "run.mcap").inputs()]
    assert inputs == [
        ("message", "bos1/yard/yard:1:event:1"),
        ("timer", "deadline x1"),
        ("timer", "resend"),
        ("message", "bos1/conveyor/c1:1:event:1"),
    ]


def test_what_the_backend_says_is_no_input_of_its_core() -> None:
    assert not [ref for _, _, ref in core_inputs(a_verdict().result) if "backend" in ref]


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        write_files(a_verdict(), tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match=r"holds thesis\.txt, expected an empty one"):
        write_files(a_verdict(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("not a folder")
    with pytest.raises(ConfigError, match="got a file, expected a folder"):
        write_files(a_verdict(), tmp_path / "out")


def test_an_interrupt_while_writing_leaves_what_was_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files(a_verdict(), tmp_path / "out")
    before = (tmp_path / "out" / "verdict.json").read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_write_cases", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_files(a_verdict(), tmp_path / "out")
    assert (tmp_path / "out" / "verdict.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_place_that_cannot_be_written_is_bad_input_before_anything_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="got a path below the file"):
        check_can_write(tmp_path / "file" / "below" / "it")
    monkeypatch.setattr("os.access", lambda folder, _: folder != tmp_path)
    with pytest.raises(ConfigError, match="that cannot be written, expected one that can; nothing was written"):
        check_can_write(tmp_path / "not" / "there")


def test_a_disk_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(ConfigError, match="the files of the run cannot be written: No space left on device"):
        write_files(a_verdict(), tmp_path / "run")
