from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.planning import registry
from backend.planning.earliest_due import EarliestDueNearestDoor
from backend.planning.ports import (
    DockAnswer,
    DockView,
    DoorProposal,
    FreeDoor,
    FreeRobot,
    ReadyDoor,
    RobotProposal,
    UnloadAnswer,
    UnloadView,
    WaitingTrailer,
)
from backend.planning.top_down import TopDownNearestFirst
from backend.services import decisions
from tests.backend.fake_dock import FakeDock, dock_of
from tests.backend.field import Field
from twin.clock import US_PER_S
from twin.errors import ConfigError
from twin.messages import exception, receipt, reply, robot, trailer
from twin.messages.wall import SeenCase

if TYPE_CHECKING:
    from random import Random

    from backend.core.state import Order, PendingUnloadAnswer
    from backend.services.desk import Desk

SIDE_M = 0.4


def box(name: str, x: float, y: float, z: float, *, on_floor: bool = False, seen: float = 1.0) -> SeenCase:
    return SeenCase(
        track_id=name,
        position_m=(x, y, z),
        size_m=(SIDE_M, SIDE_M, SIDE_M),
        lies_on_floor=on_floor,
        visible_fraction=seen,
    )


def order_of(*cases: SeenCase, may_take: list[str] | None = None, stddev_m: float = 0.0) -> list[str]:
    view = UnloadView(
        now_us=0,
        trailer_id="t",
        robot_id="r",
        cases=cases,
        may_take=frozenset([it.track_id for it in cases] if may_take is None else may_take),
        position_stddev_m=stddev_m,
    )
    return list(TopDownNearestFirst().propose(view).track_ids)


# --- top-down ---


def test_the_highest_is_taken_first() -> None:
    assert order_of(box("low", 1, 0, 0.2), box("high", 1, 0, 0.6)) == ["high", "low"]


def test_of_equals_the_nearest_is_taken_first() -> None:
    assert order_of(box("far", 2, 0, 0.2), box("near", 1, 1, 0.2)) == ["near", "far"]


def test_fallen_cases_are_taken_before_the_wall() -> None:
    assert order_of(box("high", 1, 0, 1.4), box("fallen", 3, 1, 0.2, on_floor=True)) == ["fallen", "high"]


def test_what_carries_a_case_that_stays_is_not_planned() -> None:
    cases = (box("low", 1, 0, 0.2), box("high", 1, 0, 0.6), box("beside", 1, 1, 0.2))
    assert order_of(*cases, may_take=["low", "beside"]) == ["beside"]


def test_a_hidden_case_waits_for_what_stands_before_it() -> None:
    assert order_of(box("near", 1, 0, 0.2), box("hidden", 2, 0, 0.3, seen=0.2)) == ["near", "hidden"]


def test_a_case_turned_on_its_side_is_as_wide_as_it_is() -> None:
    quarter = 0.5**0.5
    long = SeenCase(
        track_id="long",
        position_m=(1.0, 0.0, 0.2),
        size_m=(1.2, 0.2, 0.4),
        orientation_xyzw=(0.0, 0.0, quarter, quarter),
    )
    on_its_end = box("on", 1, 0.5, 0.6)
    assert order_of(long, on_its_end, may_take=["long"]) == []


_COLUMN = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 5))


@given(
    st.lists(_COLUMN, min_size=1, max_size=8, unique_by=lambda it: it[:2]),
    st.randoms(use_true_random=False),
    st.floats(0.0, 0.01),
)
def test_no_case_is_taken_before_what_rests_on_it(
    columns: list[tuple[int, int, int]], dice: Random, noise_m: float
) -> None:
    cases = [
        box(f"{x}.{y}.{z}", x * SIDE_M, y * SIDE_M, (z + 0.5) * SIDE_M + dice.uniform(-noise_m, noise_m))
        for x, y, height in columns
        for z in range(height)
    ]
    dice.shuffle(cases)
    order = order_of(*cases, stddev_m=noise_m)
    assert sorted(order) == sorted(it.track_id for it in cases)
    for x, y, height in columns:
        column = [f"{x}.{y}.{z}" for z in reversed(range(height))]
        assert [it for it in order if it in column] == column


