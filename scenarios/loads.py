"""A load that a person names: made by a generator, from a manifest or a benchmark; settled, and picked from."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast, get_args

import numpy as np
from msgspec import Struct

from sim.load.generators import GENERATORS
from sim.load.planned import load_of
from sim.physics.choose import Means, physics_of
from sim.physics.picture import Mark
from sim.physics.port import Pick
from sim.plan import (
    BischoffRatcliffLoad,
    DayPlan,
    Fidelity,
    GeneratedLoad,
    Generator,
    LoadPlan,
    ManifestLoad,
    OrdersLoad,
    TrailerPlan,
)
from twin.clock import NEVER_US, SystemClock
from twin.config import data_dir, load_profile
from twin.errors import BadInputError, ConfigError, UsageError
from twin.rng import Draws
from twin.site import Door, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.load.audit import Finding
    from sim.load.load import Load
    from sim.physics.boxes import Boxes
    from sim.physics.port import Extraction, LoadState, Physics

TRAILER_ID = "t-1"
CASES = 400
"""Of a generated load, unless told otherwise."""
MOVED_M = 0.01
"""A case that stands is said to have moved from here on."""

_LOADS = f"a CSV manifest, a generator ({', '.join(GENERATORS)}), a name as BR1_01, or an order as 00100408"
_BENCHMARK = re.compile(r"BR\d{1,2}_\d{1,3}", re.IGNORECASE)
_ORDER = re.compile(r"\d{5,}")


class NamedLoad(Struct, frozen=True, kw_only=True):
    """Which load is meant. `target`: a generator, a manifest's path, or a load of the benchmarks, as it was typed.

    `generator`: what places the cases of a manifest; `cases`: of a generator's load.
    """

    target: str
    seed: int = 1
    cases: int | None = None
    generator: str | None = None

    def load(self) -> Load:
        """The load of a trailer `t-1` in any scenario with this seed. Raises BadInputError."""
        plan = TrailerPlan(trailer_id=TRAILER_ID, announced_us=0, arrives_us=0, due_us=NEVER_US, load=self._plan())
        data = data_dir()
        door = Door(door_id="d1", conveyor_id="c1", position_m=0.0)
        day = DayPlan(
            name=self.target,
            seed=self.seed,
            fidelity="case",
            site=Site(site_id="bos1", doors=(door,), robots=("r1",), decision_latency_us=0),
            start_us=0,
            trailers=(plan,),
            data_dir=None if data is None else str(data),
        )
        return load_of(plan, day, Draws(self.seed))

    def words(self) -> str:
        """The load in a few words, for a title."""
        return f"{Path(self.target).name}, seed {self.seed}"

    def options(self) -> list[str]:
        """What names this load on a command line."""
        told = {"--cases": self.cases, "--seed": None if self.seed == 1 else self.seed, "--generator": self.generator}
        return [self.target, *(word for key, value in told.items() if value is not None for word in (key, str(value)))]

    def _plan(self) -> LoadPlan:
        if not self.target.strip():
            msg = f'got "{self.target}" for the load, expected {_LOADS}; nothing was run'
            raise UsageError(msg)
        if self.target in GENERATORS:
            self._refuse("--generator", self.generator, "a manifest")
            return GeneratedLoad(generator=cast("Generator", self.target), cases=self.cases or CASES)
        self._refuse("--cases", self.cases, "a generator")
        generator = _generator(self.generator or "columns")
        path = Path(self.target)
        if path.exists() or path.suffix.lower() == ".csv":
            return ManifestLoad(path=self.target, generator=generator)
        self._refuse("--generator", self.generator, "a manifest")
        if _BENCHMARK.fullmatch(self.target):
            return BischoffRatcliffLoad(name=self.target.upper())
        if _ORDER.fullmatch(self.target):
            return OrdersLoad(orders=(self.target,))
        near = get_close_matches(self.target, GENERATORS, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        msg = f'got "{self.target}", which is no file{meant}; expected {_LOADS}; nothing was run'
        raise UsageError(msg)

    def _refuse(self, option: str, value: object, only: str) -> None:
        if value is not None:
            msg = f"got {option} with {self.target}, expected it with {only} only; nothing was run"
            raise UsageError(msg)


class Settled(NamedTuple):
    """A load when the doors are open, and how long it took to get there. `notices`: what people should know."""

    state: LoadState
    findings: tuple[Finding, ...]
    took_us: int
    notices: tuple[str, ...] = ()

    def marks(self, load: Load) -> dict[str, Mark]:
        """What the ride did: what came down, and what stands elsewhere than it was loaded."""
        return _marks(self.state, shifts_m(load, self.state))


class Picked(NamedTuple):
    """One pick: the load before and after it."""

    case_id: str
    before: LoadState
    after: LoadState
    extraction: Extraction
    took_us: int

    def shifts_m(self) -> dict[str, float]:
        """How far the middle of each case that stands moved."""
        return _shifts_m(self.before.boxes(), self.after)

    def marks(self) -> dict[str, Mark]:
        """What the pick did, and what lay loose before it."""
        fell = {fall.case_id for fall in self.extraction.fallen}
        lay = {case_id: Mark.LOOSE for case_id in self.after.floor if case_id not in fell}
        return _marks(self.after, self.shifts_m()) | lay

    def words(self) -> str:
        """What became of the case, and of others."""
        fell = len(self.extraction.fallen)
        others = f"{fell:,} {'case' if fell == 1 else 'cases'} fell" if fell else "nothing fell"
        if self.extraction.came_out:
            return f"{self.case_id} is out; {others}"
        where = "stands still" if self.after.stands(self.case_id) else "lies loose"
        return f"{self.case_id} is not out: the seal let go, and it {where}; {others}"


def _generator(name: str) -> Generator:
    if name not in get_args(Generator):
        near = get_close_matches(name, GENERATORS, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        msg = f'--generator: got "{name}", expected one of {", ".join(GENERATORS)}{meant}; nothing was run'
        raise UsageError(msg)
    return cast("Generator", name)


def physics_for(fidelity: Fidelity) -> Physics[Any]:
    """The physics of this fidelity, with the settled loads that are kept here. Raises ConfigError without PyBullet."""
    profile = load_profile()
    folder = None if profile.cache_dir is None else str(profile.cache_dir)
    if fidelity == "physics" and find_spec("pybullet") is None:
        msg = "got --fidelity physics without the package pybullet, expected it installed; nothing was run"
        raise ConfigError(msg, hint="Install it, or ask the support graph: --fidelity case")
    return physics_of(fidelity, Means(cache_dir=folder, cache_bytes_max=profile.cache_bytes_max))


def settled(load: Load, physics: Physics[Any]) -> Settled:
    """The load as it stands when the doors open."""
    clock = SystemClock()
    begun_us = clock.steady_us()
    state = physics.settle(load)
    took_us = clock.steady_us() - begun_us
    return Settled(state, physics.audit(state), took_us, tuple(getattr(physics, "notices", ())))


def picked(state: LoadState, case_id: str, physics: Physics[Any], draws: Draws) -> Picked:
    """A robot takes the case out: the draws are those of its first grip at it in a run with this seed."""
    clock = SystemClock()
    begun_us = clock.steady_us()
    after, extraction = physics.extract(state, Pick(case_id=case_id), draws.uniforms("pick", case_id))
    return Picked(case_id, state, after, extraction, clock.steady_us() - begun_us)


def case_of(load: Load, name: str) -> str:
    """The case that is meant: its id, or the part after the trailer's. Raises BadInputError."""
    known = [case.case_id for case in load.cases]
    for case_id in (name, f"{load.trailer_id}-{name}"):
        if case_id in known:
            return case_id
    near = get_close_matches(name, [*known, *(case_id.removeprefix(f"{load.trailer_id}-") for case_id in known)], n=1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    msg = f'got case "{name}", expected one of {known[0]} to {known[-1]}{meant}; nothing was run'
    raise BadInputError(msg, hint="The page that --html writes names every case.")


def worst_pick(load: Load) -> tuple[str, int] | None:
    """Of what is seen from the door, the case whose pick brings down most by the support graph, and how many."""
    physics = physics_of("case")
    state = physics.settle(load)
    falls = [(len(_falls(physics, state, case_id)), case_id) for case_id in state.visible()]
    most, case_id = max(falls, default=(0, ""), key=lambda fall: fall[0])
    return (case_id, most) if most else None


def _falls(physics: Physics[Any], state: LoadState, case_id: str) -> tuple[object, ...]:
    _, extraction = physics.extract(state, Pick(case_id=case_id), ())
    return extraction.fallen


def shifts_m(load: Load, state: LoadState) -> dict[str, float]:
    """How far the middle of each case that stands is from where it was loaded."""
    from_m = {case.case_id: case.center_m for case in load.cases}
    return dict(_distances_m(from_m, state))


def _shifts_m(before: Boxes, state: LoadState) -> dict[str, float]:
    return dict(_distances_m(dict(zip(before.ids, before.center_m.tolist(), strict=True)), state))


def _distances_m(from_m: dict[str, Any], state: LoadState) -> Iterator[tuple[str, float]]:
    now = state.boxes()
    for case_id, center_m in zip(now.ids, now.center_m, strict=True):
        if state.stands(case_id):
            yield case_id, float(np.linalg.norm(center_m - np.array(from_m[case_id])))


def _marks(state: LoadState, shifts_m: dict[str, float]) -> dict[str, Mark]:
    moved = {case_id: Mark.MOVED for case_id, shift_m in shifts_m.items() if shift_m >= MOVED_M}
    return moved | dict.fromkeys(state.floor, Mark.FALLEN)
