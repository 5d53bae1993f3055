"""Checks: each expectation of a scenario, met or not, by how much, and where it broke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from scenarios import kpis
from scenarios.evidence import Failure, Log
from scenarios.gauges import readings
from scenarios.model import (
    Always,
    Each,
    Eventually,
    EveryCase,
    EveryTrailer,
    Expectation,
    KpiBound,
    MessagePattern,
    Never,
    ReceiptCounts,
    Scenario,
    loses_events,
)
from scenarios.receipts import receipts_of, wrong_receipts
from scenarios.report.conditions import bounds_text, deadline_text, pattern_text
from scenarios.report.words import count, dock_id, duration, figure, time_of_day
from scenarios.results import ExpectationResult, not_asked
from scenarios.tally import Tally, tally_of
from scenarios.window import Window
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sim.truth import Truth
    from twin.participant import Delivery

_OF_TRAILERS = frozenset({"turnaround_min_p50", "turnaround_min_p90", "trailers_late"})
"""KPIs for which the trailer that took longest is the evidence."""
_US_PER_DAY = 86_400 * US_PER_S
_NAMED_MAX = 3
"""Things of one kind that a failure names one by one."""


class RunFacts(Protocol):
    """What is judged: the log and the truth of a run."""

    @property
    def deliveries(self) -> list[Delivery]:
        """The log in canonical order."""

    @property
    def truth(self) -> Truth:
        """What really was."""

    @property
    def end_us(self) -> int:
        """When the run ended."""


class Judge:
    """Judges the expectations of one scenario by one run; folds the log once for all."""

    def __init__(self, scenario: Scenario, facts: RunFacts) -> None:
        self._scenario = scenario
        self._facts = facts
        self._log = Log(facts.deliveries)
        self._tally: Tally = tally_of(facts.deliveries)
        self.kpis = kpis.kpis_of(self._tally, scenario.measure)
        self._is_lossy = loses_events(scenario.day)
        self._by_condition: dict[type[Struct], Callable[[Expectation, Any], ExpectationResult]] = {
            Eventually: self._eventually,
            Each: self._each,
            Never: self._never,
            Always: self._always,
            EveryTrailer: self._every_trailer,
            EveryCase: self._every_case,
            KpiBound: self._kpi,
            ReceiptCounts: self._receipt,
        }

    @property
    def tally(self) -> Tally:
        """What the messages say happened."""
        return self._tally

    def results(self) -> tuple[ExpectationResult, ...]:
        """One result an expectation, in the order of the file."""
        return tuple(self.result(expectation) for expectation in self._scenario.expectations)

    def result(self, expectation: Expectation) -> ExpectationResult:
        """What became of this expectation."""
        if expectation.asked_in and self._scenario.day.fidelity not in expectation.asked_in:
            return not_asked(expectation)
        return self._by_condition[type(expectation.condition)](expectation, expectation.condition)

    # -- messages ------------------------------------------------------------------------------------------------------

    def _eventually(self, expectation: Expectation, condition: Eventually) -> ExpectationResult:
        least, time = condition.at_least, self._time
        after = self._log.matches(condition.after)[:1] if condition.after is not None else []
        wanted = (
            pattern_text(condition.message) if least == 1 else f"{count(least)} times {pattern_text(condition.message)}"
        )
        if condition.after is not None and not after:
            before = pattern_text(condition.after)
            failure = Failure(expected=f"{wanted} after {before}", got=f"no {before}")
            return self._unmet(expectation, "after it", "never began", failure)
        begin_us = after[0].at_us if after else self._scenario.day.start_us
        found = [
            d for d in self._log.matches(condition.message) if not after or (d.at_us >= begin_us and d is not after[0])
        ]
        deadlines = [] if condition.by_us is None else [condition.by_us]
        if after and condition.within_us is not None:
            deadlines.append(begin_us + condition.within_us)
        deadline_us = min(deadlines, default=None)
        is_span = bool(after) and condition.within_us is not None
        expected = deadline_text(least, deadline_us, begin_us if is_span else None, time)
        if deadline_us is not None:
            wanted += f", at the latest at {time(deadline_us)}"
        if len(found) < least:
            failure = self._failure(wanted, f"{count(len(found))} by the end of the run", after[0] if after else None)
            return self._unmet(expectation, expected, count(len(found)), failure)
        if deadline_us is None:
            return self._met(expectation, expected, count(len(found)))
        decisive = found[least - 1]
        got = duration(decisive.at_us - begin_us) if is_span else time(decisive.at_us)
        spare_us = deadline_us - decisive.at_us
        if spare_us < 0:
            failure = self._failure(wanted, f"{time(decisive.at_us)}, {duration(-spare_us)} late", decisive)
            return self._unmet(expectation, expected, got, failure)
        return self._met(expectation, expected, got, duration(spare_us), _share(spare_us, deadline_us - begin_us))

    def _each(self, expectation: Expectation, condition: Each) -> ExpectationResult:
        within_us, least = condition.within_us, condition.at_least
        expected = f"each in {duration(within_us)}"
        wanted = f"{pattern_text(condition.leads_to)} in {duration(within_us)}"
        begun = [d for d in self._log.matches(condition.message) if d.at_us + within_us <= self._facts.end_us]
        if len(begun) < least:
            failure = Failure(expected=f">= {count(least)} {pattern_text(condition.message)}", got=count(len(begun)))
            return self._unmet(expectation, expected, f"{count(len(begun))} of them", failure)
        longest_us = 0
        for delivery in begun:
            follower = self._log.follower(delivery, condition.leads_to, same=condition.same)
            took_us = None if follower is None else follower.at_us - delivery.at_us
            if took_us is None or took_us > within_us:
                got = "none by the end of the run" if took_us is None else f"the next after {duration(took_us)}"
                return self._unmet(expectation, expected, got, self._failure(wanted, got, delivery))
            longest_us = max(longest_us, took_us)
        share = _share(within_us - longest_us, within_us)
        return self._met(expectation, expected, duration(longest_us), duration(within_us - longest_us), share)

    def _never(self, expectation: Expectation, condition: Never) -> ExpectationResult:
        after_us = condition.after_us
        found = [d for d in self._log.matches(condition.message) if after_us is None or d.at_us >= after_us]
        if not found:
            return self._met(expectation, "0", "0")
        got = f"{count(len(found))}, the first at {self._time(found[0].at_us)}"
        failure = self._failure(f"no {pattern_text(condition.message)}", got, found[0])
        return self._unmet(expectation, "0", count(len(found)), failure)

    # -- gauges --------------------------------------------------------------------------------------------------------

    def _always(self, expectation: Expectation, condition: Always) -> ExpectationResult:
        words = condition.gauge.replace("_", " ")
        expected = bounds_text(None, condition.at_most, count)
        highest = 0
        broken: Delivery | None = None
        value_broken = 0
        for delivery, value in readings(self._log.by_id.values(), condition.gauge):
            highest = max(highest, value)
            if broken is None and value > condition.at_most:
                broken, value_broken = delivery, value
        if broken is None:
            spare = condition.at_most - highest
            return self._met(expectation, expected, count(highest), count(spare), _share(spare, condition.at_most))
        got = f"{count(value_broken)} at {self._time(broken.at_us)}, {count(highest)} at most"
        return self._unmet(
            expectation, expected, count(highest), self._failure(f"{words} {expected} at all times", got, broken)
        )

    # -- trailers and cases --------------------------------------------------------------------------------------------

    def _departures(self) -> list[tuple[str, int, int | None]]:
        """Trailer, end of its free time, departure as it was heard of, in the order of the plan.

        One whose word of it was lost for good has departed all the same: there the truth tells.
        """
        gone = {row.trailer_id: row.departed_us for row in self._facts.truth.trailers} if self._is_lossy else {}
        gone |= {name: it.departed_us for name, it in self._tally.trailers.items() if it.departed_us is not None}
        return [(t.trailer_id, t.due_us, gone.get(t.trailer_id)) for t in self._scenario.day.trailers]

    def _every_trailer(self, expectation: Expectation, condition: EveryTrailer) -> ExpectationResult:
        if condition.departed == "before_due":
            return self._every_trailer_before_due(expectation)
        return self._every_trailer_by(expectation, condition.by_us)

    def _every_trailer_by(self, expectation: Expectation, by_us: int | None) -> ExpectationResult:
        departures = self._departures()
        expected = "all" if by_us is None else f"by {self._time(by_us)}"
        gone = [at_us for _, _, at_us in departures if at_us is not None]
        missing = [(name, at_us) for name, _, at_us in departures if at_us is None or (by_us or at_us) < at_us]
        if missing:
            limit = "departed" if by_us is None else f"departed at or before {self._time(by_us)}"
            return self._trailers_unmet(expectation, expected, [(n, by_us, at) for n, at in missing], limit=limit)
        if not gone:
            return self._met(expectation, expected, "no trailer")
        last_us = max(gone)
        if by_us is None:
            return self._met(expectation, expected, self._time(last_us))
        share = _share(by_us - last_us, by_us - self._scenario.day.start_us)
        return self._met(expectation, expected, self._time(last_us), duration(by_us - last_us), share)

    def _every_trailer_before_due(self, expectation: Expectation) -> ExpectationResult:
        late = [(n, due, at) for n, due, at in self._departures() if at is None or at > due]
        if late:
            return self._trailers_unmet(expectation, "0", late, limit="")
        spares = [
            (due - at, _share(due - at, due - (self._tally.trailers[name].arrived_us or at)))
            for name, due, at in self._departures()
            if at is not None
        ]
        if not spares:
            return self._met(expectation, "0", "0")
        spare_us, share = min(spares, key=lambda spare: spare[0])
        return self._met(expectation, "0", "0", duration(spare_us), share)

    def _trailers_unmet(
        self, expectation: Expectation, expected: str, late: Sequence[tuple[str, int | None, int | None]], *, limit: str
    ) -> ExpectationResult:
        name, due_us, at_us = late[0]
        wanted = limit or f"departed at or before {self._time(due_us or 0)}"
        got = "not departed by the end of the run"
        if at_us is not None and due_us is not None:
            got = f"departed {self._time(at_us)}, {duration(at_us - due_us)} late"
        others = len(self._scenario.day.trailers) - len(late)
        more = [dock_id(other) for other, _, _ in late[1:]]
        note = "" if not others else "the other in time" if others == 1 else f"the other {count(others)} in time"
        if more:
            named = ", ".join(more[:_NAMED_MAX]) + (f" and {len(more) - _NAMED_MAX} more" if more[_NAMED_MAX:] else "")
            note = f"so are {named}; {count(others)} in time"
        delivery = self._departure(name) or self._log.last_about(name)
        failure = self._failure(f"{dock_id(name)} {wanted}", got, delivery, note)
        return self._unmet(expectation, expected, f"{count(len(late))} not", failure)

    def _departure(self, trailer_id: str) -> Delivery | None:
        found = self._log.matches(MessagePattern(type="trailer.departed.v1", where={"trailer_id": trailer_id}))
        return found[0] if found else None

    def _every_case(self, expectation: Expectation, condition: EveryCase) -> ExpectationResult:
        truth = self._facts.truth
        total = sum(row.cases for row in truth.trailers)
        expected = count(total)
        astray = [row for row in truth.cases if row.outcome not in condition.allowed]
        said = len(self._tally.accounted()) + sum(cases for _, _, cases in self._tally.counted)
        allowed = " or ".join(condition.allowed)
        if astray:
            places: dict[str, list[str]] = {}
            for row in astray:
                places.setdefault(row.outcome, []).append(row.case_id)
            got = "; ".join(
                f"{count(len(ids))} {outcome.replace('_', ' ')} ({', '.join(ids[:_NAMED_MAX])}"
                f"{', ...' if ids[_NAMED_MAX:] else ''})"
                for outcome, ids in sorted(places.items())
            )
            failure = self._failure(f"{expected} cases {allowed}", got, self._log.last_about(astray[0].trailer_id))
            return self._unmet(expectation, expected, count(total - len(astray)), failure)
        if said > total or (said < total and not self._is_lossy):
            got = f"the messages account for {count(said)}, the truth is {expected}"
            failure = Failure(expected=f"each of {expected} cases accounted for once", got=got)
            return self._unmet(expectation, expected, count(said), failure)
        for trailer_id, there, receipt in wrong_receipts(receipts_of(self._log), truth, may_lack=self._is_lossy):
            limit = f"{count(there)} cases on the receipt of {dock_id(trailer_id)}"
            failure = self._failure(limit, count(receipt.cases()), receipt.closed)
            return self._unmet(expectation, expected, count(said), failure)
        return self._met(expectation, expected, count(said))

    def _receipt(self, expectation: Expectation, condition: ReceiptCounts) -> ExpectationResult:
        trailer = dock_id(condition.trailer_id)
        bounds = {n: bounds_text(b.at_least, b.at_most, count) for n, b in condition.numbers.items()}
        expected = ", ".join(f"{name} {text}" for name, text in bounds.items())
        of = f"line {condition.line_id}" if condition.line_id is not None else condition.po_id
        wanted = f"receipt of {trailer}{f', {of}' if of is not None else ''}: {expected}"
        receipt = receipts_of(self._log).get(condition.trailer_id)
        if receipt is None:
            last = self._log.last_about(condition.trailer_id)
            failure = self._failure(wanted, "not closed by the end of the run", last)
            return self._unmet(expectation, expected, "-", failure)
        numbers = receipt.numbers(condition)
        if numbers is None:
            po_ids = ", ".join(sorted({line.po_id for line in receipt.lines}))
            note = f"its purchase orders: {po_ids}" if po_ids else "it has no lines"
            failure = self._failure(wanted, f"no {of} on it", receipt.closed, note)
            return self._unmet(expectation, expected, "-", failure)
        got = ", ".join(f"{name} {count(number)}" for name, number in numbers.items())
        if not all(condition.numbers[name].hold(number) for name, number in numbers.items()):
            return self._unmet(expectation, expected, got, self._failure(wanted, got, receipt.closed))
        return self._met(expectation, expected, got)

    # -- KPIs ----------------------------------------------------------------------------------------------------------

    def _kpi(self, expectation: Expectation, condition: KpiBound) -> ExpectationResult:
        kpi = kpis.BY_NAME[condition.kpi]
        value = self.kpis[condition.kpi]
        bounds = [bound for bound in (condition.at_least, condition.at_most) if bound is not None]
        expected = bounds_text(condition.at_least, condition.at_most, lambda bound: figure(bound, kpi.unit))
        if value is None:
            failure = Failure(expected=f"{kpi.words} {expected}", got=f"no figure: {kpi.none_when}")
            return self._unmet(expectation, expected, "-", failure)
        got = figure(value, kpi.unit, beside=tuple(bounds))
        spares = [(abs(value - bound), bound) for bound in bounds]
        is_within = (condition.at_least is None or value >= condition.at_least) and (
            condition.at_most is None or value <= condition.at_most
        )
        if not is_within:
            delivery, note = self._longest_stay() if condition.kpi in _OF_TRAILERS else (None, kpi.formula)
            failure = self._failure(f"{kpi.words} {expected}", got, delivery, note)
            return self._unmet(expectation, expected, got, failure)
        if len(set(bounds)) < len(bounds):  # exactly this
            return self._met(expectation, expected, got)
        spare, bound = min(spares, default=(0.0, 0.0))
        return self._met(expectation, expected, got, figure(spare, kpi.unit), _share(spare, abs(bound)))

    def _longest_stay(self) -> tuple[Delivery | None, str]:
        """The departure of the trailer that took longest within the measured time, and a note about it."""
        window = Window(self._tally, self._scenario.measure)
        stays = [
            (t.departed_us - t.arrived_us, name)
            for name, t in self._tally.trailers.items()
            if t.departed_us is not None and t.arrived_us is not None and window.holds(t.departed_us)
        ]
        if not stays:
            return None, ""
        stay_us, name = max(stays)
        return self._departure(name), f"the longest: {dock_id(name)}, {duration(stay_us)}"

    # -- results -------------------------------------------------------------------------------------------------------

    @staticmethod
    def _met(
        expectation: Expectation,
        expected: str,
        got: str,
        to_spare: str | None = None,
        spare_fraction: float | None = None,
    ) -> ExpectationResult:
        return ExpectationResult(
            name=expectation.name,
            line=expectation.line,
            met=True,
            expected=expected,
            got=got,
            to_spare=to_spare,
            spare_fraction=spare_fraction,
        )

    @staticmethod
    def _unmet(expectation: Expectation, expected: str, got: str, failure: Failure) -> ExpectationResult:
        return ExpectationResult(
            name=expectation.name, line=expectation.line, met=False, expected=expected, got=got, failure=failure
        )

    def _failure(self, expected: str, got: str, delivery: Delivery | None, note: str = "") -> Failure:
        chain = self._log.chain(delivery)
        scripted = self._log.scripted(self._scenario, chain)
        return Failure(expected=expected, got=got, note=note, chain=chain, scripted=scripted)

    def _time(self, at_us: int) -> str:
        """The time of day, and how many days after the first if it is another."""
        offset_s = self._scenario.utc_offset_s
        days = (at_us + offset_s * US_PER_S) // _US_PER_DAY - (
            self._scenario.day.start_us + offset_s * US_PER_S
        ) // _US_PER_DAY
        return time_of_day(at_us, offset_s) + (f" +{days} d" if days else "")


def _share(spare: float | None, allowed: float | None) -> float | None:
    return None if spare is None or not allowed else spare / allowed