def test_the_order_does_not_depend_on_the_order_of_the_scan() -> None:
    cases = [box(f"{x}{y}{z}", x, y * 0.5, 0.2 + 0.4 * z) for x in range(3) for y in range(3) for z in range(3)]
    assert order_of(*cases) == order_of(*reversed(cases))


# --- earliest due ---


def dock_view(
    *,
    trailers: dict[str, int] | None = None,
    doors: dict[str, float] | None = None,
    ready: dict[str, tuple[float, int]] | None = None,
    robots: dict[str, float | None] | None = None,
) -> DockView:
    return DockView(
        now_us=0,
        trailers=tuple(WaitingTrailer(trailer_id=k, due_us=v, cases=1) for k, v in (trailers or {}).items()),
        free_doors=tuple(FreeDoor(door_id=k, position_m=v) for k, v in (doors or {}).items()),
        ready_doors=tuple(
            ReadyDoor(door_id=k, position_m=at, trailer_id=f"t-{k}", due_us=due)
            for k, (at, due) in (ready or {}).items()
        ),
        robots=tuple(FreeRobot(robot_id=k, position_m=v) for k, v in (robots or {}).items()),
    )


def test_the_trailer_due_first_gets_the_door_nearest_to_a_robot() -> None:
    view = dock_view(trailers={"late": 9, "soon": 1}, doors={"d1": 0.0, "d2": 8.0}, robots={"r1": 9.0})
    answer = EarliestDueNearestDoor().propose(view)
    assert [(it.trailer_id, it.door_id) for it in answer.doors] == [("soon", "d2"), ("late", "d1")]


def test_the_door_due_first_gets_the_nearest_robot() -> None:
    view = dock_view(ready={"d1": (0.0, 5), "d2": (8.0, 1)}, robots={"r1": 7.0, "r2": 1.0, "r3": None})
    answer = EarliestDueNearestDoor().propose(view)
    assert [(it.robot_id, it.door_id) for it in answer.robots] == [("r1", "d2"), ("r2", "d1")]


def test_nobody_is_sent_twice() -> None:
    view = dock_view(ready={"d1": (0.0, 5), "d2": (8.0, 1)}, robots={"r1": None})
    assert len(EarliestDueNearestDoor().propose(view).robots) == 1


# --- the registry ---


def test_an_unknown_planner_is_a_config_error_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError) as caught:
        registry.unload_planner("top_donw")
    assert caught.value.hint == "did you mean top_down?"


def test_the_built_in_planners_are_known_without_an_installation() -> None:
    assert isinstance(registry.dock_planner("earliest_due"), EarliestDueNearestDoor)
    assert "top_down" in registry.planner_names(registry.UNLOAD_PLANNERS)


# --- planners that fail, lie or take their time ---


class Raises:
    def propose(self, _view: object) -> UnloadAnswer:
        msg = "no idea"
        raise RuntimeError(msg)


class Answers:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    def propose(self, _view: object) -> object:
        return self.answer


def unloaded_with(planner: object) -> FakeDock:
    dock = dock_of(cases=4)
    dock.backend._desk.unload_planner = planner  # type: ignore[assignment]
    return dock.run(1800)


@pytest.mark.parametrize(
    "planner",
    [
        Raises(),
        Answers(None),
        Answers(UnloadAnswer(track_ids=("ghost",), reason="")),
        Answers(UnloadAnswer(track_ids=("t-1-c1", "t-1-c1"), reason="")),
    ],
)
def test_an_unload_planner_that_fails_is_replaced_and_it_shows(planner: object) -> None:
    dock = unloaded_with(planner)
    assert len(dock.of_type(receipt.ReceiptClosed)) == 1
    raised = {it.data.exception_type for it in dock.of_type(exception.ExceptionRaised)}
    assert raised == {"planner_failed"}
    assert "planner_failed/safe_default/rule" in dock.backend.state.resolved
    assert dock.backend.violations == []


