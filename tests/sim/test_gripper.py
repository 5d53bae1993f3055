"""What a gripper can do: limits that make it refuse, vacuum that is lost, two cases at once, and what is no case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import pytest

from sim import assumptions
from sim.case import Case
from sim.falling import come_down
from sim.perception import Merged
from sim.physics.port import Fall
from sim.plan import Action, DockPlan, OperatorsPlan, RobotPlan, Trigger
from tests.sim.console import Console
from tests.sim.days import day
from tests.sim.fake_backend import Day, top_down
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import AssignPickPlan, Cancel, CancelData, ErrorAnswerData, Retry, Skip

QUICK = OperatorsPlan(floor_response_us=10 * US_PER_S, floor_handling_us=10 * US_PER_S)


def at_the_wall(*, faults: tuple[str, ...] = (), **plan: Any) -> Console:  # noqa: ANN401 - fields of a plan
    console = Console(day(cases=plan.pop("cases", 60), **plan)).at_the_wall()
    console.world._dock.robots["r1"].forced.update(faults)
    return console


def tracks(console: Console) -> list[str]:
    return top_down(console.last("wall.scanned").data.cases)


def outcomes(run: Day) -> Counter[str]:
    return Counter(row.outcome for row in run.world.truth().cases)


# -- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (RobotPlan(reach_m=0.6), "out_of_reach"),
        (RobotPlan(weight_max_kg=6.0, weight_max_high_kg=6.0), "too_heavy"),
        (RobotPlan(size_max_m=(0.55, 0.5, 0.5)), "too_large"),
    ],
)
def test_a_robot_refuses_what_is_beyond_its_own_limits(limits: RobotPlan, reason: str) -> None:
    run = Day(day(cases=40, robot_plans={"r1": limits})).run()
    refused = {message.data.track_id for message in run.messages("case.refused")}
    assert refused
    assert {message.data.reason for message in run.messages("case.refused")} == {reason}
    assert not refused & {message.data.track_id for message in run.messages("case.placed")}
    assert outcomes(run)["refused"] == len(refused)


def test_a_case_out_of_reach_is_refused_without_a_grip() -> None:
    console = at_the_wall(robot_plans={"r1": RobotPlan(reach_m=0.01)})
    console.take(tracks(console)[0])
    console.run(0.5)
    assert console.said("case.refused", reason="out_of_reach")


def test_a_fallen_case_is_in_reach_of_any_robot() -> None:
    console = at_the_wall(robot_plans={"r1": RobotPlan(reach_m=0.01)})
    trailer = console.world._dock.trailers["t1"]
    fallen = {trailer.cases[fall.case_id].track_id for fall in trailer.collapse(0.2, (0.5,) * 8)}
    track = next(track for track in tracks(console) if track in fallen)
    console.take(track)
    console.run(20)
    assert console.said("case.picked", track_id=track, taken_from="floor") or console.said("case.damaged")


def test_the_factsheet_says_its_limits() -> None:
    plan = RobotPlan(reach_m=2.0, weight_max_kg=30.0, weight_max_high_kg=20.0, cases_per_pick=2, battery_us=US_PER_S)
    data = Console(day(robot_plans={"r1": plan})).run(1).last("robot.factsheet").data
    assert (data.reach_m, data.weight_kg_max, data.weight_kg_max_high) == (2.0, 30.0, 20.0)
    assert (data.cases_per_pick_max, data.power) == (2, "battery")
    assert data.calibrated_at == "2025-12-29T05:00:00.000000Z"


def test_the_next_case_that_is_gripped_may_be_crushed() -> None:
    console = at_the_wall(faults=("case_damaged",))
    first, second = tracks(console)[:2]
    console.take(first, second)
    console.run(20)
    assert console.said("case.damaged", track_id=first)
    assert console.said("case.placed", track_id=second)


# -- vacuum -----------------------------------------------------------------------------------------------------------


def without_vacuum(**plan: Any) -> Console:  # noqa: ANN401 - fields of a plan
    console = at_the_wall(faults=("vacuum_lost",), **plan)
    console.take(*tracks(console))
    return console.run(20)


def test_without_vacuum_the_case_slips_and_the_robot_waits_for_people_at_the_machine() -> None:
    console = without_vacuum()
    (dropped,) = console.said("case.dropped")
    (raised,) = console.said("robot.error_raised", error_type="vacuum_lost")
    assert (dropped.data.cause, raised.data.track_id) == ("slipped", dropped.data.track_id)
    assert (raised.data.error_level, raised.data.allowed_answers, raised.data.owner) == ("FATAL", ("retry",), "floor")
    state = console.run(300).last("robot.state").data
    assert (state.robot_state, state.holding) == ("FAULT", ())
    assert [error.error_type for error in state.errors] == ["vacuum_lost"]


def test_told_to_retry_it_looks_again() -> None:
    console = without_vacuum()
    plan = console.said("command.accepted")[-1].data.command_id
    error_id = console.last("robot.error_raised").data.error_id
    data = console.data(ErrorAnswerData, error_id=error_id)
    console.command(Skip, "robot/r1", data)
    console.command(Retry, "robot/r1", console.data(ErrorAnswerData, error_id=error_id))
    console.run(10)
    assert [message.data.code for message in console.said("command.rejected")] == ["not_allowed"]
    assert console.said("robot.error_cleared", error_id=error_id)
    assert console.said("command.failed", command_id=plan, code="wall_changed")
    assert any(case.lies_on_floor for case in console.last("wall.scanned").data.cases)
    assert console.last("robot.state").data.errors == ()


def test_an_order_cancelled_in_a_fault_is_ended() -> None:
    console = without_vacuum()
    console.command(Cancel, "robot/r1", console.data(CancelData, order_id="o-t1"))
    console.run(60)
    assert console.states()[-3:] == ["FAULT", "EXITING", "IDLE"]


def test_after_a_lost_vacuum_the_trailer_is_unloaded_all_the_same() -> None:
    lost = Action(trigger=Trigger(cases_placed=5), fault="vacuum_lost", entity="robot/r1")
    run = Day(day(lost, cases=40, operators=QUICK)).run()
    assert sum(outcomes(run)[outcome] for outcome in ("received", "damaged")) == 40
    assert {m.data.people_inside for m in run.messages("door.person_entered")} == {1}


# -- several cases ----------------------------------------------------------------------------------------------------

PAIRS = {"r1": RobotPlan(cases_per_pick=2)}


def picks_at_once(run: Day) -> Counter[int]:
    """How many cases were picked at one instant, by how often."""
    return Counter(Counter(message.time for message in run.messages("case.picked")).values())


def test_a_robot_takes_neighbours_along_in_one_cycle_if_it_can() -> None:
    one, two = Day(day(cases=120, seed=4)).run(), Day(day(cases=120, seed=4, robot_plans=PAIRS)).run()
    assert set(picks_at_once(one)) == {1}
    assert picks_at_once(two)[2] > 20
    assert set(picks_at_once(two)) == {1, 2}
    assert sum(outcomes(two).values()) == 120
    assert outcomes(two)["received"] >= 118
    (slow,), (fast,) = one.world.truth().trailers, two.world.truth().trailers
    assert (fast.unload_finished_us or 0) < (slow.unload_finished_us or 0)


def test_what_is_taken_along_stands_beside_and_weighs_within_the_limit_together() -> None:
    limit_kg = 25.0
    plan = {"r1": RobotPlan(cases_per_pick=3, weight_max_kg=limit_kg, weight_max_high_kg=limit_kg)}
    run = Day(day(cases=120, seed=4, robot_plans=plan)).run()
    by_track = run.world._dock.trailers["t1"].by_track
    together: dict[str, list[Case]] = {}
    for message in run.messages("case.picked"):
        case = by_track[message.data.track_id]
        assert isinstance(case, Case)
        together.setdefault(message.time, []).append(case)
    pairs = [cases for cases in together.values() if len(cases) > 1]
    assert pairs
    for cases in pairs:
        assert sum(case.loaded.weight_kg for case in cases) <= limit_kg
        for a, b in pairwise(cases):
            assert abs(a.loaded.center_m[2] - b.loaded.center_m[2]) <= 0.03 + abs(
                a.loaded.size_m[2] - b.loaded.size_m[2]
            )
            gap_m = abs(a.loaded.center_m[1] - b.loaded.center_m[1]) - (a.loaded.size_m[1] + b.loaded.size_m[1]) / 2.0
            assert abs(gap_m) <= assumptions.SEAM_MAX_M


def test_a_state_names_both_cases_in_hand() -> None:
    run = Day(day(cases=120, seed=4, robot_plans=PAIRS)).run()
    held = {len(message.data.holding) for message in run.messages("robot.state")}
    assert 2 in held
    assert max(held) == 2


def test_what_does_not_come_along_is_taken_next() -> None:
    clumsy = {"r1": RobotPlan(cases_per_pick=2, grip_fails=0.4)}
    run = Day(day(cases=120, seed=4, robot_plans=clumsy)).run()
    assert picks_at_once(run)[2] > 5
    completed = {message.data.command_id for message in run.messages("command.completed")}
    planned = [
        track
        for delivery in run.published
        if isinstance(delivery.message, AssignPickPlan) and delivery.message.id in completed
        for track in delivery.message.data.track_ids
    ]
    settled = {m.data.track_id for word in ("picked", "damaged", "refused") for m in run.messages(f"case.{word}")}
    assert len(planned) > 60
    assert set(planned) <= settled


def test_of_two_in_hand_one_may_slip_and_without_vacuum_both_do() -> None:
    def slipped(fault: Literal["case_drops", "vacuum_lost"]) -> int:
        console = Console(day(cases=120, seed=4, robot_plans=PAIRS)).at_the_wall()
        console.take(*tracks(console))
        robot = console.world._dock.robots["r1"]
        for _ in range(3000):
            console.run(0.1)
            if len(robot.holding) == 2:
                break
        robot.forced.add(fault)
        console.run(15)
        return len(console.said("case.dropped", cause="slipped"))

    assert slipped("case_drops") == 1
    assert slipped("vacuum_lost") == 2


# -- what is no case --------------------------------------------------------------------------------------------------


def test_a_ghost_costs_grips_and_is_retracted_and_the_plan_goes_on() -> None:
    ghost = Action(trigger=Trigger(trailer_docked="t1"), fault="ghost_case", entity="trailer/t1")
    console = Console(day(ghost, cases=60)).at_the_wall()
    (track,) = console.world._dock.trailers["t1"].perception.ghosts()
    first = next(it for it in tracks(console) if it != track)
    command = console.take(track, first)
    at_us = console.now_us
    console.run(60)
    (retracted,) = console.said("case.retracted")
    assert retracted.data.track_id == track
    assert 3 * 2.4 * 0.55 < (parse_time(retracted.time) - at_us) / US_PER_S < 3 * 6.2 * 0.55 + 1
    assert not console.said("case.picked", track_id=track)
    assert console.said("case.placed", track_id=first)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert track not in {case.track_id for case in console.last("wall.scanned").data.cases}


def test_what_was_seen_as_one_and_is_two_is_split_and_both_are_unloaded() -> None:
    merged = Action(trigger=Trigger(trailer_docked="t1"), fault="merged_cases", entity="trailer/t1")
    console = Console(day(merged, cases=60)).at_the_wall()
    by_track = console.world._dock.trailers["t1"].by_track
    (track,) = [track for track, it in by_track.items() if isinstance(it, Merged)]
    command = console.take(track)
    console.run(20)
    (split,) = console.said("case.split")
    assert split.data.track_id == track
    assert len(split.data.successors) == 2
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    seen = {case.track_id for case in console.last("wall.scanned").data.cases}
    assert track not in seen
    assert seen >= set(split.data.successors)


def test_a_day_of_ghosts_and_merges_ends_with_every_case_received() -> None:
    run = Day(day(cases=60, dock=DockPlan(ghosts=0.5, merges=0.5))).run()
    assert run.messages("case.retracted")
    assert run.messages("case.split")
    assert outcomes(run).keys() <= {"received", "damaged", "manual"}


# -- a wall that comes down by itself ---------------------------------------------------------------------------------


def collapse(console: Console, share: float = 0.4) -> None:
    trailer = console.world._dock.trailers["t1"]
    falls = trailer.collapse(share, (0.5,) * 8)
    assert falls
    let_fall(console, falls)


def let_fall(console: Console, falls: Sequence[Fall]) -> None:
    dock = console.world._dock
    unloading = dock.robots["r1"].unloading
    assert unloading is not None
    come_down(dock.kernel, dock.trailers["t1"], falls, unloading.sees_coming_down(falls))


def test_a_robot_says_what_comes_down_before_it_and_its_plan_fails() -> None:
    console = at_the_wall()
    command = console.take(*tracks(console))
    console.run(12)
    collapse(console)
    console.run(20)
    assert console.said("case.dropped", cause="fell")
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    fallen = {message.data.track_id for message in console.said("case.dropped", cause="fell")}
    assert fallen <= {case.track_id for case in console.last("wall.scanned").data.cases if case.lies_on_floor}


def test_a_plan_made_before_the_wall_came_down_is_void() -> None:
    console = at_the_wall()
    planned = tracks(console)
    collapse(console)
    command = console.take(*planned)
    console.run(10)
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    assert not console.said("case.picked")


def test_a_case_that_comes_down_under_the_gripper_is_let_go() -> None:
    console = at_the_wall()
    trailer = console.world._dock.trailers["t1"]
    console.take(tracks(console)[0])
    console.run(0.5)
    case = trailer.by_track[tracks(console)[0]]
    assert isinstance(case, Case)
    let_fall(console, trailer.topple([case.case_id], (0.5,) * 4))
    console.run(10)
    assert not console.said("case.picked")
    assert console.last("wall.scanned").data.cases[-1].lies_on_floor


def test_a_zombie_says_nothing_of_what_comes_down() -> None:
    console = at_the_wall()
    console.take(*tracks(console))
    console.run(12)
    console.world._dock.robots["r1"].become_zombie(30 * US_PER_S)
    collapse(console)
    console.run(20)
    assert not console.said("case.dropped")
    console.run(60)
    assert any(case.lies_on_floor for case in console.last("wall.scanned").data.cases)
