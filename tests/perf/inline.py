"""The inline rows: a whole run, the same simulator without messages, and the parts of what lies between.

One day is run and recorded. Then each arm runs it again from the start, whole or a part of it fed with what the other
parts did in the recording. Every arm asserts at its end that it has done what the recording did: same truth, same
messages, same digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from backend.services.site import SiteBackend
from backend.store.memory import MemoryLedger
from scenarios.drivers import _run_inline
from scenarios.run_log import ProgressTeller, RunLog
from scenarios.run_loop import Answer, Window, run_loop
from sim.world import World
from tests.perf.bare import bare_us_per_pick, textbook_us_per_pick
from tests.perf.days import settings_for, steady_day
from tests.perf.rows import Measured, measured
from tests.perf.silent import without_messages
from tests.perf.stopwatch import cpu_us, in_turns
from twin.messages.case import CasePicked
from twin.messages.envelope import Command
from twin.messages.exception import InterventionRequested

if TYPE_CHECKING:
    from sim.plan import DayPlan
    from sim.truth import Truth
    from tests.perf.days import Size
    from twin.participant import Delivery

MESSAGES_A_PICK = 4
"""The rate at which the budget compares with bare SimPy."""
_HANG_GUARD_S = 60.0


class Exchange(NamedTuple):
    """A window and what the backend answered."""

    window: Window
    answer: Answer


class Recorded(Struct, frozen=True, kw_only=True):
    """A run: everything each part said to the others, and what came of it."""

    day: DayPlan
    exchanges: list[Exchange]
    deliveries: list[Delivery]
    commands: list[Delivery]
    """What the simulator was told: commands, and requests to people."""
    digest: str
    state_hash: str
    truth: Truth
    picks: int


def record(day: DayPlan) -> Recorded:
    """Run a day and keep everything."""
    world, backend, log = World(day), SiteBackend(settings_for(day), MemoryLedger()), RunLog()
    exchanges: list[Exchange] = []
    loop = run_loop(world)
    window = next(loop)
    while True:
        published = backend.handle_window(window.uplinks, window.until_us)
        log.add(window.uplinks, published)
        answer = Answer(published, backend.next_time())
        exchanges.append(Exchange(window, answer))
        if window.is_last:
            break
        window = loop.send(answer)
    assert not backend.violations, backend.violations
    commands = [
        delivery
        for exchange in exchanges
        for delivery in exchange.answer.published
        if isinstance(delivery.message, Command | InterventionRequested)
    ]
    ids = {delivery.message.id for delivery in commands}
    assert len(ids) == len(commands), "no command was sent twice: the silent simulator has nobody to notice"
    return Recorded(
        day=day,
        exchanges=exchanges,
        deliveries=log.deliveries,
        commands=commands,
        digest=log.digest.hexdigest(),
        state_hash=backend.full_hash(),
        truth=world.truth(),
        picks=sum(isinstance(delivery.message, CasePicked) for delivery in log.deliveries),
    )


def whole_run_us(day: DayPlan, *, digest: str | None = None) -> tuple[float, RunLog]:
    """CPU microseconds of the inline driver's own loop up to the digest, and its log; the world is built before.

    With `digest` the run must have this one.
    """
    world, backend, log = World(day), SiteBackend(settings_for(day), MemoryLedger()), RunLog()
    taken_us = _loop_us(world, backend, log)
    assert not backend.violations, backend.violations
    assert digest is None or log.digest.hexdigest() == digest, "the same day gives the same digest"
    return taken_us, log


def _loop_us(world: World, backend: SiteBackend, log: RunLog) -> float:
    teller = ProgressTeller(world, None)

    def play() -> None:
        _run_inline(world, backend, log, windows=True, hang_guard_s=_HANG_GUARD_S, teller=teller)
        log.digest.hexdigest()

    return cpu_us(play)


def silent_us(run: Recorded) -> float:
    """CPU microseconds of the simulator alone, told the recorded commands at their instants, saying nothing."""
    with without_messages():
        world = World(run.day)
        for at_us, message in run.commands:
            world.deliver(at_us, message)
        until_us = run.day.until_us
        taken_us = cpu_us(lambda: world.advance(until_us))
    assert world.truth() == run.truth, "without messages the same happens"
    return taken_us


class PlayedBackend(SiteBackend):
    """Gives the recorded answers, and thinks nothing."""

    def __init__(self, run: Recorded) -> None:
        super().__init__(settings_for(run.day))
        self._answers = iter([exchange.answer for exchange in run.exchanges])
        self._next_us = 0

    def handle_window(self, deliveries: list[Delivery], until_us: int) -> list[Delivery]:
        del deliveries, until_us
        answer = next(self._answers)
        self._next_us = answer.next_us
        return answer.published

    def next_time(self) -> int:
        return self._next_us


class MuteLog(RunLog):
    """Keeps the windows, and neither encodes nor hashes them."""

    def __init__(self) -> None:
        super().__init__()
        self.uplinks: list[list[Delivery]] = []

    def add(self, uplinks: list[Delivery], published: list[Delivery]) -> None:
        del published
        self.uplinks.append(uplinks)


def played_us(run: Recorded, log: RunLog) -> float:
    """CPU microseconds of the whole loop with the recorded answers in place of the backend."""
    world = World(run.day)
    taken_us = _loop_us(world, PlayedBackend(run), log)
    assert world.truth() == run.truth
    return taken_us


def simulator_us(run: Recorded) -> float:
    """The same without the digest: the simulator with messages, link and windows, and the driver's loop."""
    log = MuteLog()
    taken_us = played_us(run, log)
    assert log.uplinks == [exchange.window.uplinks for exchange in run.exchanges], "the same messages, window by window"
    return taken_us


