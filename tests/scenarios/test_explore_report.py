"""The words of a campaign: its last block, its file, its progress."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scenarios.explore.campaign import Campaign, Failure, base_of
from scenarios.explore.candidate import Size, Wanted, struck
from scenarios.explore.document import read
from scenarios.explore.faults import Drawn
from scenarios.explore.story import MARK, file_name, file_text
from scenarios.explore.trial import ERROR, EXPECTATION, INVARIANT, Finding
from scenarios.report.console import COLUMNS, say
from scenarios.report.explore import Ending, explore_block, explore_object, progress_line
from scenarios.schema import scenario_from_text, story_of
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from scenarios.explore.campaign import Base

SMALL = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"
BLOW = {"at": "06:08", "fault": "robot_silent", "robot": "r2", "for": "30 s"}
LARGE = Size(faults=5, robots=2, trailers=2, cases=48, span_us=2940 * US_PER_S)
LEAST = Size(faults=1, robots=1, trailers=1, cases=1, span_us=509 * US_PER_S)
BROKEN = Finding(what=INVARIANT, name="lost_robot_believed", sentence="robot/r2: it is lost", at_us=0)


@pytest.fixture(scope="module")
def base() -> Base:
    return base_of(str(SMALL), wanted=Wanted(), folder=SMALL.parent)


def campaign(base: Base, finding: Finding | None, *, run: int = 168) -> Campaign:
    it = Campaign(base, seed=1, numbers=range(1, 2001))
    it.done = run
    it.kinds.update(["robot_silent", "robot_silent", "link"])
    if finding is not None:
        document = struck(base.document, Drawn(seed=3, faults=(BLOW,)))
        it.failure = Failure(run=run, finding=finding, document=document, end_us=0)
    return it


def ending(*, is_interrupted: bool = False) -> Ending:
    return Ending(
        file="least.yaml",
        origin=("explore", "two_small_trailers.yaml", "--seed", "1", "--first", "168", "--runs", "1"),
        before=LARGE,
        after=LEAST,
        wall_s=12.34,
        workers=2,
        is_interrupted=is_interrupted,
    )


def told(it: Campaign, end: Ending) -> str:
    stream = io.StringIO()
    say(explore_block(it, end), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        (None, "PASSED"),
        (BROKEN, "FAILED"),
        (Finding(what=EXPECTATION, name="every trailer departed", sentence="T-1 has not"), "FAILED"),
        (Finding(what=ERROR, name="AssertionError in backend.x", sentence="no"), "ERROR"),
    ],
)
def test_the_first_word_is_the_verdict(base: Base, finding: Finding | None, word: str) -> None:
    it = campaign(base, finding)
    assert told(it, ending()).split()[0] == word
    assert explore_object(it, ending())["verdict"] == word.lower()


def test_a_failure_ends_in_a_command_that_shows_it_and_one_that_finds_it_again(base: Base) -> None:
    text = told(campaign(base, BROKEN), ending())
    assert "run 168 fails, 168 of 2,000 runs done" in text
    assert "docktwin run least.yaml" in text
    assert "docktwin explore two_small_trailers.yaml --seed 1 --first 168 --runs 1" in text
    assert "5 faults, 2 robots, 2 trailers, 48 cases, 49 min" in text
    assert "1 fault, 1 robot, 1 trailer, 1 case, 8 min 29 s" in text


def test_what_was_cut_short_says_so(base: Base) -> None:
    assert told(campaign(base, None), ending(is_interrupted=True)).startswith("INTERRUPTED  ")
    assert "interrupted: not its least" in told(campaign(base, BROKEN), ending(is_interrupted=True))


def test_only_a_command_is_wider_than_88_columns(base: Base) -> None:
    lines = told(campaign(base, BROKEN), ending()).splitlines()
    assert not [line for line in lines if len(line) > COLUMNS and "docktwin" not in line]


def test_progress_says_how_many_runs_are_done_and_then_what_was_found(base: Base) -> None:
    assert progress_line(campaign(base, None)).plain == "  168 of 2,000 runs done, none failed"
    found = progress_line(campaign(base, BROKEN)).plain
    assert found == "  run 168: invariant lost_robot_believed is broken"


def test_the_file_tells_its_story_and_is_a_scenario(base: Base) -> None:
    document = struck(base.document, Drawn(seed=3, faults=(BLOW,)))
    text = file_text(document, BROKEN, origin=("docktwin", "explore", "x y.yaml"), size=LEAST, story="Two trailers.")
    assert text.startswith(MARK)
    assert story_of(text) == "Found by explore: invariant lost_robot_believed is broken."
    assert "#     docktwin explore 'x y.yaml'\n" in text
    assert read(text) == document
    assert scenario_from_text(text, "least.yaml").day.seed == 3


def test_a_file_is_named_after_scenario_failure_and_seed() -> None:
    assert file_name("first_truck", BROKEN, 7) == "explore-first_truck-lost_robot_believed-7.yaml"
    unmet = Finding(what=EXPECTATION, name="T-1's label: read / known?", sentence="")
    assert file_name("first_truck", unmet, 7) == "explore-first_truck-t-1-s-label-read-known-7.yaml"
