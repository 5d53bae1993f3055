"""What physics does to a load where the fidelity `case` has a rule: seeded loads and picks, looked at with both.

A load is settled, partly unloaded, and one case after another is picked from it as it stands then, each time from the
same state. The support graph of what stands, where it was loaded, says what geometry knows of each case concerned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from sim.assumptions import GRIP_SHARE_MIN
from sim.load.contact import corners
from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods
from sim.load.load import Load
from sim.physics.port import Pick
from sim.physics.support import SupportGraph
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.physics.bullet_physics import BulletPhysics
    from sim.physics.pile import PileState
    from sim.physics.port import Extraction

TRAILER_ID = "t-1"
KINDS = tuple(GENERATORS)
"""Of loads, one seed each in turn."""

_BRIDGED_SHARE = 0.4
_COVERED_SHARE = 0.8
"""So many of the picks are of cases under one that stays in balance, by geometry; so many of cases under any."""
_UNLOADED_MAX = 0.7
"""Up to so much of a load is taken out before a pick, every other time none."""
_BESIDE_M = 0.015
"""Nearer than this the sides of cases touch, or will."""


class SeededLoad(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One load of a campaign, and how many picks from it. `cases_max`: it has so many cases or less."""

    seed: int
    cases_max: int
    picks: int

    @property
    def kind(self) -> str:
        """What kind of load it is."""
        return KINDS[self.seed % len(KINDS)]

    @property
    def is_held_out(self) -> bool:
        """Whether it only measures: every third load of each kind."""
        return self.seed // len(KINDS) % 3 == 0

    def load(self) -> Load:
        """The load, of 0.3 to 1 times `cases_max` cases."""
        draws = Draws(self.seed)
        share = 0.3 + 0.7 * draws.uniforms("calibrate.load", "cases")[0]
        return GENERATORS[self.kind](draw_goods(draws, trailer_id=TRAILER_ID, cases=round(share * self.cases_max)))


