"""Days drawn by hypothesis: any faults, by script and at random, any people, any radio."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sim.plan import Action, Fault, LinkPlan, OperatorsPlan, PersonPlan, RandomFault, Shift, Trigger
from tests.sim.days import START_US, seconds
from twin.clock import US_PER_S

MINUTE_US = 60 * US_PER_S
HOUR_S = 3600

rates = st.sampled_from([0.0, 0.05, 0.3])
links = st.builds(
    LinkPlan,
    uplink_least_us=st.integers(0, 50_000),
    downlink_least_us=st.integers(0, 50_000),
    jitter_us=st.sampled_from([0, 100_000]),
    loss=rates,
    duplication=rates,
    reordering=rates,
)
instants = st.integers(300, 1200).map(seconds)
minutes = st.integers(1, 10).map(lambda count: count * MINUTE_US)
triggers = st.one_of(
    instants.map(lambda at_us: Trigger(at_us=at_us)),
    st.builds(Trigger, robot_holds_case=st.sampled_from(["r1", "r2"]), after_us=instants),
    st.builds(Trigger, cases_placed=st.integers(0, 40)),
)

LASTING: dict[Fault, tuple[str, ...]] = {
    "robot_dies": ("robot/r1", "robot/r2"),
    "robot_silent": ("robot/r2",),
    "robot_zombie": ("robot/r1", "robot/r3"),
    "protective_stop": ("robot/r1", "robot/r2"),
    "clock_off": ("robot/r3",),
    "operator_pauses": ("robot/r1",),
    "conveyor_jam": ("conveyor/c1",),
    "sorter_down": ("sorter/s1",),
    "person_in_cell": ("door/d1", "door/d2"),
    "link": ("*", "door/d1", "operator/floor"),
    "partition": ("robot/r1", "yard/yard"),
}
"""What lasts a while, and what it happens to."""

AT_ONCE: dict[Fault, tuple[str, ...]] = {
    "emergency_stop": ("robot/r1", "robot/r2"),
    "grip_fails": ("robot/r1",),
    "case_drops": ("robot/r2",),
    "case_damaged": ("robot/r1",),
    "vacuum_lost": ("robot/r1", "robot/r2"),
    "robot_zombie": ("robot/r2",),
    "ghost_case": ("trailer/t1", "trailer/t2"),
    "merged_cases": ("trailer/t1",),
    "wall_collapse": ("trailer/t1", "trailer/t2"),
    "wrong_door": ("trailer/t2", "trailer/t1"),
    "no_read": ("conveyor/c1",),
    "conveyor_jam": ("conveyor/c2",),
    "sorter_down": ("sorter/s1",),
    "late_answer": ("operator/floor",),
    "double_answer": ("operator/floor", "operator/remote"),
}
"""What is over at once, or until people end it."""


def _scripted(kinds: dict[Fault, tuple[str, ...]], **fields: Any) -> list[st.SearchStrategy[Action]]:  # noqa: ANN401
    return [
        st.builds(Action, trigger=triggers, fault=st.just(fault), entity=st.sampled_from(entities), **fields)
        for fault, entities in kinds.items()
    ]


actions = st.lists(
    st.one_of(*_scripted(LASTING, for_us=minutes, link=links, offset_us=st.just(3 * US_PER_S)), *_scripted(AT_ONCE)),
    max_size=5,
)

PATTERNS = {
    "robot": "robot/*",
    "door": "door/*",
    "conveyor": "conveyor/*",
    "trailer": "trailer/*",
    "sorter": "sorter/*",
}
random_faults = st.lists(
    st.sampled_from(sorted((LASTING | AT_ONCE).items())).flatmap(
        lambda kind: st.builds(
            RandomFault,
            fault=st.just(kind[0]),
            entity=st.just(PATTERNS.get(kind[1][0].partition("/")[0], kind[1][0])),
            per_h=st.sampled_from([1.0, 6.0]),
            from_us=st.just(START_US),
            until_us=st.just(seconds(HOUR_S)),
            for_us=st.just(MINUTE_US),
            link=links,
            offset_us=st.just(2 * US_PER_S),
        )
    ),
    max_size=3,
)

at_minutes = st.integers(0, 110).map(lambda count: seconds(count * 60))


@st.composite
def shift_plans(draw: st.DrawFn) -> Shift:
    from_us = draw(at_minutes)
    until_us = from_us + draw(st.integers(1, 60)) * MINUTE_US
    break_us = draw(at_minutes)
    return Shift(from_us=from_us, until_us=until_us, breaks=((break_us, break_us + 5 * MINUTE_US),))


@st.composite
def people(draw: st.DrawFn) -> OperatorsPlan:
    """A few with shifts and breaks, and one of each role who is always there and can do all."""
    named = [
        PersonPlan(
            person_id=f"p{number}",
            role=draw(st.sampled_from(["remote", "floor"])),
            skills=draw(st.sampled_from([None, ("leftovers", "grip_failed"), ("conveyor_jammed", "emergency_stop")])),
            shifts=tuple(draw(st.lists(shift_plans(), max_size=2))),
            response_us=draw(st.sampled_from([None, 0, 10 * MINUTE_US])),
            handling_us=draw(st.sampled_from([None, 0, MINUTE_US])),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    always = [PersonPlan(person_id=f"all-{role}", role=role) for role in ("remote", "floor")]
    answer = draw(st.sampled_from(["retry", "skip", "assist"]))
    return OperatorsPlan(people=(*named, *always), answers={"grip_failed": answer})
