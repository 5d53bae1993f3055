"""From what a plan says a trailer carries to its load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim import assumptions
from sim.load.bed_bpp import read_orders
from sim.load.bischoff_ratcliff import read_boxes
from sim.load.generators import GENERATORS
from sim.load.goods import DEFAULT_MIX, Goods, draw_goods, goods_of_manifest
from sim.load.manifest_csv import read_manifest
from sim.load.mistakes import Mistakes, with_mistakes
from sim.load.mixed import mixed_kinds
from sim.plan import (
    BischoffRatcliffLoad,
    CountedLoad,
    DayPlan,
    GeneratedLoad,
    ManifestLoad,
    OrdersLoad,
    TrailerPlan,
)
from twin.errors import ManifestError

if TYPE_CHECKING:
    from sim.load.load import Load
    from twin.rng import Draws


def load_of(plan: TrailerPlan, day: DayPlan, draws: Draws) -> Load:
    """The load of one trailer of the day, with what the plan says is amiss with it.

    Raises ManifestError if a manifest or packing plan cannot be used, or there are no cases to unload.
    """
    trailer_id = plan.trailer_id
    unreadable = assumptions.UNREADABLE_SHARE if day.dock.no_reads is None else day.dock.no_reads
    mistakes = _mistakes(plan, day)
    match plan.load:
        case GeneratedLoad(generator=generator):
            goods = goods_drawn(plan.load, draws, trailer_id=trailer_id, unreadable_share=unreadable)
            return GENERATORS[generator](with_mistakes(goods, mistakes, draws, unreadable_share=unreadable))
        case ManifestLoad(path=path, generator=generator):
            manifest = read_manifest(Path(path))
            goods = goods_of_manifest(draws, trailer_id=trailer_id, manifest=manifest, unreadable_share=unreadable)
            return GENERATORS[generator](with_mistakes(goods, mistakes, draws, unreadable_share=unreadable))
        case OrdersLoad(orders=orders):
            return read_orders(
                _data(day), draws, trailer_id=trailer_id, orders=orders, unreadable_share=unreadable, mistakes=mistakes
            )
        case BischoffRatcliffLoad(name=name):
            return read_boxes(
                _data(day), draws, trailer_id=trailer_id, name=name, unreadable_share=unreadable, mistakes=mistakes
            )
        case CountedLoad():
            msg = f"{trailer_id}: got a counted load, expected cases: the fidelity `case` unloads them one by one"
            raise ManifestError(msg)


def goods_drawn(
    load: GeneratedLoad,
    draws: Draws,
    *,
    trailer_id: str,
    unreadable_share: float = assumptions.UNREADABLE_SHARE,
) -> Goods:
    """The goods of a generated load: of a usual mix, or for the generator `mixed` of kinds that suit their number."""
    kinds = DEFAULT_MIX
    lines = assumptions.MANIFEST_LINE_COUNT
    if load.generator == "mixed":
        kinds = mixed_kinds(draws, trailer_id=trailer_id, cases=load.cases)
        lines = len(kinds)
    return draw_goods(
        draws,
        trailer_id=trailer_id,
        cases=load.cases,
        purchase_orders=load.purchase_orders,
        lines=lines,
        mix=kinds,
        unreadable_share=unreadable_share,
    )


def _data(day: DayPlan) -> Path | None:
    return None if day.data_dir is None else Path(day.data_dir)


def _mistakes(plan: TrailerPlan, day: DayPlan) -> Mistakes:
    """What the plan says is amiss. No robot of the day takes what is too heavy or too large."""
    robots = day.robots.values()
    return Mistakes(
        missing=plan.missing,
        missing_of=plan.missing_of,
        extra=plan.extra,
        wrong=plan.wrong,
        too_heavy=plan.too_heavy,
        too_large=plan.too_large,
        damaged=plan.damaged,
        weight_limit_kg=max([assumptions.WEIGHT_LIMIT_LOW_KG, *(it.weight_max_kg or 0.0 for it in robots)]),
        length_limit_m=max([*assumptions.CASE_SIZE_LIMITS_M, *(side for it in robots for side in it.size_max_m or ())]),
    )
