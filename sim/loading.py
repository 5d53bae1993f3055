"""From what a plan says a trailer carries to its load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sim import assumptions
from sim.load.bed_bpp import read_orders
from sim.load.generators import GENERATORS
from sim.load.goods import draw_goods, goods_of_manifest
from sim.load.manifest_csv import read_manifest
from sim.plan import CountedLoad, DayPlan, GeneratedLoad, ManifestLoad, OrdersLoad, TrailerPlan
from sim.truth import Trailer
from twin.errors import ManifestError

if TYPE_CHECKING:
    from sim.load.load import Load
    from twin.rng import Draws


def trailer_of(plan: TrailerPlan, day: DayPlan, draws: Draws) -> Trailer:
    """The trailer with its load; in the fidelity `trailer` with nothing but a count of it where a count is given.

    Raises ManifestError if a manifest or packing plan cannot be used, or there are no cases to unload.
    """
    if day.fidelity == "trailer" and isinstance(plan.load, CountedLoad | GeneratedLoad):
        return Trailer(plan, None, cases_total=plan.load.cases, draws=draws)
    load = _load_of(plan, day, draws)
    return Trailer(plan, load if day.fidelity == "case" else None, cases_total=len(load.cases), draws=draws)


def _load_of(plan: TrailerPlan, day: DayPlan, draws: Draws) -> Load:
    trailer_id = plan.trailer_id
    unreadable = assumptions.UNREADABLE_SHARE if day.dock.no_reads is None else day.dock.no_reads
    match plan.load:
        case GeneratedLoad(generator=generator, cases=cases, purchase_orders=purchase_orders):
            goods = draw_goods(
                draws,
                trailer_id=trailer_id,
                cases=cases,
                purchase_orders=purchase_orders,
                unreadable_share=unreadable,
            )
            return GENERATORS[generator](goods)
        case ManifestLoad(path=path, generator=generator):
            manifest = read_manifest(Path(path))
            goods = goods_of_manifest(draws, trailer_id=trailer_id, manifest=manifest, unreadable_share=unreadable)
            return GENERATORS[generator](goods)
        case OrdersLoad(orders=orders):
            data = None if day.data_dir is None else Path(day.data_dir)
            return read_orders(data, draws, trailer_id=trailer_id, orders=orders, unreadable_share=unreadable)
        case CountedLoad():
            msg = f"{trailer_id}: got a counted load, expected cases: the fidelity `case` unloads them one by one"
            raise ManifestError(msg)
