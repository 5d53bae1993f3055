"""The lockstep driver: simulator and backend in two processes on a real NATS server, equal to inline to the byte.

The simulator runs here; the backend in a process of its own, started by us unless told that one will connect. Whatever
happens, what was started is stopped.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from scenarios.run_loop import Answer, Window, run_loop
from twin import run_control
from twin.bus.nats import NatsBus
from twin.errors import DivergenceError, DocktwinError, StallError, TransportError
from twin.messages import codec
from twin.participant import Delivery
from twin.run_control import Abort, Done, Grant, Hello
from twin.subjects import run_control as control_subject
from twin.subjects import subject_of, whole_site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from backend.services.site import Settings
    from scenarios.run_log import ProgressTeller, RunLog
    from sim.world import World
    from twin.bus.inbox import Inbox, Incoming
    from twin.bus.port import Bus

STOP_TIMEOUT_S = 5.0
PLANNER_SHARE = 0.75
"""Of the hang guard: the backend breaks off a planner that hangs, and names it, before we give up on the backend."""
_STDERR_TAIL_BYTES = 4000


class BackendProcess:
    """The backend's process; standard input is its lifeline."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail: deque[bytes] = deque(maxlen=40)
        self.ended = asyncio.ensure_future(self._follow())

    async def _follow(self) -> int:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self._tail.append(line)
        return await self._process.wait()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def stall(self) -> StallError:
        """The error to raise when it has ended in the middle of a run."""
        status = self.ended.result()
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        said = b"".join(self._tail).decode(errors="replace")[-_STDERR_TAIL_BYTES:].strip()
        return StallError(
            f"the backend process {how} in the middle of the run; there is no verdict",
            hint=f"It said last:\n{said}" if said else "It said nothing. Run again with --driver inline to see where.",
        )

    async def stop(self) -> None:
        """Let go of the lifeline, and kill it if that is not enough."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(self.ended), STOP_TIMEOUT_S)
        except TimeoutError:
            self._process.kill()
            await self.ended


@asynccontextmanager
async def backend_process(url: str, settings: Settings, *, hang_guard_s: float) -> AsyncIterator[BackendProcess]:
    """A backend process of our own, out of reach of the terminal's Ctrl-C: we stop it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.host",
        "--nats-url",
        url,
        "--hang-guard-s",
        str(PLANNER_SHARE * hang_guard_s),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    backend = BackendProcess(process)
    try:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(settings) + b"\n")
        await process.stdin.drain()
        yield backend
    finally:
        await asyncio.shield(backend.stop())