@pytest.mark.parametrize(
    "answer",
    [
        DockAnswer(doors=(DoorProposal(trailer_id="ghost", door_id="d1", reason=""),)),
        DockAnswer(doors=(DoorProposal(trailer_id="t-1", door_id="d9", reason=""),)),
        DockAnswer(robots=(RobotProposal(robot_id="r1", door_id="d1", reason=""),) * 2),
        "north",
    ],
)
def test_a_dock_planner_that_talks_nonsense_is_replaced_and_it_shows(answer: object) -> None:
    dock = dock_of(cases=2)
    dock.backend._desk.dock_planner = Answers(answer)  # type: ignore[assignment]
    dock.run(1800)
    assert len(dock.of_type(receipt.ReceiptClosed)) == 1
    details = [it.data.detail for it in dock.of_type(exception.ExceptionRaised)]
    assert details
    assert all(it.startswith("dock planner earliest_due: NonsenseError") for it in details)


class Slow:
    """Thinks as top-down does, and takes two seconds."""

    def propose(self, view: UnloadView) -> UnloadAnswer:
        plan = TopDownNearestFirst().propose(view)
        return UnloadAnswer(track_ids=plan.track_ids, reason=plan.reason, latency_us=2_000_000)


def test_a_slow_answer_takes_effect_by_what_it_exceeds_the_decision_latency() -> None:
    def first_plan(dock: FakeDock) -> int:
        return next(at for at, it in dock.said if isinstance(it, robot.AssignPickPlan))

    fast, slow = dock_of(cases=4).run(1800), unloaded_with(Slow())
    assert first_plan(slow) - first_plan(fast) == 2_000_000 - fast.site.decision_latency_us
    assert len(slow.of_type(receipt.ReceiptClosed)) == 1


def test_an_answer_within_the_decision_latency_takes_effect_at_once() -> None:
    class Quick(Slow):
        def propose(self, view: UnloadView) -> UnloadAnswer:
            plan = TopDownNearestFirst().propose(view)
            return UnloadAnswer(track_ids=plan.track_ids, reason="", latency_us=50_000)

    fast, quick = dock_of(cases=4).run(1800), unloaded_with(Quick())
    assert [it.at_us for it in quick.said] == [it.at_us for it in fast.said]


def test_policy_leaves_out_what_may_not_be_taken() -> None:
    class Everything:
        def propose(self, view: UnloadView) -> UnloadAnswer:
            return UnloadAnswer(track_ids=tuple(it.track_id for it in view.cases), reason="")

    dock = dock_of(cases=4)
    dock.backend._desk.unload_planner = Everything()
    dock.grips["t-1-c2"] = ["grip_failed"]
    dock.run(1800)
    plans = [it.data.track_ids for it in dock.of_type(robot.AssignPickPlan)]
    assert plans[1:] == [()]


def test_the_planner_that_thinks_is_named() -> None:
    asked: list[tuple[str, int] | None] = []
    dock = dock_of(cases=4)

    class Curious(TopDownNearestFirst):
        def propose(self, view: UnloadView) -> UnloadAnswer:
            asked.append(dock.backend.planner_asked)
            return super().propose(view)

    dock.backend._desk.unload_planner = Curious()
    dock.run(1800)
    assert asked[0] is not None
    assert asked[0][0] == "top_down"
    assert dock.backend.planner_asked is None


def test_the_timer_of_an_older_answer_does_not_take_a_newer_one_early(monkeypatch: pytest.MonkeyPatch) -> None:
    field = Field()
    field.report()
    field.announce(cases=1)
    field.arrive()
    field.complete(field.last(trailer.AssignDoor))
    field.dock()
    of_unloading = decisions.ask_unload
    slow_s = iter([40, 60])

    def thinks_long(desk: Desk, order: Order, view: UnloadView, scan_id: str) -> tuple[PendingUnloadAnswer, int]:
        answer, now_us = of_unloading(desk, order, view, scan_id)
        effect_us = now_us + next(slow_s) * US_PER_S
        return msgspec.structs.replace(answer, effect_us=effect_us), effect_us

    monkeypatch.setattr(decisions, "ask_unload", thinks_long)
    field.scan("t-1-c1", scan_id="s1")
    field.reply(field.last(robot.AssignOrder), reply.CommandFailed, code="lost_its_way")
    field.wait(11)
    field.report()
    asked_us = field.now_us
    field.scan("t-1-c1", scan_id="s2")
    while field.backend.state.unload_answers:
        field.wait(5)
        field.report()
    plan_us = next(at_us for at_us, it in field.said if isinstance(it, robot.AssignPickPlan))
    assert plan_us == asked_us + 60 * US_PER_S
    assert field.codes() == []
