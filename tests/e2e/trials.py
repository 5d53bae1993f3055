"""A scenario put on trial: run in every way that must not matter, and held against all that must always be true."""

from __future__ import annotations

import traceback
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from backend.services.ledger import TimerFired
from backend.services.settings import Settings
from backend.services.site import SiteBackend
from backend.store.memory import Batch, MemoryLedger
from scenarios.run_log import RunLog
from scenarios.run_loop import Answer, run_loop
from scenarios.schema import load_scenario
from sim.world import World
from tests.e2e.random_scenarios import write_scenario
from tests.e2e.strange_planners import STRANGE, strange_planners
from twin.clock import US_PER_S, parse_time
from twin.messages.case import CaseRecovered
from twin.messages.exception import ExceptionRaised, ExceptionResolved
from twin.messages.receipt import ReceiptClosed
from twin.participant import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scenarios.model import Scenario
    from sim.truth import CaseRow, Truth

ENDS = {"received", "damaged", "refused", "manual", "not_loaded"}
LOSS_BORNE_MAX = 0.35
RETRANSMIT_BORNE_MAX_US = 5 * US_PER_S
"""A day whose own radio is worse need not end: that fault is never off."""
LONG_GRACE_US = 3600 * US_PER_S
"""After the last departure every belt has run empty and every receipt is closed by then."""


class Played(NamedTuple):
    """A run and what took part in it."""

    world: World
    backend: SiteBackend
    ledger: MemoryLedger
    log: RunLog

    @property
    def digest(self) -> str:
        return self.log.digest.hexdigest()


def play(
    scenario: Scenario, *, windows: bool = True, rebuild_every: int | None = None, audit_every: int = 1000
) -> Played:
    """Run it inline to its end."""
    settings = Settings(
        site=scenario.day.site,
        dock_planner=scenario.dock_planner,
        unload_planner=scenario.unload_planner,
        rebuild_every=rebuild_every,
        audit_every=audit_every,
    )
    ledger = MemoryLedger()
    with strange_planners():
        run = Played(World(scenario.day), SiteBackend(settings, ledger), ledger, RunLog())
    loop = run_loop(run.world, windows=windows)
    with suppress(StopIteration):
        window = next(loop)
        while True:
            published = run.backend.handle_window(window.uplinks, window.until_us)
            run.log.add(window.uplinks, published)
            window = loop.send(Answer(published, run.backend.next_time()))
    run.backend.audit()
    return run


def written(seed: int, folder: Path) -> Scenario:
    """The scenario of a seed; some are planned by a strange planner."""
    path = write_scenario(seed, folder, lambda scenario: play(scenario).log.deliveries)
    planner = (["top_down"] * 5 + sorted(STRANGE))[seed % 8]
    return replace(load_scenario(path), unload_planner=planner)


def problems(scenario: Scenario, *, is_thorough: bool = True) -> Iterator[str]:
    """What is wrong with the run of a scenario, one sentence each."""
    try:
        plain = play(scenario)
        yield from _broken_rules(plain)
        yield from _carried_out_of_nothing(plain)
        yield from _left_undone(scenario, plain)
        yield from _wrong_receipts(scenario, plain)
        yield from _what_should_not_matter(scenario, plain)
        if is_thorough:
            yield from _unlike_its_ledger(plain)
            yield from _other_orders(scenario, plain)
    except Exception:  # noqa: BLE001 - whatever is raised is what we look for
        yield "raised: " + traceback.format_exc()


def _broken_rules(run: Played) -> Iterator[str]:
    for violation in run.backend.violations[:5]:
        yield f"rule broken: {violation}"


def _carried_out_of_nothing(run: Played) -> Iterator[str]:
    """People take cases out of trailers that stand at a door, not out of those that have left."""
    left = {row.trailer_id: row.departed_us for row in run.world.truth().trailers if row.departed_us is not None}
    for _, message in run.log.deliveries:
        if isinstance(message, CaseRecovered):
            departed_us = left.get(message.data.trailer_id)
            if departed_us is not None and parse_time(message.time) > departed_us:
                yield f"a case is carried out of a trailer that has left: {message.data}"