class LockstepDriver:
    """Publishes windows, waits for their answers, and holds both sides to the same count and digest."""

    def __init__(self, bus: Bus, inbox: Inbox, world: World, *, hang_guard_s: float) -> None:
        self._bus = bus
        self._inbox = inbox
        self._world = world
        self._site_id = world.site.site_id
        self._hang_guard_s = hang_guard_s
        self._n_total = 0
        self._commands: list[Incoming] = []
        self.inputs_checked = 0
        self.violations: list[run_control.Violation] = []

    async def drive(self, log: RunLog, *, windows: bool, teller: ProgressTeller) -> None:
        """Run the whole loop; an error of ours is told to the backend, then raised, as in `run_lockstep`."""
        try:
            await self.meet()
            loop = run_loop(self._world, windows=windows)
            window = next(loop)
            while not window.is_last:
                answer = await self.exchange(window, log)
                teller.window_is_done(window.until_us, log.exceptions_open)
                window = loop.send(answer)
            await self.exchange(window, log)
        except DocktwinError as error:
            with suppress(TransportError):  # the bus itself may be what broke
                abort_subject = control_subject(self._site_id, run_control.ABORT)
                self._bus.publish(abort_subject, run_control.encode(Abort.of(error)))
                await self._bus.flush()
            raise

    async def meet(self) -> None:
        """Wait for the backend's hello. Raises DivergenceError if it was told another decision latency."""
        hello = run_control.decode(await self._await_word(run_control.HELLO), Hello)
        expected_us = self._world.site.decision_latency_us
        if hello.decision_latency_us != expected_us:
            msg = f"the backend decides in {hello.decision_latency_us} us, the scenario says {expected_us} us"
            raise DivergenceError(msg, hint="Start the backend with the scenario's settings.")

    async def exchange(self, window: Window, log: RunLog) -> Answer:
        """Publish one window and its grant; returns the answer, already in the log."""
        bus = self._bus
        for _, message in window.uplinks:
            bus.publish(subject_of(message), codec.encode(message))
        self._n_total += len(window.uplinks)
        grant = Grant(
            until_us=window.until_us,
            n_total=self._n_total,
            at_us=tuple([at_us for at_us, _ in window.uplinks]),
            digest=log.digest.hexdigest(),
            is_last=window.is_last,
        )
        bus.publish(control_subject(self._site_id, run_control.GRANT), run_control.encode(grant))
        done = run_control.decode(await self._await_word(run_control.DONE), Done)
        heard, self._commands = self._commands, []
        if len(heard) != len(done.at_us):
            msg = f"until {window.until_us} the backend announced {len(done.at_us)} messages, {len(heard)} came"
            raise DivergenceError(msg)
        published = [
            Delivery(at_us, codec.decode(payload, subject=subject))
            for at_us, (subject, payload) in zip(done.at_us, heard, strict=True)
        ]
        log.add(window.uplinks, published)
        log.timers += done.timers
        self.inputs_checked = done.inputs_checked
        self.violations += done.violations
        if log.digest.hexdigest() != done.digest:
            msg = f"in the window until {window.until_us} simulator and backend have hashed different messages"
            raise DivergenceError(msg, hint="Please report it with the scenario and its seed.")
        return Answer(published, done.next_us)

    async def _await_word(self, word: str) -> bytes:
        """The payload of the next `word`; contract messages before it are kept as the backend's commands."""
        expected = control_subject(self._site_id, word)
        abort = control_subject(self._site_id, run_control.ABORT)
        while True:
            subject, payload = await self._next()
            if subject == expected:
                return payload
            if subject == abort:
                raise run_control.decode(payload, Abort).as_error()
            self._commands.append((subject, payload))

    async def _next(self) -> Incoming:
        incoming = await self._inbox.get(self._hang_guard_s)
        if incoming is None:
            msg = f"the backend did not answer within {self._hang_guard_s:g} s; there is no verdict"
            raise StallError(msg, hint="Is it running, with the same site and server?")
        return incoming


@asynccontextmanager
async def _ending_with(backend: BackendProcess, bus: Bus, inbox: Inbox) -> AsyncIterator[None]:
    """While this lasts, the end of the backend's process ends the wait for its answer at once."""

    async def watch() -> None:
        await asyncio.shield(backend.ended)
        await bus.flush()  # its last word may still be on the way
        inbox.close(backend.stall())

    watching = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        watching.cancel()


async def run_lockstep(
    world: World,
    settings: Settings,
    log: RunLog,
    *,
    url: str,
    windows: bool,
    hang_guard_s: float,
    teller: ProgressTeller,
    starts_backend: bool = True,
) -> LockstepDriver:
    """Run the whole loop over the NATS server at `url`; returns the driver with what the backend reported.

    Raises StallError if the backend ends or does not answer, DivergenceError if the two sides disagree.
    """
    site_id = settings.site.site_id
    async with NatsBus(url, name=f"simulator-{site_id}") as bus, AsyncExitStack() as stack:
        inbox = await bus.subscribe(whole_site(site_id))
        driver = LockstepDriver(bus, inbox, world, hang_guard_s=hang_guard_s)
        if starts_backend:
            backend = await stack.enter_async_context(backend_process(url, settings, hang_guard_s=hang_guard_s))
            await stack.enter_async_context(_ending_with(backend, bus, inbox))
        await driver.drive(log, windows=windows, teller=teller)
        return driver
