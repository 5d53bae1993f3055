"""People: they come after a while, one request a person, and do what is to be done."""

from __future__ import annotations

from itertools import pairwise

from sim.plan import Action, LinkPlan, OperatorsPlan, Trigger
from tests.sim.console import Console
from tests.sim.days import day
from twin.clock import US_PER_S, format_time


def answered_us(console: Console) -> list[int]:
    return [d.at_us for d in console.log if d.message.type == "intervention.answered.v1"]


def test_the_answer_is_the_one_the_scenario_gives_where_it_is_allowed() -> None:
    people = OperatorsPlan(answers={"grip_failed": "assist"})
    console = Console(day(operators=people)).run(5)
    console.request("grip_failed", role="remote", entity="robot/r1", options=("retry", "skip", "assist"))
    console.request("grip_failed", role="remote", entity="robot/r1", options=("retry", "skip"))
    console.run(600)
    assert [message.data.answer for message in console.said("intervention.answered")] == ["assist", "retry"]


def test_one_person_answers_one_request_at_a_time() -> None:
    def gap_us(people: int) -> int:
        console = Console(day(operators=OperatorsPlan(floor=people))).run(5)
        for conveyor in ("c1", "c1", "c1"):
            console.request("conveyor_jammed", role="floor", entity=f"conveyor/{conveyor}", options=("retry",))
        console.run(7200)
        times = answered_us(console)
        assert len(times) == 3
        return min(after - before for before, after in pairwise(times))

    assert gap_us(1) > 60 * US_PER_S > gap_us(3)


def test_a_request_that_comes_twice_is_answered_once() -> None:
    twice = LinkPlan(duplication=1.0)
    console = Console(day(link=twice)).run(5)
    console.request("conveyor_jammed", role="floor", entity="conveyor/c1", options=("retry",))
    console.run(3600)
    assert len({message.id for message in console.said("intervention.answered")}) == 1


def test_a_request_is_never_lost_only_late() -> None:
    console = Console(day(link=LinkPlan(loss=0.9))).run(5)
    console.request("conveyor_jammed", role="floor", entity="conveyor/c1", options=("retry",))
    console.run(7200)
    assert len(console.said("intervention.answered")) == 1


def test_a_remote_request_past_its_deadline_is_off_the_screen() -> None:
    console = Console(day()).run(5)
    deadline_at = format_time(console.now_us + US_PER_S)
    console.request("grip_failed", role="remote", entity="robot/r1", options=("skip",), deadline_at=deadline_at)
    console.run(600)
    assert not console.said("intervention.answered")


def test_how_long_people_take_depends_on_the_subject_not_on_the_number_of_the_request() -> None:
    def taken_us(requests_before: int) -> int:
        console = Console(day(cases=20, operators=OperatorsPlan(floor=3))).run(5)
        for _ in range(requests_before):
            console.request("conveyor_jammed", role="floor", entity="conveyor/c1", options=("retry",))
        request = console.request("leftovers", role="floor", entity="door/d1", trailer_id="t1")
        at_us = console.now_us
        console.run(7200)
        return next(
            d.at_us - at_us
            for d in console.log
            if d.message.type == "intervention.answered.v1"
            and d.message.data.intervention_id == request.data.intervention_id
        )

    assert taken_us(0) == taken_us(2)


def test_people_carry_out_all_that_is_in_the_trailer_seen_or_not() -> None:
    console = Console(day(cases=40)).at_the_wall()
    console.take(then_leave=True)
    console.run(120)
    console.request("leftovers", role="floor", entity="door/d1", trailer_id="t1")
    console.run(3600)
    recovered = console.said("case.recovered")
    assert len({message.data.track_id for message in recovered}) == 40
    assert all(message.data.label for message in recovered)
    assert console.last("intervention.answered").data.answer == "assist"
    assert {row.outcome for row in console.world.truth().cases} == {"manual"}


def test_people_who_come_when_the_trailer_has_left_carry_nothing_out() -> None:
    console = Console(day(grace_us=7_200_000_000, operators=OperatorsPlan(floor_response_us=3_600_000_000))).run(5)
    console.dock()
    console.run(900)
    console.request("leftovers", role="floor", entity="door/d1", trailer_id="t1")
    console.release()
    console.run(7000)
    assert console.said("trailer.departed")
    assert console.said("intervention.answered")
    assert console.said("case.recovered") == []


def test_people_leave_a_robot_that_lives_alone() -> None:
    console = Console(day(cases=20)).at_the_wall()
    console.request("robot_lost", role="floor", entity="robot/r1", options=("abandon",))
    console.run(3600)
    assert console.said("intervention.answered")
    assert not console.said("robot.removed")


def test_a_removed_robot_frees_its_trailer() -> None:
    dies = Action(trigger=Trigger(robot_holds_case="r1"), fault="robot_dies", entity="robot/r1")
    console = Console(day(dies, cases=20)).at_the_wall()
    console.take(*[case.track_id for case in console.last("wall.scanned").data.cases])
    console.run(60)
    refused = console.release()
    console.run(1)
    assert console.outcome(refused) == [("rejected", "robot_inside")]
    console.request("robot_lost", role="floor", entity="robot/r1", options=("abandon",))
    console.run(3600)
    order = [d.message.type for d in console.log if d.message.source == "/bos1/operator/floor"]
    assert [name for name in order if "state" not in name] == [
        "intervention.taken.v1",
        "case.recovered.v1",
        "robot.removed.v1",
        "intervention.answered.v1",
    ]
    released = console.release()
    console.run(400)
    assert console.outcome(released) == [("accepted", None), ("completed", None)]
