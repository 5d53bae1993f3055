"""Messages lost for good: neither the radio nor their sender can give them again, and how things are still tells."""

from __future__ import annotations

from sim.plan import Action, RandomFault, Trigger
from tests.sim.console import Console
from tests.sim.days import START_US, day, seconds
from twin.clock import US_PER_S, parse_time
from twin.messages.robot import Resend, ResendData, Snapshot, SnapshotData


def lost(entity: str, *types: str, at_s: float = 0, for_s: float = 600, share: float | None = None) -> Action:
    return Action(
        trigger=Trigger(at_us=seconds(at_s)),
        fault="messages_lost",
        entity=entity,
        for_us=round(for_s * US_PER_S),
        types=types,
        share=share,
    )


def docked(*faults: Action) -> Console:
    """A trailer at the door, all of it told or lost."""
    console = Console(day(*faults, cases=20)).run(2)
    console.dock()
    return console.run(500)


def missing(console: Console, source: str) -> list[int]:
    """The numbers of events that did not come, up to what its latest state names."""
    of_it = [message for _, message in console.log if message.source.endswith(source)]
    last = next(message for message in reversed(of_it) if message.CHANNEL == "state").data.last_event_seq
    return sorted(set(range(1, last + 1)) - {message.seq for message in of_it if message.CHANNEL == "event"})


def test_only_the_types_that_are_named_do_not_come_and_the_states_tell_that_something_is_missing() -> None:
    console = docked(lost("door/d1", "door.opened.v1"))
    assert console.said("door.restraint_engaged")
    assert console.said("door.leveller_lowered")
    assert not console.said("door.opened")
    assert missing(console, "door/d1") == [2]


def test_who_is_asked_for_it_says_that_it_is_gone() -> None:
    console = docked(lost("door/d1", "door.opened.v1"))
    asked = console.data(ResendData, lost_boot=1, channel="event", from_seq=1, to_seq=3)
    command = console.command(Resend, "door/d1", asked)
    heard = len(console.log)
    console.run(1)
    (gone,) = console.said("events.lost")
    assert (gone.data.channel, gone.data.from_seq, gone.data.to_seq) == ("event", 2, 2)
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
    again = [message.type for _, message in console.log[heard:] if message.CHANNEL == "event"]
    assert again == ["door.restraint_engaged.v1", "door.leveller_lowered.v1", "events.lost.v1"]


def test_of_a_share_as_many_are_lost_each_run_the_same() -> None:
    runs = [Console(day(lost("*", share=0.5), cases=20)).run(600) for _ in range(2)]
    plain = Console(day(cases=20)).run(600)
    assert runs[0].log == runs[1].log
    assert 0.3 < len(runs[0].log) / len(plain.log) < 0.7
    assert set(runs[0].log) < set(plain.log)


def test_of_all_types_nothing_is_heard_either_way_until_it_is_over() -> None:
    console = Console(day(lost("robot/r1", at_s=100, for_s=60), cases=20)).run(110)
    unheard = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    console.run(60)
    heard = console.command(Snapshot, "robot/r1", console.data(SnapshotData))
    console.run(1)
    stamps = [parse_time(m.time) for _, m in console.log if m.source.endswith("robot/r1")]
    assert not [at_us for at_us in stamps if seconds(100) <= at_us < seconds(160)]
    assert console.outcome(unheard) == []
    assert console.outcome(heard) == [("accepted", None), ("completed", None)]


def test_a_command_of_a_type_that_is_lost_reaches_nobody() -> None:
    console = docked(lost("yard/yard", "trailer.assign_door.v1"))
    assert not console.said("trailer.docked")
    assert not [message for _, message in console.log if message.CHANNEL == "reply"]


def test_what_is_lost_of_one_leaves_all_that_the_others_say_as_it_was() -> None:
    plain, lossy = docked(), docked(lost("conveyor/c1"))
    assert lossy.log == [d for d in plain.log if not d.message.source.endswith("conveyor/c1")]


def test_it_comes_at_random_to_each() -> None:
    fault = RandomFault(
        fault="messages_lost",
        entity="robot/*",
        per_h=30.0,
        from_us=START_US,
        until_us=seconds(7200),
        for_us=60 * US_PER_S,
        types=("robot.state.v1",),
    )
    console = Console(day(cases=20, robots=2, random_faults=(fault,))).run(7200)
    plain = Console(day(cases=20, robots=2)).run(7200)
    for robot in ("r1", "r2"):
        states, all_states = (
            [m for m in it.said("robot.state") if m.source.endswith(robot)] for it in (console, plain)
        )
        assert 0.3 < len(states) / len(all_states) < 0.9
    assert len(console.said("robot.factsheet")) == 2
