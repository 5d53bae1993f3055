"""What is amiss in a trailer: cases missing, too many, with a wrong label, beyond every robot's limits, or crushed.

Which cases these are depends on the seed, the trailer and how many were drawn before of the same mistake.
"""

from __future__ import annotations

import msgspec

from sim import assumptions
from sim.load.goods import Goods, case_name, label_fault
from sim.load.load import LabelFault
from sim.load.manifest_csv import WEIGHT_MAX_KG
from twin.errors import ManifestError
from twin.rng import Draws, empirical


class Mistakes(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases of each kind. `weight_limit_kg`, `length_limit_m`: what the strongest robot takes.

    `missing_of`: the purchase order of the missing ones; None: any.
    """

    missing: int = 0
    missing_of: str | None = None
    extra: int = 0
    wrong: int = 0
    too_heavy: int = 0
    too_large: int = 0
    damaged: int = 0
    weight_limit_kg: float = assumptions.WEIGHT_LIMIT_LOW_KG
    length_limit_m: float = max(assumptions.CASE_SIZE_LIMITS_M)

    @property
    def cases(self) -> int:
        """How many of the cases announced have something amiss; each has one thing."""
        return self.missing + self.wrong + self.too_heavy + self.too_large + self.damaged


NO_MISTAKES = Mistakes()


def with_mistakes(goods: Goods, mistakes: Mistakes, draws: Draws, *, unreadable_share: float) -> Goods:
    """The goods as they are loaded; the manifest stays as it was. `unreadable_share`: of the extra cases.

    Raises ManifestError if more is to be amiss than there are cases.
    """
    if not (mistakes.cases or mistakes.extra):
        return goods
    trailer_id = goods.trailer_id
    if mistakes.cases > len(goods.cases):
        got = f"{mistakes.cases} cases missing, wrong, too heavy, too large or damaged"
        msg = f"{trailer_id}: got {got}, expected at most its {len(goods.cases)} cases"
        raise ManifestError(msg)
    loading = _Loading(goods, draws)
    for _ in range(mistakes.missing):
        loading.take_out(loading.choose("missing", of_po=mistakes.missing_of))
    for number in range(1, mistakes.wrong + 1):
        loading.replace(loading.choose("wrong"), manifest_line=None, label=f"{trailer_id}-stray{number}")
    for _ in range(mistakes.too_heavy):
        least, most = assumptions.OVER_WEIGHT
        case_id = loading.choose("too_heavy")
        share = least + draws.uniforms("load.too_heavy.weight", case_id)[0] * (most - least)
        loading.replace(case_id, weight_kg=min(round(mistakes.weight_limit_kg * share, 2), WEIGHT_MAX_KG))
    for _ in range(mistakes.too_large):
        case_id = loading.choose("too_large")
        _, width_m, height_m = loading.cases[case_id].size_m
        loading.replace(
            case_id, size_m=(round(mistakes.length_limit_m * assumptions.OVER_LENGTH, 3), width_m, height_m)
        )
    for _ in range(mistakes.damaged):
        loading.replace(loading.choose("damaged"), is_damaged=True)
    for number in range(1, mistakes.extra + 1):
        case_id = case_name(trailer_id, len(goods.cases) + number)
        loading.add_like_another(case_id, label_fault(draws, case_id, unreadable_share), number)
    return msgspec.structs.replace(goods, cases=tuple(loading.cases.values()))


class _Loading:
    """The goods on their way into the trailer. `cases`: by id, in order; `_sound`: those with nothing amiss so far."""

    def __init__(self, goods: Goods, draws: Draws) -> None:
        self.cases = {case.case_id: case for case in goods.cases}
        self._trailer_id = goods.trailer_id
        self._announced = goods.cases
        self._draws = draws
        self._sound = list(self.cases)
        self._chosen: dict[str, int] = {}
        self._po_of_line = {line.line_id: line.po_id for line in goods.manifest}

    def choose(self, purpose: str, *, of_po: str | None = None) -> str:
        """The id of another case with nothing amiss, of this purchase order if one is named; from now on it has this.

        Raises ManifestError if there is none.
        """
        self._chosen[purpose] = number = self._chosen.get(purpose, 0) + 1
        uniform = self._draws.uniforms(f"load.{purpose}", self._trailer_id, number)[0]
        candidates = [case_id for case_id in self._sound if of_po in (None, self._po_of(case_id))]
        if not candidates:
            msg = f"{self._trailer_id}: got {number} cases {purpose} of {of_po}, expected at most {number - 1}"
            raise ManifestError(msg)
        chosen = empirical(uniform, candidates)
        self._sound.remove(chosen)
        return chosen

    def _po_of(self, case_id: str) -> str | None:
        return self._po_of_line.get(self.cases[case_id].manifest_line or "")

    def take_out(self, case_id: str) -> None:
        del self.cases[case_id]

    def replace(self, case_id: str, **changes: object) -> None:
        self.cases[case_id] = msgspec.structs.replace(self.cases[case_id], **changes)

    def add_like_another(self, case_id: str, fault: LabelFault, number: int) -> None:
        """One more of what is announced: the same goods, with the same label."""
        model = empirical(self._draws.uniforms("load.extra", self._trailer_id, number)[0], self._announced)
        self.cases[case_id] = msgspec.structs.replace(model, case_id=case_id, fault=fault)
