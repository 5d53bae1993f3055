"""Times and durations of a document, as microseconds and back."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from yaml.nodes import ScalarNode

from scenarios.language.kinds import UNREAD, Duration
from scenarios.language.times import Calendar, Moment, When
from twin.clock import US_PER_S, format_time

if TYPE_CHECKING:
    from scenarios.model import Scenario

_DAY_US = 86_400 * US_PER_S


class DayClock(Struct, frozen=True, kw_only=True):
    """The calendar of one scenario."""

    start_us: int
    utc_offset_s: int

    def text(self, at_us: int) -> str:
        """The instant as a scenario says it."""
        return self._calendar().text(at_us)

    def us(self, text: str) -> int:
        """The instant that a sound scenario says."""
        moment = When().parse(ScalarNode("plain", text), text)
        assert isinstance(moment, Moment)
        return self._calendar().us(moment)

    def _calendar(self) -> Calendar:
        local_us = self.start_us + self.utc_offset_s * US_PER_S
        first = Moment(local_us % _DAY_US, date.fromisoformat(format_time(local_us)[:10]))
        return Calendar(first, utc_offset_s=self.utc_offset_s)


def clock_of(scenario: Scenario) -> DayClock:
    """The calendar of a scenario."""
    return DayClock(start_us=scenario.day.start_us, utc_offset_s=scenario.utc_offset_s)


def span_us(value: Any) -> int:  # noqa: ANN401 - a value of a sound file: text, or 0
    """The duration that a sound scenario says."""
    parsed = Duration().parse(ScalarNode("plain", str(value)), value)
    assert parsed is not UNREAD
    return int(parsed)
