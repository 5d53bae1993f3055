"""Instants as authors write them: times of day in the site's zone, with a date on another day than the start's."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from msgspec import Struct
from yaml.nodes import ScalarNode

from scenarios.language.kinds import UNREAD, Json, ScalarKind
from scenarios.language.source import Scalar
from twin.clock import US_PER_S, format_time, parse_time

_DAY_US = 86_400 * US_PER_S
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_CLOCK = r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,6}))?)?"
_MOMENT = re.compile(rf"(?:{_DATE}[ T])?{_CLOCK}\Z")
_DATED = re.compile(rf"{_DATE}[ T]{_CLOCK}\Z")
_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])\Z")


class Moment(Struct, frozen=True):
    """A time of day, microseconds since midnight, and the day where it was written."""

    of_day_us: int
    day: date | None = None


class When(ScalarKind):
    """A time of day, or a date and time."""

    expected = "a time such as 07:41:10 or 2026-01-06 07:41:10"
    stand_in = Moment(0)
    _form = _MOMENT

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """The moment."""
        match = self._form.match(node.value) if isinstance(value, str) else None
        if match is None:
            return UNREAD
        year, month, day, hour, minute, second, fraction = match.groups()
        of_day_us = (int(hour) * 3600 + int(minute) * 60 + int(second or 0)) * US_PER_S
        of_day_us += int((fraction or "").ljust(6, "0"))
        try:
            return Moment(of_day_us, None if year is None else date(int(year), int(month), int(day)))
        except ValueError:  # there is no such day
            return UNREAD

    def nearest(self, text: str) -> str | None:
        """The same with two digits for the hour."""
        padded = f"0{text}"
        return None if self.parse(ScalarNode("plain", padded), padded) is UNREAD else padded

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string", "pattern": f"^{self._form.pattern}".replace(r"\Z", "$")}

    def written(self, value: Moment) -> str:
        """As an author writes it."""
        return f"{value.day} " * (value.day is not None) + clock_text(value.of_day_us)


class Start(When):
    """A date and time."""

    expected = "a date and time such as 2026-01-05 06:00"
    stand_in = Moment(0, date(1970, 1, 1))
    _form = _DATED


class Offset(ScalarKind):
    """The distance of a zone from UTC in seconds."""

    expected = "an offset from UTC such as +01:00"
    stand_in = 0

    def parse(self, node: ScalarNode, value: Scalar) -> Any:  # noqa: ANN401
        """Seconds east of UTC."""
        match = _OFFSET.match(node.value) if isinstance(value, str) else None
        if match is None:
            return UNREAD
        seconds = int(match[2]) * 3600 + int(match[3]) * 60
        return -seconds if match[1] == "-" else seconds

    def schema(self, definitions: dict[str, Json]) -> Json:  # noqa: ARG002
        """A string."""
        return {"type": "string", "pattern": "^" + _OFFSET.pattern.replace(r"\Z", "$")}

    def written(self, value: int) -> str:
        """As an author writes it."""
        minutes = abs(value) // 60
        return f"{'-' if value < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


class Calendar:
    """Turns moments into instants: days begin at midnight in the site's zone, without a date it is the first day."""

    def __init__(self, start: Moment, *, utc_offset_s: int) -> None:
        assert start.day is not None, "a start has a date"
        self._first_day = start.day
        self._offset_us = utc_offset_s * US_PER_S
        self.start_us = self.us(start)

    def us(self, moment: Moment) -> int:
        """Microseconds since the Unix epoch."""
        midnight_us = parse_time(f"{moment.day or self._first_day}T00:00:00.000000Z")
        return midnight_us + moment.of_day_us - self._offset_us

    def text(self, us: int) -> str:
        """The instant as it is written in a scenario: with its date if it is of another day than the start.

        >>> calendar = Calendar(Moment(6 * 3_600_000_000, date(2026, 1, 5)), utc_offset_s=3600)
        >>> calendar.text(calendar.start_us), calendar.text(calendar.start_us + 86_400_000_000)
        ('06:00', '2026-01-06 06:00')
        """
        local = format_time(us + self._offset_us)
        day = local[:10]
        of_day_us = (us + self._offset_us) % _DAY_US
        return f"{day} " * (day != str(self._first_day)) + clock_text(of_day_us)


def clock_text(of_day_us: int) -> str:
    """A time of day, as short as it can be said: 07:41, 07:41:10, 07:41:10.25.

    >>> clock_text(27_670_250_000)
    '07:41:10.25'
    """
    seconds, fraction = divmod(of_day_us, US_PER_S)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    if seconds % 60 or fraction:
        text += f":{seconds % 60:02d}"
    return text + f".{fraction:06d}".rstrip("0") * (fraction > 0)
