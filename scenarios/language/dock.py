"""The site of a file, its robots, doors, radio and people, as the plans the simulator is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct, structs

from scenarios.language.grammar.file import ScenarioFile
from scenarios.language.grammar.site import DoorEntry, RobotEntry, SiteEntry, SorterEntry
from scenarios.language.kinds import duration_text
from scenarios.language.references import Known
from scenarios.language.sections import At, Section, keys_of
from sim.assumptions import WEIGHT_LIMIT_HIGH_KG
from sim.physics.tables import read_tables
from sim.plan import DockPlan, LinkPlan, RobotPlan
from twin.errors import ConfigError
from twin.site import Door, Site

if TYPE_CHECKING:
    from pathlib import Path

P = TypeVar("P", bound=Struct)

_DOOR_PITCH_M = 4.0
"""Between doors given as a number. Assumption: 12 to 13 ft from centre to centre is usual at docks."""
_SORTER_ID = "s1"
_ENDINGS = ("", "_us", "_least_us", "_m", "_m_per_s", "_kg", "_per_h")
"""What a plan's field is called beyond the key that sets it: authors write units in values, plans in names."""


def planned(base: P, entry: Section | None) -> P:
    """The plan with what the author gave in place of what it had."""
    if entry is None:
        return base
    fields = {field.name for field in structs.fields(base)}
    changes: dict[str, Any] = {}
    for key in keys_of(type(entry)).values():
        if entry.at.is_given(key.key):
            changes |= {key.key + e: getattr(entry, key.field) for e in _ENDINGS if key.key + e in fields}
    return structs.replace(base, **changes)


class Things:
    """What a site has, by kind; ids are declared as they are met. `folder`: paths begin there."""

    def __init__(self, entry: SiteEntry, *, folder: Path) -> None:
        troubled = entry.at.troubled | entry.at.unread
        self.robots = Known("robot", is_sound="robots" not in troubled)
        self.doors = Known("door", is_sound="doors" not in troubled)
        self.conveyors = Known("conveyor", is_sound="doors" not in troubled)
        self.sorters = Known("sorter", is_sound="sorter" not in troubled)
        self.site = Site(
            site_id=entry.id,
            doors=tuple(map(self._door, _doors(entry))),
            robots=tuple(map(self._robot, _robots(entry))),
            sorter_id=self._sorter(entry),
            state_period_us=entry.state_period,
            equipment_state_period_us=entry.equipment_state_period,
            decision_latency_us=entry.decision_latency,
        )
        given = entry.robots if isinstance(entry.robots, tuple) else ()
        self.robot_plans = {robot.id: _robot_plan(robot) for robot in given}
        self.dock = _dock_plan(entry, folder)
        self.link = planned(LinkPlan(), entry.link)
        _check_lookahead(entry)

    def _door(self, door: DoorEntry) -> Door:
        self.doors.declare(door.at, door.id)
        self.conveyors.declare(door.at, door.conveyor, key="conveyor")
        return Door(door_id=door.id, conveyor_id=door.conveyor, position_m=door.position)

    def _sorter(self, site: SiteEntry) -> str | None:
        if site.sorter is None:
            return None
        if isinstance(site.sorter, SorterEntry):
            self.sorters.declare(site.sorter.at, site.sorter.id)
            return site.sorter.id
        self.sorters.lines[_SORTER_ID] = site.at.line_of("sorter")
        return _SORTER_ID

    def _robot(self, robot: RobotEntry) -> str:
        self.robots.declare(robot.at, robot.id)
        return robot.id


def _nowhere(site: SiteEntry) -> At:
    """The place of an entry that nobody wrote."""
    return At(site.at.source, site.at.path, site.at.span)


def _doors(site: SiteEntry) -> tuple[DoorEntry, ...]:
    """The doors, also those that a number stands for."""
    if isinstance(site.doors, tuple):
        return site.doors
    return tuple(
        DoorEntry(at=_nowhere(site), id=f"d{n}", conveyor=f"c{n}", position=_DOOR_PITCH_M * (n - 1))
        for n in range(1, site.doors + 1)
    )


def _robots(site: SiteEntry) -> tuple[RobotEntry, ...]:
    """The robots, also those that a number stands for."""
    if isinstance(site.robots, tuple):
        return site.robots
    return tuple(RobotEntry(at=_nowhere(site), id=f"r{n}") for n in range(1, site.robots + 1))


def _robot_plan(robot: RobotEntry) -> RobotPlan:
    plan = planned(RobotPlan(), robot)
    if len(robot.size_max) == len(("longest", "middle", "shortest")):
        shortest, middle, longest = sorted(robot.size_max)
        plan = structs.replace(plan, size_max_m=(longest, middle, shortest))
    if robot.weight_max is None:
        return plan
    if robot.weight_max_high is None:
        return structs.replace(plan, weight_max_high_kg=min(robot.weight_max, WEIGHT_LIMIT_HIGH_KG))
    if robot.weight_max_high > robot.weight_max and robot.at.is_sound("weight_max", "weight_max_high"):
        robot.at.blame("weight_max_high", f"at most {robot.weight_max:g} kg, the weight_max")
    return plan


def _dock_plan(site: SiteEntry, folder: Path) -> DockPlan:
    plan = planned(DockPlan(), site.dock)
    if site.dock is not None and site.dock.failure_tables is not None and site.dock.at.is_sound("failure_tables"):
        try:
            plan = structs.replace(plan, tables=read_tables(folder / site.dock.failure_tables))
        except ConfigError as error:
            site.dock.at.blame("failure_tables", f"a file of docktwin calibrate physics; {error.message}")
    rate = site.sorter.rate if isinstance(site.sorter, SorterEntry) else site.sorter
    return plan if rate is None else structs.replace(plan, sorter_rate_per_h=rate)


def _check_lookahead(site: SiteEntry) -> None:
    """What the backend says must take effect after it is said, or simulator and backend could not take turns."""
    downlink_us = LinkPlan().downlink_least_us if site.link is None else site.link.downlink
    if downlink_us + site.decision_latency >= 1 or site.link is None:
        return
    if site.at.is_sound("decision_latency") and site.link.at.is_sound("downlink"):
        expected = "downlink and decision_latency of at least 1 us together"
        told = [(site.at, "decision_latency"), (site.link.at, "downlink")]
        at, key = min(told, key=lambda entry: entry[0].line_of(entry[1]))
        at.blame(key, expected)


def check_grace(file: ScenarioFile, link: LinkPlan) -> None:
    """The backend has acted up to one uplink latency past the end: the grace covers that."""
    link_at = file.site.link.at if file.site.link is not None else None
    if file.grace >= link.uplink_least_us or not file.at.is_sound("grace"):
        return
    least = duration_text(link.uplink_least_us)
    if file.at.is_given("grace") or link_at is None:
        file.at.blame("grace", f"at least the uplink's latency, {least}")
    elif link_at.is_sound("uplink"):
        link_at.blame("uplink", f"at most the grace, {duration_text(file.grace)}")
