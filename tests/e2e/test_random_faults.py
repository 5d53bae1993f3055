"""Days that random faults strike: those that have found something, and a few new ones. More of them: `make soak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from backend.core import fold_cases
from backend.core.fold import FOLDS
from sim.conveyor import Conveyor
from sim.plan import Action, Trigger
from tests.e2e.fault_days import FAULTS_WITHIN_US, KINDS, SEEDS_PER_DAY, START_US, day_of, struck
from tests.e2e.fault_runs import Struck, calm_from_us, play
from tests.e2e.fault_trials import Clean, clean_day, problems, tried
from twin.clock import US_PER_S
from twin.messages.case import CaseIdentified
from twin.messages.conveyor import ConveyorCleared
from twin.messages.envelope import Message
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.robot import ReleaseToWork, RobotFactsheet, UnloadStarted

if TYPE_CHECKING:
    from backend.core.changes import Changes
    from backend.core.dock import Place
    from backend.core.state import Sender, SiteState
    from sim.plan import Fault

pytestmark = pytest.mark.side_by_side

FOUND = {
    1303: "a zombie that waited at a belt that ran was left standing for half an hour",
    2123: "a receipt was closed while the sorter stood with four of the trailer's cases before it",
    2441: "a backend that restarted issued an order anew to a robot that was lost",
    3096: "a robot on its way out was held to have seen a wall come down behind it",
    3325: "a belt that jammed again as it was cleared was to be asked about before its next report",
    6210: "of a zombie that was stopped again the release from the stop before was to be waited for",
    20091: "a robot died in a trailer, another spoke under its name, and nobody was ever sent to the one in the way",
}
"""By seed, what it has found."""
FRESH = range(SEEDS_PER_DAY, 3 * SEEDS_PER_DAY)
"""Whole days: their seeds share the run without faults."""
MINUTE_US = 60 * US_PER_S


@pytest.mark.parametrize("seed", FOUND)
def test_what_random_faults_once_found_stays_mended(seed: int) -> None:
    assert tried(seed).problems == ()


@pytest.mark.parametrize("seed", FRESH)
def test_whatever_strikes_each_truck_leaves_in_twice_its_time_once_it_is_over(seed: int) -> None:
    assert tried(seed).problems == ()


def test_every_kind_of_fault_is_drawn_within_the_first_half_hour() -> None:
    seeds = range(400)
    actions = [action for seed in seeds for action in struck(seed, clean_day(0).moments).day.timeline]
    assert {action.fault for action in actions} == set(KINDS)
    assert all(START_US < it.trigger.at_us <= START_US + FAULTS_WITHIN_US for it in actions if it.trigger.at_us)


# --- the trial itself: what it must find, and when it takes a fault to be over ---

DAY = 1


def struck_by(fault: Fault, entity: str, *, for_us: int | None = None) -> Struck:
    """The day with one fault, in the middle of the first truck."""
    action = Action(trigger=Trigger(cases_placed=5, of_trailer="t1"), fault=fault, entity=entity, for_us=for_us)
    scenario = day_of(DAY)
    return play(replace(scenario, day=replace(scenario.day, timeline=(action,))))


@pytest.fixture
def clean() -> Clean:
    """Run before anything is planted."""
    return clean_day(DAY)


def robot_at(trailer_id: str) -> str:
    """The robot that works there on the day without faults."""
    run = play(day_of(DAY))
    return next(
        m.source.rpartition("/")[2]
        for _, m in run.log
        if isinstance(m, UnloadStarted) and m.data.trailer_id == trailer_id
    )


def conveyor_at(trailer_id: str) -> str:
    """The belt of the door at which it stands then."""
    door_id = next(row.door_id for row in play(day_of(DAY)).world.truth().trailers if row.trailer_id == trailer_id)
    return next(door.conveyor_id for door in day_of(DAY).day.site.doors if door.door_id == door_id)


def test_a_fault_is_over_when_people_have_ended_it() -> None:
    run = struck_by("conveyor_jam", f"conveyor/{conveyor_at('t1')}")
    cleared_us = next(at_us for at_us, m in run.log if isinstance(m, ConveyorCleared))
    assert calm_from_us(run) == cleared_us > run.strikes[0].at_us


def test_a_stop_is_over_when_the_robot_is_released() -> None:
    run = struck_by("emergency_stop", f"robot/{robot_at('t1')}")
    released_us = next(at_us for at_us, m in run.log if isinstance(m, ReleaseToWork))
    assert released_us <= calm_from_us(run) < released_us + 10 * US_PER_S


def test_a_death_is_over_when_the_robot_has_started_again() -> None:
    run = struck_by("robot_dies", f"robot/{robot_at('t1')}", for_us=MINUTE_US)
    began_us = [at_us for at_us, m in run.log if isinstance(m, RobotFactsheet) and m.boot == 2]
    assert [calm_from_us(run)] == [at_us + MINUTE_US for at_us in began_us]


def test_a_truck_that_waits_for_ever_is_found(clean: Clean, monkeypatch: pytest.MonkeyPatch) -> None:
    belt = conveyor_at("t1")
    monkeypatch.setattr(Conveyor, "clear", lambda _self, **_about: None)
    found = problems(struck_by("conveyor_jam", f"conveyor/{belt}"), clean)
    assert any(problem.startswith("never settled: ['t1']") for problem in found), found


@pytest.mark.parametrize("fault", ["robot_silent", "messages_lost"])
def test_a_truck_that_leaves_too_late_is_found(fault: Fault, clean: Clean) -> None:
    run = struck_by(fault, f"robot/{robot_at('t1')}", for_us=1)
    hasty = clean._replace(turnaround_us={"t1": MINUTE_US})
    (problem,) = problems(run, hasty)
    assert problem.startswith("trailer t1 left")


def test_people_whose_word_is_lost_are_asked_anew_and_then_it_is_over() -> None:
    belt = conveyor_at("t1")
    jam = Action(trigger=Trigger(cases_placed=5, of_trailer="t1"), fault="conveyor_jam", entity=f"conveyor/{belt}")
    deaf = Action(trigger=jam.trigger, fault="messages_lost", entity="operator/floor", for_us=MINUTE_US)
    scenario = day_of(DAY)
    run = play(replace(scenario, day=replace(scenario.day, timeline=(deaf, jam))))
    raised_us = next(at_us for at_us, m in run.log if isinstance(m, ExceptionRaised))
    resolved_us = [at_us for at_us, m in run.log if isinstance(m, ExceptionResolved)]
    assert calm_from_us(run) >= raised_us + 30 * MINUTE_US
    assert calm_from_us(run) in resolved_us


@pytest.mark.parametrize(("believed", "is_found"), [("delivered", True), ("unknown", False)])
def test_where_words_are_lost_less_may_be_known_and_nothing_that_is_not_so(
    believed: Place,
    is_found: bool,  # noqa: FBT001 - a table
    clean: Clean,
) -> None:
    run = struck_by("messages_lost", f"robot/{robot_at('t1')}", for_us=1)
    cases = [case for trailer in run.state.trailers.values() for case in trailer.cases.values()]
    next(case for case in cases if case.place == "manual").place = believed
    assert bool(problems(run, clean)) is is_found


def test_a_label_that_is_forgotten_is_found(clean: Clean, monkeypatch: pytest.MonkeyPatch) -> None:
    labels: list[str] = []

    def forgets_the_first(state: SiteState, changes: Changes, sender: Sender, message: CaseIdentified) -> None:
        fold_cases.identified(state, changes, sender, message)
        labels.append(message.data.label)
        if len(labels) == 1:
            state.trailers[message.data.trailer_id].cases[message.data.track_id].label = None

    identified: type[Message] = CaseIdentified
    monkeypatch.setitem(FOLDS, identified, forgets_the_first)
    (problem,) = problems(play(day_of(DAY)), clean)
    assert problem.endswith("forgets 1 cases whose label was read")
