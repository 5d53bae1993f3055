"""A backend that does nothing: `python -m tests.perf.answers_at_once URL SITE` answers each grant at once.

It speaks through the client of `backend/host.py`, so that the time of an exchange with it is that of the transport. It
ends with the last grant, or when its standard input closes.
"""

from __future__ import annotations

import asyncio
import sys

from twin import run_control
from twin.bus.nats import NatsBus
from twin.clock import NEVER_US
from twin.run_control import Done, Grant, Hello
from twin.subjects import run_control as control_subject
from twin.subjects import whole_site

_IDLE_S = 60.0
_DECISION_LATENCY_US = 50_000


async def serve(url: str, site_id: str) -> None:
    """Say hello, then answer until the last grant."""
    async with NatsBus(url, name="answers-at-once") as bus:
        inbox = await bus.subscribe(whole_site(site_id))
        hello = Hello(decision_latency_us=_DECISION_LATENCY_US)
        bus.publish(control_subject(site_id, run_control.HELLO), run_control.encode(hello))
        done_subject = control_subject(site_id, run_control.DONE)
        while True:
            incoming = await inbox.get(_IDLE_S)
            assert incoming is not None, "no grant came"
            grant = run_control.decode(incoming[1], Grant)
            done = Done(next_us=NEVER_US, at_us=(), digest=grant.digest)
            bus.publish(done_subject, run_control.encode(done))
            if grant.is_last:
                await bus.flush()
                return


async def _main(url: str, site_id: str) -> None:
    lifeline = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lifeline), sys.stdin)
    serving = asyncio.ensure_future(serve(url, site_id))
    abandoned = asyncio.ensure_future(lifeline.read())
    await asyncio.wait({serving, abandoned}, return_when=asyncio.FIRST_COMPLETED)
    abandoned.cancel()
    if serving.done():
        await serving
    else:
        serving.cancel()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2]))
