"""The people of a role: who is on duty, who takes what, what is handed back, and what clicks come late or twice."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from sim.plan import Action, OperatorsPlan, PersonPlan, Shift, Trigger
from tests.sim.console import Console
from tests.sim.days import day, seconds
from twin.clock import US_PER_S, format_time, parse_time
from twin.messages.robot import Pause, PauseData, Resume

Role = Literal["remote", "floor"]


def person(name: str, *duty: tuple[float, float], role: Role = "floor", **fields: Any) -> PersonPlan:  # noqa: ANN401
    """Duty in seconds of the day; none: always."""
    shifts = tuple(Shift(from_us=seconds(begins), until_us=seconds(ends)) for begins, ends in duty) or None
    fields.setdefault("response_us", 0)
    fields.setdefault("handling_us", 0)
    return PersonPlan(person_id=name, role=role, shifts=shifts, **fields)


def at_work(*people: PersonPlan, timeline: tuple[Action, ...] = (), **plans: Any) -> Console:  # noqa: ANN401
    return Console(day(*timeline, cases=20, operators=OperatorsPlan(people=people, **plans))).run(10)


def jam(console: Console, **fields: Any) -> Any:  # noqa: ANN401
    return console.request("conveyor_jammed", role="floor", entity="conveyor/c1", options=("retry",), **fields)


def happened(console: Console, *kinds: str) -> list[tuple[float, str, str]]:
    """When, what and by whom, of what people have said of requests; seconds of the day."""
    return [
        (round((parse_time(message.time) - seconds(0)) / US_PER_S, 1), message.type.split(".")[1], message.data.person)
        for _, message in console.log
        if message.type.split(".")[0] == "intervention" and (not kinds or message.type.split(".")[1] in kinds)
    ]


# -- on and off duty --------------------------------------------------------------------------------------------------


def test_with_everyone_off_duty_a_request_waits_for_the_next_shift() -> None:
    console = at_work(person("ada", (100, 200)))
    jam(console)
    console.run(300)
    assert happened(console) == [(100.0, "taken", "ada"), (100.0, "answered", "ada")]


def test_who_is_on_the_way_when_their_shift_ends_hands_it_to_the_next() -> None:
    console = at_work(person("ada", (0, 50), response_us=3600 * US_PER_S), person("bob", (50, 500)))
    jam(console)
    console.run(300)
    assert happened(console) == [
        (10.1, "taken", "ada"),
        (50.0, "handed_back", "ada"),
        (50.0, "taken", "bob"),
        (50.0, "answered", "bob"),
    ]


def test_who_has_begun_ends_it_though_their_shift_is_over_and_takes_no_more() -> None:
    console = at_work(person("ada", (0, 50), handling_us=100 * US_PER_S))
    jam(console)
    console.run(300)
    ((taken, *_), (answered_s, *_)) = happened(console)
    assert taken == 10.1
    assert answered_s > 50
    jam(console)
    console.run(300)
    assert len(happened(console)) == 2


def test_what_is_handed_back_is_first_in_the_queue_again() -> None:
    slow = person("ada", (0, 50), response_us=3600 * US_PER_S)
    console = at_work(slow, person("bob", (60, 500), handling_us=10 * US_PER_S))
    first, second = jam(console), jam(console)
    console.run(300)
    answered = [message.data.intervention_id for message in console.said("intervention.answered")]
    assert answered == [first.data.intervention_id, second.data.intervention_id]


def test_a_break_is_not_duty() -> None:
    pause = PersonPlan(
        person_id="ada",
        role="floor",
        shifts=(Shift(from_us=seconds(0), until_us=seconds(500), breaks=((seconds(5), seconds(90)),)),),
        response_us=0,
        handling_us=0,
    )
    console = at_work(pause)
    jam(console)
    console.run(300)
    assert happened(console, "taken") == [(90.0, "taken", "ada")]


def test_a_request_goes_to_the_first_who_is_free_and_has_the_skill() -> None:
    console = at_work(person("ada", skills=("leftovers",)), person("bob", handling_us=60 * US_PER_S), person("eva"))
    jam(console), jam(console)
    console.run(300)
    assert [who for _, _, who in happened(console, "taken")] == ["bob", "eva"]


def test_a_request_nobody_has_the_skill_for_lets_others_pass() -> None:
    console = at_work(person("ada", skills=("leftovers",)))
    jam(console)
    console.request("leftovers", role="floor", entity="door/d1", trailer_id="t1")
    console.run(300)
    assert len(happened(console, "answered")) == 1


def test_who_is_on_duty_is_said_when_it_changes_and_every_period() -> None:
    console = at_work(
        person("ada", (0, 100), role="remote", robots_max=4), person("bob", (100, 200), role="remote", robots_max=2)
    )
    console.run(300)
    said = [
        (
            parse_time(message.time) // US_PER_S - seconds(0) // US_PER_S,
            message.data.people_on_duty,
            message.data.robots_max,
        )
        for message in console.said("operator.state", role="remote")
    ]
    assert said[0] == (0, 1, 4)
    assert (100, 1, 2) in said
    assert (200, 0, 0) in said
    assert len(said) > 10


def test_only_if_all_who_are_there_count_robots_is_there_a_limit() -> None:
    def limit(*people: PersonPlan) -> int | None:
        most: int | None = at_work(*people).said("operator.state", role="remote")[-1].data.robots_max
        return most

    assert limit() is None
    assert limit(person("ada", role="remote", robots_max=4), person("bob", role="remote", robots_max=2)) == 6
    assert limit(person("ada", role="remote", robots_max=4), person("bob", role="remote")) is None
    assert limit(person("ada", (500, 900), role="remote", robots_max=4)) == 0
    assert limit(person("ada", (500, 900), role="remote")) is None


# -- at a screen ------------------------------------------------------------------------------------------------------


def test_a_barcode_takes_reading_before_the_answer_and_help_with_a_grip_keeps_busy_after_it() -> None:
    def times_s(exception_type: str) -> list[tuple[str, float]]:
        console = at_work(person("ada", role="remote", handling_us=60 * US_PER_S))
        for _ in range(2):
            console.request(exception_type, role="remote", entity="robot/r1", options=("assist",))
        console.run(300)
        return [(said, at_s) for at_s, said, _ in happened(console)]

    (_, begun_s), (_, read_s), (_, next_s), _ = times_s("no_read")
    assert read_s == next_s > begun_s
    (_, begun_s), (_, told_s), (_, next_s), _ = times_s("grip_failed")
    assert next_s > told_s == begun_s


# -- asked anew -------------------------------------------------------------------------------------------------------


def test_a_request_asked_anew_takes_the_place_of_the_old_one() -> None:
    console = at_work(person("ada", (100, 200)))
    jam(console, exception_id="e")
    console.run(5)
    anew = jam(console, exception_id="e")
    console.run(300)
    assert [message.data.intervention_id for message in console.said("intervention.taken")] == [
        anew.data.intervention_id
    ]
    assert [message.data.intervention_id for message in console.said("intervention.answered")] == [
        anew.data.intervention_id
    ]


def test_who_is_on_the_way_goes_on_for_the_request_asked_anew() -> None:
    console = at_work(person("ada", response_us=60 * US_PER_S))
    first = jam(console, exception_id="e")
    console.run(5)
    anew = jam(console, exception_id="e")
    console.run(300)
    taken = [message.data.intervention_id for message in console.said("intervention.taken")]
    assert taken == [first.data.intervention_id, anew.data.intervention_id]
    (answer,) = console.said("intervention.answered")
    assert answer.data.intervention_id == anew.data.intervention_id


def test_what_nobody_has_taken_by_its_deadline_is_off_the_screen() -> None:
    console = at_work(person("ada", (100, 500), role="remote"))
    console.request(
        "grip_failed",
        role="remote",
        entity="robot/r1",
        options=("skip",),
        deadline_at=format_time(console.now_us + US_PER_S),
    )
    console.run(300)
    assert happened(console) == []


def test_who_goes_off_duty_hands_nothing_back_that_is_off_the_screen() -> None:
    console = at_work(person("ada", (0, 50), role="remote", response_us=3600 * US_PER_S), person("bob", role="remote"))
    for seconds_left in (10, 100):
        deadline_at = format_time(console.now_us + seconds_left * US_PER_S)
        console.request("no_read", role="remote", entity="conveyor/c1", options=("skip",), deadline_at=deadline_at)
    console.run(300)
    assert [who for _, _, who in happened(console, "taken")] == ["ada", "bob"]
    assert happened(console, "handed_back") == []


# -- clicks -----------------------------------------------------------------------------------------------------------


def clicks(fault: Literal["late_answer", "double_answer"]) -> Action:
    return Action(trigger=Trigger(at_us=seconds(5)), fault=fault, entity="operator/floor")


def test_a_late_answer_comes_after_the_deadline_and_the_next_one_in_time() -> None:
    console = at_work(person("ada"), timeline=(clicks("late_answer"),))
    deadline_us = console.now_us + 60 * US_PER_S
    jam(console, deadline_at=format_time(deadline_us))
    jam(console)
    console.run(300)
    first, second = (parse_time(message.time) for message in console.said("intervention.answered"))
    assert first == second == deadline_us + 5 * US_PER_S


def test_what_is_asked_anew_before_a_late_answer_comes_is_answered_on_its_own() -> None:
    console = at_work(person("ada"), timeline=(clicks("late_answer"),))
    late = jam(console, exception_id="e", deadline_at=format_time(console.now_us + 60 * US_PER_S))
    console.run(61)
    anew = jam(console, exception_id="e")
    console.run(300)
    answered = [message.data.intervention_id for message in console.said("intervention.answered")]
    assert answered == [late.data.intervention_id, anew.data.intervention_id]


def test_a_double_answer_is_two_messages_that_say_the_same() -> None:
    console = at_work(person("ada"), timeline=(clicks("double_answer"),))
    jam(console), jam(console)
    console.run(300)
    first, again, second = console.said("intervention.answered")
    assert first.data == again.data != second.data
    assert first.id != again.id


# -- what they want by themselves -------------------------------------------------------------------------------------


def test_who_is_there_first_has_a_robot_paused_and_resumed() -> None:
    pause = Action(trigger=Trigger(at_us=seconds(30)), fault="operator_pauses", entity="robot/r1")
    console = at_work(person("ada", (500, 900), role="remote"), person("bob", role="remote"), timeline=(pause,)).run(
        600
    )
    said = [
        (parse_time(message.time), message.data.person, message.data.robot_id, message.data.action)
        for message in console.said("robot_action.requested")
    ]
    assert said == [(seconds(30), "bob", "r1", "pause"), (seconds(330), "bob", "r1", "resume")]


def test_who_is_refused_asks_again_as_long_as_the_robot_is_paused() -> None:
    pause = Action(trigger=Trigger(at_us=seconds(30)), fault="operator_pauses", entity="robot/r1", for_us=60 * US_PER_S)
    console = at_work(person("ada", role="remote"), timeline=(pause,)).run(30)
    console.command(Pause, "robot/r1", console.data(PauseData))
    console.run(180)
    console.command(Resume, "robot/r1", console.data(PauseData))
    console.run(600)
    asked_s = [
        (parse_time(message.time) - seconds(0)) // US_PER_S
        for message in console.said("robot_action.requested", action="resume")
    ]
    assert asked_s == [90, 150, 210]


def requests_s(console: Console, action: str) -> list[tuple[int, str]]:
    """When, in seconds of the day, and by whom it was asked for."""
    return [
        ((parse_time(message.time) - seconds(0)) // US_PER_S, message.data.person)
        for message in console.said("robot_action.requested", action=action)
    ]


@pytest.mark.parametrize(("first_s", "second_s", "end_s"), [(60, 300, 350), (60, 30, 90), (300, 60, 330)])
def test_of_two_pauses_the_later_end_counts(first_s: int, second_s: int, end_s: int) -> None:
    pauses = [
        Action(
            trigger=Trigger(at_us=seconds(at_s)), fault="operator_pauses", entity="robot/r1", for_us=for_s * US_PER_S
        )
        for at_s, for_s in ((30, first_s), (50, second_s))
    ]
    console = at_work(person("ada", role="remote"), timeline=tuple(pauses)).run(30)
    console.command(Pause, "robot/r1", console.data(PauseData))
    console.run(end_s - 30 + 1)
    console.command(Resume, "robot/r1", console.data(PauseData))
    console.run(3600)
    assert requests_s(console, "resume") == [(end_s, "ada")]


def test_who_is_on_duty_when_a_pause_ends_has_the_robot_go_on() -> None:
    pause = Action(trigger=Trigger(at_us=seconds(30)), fault="operator_pauses", entity="robot/r1", for_us=60 * US_PER_S)
    people = (person("ada", (0, 80), role="remote"), person("bob", (200, 900), role="remote"))
    console = at_work(*people, timeline=(pause,)).run(30)
    console.command(Pause, "robot/r1", console.data(PauseData))
    console.run(230)
    assert requests_s(console, "pause") == [(30, "ada")]
    assert requests_s(console, "resume") == [(90, "floor-1"), (150, "floor-1"), (210, "bob")]
