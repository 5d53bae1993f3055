"""What floor staff do in a cell: they go in, do it, come out, and then say so."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from sim.case import Case
from sim.perception import Merged
from sim.plan import Action, Fault, OperatorsPlan, Trigger
from tests.sim.console import Console
from tests.sim.days import day, seconds
from tests.sim.fake_backend import top_down
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import PauseData, ReleaseToWork

QUICK = OperatorsPlan(floor_response_us=10 * US_PER_S, floor_handling_us=60 * US_PER_S)


def fault(name: Fault, entity: str = "robot/r1", *, for_us: int | None = None, **when: Any) -> Action:  # noqa: ANN401
    return Action(trigger=Trigger(**when), fault=name, entity=entity, for_us=for_us)


def working(*timeline: Action, **plan: Any) -> Console:  # noqa: ANN401 - fields of DayPlan
    """r1 in t1 at d1, with a plan for all it has seen."""
    console = Console(day(*timeline, cases=40, operators=QUICK, **plan)).at_the_wall()
    console.take(*[case.track_id for case in console.last("wall.scanned").data.cases])
    return console


def ask(console: Console, exception_type: str, option: str, entity: str = "robot/r1", **fields: Any) -> Any:  # noqa: ANN401
    return console.request(exception_type, role="floor", entity=entity, options=(option,), **fields)


def deeds(console: Console) -> list[str]:
    """What people, and the robot's emergency stop, have said since they were asked."""
    kinds = ("door.person", "case.rec", "case.retr", "robot.removed", "robot.emergency", "intervention", "sorter.cl")
    return [message.type.removesuffix(".v1") for _, message in console.log if message.type.startswith(kinds)]


def test_an_emergency_stop_in_a_trailer_is_reset_in_the_cell() -> None:
    console = working(fault("emergency_stop", robot_holds_case="r1")).run(60)
    request = ask(console, "emergency_stop", "assist")
    console.run(300)
    # What is said at one instant arrives in the order of who says it.
    assert deeds(console) == [
        "robot.emergency_stopped",
        "intervention.taken",
        "door.person_entered",
        "door.person_left",
        "intervention.answered",
        "robot.emergency_stop_reset",
    ]
    assert console.last("robot.emergency_stop_reset").causationid == request.id
    assert console.last("door.person_entered").causationid == request.id
    assert console.states()[-1] == "PAUSED"
    console.command(ReleaseToWork, "robot/r1", console.data(PauseData))
    placed = len(console.said("case.placed"))
    console.run(60)
    assert len(console.said("case.placed")) > placed


def test_an_emergency_stop_outside_a_trailer_needs_no_cell() -> None:
    console = Console(day(fault("emergency_stop", at_us=seconds(20)), cases=20, operators=QUICK)).run(30)
    ask(console, "emergency_stop", "assist")
    console.run(300)
    assert console.said("robot.emergency_stop_reset")
    assert not console.said("door.person_entered")


def test_a_zombie_is_switched_off_and_taken_out_with_what_it_holds() -> None:
    console = working(fault("robot_zombie", robot_holds_case="r1")).run(60)
    ask(console, "robot_stuck", "abandon")
    console.run(300)
    assert sorted(deeds(console)) == [
        "case.recovered",
        "door.person_entered",
        "door.person_left",
        "intervention.answered",
        "intervention.taken",
        "robot.removed",
    ]
    console.run(3600)
    assert console.last("robot.state").boot == 2
    released = console.release()
    console.run(1)
    assert console.outcome(released) == [("accepted", None)]


def test_a_robot_that_works_is_left_alone_and_not_stopped() -> None:
    console = working()
    ask(console, "robot_stuck", "abandon")
    console.run(100)
    assert deeds(console) == ["intervention.taken", "intervention.answered"]
    assert "PROTECTIVE_STOP" not in console.states()


