"""What a file's values refer to: instants on the day's calendar, and the ids of what the file itself declares."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.language.kinds import NAMES_LISTED_MAX, Spot, near
from scenarios.language.sections import At
from scenarios.language.times import Calendar, Moment
from twin.clock import US_PER_S

_DAY_US = 86_400 * US_PER_S
_ID_LIKENESS = 0.8
"""Ids of one kind are alike: t-2 is not what t-3 was meant to be, t-1043 may be what t-1034 was."""


class Times:
    """Moments as instants. Without a calendar (the start could not be read) nothing is judged, and instants are 0."""

    def __init__(self, calendar: Calendar | None, *, until: Moment | None, until_at: At, longest_us: int) -> None:
        self._calendar = calendar
        self.start_us = calendar.start_us if calendar else 0
        self.until_us = self.start_us + longest_us
        end_us = self.us(until_at, "until", until)
        if end_us == self.start_us and calendar is not None:
            until_at.blame("until", f"a time after the start, {self.text(self.start_us)}")
        elif end_us is not None:
            self.until_us = end_us

    def us(self, at: At, key: str, moment: Moment | None, *, within_day: bool = False) -> int | None:
        """The instant of a key's moment, None if it has none or was blamed.

        It is blamed if it is before the start, or with `within_day` if it is not before the end.
        """
        if moment is None or self._calendar is None or not at.is_sound(key):
            return None
        us = self._calendar.us(moment)
        if us < self.start_us:
            later = "" if moment.day else "; another day is written as 2026-01-06 07:41"
            at.blame(key, f"a time at or after the start, {self.text(self.start_us)}{later}")
            return None
        if within_day and us >= self.until_us:
            at.blame(key, f"a time before the end of the day, {self.text(self.until_us)}")
            return None
        return us

    def on_duty_us(self, at: At, key: str, moment: Moment) -> int | None:
        """The instant of a key's moment, which may lie before the start; None if it was blamed or cannot be known."""
        if self._calendar is None or not at.is_sound(key):
            return None
        us = self._calendar.us(moment)
        if us >= self.until_us:
            at.blame(key, f"a time before the end of the day, {self.text(self.until_us)}")
            return None
        return us

    def next_us(self, at: At, key: str, moment: Moment, *, from_us: int) -> int | None:
        """The instant of a key's moment; without a date, the first such time at or after `from_us`."""
        if self._calendar is None or not at.is_sound(key):
            return None
        us = self._calendar.us(moment)
        return us if moment.day else us + -((us - from_us) // _DAY_US) * _DAY_US

    def text(self, us: int) -> str:
        """The instant as an author writes it."""
        return self._calendar.text(us) if self._calendar else "not known"


class Known:
    """The ids of one kind of thing that the file declares; where declarations have mistakes, any id is trusted."""

    def __init__(self, what: str, *, is_sound: bool = True) -> None:
        self.what = what
        self.lines: dict[str, int] = {}
        self._is_sound = is_sound

    def declare(self, at: At, name: str, *, key: str = "id") -> None:
        """Add an id; blame it if there is one like it already."""
        if not at.is_sound(key):
            self._is_sound = False
        elif name in self.lines:
            at.blame(key, f"an id of its own; line {self.lines[name]} has this one", got=f'"{name}" again')
        else:
            self.lines[name] = at.line_of(key)

    def check(self, spot: Spot, name: str, *, also: Iterable[str] = ()) -> None:
        """Blame a name that nothing has."""
        if name not in self.lines and name not in also and self._is_sound:
            names = [*self.lines, *also]
            listed = ", ".join(names) if len(names) <= NAMES_LISTED_MAX else f"one of {len(names):,} {self.what}s"
            expected = f"a {self.what} of this scenario: {listed}" if names else f"no {self.what}: there is none"
            spot.blame(expected, suggestion=near(name, names, likeness=_ID_LIKENESS))
