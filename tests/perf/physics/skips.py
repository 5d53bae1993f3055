"""The skip rule against episodes: loads are unloaded top-down, and every pick it lets go without one is given one.

None of these loads was used to design the rule. A miss is a pick in whose episode another case moved,
or that brought nothing out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from joblib import Parallel, delayed
from scipy.stats import beta

from sim.load.bischoff_ratcliff import read_boxes
from sim.physics.bullet_physics import BulletPhysics
from sim.physics.parameters import Parameters, Skip
from sim.physics.pile import PileState
from sim.physics.port import Pick
from tests.perf.physics.kept import Kept
from tests.perf.physics.loads import load_with
from twin.config import data_dir
from twin.rng import Draws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sim.load.load import Load

MISSES_MAX = 0.01
CONFIDENCE = 0.95
SKIPPED_MIN = 300


class Trial(NamedTuple):
    """A load: a generator with a seed and so many cases, or a load of the benchmark by name."""

    source: str
    seed: int
    cases: int = 0

    def load(self) -> Load:
        """As it was loaded."""
        if not self.cases:
            return read_boxes(data_dir(), Draws(self.seed), trailer_id="t-br", name=self.source)
        return load_with(self.source, self.seed, self.cases)


TRIALS = (
    Trial("columns", 51_001, 160),
    Trial("bricks", 51_002, 160),
    Trial("mixed", 51_003, 160),
    Trial("BR1_04", 51_004),
    Trial("columns", 51_005, 160),
    Trial("bricks", 51_006, 160),
    Trial("mixed", 51_007, 160),
    Trial("BR2_07", 51_008),
    Trial("mixed", 51_009, 160),
    Trial("BR3_05", 51_010),
    Trial("BR1_08", 51_011),
    Trial("BR3_02", 51_012),
)


class Miss(msgspec.Struct, frozen=True, kw_only=True):
    """A pick that needed an episode: which cases moved (none: it did not come out), and all picks before it."""

    case_id: str
    moved: tuple[str, ...]
    before: tuple[str, ...]


class Unloaded(msgspec.Struct, frozen=True, kw_only=True):
    """One load: how many picks, how many of them of loose cases, and how many needed no episode by the rule."""

    source: str
    seed: int
    cases: int
    picks: int
    loose: int
    skipped: int
    misses: tuple[Miss, ...]


def unloaded(trial: Trial) -> list[Unloaded]:
    """Take everything out, with an episode for every pick; what a robot cannot hold, people lift out."""
    physics = BulletPhysics(parameters=Parameters(skip=Skip(audit_share=1.0)))
    load = trial.load()
    state = physics.settle(load)
    before: list[str] = []
    misses: list[Miss] = []
    picks = loose = skipped = 0
    while (case_id := next_pick(state)) is not None:
        picks, loose = picks + 1, loose + (not state.stands(case_id))
        state, extraction = physics.extract(state, Pick(case_id=case_id), (0.0,))
        if not extraction.came_out:  # the robot asks for help
            state, _ = physics.extract(state, Pick(case_id=case_id, by="people"), ())
        if extraction.audit is not None:
            skipped += 1
            if extraction.audit.is_missed or not extraction.came_out:
                misses.append(Miss(case_id=case_id, moved=extraction.audit.moved, before=tuple(before)))
        before.append(case_id)
    return [
        Unloaded(
            source=trial.source,
            seed=trial.seed,
            cases=len(load.cases),
            picks=picks,
            loose=loose,
            skipped=skipped,
            misses=tuple(misses),
        )
    ]


def next_pick(state: PileState) -> str | None:
    """What a robot takes next: what lies loose, highest first; then what is open with nothing on top, nearest first."""
    if state.floor:
        return max(state.floor, key=lambda case_id: (round(state.center_m(case_id)[2], 2), case_id))
    visible = state.visible()
    free = [case_id for case_id in visible if not state.rests_on_top(case_id) and not state.blocked_by(case_id)]
    return min(free or visible, key=lambda case_id: _rank(state, case_id), default=None)


def _rank(state: PileState, case_id: str) -> tuple[float, float, str]:
    x, _, z = state.center_m(case_id)
    return round(x, 1), -z, case_id


# -- the campaign ----------------------------------------------------------------------------------------------------


def kept() -> Kept[Unloaded]:
    """Where the campaign keeps its results."""
    return Kept("skips", Unloaded)


def campaign(trials: Sequence[Trial], *, workers: int, tell: Callable[[str], None]) -> Iterator[list[Unloaded]]:
    """Unloads all, and after each gives what there is so far, loads unloaded before among them."""
    held = kept()
    done = held.done()
    left = [trial for trial in trials if str(trial) not in done]
    tell(f"{len(trials) - len(left)} of {len(trials)} loads were done before")
    yield _in_order(trials, done)
    tasks = [delayed(held.do)(str(trial), partial(unloaded, trial)) for trial in left]
    for trial, results in zip(left, Parallel(n_jobs=workers, return_as="generator")(tasks), strict=True):
        done[str(trial)] = results
        tell(f"{trial.source} {trial.seed}: " + ", ".join(f"{it.skipped} of {it.picks} skipped" for it in results))
        for miss in (miss for it in results for miss in it.misses):
            tell(f"  missed: {miss.case_id} moved {', '.join(miss.moved)} after {len(miss.before)} picks")
        yield _in_order(trials, done)


def _in_order(trials: Sequence[Trial], done: Mapping[str, list[Unloaded]]) -> list[Unloaded]:
    return [result for trial in trials for result in done.get(str(trial), [])]


def upper_bound(misses: int, of: int) -> float:
    """The one-sided upper 95 % bound of the share, exact (Clopper and Pearson 1934); 1 for nothing of nothing."""
    return 1.0 if misses >= of else float(beta.ppf(CONFIDENCE, misses + 1, of - misses))