def with_digest_us(run: Recorded) -> float:
    """The same with the digest: all but the backend."""
    log = RunLog()
    taken_us = played_us(run, log)
    assert log.digest.hexdigest() == run.digest
    return taken_us


def backend_us(run: Recorded) -> float:
    """CPU microseconds of the backend, given the recorded windows."""
    backend = SiteBackend(settings_for(run.day), MemoryLedger())
    answers: list[Answer] = []

    def play() -> None:
        for window, _ in run.exchanges:
            published = backend.handle_window(window.uplinks, window.until_us)
            answers.append(Answer(published, backend.next_time()))

    taken_us = cpu_us(play)
    assert answers == [exchange.answer for exchange in run.exchanges], "the same answers"
    assert backend.full_hash() == run.state_hash
    return taken_us


def digest_us(run: Recorded) -> float:
    """CPU microseconds of the log with its digest, given the recorded windows and answers."""
    log = RunLog()

    def play() -> None:
        for window, answer in run.exchanges:
            log.add(window.uplinks, answer.published)
        log.digest.hexdigest()

    taken_us = cpu_us(play)
    assert log.digest.hexdigest() == run.digest
    return taken_us


def inline_rows(size: Size) -> dict[str, Measured]:
    """All rows about one inline run."""
    doors = size.inline_doors
    trailers = list(range(1, doors * size.inline_trailers + 1))
    run = record(steady_day(trailers=trailers, doors=doors, cases=size.inline_cases))
    messages, picks = len(run.deliveries), run.picks
    us = in_turns(
        {
            "whole": lambda: whole_run_us(run.day, digest=run.digest)[0],
            "silent": lambda: silent_us(run),
            "simulator": lambda: simulator_us(run),
            "digest": lambda: with_digest_us(run),
            "bare": lambda: bare_us_per_pick(processes=doors, picks=size.bare_picks),
            "textbook": lambda: textbook_us_per_pick(processes=doors, picks=size.bare_picks),
        },
        repeats=size.repeats,
    )
    above = (us["whole"] - us["silent"]) / messages
    silent_a_pick = us["silent"] / picks
    at_four = silent_a_pick + MESSAGES_A_PICK * above
    windows = f"{len(run.exchanges):,} windows, {messages / len(run.exchanges):.1f} messages each"
    load = f"{doors} doors and robots, {len(trailers)} trailers, {picks:,} picks, {messages:,} messages"
    return {
        "inline_us_per_message": measured(
            "inline_us_per_message",
            above,
            f"{us['whole'] / messages:.1f} us a message in all, simulator included; {load}",
        ),
        "inline_vs_bare_simpy": measured(
            "inline_vs_bare_simpy",
            us["textbook"] / at_four,
            f"{us['textbook']:.2f} us / ({silent_a_pick:.1f} us + {MESSAGES_A_PICK} x {above:.1f} us)",
        ),
        "inline_vs_two_timeouts": measured("inline_vs_two_timeouts", us["bare"] / at_four, f"{us['bare']:.2f} us"),
        "messages_per_pick": measured("messages_per_pick", messages / picks, load),
        "bare_us_per_pick": measured("bare_us_per_pick", us["bare"], f"{doors} processes"),
        "textbook_us_per_pick": measured("textbook_us_per_pick", us["textbook"], f"{doors} robots and belts"),
        "simulator_us_per_pick": measured("simulator_us_per_pick", silent_a_pick, "same truth as the whole run"),
        "link_us_per_message": measured("link_us_per_message", (us["simulator"] - us["silent"]) / messages, windows),
        "digest_us_per_message": measured("digest_us_per_message", (us["digest"] - us["simulator"]) / messages),
        "backend_us_per_message": measured("backend_us_per_message", (us["whole"] - us["digest"]) / messages),
    }
