"""JUnit XML, read back as a CI system would."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree as ET

import pytest

from scenarios.junit import junit_xml, make_room, write_junit
from scenarios.suite import Job, Outcome, run_jobs
from twin.errors import ConfigError, UsageError

Word = Literal["passed", "failed", "error", "skipped"]


def an_outcome(seed: int, word: Word = "passed", *, told: str = "", wall_s: float | None = 1.25) -> Outcome:
    return Outcome(
        job=Job(target="scenarios/library/small_day.yaml", seed=seed, driver="inline"),
        scenario="small_day",
        word=word,
        sentence="" if word == "passed" else "every trailer departed: got 1 not",
        alike=("every trailer departed",),
        messages=1,
        content={"wall_s": wall_s},
        told=told,
    )


def read(*outcomes: Outcome, changed: dict[Job, str] | None = None) -> Any:  # noqa: ANN401 - an element
    return ET.fromstring(junit_xml(outcomes, changed=changed or {}, wall_s=12.3456))  # noqa: S314 - our own


def test_there_is_one_case_a_scenario_and_seed_with_its_time() -> None:
    root = read(an_outcome(1), an_outcome(2))
    cases = root.findall("testsuite/testcase")
    assert [(c.get("classname"), c.get("name"), c.get("time")) for c in cases] == [
        ("scenarios.library", "small_day, seed 1", "1.250"),
        ("scenarios.library", "small_day, seed 2", "1.250"),
    ]
    assert (root.tag, root.get("time")) == ("testsuites", "12.346")


def test_a_failure_says_what_the_terminal_says() -> None:
    root = read(an_outcome(1, "failed", told="FAILED  small_day\n  not met <x> & y"))
    (failure,) = root.iter("failure")
    assert failure.get("message") == "every trailer departed: got 1 not"
    assert failure.text == "FAILED  small_day\n  not met <x> & y"


def test_failures_errors_and_what_was_skipped_are_counted_apart() -> None:
    outcomes = [an_outcome(1), an_outcome(2, "failed"), an_outcome(3, "error", wall_s=None), an_outcome(4, "skipped")]
    root = read(*outcomes)
    for element in (root, root.find("testsuite")):
        counts = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped")}
        assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    assert len(list(root.iter("error"))) == len(list(root.iter("skipped"))) == 1


def test_a_run_that_is_not_as_its_baseline_fails_with_the_table() -> None:
    outcome = an_outcome(1)
    root = read(outcome, changed={outcome.job: "beyond  cases received  300  299"})
    (failure,) = root.iter("failure")
    assert (failure.get("type"), failure.text) == ("baseline", "beyond  cases received  300  299")
    assert root.get("failures") == "1"


def test_a_run_that_failed_and_is_not_as_its_baseline_says_both_in_one() -> None:
    outcome = an_outcome(1, "failed", told="FAILED  small_day")
    root = read(outcome, changed={outcome.job: "beyond  cases received"})
    (failure,) = root.iter("failure")
    assert failure.text == "FAILED  small_day\nbeyond  cases received"
    assert root.get("failures") == "1"


def test_what_xml_cannot_hold_is_replaced() -> None:
    (failure,) = read(an_outcome(1, "failed", told="a\x00b\x1bc\ud800d")).iter("failure")
    assert failure.text == "a\ufffdb\ufffdc\ufffdd"


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_run(tmp_path: Path) -> None:
    make_room(tmp_path / "new.xml")
    with pytest.raises(ConfigError, match="got a folder, expected a file; nothing was run"):
        make_room(tmp_path)
    (tmp_path / "link.xml").symlink_to(tmp_path / "else.xml")
    with pytest.raises(ConfigError, match="got a link or a device, expected a file; nothing was run"):
        make_room(tmp_path / "link.xml")
    with pytest.raises(ConfigError, match="cannot be written"):
        make_room(tmp_path / "no" / "new.xml")


def test_the_file_holds_the_document(tmp_path: Path) -> None:
    write_junit(tmp_path / "new.xml", [an_outcome(1)], changed={}, wall_s=1.0)
    assert ET.parse(tmp_path / "new.xml").getroot().get("tests") == "1"  # noqa: S314 - our own
    assert [path.name for path in tmp_path.iterdir()] == ["new.xml"]


def test_the_report_of_an_earlier_suite_is_gone_before_anything_is_run(tmp_path: Path) -> None:
    write_junit(tmp_path / "old.xml", [an_outcome(1)], changed={}, wall_s=1.0)
    make_room(tmp_path / "old.xml")
    assert not (tmp_path / "old.xml").exists()


def test_a_bug_in_a_run_is_an_error_with_its_stack_trace_and_the_others_have_their_verdicts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verdicts = iter([AssertionError("two robots\nin one trailer"), UsageError("got nothing")])

    def run(*_: object, **__: object) -> None:
        raise next(verdicts)

    monkeypatch.setattr("scenarios.suite.run_loaded", run)
    jobs = [Job(target="first_truck", seed=seed, driver="inline") for seed in (1, 2)]
    bug, ours = run_jobs(jobs, workers=1)
    assert (bug.word, ours.sentence) == ("error", "got nothing")
    assert bug.alike == ("AssertionError in scenarios.suite.run_job",)
    assert bug.sentence == f"a bug in docktwin: {bug.alike[0]}: two robots in one trailer"
    (error, _) = read(bug, ours).iter("error")
    assert error.text.startswith("Traceback (most recent call last):")
