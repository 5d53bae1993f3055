"""The host runs the services on a bus. In lockstep it acts on nothing before its grant, and only within it.

`python -m backend.host --nats-url URL` reads its settings as one line of JSON from standard input; when that closes,
whoever started it is gone, and it ends too.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

import msgspec

from backend.hang_guard import HangGuard
from backend.restarts import backend_of
from backend.services.settings import Settings
from twin import run_control
from twin.bus.nats import NatsBus
from twin.errors import EXIT_OUR_FAULT, DivergenceError, DocktwinError, TransportError
from twin.journal.digest import RunDigest
from twin.messages import codec
from twin.run_control import HANG_GUARD_S, Abort, Done, Grant, Hello, in_canonical_order
from twin.subjects import run_control as control_subject
from twin.subjects import subject_of, whole_site

if TYPE_CHECKING:
    from twin.bus.inbox import Incoming
    from twin.bus.port import Bus

IDLE_S = 3600.0
"""The simulator may work long on a window; if it is gone, the closed standard input ends the wait."""


class LockstepHost:
    """Answers grants: the backend's side of lockstep (docs/architecture.md, "Time")."""

    def __init__(self, bus: Bus, settings: Settings, *, hang_guard_s: float) -> None:
        self._bus = bus
        self._hang_guard_s = hang_guard_s
        self._settings = settings
        self._site_id = settings.site.site_id
        self._backend = backend_of(settings)
        self._digest = RunDigest()
        self._n_total = 0
        self._violations_told = 0

    async def serve(self) -> None:
        """Say hello, answer grants until the last. Raises DivergenceError if what came is not what was announced."""
        inbox = await self._bus.subscribe(whole_site(self._site_id))
        self._say(
            run_control.HELLO,
            Hello(decision_latency_us=self._settings.site.decision_latency_us),
        )
        grant_subject = control_subject(self._site_id, run_control.GRANT)
        abort_subject = control_subject(self._site_id, run_control.ABORT)
        batch: list[Incoming] = []
        with HangGuard(lambda: self._backend.planner_asked, limit_s=self._hang_guard_s):
            while True:
                incoming = await inbox.get(IDLE_S)
                if incoming is None:
                    msg = f"no grant came for {IDLE_S:g} s"
                    raise TransportError(msg)
                if incoming[0] == grant_subject:
                    grant = run_control.decode(incoming[1], Grant)
                    self._answer(grant, batch)
                    batch = []
                    if grant.is_last:
                        await self._bus.flush()
                        return
                elif incoming[0] == abort_subject:
                    return
                else:
                    batch.append(incoming)

    def _answer(self, grant: Grant, batch: list[Incoming]) -> None:
        self._n_total += len(batch)
        self._check(grant, len(batch))
        backend = self._backend
        for at_us, (subject, payload) in zip(grant.at_us, batch, strict=True):
            backend.receive(at_us, subject, payload)
        published = backend.finish_window(grant.until_us)
        said = [(at_us, codec.encode(message)) for at_us, message in published]
        for (_, message), (_, payload) in zip(published, said, strict=True):
            self._bus.publish(subject_of(message), payload)
        heard = [(at_us, payload) for at_us, (_, payload) in zip(grant.at_us, batch, strict=True)]
        window = in_canonical_order(heard, said)
        self._digest.update(b"".join([payload + b"\n" for _, payload in window]), [at_us for at_us, _ in window])
        if grant.is_last:
            backend.audit()
        violations = tuple(backend.violations[self._violations_told :])
        self._violations_told += len(violations)
        self._say(
            run_control.DONE,
            Done(
                next_us=backend.next_time(),
                at_us=tuple([at_us for at_us, _ in said]),
                digest=self._digest.hexdigest(),
                timers=tuple(backend.take_timers_fired()),
                inputs_checked=backend.invariants_checked,
                violations=violations,
            ),
        )

    def _check(self, grant: Grant, n_batch: int) -> None:
        if n_batch != len(grant.at_us) or self._n_total != grant.n_total:
            msg = (
                f"the grant until {grant.until_us} announced {len(grant.at_us)} messages, {grant.n_total} in all; "
                f"{n_batch} came, {self._n_total} in all"
            )
            raise DivergenceError(msg)
        if self._digest.hexdigest() != grant.digest:
            msg = f"before the grant until {grant.until_us} simulator and backend have hashed different messages"
            raise DivergenceError(msg)

    def _say(self, word: str, control: Hello | Done) -> None:
        self._bus.publish(control_subject(self._site_id, word), run_control.encode(control))


async def serve_lockstep(bus: Bus, settings: Settings, *, hang_guard_s: float) -> None:
    """Serve one lockstep run; an error of ours is told to the simulator, then raised."""
    try:
        await LockstepHost(bus, settings, hang_guard_s=hang_guard_s).serve()
    except DocktwinError as error:
        abort_subject = control_subject(settings.site.site_id, run_control.ABORT)
        bus.publish(abort_subject, run_control.encode(Abort.of(error)))
        raise


async def _serve(url: str, settings: Settings, *, hang_guard_s: float) -> None:
    async with NatsBus(url, name=f"backend-{settings.site.site_id}") as bus:
        await serve_lockstep(bus, settings, hang_guard_s=hang_guard_s)


async def _until_abandoned(lifeline: asyncio.StreamReader) -> None:
    while await lifeline.read(4096):
        pass


async def _main(url: str, *, hang_guard_s: float) -> int:
    lifeline = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lifeline), sys.stdin)
    settings = msgspec.json.decode(await lifeline.readline(), type=Settings)
    serving = asyncio.ensure_future(_serve(url, settings, hang_guard_s=hang_guard_s))
    abandoned = asyncio.ensure_future(_until_abandoned(lifeline))
    await asyncio.wait({serving, abandoned}, return_when=asyncio.FIRST_COMPLETED)
    abandoned.cancel()
    if not serving.done():
        serving.cancel()
        return EXIT_OUR_FAULT
    try:
        await serving
    except DocktwinError as error:
        sys.stderr.write(f"{error.code}: {error.message}\n")
        return error.exit_status
    return 0


def main() -> None:
    """Run the backend for one lockstep run."""
    parser = argparse.ArgumentParser(prog="backend.host", description=__doc__)
    parser.add_argument("--nats-url", required=True)
    parser.add_argument("--hang-guard-s", type=float, default=HANG_GUARD_S, help="a planner may think so long")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(_main(arguments.nats_url, hang_guard_s=arguments.hang_guard_s)))


if __name__ == "__main__":
    main()
