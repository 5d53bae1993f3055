"""The physics as it is shipped against the full simulation: the same pulls, and which cases each says have moved.

The full simulation has the whole load dynamic and awake, no front, no skip rule; engine, gripper, settling and creep
are the same. Two sets of moved cases agree by their Jaccard index, 1 where nothing moved in either; the pulled case is
in neither. What the full simulation makes of the load put up 10 um elsewhere is the floor: no model agrees better with
it than it does with itself.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from joblib import Parallel, delayed

from sim.physics.boxes import Boxes, bounds, tip_rad
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.episode import Pull, Scene, play
from sim.physics.parameters import Fallen, Front, Parameters
from sim.physics.pile import PileState
from sim.physics.port import Pick
from sim.physics.support import SupportPhysics
from tests.perf.physics.kept import Kept
from tests.perf.physics.loads import DEPTH_MIN_M, KINDS, deep_load, depth_of
from tests.perf.physics.watched import WatchedWorld
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sim.load.load import Load

LOADS_A_KIND = 10
PULLS_A_LOAD = 5
NOISE_DRAWS = 5
NOISE_M = 10e-6
MOVED_M = 0.05
"""A case has moved if its middle is so far from where it was, or it fell."""

FLOOR_MARGIN = -0.06
GRAPH_MARGIN = 0.1
"""The mode may be so far below the floor, and has to be so far above the support graph."""

RESAMPLES = 4_000
CONFIDENCE = 0.95

SEED_OF_KIND = {"column": 41_000, "brick": 42_000, "mixed": 43_000, "shaken": 44_000}
_ALL = Front(dynamic_m=1_000.0)


class Plan(NamedTuple):
    """What a campaign is made of."""

    loads_a_kind: int = LOADS_A_KIND
    pulls_a_load: int = PULLS_A_LOAD
    noise_draws: int = NOISE_DRAWS
    load_of: Callable[[str, int], Load] = deep_load
    depth_min_m: float = DEPTH_MIN_M


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """One pull: how far each agrees with the full simulation. `noise`: the full simulation from 10 um elsewhere.

    `moved`: how many cases moved in the full simulation; `full_out`, `mode_out`: whether the case came out.
    """

    kind: str
    seed: int
    case_id: str
    moved: int
    mode: float
    noise: list[float]
    still: float
    graph: float
    skipped: bool
    full_out: bool
    mode_out: bool

    @property
    def floor(self) -> float:
        """The mean of the draws."""
        return sum(self.noise) / len(self.noise)


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The share of what either has that both have; 1 for two empty sets."""
    return len(one & other) / len(one | other) if one | other else 1.0


# -- one load --------------------------------------------------------------------------------------------------------


def agreed(kind: str, seed: int, plan: Plan) -> list[Agreed]:
    """Some pulls from one load."""
    load = plan.load_of(kind, seed)
    assert depth_of(load) >= plan.depth_min_m, "the load is deep enough for a front to be less than all of it"
    parameters = KINDS[kind].parameters()
    physics = BulletPhysics(parameters=parameters)
    state = physics.settle(load)
    full = _Full(load, state, parameters)
    return [_one_pull(kind, seed, plan, case_id, full, physics) for case_id in pulled(state, seed, plan.pulls_a_load)]


