"""Belts on their own: feeders that place cases as soon as they may, jams as asked, and what was said about it all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sim.case import Case
from sim.conveyor import Conveyor
from sim.gateway import Gateway
from sim.kernel import Kernel, Script, Steps
from sim.load.load import LabelFault, LoadedCase
from sim.plan import CountedLoad, TrailerPlan
from sim.sorter import Sorter
from sim.trailer import Trailer
from tests.sim.days import START_US, day
from twin.clock import NEVER_US, US_PER_S, parse_time
from twin.messages.envelope import Message
from twin.participant import Delivery
from twin.rng import Draws

SITE = "bos1"
HOUR_US = 3600 * US_PER_S


class Jam(NamedTuple):
    """What stops when for how long, microseconds from the start; `belt` None: the sorter."""

    belt: int | None
    at_us: int
    for_us: int


class Belts:
    """Conveyors c0, c1, ... of one length and speed, with or without a sorter.

    `placed`: for each belt the instants; `seen`: the most that lay on a belt.
    """

    def __init__(
        self,
        *,
        count: int = 1,
        length_m: float = 12.0,
        speed_m_per_s: float = 0.5,
        rate_per_h: float | None = None,
        grid_us: int = 1,
    ) -> None:
        plan = day(fidelity="trailer")
        draws = Draws(plan.seed)
        self.kernel = Kernel(START_US, grid_us=grid_us)
        self.gateway = Gateway(self.kernel, plan, draws)
        self.sorter = None
        if rate_per_h is not None:
            self.sorter = Sorter(self.kernel, self.gateway, site=SITE, sorter_id="s1", rate_per_h=rate_per_h)
        self.conveyors = [
            Conveyor(
                self.kernel,
                self.gateway,
                site=SITE,
                conveyor_id=f"c{number}",
                length_m=length_m,
                speed_m_per_s=speed_m_per_s,
                sorter=self.sorter,
            )
            for number in range(count)
        ]
        trailer = TrailerPlan(
            trailer_id="t1",
            announced_us=START_US,
            arrives_us=START_US,
            due_us=START_US,
            load=CountedLoad(cases=1),
        )
        self.trailer = Trailer(trailer, None, cases_total=1, cases_announced=1, draws=draws)
        self.placed: list[list[int]] = [[] for _ in self.conveyors]
        self.cases: list[Case] = []
        self.most = 0
        self.arrivals: list[Delivery] = []

    def put(self, belt: int = 0) -> Case:
        """Place a case now."""
        conveyor = self.conveyors[belt]
        case = Case(_loaded(f"b{belt}-{len(self.placed[belt])}"))
        case.track_id = case.case_id
        conveyor.take(case, self.trailer, placed_id="placed")
        self.cases.append(case)
        self.placed[belt].append(self.kernel.now_us - START_US)
        self.most = max(self.most, conveyor.cases_on_belt)
        return case

    def feed(self, belt: int, gaps_us: Sequence[int]) -> None:
        """Place a case on the belt after each of these gaps, or as soon as there is room then."""
        Script(self.kernel, self._feed(belt, gaps_us)).start()

    def _feed(self, belt: int, gaps_us: Sequence[int]) -> Steps:
        conveyor = self.conveyors[belt]
        for gap_us in gaps_us:
            yield gap_us
            while not conveyor.has_room:
                yield conveyor.room()
            self.put(belt)

    def stop(self, jam: Jam) -> None:
        """Let it jam when the time comes."""
        subject = self.sorter if jam.belt is None else self.conveyors[jam.belt]
        assert subject is not None, "no sorter jams where there is none"
        self.kernel.after(jam.at_us, lambda: subject.jam(for_us=jam.for_us))

    def run(self, for_us: int = NEVER_US) -> Belts:
        """Let everything happen, or what happens in so much time."""
        until_us = min(self.kernel.now_us + for_us, NEVER_US)
        while self.kernel.next_us < until_us:
            self.kernel.step()
        if until_us < NEVER_US:
            self.kernel.set_clock(until_us)
        self.arrivals += self.gateway.take_arrivals(NEVER_US)
        return self

    def said(self, *types: str) -> list[tuple[int, str, Message]]:
        """When, by whom, what: messages of these types in the order of their times, then of their sources."""
        found = [
            (parse_time(it.message.time) - START_US, it.message.source.rpartition("/")[2], it.message)
            for it in self.arrivals
            if it.message.type.removesuffix(".v1") in types
        ]
        return sorted(found, key=lambda it: (it[0], it[1], it[2].seq))

    def delivered(self, belt: int) -> list[tuple[int, str]]:
        """When which case left the belt."""
        said = self.said("case.identified", "case.unreadable")
        return [(at_us, m.data.track_id) for at_us, source, m in said if source == f"c{belt}"]

    def belt_us(self, belt: int, at_us: int) -> int:
        """The belt's own clock at an instant, as its jams were told."""
        stood_us = 0
        began_us = None
        for told_us, source, message in self.said("conveyor.jammed", "conveyor.cleared"):
            if source != f"c{belt}" or told_us > at_us:
                continue
            if message.type == "conveyor.jammed.v1":
                began_us = told_us
            elif began_us is not None:
                stood_us += told_us - began_us
                began_us = None
        return at_us - stood_us - (at_us - began_us if began_us is not None else 0)


def _loaded(case_id: str) -> LoadedCase:
    return LoadedCase(
        case_id=case_id,
        size_m=(0.6, 0.4, 0.3),
        weight_kg=10.0,
        manifest_line="l1",
        sku="sku",
        label=f"label {case_id}",
        fault=LabelFault.NONE,
        center_m=(5.0, 0.0, 0.15),
    )
