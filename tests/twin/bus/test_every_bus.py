"""One suite for every bus: what the double does, the real thing does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import pytest

from twin.bus.memory import MemoryBroker, MemoryBus
from twin.bus.nats import NatsBus
from twin.errors import TransportError

if TYPE_CHECKING:
    from twin.bus.inbox import Inbox, Incoming
    from twin.bus.port import Bus

WAIT_S = 10.0


class Connect(Protocol):
    def __call__(self, name: str, *, inbox_messages_max: int = ...) -> Bus: ...


@pytest.fixture(params=["memory", "nats"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connections to one and the same bus, not yet open."""
    if request.param == "memory":
        broker = MemoryBroker()

        def in_memory(name: str, *, inbox_messages_max: int = 4096) -> Bus:
            return MemoryBus(broker, name=name, inbox_messages_max=inbox_messages_max)

        return in_memory
    url = request.getfixturevalue("nats_server").url

    def over_nats(name: str, *, inbox_messages_max: int = 4096) -> Bus:
        return NatsBus(url, name=name, inbox_messages_max=inbox_messages_max)

    return over_nats


async def take(inbox: Inbox, count: int) -> list[Incoming]:
    """Exactly `count` messages, waited for."""
    taken: list[Incoming] = []
    while len(taken) < count:
        message = await inbox.get(WAIT_S)
        assert message is not None, f"only {len(taken)} of {count} messages came"
        taken.append(message)
    return taken


