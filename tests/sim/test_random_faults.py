"""Random faults: so many an hour to each entity on its own, and nothing else moves them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from msgspec.structs import replace

from sim.gateway import least_latency_us
from sim.plan import Action, Fault, LinkPlan, RandomFault, Trigger
from tests.sim.console import Console
from tests.sim.days import START_US, day, seconds
from twin.clock import US_PER_S, parse_time

HOUR_S = 3600


def jams(entity: str = "conveyor/*", **fields: Any) -> RandomFault:  # noqa: ANN401 - fields of RandomFault
    fields = {"per_h": 6.0, "from_us": START_US, "until_us": seconds(20 * HOUR_S), "for_us": US_PER_S, **fields}
    return RandomFault(fault=fields.pop("fault", "conveyor_jam"), entity=entity, **fields)


def jammed_s(*faults: RandomFault, seed: int = 1, hours: float = 24, **plan: Any) -> dict[str, list[float]]:  # noqa: ANN401
    """When each conveyor jams, in seconds of the day."""
    console = Console(day(robots=0, cases=20, seed=seed, random_faults=faults, **plan)).run(hours * HOUR_S - 1)
    times: dict[str, list[float]] = {}
    for message in console.said("conveyor.jammed"):
        times.setdefault(message.source.split("/")[3], []).append((parse_time(message.time) - START_US) / US_PER_S)
    return times


def test_there_are_about_as_many_as_the_rate_says() -> None:
    times = [jammed_s(jams(), seed=seed)["c1"] for seed in range(1, 6)]
    assert 480 < sum(len(each) for each in times) < 720  # 20 h at 6 an hour, five times: 600, standard deviation 24


def test_they_happen_between_from_and_until_only() -> None:
    (times,) = jammed_s(jams(from_us=seconds(HOUR_S), until_us=seconds(5 * HOUR_S))).values()
    assert HOUR_S < min(times) < max(times) < 5 * HOUR_S
    assert max(times) - min(times) > 2 * HOUR_S


def test_each_entity_of_a_kind_has_its_own() -> None:
    times = jammed_s(jams(), doors=3)
    assert set(times) == {"c1", "c2", "c3"}
    assert not set(times["c1"]) & set(times["c2"])


def test_what_else_goes_wrong_moves_none_of_them() -> None:
    plain = jammed_s(jams("conveyor/c1"), doors=2)["c1"]
    others = (jams("conveyor/c2", per_h=30.0), jams("conveyor/c1", fault="no_read", per_h=10.0))
    assert jammed_s(*others, jams("conveyor/c1"), doors=2)["c1"] == plain
    assert jammed_s(jams("conveyor/c1", for_us=2 * US_PER_S), doors=2)["c1"] == plain
    assert jammed_s(jams("conveyor/c1"), doors=2, seed=2)["c1"] != plain


def test_two_entries_of_one_fault_have_their_own_times() -> None:
    morning, evening = jams(until_us=seconds(10 * HOUR_S)), jams(from_us=seconds(10 * HOUR_S))
    times = jammed_s(morning, evening)["c1"]
    early = [round(time) for time in times if time < 10 * HOUR_S]
    late = [round(time - 10 * HOUR_S) for time in times if time > 10 * HOUR_S]
    assert early
    assert late
    assert not set(early) & set(late)


def test_a_day_on_a_grid_meets_them_at_most_a_step_later() -> None:
    plain = jammed_s(jams(), hours=10)["c1"]
    coarse = jammed_s(jams(), hours=10, time_grid_us=20_000)["c1"]
    assert len(plain) == len(coarse)
    assert all(0 <= after - before < 0.04 for before, after in zip(plain, coarse, strict=True))


def test_the_least_latency_counts_links_that_turn_good_at_random() -> None:
    fast = RandomFault(
        fault="link",
        entity="*",
        per_h=1.0,
        from_us=START_US,
        until_us=seconds(HOUR_S),
        for_us=US_PER_S,
        link=LinkPlan(uplink_least_us=7, downlink_least_us=11),
    )
    plan = day(robots=0, cases=20, random_faults=(fast,))
    assert (least_latency_us(plan, "up"), least_latency_us(plan, "down")) == (7, 11)


ENTITIES: dict[str, str] = {
    **dict.fromkeys(get_args(Fault), "robot/*"),
    **dict.fromkeys(("ghost_case", "merged_cases", "wall_collapse", "wrong_door"), "trailer/*"),
    **dict.fromkeys(("no_read", "conveyor_jam"), "conveyor/*"),
    **dict.fromkeys(("late_answer", "double_answer"), "operator/*"),
    **dict.fromkeys(("link", "partition", "messages_lost"), "*"),
    "sorter_down": "sorter/*",
    "person_in_cell": "door/*",
}


@pytest.mark.parametrize("fault", sorted(set(get_args(Fault)) - {"backend_restarts"}))
def test_every_fault_can_happen_at_random_and_by_script(fault: Fault) -> None:
    drawn = RandomFault(
        fault=fault,
        entity=ENTITIES[fault],
        per_h=60.0,
        from_us=START_US,
        until_us=seconds(HOUR_S),
        for_us=20 * US_PER_S,
        link=LinkPlan(),
        offset_us=US_PER_S,
    )
    first = {
        "robot/*": "robot/r1",
        "trailer/*": "trailer/t1",
        "conveyor/*": "conveyor/c1",
        "operator/*": "operator/floor",
    }
    entity = ENTITIES[fault].replace("sorter/*", "sorter/s1").replace("door/*", "door/d1")
    scripted = Action(
        trigger=Trigger(at_us=seconds(1800)),
        fault=fault,
        entity=first.get(entity, entity),
        for_us=20 * US_PER_S,
        link=LinkPlan(),
        offset_us=US_PER_S,
    )
    plan = day(scripted, cases=20, sorter_id="s1", random_faults=(drawn,))
    console = Console(plan).run(2)
    console.dock()
    console.run(HOUR_S)
    assert console.world.progress().trailers_total == 1


def test_restarts_of_the_backend_are_left_to_who_drives_the_run() -> None:
    restart = Action(trigger=Trigger(at_us=seconds(30)), fault="backend_restarts", entity="backend/core")
    plain, restarted = (Console(day(*timeline, robots=0, cases=20)).run(600) for timeline in ((), (restart,)))
    assert plain.log == restarted.log


def test_a_partition_cuts_everybody_off_and_what_was_said_comes_late() -> None:
    cut = Action(trigger=Trigger(at_us=seconds(20)), fault="partition", entity="*", for_us=100 * US_PER_S)
    console = Console(day(cut, cases=20, sorter_id="s1")).run(10)
    console.dock()
    console.run(300)
    assert not [d for d in console.log if seconds(20.02) <= d.at_us < seconds(120)]
    plain = Console(day(cases=20, sorter_id="s1")).run(10)
    plain.dock()
    plain.run(300)
    events, all_events = ([d.message for d in each.log if d.message.CHANNEL == "event"] for each in (console, plain))
    assert sorted(events, key=lambda message: message.id) == sorted(all_events, key=lambda message: message.id)


@pytest.mark.parametrize("entity", ["door/d1", "yard/yard", "operator/floor", "conveyor/c1", "sorter/s1"])
def test_a_bad_link_can_be_anybodys(entity: str) -> None:
    bad = LinkPlan(uplink_least_us=500_000)
    action = Action(trigger=Trigger(at_us=seconds(20)), fault="link", entity=entity, for_us=60 * US_PER_S, link=bad)
    console = Console(day(action, cases=20, sorter_id="s1")).run(200)
    for at_us, message in console.log:
        is_late = message.source.endswith(entity) and seconds(20) <= parse_time(message.time) < seconds(80)
        assert at_us - parse_time(message.time) == (500_000 if is_late else 20_000)


def test_of_two_bad_links_the_later_counts_and_then_the_other_again() -> None:
    def bad(at_s: float, for_s: float, least_us: int) -> Action:
        link = LinkPlan(uplink_least_us=least_us)
        return Action(
            trigger=Trigger(at_us=seconds(at_s)),
            fault="link",
            entity="robot/r1",
            for_us=round(for_s * US_PER_S),
            link=link,
        )

    console = Console(day(bad(20, 100, 300_000), bad(50, 30, 500_000), cases=20)).run(200)
    latencies = {
        (parse_time(message.time) - START_US) // US_PER_S: at_us - parse_time(message.time)
        for at_us, message in console.log
        if message.source.endswith("robot/r1")
    }
    assert [latencies[at_s] for at_s in (15, 25, 55, 75, 85, 115, 125)] == [
        20_000,
        300_000,
        500_000,
        500_000,
        300_000,
        300_000,
        20_000,
    ]


def test_one_fault_twice_at_once_ends_twice() -> None:
    plan = day(robots=0, cases=20)
    link = LinkPlan(uplink_least_us=500_000)
    action = Action(
        trigger=Trigger(at_us=seconds(20)), fault="link", entity="yard/yard", for_us=60 * US_PER_S, link=link
    )
    console = Console(replace(plan, timeline=(action, action))).run(200)
    assert {at_us - parse_time(message.time) for at_us, message in console.log[-20:]} == {20_000}
