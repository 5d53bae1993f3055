from __future__ import annotations

import io

import pytest

from scenarios.report.progress import PLAIN_EVERY_US, ProgressRegion, is_animated
from scenarios.run_log import Progress
from tests.scenarios.plans import at
from tests.scenarios.report.golden import shown
from tests.scenarios.story import START_US
from twin.clock import ManualClock

HALF = Progress(
    at_us=at(6138),
    trailers_done=6,
    trailers_total=14,
    cases_placed=2430,
    cases_total=4860,
    exceptions_open=3,
    elapsed_s=7.5,
)


class FakeTerminal(io.StringIO):
    """Says that it is a terminal of this encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def region(stream: io.StringIO) -> list[str]:
    return shown(ProgressRegion(stream, start_us=START_US).region(HALF).renderables).splitlines()  # type: ignore[arg-type]


def test_the_region_says_where_the_run_is() -> None:
    first, second = region(FakeTerminal("ascii"))
    assert first == f"  07:42:18 {'#' * 22}{'-' * 22} 2,430 of 4,860 cases"
    assert second == "           6 of 14 trailers done, 3 exceptions open, 818x real time, 8 s left"


def test_with_utf_8_the_bar_is_a_line() -> None:
    assert f"{'━' * 22}{'─' * 22}" in region(FakeTerminal())[0]


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_a_terminal_that_cannot_rewrite_lines_is_not_animated(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", term)
    assert not is_animated(FakeTerminal())


def test_force_color_does_not_bring_animation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert not is_animated(io.StringIO())
    assert is_animated(FakeTerminal())


def test_on_a_terminal_the_region_is_rewritten_in_place_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    stream = FakeTerminal()
    with ProgressRegion(stream, start_us=START_US) as tell:
        tell(HALF)
        tell(HALF)
    written = stream.getvalue()
    assert written.count("2,430 of 4,860 cases") >= 2
    assert "\n\n" not in written
    assert written.endswith("\x1b[1A\x1b[2K")


def test_elsewhere_a_line_comes_every_ten_seconds_and_a_short_run_is_silent() -> None:
    stream, clock = io.StringIO(), ManualClock()
    with ProgressRegion(stream, start_us=START_US, clock=clock) as tell:
        for step in range(25):
            clock.advance(step * PLAIN_EVERY_US // 10)
            tell(HALF)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert lines[0] == (
        "  07:42:18  2,430 of 4,860 cases; 6 of 14 trailers done, 3 exceptions open, 818x real time, 8 s left"
    )


def test_without_a_case_placed_nothing_is_said_of_what_is_left() -> None:
    nothing = Progress(
        at_us=START_US,
        trailers_done=0,
        trailers_total=1,
        cases_placed=0,
        cases_total=0,
        exceptions_open=0,
        elapsed_s=0.0,
    )
    told = ProgressRegion(io.StringIO(), start_us=START_US).plain(nothing).plain
    assert told == "  06:00:00  0 of 0 cases; 0 of 1 trailer done"
