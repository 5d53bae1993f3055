"""How things are written for people: counts, times of day, durations, figures with their unit, ids as on the dock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US_PER_S = 1_000_000
_DECIMALS = {"h": 2, "min": 1, "s": 0, "cases/h": 0, "answers/trailer": 2, "messages/pick": 2, "1": 2, "currency": 2}
_DECIMALS_MAX = 6
_SHOWN_UNITS = frozenset({"h", "min", "s"})
"""Units said beside the figure; the others stand in the expectation's name."""


def count(number: int) -> str:
    """A whole number with thousands separators.

    >>> count(4860)
    '4,860'
    """
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """A count and its noun.

    >>> plural(1, "door"), plural(6, "door"), plural(2, "person", "people")
    ('1 door', '6 doors', '2 people')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def time_of_day(at_us: int, utc_offset_s: int = 0) -> str:
    """The time of day at the site, cut to the second.

    >>> time_of_day(1_767_589_200_000_042, 3600)
    '06:00:00'
    """
    return (_EPOCH + timedelta(seconds=at_us // _US_PER_S + utc_offset_s)).strftime("%H:%M:%S")


def duration(span_us: int) -> str:
    """A span of time; the finer part goes where it no longer matters.

    >>> duration(400_000), duration(34_000_000), duration(182_000_000), duration(4_680_000_000)
    ('0.4 s', '34 s', '3 min 02 s', '1 h 18 min')
    """
    if abs(span_us) >= 3600 * _US_PER_S:
        hours, minutes = divmod(round(span_us / (60 * _US_PER_S)), 60)
        return f"{hours} h {minutes:02d} min"
    return full_duration(span_us)


def full_duration(span_us: int) -> str:
    """A span of time to the second.

    >>> full_duration(9_667_000_000)
    '2 h 41 min 07 s'
    """
    seconds = round(span_us / _US_PER_S)
    if abs(span_us) < 9_950_000:
        return f"{span_us / _US_PER_S:.1f} s" if span_us % _US_PER_S else f"{seconds} s"
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} min {seconds:02d} s"
    if not minutes:
        return f"{seconds} s"
    return f"{minutes} min {seconds:02d} s" if seconds else f"{minutes} min"


def figure(value: float, unit: str, *, beside: tuple[float, ...] = ()) -> str:
    """A figure with its unit, with as many decimals as it takes to tell it from the figures it stands `beside`.

    >>> figure(73.24, "min"), figure(648.2, "cases/h"), figure(0.362, "answers/trailer"), figure(12345, "cases")
    ('73.2 min', '648', '0.36', '12,345')
    >>> figure(579.9, "cases/h", beside=(580.0,))
    '579.9'
    """
    decimals = _DECIMALS.get(unit, 0)
    while decimals < _DECIMALS_MAX and any(
        other != value and f"{other:.{decimals}f}" == f"{value:.{decimals}f}" for other in beside
    ):
        decimals += 1
    text = f"{value:,.{decimals}f}"
    return f"{text} {unit}" if unit in _SHOWN_UNITS else text


def dock_id(entity: str) -> str:
    """An id as it is written on the dock.

    >>> dock_id("robot/r5"), dock_id("door/d6"), dock_id("conveyor/c4"), dock_id("operator/floor"), dock_id("t-1034")
    ('R5', 'door 6', 'conveyor 4', 'floor staff', 'T-1034')
    """
    kind, _, name = entity.rpartition("/")
    if kind in {"door", "conveyor", "sorter"}:
        numbered = re.fullmatch(r"[a-z]+-?0*(\d+)", name)
        return f"{kind} {numbered[1] if numbered else name}"
    if kind == "operator":
        return {"floor": "floor staff", "remote": "remote operator"}.get(name, name)
    if kind in {"yard", "backend"}:
        return f"the {kind}"
    return name.upper()


def case_id(track_id: str) -> str:
    """A track with its trailer as on the dock.

    >>> case_id("t-1034-c12")
    'T-1034-c12'
    """
    trailer, dash, number = track_id.rpartition("-c")
    return f"{trailer.upper()}{dash}{number}"
