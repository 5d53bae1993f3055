from __future__ import annotations

import io
import os
import sys
from unittest import mock

import pytest
from rich.text import Text

from scenarios.report.console import COLUMNS, columns, console_on, say
from scenarios.report.terminal import expectation_table
from scenarios.results import ExpectationResult
from tests.scenarios.report.blocks import BLOCKS, failed, passed
from tests.scenarios.report.golden import golden, shown


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_what_was_reviewed(name: str) -> None:
    assert shown(BLOCKS[name]()) == golden(name)


@pytest.mark.parametrize("name", BLOCKS)
def test_nothing_is_wider_than_88_columns_or_needs_more_than_ascii(name: str) -> None:
    text = shown(BLOCKS[name]())
    assert max(map(len, text.splitlines())) <= COLUMNS
    assert text.isascii()


@pytest.mark.parametrize("name", BLOCKS)
def test_no_word_is_louder_than_it_should_be(name: str) -> None:
    text = shown(BLOCKS[name]())
    assert "!" not in text
    assert "OK" not in text.split()
    assert "success" not in text.lower()


@pytest.mark.parametrize("name", BLOCKS)
def test_on_a_terminal_of_80_columns_only_a_command_is_wider(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((80, 24)))
    monkeypatch.setattr(sys, "stdout", mock.Mock(isatty=lambda: True, fileno=lambda: 1))
    assert columns() == 80
    wide = [told for told in shown(BLOCKS[name]()).splitlines() if len(told) > 80]
    assert not [told for told in wide if "docktwin" not in told]


@pytest.mark.parametrize(("terminal", "wanted"), [(200, 88), (84, 84), (40, 80), (0, 88)])
def test_text_is_as_wide_as_the_terminal_within_bounds(
    terminal: int, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.get_terminal_size", lambda _: os.terminal_size((terminal, 24)))
    monkeypatch.setattr(sys, "stdout", mock.Mock(isatty=lambda: True, fileno=lambda: 1))
    assert columns() == wanted


def test_the_many_numbers_of_a_receipt_go_on_in_the_next_line() -> None:
    long = ExpectationResult(
        name="the receipt shows what is short, over and on no line",
        line=9,
        met=True,
        expected="short 6 to 9, over 1 to 4, unidentified 3",
        got="short 9, over 4, unidentified 3",
    )
    assert shown(expectation_table((long,))).splitlines()[1:] == [
        "  met  the receipt shows what    short 6 to 9,                     short 9, over 4,",
        "         is short, over and on   over 1 to 4,                        unidentified 3",
        "         no line                 unidentified 3",
    ]


def test_the_first_word_is_the_verdict() -> None:
    assert shown(passed()).split()[0] == "PASSED"
    assert shown(failed()).split()[0] == "FAILED"


def test_a_pipe_gets_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert "\x1b" not in shown(passed())


def test_force_color_brings_colour_to_a_pipe_and_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shown(passed())
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = shown(passed())
    assert "\x1b[" in coloured
    assert Text.from_ansi(coloured).plain.split() == plain.split()


def test_no_color_wins_over_force_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = shown(passed())
    assert not any(f"\x1b[{code}m" in coloured for code in (31, 32, 33, 34))


def test_a_dumb_terminal_gets_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    assert "\x1b" not in shown(passed())


def test_a_long_line_is_not_broken_by_the_console() -> None:
    stream = io.StringIO()
    console_on(stream).print(Text("x" * 500))
    assert stream.getvalue() == "x" * 500 + "\n"


def test_brackets_and_colons_stay_what_they_are() -> None:
    stream = io.StringIO()
    say([Text("trailers[3].cases: :smile: [red]1[/red]")], stream)
    assert stream.getvalue() == "trailers[3].cases: :smile: [red]1[/red]\n"