def test_of_two_machines_with_one_id_one_is_ended_and_the_other_starts_above_it() -> None:
    console = working(fault("double_identity", robot_holds_case="r1")).run(60)
    ask(console, "double_identity", "abandon")
    console.run(3600)
    assert console.said("robot.removed")
    boots = [message.boot for message in console.said("robot.state")]
    assert (boots[0], boots[-1]) == (1, 3)
    assert boots.index(3) > max(index for index, boot in enumerate(boots) if boot == 2)
    ask(console, "double_identity", "abandon")
    console.run(3600)
    assert len(console.said("robot.removed")) == 1
    assert console.last("robot.state").boot == 3


def test_lost_vacuum_is_seen_to_in_the_cell_and_the_robot_told_to_try_again() -> None:
    console = working(fault("vacuum_lost", robot_holds_case="r1")).run(60)
    (raised,) = console.said("robot.error_raised", error_type="vacuum_lost")
    assert (raised.data.owner, raised.data.error_level) == ("floor", "FATAL")
    ask(console, "vacuum_lost", "retry")
    console.run(300)
    assert sorted(deeds(console)) == [
        "door.person_entered",
        "door.person_left",
        "intervention.answered",
        "intervention.taken",
    ]
    assert console.last("intervention.answered").data.answer == "retry"


def test_who_looks_for_a_case_that_is_none_says_so() -> None:
    console = Console(day(fault("ghost_case", "trailer/t1", at_us=seconds(1)), cases=20, operators=QUICK)).at_the_wall()
    console.take(then_leave=True)
    console.run(120)
    ask(console, "leftovers", "assist", "door/d1", trailer_id="t1")
    console.run(300)
    (retracted,) = console.said("case.retracted")
    assert retracted.source == "/bos1/operator/floor"
    seen = {case.track_id for case in console.last("wall.scanned").data.cases}
    recovered = {message.data.track_id for message in console.said("case.recovered")}
    assert retracted.data.track_id in seen
    assert len(recovered) == 20
    assert seen <= recovered | {retracted.data.track_id}
    ask(console, "leftovers", "assist", "door/d1", trailer_id="t1")
    console.run(300)
    assert len(console.said("case.retracted")) == 1


def test_a_sorter_is_cleared_by_people() -> None:
    console = Console(day(fault("sorter_down", "sorter/s1", at_us=seconds(20)), sorter_id="s1", operators=QUICK)).run(
        60
    )
    request = ask(console, "sorter_jammed", "retry", "sorter/s1")
    console.run(300)
    (cleared,) = console.said("sorter.cleared")
    assert cleared.causationid == request.id
    assert not console.said("door.person_entered")


def test_a_robot_that_died_on_its_way_is_fetched_without_a_cell() -> None:
    plan = day(fault("robot_dies", at_us=seconds(404)), cases=20, doors=2, robots=1, operators=QUICK)
    console = Console(plan).run(2)
    console.dock("t1", "d2")
    console.run(400).order(door=2)
    console.run(30)
    assert console.states()[-1] == "TRAVELLING"
    ask(console, "robot_lost", "abandon")
    console.run(300)
    assert deeds(console) == ["intervention.taken", "robot.removed", "intervention.answered"]


def test_what_fell_by_itself_lies_on_the_floor_in_the_next_scan_or_is_said_by_the_robot_inside() -> None:
    collapse = fault("wall_collapse", "trailer/t1", at_us=seconds(100))
    console = Console(day(collapse, cases=40, operators=QUICK)).at_the_wall()
    assert any(case.lies_on_floor for case in console.last("wall.scanned").data.cases)
    assert not console.said("case.dropped")
    console = working(fault("wall_collapse", "trailer/t1", at_us=seconds(470))).run(60)
    assert console.said("case.dropped", cause="fell")


def test_who_looks_for_what_was_left_in_a_trailer_that_has_gone_enters_no_other() -> None:
    console = Console(day(cases=20, trailers=2, robots=0, operators=QUICK)).run(5)
    for trailer_id in ("t1", "t2"):
        console.dock(trailer_id)
        console.run(400)
        if trailer_id == "t1":
            console.release(trailer_id)
            console.run(400)
    ask(console, "leftovers", "assist", "door/d1", trailer_id="t1")
    console.run(300)
    assert deeds(console) == ["intervention.taken", "intervention.answered"]