def _what_should_not_matter(scenario: Scenario, plain: Played) -> Iterator[str]:
    narrow = play(scenario, windows=False)
    if narrow.digest != plain.digest:
        yield "windows show in the digest"
    rebuilt = play(scenario, rebuild_every=100, audit_every=1)
    if rebuilt.digest != plain.digest:
        yield "rebuilding the backend or looking at all of it shows in the digest"
    if rebuilt.backend.full_hash() != plain.backend.full_hash():
        yield "the rebuilt backend ends in another state"
    if len(rebuilt.backend.violations) != len(plain.backend.violations):
        yield f"looking at all after every input finds more: {rebuilt.backend.violations[:3]}"


# --- the day ends, and every case is somewhere ---


def _left_undone(scenario: Scenario, run: Played) -> Iterator[str]:
    truth = run.world.truth()
    yield from _miscounted(scenario, truth)
    radio = scenario.day.link
    if radio.loss > LOSS_BORNE_MAX or (radio.loss and radio.retransmit_us > RETRANSMIT_BORNE_MAX_US):
        return
    undone = [row for row in truth.trailers if row.departed_us is None]
    for row in undone:
        yield f"never finished: {row}; {_why(run, row.trailer_id)}"
    if undone:
        return
    has_long_grace = scenario.day.grace_us >= LONG_GRACE_US
    odd = Counter((row.trailer_id, row.outcome) for row in truth.cases if row.outcome not in ENDS)
    for (trailer_id, outcome), count in odd.items():
        may_still_ride = outcome == "on_conveyor" and not has_long_grace
        if not may_still_ride and not _was_left_by_default(run, trailer_id):
            yield f"trailer {trailer_id} has left, and {count} of its cases are still {outcome}"
    if has_long_grace and (missing := {row.trailer_id for row in truth.trailers} - set(_receipts(run))):
        yield f"no receipt: {sorted(missing)}"


def _miscounted(scenario: Scenario, truth: Truth) -> Iterator[str]:
    if len({row.case_id for row in truth.cases}) != len(truth.cases):
        yield "a case stands twice in the truth"
    if scenario.day.fidelity == "case":
        told = Counter(row.trailer_id for row in truth.cases if row.outcome != "not_loaded")
        for row in truth.trailers:
            if told[row.trailer_id] != row.cases:
                yield f"trailer {row.trailer_id} came with {row.cases} cases, {told[row.trailer_id]} are told of"


def _was_left_by_default(run: Played, trailer_id: str) -> bool:
    """Whether people were too slow for what was left in the trailer, so that it has gone with it."""
    return any(
        isinstance(m, ExceptionResolved)
        and (m.data.exception_type, m.data.by, m.correlationid) == ("leftovers", "rule", f"o-{trailer_id}")
        for _, m in run.log.deliveries
    )


def _why(run: Played, trailer_id: str) -> str:
    state = run.backend.state
    order = state.orders.get(f"o-{trailer_id}")
    robots = [f"{it.robot_id}:{it.state}" for it in run.world._dock.robots.values()]
    waiting = [f"{it.command.type}>{it.command.subject}:{it.status}" for it in state.commands.values()]
    opened = [f"{it.exception_type}@{it.entity}" for it in state.exceptions.values()]
    return f"{order}; {robots}; {waiting}; {opened}; refused {run.backend.refused}"


# --- receipts against the truth ---


def _wrong_receipts(scenario: Scenario, run: Played) -> Iterator[str]:
    if scenario.day.fidelity != "case":
        return
    lost = {m.data.entity.partition("/")[0] for _, m in run.log.deliveries if _tells_of_loss(m)}
    for trailer_id, parts in _receipts(run).items():
        rows = [row for row in run.world.truth().cases if row.trailer_id == trailer_id]
        closed_late = any(part.causationid is None for part in parts)
        if not closed_late and not lost and not _was_left_by_default(run, trailer_id):
            yield from _wrong_receipt(trailer_id, parts, rows, _lines_of(scenario, run, trailer_id))


