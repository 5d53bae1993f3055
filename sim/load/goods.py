"""What is to be loaded: a manifest and its cases, before anyone has placed them.

What case i is - kind, weight, label, fault - depends on the seed, the trailer and i alone, never on how many cases
there are, where they stand or in which order they are picked.
"""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate

import msgspec

from sim import assumptions
from sim.load.load import LabelFault, Load, LoadedCase, LooseCase, ManifestLine, Unplaced, Vector
from twin.rng import Draws


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of goods. `size_m`: length, width, height; `share`: of the cases, relative to the other kinds."""

    sku: str
    size_m: Vector
    weight_min_kg: float
    weight_max_kg: float
    share: float


DEFAULT_MIX: tuple[Sku, ...] = tuple(
    Sku(sku=sku, size_m=size_m, weight_min_kg=low, weight_max_kg=high, share=share)
    for sku, size_m, (low, high), share in assumptions.SKU_MIX
)


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """The cases of one trailer, in the order of their numbers, and the manifest that announces them.

    `seed`: what else is drawn about them is drawn by it, such as how they are left standing.
    """

    trailer_id: str
    manifest: tuple[ManifestLine, ...]
    cases: tuple[LooseCase, ...]
    seed: int = 0


def case_name(trailer_id: str, number: int) -> str:
    """The id of a trailer's case; numbers start at 1."""
    return f"{trailer_id}-c{number}"


def draw_goods(
    draws: Draws,
    *,
    trailer_id: str,
    cases: int,
    purchase_orders: int = assumptions.PO_COUNT,
    lines: int = assumptions.MANIFEST_LINE_COUNT,
    mix: Sequence[Sku] = DEFAULT_MIX,
    unreadable_share: float = assumptions.UNREADABLE_SHARE,
) -> Goods:
    """`cases` cases of the kinds in `mix`, spread over `lines` manifest lines of `purchase_orders` POs.

    A kind without a line does not occur, so fewer lines than kinds means fewer kinds. A line without cases is left out.
    """
    lines = max(lines, purchase_orders)
    kinds = [mix[line % len(mix)] for line in range(lines)]
    lines_of_kind = Counter(kind.sku for kind in kinds)
    ladder = list(accumulate(kind.share / lines_of_kind[kind.sku] for kind in kinds))
    drawn: list[LooseCase] = []
    quantities: Counter[int] = Counter()
    for number in range(1, cases + 1):
        case_id = case_name(trailer_id, number)
        which, heavy, worn, *_ = draws.uniforms("load.case", case_id)
        line = min(bisect(ladder, which * ladder[-1]), lines - 1)
        kind = kinds[line]
        quantities[line] += 1
        drawn.append(
            LooseCase(
                case_id=case_id,
                size_m=kind.size_m,
                weight_kg=round(kind.weight_min_kg + heavy * (kind.weight_max_kg - kind.weight_min_kg), 2),
                manifest_line=_line_id(trailer_id, line),
                sku=kind.sku,
                label=_label(trailer_id, line, kind),
                fault=_fault(worn, unreadable_share),
            )
        )
    manifest = tuple(
        ManifestLine(
            line_id=_line_id(trailer_id, line),
            po_id=f"{trailer_id}-po{line * purchase_orders // lines + 1}",
            sku=kinds[line].sku,
            label=_label(trailer_id, line, kinds[line]),
            quantity=quantities[line],
            size_m=kinds[line].size_m,
            weight_kg=round((kinds[line].weight_min_kg + kinds[line].weight_max_kg) / 2.0, 2),
        )
        for line in sorted(quantities)
    )
    return Goods(trailer_id=trailer_id, manifest=manifest, cases=tuple(drawn), seed=draws.seed)


def goods_of_manifest(
    draws: Draws,
    *,
    trailer_id: str,
    manifest: Sequence[ManifestLine],
    unreadable_share: float = assumptions.UNREADABLE_SHARE,
) -> Goods:
    """Every case that the manifest announces, of exactly its line's size and weight; only label faults are drawn."""
    cases: list[LooseCase] = []
    for line in manifest:
        for _ in range(line.quantity):
            case_id = case_name(trailer_id, len(cases) + 1)
            cases.append(
                LooseCase(
                    case_id=case_id,
                    size_m=line.size_m,
                    weight_kg=line.weight_kg,
                    manifest_line=line.line_id,
                    sku=line.sku,
                    label=line.label,
                    fault=label_fault(draws, case_id, unreadable_share),
                )
            )
    return Goods(trailer_id=trailer_id, manifest=tuple(manifest), cases=tuple(cases), seed=draws.seed)


def loaded(goods: Goods, interior_m: Vector, cases: Sequence[LoadedCase], unplaced: Sequence[Unplaced]) -> Load:
    """The load that the goods have become, cases in the order of their numbers."""
    order = {case.case_id: number for number, case in enumerate(goods.cases)}
    return Load(
        trailer_id=goods.trailer_id,
        interior_m=interior_m,
        manifest=goods.manifest,
        cases=tuple(sorted(cases, key=lambda case: order[case.case_id])),
        unplaced=tuple(sorted(unplaced, key=lambda left: order[left.case.case_id])),
    )


def label_fault(draws: Draws, case_id: str, unreadable_share: float) -> LabelFault:
    """Whether the barcode of this case can be read."""
    return _fault(draws.uniforms("load.case", case_id)[2], unreadable_share)


def _fault(uniform: float, unreadable_share: float) -> LabelFault:
    return LabelFault.UNREADABLE if uniform < unreadable_share else LabelFault.NONE


def _line_id(trailer_id: str, line: int) -> str:
    return f"{trailer_id}-l{line + 1}"


def _label(trailer_id: str, line: int, kind: Sku) -> str:
    """Unlike the sku, it names one line: what a scanner reads settles where the case belongs."""
    return f"{_line_id(trailer_id, line)}-{kind.sku}"