async def test_messages_arrive_with_their_subject_and_bytes(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe("dock.v1.>")
        sim.publish("dock.v1.bos1.robot.r7.event.case_picked_v1", b'{"a":"\xc3\xa9"}')
        assert await take(inbox, 1) == [("dock.v1.bos1.robot.r7.event.case_picked_v1", b'{"a":"\xc3\xa9"}')]


async def test_a_subscription_is_in_force_when_subscribe_returns(connect: Connect) -> None:
    async with connect("sim") as sim:
        for attempt in range(50):
            async with connect("backend") as backend:
                inbox = await backend.subscribe("t.>")
                sim.publish("t.x", b"%d" % attempt)
                await sim.flush()
                assert await take(inbox, 1) == [("t.x", b"%d" % attempt)]


async def test_two_thousand_messages_over_two_subject_trees_arrive_in_publish_order(connect: Connect) -> None:
    sent = [(f"{('dock.v1.bos1', 'run.v1.bos1')[i % 3 == 0]}.x{i % 7}.y", b"%d" % i) for i in range(2_000)]
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe("*.v1.bos1.>")
        for subject, payload in sent:
            sim.publish(subject, payload)
        assert await take(inbox, len(sent)) == sent
        assert backend.faults.total == 0


async def test_order_holds_across_many_turns_of_the_loop(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        for i in range(300):
            sim.publish(f"t.{i % 5}", b"%d" % i)
            if i % 7 == 0:
                await asyncio.sleep(0)
        assert [payload for _, payload in await take(inbox, 300)] == [b"%d" % i for i in range(300)]


async def test_nobody_hears_what_he_published_himself(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        own = await sim.subscribe(">")
        sim.publish("t.mine", b"")
        await sim.flush()
        backend.publish("t.theirs", b"")
        assert await take(own, 1) == [("t.theirs", b"")]


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("a.*.c", ["a.b.c", "a.x.c"]),
        ("a.>", ["a.b", "a.b.c", "a.x.c", "a.b.c.d"]),
        ("a.b", ["a.b"]),
        ("*.b.>", ["a.b.c", "a.b.c.d"]),
        (">", ["a", "a.b", "a.b.c", "a.x.c", "a.b.c.d", "b.c"]),
        ("*", ["a"]),
    ],
)
async def test_wildcards_mean_what_nats_says(connect: Connect, pattern: str, heard: list[str]) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(pattern)
        for subject in ("a", "a.b", "a.b.c", "a.x.c", "a.b.c.d", "b.c"):
            sim.publish(subject, b"")
        await sim.flush()
        await backend.flush()  # what came before its answer is here
        assert [subject for subject, _ in await take(inbox, len(heard))] == heard
        assert inbox.drain() == []


async def test_drain_takes_all_that_is_there_without_waiting(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        assert inbox.drain() == []
        for i in range(5):
            sim.publish("t", b"%d" % i)
        assert await inbox.get(WAIT_S) == ("t", b"0")
        await sim.flush()
        await backend.flush()
        assert [payload for _, payload in inbox.drain()] == [b"1", b"2", b"3", b"4"]
        assert len(inbox) == 0


async def test_waiting_for_nothing_ends_at_the_time_out_with_none(connect: Connect) -> None:
    async with connect("backend") as backend:
        inbox = await backend.subscribe(">")
        assert await inbox.get(0.01) is None


async def test_the_largest_message_of_the_contract_passes(connect: Connect) -> None:
    payload = bytes(range(256)) * 256
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        sim.publish("t", payload)
        assert len(payload) == 64 * 1024
        assert await take(inbox, 1) == [("t", payload)]


async def test_ten_megabytes_at_once_arrive_whole_and_in_order(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        for i in range(160):
            sim.publish("t", b"%05d" % i + bytes(64 * 1024 - 5))
        assert [int(payload[:5]) for _, payload in await take(inbox, 160)] == list(range(160))


async def test_more_than_the_server_takes_is_refused_and_the_connection_lives(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        with pytest.raises(TransportError, match=r"1,048,577 bytes on t\.long, expected at most 1,048,576"):
            sim.publish("t.long", bytes(sim.payload_bytes_max + 1))
        sim.publish("t.short", b"")
        assert await take(inbox, 1) == [("t.short", b"")]


@pytest.mark.parametrize("subject", ["", "a b", "a.*", "a.>", ".a", "a.", "a..b", "a\r\nPUB b 0"])
async def test_what_is_no_subject_is_refused_before_it_leaves(connect: Connect, subject: str) -> None:
    async with connect("sim") as sim:
        with pytest.raises(TransportError, match="got subject"):
            sim.publish(subject, b"")


@pytest.mark.parametrize("pattern", ["", "a b", "a.>.b", "a>", "a*", "a..b"])
async def test_what_is_no_pattern_is_refused(connect: Connect, pattern: str) -> None:
    async with connect("sim") as sim:
        with pytest.raises(TransportError, match="got pattern"):
            await sim.subscribe(pattern)


async def test_closing_wakes_whoever_waits_with_our_error(connect: Connect) -> None:
    async with connect("backend") as backend:
        inbox = await backend.subscribe(">")
        waiting = asyncio.create_task(inbox.get(WAIT_S))
        await asyncio.sleep(0)
        await backend.close()
        with pytest.raises(TransportError, match="backend is closed"):
            await waiting


async def test_what_came_before_the_close_can_still_be_taken(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend") as backend:
        inbox = await backend.subscribe(">")
        sim.publish("t", b"last")
        await sim.flush()
        await backend.flush()
        await backend.close()
        assert await inbox.get(WAIT_S) == ("t", b"last")
        with pytest.raises(TransportError):
            await inbox.get(WAIT_S)


async def test_closing_hands_over_what_was_published(connect: Connect) -> None:
    async with connect("backend") as backend:
        inbox = await backend.subscribe(">")
        async with connect("sim") as sim:
            for i in range(100):
                sim.publish("t", b"%d" % i)
        assert [payload for _, payload in await take(inbox, 100)] == [b"%d" % i for i in range(100)]


async def test_a_closed_bus_refuses_everything_and_closes_again_quietly(connect: Connect) -> None:
    async with connect("sim") as sim:
        pass
    await sim.close()
    with pytest.raises(TransportError, match="sim is closed"):
        sim.publish("t", b"")
    with pytest.raises(TransportError, match="sim is closed"):
        await sim.flush()
    with pytest.raises(TransportError, match="sim is closed"):
        await sim.subscribe(">")


async def test_publishing_before_connecting_is_refused(connect: Connect) -> None:
    with pytest.raises(TransportError, match="sim is closed"):
        connect("sim").publish("t", b"")


async def test_a_full_inbox_loses_the_latest_and_counts_them(connect: Connect) -> None:
    async with connect("sim") as sim, connect("backend", inbox_messages_max=10) as backend:
        inbox = await backend.subscribe(">")
        for i in range(25):
            sim.publish("t", b"%d" % i)
        await sim.flush()
        await backend.flush()
        assert [payload for _, payload in inbox.drain()] == [b"%d" % i for i in range(10)]
        assert backend.faults.slow_consumer == 15
        assert backend.faults.last == "the inbox of backend was full: a message on t is lost"


async def test_a_second_subscription_of_one_connection_is_a_bug(connect: Connect) -> None:
    async with connect("sim") as sim:
        await sim.subscribe("a.>")
        with pytest.raises(AssertionError, match="one subscription"):
            await sim.subscribe("b.>")