def _tells_of_loss(message: object) -> bool:
    return isinstance(message, ExceptionRaised) and message.data.exception_type == "messages_lost"


def _receipts(run: Played) -> dict[str, list[ReceiptClosed]]:
    receipts: dict[str, list[ReceiptClosed]] = {}
    for _, message in run.log.deliveries:
        if isinstance(message, ReceiptClosed):
            receipts.setdefault(message.data.trailer_id, []).append(message)
    return receipts


def _lines_of(scenario: Scenario, run: Played, trailer_id: str) -> dict[str, str]:
    """The label of each manifest line."""
    assert scenario.day.fidelity == "case"
    load = run.world._dock.trailers[trailer_id].load
    assert load is not None
    return {line.line_id: line.label for line in load.manifest}


def _wrong_receipt(
    trailer_id: str, parts: list[ReceiptClosed], rows: list[CaseRow], labels: dict[str, str]
) -> Iterator[str]:
    told: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for line in part.data.lines:
            label = labels[line.line_id]
            told[label, "received"] += line.received + line.over
            told[label, "damaged"] += line.damaged
            told[label, "refused"] += line.refused
    unidentified = parts[0].data.unidentified
    true: Counter[tuple[str, str]] = Counter()
    for row in rows:
        ended = {"manual": "received"}.get(row.outcome, row.outcome)
        if ended in ("received", "damaged", "refused"):
            true[row.label, ended] += 1
    missing = {key: count - told[key] for key, count in true.items() if count > told[key]}
    extra = {key: count - true[key] for key, count in told.items() if count > true[key]}
    not_read = sum(count for (_, ended), count in missing.items() if ended == "received")
    is_settled = all(row.outcome in ENDS for row in rows)
    if extra or (is_settled and (not_read != unidentified or not_read != sum(missing.values()))):
        yield f"receipt of {trailer_id}: too few {missing}, too many {extra}, {unidentified} unidentified"


# --- the ledger ---


def _unlike_its_ledger(run: Played) -> Iterator[str]:
    ledger = run.ledger
    ledger.head()
    if ledger.verify() is not None:
        yield "the chain of the ledger is broken"
    with strange_planners():
        again = SiteBackend(run.backend.settings)
    end_us = 0
    for it in ledger.inputs():
        end_us = it.at_us
        if isinstance(it, Delivery):
            again.deliver(it.at_us, it.message)
    again.advance(end_us + 1)
    if again.full_hash() != run.backend.full_hash():
        yield "the replayed ledger gives another state"
    if again.take_timers_fired() != [tuple(it) for it in ledger.inputs() if isinstance(it, TimerFired)]:
        yield "the replayed ledger fires other timers"
    middle = len(ledger.batches) // 2
    told = ledger._batches[middle]
    ledger._batches[middle] = Batch(told.epoch, told.inputs[:-1], told.outputs if told.inputs else told.outputs[:-1])
    if ledger.verify() != middle:
        yield f"a record taken out of batch {middle} is found in {ledger.verify()}"
    ledger._batches[middle] = told


# --- another order of picking ---


def _other_orders(scenario: Scenario, plain: Played) -> Iterator[str]:
    nature = _nature(plain)
    for planner in ("bottom_up", "haphazard"):
        if planner == scenario.unload_planner:
            continue
        other = play(replace(scenario, unload_planner=planner))
        if _nature(other) != nature:
            yield f"planned by {planner} the cases themselves are others"
        for violation in other.backend.violations[:3]:
            yield f"planned by {planner}: rule broken: {violation}"
        for problem in _left_undone(scenario, other):
            yield f"planned by {planner}: {problem}"
        for problem in _wrong_receipts(scenario, other):
            yield f"planned by {planner}: {problem}"


def _nature(run: Played) -> list[tuple[str, float, str, str | None, str]]:
    rows = run.world.truth().cases
    return sorted((row.case_id, row.weight_kg, row.label, row.manifest_line, row.fault) for row in rows)
