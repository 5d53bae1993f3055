"""What must hold of a day that faults have struck: rules, cases, nothing left open, and trucks that leave in time.

A truck may take twice as long as it did on the day without faults, counted from when the last fault was over
(`tests.e2e.fault_runs`) or from its arrival. Where some of what was said is lost for good not every case can be known:
then nothing may be told of that is not so.
"""

from __future__ import annotations

import traceback
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from scenarios.drivers import Oversight, run_scenario
from tests.e2e.fault_days import day_number, day_of, moments_of, struck
from tests.e2e.fault_runs import RESTARTS_IT, Struck, calm_from_us, play, starts
from twin.clock import US_PER_S, format_time
from twin.messages.case import CaseUnreadable
from twin.messages.exception import ExceptionRaised
from twin.messages.receipt import ReceiptClosed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scenarios.model import Scenario
    from sim.truth import CaseRow, TrailerRow
    from tests.e2e.fault_days import Moment

FACTOR = 2
ENDS = {"received": "delivered", "damaged": "damaged", "refused": "refused", "manual": "manual"}
"""By the outcome of a case, where the backend has it in the end."""
_SEEN = ("delivered", "damaged", "refused")
_GRACE_US = 300 * US_PER_S
"""So long after the last departure what should not matter is compared."""


class Clean(NamedTuple):
    """The day without faults. `turnaround_us`: by truck, from arrival to departure."""

    moments: dict[str, list[Moment]]
    turnaround_us: dict[str, int]
    problems: tuple[str, ...]


class Verdict(NamedTuple):
    """What became of a seed; faults that struck by kind, exceptions by type, and the share used of the time allowed."""

    problems: tuple[str, ...]
    struck: Counter[str]
    raised: Counter[str]
    share: float


def tried(seed: int, *, is_thorough: bool = False, nats_url: str | None = None) -> Verdict:
    """Run the day of a seed with its faults and hold it against all that must be true; `is_thorough`: in every way."""
    try:
        clean = clean_day(day_number(seed))
        run = play(struck(seed, clean.moments))
        found = [*clean.problems, *problems(run, clean)]
        if is_thorough:
            found += _unlike(run.scenario, nats_url)
    except Exception:  # noqa: BLE001 - whatever is raised is what we look for
        return Verdict(("raised: " + traceback.format_exc(),), Counter(), Counter(), 0.0)
    raised = Counter(m.data.exception_type for _, m in run.log if isinstance(m, ExceptionRaised))
    kinds: Counter[str] = Counter(strike.action.fault for strike in run.strikes)
    return Verdict(tuple(found), kinds, raised, max(_shares(run, clean).values(), default=0.0))


def problems(run: Struck, clean: Clean) -> list[str]:
    """What is wrong with a run, one sentence each."""
    return [*_broken(run), *_left_open(run), *_too_slow(run, clean), *_restarted_for_nothing(run)]


@lru_cache(maxsize=2)
def clean_day(number: int) -> Clean:
    """Run a day without faults."""
    run = play(day_of(number))
    turnaround_us: dict[str, int] = {}
    for row in run.world.truth().trailers:
        if row.departed_us is not None and row.arrived_us is not None:
            turnaround_us[row.trailer_id] = row.departed_us - row.arrived_us
    found = tuple(f"without faults: {problem}" for problem in (*_broken(run), *_left_open(run)))
    return Clean(moments_of(run.log), turnaround_us, found)


# --- rules and cases ---


def _broken(run: Struck) -> Iterator[str]:
    for violation in run.backend.violations[:5]:
        yield f"rule broken: {violation}"
    truth = run.world.truth()
    yield from _miscounted(truth.cases, truth.trailers)
    if run.is_settled:
        for row in truth.trailers:
            yield from _wrong_twin(run, row.trailer_id, [it for it in truth.cases if it.trailer_id == row.trailer_id])


