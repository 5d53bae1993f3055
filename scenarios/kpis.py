"""Every KPI, defined once: name, unit, formula in words, function. A test holds `docs/kpis.md` to the same.

Computed from messages alone, so that a live dock has the same KPIs. A KPI without a denominator is None, never 0.
Percentiles are of the single spans, never averaged, with linear interpolation between neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import floor
from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.model import Measure
from scenarios.tally import RobotMark, Tally, tally_of

if TYPE_CHECKING:
    from twin.participant import Delivery

_US_PER_MIN = 60_000_000
_US_PER_H = 3_600_000_000
WHOLE_DAY = Measure()
PEOPLE = frozenset({"remote", "floor"})


class Window:
    """The tally within `measure`: [from_us, until_us), bounded by the first and the last message of the log."""

    def __init__(self, tally: Tally, measure: Measure = WHOLE_DAY) -> None:
        self.tally = tally
        first_us = min(tally.bus_us, default=0)
        past_last_us = max(tally.bus_us, default=-1) + 1
        self.from_us = first_us if measure.from_us is None else measure.from_us
        self.until_us = past_last_us if measure.until_us is None else min(measure.until_us, past_last_us)
        self.trailers = list(tally.trailers.values())
        self.exceptions = [e for e in tally.exceptions.values() if self.holds(e.raised_us)]

    def holds(self, at_us: int | None) -> bool:
        """Whether the instant lies within it."""
        return at_us is not None and self.from_us <= at_us < self.until_us

    def count(self, instants_us: Iterable[int | None]) -> int:
        """How many of these lie within it."""
        return sum(self.holds(at_us) for at_us in instants_us)

    def placed(self) -> int:
        """Cases placed, one by one or counted at the end of an unload."""
        counted = sum(cases for at_us, _, cases in self.tally.counted if self.holds(at_us))
        return self.count(self.tally.placed_us.values()) + counted

    def outcomes(self, outcome: str) -> int:
        """Cases whose last word within the day is `outcome`, said within the window."""
        return sum(o.outcome == outcome and self.holds(o.at_us) for o in self.tally.outcomes.values())

    def robot_us(self) -> int:
        """Time robots worked in trailers, summed over robots, clipped to the window."""
        return sum(self._clipped_us(marks) for marks in self.tally.robot_marks.values())

    def working_span_us(self) -> int:
        """From the first begin of work in a trailer to the last end of one, clipped to the window."""
        marks = [mark for marks in self.tally.robot_marks.values() for mark in marks]
        if not marks:
            return 0
        is_working = any(len(spans) and spans[-1][1] is None for spans in map(_spans, self.tally.robot_marks.values()))
        end_us = self.until_us if is_working else max(mark.at_us for mark in marks)
        return max(0, min(end_us, self.until_us) - max(min(mark.at_us for mark in marks), self.from_us))

    def turnarounds_us(self) -> list[int]:
        """Arrived to departed, of the trailers that departed within the window."""
        return [
            t.departed_us - t.arrived_us
            for t in self.trailers
            if t.departed_us is not None and t.arrived_us is not None and self.holds(t.departed_us)
        ]

    def waits_us(self) -> list[int]:
        """Arrived to docked, of the trailers that docked within the window."""
        return [
            t.docked_us - t.arrived_us
            for t in self.trailers
            if t.docked_us is not None and t.arrived_us is not None and self.holds(t.docked_us)
        ]

    def late(self) -> int:
        """Trailers whose free time ended within the window and before they departed."""
        return sum(
            self.holds(t.due_us) and t.due_us is not None and (t.departed_us is None or t.departed_us > t.due_us)
            for t in self.trailers
        )

    def short(self) -> int | None:
        """Announced and not accounted for, of the trailers that departed within the window."""
        gone = {name: t for name, t in self.tally.trailers.items() if self.holds(t.departed_us)}
        if not gone:
            return None
        known = dict.fromkeys(gone, 0)
        for trailer_id, _ in self.tally.outcomes:
            if trailer_id in known:
                known[trailer_id] += 1
        for _, trailer_id, cases in self.tally.counted:
            if trailer_id in known:
                known[trailer_id] += cases
        return sum(max(0, t.announced_cases - known[name]) for name, t in gone.items())

    def resolutions_us(self, exception_type: str | None = None) -> list[int]:
        """Raised to resolved, of the exceptions raised within the window (and resolved), of one type or of all."""
        return [
            e.resolved_us - e.raised_us
            for e in self.exceptions
            if e.resolved_us is not None and e.raised_us is not None and exception_type in {None, e.exception_type}
        ]

    def _clipped_us(self, marks: Iterable[RobotMark]) -> int:
        return sum(
            max(0, min(self.until_us if end is None else end, self.until_us) - max(begin, self.from_us))
            for begin, end in _spans(marks)
        )


def _spans(marks: Iterable[RobotMark]) -> list[tuple[int, int | None]]:
    """Begin and end of each stay of one robot; an end of None: it is there still."""
    spans: list[tuple[int, int | None]] = []
    for mark in sorted(marks):
        if mark.begins:
            spans.append((mark.at_us, None))
        elif spans and spans[-1][1] is None:
            spans[-1] = (spans[-1][0], mark.at_us)
    return spans


def percentile(values: Sequence[float], q: float) -> float | None:
    """The `q` quantile (0 to 1), with linear interpolation between neighbours; None of no values.

    >>> percentile([10, 20, 30, 40], 0.5), percentile([10, 20], 0.9), percentile([], 0.5)
    (25.0, 19.0, None)
    """
    if not values:
        return None
    ordered = sorted(values)
    position = (len(ordered) - 1) * q
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def _scaled(value: float | None, unit_us: int) -> float | None:
    return None if value is None else value / unit_us


def _mean(values: Sequence[float]) -> float | None:
    return _ratio(sum(values), len(values))


class Kpi(Struct, frozen=True, kw_only=True):
    """One KPI. `words`: its name in a table; `formula`: to compute it by hand; `none_when`: why it is None."""

    name: str
    unit: str
    words: str
    formula: str
    value: Callable[[Window], float | None]
    none_when: str = ""


KPIS: tuple[Kpi, ...] = (
    Kpi(
        name="cases_per_robot_hour_net",
        unit="cases/h",
        words="cases per robot hour, net",
        formula="cases placed / time robots worked: unload.started to unload.finished, of a dead one to robot.removed",
        value=lambda w: _ratio(w.placed(), w.robot_us() / _US_PER_H),
        none_when="no robot worked",
    ),
    Kpi(
        name="cases_per_hour",
        unit="cases/h",
        words="cases per hour, all doors",
        formula="cases placed / time from the first unload.started to the last unload.finished or robot.removed",
        value=lambda w: _ratio(w.placed(), w.working_span_us() / _US_PER_H),
        none_when="no robot worked",
    ),
    Kpi(
        name="robot_utilisation",
        unit="1",
        words="share of robot time spent in trailers",
        formula="time robots worked / (robots that announced themselves * length of the day or of measure)",
        value=lambda w: _ratio(w.robot_us(), len(w.tally.robots) * max(0, w.until_us - w.from_us)),
        none_when="no robot announced itself",
    ),
    Kpi(
        name="cases_announced",
        unit="cases",
        words="cases announced",
        formula="sum of the cases of the trailer.announced of every trailer that arrived",
        value=lambda w: sum(t.announced_cases for t in w.trailers if w.holds(t.arrived_us)),
    ),
    Kpi(
        name="cases_received",
        unit="cases",
        words="cases received",
        formula="cases that reached induction (case.identified, case.unreadable) or were counted by unload.finished",
        value=lambda w: w.outcomes("received") + sum(n for at_us, _, n in w.tally.counted if w.holds(at_us)),
    ),
    Kpi(
        name="cases_manual",
        unit="cases",
        words="cases carried out by people",
        formula="cases whose last word is case.recovered with the disposition manual",
        value=lambda w: w.outcomes("manual"),
    ),
    Kpi(
        name="cases_damaged",
        unit="cases",
        words="cases damaged",
        formula="cases whose last word is case.damaged, or case.recovered with the disposition damaged",
        value=lambda w: w.outcomes("damaged"),
    ),
    Kpi(
        name="cases_refused",
        unit="cases",
        words="cases refused",
        formula="cases whose last word is case.refused, or case.recovered with the disposition refused",
        value=lambda w: w.outcomes("refused"),
    ),
    Kpi(
        name="cases_short",
        unit="cases",
        words="cases short",
        formula="of each departed trailer: announced - received - manual - damaged - refused, at least 0; summed",
        value=lambda w: w.short(),
        none_when="no trailer departed",
    ),
    Kpi(
        name="turnaround_min_p50",
        unit="min",
        words="turn-around, median",
        formula="50th percentile of trailer.departed - trailer.arrived",
        value=lambda w: _scaled(percentile(w.turnarounds_us(), 0.5), _US_PER_MIN),
        none_when="no trailer departed",
    ),
    Kpi(
        name="turnaround_min_p90",
        unit="min",
        words="turn-around, 90th percentile",
        formula="90th percentile of trailer.departed - trailer.arrived",
        value=lambda w: _scaled(percentile(w.turnarounds_us(), 0.9), _US_PER_MIN),
        none_when="no trailer departed",
    ),
    Kpi(
        name="wait_min_mean",
        unit="min",
        words="wait for a door, mean",
        formula="mean of trailer.docked - trailer.arrived",
        value=lambda w: _scaled(_mean(w.waits_us()), _US_PER_MIN),
        none_when="no trailer docked",
    ),
    Kpi(
        name="trailers_departed",
        unit="trailers",
        words="trailers departed",
        formula="number of trailers with trailer.departed",
        value=lambda w: w.count(t.departed_us for t in w.trailers),
    ),
    Kpi(
        name="trailers_late",
        unit="trailers",
        words="trailers late",
        formula="number of trailers whose due_at passed before they departed",
        value=lambda w: w.late(),
    ),
    Kpi(
        name="exceptions_raised",
        unit="exceptions",
        words="exceptions raised",
        formula="number of exception.raised",
        value=lambda w: len(w.exceptions),
    ),
    Kpi(
        name="exceptions_by_rule",
        unit="exceptions",
        words="exceptions resolved by rule",
        formula="number of those with exception.resolved by rule",
        value=lambda w: sum(e.by == "rule" for e in w.exceptions),
    ),
    Kpi(
        name="exceptions_by_people",
        unit="exceptions",
        words="exceptions resolved by people",
        formula="number of those with exception.resolved by remote or floor",
        value=lambda w: sum(e.by in PEOPLE for e in w.exceptions),
    ),
    Kpi(
        name="exception_median_s",
        unit="s",
        words="time to resolve an exception, median",
        formula="50th percentile of exception.resolved - exception.raised",
        value=lambda w: _scaled(percentile(w.resolutions_us(), 0.5), 1_000_000),
        none_when="no exception resolved",
    ),
    Kpi(
        name="recovery_min_max",
        unit="min",
        words="recovery of a lost robot, longest",
        formula="maximum of exception.resolved - exception.raised of the type robot_lost",
        value=lambda w: _scaled(max(w.resolutions_us("robot_lost"), default=None), _US_PER_MIN),
        none_when="no robot was lost and found",
    ),
    Kpi(
        name="answers_per_trailer",
        unit="answers/trailer",
        words="answers by people per trailer",
        formula="number of intervention.answered / trailers departed",
        value=lambda w: _ratio(w.count(w.tally.answered_us), w.count(t.departed_us for t in w.trailers)),
        none_when="no trailer departed",
    ),
    Kpi(
        name="messages_per_pick",
        unit="messages/pick",
        words="messages per pick",
        formula="messages on the bus, copies included / number of case.picked",
        value=lambda w: _ratio(w.count(w.tally.bus_us), w.count(w.tally.picked_us)),
        none_when="nothing was picked one by one",
    ),
)
"""In the order in which they are shown."""

BY_NAME: dict[str, Kpi] = {kpi.name: kpi for kpi in KPIS}


def kpis_of(tally: Tally, measure: Measure = WHOLE_DAY) -> dict[str, float | None]:
    """Every KPI by name; None where it has no denominator."""
    window = Window(tally, measure)
    return {kpi.name: kpi.value(window) for kpi in KPIS}


def compute(deliveries: Iterable[Delivery], measure: Measure = WHOLE_DAY) -> dict[str, float | None]:
    """Every KPI of a log, within `measure`."""
    return kpis_of(tally_of(deliveries), measure)


def table_markdown() -> str:
    """The table of `docs/kpis.md`."""
    rows = [f"| `{k.name}` | {k.words} | {k.unit} | {k.formula} | {k.none_when or 'never'} |" for k in KPIS]
    return "\n".join(["| name | in words | unit | formula | null when |", "|---|---|---|---|---|", *rows])
