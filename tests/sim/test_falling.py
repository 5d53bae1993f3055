"""What a load does late: cases that are still falling, seals that let go, cases that are no longer where they stood."""

from __future__ import annotations

from typing import Protocol

import pytest

from sim import assumptions
from sim.case import Case
from sim.plan import OperatorsPlan, RobotPlan
from tests.sim.console import Console
from tests.sim.days import day
from tests.sim.fake_backend import Day, top_down
from tests.sim.physics.fake_pile import ASKEW, SHIFT_M, FakePhysics
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Assist, ErrorAnswerData, Retry

SURE = RobotPlan(grip_fails=0.0, drops=0.0)


class Made(Protocol):
    """Makes a robot at a wall on this physics."""

    def __call__(self, physics: FakePhysics) -> Console: ...


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Made:
    """A robot whose own grips hold, at a wall on a fake physics."""

    def made(physics: FakePhysics) -> Console:
        monkeypatch.setattr("sim.world.physics_of", lambda *_: physics)
        return Console(day(fidelity="physics", robot_plans={"r1": SURE})).at_the_wall()

    return made


def tracks(console: Console) -> list[str]:
    return top_down(console.last("wall.scanned").data.cases)


def case_of(console: Console, track: str) -> Case:
    case = console.world.dock.trailers["t1"].by_track[track]
    assert isinstance(case, Case)
    return case


def beside(console: Console, track: str) -> list[str]:
    return console.world.dock.trailers["t1"].state.beside(case_of(console, track).case_id)


def lowest(console: Console) -> tuple[str, Case]:
    """The track and the case at the foot of the wall on which most rests."""
    trailer = console.world.dock.trailers["t1"]
    seen = [trailer.by_track[track] for track in tracks(console)]
    case = max((it for it in seen if isinstance(it, Case)), key=lambda it: len(trailer.state.rests_on_top(it.case_id)))
    assert case.track_id is not None
    assert trailer.state.rests_on_top(case.case_id)
    return case.track_id, case


def is_free(console: Console, track: str) -> bool:
    """Whether nothing stands before it or rests on it."""
    state, case_id = console.world.dock.trailers["t1"].state, case_of(console, track).case_id
    return not state.blocked_by(case_id) and not state.rests_on_top(case_id)


# -- falls ------------------------------------------------------------------------------------------------------------


def test_a_case_is_told_of_as_dropped_when_it_is_down(console: Made) -> None:
    subject = console(FakePhysics(fall_us=700_000))
    track, _ = lowest(subject)
    subject.take(track)
    subject.run(20)
    picked = parse_time(subject.last("case.picked").time)
    fallen = [parse_time(message.time) - picked for message in subject.said("case.dropped", cause="fell")]
    assert fallen == [700_000 * number for number in range(1, len(fallen) + 1)]
    assert fallen


def test_a_fall_damages_a_case_when_it_is_down_not_when_it_begins(console: Made) -> None:
    subject = console(FakePhysics(fall_us=3 * US_PER_S))
    track, case = lowest(subject)
    trailer = subject.world.dock.trailers["t1"]
    (above, *_) = (trailer.cases[name] for name in trailer.state.rests_on_top(case.case_id))
    subject.take(track)
    while not subject.said("case.picked"):
        subject.run(0.1)
    assert (above.falls, above.case_id in trailer.falling) == (0, True)
    subject.run(4)
    assert (above.falls, above.case_id in trailer.falling) == (1, False)


def test_a_robot_neither_looks_nor_leaves_before_all_is_down(console: Made) -> None:
    subject = console(FakePhysics(fall_us=20 * US_PER_S))
    track, _ = lowest(subject)
    command = subject.take(track, then_leave=True)
    subject.run(15)
    assert len(subject.said("wall.scanned")) == 1
    subject.run(120)
    assert subject.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    scanned, fallen = subject.last("wall.scanned"), subject.said("case.dropped")
    assert fallen
    assert parse_time(scanned.time) > max(parse_time(message.time) for message in fallen)


