from __future__ import annotations

import pytest

from scenarios.checks import Judge
from scenarios.gauges import readings
from scenarios.model import (
    Always,
    Condition,
    Each,
    Eventually,
    EveryCase,
    EveryTrailer,
    Gauge,
    KpiBound,
    MessagePattern,
    Never,
)
from scenarios.results import ExpectationResult
from sim.plan import Action, Trigger
from tests.scenarios.dock_story import DockStory
from tests.scenarios.plans import HandmadeRun, at, scenario, truth
from tests.scenarios.story import Story
from twin.clock import us

PLACED = MessagePattern(type="case.placed.v1")
LOST = MessagePattern(type="exception.raised.v1", where={"exception_type": "robot_lost"})
RECOVERED = MessagePattern(type="case.recovered.v1")


def judged(story: Story, condition: Condition, **plan: object) -> ExpectationResult:
    day = scenario(condition, **plan)  # type: ignore[arg-type]
    return Judge(day, HandmadeRun(scenario=day, deliveries=story.log)).results()[0]


def three_placed() -> Story:
    story = Story()
    for n in (1, 2, 3):
        story.placed(100 * n, "r1", "t-1", f"t-1-c{n}")
    return story


def test_eventually_is_met_when_enough_messages_came_in_time() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, at_least=2, by_us=at(400)))
    assert result.met
    assert (result.expected, result.got, result.to_spare) == ("2 by 06:06:40", "06:03:20", "3 min 20 s")
    assert not result.is_close


def test_eventually_at_the_very_deadline_is_met_and_close() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, at_least=2, by_us=at(200)))
    assert result.met
    assert result.is_close


def test_eventually_a_microsecond_late_is_not_met() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, at_least=2, by_us=at(200) - 1))
    assert not result.met


def test_eventually_too_few_says_how_many_there_were() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, at_least=4))
    assert not result.met
    assert result.failure is not None
    assert (result.failure.expected, result.failure.got) == ("4 times case.placed", "3 by the end of the run")


def test_copies_of_a_message_do_not_count_as_more() -> None:
    story = three_placed()
    story.log += story.log
    assert not judged(story, Eventually(message=PLACED, at_least=4)).met


def test_eventually_after_counts_the_time_from_the_first_that_matches() -> None:
    story = Story()
    story.recovered(5, "t-1", "t-1-c9", "manual")
    story.raised(100, "x1", "robot_lost")
    story.recovered(282, "t-1", "t-1-c1", "manual")
    result = judged(story, Eventually(message=RECOVERED, after=LOST, within_us=us(600)))
    assert result.met
    assert (result.expected, result.got, result.to_spare) == ("<= 10 min", "3 min 02 s", "6 min 58 s")
    late = judged(story, Eventually(message=RECOVERED, after=LOST, within_us=us(60)))
    assert not late.met
    assert late.failure is not None
    assert late.failure.got == "06:04:42, 2 min 02 s late"


def test_eventually_after_something_that_never_came_is_not_met_and_says_so() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, after=LOST, within_us=us(60)))
    assert not result.met
    assert result.failure is not None
    assert result.failure.expected == "case.placed after exception.raised with exception_type robot_lost"
    assert result.failure.got == "no exception.raised with exception_type robot_lost"


STOPPED = MessagePattern(type="exception.raised.v1", where={"exception_type": "emergency_stop"})
OVER = MessagePattern(type="exception.resolved.v1")


def two_stops(*, second_over_s: int) -> Story:
    story = Story()
    story.raised(10, "x1", "emergency_stop")
    story.raised(20, "x2", "emergency_stop")
    story.resolved(70, "x1", "emergency_stop", "remote")
    story.resolved(second_over_s, "x2", "emergency_stop", "remote")
    return story


