"""The tally within `measure`: the counts and spans that KPIs are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from scenarios.model import Measure
from scenarios.spans import FROM_ELSEWHERE, Mark, Span, overlap, stretches, total_us, union

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scenarios.tally import InterventionTally, Tally

WHOLE_DAY = Measure()


class Window:
    """The tally within `measure`: [from_us, until_us), by itself all that is told of, never beyond the last message."""

    def __init__(self, tally: Tally, measure: Measure = WHOLE_DAY) -> None:
        self.tally = tally
        first_us = min(min(tally.bus_us, default=0), tally.first_us)
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

    def spans(self, marks: Iterable[Mark], is_meant: Callable[[object], object] = bool) -> list[Span]:
        """When a value held that is meant, clipped to the window; what holds still, to its end."""
        return union(
            self._clipped(stretch.from_us, stretch.until_us) for stretch in stretches(marks) if is_meant(stretch.value)
        )

    def _clipped(self, begin_us: int, end_us: int | None) -> Span:
        return max(begin_us, self.from_us), self.until_us if end_us is None else min(end_us, self.until_us)

    # -- cases ---------------------------------------------------------------------------------------------------------

    def placed(self) -> int:
        """Cases placed, one by one or counted at the end of an unload."""
        counted = sum(cases for at_us, _, cases in self.tally.counted if self.holds(at_us))
        return self.count(self.tally.placed_us.values()) + counted

    def outcomes(self, outcome: str) -> int:
        """Cases whose last word within the day is `outcome`, said within the window."""
        return sum(o.outcome == outcome and self.holds(o.at_us) for o in self.tally.accounted().values())

    def short(self) -> int | None:
        """Announced and not accounted for, of the trailers that departed within the window."""
        gone = {name: t for name, t in self.tally.trailers.items() if self.holds(t.departed_us)}
        if not gone:
            return None
        known = dict.fromkeys(gone, 0)
        for trailer_id, _ in self.tally.accounted():
            if trailer_id in known:
                known[trailer_id] += 1
        for _, trailer_id, cases in self.tally.counted:
            if trailer_id in known:
                known[trailer_id] += cases
        return sum(max(0, t.announced_cases - known[name]) for name, t in gone.items())

    def on_receipts(self, number: Literal["over", "unidentified"]) -> int | None:
        """The sum over the parts of receipts closed within the window; None of none."""
        closed = [receipt for receipt in self.tally.receipts if self.holds(receipt.at_us)]
        return sum(getattr(receipt, number) for receipt in closed) if closed else None

    # -- robots --------------------------------------------------------------------------------------------------------

    def robot_us(self) -> int:
        """Time robots worked in trailers, summed over robots."""
        return sum(total_us(self.spans(marks)) for marks in self.tally.work.values())

    def working_span_us(self) -> int:
        """From the first begin of work in a trailer to the last end of one."""
        at_work = [span for marks in self.tally.work.values() for span in self.spans(marks)]
        return max(end for _, end in at_work) - min(begin for begin, _ in at_work) if at_work else 0

    def stopped_us(self) -> int:
        """Time robots were stopped, summed over robots."""
        return sum(total_us(self.spans(marks)) for marks in self.tally.stops.values())

    # -- conveyors and sorter ------------------------------------------------------------------------------------------

    def at_work(self, conveyor_id: str) -> list[Span]:
        """When a robot worked at a door from which this conveyor begins."""
        doors = {door for door, conveyor in self.tally.conveyor_of.items() if conveyor == conveyor_id}
        return union(span for marks in self.tally.work.values() for span in self.spans(marks, doors.__contains__))

    def conveyors_us(self) -> int:
        """Time a robot worked at the door of a conveyor, summed over conveyors that took cases one by one."""
        return sum(total_us(self.at_work(conveyor_id)) for conveyor_id in self.tally.belt)

    def blocked_us(self) -> int:
        """How much of it the conveyor was blocked."""
        return sum(
            total_us(overlap(self.at_work(name), self.spans(self.tally.blocks.get(name, ()))))
            for name in self.tally.belt
        )

    def starved_us(self) -> int:
        """How much of it the belt was empty."""
        return sum(total_us(overlap(self.at_work(name), self._empty(name))) for name in self.tally.belt)

    def _empty(self, conveyor_id: str) -> list[Span]:
        """When no case that was placed on the belt had still to be inducted."""
        marks = [Mark(self.from_us, 0, 0, value=True)]
        on_belt: set[tuple[str, str]] = set()
        inducted: set[tuple[str, str]] = set()
        for at_us, change, key in sorted(self.tally.belt[conveyor_id]):
            if change < 0:
                inducted.add(key)
                on_belt.discard(key)
            elif key not in inducted:
                on_belt.add(key)
            marks.append(Mark(max(at_us, self.from_us), 0, len(marks), not on_belt))
        return self.spans(marks)

    def inducted(self) -> int:
        """Cases that reached induction."""
        return sum(
            self.holds(at_us) for changes in self.tally.belt.values() for at_us, change, _ in changes if change < 0
        )

    def sorter_rate_per_h(self) -> float:
        """What the sorters take, by what they said last; 0 where there is none."""
        return sum(float(max(marks).value) for marks in self.tally.rates_per_h.values())

    # -- trailers ------------------------------------------------------------------------------------------------------

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

    def detentions_us(self) -> list[tuple[int, float]]:
        """Of each trailer that is here: how long past its free time, unreleased, and what an hour of it costs."""
        found = []
        for t in self.trailers:
            if t.due_us is not None and t.arrived_us is not None:
                begin_us, end_us = self._clipped(max(t.due_us, t.arrived_us), t.released_us)
                found.append((max(0, end_us - begin_us), t.detention_per_h))
        return found

    # -- exceptions and people -----------------------------------------------------------------------------------------

    def resolutions_us(self, exception_type: str | None = None) -> list[int]:
        """Raised to resolved, of the exceptions raised within the window (and resolved), of one type or of all."""
        return [
            e.resolved_us - e.raised_us
            for e in self.exceptions
            if e.resolved_us is not None and e.raised_us is not None and exception_type in {None, e.exception_type}
        ]

    def answers_us(self) -> list[int]:
        """Requested to the first answer, of the requests made within the window (and answered)."""
        return [
            i.answered_us - i.requested_us
            for i in self.tally.interventions.values()
            if i.answered_us is not None and i.requested_us is not None and self.holds(i.requested_us)
        ]

    def care_us(self, role: Literal["remote", "floor"]) -> int:
        """Time people of this role saw to requests, summed over requests."""
        mine = [i for i in self.tally.interventions.values() if i.role == role]
        return sum(total_us(self.spans(self._care(intervention))) for intervention in mine)

    def _care(self, intervention: InterventionTally) -> list[Mark]:
        """Ended by the answer; if none came, by the end of the exception."""
        exception = self.tally.exceptions.get(intervention.exception_id)
        resolved_us = exception.resolved_us if exception is not None else None
        end_us = resolved_us if intervention.answered_us is None else intervention.answered_us
        if end_us is None:
            return intervention.care
        begun = [mark for mark in intervention.care if mark.at_us < end_us]
        return [*begun, Mark(end_us, FROM_ELSEWHERE, FROM_ELSEWHERE, value=False)]

    def duty_us(self, role: Literal["remote", "floor"]) -> int:
        """Time people of this role were on duty, summed over people."""
        held = [(self._clipped(s.from_us, s.until_us), s.value) for s in stretches(self.tally.duty.get(role, ()))]
        return sum(max(0, end - begin) * people for (begin, end), people in held)
