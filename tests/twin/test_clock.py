from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.clock import ManualClock, SystemClock, format_time, parse_time, us

LAST_US = 4_102_444_800_000_000 - 1
"""The end of 2099."""


@given(st.integers(0, LAST_US))
def test_an_instant_survives_its_text(instant_us: int) -> None:
    assert parse_time(format_time(instant_us)) == instant_us


@given(st.integers(0, LAST_US))
def test_the_text_is_the_one_the_standard_library_gives(instant_us: int) -> None:
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant_us)
    assert format_time(instant_us) == instant.isoformat(timespec="microseconds").replace("+00:00", "Z")


@given(st.lists(st.integers(0, LAST_US)))
def test_texts_sort_as_instants_do(instants: list[int]) -> None:
    assert sorted(map(format_time, instants)) == [format_time(instant) for instant in sorted(instants)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-05",
        "2026-01-05T06:00:00Z",
        "2026-01-05T06:00:00.000Z",
        "2026-01-05T06:00:00.000000",
        "2026-01-05T06:00:00.000000+01:00",
        "2026-01-05 06:00:00.000000Z",
        "2026-01-05T06:00:00.000000Z\n",
        "2026-00-05T06:00:00.000000Z",
        "2026-04-31T06:00:00.000000Z",
        "2100-02-29T06:00:00.000000Z",
        "1969-12-31T23:59:59.999999Z",
        "2026-01-05T24:00:00.000000Z",
        "2026-01-05T06:60:00.000000Z",
        "2026-01-05T06:00:60.000000Z",
        "\u0662\u0660\u0662\u0666-01-05T06:00:00.000000Z",
    ],
)
def test_what_is_no_instant_of_that_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected RFC 3339"):
        parse_time(text)


def test_every_day_of_1970_to_2099_is_an_instant_and_no_other_is() -> None:
    accepted = 0
    for year in range(1960, 2111):
        for month in range(14):
            for day in range(33):
                try:
                    parse_time(f"{year}-{month:02}-{day:02}T00:00:00.000000Z")
                except ValueError:
                    continue
                accepted += 1
    assert accepted == (datetime(2100, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).days


def test_seconds_become_whole_microseconds() -> None:
    assert (us(0.1), us(2), us(0.000_000_4)) == (100_000, 2_000_000, 0)


def test_a_manual_clock_stands_until_it_is_moved() -> None:
    clock = ManualClock(5)
    assert (clock.now_us(), clock.steady_us()) == (5, 5)
    clock.advance(9)
    assert (clock.now_us(), clock.steady_us()) == (9, 9)


def test_a_manual_clock_does_not_go_back() -> None:
    with pytest.raises(AssertionError):
        ManualClock(5).advance(4)


def test_the_system_clock_tells_microseconds_since_the_epoch(tmp_path: Path) -> None:
    (tmp_path / "now").touch()
    written_us = (tmp_path / "now").stat().st_mtime_ns // 1000
    assert abs(SystemClock().now_us() - written_us) < 60_000_000


def test_the_steady_clock_does_not_go_back() -> None:
    clock = SystemClock()
    seen = [clock.steady_us() for _ in range(100)]
    assert seen == sorted(seen)
