"""Doors: what happens before a trailer may be entered and before it leaves, and who is in the cell."""

from __future__ import annotations

from sim.plan import Action, Trigger
from tests.sim.console import Console
from tests.sim.days import day, seconds
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Snapshot, SnapshotData

READY_S = 2.07 + 240 + 15 + 30 + 15
"""When the leveller of d1 is down under t1, if it is told to dock at 2 s."""


def person_in_cell(at_s: float, for_s: float) -> Action:
    return Action(
        trigger=Trigger(at_us=seconds(at_s)), fault="person_in_cell", entity="door/d1", for_us=round(for_s * US_PER_S)
    )


def docked(*timeline: Action, robots: int = 0) -> Console:
    console = Console(day(*timeline, robots=robots, cases=20)).run(2)
    console.dock()
    return console


def door_events(console: Console) -> list[tuple[str, float]]:
    """What the door has said and when, in seconds of the day."""
    return [
        (message.type.split(".")[1], (parse_time(message.time) - seconds(0)) / US_PER_S)
        for _, message in console.log
        if "/door/" in message.source and message.CHANNEL == "event"
    ]


def test_a_door_holds_the_trailer_opens_and_lowers_its_leveller() -> None:
    console = docked().run(400)
    assert door_events(console) == [
        ("restraint_engaged", READY_S - 45),
        ("opened", READY_S - 15),
        ("leveller_lowered", READY_S),
    ]
    by_id = {message.id: message for _, message in console.log}
    (lowered,) = console.said("door.leveller_lowered")
    chain = [lowered]
    while chain[-1].causationid in by_id:
        chain.append(by_id[chain[-1].causationid])
    assert [message.type.split(".")[1] for message in chain] == [
        "leveller_lowered",
        "opened",
        "restraint_engaged",
        "docked",
    ]


def test_a_door_lets_go_in_the_opposite_order() -> None:
    console = docked().run(400)
    console.release()
    console.run(1000)
    assert [event for event, _ in door_events(console)[3:]] == ["leveller_stored", "closed", "restraint_released"]


def test_a_trailer_may_be_entered_only_once_the_leveller_is_down() -> None:
    console = docked(robots=1).run(READY_S - 2 - 0.5)
    early = console.order()
    console.run(0.5)
    assert console.outcome(early) == [("accepted", None), ("failed", "door_not_open")]
    late = console.order()
    console.run(5)
    assert console.outcome(late) == [("accepted", None)]
    assert console.states()[-1] == "ENTERING"


def test_a_person_in_the_cell_keeps_the_trailer_at_its_door() -> None:
    console = docked(person_in_cell(400, 100)).run(450)
    refused = console.release()
    console.run(1)
    assert console.outcome(refused) == [("rejected", "person_inside")]
    console.run(60)
    released = console.release()
    console.run(400)
    assert console.outcome(released) == [("accepted", None), ("completed", None)]
    (entered,), (left,) = console.said("door.person_entered"), console.said("door.person_left")
    assert (entered.data.people_inside, left.data.people_inside) == (1, 0)
    assert entered.data.trailer_id == left.data.trailer_id == "t1"


def test_the_cell_is_clear_when_the_last_person_has_left() -> None:
    console = docked(person_in_cell(400, 100), person_in_cell(420, 20)).run(600)
    counts = [
        message.data.people_inside
        for _, message in console.log
        if message.type in {"door.person_entered.v1", "door.person_left.v1"}
    ]
    assert counts == [1, 2, 1, 0]


def test_nobody_enters_a_cell_whose_door_closes_or_is_closed() -> None:
    at_us = seconds(401)
    console = docked(person_in_cell(300, 10), person_in_cell(402.1, 10)).run(399)
    assert console.now_us == at_us
    console.release()
    console.run(400)
    assert not console.said("door.person_entered")
    assert console.said("trailer.departed")


def test_a_robot_in_the_cell_stands_still_while_a_person_is_in_it() -> None:
    console = docked(person_in_cell(420, 100), robots=1).run(400)
    console.order()
    console.run(200)
    assert console.states()[-4:] == ["ENTERING", "PROTECTIVE_STOP", "ENTERING", "SCANNING"]
    (started,) = console.said("unload.started")
    travelled_s = 0
    assert parse_time(started.time) == seconds(402.07 + travelled_s + 30 + 100)


def test_a_robot_stands_still_until_the_last_person_has_left() -> None:
    console = docked(person_in_cell(410, 100), person_in_cell(420, 20), robots=1).run(400)
    console.order()
    console.run(105)
    assert console.states()[-1] == "PROTECTIVE_STOP"
    console.run(10)
    assert console.states()[-1] == "ENTERING"


def test_a_robot_waits_on_the_threshold_until_the_cell_is_clear() -> None:
    console = docked(person_in_cell(390, 100), robots=1).run(400)
    console.order()
    console.run(50)
    assert console.states()[-2:] == ["TRAVELLING", "PROTECTIVE_STOP"]
    console.run(60)
    assert console.states()[-3:] == ["PROTECTIVE_STOP", "TRAVELLING", "ENTERING"]


def test_a_door_says_how_it_is_every_period_and_when_asked() -> None:
    console = docked(person_in_cell(400, 100)).run(450)
    state = console.last("door.state").data
    assert (state.trailer_id, state.is_restrained, state.is_open, state.is_leveller_down) == ("t1", True, True, True)
    assert (state.people_inside, state.last_event_seq) == (1, 4)
    said = len(console.said("door.state"))
    asked = console.command(Snapshot, "door/d1", console.data(SnapshotData))
    console.run(1)
    assert console.outcome(asked) == [("accepted", None), ("completed", None)]
    assert len(console.said("door.state")) == said + 1


def test_a_trailer_on_its_way_is_not_standing_at_the_door() -> None:
    console = docked().run(200)
    assert console.last("door.state").data.trailer_id is None
