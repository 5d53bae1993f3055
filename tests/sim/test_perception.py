"""What perception errs in: ghosts until somebody tries them, and two cases seen as one until something parts them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.case import Case
from sim.load.generators import columns
from sim.load.goods import draw_goods
from sim.load.load import LabelFault, Load, LoadedCase, Vector
from sim.perception import Ghost, Merged, Sight
from sim.plan import GeneratedLoad, TrailerPlan
from sim.trailer import Trailer
from tests.sim.days import START_US
from twin.messages.wall import SeenCase
from twin.rng import Draws

SIZE_M = (0.6, 0.4, 0.3)


def boxes(**centers_m: Vector) -> Load:
    cases = tuple(
        LoadedCase(
            case_id=name,
            size_m=SIZE_M,
            weight_kg=10.0,
            manifest_line=None,
            sku="sku",
            label="label",
            fault=LabelFault.NONE,
            center_m=center_m,
        )
        for name, center_m in centers_m.items()
    )
    return Load(trailer_id="t1", interior_m=(12.0, 2.4, 2.6), manifest=(), cases=cases)


def row() -> Load:
    """Three side by side, one on the first."""
    return boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15), c=(5.0, -0.4, 0.15), top=(5.0, 0.4, 0.45))


def generated(seed: int, cases: int) -> Load:
    return columns(draw_goods(Draws(seed), trailer_id="t1", cases=cases))


def trailer(
    load: Load,
    *,
    ghosts: float = 0.0,
    merges: float = 0.0,
    misses: float = 0.0,
    stddev_m: float = 0.0,
    seed: int = 1,
) -> Trailer:
    plan = TrailerPlan(
        trailer_id="t1",
        announced_us=START_US,
        arrives_us=START_US,
        due_us=START_US,
        load=GeneratedLoad(generator="columns", cases=len(load.cases)),
    )
    count = len(load.cases)
    return Trailer(
        plan,
        load,
        cases_total=count,
        cases_announced=count,
        draws=Draws(seed),
        sight=Sight(ghosts=ghosts, merges=merges, misses=misses, position_stddev_m=stddev_m),
    )


def look(subject: Trailer) -> list[SeenCase]:
    return subject.perception.see(subject.state)


def tracks(seen: Iterable[SeenCase]) -> list[str]:
    return [case.track_id for case in seen]


def pair(subject: Trailer) -> Merged:
    found = [track for track in subject.by_track.values() if isinstance(track, Merged)]
    assert len(found) == 1
    return found[0]


# -- ghosts ----------------------------------------------------------------------------------------------------------


def test_a_forced_ghost_is_one_more_track_in_the_next_scan_and_in_all_after_it() -> None:
    subject = trailer(row())
    before = look(subject)
    subject.perception.forced.add("ghost_case")
    with_ghost = look(subject)
    assert with_ghost[:-1] == before
    ghost = with_ghost[-1]
    assert subject.by_track[ghost.track_id] == Ghost(ghost.track_id)
    assert look(subject) == with_ghost
    assert subject.perception.ghosts() == [ghost.track_id]
    assert subject.perception.forced == set()


def test_a_retracted_track_never_comes_back() -> None:
    subject = trailer(row())
    subject.perception.forced.add("ghost_case")
    ghost = look(subject)[-1].track_id
    subject.perception.retract(ghost)
    assert ghost not in subject.by_track
    assert ghost not in tracks(look(subject))
    assert subject.perception.ghosts() == []
    subject.perception.forced.add("ghost_case")
    assert look(subject)[-1].track_id != ghost


def test_a_ghost_is_as_large_as_a_case_and_within_the_trailer() -> None:
    subject = trailer(boxes(a=(0.3, 0.0, 0.15)))
    subject.perception.forced.add("ghost_case")
    *_, ghost = look(subject)
    assert ghost.size_m == SIZE_M
    assert ghost.position_m[0] == SIZE_M[0] / 2.0, "it does not stick out of the door"


def test_a_ghost_can_be_forced_into_an_empty_trailer_but_not_come_there_by_chance() -> None:
    subject = trailer(boxes(a=(5.0, 0.0, 0.15)), ghosts=1.0)
    subject.pick(subject.cases["a"], ())
    assert look(subject) == []
    subject.perception.forced.add("ghost_case")
    assert len(look(subject)) == 1


def test_a_scan_shows_a_ghost_as_often_as_planned_drawn_by_its_number() -> None:
    def haunted(seed: int) -> list[int]:
        subject = trailer(row(), ghosts=0.2, seed=seed)
        return [len(look(subject)) for _ in range(1000)]

    assert haunted(1)[-1] - len(row().cases) == pytest.approx(200, abs=40)
    assert haunted(1) == haunted(1) != haunted(2)


# -- two seen as one -------------------------------------------------------------------------------------------------


def test_two_new_neighbours_are_seen_as_one_box_around_both() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15)))
    subject.perception.forced.add("merged_cases")
    (seen,) = look(subject)
    assert seen.size_m == (0.6, 0.8, 0.3)
    assert seen.position_m == pytest.approx((5.0, 0.2, 0.15), abs=0.06)
    assert [case.case_id for case in pair(subject).cases] == ["a", "b"]
    assert subject.perception.forced == set()
    assert look(subject) == [seen]


def test_while_merged_neither_is_seen_by_itself_and_the_others_are() -> None:
    subject = trailer(row(), merges=1.0)
    assert len(look(subject)) == 3
    together = pair(subject)
    assert {case.case_id for case in together.cases} in ({"a", "b"}, {"b", "c"})
    assert all(case.track_id is None for case in together.cases)
    by_itself = {track.case_id for track in subject.by_track.values() if isinstance(track, Case)}
    assert by_itself == {"a", "b", "c", "top"} - {case.case_id for case in together.cases}


def test_a_case_that_is_known_by_itself_is_never_merged() -> None:
    subject = trailer(row())
    before = look(subject)
    subject.perception.forced.add("merged_cases")
    assert look(subject) == before
    assert "merged_cases" in subject.perception.forced, "it waits for new neighbours"


def test_cases_that_do_not_touch_side_by_side_are_not_merged() -> None:
    apart = boxes(a=(5.0, 0.44, 0.15), b=(5.0, 0.0, 0.15), behind=(5.6, 0.0, 0.15), above=(5.0, 0.0, 0.45))
    subject = trailer(apart, merges=1.0)
    look(subject)
    assert all(isinstance(track, Case) for track in subject.by_track.values())


def test_a_split_gives_both_a_track_of_their_own_and_ends_that_of_the_pair() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15)), merges=1.0)
    (seen,) = look(subject)
    successors = subject.perception.split(seen.track_id)
    assert [subject.by_track[track] for track in successors] == list(subject.cases.values())
    assert seen.track_id not in subject.by_track
    assert tracks(look(subject)) == list(successors), "and they are not merged again"


def test_when_one_of_a_pair_falls_the_track_goes_on_as_the_other() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15)), merges=1.0)
    (together,) = look(subject)
    subject.topple(["a"], ())
    standing, fallen = look(subject)
    assert (standing.track_id, standing.size_m, standing.lies_on_floor) == (together.track_id, SIZE_M, False)
    assert fallen.lies_on_floor
    assert fallen.track_id != together.track_id
    assert subject.by_track[together.track_id] is subject.cases["b"]
    assert subject.by_track[fallen.track_id] is subject.cases["a"]


def test_when_both_of_a_pair_fall_both_are_seen_on_the_floor_one_as_the_pair() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15)), merges=1.0)
    (together,) = look(subject)
    for case in subject.cases.values():
        subject.topple([case.case_id], ())
    seen = look(subject)
    assert [case.lies_on_floor for case in seen] == [True, True]
    assert together.track_id in tracks(seen)
    assert len(set(tracks(seen))) == 2


def test_people_who_carry_out_a_pair_name_each_case() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, 0.0, 0.15)), merges=1.0)
    (together,) = look(subject)
    named = [subject.perception.track_of(case) for case in subject.cases.values()]
    assert named[0] == together.track_id
    assert len(set(named)) == 2
    assert all(isinstance(track, Case) for track in subject.by_track.values())


@given(st.integers(0, 2**32), st.integers(2, 120), st.sampled_from([0.0, 0.3, 1.0]))
def test_every_case_that_can_be_seen_is_in_the_scan_once(seed: int, cases: int, merges: float) -> None:
    subject = trailer(generated(seed, cases), ghosts=0.5, merges=merges, seed=seed)
    while True:
        seen = tracks(look(subject))
        assert len(set(seen)) == len(seen)
        shown: list[str] = []
        for track in seen:
            what = subject.by_track[track]
            if isinstance(what, Merged):
                one, other = (case.case_id for case in what.cases)
                assert other in subject.state.beside(one)
                shown += [one, other]
            elif isinstance(what, Case):
                assert what.track_id == track
                shown.append(what.case_id)
        assert len(set(shown)) == len(shown)
        there = {*subject.state.visible(), *subject.state.floor}
        assert there <= set(shown)
        if not there:
            return
        for case_id in subject.state.visible()[: len(there) // 2 + 1]:
            if subject.state.stands(case_id):
                subject.pick(subject.cases[case_id], ())
        for case_id in subject.state.floor:
            subject.pick(subject.cases[case_id], ())


# -- cases that are missed, and how far off they are seen -------------------------------------------------------------


def test_a_case_that_one_look_misses_another_shows() -> None:
    subject = trailer(generated(3, 100), misses=0.3)
    whole = len(trailer(generated(3, 100)).state.visible())
    looks = [set(tracks(look(subject))) for _ in range(20)]
    assert 0.5 * whole < sum(map(len, looks)) / len(looks) < 0.9 * whole
    assert len(set.union(*looks)) == whole
    assert all(one != other for one, other in pairwise(looks))


def test_what_lies_on_the_floor_is_missed_too() -> None:
    subject = trailer(boxes(a=(5.0, 0.4, 0.15), b=(5.0, -0.4, 0.15)), misses=0.5)
    subject.topple(["a", "b"], ())
    assert {len(look(subject)) for _ in range(30)} == {1, 2}


@pytest.mark.parametrize("misses", [0.9, 1.0])
def test_who_misses_much_still_never_takes_a_trailer_for_empty(misses: float) -> None:
    subject = trailer(row(), misses=misses)
    assert all(look(subject) for _ in range(50))
    assert look(trailer(boxes(), misses=misses)) == []


def test_cases_are_seen_as_far_off_as_the_dock_says() -> None:
    def spread_m(stddev_m: float) -> float:
        subject = trailer(generated(5, 300), stddev_m=stddev_m)
        off_m = []
        for case in look(subject):
            it = subject.by_track[case.track_id]
            assert isinstance(it, Case)
            off_m += [seen - real for seen, real in zip(case.position_m, it.loaded.center_m, strict=True)]
        return pstdev(off_m)

    assert spread_m(0.0) < 0.0001
    assert spread_m(0.05) == pytest.approx(0.05, rel=0.2)


def test_without_errors_tracks_are_those_of_a_perception_that_knows_none() -> None:
    plain, erring = trailer(generated(4, 80)), trailer(generated(4, 80), ghosts=1e-12, merges=1e-12)
    assert look(plain) == look(erring)
