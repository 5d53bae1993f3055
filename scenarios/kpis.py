"""Every KPI, defined once: name, unit, formula in words, function. A test holds `docs/kpis.md` to the same.

Computed from messages alone, so that a live dock has the same KPIs. A KPI without a denominator is None, never 0.
Percentiles are of the single spans, never averaged, with linear interpolation between neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import floor
from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.tally import Tally, tally_of
from scenarios.tolerance import EXACT, Tolerance
from scenarios.window import WHOLE_DAY, Window

if TYPE_CHECKING:
    from scenarios.model import Measure
    from twin.participant import Delivery

_US_PER_MIN = 60_000_000
_US_PER_H = 3_600_000_000
PEOPLE = frozenset({"remote", "floor"})

_SHARE = Tolerance(absolute=0.01)
_RATE_OR_SPAN = Tolerance(relative=0.02)
TOLERANCES: dict[str, Tolerance] = {
    "cases": EXACT,
    "trailers": EXACT,
    "exceptions": EXACT,
    "1": _SHARE,
    "cases/h": _RATE_OR_SPAN,
    "answers/trailer": _RATE_OR_SPAN,
    "messages/pick": _RATE_OR_SPAN,
    "h": _RATE_OR_SPAN,
    "min": _RATE_OR_SPAN,
    "s": _RATE_OR_SPAN,
    "currency": _RATE_OR_SPAN,
}
"""By unit, how far a KPI may be from its baseline before a person is asked.

A run is deterministic: whatever changes, something was changed. What happened is a story of whole numbers, and another
number is another story: counts are exact. How long it took moves a little with every honest change (a message more, a
latency less), and far with a mistake: 2 % of the value, or of a share a hundredth of the whole. A baseline may say
otherwise, KPI by KPI.
"""


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

    @property
    def tolerance(self) -> Tolerance:
        """How far it may be from its baseline, where that does not say otherwise."""
        return TOLERANCES[self.unit]


KPIS: tuple[Kpi, ...] = (
    Kpi(
        name="cases_per_robot_hour_net",
        unit="cases/h",
        words="cases per robot hour, net",
        formula="cases placed / time robots worked: unload.started to unload.finished, robot.removed or its next start",
        value=lambda w: _ratio(w.placed(), w.robot_us() / _US_PER_H),
        none_when="no robot worked",
    ),
    Kpi(
        name="cases_per_hour",
        unit="cases/h",
        words="cases per hour, all doors",
        formula="cases placed / time from the first to the last work in a trailer",
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
        name="robot_stopped_min",
        unit="min",
        words="time robots were stopped",
        formula="time in EMERGENCY_STOP, PROTECTIVE_STOP or PAUSED by robot.state, summed over robots",
        value=lambda w: w.stopped_us() / _US_PER_MIN,
    ),
    Kpi(
        name="conveyor_blocked_share",
        unit="1",
        words="share of work with the belt blocked",
        formula="while a robot works at its door: conveyor.blocked to unblocked / all time; over all conveyors",
        value=lambda w: _ratio(w.blocked_us(), w.conveyors_us()),
        none_when="no robot worked at a belt",
    ),
    Kpi(
        name="conveyor_starved_share",
        unit="1",
        words="share of work with the belt empty",
        formula="while a robot works at its door: no case placed and not inducted / all time; over all conveyors",
        value=lambda w: _ratio(w.starved_us(), w.conveyors_us()),
        none_when="no robot worked at a belt",
    ),
    Kpi(
        name="sorter_load",
        unit="1",
        words="load of the sorter",
        formula="cases inducted / (rate_per_h of sorter.state * time from the first to the last work in a trailer)",
        value=lambda w: _ratio(w.inducted(), w.sorter_rate_per_h() * w.working_span_us() / _US_PER_H),
        none_when="no sorter, or no robot worked",
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
        name="cases_over",
        unit="cases",
        words="cases over, on receipts",
        formula="sum of `over` of the lines of every receipt.closed",
        value=lambda w: w.on_receipts("over"),
        none_when="no receipt closed",
    ),
    Kpi(
        name="cases_unidentified",
        unit="cases",
        words="cases unidentified, on receipts",
        formula="sum of `unidentified` of every receipt.closed, once a receipt",
        value=lambda w: w.on_receipts("unidentified"),
        none_when="no receipt closed",
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
        name="detention_h",
        unit="h",
        words="detention",
        formula="time from due_at (from trailer.arrived, if that is later) to trailer.released, summed over trailers",
        value=lambda w: sum(us for us, _ in w.detentions_us()) / _US_PER_H,
    ),
    Kpi(
        name="detention_cost",
        unit="currency",
        words="cost of detention",
        formula="detention of each trailer * its detention_per_h, in the currency of the site; summed",
        value=lambda w: sum(us * per_h for us, per_h in w.detentions_us()) / _US_PER_H,
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
        name="answer_median_s",
        unit="s",
        words="time to an answer by people, median",
        formula="50th percentile of the first intervention.answered - intervention.requested",
        value=lambda w: _scaled(percentile(w.answers_us(), 0.5), 1_000_000),
        none_when="nobody answered",
    ),
    Kpi(
        name="remote_utilisation",
        unit="1",
        words="share of duty busy, remote operators",
        formula="intervention.taken to answered, handed_back or resolved / people_on_duty of operator.state * time",
        value=lambda w: _ratio(w.care_us("remote"), w.duty_us("remote")),
        none_when="no remote operator on duty",
    ),
    Kpi(
        name="floor_utilisation",
        unit="1",
        words="share of duty busy, floor staff",
        formula="the same of floor staff; their way to the door is included",
        value=lambda w: _ratio(w.care_us("floor"), w.duty_us("floor")),
        none_when="no floor staff on duty",
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


def compute(deliveries: Sequence[Delivery], measure: Measure = WHOLE_DAY) -> dict[str, float | None]:
    """Every KPI of a log, within `measure`."""
    return kpis_of(tally_of(deliveries), measure)


def table_markdown() -> str:
    """The table of `docs/kpis.md`."""
    rows = [
        f"| `{k.name}` | {k.words} | {k.unit} | {k.formula} | {k.none_when or 'never'} | {k.tolerance} |" for k in KPIS
    ]
    head = ["| name | in words | unit | formula | null when | tolerance |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])