def _miscounted(cases: tuple[CaseRow, ...], trailers: tuple[TrailerRow, ...]) -> Iterator[str]:
    if len({row.case_id for row in cases}) != len(cases):
        yield "a case stands twice in the truth"
    told = Counter(row.trailer_id for row in cases if row.outcome != "not_loaded")
    for row in trailers:
        if told[row.trailer_id] != row.cases:
            yield f"trailer {row.trailer_id} came with {row.cases} cases, {told[row.trailer_id]} are told of"


def _wrong_twin(run: Struck, trailer_id: str, rows: list[CaseRow]) -> Iterator[str]:
    """Every case is where the truth has it, and the receipt counts it there, once."""
    outcomes = Counter(row.outcome for row in rows if row.outcome != "not_loaded")
    if odd := {outcome: count for outcome, count in outcomes.items() if outcome not in ENDS}:
        yield f"trailer {trailer_id} has left, and of its cases are still {odd}"
        return
    trailer = run.state.trailers[trailer_id]
    places: Counter[str] = Counter(case.place for case in trailer.cases.values() if case.place != "retracted")
    true = Counter({ENDS[outcome]: count for outcome, count in outcomes.items()})
    places["unknown"] -= _of_no_case(run, trailer_id)
    if _is_wrong(places, true, is_lossy=run.is_lossy):
        yield f"trailer {trailer_id}: the truth is {dict(true)}, the backend has {dict(places)}"
    load = run.world._dock.trailers[trailer_id].load
    assert load is not None
    labels = {line.line_id: line.label for line in load.manifest}
    parts = [m for _, m in run.log if isinstance(m, ReceiptClosed) and m.data.trailer_id == trailer_id]
    if len(parts) != 1:
        yield f"trailer {trailer_id} has {len(parts)} receipts"
    else:
        unread = {m.id for _, m in run.log if isinstance(m, CaseUnreadable) and m.data.trailer_id == trailer_id}
        unread_max = None if run.is_lossy else len(unread)
        yield from _wrong_receipt(parts[0], rows, labels, unread_max=unread_max)


def _is_wrong(places: Counter[str], true: Counter[str], *, is_lossy: bool) -> bool:
    """Whether what is known is not what is so. Where words are lost no case is forgotten, and none seen that was not.

    What nobody has seen go is then believed to have been there for people, or not known.
    """
    if not is_lossy:
        return +places != true
    return places.total() < true.total() or any(places[end] > true[end] for end in _SEEN)


def _of_no_case(run: Struck, trailer_id: str) -> int:
    """How many tracks of nothing the backend may still wonder about.

    A robot has found out that they are no case, and its word is lost with it, or not believed as two machines speak
    under its name: nobody else will ever say so.
    """
    if not any(strike.action.fault in RESTARTS_IT for strike in run.strikes):
        return 0
    tracks = {case.track_id for case in run.world._dock.trailers[trailer_id].cases.values()}
    cases = run.state.trailers[trailer_id].cases.values()
    return sum(case.place == "unknown" and case.track_id not in tracks for case in cases)


def _wrong_receipt(
    receipt: ReceiptClosed, rows: list[CaseRow], labels: dict[str, str], *, unread_max: int | None
) -> Iterator[str]:
    """`unread_max`: so many cases may have no label; None: the word of any may be lost, and what is told must be so."""
    told = _told_by(receipt, labels)
    true: Counter[tuple[str, str]] = Counter()
    nameless = missed = 0
    for row in rows:
        if row.outcome == "not_loaded":
            continue
        term = {"manual": "received"}.get(row.outcome, row.outcome)
        if row.label in labels.values():
            true[row.label, term] += 1
        else:
            nameless += term == "received"
    for label in sorted(set(labels.values())):
        counted = sum(told[label, term] for term in ("received", "damaged", "refused", "over"))
        there = sum(true[label, term] for term in ("received", "damaged", "refused"))
        nameless += there - counted
        missed += there - counted
        too_many = [term for term in ("received", "damaged", "refused") if told[label, term] > true[label, term]]
        if too_many or counted > there:
            yield f"receipt of {receipt.data.trailer_id}: {label}: the truth is {true}, it says {told}"
    if unread_max is None:
        return
    if missed > unread_max:
        yield f"receipt of {receipt.data.trailer_id}: it forgets {missed - unread_max} cases whose label was read"
    if nameless != receipt.data.unidentified:
        yield f"receipt of {receipt.data.trailer_id}: {receipt.data.unidentified} unidentified, expected {nameless}"