def test_each_asks_for_every_message_whether_it_is_followed_in_time_by_one_about_the_same() -> None:
    each = Each(message=STOPPED, leads_to=OVER, same=("exception",), within_us=us(60), at_least=2)
    result = judged(two_stops(second_over_s=75), each)
    assert (result.met, result.expected, result.got, result.to_spare) == (True, "each in 1 min", "1 min", "0 s")
    late = judged(two_stops(second_over_s=81), each)
    assert not late.met
    assert late.failure is not None
    assert late.failure.got == "the next after 1 min 01 s"


def test_each_without_same_takes_what_comes_first() -> None:
    assert judged(two_stops(second_over_s=900), Each(message=STOPPED, leads_to=OVER, within_us=us(60))).met


def test_each_does_not_judge_what_has_time_left_at_the_end_and_asks_for_enough_to_be_judged() -> None:
    each = Each(message=STOPPED, leads_to=LOST, within_us=us(10_000))
    result = judged(two_stops(second_over_s=75), each)
    assert not result.met
    assert result.failure is not None
    assert result.failure.got == "0"
    never = judged(two_stops(second_over_s=75), Each(message=STOPPED, leads_to=LOST, within_us=us(60)))
    assert never.failure is not None
    assert never.failure.got == "none by the end of the run"


def test_never_is_broken_by_one_message_and_shows_what_led_there() -> None:
    story = Story()
    pick = story.picked(50, "r1", "t-1", "t-1-c1")
    lost = story.raised(84, "x1", "robot_lost", cause=pick)
    story.resolved(200, "x1", "robot_lost", "floor", cause=lost)
    result = judged(
        story,
        Never(message=MessagePattern(type="exception.resolved.v1")),
        timeline=(
            Action(trigger=Trigger(at_us=at(60)), fault="robot_dies", entity="robot/r1", line=61),
            Action(trigger=Trigger(at_us=at(60)), fault="conveyor_jam", entity="conveyor/c9", line=65),
        ),
    )
    assert not result.met
    assert result.failure is not None
    assert [(s.at_us, s.text) for s in result.failure.chain] == [
        (at(50), "R1 picks T-1-c1"),
        (at(84), "exception robot lost: R1"),
        (at(200), "robot lost resolved by floor: robot returned"),
    ]
    assert result.failure.chain[0].message_id == pick
    assert result.failure.scripted == ("line 61: robot_dies at robot/r1",)


def test_never_after_an_instant_ignores_what_came_before() -> None:
    assert judged(three_placed(), Never(message=PLACED, after_us=at(301))).met
    assert not judged(three_placed(), Never(message=PLACED, after_us=at(300))).met


def test_a_pattern_may_name_the_entity_that_says_it() -> None:
    assert judged(three_placed(), Never(message=MessagePattern(type="case.placed.v1", entity="robot/r2"))).met
    assert not judged(three_placed(), Never(message=MessagePattern(type="case.placed.v1", entity="robot/r1"))).met


def test_a_pattern_with_a_field_the_message_lacks_matches_nothing() -> None:
    assert judged(three_placed(), Never(message=MessagePattern(type="case.placed.v1", where={"colour": "red"}))).met


def test_always_names_the_instant_at_which_the_gauge_left_its_bounds() -> None:
    story = Story()
    story.raised(10, "x1", "no_read")
    story.raised(20, "x2", "no_read")
    story.resolved(30, "x1", "no_read")
    story.resolved(30, "x2", "no_read")
    result = judged(story, Always(gauge="open_exceptions", at_most=1))
    assert not result.met
    assert result.failure is not None
    assert result.failure.got == "2 at 06:00:20, 2 at most"
    met = judged(story, Always(gauge="open_exceptions", at_most=3))
    assert (met.met, met.expected, met.got, met.to_spare) == (True, "<= 3", "2", "1")


def test_a_bound_just_reached_is_met_with_nothing_to_spare() -> None:
    story = Story()
    story.raised(10, "x1", "no_read")
    result = judged(story, Always(gauge="open_exceptions", at_most=1))
    assert (result.met, result.is_close, result.to_spare) == (True, True, "0")


