"""What only the real thing can show: servers that are not there, go away, refuse, or are none."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest

from twin.bus.embedded import EmbeddedServer
from twin.bus.nats import NatsBus
from twin.errors import BusConnectError, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WAIT_S = 10.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A loopback port where nobody listens, and only one who reuses addresses can."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


async def test_without_a_server_the_error_says_where_how_long_and_what_to_do(silent_port: int) -> None:
    bus = NatsBus(f"nats://127.0.0.1:{silent_port}", name="sim", connect_timeout_s=0.3)
    with pytest.raises(BusConnectError) as caught:
        await bus.connect()
    assert caught.value.message == (
        f"no NATS server answers at 127.0.0.1:{silent_port} (tried for 0.3 s); nothing was run"
    )
    assert caught.value.hint == "Start one there, or leave out --nats-url: docktwin then starts its own."
    assert (caught.value.code, caught.value.exit_status) == ("E-BUS-CONNECT", 3)


async def test_a_server_that_comes_up_while_we_try_is_used(silent_port: int) -> None:
    bus = NatsBus(f"nats://127.0.0.1:{silent_port}", name="sim")
    connecting = asyncio.create_task(bus.connect())
    await asyncio.sleep(0)
    with EmbeddedServer() as server:
        host, port = "127.0.0.1", int(server.url.rpartition(":")[2])

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            up_reader, up_writer = await asyncio.open_connection(host, port)
            await asyncio.gather(pump(reader, up_writer), pump(up_reader, writer))

        listener = await asyncio.start_server(forward, host, silent_port, reuse_address=True)
        async with listener:
            await connecting
            await bus.flush()
            await bus.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def test_something_that_is_no_nats_server_is_called_so() -> None:
    async def greet_wrongly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet_wrongly, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        bus = NatsBus(f"nats://127.0.0.1:{port}", name="sim", connect_timeout_s=3.0)
        with pytest.raises(BusConnectError, match=f"what answers at 127.0.0.1:{port} is no NATS server"):
            await bus.connect()


async def test_wrong_credentials_are_an_error_that_does_not_show_them() -> None:
    with EmbeddedServer(arguments=("--user", "dock", "--pass", "right")) as server:
        bus = NatsBus(server.url.replace("//", "//dock:wrong@"), name="sim", connect_timeout_s=3.0)
        with pytest.raises(BusConnectError, match="Authorization Violation") as caught:
            await bus.connect()
        assert "wrong" not in caught.value.message


async def test_a_server_that_dies_fails_reader_publisher_and_flush_at_once() -> None:
    with EmbeddedServer() as server:
        async with NatsBus(server.url, name="backend") as bus:
            inbox = await bus.subscribe(">")
            waiting = asyncio.create_task(inbox.get(WAIT_S))
            await asyncio.sleep(0)
            os.kill(server.pid, signal.SIGKILL)
            async with asyncio.timeout(1.0):
                with pytest.raises(TransportError, match=r"the connection of backend .* was lost"):
                    await waiting
            with pytest.raises(TransportError, match="was lost"):
                bus.publish("t", b"")
            with pytest.raises(TransportError, match="was lost"):
                await bus.flush()


async def test_a_flush_that_the_server_does_not_answer_ends_in_our_error_and_harms_nothing() -> None:
    with EmbeddedServer() as server:
        async with NatsBus(server.url, name="sim") as bus:
            os.kill(server.pid, signal.SIGSTOP)
            os.waitid(os.P_PID, server.pid, os.WSTOPPED)  # noqa: ASYNC222 - a moment, until all its threads stand
            try:
                bus.publish("t", b"")
                with pytest.raises(TransportError, match=r"did not confirm within 0\.05 s"):
                    await bus.flush(0.05)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            await bus.flush()
            assert bus.faults.total == 0


async def test_a_flush_cancelled_by_its_caller_leaves_the_connection_whole() -> None:
    with EmbeddedServer() as server:
        async with NatsBus(server.url, name="sim") as sim, NatsBus(server.url, name="backend") as backend:
            inbox = await backend.subscribe(">")
            flushing = asyncio.create_task(backend.flush())
            for _ in range(3):
                await asyncio.sleep(0)
            flushing.cancel()
            await asyncio.gather(flushing, return_exceptions=True)
            sim.publish("t", b"still here")
            assert await inbox.get(WAIT_S) == ("t", b"still here")
            await backend.flush()


async def test_publishes_and_subscriptions_without_permission_show(tmp_path: Path) -> None:
    config = tmp_path / "permissions.conf"
    config.write_text(
        "authorization { users = [ {user: dock, password: d, "
        'permissions: {publish: ["open.>"], subscribe: ["open.>"]}} ] }\n'
    )
    with EmbeddedServer(arguments=("-c", str(config))) as server:
        url = server.url.replace("//", "//dock:d@")
        async with NatsBus(url, name="sim") as bus:
            bus.publish("closed.door", b"")
            bus.publish("open.door", b"")
            await bus.flush()
            assert (bus.faults.denied, bus.faults.slow_consumer, bus.faults.other) == (1, 0, 0)
            assert "closed.door" in bus.faults.last
            with pytest.raises(TransportError, match=r"does not let sim subscribe to closed\.>"):
                await bus.subscribe("closed.>")


async def test_the_server_lists_us_by_name(nats_server: EmbeddedServer) -> None:
    async with NatsBus(nats_server.url, name="docktwin-sim-bos1") as bus:
        assert b'"name": "docktwin-sim-bos1"' in bus._client._connect_command()
        assert b'"echo": false' in bus._client._connect_command()


async def test_the_question_of_a_flush_leaves_after_what_it_asks_about() -> None:
    said: list[bytes] = []

    async def answer_as_nats(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'INFO {"version":"2.11.0","max_payload":1048576}\r\n')
        while line := await reader.readline():
            said.append(line.partition(b" ")[0].strip())
            if line == b"PING\r\n":
                writer.write(b"PONG\r\n")
        writer.close()

    listener = await asyncio.start_server(answer_as_nats, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener, NatsBus(f"nats://127.0.0.1:{port}", name="sim") as bus:
        await bus.subscribe("a.>")
        bus.publish("t", b"x")
        await bus.flush()
        assert said == [b"CONNECT", b"PING", b"SUB", b"PING", b"PUB", b"x", b"PING"]