def _told_by(receipt: ReceiptClosed, labels: dict[str, str]) -> Counter[tuple[str, str]]:
    told: Counter[tuple[str, str]] = Counter()
    for line in receipt.data.lines:
        label = labels[line.line_id]
        counts = (
            ("received", line.received),
            ("damaged", line.damaged),
            ("refused", line.refused),
            ("over", line.over),
        )
        for term, count in counts:
            told[label, term] += count
    return told


# --- the end ---


def _left_open(run: Struck) -> Iterator[str]:
    if run.is_settled:
        return
    state = run.state
    left = [row.trailer_id for row in run.world.truth().trailers if row.departed_us is None]
    orders = [f"{it}" for it in state.orders.values()]
    robots = [f"{it.robot_id}:{it.state}" for it in run.world._dock.robots.values()]
    waiting = [f"{it.command.type}>{it.command.subject}:{it.status}" for it in state.commands.values()]
    opened = [f"{it.exception_type}@{it.entity}" for it in state.exceptions.values()]
    yield f"never settled: {left}; {orders}; {robots}; {waiting}; {opened}; refused {run.backend.backend.refused}"


def _too_slow(run: Struck, clean: Clean) -> Iterator[str]:
    calm_us = calm_from_us(run)
    for trailer_id, share in _shares(run, clean).items():
        if share > 1:
            yield (
                f"trailer {trailer_id} left {share * FACTOR:.2f} times its clean time "
                f"({clean.turnaround_us[trailer_id] / 6e7:.1f} min) after it was there and all was well "
                f"({format_time(calm_us)[11:19]})"
            )


def _shares(run: Struck, clean: Clean) -> dict[str, float]:
    """By truck, how much of the time allowed it has used after all was well."""
    calm_us = calm_from_us(run)
    shares: dict[str, float] = {}
    for row in run.world.truth().trailers:
        if row.departed_us is not None and row.arrived_us is not None and row.trailer_id in clean.turnaround_us:
            used_us = row.departed_us - max(calm_us, row.arrived_us)
            shares[row.trailer_id] = used_us / (FACTOR * clean.turnaround_us[row.trailer_id])
    return shares


def _restarted_for_nothing(run: Struck) -> Iterator[str]:
    """A robot starts again because a fault has struck it, and once for each."""
    for robot_id in run.scenario.day.site.robots:
        address = f"robot/{robot_id}"
        reasons = sum(it.action.entity == address and it.action.fault in RESTARTS_IT for it in run.strikes)
        boots = {message.id for _, message in starts(run, address)}
        if len(boots) - 1 > reasons:
            yield f"{address} has started {len(boots)} times, for {reasons} faults"


# --- what should not matter ---


def _unlike(scenario: Scenario, nats_url: str | None) -> list[str]:
    scenario = replace(scenario, day=replace(scenario.day, grace_us=_GRACE_US))
    inline = run_scenario(scenario)
    others = {
        "windows": run_scenario(scenario, oversight=Oversight(windows=False)).digest,
        "rebuilding the backend": run_scenario(scenario, oversight=Oversight(rebuild_every=100)).digest,
    }
    if nats_url is not None:
        others["being two processes"] = run_scenario(scenario, driver="lockstep", nats_url=nats_url).digest
    return [f"{what} shows in the digest" for what, digest in others.items() if digest != inline.digest]
