"""A belt: finite, of one speed, and nothing on it is lost, passed or squeezed whatever stops it."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sim.belts import Belts, Jam
from tests.sim.console import Console
from tests.sim.days import day
from twin.clock import US_PER_S

PITCH_US = 2 * US_PER_S
TRANSIT_US = 24 * US_PER_S
"""Of 12 m at 0.5 m/s."""

GAPS = st.lists(st.integers(0, 12 * US_PER_S), min_size=1, max_size=40)
INSTANTS = st.integers(0, 200 * US_PER_S)
SPANS = st.integers(1, 90 * US_PER_S)
BELT_JAMS = st.lists(st.builds(Jam, st.just(0), INSTANTS, SPANS), max_size=4)
ANY_JAMS = st.lists(st.builds(Jam, st.sampled_from([0, None]), INSTANTS, SPANS), max_size=5)


def alone(gaps_us: list[int], jams: list[Jam], *, rate_per_h: float | None = None, grid_us: int = 1) -> Belts:
    belts = Belts(rate_per_h=rate_per_h, grid_us=grid_us)
    for jam in jams:
        belts.stop(jam)
    belts.feed(0, gaps_us)
    return belts.run()


@given(GAPS)
def test_without_a_sorter_each_case_is_at_induction_when_its_transit_is_over(gaps_us: list[int]) -> None:
    belts = alone(gaps_us, [])
    assert [at_us for at_us, _ in belts.delivered(0)] == [at_us + TRANSIT_US for at_us in belts.placed[0]]
    assert belts.said("conveyor.blocked") == []


@given(GAPS, ANY_JAMS, st.sampled_from([1, 20_000]))
def test_whatever_stops_it_every_case_comes_out_once_in_the_order_placed(
    gaps_us: list[int], jams: list[Jam], grid_us: int
) -> None:
    belts = alone(gaps_us, jams, rate_per_h=900.0, grid_us=grid_us)
    assert len(belts.placed[0]) == len(gaps_us)
    assert [track for _, track in belts.delivered(0)] == [case.case_id for case in belts.cases]
    assert {case.whereabouts for case in belts.cases} == {"delivered"}
    assert belts.conveyors[0].cases_inducted == len(gaps_us)


@given(GAPS, ANY_JAMS)
def test_by_the_belts_clock_cases_keep_their_pitch_and_their_transit(gaps_us: list[int], jams: list[Jam]) -> None:
    belts = alone(gaps_us, jams, rate_per_h=900.0)
    placed = [belts.belt_us(0, at_us) for at_us in belts.placed[0]]
    left = [belts.belt_us(0, at_us) for at_us, _ in belts.delivered(0)]
    for instants in (placed, left):
        assert all(after - before >= PITCH_US for before, after in pairwise(instants))
    assert all(out - begun >= TRANSIT_US for begun, out in zip(placed, left, strict=True))


@given(GAPS, ANY_JAMS)
def test_no_more_lie_on_it_than_fit(gaps_us: list[int], jams: list[Jam]) -> None:
    belts = alone(gaps_us, jams, rate_per_h=300.0)
    assert belts.most <= belts.conveyors[0].capacity == 12


@given(GAPS, BELT_JAMS)
def test_nothing_is_placed_or_delivered_while_it_stands(gaps_us: list[int], jams: list[Jam]) -> None:
    belts = alone(gaps_us, jams)
    told = [at_us for at_us, _, _ in belts.said("conveyor.jammed", "conveyor.cleared")]
    happened = belts.placed[0] + [at_us for at_us, _ in belts.delivered(0)]
    for from_us, until_us in zip(told[::2], told[1::2], strict=True):
        assert not [at_us for at_us in happened if from_us < at_us < until_us]


@given(GAPS, ANY_JAMS)
@settings(max_examples=200)
def test_blocked_and_unblocked_alternate_and_it_ends_unblocked(gaps_us: list[int], jams: list[Jam]) -> None:
    belts = alone(gaps_us, jams, rate_per_h=300.0)
    told = [message.type for _, _, message in belts.said("conveyor.blocked", "conveyor.unblocked")]
    assert told == ["conveyor.blocked.v1", "conveyor.unblocked.v1"] * (len(told) // 2)


def test_it_is_blocked_exactly_while_it_is_full_behind_a_head_that_waits() -> None:
    belts = Belts(rate_per_h=3600.0)
    belts.stop(Jam(None, 0, 100 * US_PER_S))
    belts.feed(0, [0, *[3 * US_PER_S] * 12])
    belts.run()
    told = [(at_us // US_PER_S, message.type) for at_us, _, message in belts.said("conveyor.blocked")]
    assert told == [(33, "conveyor.blocked.v1")], "the twelfth was placed then, and the first had waited since 24 s"
    (freed,) = belts.said("conveyor.unblocked")
    assert freed[0] == 100 * US_PER_S
    assert belts.placed[0][12] == 100 * US_PER_S, "there is room at once: the others stood a pitch apart"


def test_a_full_belt_whose_head_still_moves_is_not_blocked() -> None:
    belts = alone([0] * 30, [])
    assert belts.most == 12
    assert belts.said("conveyor.blocked") == []
    assert [at_us for at_us, _ in belts.delivered(0)] == [TRANSIT_US + n * PITCH_US for n in range(30)]


def test_a_case_behind_one_that_waited_is_at_the_end_a_pitch_later() -> None:
    belts = Belts(rate_per_h=3600.0)
    belts.stop(Jam(None, 0, 60 * US_PER_S))
    belts.feed(0, [0] * 5)
    belts.run()
    assert [at_us // US_PER_S for at_us, _ in belts.delivered(0)] == [60, 62, 64, 66, 68]


def test_a_jam_that_clears_by_itself_does_not_clear_the_next_one() -> None:
    belts = Belts()
    belts.stop(Jam(0, 0, 100 * US_PER_S))
    belts.kernel.after(50 * US_PER_S, belts.conveyors[0].clear)
    belts.kernel.after(60 * US_PER_S, lambda: belts.conveyors[0].jam(for_us=None))
    belts.run()
    assert belts.conveyors[0].is_jammed
    assert len(belts.said("conveyor.cleared")) == 1


def test_a_belt_shorter_than_a_case_takes_one_at_a_time() -> None:
    belts = Belts(length_m=0.5)
    belts.feed(0, [0, 0, 0])
    belts.run()
    assert belts.most == 1
    assert belts.placed[0] == [0, PITCH_US, 2 * PITCH_US], "the belt is free earlier, the last one still in the way"


def test_it_says_how_it_is() -> None:
    belts = Belts(rate_per_h=3600.0)
    conveyor, sorter = belts.conveyors[0], belts.sorter
    assert sorter is not None
    belts.feed(0, [0] * 13)
    belts.run(25 * US_PER_S)
    conveyor.report()
    sorter.jam(for_us=None)
    belts.run(100 * US_PER_S)
    conveyor.report()
    conveyor.jam(for_us=None)
    conveyor.report()
    belts.run(1)
    told = [message.data for _, _, message in belts.said("conveyor.state")]
    assert [(it.conveyor_state, it.cases_on_belt, it.cases_inducted) for it in told] == [
        ("RUNNING", 12, 1),
        ("BLOCKED", 12, 1),
        ("JAMMED", 12, 1),
    ]
    assert told[-1].last_event_seq == 3, "identified, blocked, jammed"


def test_a_robot_waits_at_a_full_belt_and_goes_on_when_there_is_room() -> None:
    console = Console(day(cases=80)).at_the_wall()
    belt = console.world._dock.conveyors["c1"]
    belt.jam(for_us=30 * US_PER_S)
    console.take(console.last("wall.scanned").data.cases[0].track_id)
    console.run(25)
    assert console.states()[-1] == "WAITING_FOR_CONVEYOR"
    console.run(15)
    assert len(console.said("case.placed")) == 1
