"""Loads of the benchmarks with physics, each by itself: it comes, it settles on its way, the whole dock unloads it."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from msgspec import Struct
from msgspec.structs import replace

from scenarios.drivers import run_scenario
from scenarios.evidence import Log
from scenarios.receipts import receipts_of, wrong_receipts
from scenarios.schema import load_scenario
from sim.load.planned import load_of
from sim.physics.choose import Means, physics_of
from sim.plan import BischoffRatcliffLoad, OrdersLoad
from sim.trailer import Trailer
from twin.clock import US_PER_S
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scenarios.drivers import RunResult
    from scenarios.model import Scenario
    from sim.case import Case
    from sim.physics.port import Extraction

ORDERS = ("00100408", "00100001", "00100002", "00100003", "00100004")
BENCHMARK = tuple(f"BR{kinds}_{number:02}" for kinds in (1, 2, 3) for number in range(1, 11))
NAMES = (*BENCHMARK, *ORDERS)

ENDS = frozenset({"received", "damaged", "refused", "manual"})
"""All that may have become of a case that was in the trailer."""

_KEPT_BYTES_MAX = 1 << 28
_PROBLEMS_MAX = 5


class Unloaded(Struct, frozen=True, kw_only=True):
    """What it took to unload a load, and what is wrong with that: nothing, if all is well.

    `loose`: how many cases of it came down on the ride. `picks`: pulls that a case was to come out by, those of people
    included; `seals`: in so many of them the gripper let go; `falls`: what came down by them.
    """

    name: str
    cases: int
    loose: int
    picks: int
    seals: int
    falls: int
    outcomes: dict[str, int]
    simulated_min: float
    digest: str
    problems: tuple[str, ...]


@contextmanager
def _pulls_counted() -> Iterator[Counter[str]]:
    """Within, what is pulled in any trailer is counted."""
    pick = Trailer.pick
    pulls: Counter[str] = Counter()

    def counted(trailer: Trailer, case: Case, uniforms: Sequence[float], **how: Any) -> Extraction:  # noqa: ANN401
        extraction = pick(trailer, case, uniforms, **how)
        pulls["picks"] += 1
        pulls["seals"] += not extraction.came_out
        pulls["falls"] += len(extraction.fallen)
        return extraction

    with mock.patch.object(Trailer, "pick", counted):
        yield pulls


def scenario_of(name: str) -> Scenario:
    """The load of this name alone, in the trailer and at the dock that the library has for such, with physics."""
    is_order = name in ORDERS
    scenario = load_scenario("real_orders" if is_order else "bischoff_ratcliff", fidelity="physics")
    load = OrdersLoad(orders=(name,)) if is_order else BischoffRatcliffLoad(name=name)
    trailer = replace(scenario.day.trailers[0], load=load)
    return replace(scenario, day=replace(scenario.day, trailers=(trailer,)), expectations=())


def unload(name: str) -> Unloaded:
    """Run it, in this process. Raises DataAbsentError if the benchmark is not here."""
    scenario = scenario_of(name)
    day = scenario.day
    with tempfile.TemporaryDirectory(prefix="docktwin-outside-") as folder:
        means = Means(cache_dir=folder, cache_bytes_max=_KEPT_BYTES_MAX)  # so that it settles once
        load = load_of(day.trailers[0], day, Draws(day.seed))
        loose = len(physics_of("physics", means).settle(load).floor)
        with _pulls_counted() as pulls:
            run = run_scenario(scenario, means=means)
    return Unloaded(
        name=name,
        cases=len(load.cases),
        loose=loose,
        picks=pulls["picks"],
        seals=pulls["seals"],
        falls=pulls["falls"],
        outcomes=dict(sorted(Counter(row.outcome for row in run.truth.cases).items())),
        simulated_min=(run.end_us - run.start_us) / US_PER_S / 60,
        digest=run.digest,
        problems=tuple(_problems(run, cases=len(load.cases) + len(load.unplaced))),
    )


def _problems(run: RunResult, *, cases: int) -> Iterator[str]:
    """Each in a sentence."""
    for broken in run.violations[:_PROBLEMS_MAX]:
        yield f"a rule is broken: {broken.code} {broken.entity}: {broken.detail}"
    (trailer,) = run.truth.trailers
    if trailer.departed_us is None:
        yield f"it never left: {trailer}"
    rows = run.truth.cases
    if len({row.case_id for row in rows}) != cases or len(rows) != cases:
        yield f"got {len(rows)} rows, expected one for each of {cases} cases"
    nowhere = [row for row in rows if row.outcome not in ENDS]
    for row in nowhere[:_PROBLEMS_MAX]:
        yield f"{row.case_id} is {row.outcome} in the end"
    receipts = receipts_of(Log(run.deliveries))
    if trailer.trailer_id not in receipts:
        yield "its receipt was never closed"
    for trailer_id, there, receipt in wrong_receipts(receipts, run.truth):
        yield f"the receipt of {trailer_id} accounts for {receipt.cases()} of {there} cases"