def test_a_robot_that_has_died_meanwhile_says_nothing_of_what_falls_after(console: Made) -> None:
    subject = console(FakePhysics(fall_us=5 * US_PER_S))
    track, _ = lowest(subject)
    subject.take(track)
    while not subject.said("case.picked"):
        subject.run(0.1)
    subject.world.dock.robots["r1"].die(repair_us=US_PER_S)
    subject.run(60)
    assert not subject.said("case.dropped")
    trailer = subject.world.dock.trailers["t1"]
    assert not trailer.falling
    assert all(trailer.cases[name].falls == 1 for name in trailer.state.floor)


def test_a_case_that_is_taken_out_of_its_fall_has_not_fallen(console: Made) -> None:
    subject = console(FakePhysics(fall_us=30 * US_PER_S))
    track, case = lowest(subject)
    trailer = subject.world.dock.trailers["t1"]
    (above, *_) = (trailer.cases[name] for name in trailer.state.rests_on_top(case.case_id))
    subject.take(track)
    while not subject.said("case.picked"):
        subject.run(0.1)
    trailer.carry_out(above)
    subject.run(120)
    assert above.falls == 0
    assert not subject.said("case.dropped", track_id=above.track_id)


# -- seals that let go ------------------------------------------------------------------------------------------------


def test_after_so_many_pulls_that_fail_the_robot_asks_and_people_bring_the_case_out(console: Made) -> None:
    physics = FakePhysics(lets_go=1.0, comes_down=0.0)
    subject = console(physics)
    track = tracks(subject)[0]
    subject.take(track)
    subject.run(60)
    assert [pick.by for pick in physics.picks] == ["robot"] * assumptions.GRIP_TRIES_MAX
    raised = subject.last("robot.error_raised").data
    assert (raised.error_type, raised.allowed_answers) == ("grip_failed", ("retry", "skip", "assist"))
    subject.command(Assist, "robot/r1", subject.data(ErrorAnswerData, error_id=raised.error_id))
    subject.run(120)
    assert [pick.by for pick in physics.picks][-1] == "people"
    assert subject.last("case.picked").data.attempts == assumptions.GRIP_TRIES_MAX + 1
    assert subject.said("case.placed", track_id=track)


def test_where_the_seal_lets_go_after_a_retry_too_the_robot_offers_no_further_one(console: Made) -> None:
    subject = console(FakePhysics(lets_go=1.0, comes_down=0.0))
    track = tracks(subject)[0]
    subject.take(track)
    subject.run(60)
    error_id = subject.last("robot.error_raised").data.error_id
    subject.command(Retry, "robot/r1", subject.data(ErrorAnswerData, error_id=error_id))
    subject.run(60)
    assert subject.last("robot.error_raised").data.allowed_answers == ("skip", "assist")


def test_a_case_that_falls_as_the_seal_lets_go_is_dropped_like_any_other_and_seen_on_the_floor(console: Made) -> None:
    subject = console(FakePhysics(lets_go=1.0, comes_down=1.0))
    track = tracks(subject)[0]
    command = subject.take(track)
    subject.run(60)
    assert not subject.said("case.picked")
    assert subject.said("case.dropped", track_id=track, cause="fell")
    assert subject.outcome(command) == [("accepted", None), ("failed", "wall_changed")]
    seen = {case.track_id: case for case in subject.last("wall.scanned").data.cases}
    assert seen[track].lies_on_floor


def test_where_no_seal_ever_holds_the_day_still_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.world.physics_of", lambda *_: FakePhysics(lets_go=1.0))
    quick = OperatorsPlan(remote_response_us=US_PER_S, remote_handling_us=US_PER_S)
    run = Day(day(fidelity="physics", cases=30, operators=quick)).run()
    assert {row.outcome for row in run.world.truth().cases} <= {"received", "damaged", "manual"}
    assert run.world.progress().trailers_done == 1


