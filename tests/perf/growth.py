"""The growth rows: what a pick or a message costs on a small and on a large dock, against the bare loop's own growth.

Small and large do the same work: the large dock unloads all its trailers at once, the small one the same trailers,
with the same cases in them, a door at a time in runs of their own. What is left is what size costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.perf.bare import bare_us_per_pick
from tests.perf.days import EQUIPMENT_STATE_PERIOD_US, steady_day
from tests.perf.inline import whole_run_us
from tests.perf.rows import Measured, measured
from tests.perf.stopwatch import in_turns
from twin.clock import US_PER_S
from twin.messages.case import CasePicked
from twin.messages.envelope import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.plan import DayPlan
    from tests.perf.days import Size

STATE_PERIOD_US = 10 * US_PER_S
_SCAN_AND_DOCK_US = 60 * US_PER_S
_A_CASE_US = 7 * US_PER_S
"""Bounds on how long a trailer of so many cases takes."""
_MESSAGES_DIFFER_MAX = 0.05
"""Share. What size itself may add: people and planners have more to choose from."""


class Work(NamedTuple):
    """What some days were made of."""

    picks: int
    messages: int
    states: int


class Days:
    """Runs some days one after the other; `work` is what was done in them, the same every time."""

    def __init__(self, days: Iterable[DayPlan]) -> None:
        self._days = list(days)
        self.work = Work(0, 0, 0)

    def __call__(self) -> float:
        """CPU microseconds of all days."""
        taken_us = 0.0
        picks = messages = states = 0
        for day in self._days:
            day_us, log = whole_run_us(day)
            taken_us += day_us
            messages += len(log.deliveries)
            for _, message in log.deliveries:
                picks += isinstance(message, CasePicked)
                states += isinstance(message, State)
        work = Work(picks, messages, states)
        assert self.work in (Work(0, 0, 0), work), "the same days are the same work"
        self.work = work
        return taken_us


def growth_rows(size: Size) -> dict[str, Measured]:
    """Both rows."""
    return {"growth_doors_1_to_200": _doors(size), "growth_robots_10_to_5000": _robots(size)}


def _lasts_us(trailers: int, cases: int) -> int:
    """Days of one length, so that who is idle says as much on the small dock as on the large one."""
    return trailers * (_SCAN_AND_DOCK_US + cases * _A_CASE_US)


def _small_dock_period_us(doors: int) -> int:
    """How often the equipment of a dock of one door speaks, so that so many of them say as much as a dock of so many.

    Every dock has a yard and people at the screens and on the floor; a door has itself and its conveyor.
    """
    everywhere, a_door = 3, 2
    return EQUIPMENT_STATE_PERIOD_US * doors * (everywhere + a_door) // (everywhere + doors * a_door)


def _doors(size: Size) -> Measured:
    doors, trailers, cases = size.many_doors, size.growth_trailers, size.growth_cases
    lasts_us = _lasts_us(trailers, cases)
    many = Days([steady_day(trailers=list(range(doors * trailers)), doors=doors, cases=cases, lasts_us=lasts_us)])
    one = Days(
        steady_day(
            trailers=list(range(door * trailers, (door + 1) * trailers)),
            doors=1,
            cases=cases,
            equipment_state_period_us=_small_dock_period_us(doors),
            lasts_us=lasts_us,
        )
        for door in range(doors)
    )
    us = in_turns(
        {
            "one": one,
            "many": many,
            "bare one": lambda: bare_us_per_pick(processes=1, picks=size.bare_picks),
            "bare many": lambda: bare_us_per_pick(processes=doors, picks=size.bare_picks),
        },
        repeats=size.growth_repeats,
    )
    assert one.work.picks == many.work.picks, "the same trailers, the same cases: the same picks"
    assert abs(many.work.messages / one.work.messages - 1.0) < _MESSAGES_DIFFER_MAX, "as many messages are said of them"
    ours = (us["many"] / many.work.picks) / (us["one"] / one.work.picks)
    bare = us["bare many"] / us["bare one"]
    return measured(
        "growth_doors_1_to_200",
        ours / bare,
        f"{us['one'] / one.work.picks:.1f} to {us['many'] / many.work.picks:.1f} us a pick is {ours:.2f}x, "
        f"bare {us['bare one']:.2f} to {us['bare many']:.2f} us is {bare:.2f}x; {many.work.picks:,} picks each",
    )


def _robots(size: Size) -> Measured:
    """Each door has one robot at work; the others only say how they are.

    A door of the large dock has `many_robots / many_doors` robots, one of the small dock fewer: they say so more often,
    so that states are as large a part of the messages. The equipment of the small docks says so less often.
    """
    doors, cases = size.many_doors, size.robots_cases
    lasts_us = _lasts_us(1, cases)
    period_us = STATE_PERIOD_US * size.few_robots * doors // size.many_robots
    many = Days(
        [
            steady_day(
                trailers=list(range(doors)),
                doors=doors,
                cases=cases,
                robots=size.many_robots,
                state_period_us=STATE_PERIOD_US,
                lasts_us=lasts_us,
            )
        ]
    )
    few = Days(
        steady_day(
            trailers=[door],
            doors=1,
            cases=cases,
            robots=size.few_robots,
            state_period_us=period_us,
            equipment_state_period_us=_small_dock_period_us(doors),
            lasts_us=lasts_us,
        )
        for door in range(doors)
    )
    us = in_turns(
        {
            "few": few,
            "many": many,
            "bare few": lambda: bare_us_per_pick(processes=size.few_robots, picks=size.bare_picks),
            "bare many": lambda: bare_us_per_pick(processes=size.many_robots, picks=size.bare_picks),
        },
        repeats=size.growth_repeats,
    )
    assert few.work.picks == many.work.picks, "the same trailers, the same cases: the same picks"
    shares = [work.states / work.messages for work in (few.work, many.work)]
    assert abs(shares[0] - shares[1]) < _MESSAGES_DIFFER_MAX, f"a message is as often a state: {shares}"
    ours = (us["many"] / many.work.messages) / (us["few"] / few.work.messages)
    bare = us["bare many"] / us["bare few"]
    return measured(
        "growth_robots_10_to_5000",
        ours / bare,
        f"{us['few'] / few.work.messages:.1f} to {us['many'] / many.work.messages:.1f} us a message is {ours:.2f}x, "
        f"bare {us['bare few']:.2f} to {us['bare many']:.2f} us is {bare:.2f}x; "
        f"{many.work.messages:,} messages, {shares[1]:.0%} of them states",
    )
