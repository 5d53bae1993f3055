"""The sorter: never faster than its rate, first come first served, and as fast as that if there is enough to do."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tests.sim.belts import HOUR_US, Belts, Jam
from twin.clock import US_PER_S

PITCH_US = 2 * US_PER_S
TRANSIT_US = 24 * US_PER_S
RATES = st.sampled_from([120.0, 450.0, 900.0, 1800.0, 3600.0])
FEEDS = st.lists(st.lists(st.integers(0, 12) | st.just(0), max_size=20), min_size=1, max_size=4)
"""Seconds between the cases of each belt: whole ones, so that many heads come at one instant."""

JAMS = st.lists(
    st.builds(Jam, st.sampled_from([None, 0]), st.integers(0, 100 * US_PER_S), st.integers(1, 60 * US_PER_S)),
    max_size=4,
)


def merged(feeds: list[list[int]], rate_per_h: float, jams: list[Jam]) -> Belts:
    belts = Belts(count=len(feeds), rate_per_h=rate_per_h)
    for jam in jams:
        belts.stop(jam)
    for number, gaps in enumerate(feeds):
        belts.feed(number, [gap * US_PER_S for gap in gaps])
    return belts.run()


def expected(placed: list[list[int]], slot_us: int) -> list[list[int]]:
    """When each case goes onto the sorter, reckoned from when it was placed: the head that has waited longest next."""
    left: list[list[int]] = [[] for _ in placed]
    free_us = 0
    while True:
        heads = []
        for number, instants in enumerate(placed):
            if len(left[number]) < len(instants):
                behind_us = left[number][-1] + PITCH_US if left[number] else 0
                heads.append((max(instants[len(left[number])] + TRANSIT_US, behind_us), number))
        if not heads:
            return left
        at_us, number = min(heads)
        free_us = max(at_us, free_us)
        left[number].append(free_us)
        free_us += slot_us


@given(FEEDS, RATES)
def test_the_head_that_has_waited_longest_goes_next_and_of_one_instant_the_first_conveyors(
    feeds: list[list[int]], rate_per_h: float
) -> None:
    belts = merged(feeds, rate_per_h, [])
    left = [[at_us for at_us, _ in belts.delivered(number)] for number in range(len(feeds))]
    assert left == expected(belts.placed, round(HOUR_US / rate_per_h))


@given(FEEDS, RATES, JAMS)
def test_it_is_never_faster_than_its_rate_and_loses_nothing(
    feeds: list[list[int]], rate_per_h: float, jams: list[Jam]
) -> None:
    belts = merged(feeds, rate_per_h, jams)
    told = [at_us for at_us, _, _ in belts.said("case.identified")]
    assert all(after - before >= round(HOUR_US / rate_per_h) for before, after in pairwise(told))
    assert belts.sorter is not None
    assert len(told) == belts.sorter.cases_sorted == sum(map(len, feeds))
    for number in range(len(feeds)):
        assert [track for _, track in belts.delivered(number)] == [f"b{number}-{n}" for n in range(len(feeds[number]))]


@given(FEEDS, JAMS)
def test_it_takes_nothing_while_it_is_down(feeds: list[list[int]], jams: list[Jam]) -> None:
    belts = merged(feeds, 1800.0, jams)
    told = [at_us for at_us, _, _ in belts.said("sorter.jammed", "sorter.cleared")]
    taken = [at_us for at_us, _, _ in belts.said("case.identified")]
    for from_us, until_us in zip(told[::2], told[1::2], strict=True):
        assert not [at_us for at_us in taken if from_us < at_us < until_us]


def test_a_case_whose_turn_would_come_while_it_is_down_waits() -> None:
    belts = Belts(rate_per_h=360.0)
    belts.feed(0, [0, 0])
    belts.stop(Jam(None, 30 * US_PER_S, 10 * US_PER_S))
    belts.run()
    assert [at_us // US_PER_S for at_us, _ in belts.delivered(0)] == [24, 40]


def test_a_jam_that_clears_by_itself_does_not_clear_the_next_one() -> None:
    belts = Belts(rate_per_h=360.0)
    sorter = belts.sorter
    assert sorter is not None
    belts.stop(Jam(None, 0, 100 * US_PER_S))
    belts.kernel.after(50 * US_PER_S, sorter.clear)
    belts.kernel.after(60 * US_PER_S, lambda: sorter.jam(for_us=None))
    belts.run()
    assert sorter.is_jammed
    assert len(belts.said("sorter.cleared")) == 1


def test_a_saturated_sorter_takes_as_many_as_its_rate_says() -> None:
    belts = Belts(count=3, rate_per_h=1800.0)
    for number in range(3):
        belts.feed(number, [0] * 900)
    belts.run(HOUR_US + TRANSIT_US)
    assert len(belts.said("case.identified")) == 1800
    shares = [len(belts.delivered(number)) for number in range(3)]
    assert max(shares) - min(shares) <= 1, "three belts that always wait take turns"


def test_a_jammed_belt_lets_the_others_go_first_and_waits_again_from_when_it_is_cleared() -> None:
    belts = Belts(count=2, rate_per_h=360.0)
    belts.feed(0, [0, 0])
    belts.feed(1, [US_PER_S, 0])
    belts.stop(Jam(0, 30 * US_PER_S, 10 * US_PER_S))
    belts.run()
    told = [(at_us // US_PER_S, message.data.track_id) for at_us, _, message in belts.said("case.identified")]
    assert told == [(24, "b0-0"), (34, "b1-0"), (44, "b1-1"), (54, "b0-1")]


def test_it_says_how_it_is() -> None:
    belts = Belts(rate_per_h=1800.0)
    sorter = belts.sorter
    assert sorter is not None
    belts.feed(0, [0] * 3)
    belts.run(27 * US_PER_S)
    sorter.report()
    sorter.jam(for_us=None)
    sorter.report()
    sorter.clear(causation_id="asked")
    belts.run()
    told = [message.data for _, _, message in belts.said("sorter.state")]
    assert [(it.sorter_state, it.cases_sorted, it.last_event_seq) for it in told] == [
        ("RUNNING", 2, 0),
        ("JAMMED", 2, 1),
    ]
    assert told[0].rate_per_h == 1800.0
    assert [message.causationid for _, _, message in belts.said("sorter.cleared")] == ["asked"]
