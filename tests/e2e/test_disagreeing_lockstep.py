"""Two sides of a lockstep run that do not agree on latency, counts or digest end it, and each tells the other."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import pytest
from msgspec.structs import replace

from backend.host import serve_lockstep
from backend.services.site import Settings
from scenarios.lockstep import LockstepDriver
from scenarios.run_log import ProgressTeller, RunLog
from scenarios.schema import scenario_from_text
from sim.world import World
from tests.e2e.small import SMALL
from twin import run_control
from twin.bus.memory import MemoryBroker, MemoryBus
from twin.errors import ConfigError, DivergenceError, DocktwinError, MessageRefused, PlannerHangError, StallError
from twin.run_control import Abort, Done, Grant
from twin.subjects import run_control as control_subject
from twin.subjects import whole_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.bus.inbox import Inbox

DAY = scenario_from_text(SMALL, "small.yaml").day
SETTINGS = Settings(site=DAY.site, dock_planner="earliest_due", unload_planner="top_down")
GUARD_S = 5.0
GRANT = control_subject("bos1", run_control.GRANT)
DONE = control_subject("bos1", run_control.DONE)


Bend: TypeAlias = "Callable[[str, bytes], bytes | None]"
"""What becomes of a message on a subject before it leaves; None: it is lost."""


class Bent(MemoryBus):
    """A connection on which something is changed or lost before it leaves."""

    bend: Bend = staticmethod(lambda _subject, payload: payload)

    def publish(self, subject: str, payload: bytes) -> None:
        bent = self.bend(subject, payload)
        if bent is not None:
            super().publish(subject, bent)


async def run(
    *,
    settings: Settings = SETTINGS,
    from_simulator: Bend | None = None,
    from_backend: Bend | None = None,
    patience_s: float = GUARD_S,
) -> tuple[BaseException | None, BaseException | None]:
    """What the simulator's side and the backend's side of a run end with, None if all is well."""
    broker = MemoryBroker()
    async with Bent(broker, name="simulator") as ours, Bent(broker, name="backend") as theirs:
        ours.bend = from_simulator or ours.bend
        theirs.bend = from_backend or theirs.bend
        world = World(DAY)
        inbox: Inbox = await ours.subscribe(whole_site("bos1"))
        driver = LockstepDriver(ours, inbox, world, hang_guard_s=patience_s)
        backend = asyncio.ensure_future(serve_lockstep(theirs, settings, hang_guard_s=GUARD_S))
        told = await asyncio.gather(
            driver.drive(RunLog(), windows=True, teller=ProgressTeller(world, None)),
            asyncio.wait_for(backend, GUARD_S),
            return_exceptions=True,
        )
    return told[0], told[1]


def bent(word: str, control: type[run_control.Control], **changes: object) -> Bend:
    """Changes the fifth of these words."""
    seen = count(1)

    def bend(subject: str, payload: bytes) -> bytes:
        if subject != word or next(seen) != 5:
            return payload
        return run_control.encode(replace(run_control.decode(payload, control), **changes))

    return bend


async def test_two_sides_that_agree_end_well() -> None:
    assert await run() == (None, None)


async def test_a_backend_with_another_decision_latency_ends_the_run_before_the_first_grant() -> None:
    granted: list[str] = []

    def listen(subject: str, payload: bytes) -> bytes:
        granted.extend([subject] * (subject == GRANT))
        return payload

    other = replace(SETTINGS, site=replace(DAY.site, decision_latency_us=DAY.site.decision_latency_us + 1))
    ours, theirs = await run(settings=other, from_simulator=listen)
    assert isinstance(ours, DivergenceError)
    assert "the backend decides in 50001 us, the scenario says 50000 us" in str(ours)
    assert granted == []
    assert theirs is None, "it was told that the run is over, and went home"


async def test_a_message_that_the_backend_never_had_ends_the_run() -> None:
    ours, theirs = await run(
        from_simulator=lambda subject, payload: None if ".event." in subject and b'"seq":3' in payload else payload
    )
    assert isinstance(theirs, DivergenceError)
    assert "announced" in str(theirs)
    assert isinstance(ours, DivergenceError), "the backend tells why"
    assert str(ours) == str(theirs)


async def test_a_total_that_does_not_fit_ends_the_run() -> None:
    ours, theirs = await run(from_simulator=bent(GRANT, Grant, n_total=1_000))
    assert isinstance(theirs, DivergenceError)
    assert "1000 in all" in str(ours)


async def test_a_digest_of_the_simulator_that_is_another_ends_the_run() -> None:
    ours, theirs = await run(from_simulator=bent(GRANT, Grant, digest="0" * 128))
    assert isinstance(theirs, DivergenceError)
    assert "have hashed different messages" in str(ours)


async def test_a_digest_of_the_backend_that_is_another_ends_the_run_and_the_backend_hears_it() -> None:
    ours, theirs = await run(from_backend=bent(DONE, Done, digest="0" * 128))
    assert isinstance(ours, DivergenceError)
    assert "have hashed different messages" in str(ours)
    assert theirs is None


async def test_a_command_that_the_simulator_never_had_ends_the_run() -> None:
    lost: list[str] = []

    def lose_one(subject: str, payload: bytes) -> bytes | None:
        if ".command." in subject and not lost:
            lost.append(subject)
            return None
        return payload

    ours, theirs = await run(from_backend=lose_one)
    assert isinstance(ours, DivergenceError)
    assert "announced 1 messages, 0 came" in str(ours)
    assert theirs is None


async def test_an_answer_that_never_comes_ends_the_run_and_the_backend_hears_it() -> None:
    ours, theirs = await run(from_backend=lambda subject, payload: None if subject == DONE else payload, patience_s=0.2)
    assert isinstance(ours, StallError)
    assert theirs is None


@pytest.mark.parametrize("error_type", [ConfigError, PlannerHangError, StallError, DivergenceError])
def test_an_error_that_is_told_arrives_as_what_it_is(error_type: type[DocktwinError]) -> None:
    told = run_control.decode(run_control.encode(Abort.of(error_type("what", hint="do"))), Abort).as_error()
    assert type(told) is error_type
    assert (told.message, told.hint, told.exit_status) == ("what", "do", error_type.exit_status)


def test_an_error_that_says_more_than_sentences_arrives_as_the_root() -> None:
    told = Abort.of(MessageRefused("not_json", "$", "got []")).as_error()
    assert type(told) is DocktwinError
    assert "not_json at $: got []" in told.message