def pulled(state: PileState, seed: int, count: int) -> list[str]:
    """Which cases are pulled: half of them with nothing on top, half any that is seen, each once."""
    draw = Draws(seed).stream("agreement.pulls", "load")
    visible = state.visible()
    tops = [case_id for case_id in visible if not state.rests_on_top(case_id)]
    chosen = draw.sample(tops, min((count + seed % 2) // 2, len(tops)))
    return chosen + draw.sample([case_id for case_id in visible if case_id not in chosen], count - len(chosen))


def _one_pull(kind: str, seed: int, plan: Plan, case_id: str, full: _Full, physics: BulletPhysics) -> Agreed:
    reference, full_out = full.moved_by(case_id)
    state = full.state
    after, extraction = physics.extract(state, Pick(case_id=case_id), ())
    mode = moved(state.boxes(), after.boxes(), case_id)
    graph = SupportPhysics()
    uniforms = Draws(seed).uniforms("agreement.graph", case_id)
    _, by_graph = graph.extract(graph.settle(full.load), Pick(case_id=case_id), uniforms)
    noise = [full.moved_by(case_id, Draws(seed), draw)[0] for draw in range(1, plan.noise_draws + 1)]
    return Agreed(
        kind=kind,
        seed=seed,
        case_id=case_id,
        moved=len(reference),
        mode=jaccard(mode, reference),
        noise=[jaccard(draw, reference) for draw in noise],
        still=jaccard(frozenset(), reference),
        graph=jaccard(frozenset(fall.case_id for fall in by_graph.fallen) - {case_id}, reference),
        skipped=physics.needs_no_episode(state, case_id),
        full_out=full_out,
        mode_out=extraction.came_out,
    )


def moved(before: Boxes, after: Boxes, but: str) -> frozenset[str]:
    """Which cases have moved, the pulled one aside."""
    rows = [before.ids.index(case_id) for case_id in after.ids]
    was = before.only(rows)
    shift_m = np.linalg.norm(after.center_m - was.center_m, axis=1)
    drop_m = bounds(was)[0][:, 2] - bounds(after)[0][:, 2]
    tip = tip_rad(was.orientation_xyzw, after.orientation_xyzw)
    limit = Fallen()
    has_moved = (shift_m > MOVED_M) | (drop_m > limit.drop_m) | (tip > limit.tip_rad)
    return frozenset(after.ids[row] for row in np.flatnonzero(has_moved).tolist()) - {but}


class _Full:
    """The full simulation of one settled load."""

    def __init__(self, load: Load, state: PileState, parameters: Parameters) -> None:
        assert not parameters.engine.born_asleep
        self.load = load
        self.state = state
        self._parameters = msgspec.structs.replace(parameters, front=_ALL, skip=None)
        self._weight_kg = np.array([case.weight_kg for case in load.cases])

    def moved_by(self, case_id: str, draws: Draws | None = None, draw: int = 0) -> tuple[frozenset[str], bool]:
        """Which cases a pull has moved, and whether the case came out; with `draws`, from 10 um elsewhere."""
        boxes = self.state.boxes()
        if draws is not None:
            boxes = boxes._replace(center_m=boxes.center_m + _noise_m(boxes.ids, draws, draw))
        world = _world()
        world.forget()
        scene = Scene(boxes, self._weight_kg, self.load.interior_m)
        played = play(world, scene, Pull(boxes.ids.index(case_id), is_loose=False), self._parameters)
        assert all(len(it.boxes.ids) == len(self.load.cases) and not any(it.is_static) for it in world.stages)
        after = Boxes(boxes.ids, played.center_m, boxes.half_m, played.orientation_xyzw)
        return moved(boxes, after, case_id), played.came_out


@cache
def _world() -> WatchedWorld:
    return WatchedWorld()


def _noise_m(ids: Sequence[str], draws: Draws, draw: int) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Up to `NOISE_M` either way along each axis."""
    uniforms = np.array([draws.uniforms("agreement.noise", case_id, draw)[:3] for case_id in ids])
    return (2.0 * uniforms - 1.0) * NOISE_M


# -- the campaign ----------------------------------------------------------------------------------------------------


def kept(name: str = "agreement") -> Kept[Agreed]:
    """Where a campaign keeps its results."""
    return Kept(name, Agreed)


def campaign(plan: Plan, *, workers: int, tell: Callable[[str], None]) -> Iterator[list[Agreed]]:
    """Makes all pulls, and after each load gives what there is so far, pulls made before among them."""
    held = kept()
    done = held.done()
    # Kinds take turns, so that a part of it has all.
    jobs = [(kind, SEED_OF_KIND[kind] + number) for number in range(1, plan.loads_a_kind + 1) for kind in KINDS]
    left = [(kind, seed) for kind, seed in jobs if _name(kind, seed, plan) not in done]
    tell(f"{len(jobs) - len(left)} of {len(jobs)} loads were done before")
    tasks = [delayed(held.do)(_name(*job, plan), partial(agreed, *job, plan)) for job in left]
    found = {_name(*job, plan): done.get(_name(*job, plan), []) for job in jobs}
    yield [result for results in found.values() for result in results]
    for (kind, seed), results in zip(left, Parallel(n_jobs=workers, return_as="generator")(tasks), strict=True):
        found[_name(kind, seed, plan)] = results
        tell(f"{kind} {seed}: " + ", ".join(f"{it.mode:.2f} ({it.floor:.2f}) of {it.moved}" for it in results))
        yield [result for of_job in found.values() for result in of_job]


def _name(kind: str, seed: int, plan: Plan) -> str:
    return f"{kind} {seed} {plan.pulls_a_load} {plan.noise_draws}"


def lower_bound(values: Sequence[float], *, seed: int = 1) -> float:
    """The one-sided lower 95 % bound of the mean, by bootstrap over the values."""
    resample = Draws(seed).stream("agreement.bootstrap", str(len(values))).choices
    means = sorted(sum(resample(values, k=len(values))) / len(values) for _ in range(RESAMPLES))
    return means[int((1.0 - CONFIDENCE) * RESAMPLES)]


def by_kind(results: Sequence[Agreed]) -> Mapping[str, list[Agreed]]:
    """The pulls of each kind, and all of them."""
    kinds = {kind: [it for it in results if it.kind == kind] for kind in KINDS}
    return {kind: pulls for kind, pulls in {**kinds, "all": list(results)}.items() if pulls}
