"""Days on which things happen to the simulated dock that no file can tell: somebody meddles with it at given times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from unittest.mock import patch

from sim.faults import Faults
from sim.yard import Yard
from tests.e2e.told import CLOSELY, told
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scenarios.drivers import Oversight
    from scenarios.verdict import Verdict
    from sim.dock import Dock

_DAY_US = 86_400 * US_PER_S


class Place(NamedTuple):
    """What can be meddled with."""

    dock: Dock
    yard: Yard


def run_meddled(
    day: str, meddling: Mapping[str, Callable[[Place], object]], *, oversight: Oversight = CLOSELY
) -> Verdict:
    """The verdict of a day; by the time of day (06:12 or 06:12:30) what is done to the dock then."""
    yards: list[Yard] = []
    begin, init = Faults.begin, Yard.__init__

    def build(yard: Yard, dock: Dock) -> None:
        init(yard, dock)
        yards.append(yard)

    def begin_meddled(faults: Faults, dock: Dock) -> None:
        begin(faults, dock)
        place = Place(dock, yards[-1])
        for at, meddle in meddling.items():
            after_us = _us_of(at) - dock.plan.start_us % _DAY_US
            dock.kernel.after(after_us, lambda meddle=meddle: meddle(place))  # type: ignore[misc]

    with patch.object(Yard, "__init__", build), patch.object(Faults, "begin", begin_meddled):
        return told(day, "meddled", oversight=oversight)


def first_that_fails(*scenes: Callable[[], Verdict]) -> Verdict:
    """The verdict of the first that does not pass; if all do, of the last."""
    verdict = scenes[0]()
    for scene in scenes[1:]:
        if verdict.verdict != "passed":
            break
        verdict = scene()
    return verdict


def ask(robot_id: str, action: Literal["pause", "resume", "cancel"]) -> Callable[[Place], None]:
    """Ana wants this of a robot, whatever it is doing."""
    return lambda place: place.dock.operators.pool_of("remote").request_action("ana", robot_id, action)


def _us_of(at: str) -> int:
    hours, minutes, seconds = (*map(int, at.split(":")), 0)[:3]
    return ((hours * 60 + minutes) * 60 + seconds) * US_PER_S
