"""The faults of a file: those of the timeline, each with its trigger, those at random, and who they strike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from scenarios.language.dock import planned
from scenarios.language.grammar.faults import RandomFaultEntry, TimelineEntry, WhenEntry
from scenarios.language.kinds import duration_text, near
from scenarios.language.references import Known, Times
from sim.plan import Action, Fault, LinkPlan, RandomFault, Trigger

ALL, EACH = "all", "each"
_KINDS = ("robot", "trailer", "door", "conveyor", "sorter", "operator")
_SPEAKERS = ("robot", "door", "conveyor", "sorter", "yard", "operator")
"""Who can be cut off from the bus; a trailer says nothing."""


class Faults:
    """Turns entries into actions and random faults. `known`: the scenario's things by kind; `link`: the site's."""

    def __init__(self, times: Times, known: Mapping[str, Known], link: LinkPlan, *, backend_id: str) -> None:
        self._times, self._known, self._link = times, known, link
        self._backend = f"backend/{backend_id}"

    def scripted(self, entry: TimelineEntry) -> Action:
        """The action of one entry of the timeline."""
        trigger = self._trigger(entry)
        if entry.fault == "backend_restarts":
            self._check_restart(entry, trigger)
        return Action(
            trigger=trigger,
            fault=_fault(entry.fault),
            entity=self._entity(entry),
            for_us=entry.for_,
            link=self._changed_link(entry),
            offset_us=entry.offset,
            share=entry.share,
            types=entry.types,
            line=entry.at.span.line,
        )

    def random(self, entry: RandomFaultEntry) -> RandomFault:
        """The fault of one entry of the faults at random."""
        from_us = self._times.us(entry.at, "from", entry.from_, within_day=True)
        until_us = self._times.us(entry.at, "until", entry.until)
        from_us = self._times.start_us if from_us is None else from_us
        if until_us is not None and until_us <= from_us:
            entry.at.blame("until", f"a time after {self._times.text(from_us)}")
        return RandomFault(
            fault=_fault(entry.fault),
            entity=self._entity(entry),
            per_h=entry.per_hour,
            from_us=from_us,
            until_us=self._times.until_us if until_us is None else until_us,
            for_us=entry.for_,
            link=self._changed_link(entry),
            offset_us=entry.offset,
            share=entry.share,
            types=entry.types,
        )

    def _trigger(self, entry: TimelineEntry) -> Trigger:
        if entry.when is None:
            return Trigger(at_us=self._times.us(entry.at, "at", entry.at_, within_day=True))
        when = entry.when
        self._refer(when, "robot_holds_case", "robot")
        self._refer(when, "trailer_docked", "trailer")
        self._refer(when, "of_trailer", "trailer")
        return Trigger(
            after_us=self._times.us(when.at, "after", when.after, within_day=True) or 0,
            robot_holds_case=when.robot_holds_case,
            trailer_docked=when.trailer_docked,
            cases_placed=when.cases_placed,
            of_trailer=when.of_trailer,
        )

    def _check_restart(self, entry: TimelineEntry, trigger: Trigger) -> None:
        if entry.at.is_given("when"):
            entry.at.blame_key("when", "at: a backend restarts at an instant that is known before", got="the key")
        elif trigger.at_us == self._times.start_us:
            entry.at.blame("at", f"a time after the start, {self._times.text(self._times.start_us)}")

    def _entity(self, entry: TimelineEntry | RandomFaultEntry) -> str:
        if entry.what is not None:
            return self._address(entry, entry.what)
        kind = next((kind for kind in _KINDS if getattr(entry, kind) is not None), None)
        if kind is None:
            return self._backend
        name = getattr(entry, kind)
        if isinstance(entry, RandomFaultEntry):
            self._refer(entry, kind, kind, also=(EACH,))
            return f"{kind}/*" if name == EACH else f"{kind}/{name}"
        if entry.fault == "link" and name == ALL:
            return "*"
        self._refer(entry, kind, kind, also=(ALL,) if entry.fault == "link" else ())
        return f"{kind}/{name}"

    def _address(self, entry: TimelineEntry | RandomFaultEntry, what: str) -> str:
        """Whom a partition cuts off, or whose messages are lost."""
        if what == ALL or not entry.at.is_sound("what"):
            return "*"
        kind, slash, name = what.partition("/")
        if not slash or kind not in _SPEAKERS:
            expected = f"{ALL} or kind/id, as robot/r5; kinds: {', '.join(_SPEAKERS)}"
            addresses = [ALL, *(f"{kind}/{name}" for kind in _SPEAKERS for name in self._known[kind].lines)]
            entry.at.blame("what", expected, suggestion=near(what, addresses))
        elif name == EACH and isinstance(entry, RandomFaultEntry):
            return f"{kind}/*"
        else:
            self._known[kind].check(entry.at.spot("what"), name)
        return what

    def _refer(
        self, entry: TimelineEntry | RandomFaultEntry | WhenEntry, key: str, kind: str, *, also: tuple[str, ...] = ()
    ) -> None:
        name = getattr(entry, key)
        if name is not None and entry.at.is_given(key) and entry.at.is_sound(key):
            self._known[kind].check(entry.at.spot(key), name, also=also)

    def _changed_link(self, entry: TimelineEntry | RandomFaultEntry) -> LinkPlan | None:
        """Least latencies hold for the whole day: simulator and backend take turns by them."""
        link, usual = entry.link, self._link
        if link is None:
            return None
        for key, least_us in (("uplink", usual.uplink_least_us), ("downlink", usual.downlink_least_us)):
            if link.at.is_given(key) and link.at.is_sound(key) and getattr(link, key) < least_us:
                link.at.blame(key, f"at least the site's, {duration_text(least_us)}")
        return planned(usual, link)


def _fault(name: str) -> Fault:
    """The fault of this name; a stand-in, where it could not be read, is never run."""
    fault: Fault = next((known for known in get_args(Fault) if known == name), "robot_dies")
    return fault