def test_a_robot_takes_what_stands_in_the_way_of_another_first(console: Made) -> None:
    subject = console(FakePhysics())
    trailer = subject.world.dock.trailers["t1"]
    behind = next(track for track in tracks(subject) if trailer.state.blocked_by(case_of(subject, track).case_id))
    case_id = case_of(subject, behind).case_id
    assert trailer.state.visible_fraction(case_id) >= assumptions.GRIP_SHARE_MIN, "it could be gripped"
    front = [str(trailer.cases[other].track_id) for other in trailer.state.blocked_by(case_id)]
    subject.take(behind, *front)
    subject.run(120)
    assert [message.data.track_id for message in subject.said("case.picked")][-1] == behind
    assert len(subject.said("case.picked")) == 1 + len(front)


def test_a_robot_does_not_take_a_case_from_under_one_it_has_put_off(
    console: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = console(FakePhysics())
    below, under = lowest(subject)
    trailer = subject.world.dock.trailers["t1"]
    above_id = trailer.state.rests_on_top(under.case_id)[0]
    above = str(trailer.cases[above_id].track_id)
    other = next(track for track in tracks(subject) if is_free(subject, track) and track != above)
    stands_before = type(trailer.state).blocked_by
    monkeypatch.setattr(
        type(trailer.state),
        "blocked_by",
        lambda state, case_id: (
            [case_of(subject, other).case_id]
            if case_id == above_id and state.stands(case_of(subject, other).case_id)
            else stands_before(state, case_id)
        ),
    )
    subject.take(above, below, other)
    subject.run(120)
    assert [message.data.track_id for message in subject.said("case.picked")] == [other, above, below]


# -- where cases are --------------------------------------------------------------------------------------------------


def test_a_case_that_has_shifted_is_seen_where_it_is(console: Made) -> None:
    subject = console(FakePhysics())
    trailer = subject.world.dock.trailers["t1"]
    before = {case.track_id: case.position_m for case in subject.last("wall.scanned").data.cases}
    track = next(it for it in tracks(subject) if beside(subject, it))
    neighbours = [str(trailer.cases[name].track_id) for name in beside(subject, track)]
    subject.take(track)
    subject.run(60)
    after = {case.track_id: case.position_m for case in subject.last("wall.scanned").data.cases}
    for neighbour in neighbours:
        assert before[neighbour][0] - after[neighbour][0] == pytest.approx(SHIFT_M)
        assert before[neighbour][1:] == after[neighbour][1:]


def test_a_loose_case_is_seen_as_it_lies(console: Made) -> None:
    subject = console(FakePhysics())
    track, _ = lowest(subject)
    subject.take(track)
    subject.run(60)
    seen = subject.last("wall.scanned").data.cases
    loose = [case for case in seen if case.lies_on_floor]
    assert loose
    assert all(case.orientation_xyzw == pytest.approx(ASKEW, abs=1e-4) for case in loose)
    assert all(case.size_m == case_of(subject, case.track_id).loaded.size_m for case in seen)


# -- picks that were spared an episode --------------------------------------------------------------------------------


def test_the_world_knows_which_audited_picks_should_not_have_been_spared(console: Made) -> None:
    physics = FakePhysics()
    subject = console(physics)
    trailer = subject.world.dock.trailers["t1"]
    track = next(it for it in tracks(subject) if beside(subject, it))
    case_id = case_of(subject, track).case_id
    physics.misses = [case_id]
    inside = len(trailer.state.boxes().ids)
    subject.take(*tracks(subject)[:3], track)
    subject.run(120)
    report = subject.world.physics_report()
    (missed,) = report.missed
    assert report.audited == len(subject.said("case.picked"))
    assert (missed.trailer_id, missed.pick.case_id, missed.pick.by) == ("t1", case_id, "robot")
    assert missed.moved
    assert case_id in missed.boxes.ids
    assert inside - 4 <= len(missed.boxes.ids) <= inside
    assert len(missed.weights_kg) == len(missed.boxes.ids)