def test_what_comes_and_goes_within_one_instant_does_not_move_a_gauge() -> None:
    story = Story()
    story.raised(10, "x1", "no_read")
    story.raised(20, "x2", "no_read")
    story.resolved(20, "x1", "no_read")
    assert judged(story, Always(gauge="open_exceptions", at_most=1)).met


@pytest.mark.parametrize(("at_most", "is_met"), [(2, True), (1, False)])
def test_trailers_wait_from_arrival_to_dock(at_most: int, is_met: bool) -> None:  # noqa: FBT001 - a table
    story = Story()
    story.arrived(0, "t-1")
    story.arrived(10, "t-2")
    story.docked(20, "t-1")
    story.arrived(30, "t-3")
    assert judged(story, Always(gauge="trailers_waiting", at_most=at_most)).met is is_met


def values(story: Story, gauge: Gauge) -> list[int]:
    return [value for _, value in readings(story.log, gauge)]


def test_what_a_lost_robot_held_is_unknown_until_someone_knows_it_again() -> None:
    story = Story()
    story.picked(0, "r1", "t-1", "t-1-c1")
    assert values(story, "cases_unknown") == []
    story.raised(30, "x1", "robot_lost")
    assert values(story, "cases_unknown") == [1]
    story.recovered(60, "t-1", "t-1-c1", "manual")
    assert values(story, "cases_unknown") == [1, 0]
    story.raised(90, "x2", "robot_lost")
    assert values(story, "cases_unknown") == [1, 0]
    assert values(story, "robots_lost") == [1, 2]
    story.resolved(99, "x1", "robot_lost")
    assert values(story, "robots_lost") == [1, 2, 1]


def test_what_a_robot_held_is_known_again_when_it_returns() -> None:
    story = Story()
    story.picked(0, "r1", "t-1", "t-1-c1")
    story.raised(30, "x1", "robot_lost")
    story.resolved(40, "x1", "robot_lost")
    assert values(story, "cases_unknown") == [1, 0]


def departures() -> Story:
    story = Story()
    story.arrived(60, "t-1")
    story.arrived(60, "t-2")
    story.departed(3000, "t-1")
    story.departed(4000, "t-2", cause=story.finished(3500, "r1", "t-2"))
    return story


def test_every_trailer_by_an_instant() -> None:
    due = {"t-1": 3600.0, "t-2": 3600.0}
    met = judged(departures(), EveryTrailer(by_us=at(4100)), due_s=due)
    assert (met.met, met.expected, met.got, met.to_spare) == (True, "by 07:08:20", "07:06:40", "1 min 40 s")
    assert met.is_close
    late = judged(departures(), EveryTrailer(by_us=at(3900)), due_s=due)
    assert late.failure is not None
    assert late.failure.expected == "T-2 departed at or before 07:05:00"
    assert late.failure.got == "departed 07:06:40, 1 min 40 s late"
    assert late.failure.note == "the other in time"
    assert [s.text for s in late.failure.chain] == ["R1 leaves T-2, 0 cases placed", "T-2 departs"]


def test_every_trailer_in_its_free_time() -> None:
    met = judged(departures(), EveryTrailer(departed="before_due"), due_s={"t-1": 3100.0, "t-2": 4560.0})
    assert (met.met, met.expected, met.got, met.to_spare) == (True, "0", "0", "1 min 40 s")
    late = judged(departures(), EveryTrailer(departed="before_due"), due_s={"t-1": 2900.0, "t-2": 3280.0})
    assert late.got == "2 not"
    assert late.failure is not None
    assert late.failure.expected == "T-1 departed at or before 06:48:20"
    assert late.failure.note == "so are T-2; 0 in time"


def test_a_trailer_that_never_left_is_not_met() -> None:
    due = {"t-1": 3600.0, "t-2": 4000.0, "t-3": 9000.0}
    assert not judged(departures(), EveryTrailer(departed="before_due"), due_s=due).met
    result = judged(departures(), EveryTrailer(), due_s={"t-1": 3600.0, "t-2": 3600.0, "t-3": 3600.0})
    assert result.failure is not None
    assert (result.failure.expected, result.failure.got) == ("T-3 departed", "not departed by the end of the run")