@pytest.mark.parametrize("phase_s", [0.0, 1.0, 2.0, 3.0, 4.0])
def test_what_people_carry_out_from_under_a_robots_gripper_it_does_not_take(phase_s: float) -> None:
    """Whatever it was doing when they came in: it looks again, and every case has one outcome."""
    console = Console(day(cases=40, operators=QUICK)).at_the_wall()
    plan = console.take(*top_down(console.last("wall.scanned").data.cases))
    console.run(10 + phase_s)
    ask(console, "leftovers", "assist", "door/d1", trailer_id="t1")
    console.run(1200)
    assert len(console.said("case.recovered")) + len(console.said("case.placed")) == 40
    assert console.outcome(plan) == [("accepted", None), ("failed", "wall_changed")]
    assert console.last("wall.scanned").data.cases == ()


def test_a_case_that_slipped_and_was_carried_out_is_not_cleared_from_the_floor() -> None:
    console = Console(day(fault("case_drops", robot_holds_case="r1"), cases=40)).at_the_wall()
    plan = console.take(*top_down(console.last("wall.scanned").data.cases))
    while not console.said("case.dropped"):
        console.run(0.2)
    slipped = console.last("case.dropped").data.track_id
    trailer = console.world._dock.trailers["t1"]
    case = trailer.by_track[slipped]
    assert isinstance(case, Case)
    trailer.carry_out(case)
    console.run(60)
    assert len(console.said("case.picked", track_id=slipped)) == 1
    assert console.outcome(plan) == [("accepted", None), ("failed", "wall_changed")]


def test_where_the_way_is_blocked_what_was_seen_as_one_is_carried_out_as_two() -> None:
    merged = [fault("merged_cases", "trailer/t1", at_us=seconds(1))]
    console = Console(day(*merged, cases=20, operators=QUICK)).at_the_wall()
    trailer = console.world._dock.trailers["t1"]
    (pair,) = [it for it in trailer.by_track.values() if isinstance(it, Merged)]
    console.take(then_leave=True)
    console.run(120)
    ask(console, "wall_blocked", "assist", "door/d1", trailer_id="t1")
    console.run(600)
    assert [case.whereabouts for case in pair.cases] == ["carried_out", "carried_out"]
    assert pair.track_id in {message.data.track_id for message in console.said("case.recovered")}
    assert len(console.said("case.recovered")) < 20, "what nobody has seen stays"


def test_a_trailer_that_is_emptied_by_hand_takes_as_long_as_its_cases() -> None:
    plan = day(fault("robot_dies", at_us=seconds(1)), cases=30, operators=QUICK)
    console = Console(plan).run(2)
    console.dock()
    console.run(400)
    ask(console, "leftovers", "assist", "door/d1", trailer_id="t1")
    console.run(600)
    carried_us = [parse_time(message.time) for message in console.said("case.recovered")]
    entered, left = console.last("door.person_entered"), console.last("door.person_left")
    assert len(carried_us) == 30
    assert {after - before for before, after in pairwise(carried_us)} == {10 * US_PER_S}
    assert carried_us[0] - parse_time(entered.time) > 10 * US_PER_S, "they have to see first what there is"
    assert carried_us[-1] == parse_time(left.time)


def test_two_people_at_one_trailer_carry_each_case_out_once() -> None:
    plan = day(fault("robot_dies", at_us=seconds(1)), cases=30, operators=replace(QUICK, floor=2))
    console = Console(plan).run(2)
    console.dock()
    console.run(400)
    for exception_type in ("leftovers", "wall_blocked", "leftovers"):
        ask(console, exception_type, "assist", "door/d1", trailer_id="t1")
    console.run(1200)
    assert len(console.said("case.recovered")) == len({m.data.track_id for m in console.said("case.recovered")}) == 30
