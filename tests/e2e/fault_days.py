"""Short days for a campaign of random faults: from a seed a day on which a truck waits for nobody, and what strikes it.

Many seeds share a day, so that it is run once without faults: how long each truck takes then, and when which robot does
what, to aim at. Everything strikes within the first half hour, and is over after a while.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, get_args

from msgspec import Struct
from msgspec.structs import replace

from scenarios.explore.faults import types_of
from scenarios.model import Scenario
from sim.plan import (
    Action,
    DayPlan,
    DockPlan,
    Fault,
    GeneratedLoad,
    LinkPlan,
    OperatorsPlan,
    PersonPlan,
    RobotPlan,
    Shift,
    TrailerPlan,
    Trigger,
)
from tests.e2e.random_scenarios import Dice
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import RobotStateReport
from twin.site import Door, Site

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.participant import Delivery

SEEDS_PER_DAY = 20
START_US = parse_time("2026-01-05T06:00:00.000000Z")
MINUTE_US = 60 * US_PER_S
FAULTS_WITHIN_US = 30 * MINUTE_US
DAY_US = 5 * 60 * MINUTE_US
"""What is not finished by then never will be."""
FAULTS_MAX = 8
KINDS: tuple[Fault, ...] = get_args(Fault)
_USUAL: tuple[Fault, ...] = tuple(fault for fault in KINDS if fault != "messages_lost")
"""What is lost for good is drawn by itself: the other faults of a seed are what they are without."""
_LOSSES_MAX = 2
_LOSES = 0.2
"""On so many days."""

_DOORS = ("d1", "d2", "d3")
_ROBOTS = ("r1", "r2", "r3")
_TRAILERS = ("t1", "t2", "t3")
_CONVEYORS = ("c1", "c2", "c3")
_THINGS = {"conveyor": _CONVEYORS, "door": _DOORS, "trailer": _TRAILERS}
_LASTS_S: dict[Fault, tuple[float, float]] = {
    "robot_dies": (1.0, 120.0),
    "robot_silent": (0.1, 300.0),
    "robot_zombie": (1.0, 600.0),
    "double_identity": (1.0, 300.0),
    "clock_off": (1.0, 900.0),
    "protective_stop": (0.1, 180.0),
    "operator_pauses": (0.1, 300.0),
    "conveyor_jam": (0.1, 300.0),
    "sorter_down": (0.1, 300.0),
    "person_in_cell": (0.1, 180.0),
    "link": (0.1, 600.0),
    "partition": (0.1, 240.0),
    "messages_lost": (0.1, 300.0),
}
_PEOPLE_END: tuple[Fault, ...] = ("robot_zombie", "double_identity", "conveyor_jam", "sorter_down")
"""Faults that people end where they do not end by themselves."""


class Moment(Struct, frozen=True):
    """When a robot entered a state."""

    at_us: int
    robot_id: str


def day_number(seed: int) -> int:
    """The day that a seed strikes."""
    return seed // SEEDS_PER_DAY


@lru_cache(maxsize=4)
def day_of(number: int) -> Scenario:
    """A day without faults: three trucks, three doors, three robots and people enough."""
    dice = Dice(number, "fault day")
    day = DayPlan(
        name=f"day-{number}",
        seed=number,
        fidelity="case",
        site=_site(dice),
        start_us=START_US,
        until_us=START_US + DAY_US,
        grace_us=DAY_US,
        trailers=tuple(_trailer(dice, trailer_id) for trailer_id in _TRAILERS),
        robots={robot_id: _robot(dice) for robot_id in _ROBOTS},
        dock=DockPlan(
            leveller_us=dice.one(0, 15 * US_PER_S),
            fetch_us=dice.one(2, 10) * MINUTE_US,
            conveyor_length_m=dice.one(3.0, 12.0),
            sorter_rate_per_h=dice.one(1800.0, 3600.0),
            no_reads=dice.one(0.0, 0.02),
            ghosts=dice.one(0.0, 0.02, 0.1),
            merges=dice.one(0.0, 0.01, 0.05),
        ),
        link=LinkPlan(
            uplink_least_us=15_000,
            downlink_least_us=15_000,
            jitter_us=dice.one(0, 10_000, 300_000),
            loss=dice.one(0.0, 0.01),
            duplication=dice.one(0.0, 0.01),
            reordering=dice.one(0.0, 0.01),
        ),
        operators=_people(dice),
        time_grid_us=dice.one(1, 1, 20_000),
    )
    return Scenario(
        name=day.name,
        story="",
        path="",
        text="",
        day=day,
        dock_planner="earliest_due",
        unload_planner="top_down",
        expectations=(),
    )


def _site(dice: Dice) -> Site:
    return Site(
        site_id="bos1",
        doors=tuple(
            Door(door_id=door_id, conveyor_id=conveyor_id, position_m=4.0 * number)
            for number, (door_id, conveyor_id) in enumerate(zip(_DOORS, _CONVEYORS, strict=True))
        ),
        robots=_ROBOTS,
        sorter_id=dice.one(None, "s1", "s1"),
    )


def _trailer(dice: Dice, trailer_id: str) -> TrailerPlan:
    arrives_us = START_US + dice.whole(0, 1200) * US_PER_S
    return TrailerPlan(
        trailer_id=trailer_id,
        announced_us=arrives_us - dice.one(0, 10) * MINUTE_US,
        arrives_us=arrives_us,
        due_us=arrives_us + 120 * MINUTE_US,
        load=GeneratedLoad(
            generator=dice.one("columns", "bricks"),
            cases=dice.whole(20, 40),
            purchase_orders=dice.whole(1, 2),
        ),
        unload_kind=dice.one("live", "live", "drop"),
        missing=dice.one(0, 0, 1),
        extra=dice.one(0, 0, 1),
        wrong=dice.one(0, 0, 1),
        too_heavy=dice.one(0, 0, 1),
        too_large=dice.one(0, 0, 0, 1),
        damaged=dice.one(0, 0, 1),
    )


def _robot(dice: Dice) -> RobotPlan:
    return RobotPlan(
        battery_us=dice.one(None, 20 * MINUTE_US, 360 * MINUTE_US),
        charging_us=10 * MINUTE_US,
        cases_per_pick=dice.one(1, 1, 2),
    )


def _people(dice: Dice) -> OperatorsPlan:
    """Enough of them; sometimes two of four have a break in the middle of it, one after the other."""
    breaks = [(START_US + at * MINUTE_US, START_US + (at + 10) * MINUTE_US) for at in (15, 25)]
    shift = Shift(from_us=START_US - MINUTE_US, until_us=START_US + DAY_US)
    floor = tuple(
        PersonPlan(
            person_id=f"f{number}",
            role="floor",
            shifts=(replace(shift, breaks=(breaks[number],)) if number < len(breaks) else shift,),
        )
        for number in range(4)
    )
    return OperatorsPlan(
        remote=2,
        floor=4,
        floor_response_us=dice.one(20, 60) * US_PER_S,
        floor_handling_us=dice.one(20, 60) * US_PER_S,
        people=floor if dice.is_hit(0.3) else (),
        answers={"grip_failed": dice.one("retry", "skip", "assist"), "no_read": dice.one("assist", "skip")},
    )


# --- what strikes ---


def moments_of(deliveries: Iterable[Delivery]) -> dict[str, list[Moment]]:
    """By robot state, when a robot entered it while faults may strike."""
    found: dict[str, list[Moment]] = {}
    states: dict[str, str] = {}
    for _, message in deliveries:
        if isinstance(message, RobotStateReport):
            robot_id, state = message.source.rpartition("/")[2], message.data.robot_state
            at_us = parse_time(message.time)
            if states.get(robot_id) != state and at_us < START_US + FAULTS_WITHIN_US:
                states[robot_id] = state
                found.setdefault(state, []).append(Moment(at_us, robot_id))
    return found


def struck(seed: int, moments: dict[str, list[Moment]]) -> Scenario:
    """The day of a seed with its faults; `moments` of that day without them."""
    scenario = day_of(day_number(seed))
    actions = _Blows(seed, scenario.day, moments).all() + _losses(seed, scenario.day, moments)
    return replace(scenario, name=f"faults-{seed}", day=replace(scenario.day, timeline=actions))


def _losses(seed: int, day: DayPlan, moments: dict[str, list[Moment]]) -> tuple[Action, ...]:
    """On some days, of what is said for a while by somebody and to them, or by all, much or little is lost for good."""
    dice = Dice(seed, "words lost")
    if not dice.is_hit(_LOSES):
        return ()
    return tuple(_loss(dice, day, moments) for _ in range(dice.whole(1, _LOSSES_MAX)))


def _loss(dice: Dice, day: DayPlan, moments: dict[str, list[Moment]]) -> Action:
    site, lasts = day.site, _LASTS_S["messages_lost"]
    at_us = START_US + dice.whole(1, FAULTS_WITHIN_US)
    entity = f"robot/{dice.of(_ROBOTS)}"
    if dice.is_hit(0.5):
        moment = dice.of(moments[dice.of(sorted(moments))])
        at_us, entity = max(moment.at_us - dice.whole(0, 10 * US_PER_S), START_US + 1), f"robot/{moment.robot_id}"
    others = (
        f"door/{dice.of(_DOORS)}",
        f"conveyor/{dice.of(_CONVEYORS)}",
        f"yard/{site.yard_id}",
        f"operator/{dice.one(site.remote_operators_id, site.floor_staff_id)}",
        "*",
    )
    entity = dice.one(entity, dice.of(others))
    types = types_of("all" if entity == "*" else entity.partition("/")[0])
    return Action(
        trigger=Trigger(at_us=at_us),
        fault="messages_lost",
        entity=entity,
        for_us=round(dice.one(dice.real(*lasts), dice.real(lasts[0], lasts[1] / 10)) * US_PER_S),
        share=dice.one(None, dice.real(0.01, 1.0)),
        types=tuple(sorted({dice.of(types) for _ in range(dice.whole(0, 2))})),
    )


class _Blows:
    """The faults of one seed."""

    def __init__(self, seed: int, day: DayPlan, moments: dict[str, list[Moment]]) -> None:
        self._dice = Dice(seed, "faults")
        self._day = day
        self._moments = moments
        self._last_us = START_US
        self._focus = self._dice.one(None, *_ROBOTS)
        """Rare bugs need two things at once, and a mixture of everything seldom brings them together."""

    def all(self) -> tuple[Action, ...]:
        dice = self._dice
        kinds = _USUAL if self._day.site.sorter_id else tuple(kind for kind in _USUAL if kind != "sorter_down")
        if dice.is_hit(0.5):
            kinds = tuple(dice.of(kinds) for _ in range(3))
        return tuple(self._blow(dice.of(kinds)) for _ in range(dice.whole(1, FAULTS_MAX)))

    def _blow(self, fault: Fault) -> Action:
        dice = self._dice
        trigger, robot_id = self._trigger(fault)
        lasts = _LASTS_S.get(fault)
        for_us = None
        if lasts is not None and not (fault in _PEOPLE_END and dice.is_hit(0.4)):
            for_us = round(dice.one(dice.real(*lasts), dice.real(lasts[0], lasts[1] / 10)) * US_PER_S)
        offset_us = round(dice.one(-1, 1) * dice.one(0.5, 3, dice.real(1, 600)) * US_PER_S)
        return Action(
            trigger=trigger,
            fault=fault,
            entity=self._entity(fault, robot_id or self._focus or dice.of(_ROBOTS)),
            for_us=for_us,
            link=self._bad_link() if fault == "link" else None,
            offset_us=offset_us if fault == "clock_off" else 0,
            share=dice.real(0.05, 1.0),
        )

    def _entity(self, fault: Fault, robot_id: str) -> str:
        dice, site = self._dice, self._day.site
        sorter = f"sorter/{site.sorter_id}"
        conveyor, door, trailer = (f"{kind}/{dice.of(ids)}" for kind, ids in _THINGS.items())
        people = f"operator/{dice.one(site.remote_operators_id, site.floor_staff_id)}"
        if fault in ("link", "partition"):
            others = [door, conveyor, people, f"yard/{site.yard_id}", "*", *([sorter] if site.sorter_id else [])]
            return dice.one(f"robot/{robot_id}", dice.of(others))
        strikes: dict[Fault, str] = {
            **dict.fromkeys(("ghost_case", "merged_cases", "wall_collapse", "wrong_door"), trailer),
            **dict.fromkeys(("no_read", "conveyor_jam"), conveyor),
            **dict.fromkeys(("late_answer", "double_answer"), people),
            "sorter_down": sorter,
            "person_in_cell": door,
            "backend_restarts": f"backend/{site.backend_id}",
        }
        return strikes.get(fault, f"robot/{robot_id}")

    def _trigger(self, fault: Fault) -> tuple[Trigger, str | None]:
        """When, and the robot that was just then in the state aimed at."""
        dice = self._dice
        how = dice.one("aimed", "aimed", "after another", "waits", "any time")
        if how == "waits" and fault != "backend_restarts":
            return self._condition()
        if how == "aimed":
            moment = dice.of(self._moments[dice.of(sorted(self._moments))])
            self._last_us = moment.at_us + dice.one(0, 1, dice.whole(0, US_PER_S), dice.whole(0, 30 * US_PER_S))
            return self._at(), moment.robot_id
        if how == "after another":
            self._last_us += dice.one(0, 1, dice.whole(0, US_PER_S), dice.whole(0, 5 * MINUTE_US))
        else:
            self._last_us = START_US + dice.whole(1, FAULTS_WITHIN_US)
        return self._at(), None

    def _at(self) -> Trigger:
        self._last_us = min(max(self._last_us, START_US + 1), START_US + FAULTS_WITHIN_US)
        return Trigger(at_us=self._last_us)

    def _condition(self) -> tuple[Trigger, str | None]:
        """Soon after the arrival of the last truck at the latest."""
        dice = self._dice
        trailer_id = dice.of(_TRAILERS)
        what = dice.one("holds", "docked", "placed")
        if what == "holds":
            robot_id = self._focus or dice.of(_ROBOTS)
            return Trigger(robot_holds_case=robot_id, after_us=START_US + dice.whole(0, FAULTS_WITHIN_US)), robot_id
        if what == "docked":
            return Trigger(trailer_docked=trailer_id), None
        return Trigger(cases_placed=dice.whole(1, 19), of_trailer=trailer_id), None

    def _bad_link(self) -> LinkPlan:
        dice, usual = self._dice, self._day.link
        return dice.one(
            replace(usual, loss=dice.real(0.05, 0.8)),
            replace(usual, loss=dice.real(0.05, 0.6), retransmit_us=3 * US_PER_S),
            replace(usual, jitter_us=dice.whole(10_000, 3 * US_PER_S)),
            replace(usual, duplication=dice.real(0.1, 1.0), jitter_us=500_000),
            replace(usual, reordering=dice.real(0.1, 1.0), reordering_delay_us=dice.whole(1, 10) * US_PER_S),
        )