def test_what_is_said_again_and_again_is_no_evidence() -> None:
    story = DockStory()
    story.arrived(60, "t-1")
    story.docked(180, "t-1")
    story.door_says(9000, "d1", "t-1")
    result = judged(story, EveryTrailer(), due_s={"t-1": 3600.0})
    assert result.failure is not None
    assert [step.text for step in result.failure.chain] == ["T-1 docks at door 1"]


def cases(story: Story, *outcomes: str, allowed: tuple[str, ...] = ("received",)) -> ExpectationResult:
    day = scenario(EveryCase(allowed=allowed))
    true = truth({f"c{n}": outcome for n, outcome in enumerate(outcomes)})  # type: ignore[misc]
    return Judge(day, HandmadeRun(scenario=day, deliveries=story.log, truth=true)).results()[0]


def test_every_case_is_judged_by_the_truth_and_by_what_the_messages_account_for() -> None:
    story = Story()
    story.identified(0, "t-1", "t-1-c1")
    story.unreadable(1, "t-1", "t-1-c2")
    assert cases(story, "received", "received").met
    astray = cases(story, "received", "in_hand")
    assert astray.failure is not None
    assert astray.failure.got == "1 in hand (c1)"
    assert cases(story, "received", "manual", allowed=("received", "manual")).met


def test_a_case_that_no_message_accounts_for_is_found() -> None:
    story = Story()
    story.identified(0, "t-1", "t-1-c1")
    result = cases(story, "received", "received")
    assert result.failure is not None
    assert result.failure.got == "the messages account for 1, the truth is 2"


def test_a_case_counted_twice_is_found() -> None:
    story = Story()
    story.identified(0, "t-1", "t-1-c1")
    story.identified(1, "t-1", "t-1-c2")
    assert not cases(story, "received").met


@pytest.mark.parametrize(
    ("bounds", "is_met", "expected"),
    [
        ({"at_most": 20.0}, True, "<= 20.0 min"),
        ({"at_most": 19.999}, False, "<= 20.0 min"),
        ({"at_least": 20.0}, True, ">= 20.0 min"),
        ({"at_least": 10.0, "at_most": 30.0}, True, "10.0 min to 30.0 min"),
        ({"at_least": 20.0, "at_most": 20.0}, True, "20.0 min"),
    ],
)
def test_a_kpi_within_its_bounds(bounds: dict[str, float], is_met: bool, expected: str) -> None:  # noqa: FBT001 - a table
    story = Story()
    story.arrived(0, "t-1")
    story.departed(1200, "t-1")
    result = judged(story, KpiBound(kpi="turnaround_min_p90", **bounds))
    assert result.met is is_met
    assert result.expected == expected


def test_a_kpi_just_past_its_bound_shows_enough_decimals_to_see_it() -> None:
    story = Story()
    story.arrived(0, "t-1")
    story.departed(1200.03, "t-1")
    result = judged(story, KpiBound(kpi="turnaround_min_p90", at_most=20.0))
    assert (result.met, result.got) == (False, "20.0005 min")


def test_a_kpi_without_a_denominator_is_not_met_and_says_why() -> None:
    result = judged(Story(), KpiBound(kpi="turnaround_min_p90", at_most=20.0))
    assert result.failure is not None
    assert (result.got, result.failure.got) == ("-", "no figure: no trailer departed")


def test_a_turn_around_too_long_shows_the_trailer_that_took_longest() -> None:
    result = judged(departures(), KpiBound(kpi="turnaround_min_p90", at_most=20.0))
    assert result.failure is not None
    assert result.failure.note == "the longest: T-2, 1 h 06 min"
    assert [step.text for step in result.failure.chain] == ["R1 leaves T-2, 0 cases placed", "T-2 departs"]


def test_an_instant_of_another_day_says_so() -> None:
    result = judged(three_placed(), Eventually(message=PLACED, by_us=at(3 * 86_400 + 60)))
    assert result.expected == "by 06:01:00 +3 d"
