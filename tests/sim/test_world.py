"""The simulator as a participant: horizons, the end, the order inside one instant."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from sim.plan import LinkPlan, ServicePlan
from sim.world import World
from tests.sim.console import Console
from tests.sim.days import DAY_US, NO_TIMES, START_US, day, seconds
from tests.sim.fake_backend import Day
from twin.clock import NEVER_US, US_PER_S
from twin.messages.robot import Snapshot, SnapshotData
from twin.participant import Participant

CONSTANT = ServicePlan(distribution="constant", mean_us=100 * US_PER_S)


def test_the_world_is_a_participant() -> None:
    world: Participant = World(day(fidelity="trailer"))
    assert world.next_time() == START_US


def test_what_it_says_lowers_the_horizon_to_the_soonest_answer() -> None:
    world = World(day(fidelity="trailer"))
    reached_us = world.advance(START_US + DAY_US)
    assert world.first_arrival() == START_US + world.uplink_least_us
    assert reached_us == world.first_arrival() + world.downlink_least_us + world.site.decision_latency_us


def test_everything_before_the_instant_asked_for_is_done_and_nothing_at_it() -> None:
    world = World(day(fidelity="trailer"))
    world.advance(START_US)
    assert world.next_time() == START_US
    world.advance(START_US + 1)
    assert world.next_time() > START_US


def test_arrivals_are_taken_before_an_instant_not_at_it() -> None:
    world = World(day(fidelity="trailer"))
    world.advance(START_US + 1)
    arrival_us = world.first_arrival()
    assert world.take_arrivals(arrival_us) == []
    taken = world.take_arrivals(arrival_us + 1)
    assert {delivery.at_us for delivery in taken} == {arrival_us}
    assert world.first_arrival() > arrival_us


def test_arrivals_of_one_instant_come_in_canonical_order() -> None:
    plan = day(fidelity="trailer", trailers=5, doors=3, robots=3, dock=NO_TIMES, service=CONSTANT)
    run = Day(plan).run()
    keys = [(at_us, message.source, message.boot, message.CHANNEL, message.seq) for at_us, message in run.arrivals]
    assert keys == sorted(keys)
    assert any(a[0] == b[0] for a, b in pairwise(keys))


def test_with_no_times_a_whole_trailer_but_its_service_takes_one_instant_each_way() -> None:
    link = LinkPlan(uplink_least_us=0, downlink_least_us=1)
    plan = day(fidelity="trailer", dock=NO_TIMES, service=CONSTANT, link=link, decision_latency_us=0)
    run = Day(plan).run()
    (row,) = run.world.truth().trailers
    assert row.arrived_us is not None
    assert row.docked_us == row.arrived_us + 1
    assert row.unload_started_us == row.docked_us + 1
    assert row.unload_finished_us == row.unload_started_us + 100 * US_PER_S


def test_an_exponential_service_depends_on_the_trailer_alone() -> None:
    def service_us(doors: int) -> dict[str, int]:
        service = ServicePlan(mean_us=100 * US_PER_S)
        plan = day(fidelity="trailer", trailers=6, doors=doors, robots=doors, dock=NO_TIMES, service=service)
        rows = Day(plan).run().world.truth().trailers
        return {row.trailer_id: (row.unload_finished_us or 0) - (row.unload_started_us or 0) for row in rows}

    assert service_us(1) == service_us(3)
    assert len(set(service_us(1).values())) == 6


def test_the_end_comes_a_grace_after_the_last_departure_and_nothing_happens_at_it() -> None:
    plan = day(fidelity="trailer", service=CONSTANT, grace_us=90 * US_PER_S, until_us=NEVER_US)
    run = Day(plan)
    assert run.world.end_us is None
    run.run()
    (row,) = run.world.truth().trailers
    assert run.world.end_us == (row.departed_us or 0) + 90 * US_PER_S
    assert run.world.next_time() == NEVER_US
    assert run.world.advance(NEVER_US) == run.world.end_us
    assert max(delivery.at_us for delivery in run.arrivals) < run.world.end_us


def test_a_fixed_end_holds_if_the_trailers_take_longer() -> None:
    run = Day(day(fidelity="trailer", until_us=seconds(100))).run()
    assert run.world.end_us == seconds(100)


def test_a_grace_shorter_than_the_least_uplink_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        World(day(fidelity="trailer", grace_us=19_999))


def test_a_command_takes_effect_after_decision_latency_and_link() -> None:
    console = Console(day(fidelity="trailer", link=LinkPlan(uplink_least_us=3, downlink_least_us=7)))
    console.run(2)
    at_us = console.now_us
    console.dock()
    console.run(1)
    accepted = next(delivery for delivery in console.log if delivery.message.type == "command.accepted.v1")
    assert accepted.at_us == at_us + 50_000 + 7 + 3


def test_a_command_comes_before_what_happens_at_the_same_instant() -> None:
    """At one instant t1 arrives in the yard and a command asks for it: the command finds it not there yet."""
    console = Console(day(fidelity="trailer"))
    console.run(1.0 - 0.07)
    assert console.now_us + 70_000 == seconds(1)
    command = console.dock()
    console.run(1)
    assert console.outcome(command) == [("rejected", "not_in_yard")]


def test_commands_of_one_instant_take_effect_in_order_of_target_and_number() -> None:
    console = Console(day(fidelity="trailer", doors=2, trailers=2))
    console.run(3)
    first, second = console.dock("t2", "d1"), console.dock("t1", "d1")
    console.run(1)
    assert console.outcome(first) == [("accepted", None)]
    assert console.outcome(second) == [("rejected", "door_occupied")]


def test_an_effect_in_what_was_simulated_already_is_a_bug() -> None:
    console = Console(day(fidelity="trailer"))
    console.run(60)
    console.now_us = seconds(1)
    with pytest.raises(AssertionError):
        console.dock()


def test_what_only_the_backend_cares_about_is_ignored() -> None:
    console = Console(day(fidelity="trailer"))
    console.run(5)
    heard = console.log[0].message
    before = console.world.next_time()
    console.deliver(heard)
    assert console.world.next_time() == before


@pytest.mark.parametrize("grid_us", [1, 20_000])
@pytest.mark.parametrize(
    "link",
    [
        LinkPlan(),
        LinkPlan(uplink_least_us=0, downlink_least_us=0),
        LinkPlan(jitter_us=50_000, loss=0.2, duplication=0.2, reordering=0.2),
    ],
    ids=["clear", "instant", "storm"],
)
def test_windows_do_not_show(link: LinkPlan, grid_us: int) -> None:
    plan = day(trailers=2, doors=2, robots=2, cases=30, link=link, time_grid_us=grid_us)
    wide, narrow = Day(plan).run(), Day(plan, has_windows=False).run()
    assert wide.arrivals == narrow.arrivals
    assert wide.published == narrow.published
    assert wide.world.truth() == narrow.world.truth()


def test_progress_goes_from_nothing_to_everything() -> None:
    run = Day(day(cases=30))
    before = run.world.progress()
    assert (before.trailers_done, before.trailers_total, before.cases_placed, before.cases_total) == (0, 1, 0, 30)
    after = run.run().world.progress()
    assert (after.trailers_done, after.cases_placed) == (1, 30)


def test_everything_on_the_dock_says_how_it_is_every_period() -> None:
    console = Console(day(doors=2, robots=1, sorter_id="s1", cases=20)).run(95)
    said = Counter(
        delivery.message.source.removeprefix("/bos1/")
        for delivery in console.log
        if delivery.message.CHANNEL == "state" and "/robot/" not in delivery.message.source
    )
    equipment = ["conveyor/c1", "conveyor/c2", "door/d1", "door/d2", "operator/floor", "operator/remote"]
    assert sorted(said) == [*equipment, "sorter/s1", "yard/yard"]
    assert all(3 <= count <= 5 for count in said.values())


def test_conveyors_merge_only_where_the_site_has_a_sorter() -> None:
    for sorter_id in (None, "s1"):
        run = Day(day(cases=20, sorter_id=sorter_id)).run()
        sorted_cases = [message.data.cases_sorted for message in run.messages("sorter.state")]
        assert max(sorted_cases, default=None) == (20 if sorter_id else None)


def test_a_command_and_a_request_with_one_number_take_effect_at_one_instant_in_canonical_order() -> None:
    """Commands and events are each counted for themselves: the channel comes before the number."""
    console = Console(day(cases=20)).run(1)
    request = console.request("no_read", role="remote", entity="conveyor/c1", options=("skip",), track_id="t1-c1")
    command = console.command(Snapshot, "operator/remote", console.data(SnapshotData))
    assert request.seq == command.seq
    console.run(1)
    assert console.said("intervention.taken")
    state = console.said("operator.state")[-1]
    assert state.data.last_event_seq == console.last("intervention.taken").seq - 1, "it was asked for before"
    assert console.outcome(command) == [("accepted", None), ("completed", None)]
