"""A trailer unloaded case by case: nothing is lost, and what a case is does not depend on who picks when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from sim import assumptions
from sim.plan import Action, DayPlan, ManifestLoad, Trigger
from sim.truth import CaseRow
from tests.sim.console import Console
from tests.sim.days import day, seconds
from tests.sim.fake_backend import Day, Planner, top_down
from twin.messages.wall import SeenCase
from twin.robot_states import is_allowed


def bottom_up(cases: Sequence[SeenCase]) -> list[str]:
    """The worst order there is."""
    return [case.track_id for case in sorted(cases, key=lambda case: case.position_m[2])]


def outcomes(run: Day) -> Counter[str]:
    return Counter(row.outcome for row in run.world.truth().cases)


def test_a_whole_trailer_is_unloaded() -> None:
    run = Day(day(cases=80)).run()
    assert outcomes(run) == {"received": 80}
    assert len(run.messages("case.identified")) + len(run.messages("case.unreadable")) == 80


def test_every_case_has_one_outcome_whatever_the_planner_does() -> None:
    run = Day(day(cases=80, seed=3), planner=bottom_up).run()
    rows = run.world.truth().cases
    assert len({row.case_id for row in rows}) == len(rows) == 80
    assert {row.outcome for row in rows} <= {"received", "damaged", "manual", "refused"}
    assert run.messages("case.dropped"), "the worst order makes cases fall"


def test_another_order_of_picking_meets_the_same_cases() -> None:
    def cases(run: Day) -> list[tuple[str, str | None, str, float, str]]:
        rows: tuple[CaseRow, ...] = run.world.truth().cases
        return [(row.case_id, row.manifest_line, row.label, row.weight_kg, row.fault) for row in rows]

    assert cases(Day(day(cases=80)).run()) == cases(Day(day(cases=80), planner=bottom_up).run())


def test_what_happens_on_the_first_grip_of_a_case_does_not_depend_on_the_order() -> None:
    plan = day(cases=40, robots=1, seed=5)

    def tries(run: Day) -> dict[str, int]:
        track = {case.track_id: case_id for case_id, case in run.world._dock.trailers["t1"].cases.items()}
        picked = run.messages("case.picked")
        return {track[message.data.track_id]: message.data.attempts for message in reversed(picked)}

    forward, backward = tries(Day(plan).run()), tries(Day(plan, planner=lambda cases: bottom_up(cases)[::-1]).run())
    assert forward == backward


def test_a_trailer_is_unloaded_at_the_published_rate() -> None:
    run = Day(day(cases=300)).run()
    (row,) = run.world.truth().trailers
    assert row.unload_started_us is not None
    assert row.unload_finished_us is not None
    rate = 300 / ((row.unload_finished_us - row.unload_started_us) / 3.6e9)
    assert 580 <= rate <= 800


@pytest.mark.parametrize("planner", [top_down, bottom_up])
def test_a_robot_never_leaves_the_transition_table(planner: Planner) -> None:
    run = Day(day(cases=60), planner=planner).run()
    reported = [
        delivery.message.data.robot_state for delivery in run.arrivals if delivery.message.type == "robot.state.v1"
    ]
    at_the_wall = {"PICKING", "PLACING"}
    for before, after in pairwise(reported):
        hops = at_the_wall if before in at_the_wall else {before}
        assert any(is_allowed(hop, after) for hop in hops), f"{before} -> {after}"


def test_a_scan_says_what_can_be_seen_in_parts_and_never_the_true_ids() -> None:
    console = Console(day(cases=200)).at_the_wall()
    scans = console.said("wall.scanned")
    tracks = [case.track_id for scan in scans for case in scan.data.cases]
    assert [scan.data.part for scan in scans] == list(range(1, scans[0].data.parts + 1))
    assert tracks == [f"t1-c{number}" for number in range(1, len(tracks) + 1)]
    true = console.world._dock.trailers["t1"].cases
    by_track = {case.track_id: case for case in true.values() if case.track_id}
    assert [by_track[track].case_id for track in tracks] != tracks, "tracks are numbered as seen, cases as loaded"
    for scan in scans:
        for case in scan.data.cases:
            loaded = true[by_track[case.track_id].case_id].loaded
            error = max(abs(a - b) for a, b in zip(case.position_m, loaded.center_m, strict=True))
            assert 0 < error < 6 * assumptions.POSITION_STDDEV_M


def test_a_track_keeps_its_number_from_scan_to_scan() -> None:
    console = Console(day(cases=60)).at_the_wall()
    first = {case.track_id: case for case in console.last("wall.scanned").data.cases}
    console.take(next(iter(first)))
    console.run(60)
    second = {case.track_id: case for case in console.last("wall.scanned").data.cases}
    assert next(iter(first)) not in second
    assert len(first.keys() & second.keys()) > 5


def four_of_a_kind(folder: Path, *, weight_kg: float, size_m: tuple[float, float, float]) -> DayPlan:
    path = folder / "manifest.csv"
    header = "line_id,po_id,sku,label,quantity,length_m,width_m,height_m,weight_kg"
    path.write_text(f"{header}\nl1,po1,sku1,label1,4,{size_m[0]},{size_m[1]},{size_m[2]},{weight_kg}\n")
    plan = day(cases=1)
    (trailer,) = plan.trailers
    return replace(plan, trailers=(replace(trailer, load=ManifestLoad(path=str(path))),))


@pytest.mark.parametrize(
    ("weight_kg", "size_m", "reason"),
    [(60.0, (0.5, 0.4, 0.4), "too_heavy"), (10.0, (1.2, 0.4, 0.4), "too_large")],
)
def test_a_case_beyond_the_limits_is_refused_and_people_carry_it_out(
    tmp_path: Path, weight_kg: float, size_m: tuple[float, float, float], reason: str
) -> None:
    run = Day(four_of_a_kind(tmp_path, weight_kg=weight_kg, size_m=size_m)).run()
    assert [message.data.reason for message in run.messages("case.refused")] == [reason] * 4
    assert outcomes(run) == {"refused": 4}
    assert [message.data.disposition for message in run.messages("case.recovered")] == ["refused"] * 4


def test_a_slipped_case_is_cleared_from_the_floor() -> None:
    slip = Action(trigger=Trigger(cases_placed=5), fault="case_drops", entity="robot/r1")
    run = Day(day(slip, cases=30)).run()
    (dropped,) = [message for message in run.messages("case.dropped") if message.data.cause == "slipped"]
    again = [m.data.taken_from for m in run.messages("case.picked") if m.data.track_id == dropped.data.track_id]
    assert again == ["wall", "floor"]
    assert "CLEARING_FLOOR" in [message.data.robot_state for message in run.messages("robot.state")]


def test_cases_that_lose_their_support_fall_and_the_plan_fails() -> None:
    console = Console(day(cases=80)).at_the_wall()
    lowest = min(console.last("wall.scanned").data.cases, key=lambda case: case.position_m[2])
    command = console.take(lowest.track_id, "t1-c1")
    console.run(30)
    fallen = console.said("case.dropped", cause="fell")
    assert fallen
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    on_floor = {case.track_id for case in console.last("wall.scanned").data.cases if case.lies_on_floor}
    assert {message.data.track_id for message in fallen} <= on_floor
    assert console.said("case.placed", track_id=lowest.track_id), "what it held is placed all the same"


def test_messages_of_a_pick_name_their_causes_and_the_order() -> None:
    run = Day(day(cases=30)).run()
    by_id = {delivery.message.id: delivery.message for delivery in run.arrivals}
    by_id |= {delivery.message.id: delivery.message for delivery in run.published}
    for identified in run.messages("case.identified"):
        placed = by_id[identified.causationid]
        picked = by_id[placed.causationid or ""]
        plan = by_id[picked.causationid or ""]
        assert [m.type for m in (placed, picked, plan)] == [
            "case.placed.v1",
            "case.picked.v1",
            "pick_plan.assign.v1",
        ]
        assert identified.correlationid == picked.correlationid == "o-t1"


def test_an_unknown_track_ends_the_plan() -> None:
    console = Console(day(cases=30)).at_the_wall()
    command = console.take("t1-c999")
    console.run(30)
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]


def test_a_plan_to_leave_ends_plan_and_order() -> None:
    console = Console(day(cases=30)).at_the_wall()
    order_id = console.said("command.accepted")[-1].data.command_id
    plan = console.take(then_leave=True)
    console.run(60)
    assert console.outcome(plan) == [("accepted", None), ("completed", None)]
    assert console.said("command.completed", command_id=order_id)
    assert console.last("unload.finished").data.cases_placed == 0
    assert console.states()[-2:] == ["EXITING", "IDLE"]


def test_a_plan_for_another_scan_is_refused() -> None:
    console = Console(day(cases=30)).at_the_wall()
    command = console.take("t1-c1", scan_id="t1-s99")
    console.run(5)
    assert console.outcome(command) == [("rejected", "scan_outdated")]


def test_damage_is_seen_when_the_fallen_case_is_cleared() -> None:
    run = Day(day(cases=120, seed=3), planner=bottom_up).run()
    damaged = {message.data.track_id for message in run.messages("case.damaged")}
    assert damaged
    assert not damaged & {message.data.track_id for message in run.messages("case.placed")}
    recovered = {m.data.track_id: m.data.disposition for m in run.messages("case.recovered")}
    assert dict.fromkeys(damaged, "damaged").items() <= recovered.items()


def test_a_day_goes_on_after_a_fault_at_an_instant() -> None:
    fails = Action(trigger=Trigger(at_us=seconds(400)), fault="grip_fails", entity="robot/r1")
    assert sum(outcomes(Day(day(fails, cases=30)).run()).values()) == 30


def hidden_track(console: Console) -> str:
    """A case that is seen, but of whose face too little is open."""
    seen = console.last("wall.scanned").data.cases
    return next(str(case.track_id) for case in seen if case.visible_fraction < assumptions.GRIP_SHARE_MIN)


def test_a_case_hidden_by_what_was_not_seen_waits_for_the_next_scan() -> None:
    console = Console(day(cases=200)).at_the_wall()
    hidden = hidden_track(console)
    seen = console.last("wall.scanned").data.cases
    first = max((case for case in seen if case.visible_fraction == 1.0), key=lambda case: case.position_m[2])
    command = console.take(hidden, first.track_id)
    console.run(30)
    assert [message.data.track_id for message in console.said("case.placed")] == [first.track_id]
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    assert hidden in {case.track_id for case in console.last("wall.scanned").data.cases}


def test_a_hidden_case_that_is_the_whole_plan_drags_down_what_hides_it() -> None:
    console = Console(day(cases=200)).at_the_wall()
    hidden = hidden_track(console)
    command = console.take(hidden)
    console.run(30)
    assert console.said("case.placed", track_id=hidden)
    assert console.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    assert any(case.lies_on_floor for case in console.last("wall.scanned").data.cases)
