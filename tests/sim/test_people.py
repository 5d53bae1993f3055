"""One person: when they are on duty, what they can see to, how long they take."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.people import Person, people_of, stretches
from sim.plan import OperatorsPlan, PersonPlan, Shift

spans = st.tuples(st.integers(0, 60), st.integers(1, 30)).map(lambda it: (it[0], it[0] + it[1]))
shifts = st.lists(
    st.builds(
        lambda span, breaks: Shift(from_us=span[0], until_us=span[1], breaks=tuple(breaks)),
        spans,
        st.lists(spans, max_size=3),
    ),
    max_size=4,
)


@given(shifts)
def test_somebody_is_on_duty_in_a_shift_but_not_in_its_breaks(plan: list[Shift]) -> None:
    duty = stretches(plan)
    for now_us in range(100):
        is_due = any(
            shift.from_us <= now_us < shift.until_us
            and not any(begins_us <= now_us < ends_us for begins_us, ends_us in shift.breaks)
            for shift in plan
        )
        assert any(from_us <= now_us < until_us for from_us, until_us in duty) is is_due


@given(shifts)
def test_stretches_of_duty_are_apart_and_in_order(plan: list[Shift]) -> None:
    edges = [edge for stretch in stretches(plan) for edge in stretch]
    assert edges == sorted(set(edges))


def test_without_names_as_many_as_planned_stand_in_always_on_duty() -> None:
    people = people_of(OperatorsPlan(remote=2), "remote")
    assert [person.person_id for person in people] == ["remote-1", "remote-2"]
    assert all(person.is_due(0) and person.can_see_to("no_read") for person in people)


def test_named_people_are_all_there_are_of_their_role() -> None:
    plan = OperatorsPlan(remote=3, floor=2, people=(PersonPlan(person_id="ada", role="remote"),))
    assert [person.person_id for person in people_of(plan, "remote")] == ["ada"]
    assert [person.person_id for person in people_of(plan, "floor")] == ["floor-1", "floor-2"]


def test_a_person_takes_as_long_as_they_do_or_as_all_do() -> None:
    plan = OperatorsPlan(floor_response_us=100, floor_handling_us=200)
    usual = Person(PersonPlan(person_id="usual", role="floor"), plan)
    slow = Person(PersonPlan(person_id="slow", role="floor", response_us=1000, handling_us=0), plan)
    assert (usual.response_us(0.5), usual.handling_us(0.5)) == (100, 200)
    assert (slow.response_us(0.5), slow.handling_us(0.5)) == (1000, 0)
    assert slow.response_us(0.7) > 1000 > slow.response_us(0.3)


def test_a_person_can_see_to_what_is_among_their_skills() -> None:
    person = Person(PersonPlan(person_id="eva", role="floor", skills=("conveyor_jammed",)), OperatorsPlan())
    assert person.can_see_to("conveyor_jammed")
    assert not person.can_see_to("leftovers")
