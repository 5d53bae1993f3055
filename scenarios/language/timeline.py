"""The timeline of a file: scripted faults, each with its trigger and who it strikes."""

from __future__ import annotations

from typing import get_args

from scenarios.language.dock import Things, planned
from scenarios.language.grammar import TimelineEntry, WhenEntry
from scenarios.language.kinds import duration_text
from scenarios.language.references import Known, Times
from sim.plan import Action, Fault, Trigger

EVERY_ROBOT = "all"


class Timeline:
    """Turns timeline entries into actions."""

    def __init__(self, times: Times, things: Things, trailers: Known) -> None:
        self._times, self._things, self._trailers = times, things, trailers

    def of(self, entry: TimelineEntry) -> Action:
        """The action of one entry."""
        # A stand-in, where the fault could not be read, is never run.
        fault: Fault = next((name for name in get_args(Fault) if name == entry.fault), "robot_dies")
        return Action(
            trigger=self._trigger(entry),
            fault=fault,
            entity=self._entity(entry),
            for_us=entry.for_,
            link=planned(self._things.link, entry.link) if entry.link is not None else None,
            line=entry.at.span.line,
        )

    def _trigger(self, entry: TimelineEntry) -> Trigger:
        if entry.when is None:
            return Trigger(at_us=self._times.us(entry.at, "at", entry.at_, within_day=True))
        when = entry.when
        self._refer(when, "robot_holds_case", self._things.robots)
        self._refer(when, "trailer_docked", self._trailers)
        self._refer(when, "of_trailer", self._trailers)
        return Trigger(
            after_us=self._times.us(when.at, "after", when.after, within_day=True) or 0,
            robot_holds_case=when.robot_holds_case,
            trailer_docked=when.trailer_docked,
            cases_placed=when.cases_placed,
            of_trailer=when.of_trailer,
        )

    def _entity(self, entry: TimelineEntry) -> str:
        if entry.link is not None:
            self._check_link(entry)
        if entry.conveyor is not None:
            self._refer(entry, "conveyor", self._things.conveyors)
            return f"conveyor/{entry.conveyor}"
        if entry.fault == "link" and entry.robot == EVERY_ROBOT:
            return "*"
        self._refer(entry, "robot", self._things.robots)
        return f"robot/{entry.robot}"

    def _refer(self, entry: TimelineEntry | WhenEntry, key: str, known: Known) -> None:
        name = getattr(entry, key)
        if name is not None and entry.at.is_given(key) and entry.at.is_sound(key):
            known.check(entry.at.spot(key), name)

    def _check_link(self, entry: TimelineEntry) -> None:
        """Least latencies hold for the whole day: simulator and backend take turns by them."""
        link, usual = entry.link, self._things.link
        assert link is not None, "asked only for an entry that has one"
        for key, least_us in (("uplink", usual.uplink_least_us), ("downlink", usual.downlink_least_us)):
            if link.at.is_given(key) and link.at.is_sound(key) and getattr(link, key) < least_us:
                link.at.blame(key, f"at least the site's, {duration_text(least_us)}")
