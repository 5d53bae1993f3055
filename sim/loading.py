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

if TYPE_CHECKING:
    from twin.rng import Draws


def trailer_of(plan: TrailerPlan, day: DayPlan, draws: Draws) -> Trailer:
    """The trailer with its load; in the fidelity `trailer` with nothing but a count of it where a count is given.

    Raises ManifestError if a manifest or packing plan cannot be used.
    """
    unreadable = assumptions.UNREADABLE_SHARE if day.dock.no_reads is None else day.dock.no_reads
    match plan.load:
        case CountedLoad(cases=cases):
            assert day.fidelity == "trailer", "a counted load has no cases to unload one by one"
            return Trailer(plan, None, cases_total=cases)
        case GeneratedLoad(generator=generator, cases=cases, purchase_orders=orders):
            if day.fidelity == "trailer":
                return Trailer(plan, None, cases_total=cases)
            goods = draw_goods(
                draws, trailer_id=plan.trailer_id, cases=cases, purchase_orders=orders, unreadable_share=unreadable
            )
            load = GENERATORS[generator](goods)
        case ManifestLoad(path=path, generator=generator):
            goods = goods_of_manifest(
                draws, trailer_id=plan.trailer_id, manifest=read_manifest(Path(path)), unreadable_share=unreadable
            )
            load = GENERATORS[generator](goods)
        case OrdersLoad(orders=names):
            load = read_orders(
                None if day.data_dir is None else Path(day.data_dir),
                draws,
                trailer_id=plan.trailer_id,
                orders=names,
                unreadable_share=unreadable,
            )
    return Trailer(plan, load if day.fidelity == "case" else None, cases_total=len(load.cases))
