"""A mixed load: cases of many sizes, tall thin ones too, in walls from the nose to the door, heavy low and light high.

The rule of sizes: the more cases are asked for, the smaller they are, so that they fit. On average a case has an equal
share of `MIXED_FILL` of the room in which people stack, within `MIXED_MEAN_M3`. Kind, label and fault of case i depend
on the seed, the trailer and i alone, as of any goods; how large its kind is, and so its weight, on their number too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from sim import assumptions
from sim.load.goods import Goods, Sku, loaded
from sim.load.load import Load, LooseCase, Vector
from sim.load.walls import Waiting, fill_with_walls
from twin.rng import Draws, lognormal

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS = 4
"""Of giving back to all kinds what rounding and limits took from some: by then less than 1 % is amiss."""

_FOOT_STEP_M = 0.01


class _Form(NamedTuple):
    """What a kind is apart from its scale. `length`, `height`: in widths; `volume`, `density`: in those of the mean."""

    length: float
    height: float
    volume: float
    density: float

    def size_m(self, mean_m3: float) -> Vector:
        """Length, width, height of the kind where kinds have this volume on average."""
        width_m = (self.volume * mean_m3 / (self.length * self.height)) ** (1.0 / 3.0)
        longest_m, *others_m = assumptions.CASE_SIZE_LIMITS_M
        limits_m = (*others_m, longest_m) if self.height > self.length else (longest_m, *others_m)
        steps_m = (_FOOT_STEP_M, _FOOT_STEP_M, assumptions.MIXED_HEIGHT_STEP_M)
        sides_m = (width_m * self.length, width_m, width_m * self.height)
        length_m, width_m, height_m = map(_stepped, sides_m, limits_m, steps_m)
        return length_m, width_m, height_m


def _stepped(side_m: float, limit_m: float, step_m: float) -> float:
    """The side in whole steps, within its limits."""
    least, most = math.ceil(assumptions.MIXED_SIDE_MIN_M / step_m), math.floor(limit_m / step_m)
    return round(min(max(round(side_m / step_m), least), most) * step_m, 2)


def mixed_kinds(
    draws: Draws, *, trailer_id: str, cases: int, interior_m: Vector = assumptions.CONTAINER_40FT_M
) -> tuple[Sku, ...]:
    """The kinds of goods of one trailer. Their forms depend on seed and trailer, their scale on the number of cases."""
    length_m, width_m, height_m = interior_m
    room_m3 = length_m * width_m * min(height_m, assumptions.STACK_HEIGHT_M)
    least_m3, most_m3 = assumptions.MIXED_MEAN_M3
    mean_m3 = min(max(assumptions.MIXED_FILL * room_m3 / cases, least_m3), most_m3)
    forms = [_form(draws, trailer_id, number) for number in range(assumptions.MIXED_KINDS)]
    asked_m3 = mean_m3
    sizes_m = [form.size_m(asked_m3) for form in forms]
    for _ in range(_ROUNDS):
        asked_m3 *= mean_m3 * len(sizes_m) / sum(map(math.prod, sizes_m))
        sizes_m = [form.size_m(asked_m3) for form in forms]
    return tuple(
        _kind(number, form, size_m) for number, (form, size_m) in enumerate(zip(forms, sizes_m, strict=True), 1)
    )


def _form(draws: Draws, trailer_id: str, number: int) -> _Form:
    of_length, of_height, of_volume, of_density, *_ = draws.uniforms("load.kind", trailer_id, number + 1)
    length, height = assumptions.MIXED_FORMS[number % len(assumptions.MIXED_FORMS)]
    least, most = assumptions.MIXED_VOLUMES
    return _Form(
        length=length[0] + of_length * (length[1] - length[0]),
        height=height[0] + of_height * (height[1] - height[0]),
        volume=min(max(lognormal(of_volume, 1.0, assumptions.MIXED_VOLUME_SIGMA), least), most),
        density=lognormal(of_density, 1.0, assumptions.MIXED_DENSITY_SIGMA),
    )


def _kind(number: int, form: _Form, size_m: Vector) -> Sku:
    reference_kg, reference_m3 = assumptions.MIXED_WEIGHT
    weight_kg = reference_kg * form.density * (math.prod(size_m) / reference_m3) ** assumptions.MIXED_WEIGHT_EXPONENT
    least_kg, most_kg = assumptions.CASE_WEIGHT_RANGE_KG
    play = assumptions.MIXED_WEIGHT_PLAY
    return Sku(
        sku=f"sku-mixed-{number}",
        size_m=size_m,
        weight_min_kg=min(max(weight_kg * (1.0 - play), least_kg), most_kg),
        weight_max_kg=min(max(weight_kg * (1.0 + play), least_kg), most_kg),
        share=1.0,
    )


def mixed(goods: Goods, *, interior_m: Vector = assumptions.CONTAINER_40FT_M) -> Load:
    """The goods in walls of many sizes, upright. What does not fit is reported."""
    draws = Draws(goods.seed)
    waiting = [Waiting(case, _upright(case.size_m)) for case in in_runs(goods.cases, draws)]
    cases, unplaced = fill_with_walls(waiting, interior_m=interior_m, draws=draws)
    return loaded(goods, interior_m, cases, unplaced)


def _upright(size_m: Vector) -> tuple[Vector, ...]:
    dx, dy, dz = size_m
    return ((dx, dy, dz),) if dx == dy else ((dx, dy, dz), (dy, dx, dz))


def in_runs(cases: Sequence[LooseCase], draws: Draws) -> list[LooseCase]:
    """The cases as they come to the door: a few of a kind after each other, the kinds at random."""
    of_kind: dict[tuple[str, Vector], list[LooseCase]] = {}
    for case in cases:
        of_kind.setdefault((case.sku, case.size_m), []).append(case)
    runs: list[tuple[float, list[LooseCase]]] = []
    for same in of_kind.values():
        start = 0
        while start < len(same):
            when, how_many, *_ = draws.uniforms("load.run", same[start].case_id)
            end = start + 1 + int(how_many * assumptions.MIXED_RUN_MAX)
            runs.append((when, same[start:end]))
            start = end
    runs.sort(key=lambda run: run[0])
    return [case for _, run in runs for case in run]
