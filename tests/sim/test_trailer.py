"""What becomes of a wall that comes down, and of what falls."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.trailer import Trailer
from tests.sim.test_perception import boxes, generated, look, trailer
from twin.rng import Draws


def uniforms(number: int = 1) -> tuple[float, ...]:
    return Draws(7).uniforms("collapse", "t1", number)


def stack() -> Trailer:
    """Two columns of three, and one behind them."""
    front = {f"{side}{z}": (5.0, y, 0.15 + 0.3 * z) for side, y in (("l", 0.4), ("r", 0.0)) for z in range(3)}
    return trailer(boxes(**front, behind=(9.0, 0.2, 0.15)))


def test_the_highest_of_the_wall_in_front_fall_first() -> None:
    subject = stack()
    falls = subject.collapse(0.3, uniforms())
    assert {fall.case_id for fall in falls} == {"l2", "r2"}
    assert [round(fall.height_m, 6) for fall in falls] == [0.6, 0.6]
    assert set(subject.state.floor) == {"l2", "r2"}


def test_what_stands_behind_the_wall_stays() -> None:
    subject = stack()
    assert len(subject.collapse(1.0, uniforms())) == 6
    assert subject.state.visible() == ["behind"]


def test_which_of_two_equally_high_falls_is_drawn() -> None:
    first = {stack().collapse(0.1, uniforms(number))[0].case_id for number in range(20)}
    assert first == {"l2", "r2"}


def test_a_collapse_takes_down_at_least_one_case_where_one_stands() -> None:
    subject = stack()
    assert len(subject.collapse(0.01, uniforms())) == 1
    empty = trailer(boxes())
    assert empty.collapse(1.0, uniforms()) == ()


def test_the_next_look_shows_the_fallen_on_the_floor() -> None:
    subject = stack()
    look(subject)
    falls = subject.collapse(0.5, uniforms())
    on_floor = {case.track_id for case in look(subject) if case.lies_on_floor}
    assert on_floor == {subject.cases[fall.case_id].track_id for fall in falls}


def test_a_fall_from_higher_damages_more() -> None:
    def damaged(height_m: float) -> int:
        subject = trailer(generated(1, 300))
        for case in subject.cases.values():
            subject.suffer_fall(case, height_m)
        return sum(case.is_damaged for case in subject.cases.values())

    assert damaged(0.0) == 0
    assert 0 < damaged(0.8) < damaged(1.6)


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(1, 200), st.sampled_from([0.1, 0.5, 1.0]))
def test_a_collapse_loses_no_case_and_says_each_fall_once(seed: int, cases: int, share: float) -> None:
    subject = trailer(generated(seed, cases))
    for number in range(3):
        falls = [fall.case_id for fall in subject.collapse(share, uniforms(number))]
        assert len(set(falls)) == len(falls)
        assert set(falls) <= set(subject.state.floor)
        assert not any(subject.state.stands(case_id) for case_id in falls)
        standing = [case_id for case_id in subject.cases if subject.state.stands(case_id)]
        assert len(standing) + len(subject.state.floor) == len(subject.cases)


def test_a_trailer_whose_cases_are_not_simulated_has_no_wall() -> None:
    counted = Trailer(stack().plan, None, cases_total=5, cases_announced=5, draws=Draws(1))
    assert counted.collapse(1.0, uniforms()) == ()


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_collapse_is_the_same_again(share: float) -> None:
    assert stack().collapse(share, uniforms()) == stack().collapse(share, uniforms())
