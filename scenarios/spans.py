"""Spans of time and what held during them: the arithmetic of the KPIs that are shares of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FROM_ELSEWHERE = 2**62
"""The boot (and seq) of a mark that somebody else has made: its instant alone says where it belongs."""

Span = tuple[int, int]
"""Begin and end in microseconds, the end not included."""


class Mark(NamedTuple):
    """From `at_us` on this value holds; `boot` and `seq` are its producer's numbers."""

    at_us: int
    boot: int
    seq: int
    value: Any


class Stretch(NamedTuple):
    """The value held from `from_us` to `until_us`; None: it holds still."""

    from_us: int
    until_us: int | None
    value: Any


def stretches(marks: Iterable[Mark]) -> list[Stretch]:
    """What held when, one stretch a value; what is said again changes nothing.

    Within a boot marks follow each other as their producer numbered them: none holds before the one it follows.

    >>> stretches([Mark(9, 1, 3, None), Mark(2, 1, 1, "d1"), Mark(5, 1, 2, "d1")])
    [Stretch(from_us=2, until_us=9, value='d1'), Stretch(from_us=9, until_us=None, value=None)]
    >>> stretches([Mark(5, 1, 1, "d1"), Mark(3, 1, 2, None)])
    [Stretch(from_us=5, until_us=5, value='d1'), Stretch(from_us=5, until_us=None, value=None)]
    """
    found: list[Stretch] = []
    for mark in _in_order(marks):
        if found and found[-1].value == mark.value:
            continue
        if found:
            found[-1] = found[-1]._replace(until_us=mark.at_us)
        found.append(Stretch(mark.at_us, None, mark.value))
    return found


def _in_order(marks: Iterable[Mark]) -> list[Mark]:
    ordered: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark[1:3]):
        is_before = ordered and mark.boot == ordered[-1].boot != FROM_ELSEWHERE and mark.at_us < ordered[-1].at_us
        ordered.append(mark._replace(at_us=ordered[-1].at_us) if is_before else mark)
    return sorted(ordered, key=lambda mark: mark[:3])


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that are apart, in order.

    >>> union([(5, 8), (6, 7), (0, 3), (3, 4), (9, 9)])
    [(0, 4), (5, 8)]
    """
    apart: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if apart and begin <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(apart[-1][1], end))
        else:
            apart.append((begin, end))
    return apart


def overlap(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """The time that lies in both; each as `union` gives it.

    >>> overlap([(0, 4), (6, 9)], [(2, 7)])
    [(2, 4), (6, 7)]
    """
    common: list[Span] = []
    n = 0
    for begin, end in some:
        while n < len(others) and others[n][1] <= begin:
            n += 1
        for other_begin, other_end in others[n:]:
            if other_begin >= end:
                break
            common.append((max(begin, other_begin), min(end, other_end)))
    return common


def total_us(spans: Iterable[Span]) -> int:
    """How long they are together.

    >>> total_us([(0, 4), (6, 9)])
    7
    """
    return sum(end - begin for begin, end in spans)
