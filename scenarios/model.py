"""A scenario, read and checked: the day the simulator is told, the settings the backend is told, and what is expected.

Plain data between the language (`schema`) and those who use it (`drivers`, `checks`, `kpis`, the reports).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from sim.plan import Action, DayPlan, RandomFault
from twin.messages import TYPES

Gauge = Literal[
    "open_exceptions",
    "exceptions_unassigned",
    "trailers_waiting",
    "robots_lost",
    "robots_stopped",
    "cases_unknown",
    "conveyors_blocked",
    "conveyors_jammed",
    "people_inside",
]
"""Counts that go up and down during a run, folded from its messages."""


Thing = Literal[
    "robot", "door", "conveyor", "sorter", "trailer", "order", "track", "action", "exception", "intervention", "person"
]
"""What a message can be about: its data name it, or it is said by or to one."""


class MessagePattern(Struct, frozen=True, kw_only=True):
    """Messages of one type whose `data` have these values.

    `entity`, as `robot/r5`: who says it, or whom a command is for.
    """

    type: str
    where: dict[str, str | int | float | bool] = {}
    entity: str | None = None


class Eventually(Struct, frozen=True, kw_only=True, tag="eventually"):
    """At least `at_least` such messages by the instant `by_us`; `after`: counted from the first that matches it."""

    message: MessagePattern
    at_least: int = 1
    by_us: int | None = None
    after: MessagePattern | None = None
    within_us: int | None = None
    """With `after`: at the latest this long after it."""


class Each(Struct, frozen=True, kw_only=True, tag="each"):
    """Every such message is followed within `within_us` by one like `leads_to`, about the same things of these kinds.

    Those whose time is not over when the run ends are not judged. At least `at_least` are to be judged.
    """

    message: MessagePattern
    leads_to: MessagePattern
    within_us: int
    same: tuple[str, ...] = ()
    at_least: int = 1


class Never(Struct, frozen=True, kw_only=True, tag="never"):
    """No such message (`after_us` and later, if given)."""

    message: MessagePattern
    after_us: int | None = None


class Always(Struct, frozen=True, kw_only=True, tag="always"):
    """The gauge, 0 when the day begins, is never above `at_most`."""

    gauge: Gauge
    at_most: int


class EveryTrailer(Struct, frozen=True, kw_only=True, tag="every_trailer"):
    """Every trailer of the day has departed, by `by_us` if given, or each in its free time."""

    departed: Literal["by", "before_due"] = "by"
    by_us: int | None = None


class EveryCase(Struct, frozen=True, kw_only=True, tag="every_case"):
    """By the simulator's truth every case ended in one of the allowed places: none lost, none counted twice."""

    allowed: tuple[str, ...] = ("received",)


class KpiBound(Struct, frozen=True, kw_only=True, tag="kpi"):
    """A KPI of `docs/kpis.md` within bounds."""

    kpi: str
    at_most: float | None = None
    at_least: float | None = None


ReceiptNumber = Literal["expected", "received", "damaged", "refused", "short", "over", "unidentified"]
"""What a receipt counts; `unidentified` of a whole trailer only."""


class Bounds(Struct, frozen=True, kw_only=True):
    """A number from `at_least` to `at_most`."""

    at_least: int | None = None
    at_most: int | None = None

    def hold(self, number: int) -> bool:
        """Whether the number lies within them."""
        return (self.at_least is None or number >= self.at_least) and (self.at_most is None or number <= self.at_most)


class ReceiptCounts(Struct, frozen=True, kw_only=True, tag="receipt"):
    """The receipt of a trailer is closed and says this: of all its lines, of those of a purchase order, or of one."""

    trailer_id: str
    numbers: dict[ReceiptNumber, Bounds]
    po_id: str | None = None
    line_id: str | None = None


Condition = Eventually | Each | Never | Always | EveryTrailer | EveryCase | KpiBound | ReceiptCounts


class Expectation(Struct, frozen=True, kw_only=True):
    """One expectation, with the words a person reads and where the scenario says it (`line` from 1).

    `asked_in`: the fidelities in which it is asked; none: in all.
    """

    name: str
    condition: Condition
    line: int
    asked_in: tuple[str, ...] = ()


class Measure(Struct, frozen=True, kw_only=True):
    """KPIs count what lies in [from_us, until_us): for steady runs, without warm-up."""

    from_us: int | None = None
    until_us: int | None = None


class Scenario(Struct, frozen=True, kw_only=True):
    """One story of a dock."""

    name: str
    story: str
    """The first comment line of the file."""
    path: str
    text: str
    day: DayPlan
    dock_planner: str
    unload_planner: str
    expectations: tuple[Expectation, ...]
    measure: Measure = Measure()
    utc_offset_s: int = 0
    """The site's zone: times of day are shown, and in the file written, in it."""


def loses_events(day: DayPlan) -> bool:
    """Whether events are lost for good on this day: then its messages tell of less than happened, never of more."""
    faults: tuple[Action | RandomFault, ...] = (*day.timeline, *day.random_faults)
    lost = [fault.types for fault in faults if fault.fault == "messages_lost"]
    return any(not types or any(TYPES[name].CHANNEL == "event" for name in types) for types in lost)
