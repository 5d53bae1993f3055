"""The yard: which door a trailer comes to, how long it takes to leave, and what the yard says of itself."""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from sim.plan import Action, Trigger
from tests.sim.console import Console
from tests.sim.days import day, seconds
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Snapshot, SnapshotData


def wrong_door(trailer_id: str = "t1") -> Action:
    return Action(trigger=Trigger(at_us=seconds(1.5)), fault="wrong_door", entity=f"trailer/{trailer_id}")


def console_of(*timeline: Action, doors: int = 1, trailers: int = 1, **plan: Any) -> Console:  # noqa: ANN401
    return Console(day(*timeline, robots=0, cases=20, doors=doors, trailers=trailers, **plan)).run(5)


def docked_at(console: Console) -> list[tuple[str, str]]:
    return [(message.data.trailer_id, message.data.door_id) for message in console.said("trailer.docked")]


def test_a_trailer_comes_to_the_door_it_is_told_or_if_that_goes_wrong_to_the_first_other_free_one() -> None:
    right, wrong = console_of(doors=3), console_of(wrong_door(), doors=3)
    for console in (right, wrong):
        console.dock("t1", "d1")
        console.run(400)
    assert docked_at(right) == [("t1", "d1")]
    assert docked_at(wrong) == [("t1", "d2")]
    assert {message.source for message in wrong.said("door.opened")} == {"/bos1/door/d2"}


def test_the_door_it_was_meant_for_is_free_and_the_one_it_takes_is_not() -> None:
    console = console_of(wrong_door(), doors=2, trailers=2)
    console.dock("t1", "d1")
    taken = console.dock("t2", "d2")
    free = console.dock("t2", "d1")
    console.run(400)
    assert console.outcome(taken) == [("rejected", "door_occupied")]
    assert console.outcome(free) == [("accepted", None), ("completed", None)]


def test_a_wrong_way_ends_at_no_door_that_is_taken() -> None:
    console = console_of(wrong_door("t2"), doors=3, trailers=2)
    console.dock("t1", "d1")
    console.dock("t2", "d2")
    console.run(400)
    assert docked_at(console) == [("t1", "d1"), ("t2", "d3")]


def test_with_no_other_door_free_it_comes_to_the_right_one() -> None:
    console = console_of(wrong_door())
    console.dock("t1", "d1")
    console.run(400)
    assert docked_at(console) == [("t1", "d1")]


def test_a_dropped_trailer_has_to_be_fetched_a_live_one_drives_off() -> None:
    def leaves_us(unload_kind: Literal["live", "drop"]) -> int:
        plan = day(robots=0, cases=20)
        (trailer,) = plan.trailers
        console = Console(replace(plan, trailers=(replace(trailer, unload_kind=unload_kind),))).run(5)
        console.dock()
        console.run(400).release()
        console.run(1000)
        return parse_time(console.last("trailer.departed").time) - parse_time(console.last("trailer.released").time)

    assert (leaves_us("live"), leaves_us("drop")) == (120 * US_PER_S, 720 * US_PER_S)


def test_what_detention_costs_is_announced() -> None:
    plan = day(robots=0, cases=20)
    (trailer,) = plan.trailers
    console = Console(replace(plan, trailers=(replace(trailer, detention_per_h=75.0),))).run(5)
    assert console.last("trailer.announced").data.detention_per_h == 75.0


def test_the_yard_says_who_is_there_at_which_door_and_what_it_was_told() -> None:
    console = console_of(doors=2, trailers=3)
    command = console.dock("t2", "d2")
    console.run(100)
    on_the_way = console.last("yard.state").data
    assert [(it.trailer_id, it.door_id) for it in on_the_way.trailers] == [("t1", None), ("t2", None), ("t3", None)]
    assert [(it.action_id, it.action_state) for it in on_the_way.recent_actions] == [
        (command.data.action_id, "RUNNING")
    ]
    console.run(400)
    standing = console.last("yard.state").data
    assert [(it.trailer_id, it.door_id) for it in standing.trailers] == [("t2", "d2"), ("t1", None), ("t3", None)]
    assert [it.action_state for it in standing.recent_actions] == ["FINISHED"]


def test_a_trailer_that_was_let_go_says_so_until_it_has_left() -> None:
    console = console_of()
    console.dock()
    console.run(400).release()
    console.run(100)
    assert [it.is_released for it in console.last("yard.state").data.trailers] == [True]
    console.run(150)
    assert console.said("trailer.departed")
    assert console.last("yard.state").data.trailers == ()


def test_the_yard_says_how_it_is_when_asked() -> None:
    console = console_of().run(5)
    said = len(console.said("yard.state"))
    asked = console.command(Snapshot, "yard/yard", console.data(SnapshotData))
    console.run(0.2)
    assert console.outcome(asked) == [("accepted", None), ("completed", None)]
    assert len(console.said("yard.state")) == said + 1