class Judged(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A case that lost what carried it, or a part. `inside_m`: its balance on what is left; -inf if nothing is.

    `level`: 1 if it rested on the picked case, 2 if only on one of those ... ; `touches_side`: of the picked case;
    `underside_m`: above the floor, the height of a fall by the support graph; `height_m`: of its fall, 0 if none.
    """

    case_id: str
    inside_m: float
    level: int
    touches_side: bool
    carried_kg: float
    underside_m: float
    fell: bool
    height_m: float


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One pick. `standing`: what stood before it; `carried_kg`: by the picked case; `fallen`: in the order of falling.

    `judged`: nothing where the seal let go, for then nothing was taken away. `beside`: how many others, that lost
    nothing below them, touch a side of the picked case; `beside_fallen`: how many of these fell.
    """

    load: SeededLoad
    number: int
    case_id: str
    standing: tuple[str, ...]
    carried_kg: float
    came_out: bool
    fallen: tuple[str, ...]
    judged: tuple[Judged, ...]
    beside: int
    beside_fallen: int

    def graph(self, load: Load) -> SupportGraph:
        """The support graph of what stood."""
        return graph_of(load, self.standing)

    def uniforms(self, draw: int) -> tuple[float, ...]:
        """The draws for a pick by the support graph, another each `draw`."""
        return Draws(self.load.seed).uniforms("calibrate.graph", f"{self.number}/{self.case_id}", draw)


def graph_of(load: Load, standing: Sequence[str]) -> SupportGraph:
    """The support graph of some of the cases, where they were loaded."""
    wanted = frozenset(standing)
    cases = tuple(case for case in load.cases if case.case_id in wanted)
    return SupportGraph(Load(trailer_id=load.trailer_id, interior_m=load.interior_m, manifest=(), cases=cases))


def look(seeded: SeededLoad, physics: BulletPhysics) -> tuple[Seen, ...]:
    """Settle the load, and pick from it; fewer times than asked where nothing is left to pick."""
    load = seeded.load()
    settled = physics.settle(load)
    draws = Draws(seeded.seed)
    picks = (_look_at_pick(seeded, number, load, settled, physics, draws) for number in range(1, seeded.picks + 1))
    return tuple(seen for seen in picks if seen is not None)


def _look_at_pick(
    seeded: SeededLoad, number: int, load: Load, settled: PileState, physics: BulletPhysics, draws: Draws
) -> Seen | None:
    """A pick from the load, partly unloaded; None if there is nothing left to pick."""
    which, kind, unloaded, *_ = draws.uniforms("calibrate.pick", "pick", number)
    share = 0.0 if number % 2 else unloaded * _UNLOADED_MAX
    before = _unloaded(settled, round(share * len(load.cases)), physics, draws, number)
    standing = tuple(case.case_id for case in load.cases if before.stands(case.case_id))
    graph = graph_of(load, standing)
    choice = _choice(graph, before, kind)
    if not choice:
        return None
    case_id = choice[int(which * len(choice))]
    _, extraction = physics.extract(before, Pick(case_id=case_id), ())
    judged = tuple(_judged(graph, case_id, extraction)) if extraction.came_out else ()
    fallen = tuple(fall.case_id for fall in extraction.fallen)
    lost = {it.case_id for it in judged}
    beside = [other for other in _beside(graph, case_id) if other not in lost] if extraction.came_out else []
    return Seen(
        load=seeded,
        number=number,
        case_id=case_id,
        standing=standing,
        carried_kg=graph.carried_kg(case_id),
        came_out=extraction.came_out,
        fallen=fallen,
        judged=judged,
        beside=len(beside),
        beside_fallen=sum(other in fallen for other in beside),
    )


def _choice(graph: SupportGraph, state: PileState, kind: float) -> list[str]:
    """Of the cases that a robot can grip, those of this kind of pick if there are any: most others move nothing."""
    able = [case_id for case_id in state.visible() if state.visible_fraction(case_id) >= GRIP_SHARE_MIN]
    covered = [case_id for case_id in able if graph.rests_on_top(case_id)]
    if kind < _BRIDGED_SHARE:
        bridged = [case_id for case_id in covered if _leaves_a_bridge(graph, case_id)]
        return bridged or covered or able
    return (covered if kind < _COVERED_SHARE else []) or able


def _leaves_a_bridge(graph: SupportGraph, case_id: str) -> bool:
    """Whether something that rests on it is in balance without it: there a table has most to say."""
    left = graph.without((case_id,))
    return any(left.inside_m(other) > 0.0 for other in graph.rests_on_top(case_id))


def _unloaded(state: PileState, picks: int, physics: BulletPhysics, draws: Draws, number: int) -> PileState:
    """The load after so many picks, or less, that move nothing else: they need no episode."""
    for count in range(1, picks + 1):
        free = [case_id for case_id in state.visible() if not state.rests_on_top(case_id)]
        if not free:
            break
        case_id = free[int(draws.uniforms(f"calibrate.unload/{number}", "pick", count)[0] * len(free))]
        if physics.needs_no_episode(state, case_id):
            state, _ = physics.extract(state, Pick(case_id=case_id), ())
    return state


def _judged(graph: SupportGraph, picked: str, extraction: Extraction) -> Iterator[Judged]:
    """The cases that lost what carried them, with what fell in truth gone: each is judged by its own balance alone."""
    height_m = {fall.case_id: fall.height_m for fall in extraction.fallen}
    beside = _beside(graph, picked)
    levels = {picked: 0}
    wave = [picked]
    while wave:  # what rests on what falls has lost it too
        above = [(other, levels[below] + 1) for below in wave for other in graph.rests_on_top(below)]
        wave = []
        for other, level in above:
            if other not in levels:
                levels[other] = level
                wave += [other] if other in height_m else []
    left = graph.without((picked, *height_m))
    del levels[picked]
    for case_id, level in levels.items():
        yield Judged(
            case_id=case_id,
            inside_m=left.inside_m(case_id),
            level=level,
            touches_side=case_id in beside,
            carried_kg=graph.carried_kg(case_id),
            underside_m=graph.underside_m(case_id),
            fell=case_id in height_m,
            height_m=height_m.get(case_id, 0.0),
        )


def _beside(graph: SupportGraph, case_id: str) -> list[str]:
    """Standing cases that touch a side, the back or the front of this one."""
    cases = graph.load_standing().cases
    lo, hi = corners(cases)
    row = next(number for number, case in enumerate(cases) if case.case_id == case_id)
    shared = np.minimum(hi, hi[row]) - np.maximum(lo, lo[row])
    level = shared[:, 2] > _BESIDE_M
    touches = level & (shared[:, :2] > -_BESIDE_M).all(axis=1) & (shared[:, :2] > _BESIDE_M).any(axis=1)
    return [case.case_id for number, case in enumerate(cases) if touches[number] and number != row]
