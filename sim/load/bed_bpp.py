"""Real pallet orders: the packing plans of BED-BPP, the benchmark data set for robotic bin packing (F. Kagerer et al.).

An order is a list of items and a plan that stacks them in millimetres from the front left bottom corner of a pallet.
Plans are up to 3.5 m tall and lean on their wrap. In the trailer each stands wrapped on the floor, up to the ceiling;
what its plan puts higher, and what it leaves out, is loaded loose in columns between the pallets and the door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec

from sim import assumptions
from sim.load.contact import TOUCH_M
from sim.load.generators import fill_with_columns
from sim.load.goods import Goods, case_name, label_fault
from sim.load.load import Load, LoadedCase, LooseCase, ManifestLine, Unplaced, Vector, place
from sim.load.mistakes import NO_MISTAKES, Mistakes, with_mistakes
from twin.errors import DataAbsentError, ManifestError
from twin.rng import Draws

ORDERS_FILE = "bed-bpp/5_bed-bpp.json"
PLANS_FILE = "bed-bpp/packing_plan_5-bed-bpp.json"
WHERE_TO_GET_THEM = "https://github.com/floriankagerer/bed-bpp-env"

_Millimetres = Annotated[int, msgspec.Meta(ge=0, le=5_000)]
_Side = Annotated[int, msgspec.Meta(gt=0, le=5_000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
T = TypeVar("T")


class _Item(msgspec.Struct, frozen=True):
    id: _Name
    sequence: int
    length_mm: _Side = msgspec.field(name="length/mm")
    width_mm: _Side = msgspec.field(name="width/mm")
    height_mm: _Side = msgspec.field(name="height/mm")
    weight_kg: Annotated[float, msgspec.Meta(gt=0.0, le=1_000.0)] = msgspec.field(name="weight/kg")

    def size_m(self) -> Vector:
        return self.length_mm / 1000.0, self.width_mm / 1000.0, self.height_mm / 1000.0


class _Order(msgspec.Struct, frozen=True):
    item_sequence: dict[str, _Item]


class _Step(msgspec.Struct, frozen=True):
    """One item of a plan; orientation 1 is turned by a quarter about the vertical."""

    item: _Item
    flb_coordinates: tuple[_Millimetres, _Millimetres, _Millimetres]
    orientation: Literal[0, 1]

    def size_m(self) -> Vector:
        length_m, width_m, height_m = self.item.size_m()
        return (width_m, length_m, height_m) if self.orientation else (length_m, width_m, height_m)

    def upper_m(self) -> Vector:
        """The corner farthest from the pallet's own."""
        (x, y, z), (dx, dy, dz) = self.flb_coordinates, self.size_m()
        return x / 1000.0 + dx, y / 1000.0 + dy, z / 1000.0 + dz


class _Stack(msgspec.Struct, frozen=True):
    """A planned pallet, cut at the ceiling. `steps`: by case id; x and y count from the pallet's own corner."""

    order: str
    steps: dict[str, _Step]
    length_m: float
    width_m: float


def read_orders(
    data: Path | None,
    draws: Draws,
    *,
    trailer_id: str,
    orders: Sequence[str] = (),
    interior_m: Vector = assumptions.CONTAINER_40FT_M,
    unreadable_share: float = assumptions.UNREADABLE_SHARE,
    mistakes: Mistakes = NO_MISTAKES,
) -> Load:
    """The orders (all of the file if none are named), pallets abreast from the nose, under the data folder `data`.

    Weights, sizes and positions are the data's; label faults are drawn, and what is amiss. What a missing case or one
    of another size would have carried is loaded loose. Raises ManifestError if the data are absent or have mistakes, an
    order is not among them, or more is to be amiss than there are cases.
    """
    given = _read(data, ORDERS_FILE, dict[str, _Order])
    plans = _read(data, PLANS_FILE, dict[str, tuple[_Step, ...]])
    wanted = tuple(orders) or tuple(given)
    _check(wanted, given, plans)
    ordered: dict[str, LooseCase] = {}
    manifest: list[ManifestLine] = []
    of_order: dict[str, dict[int, LooseCase]] = {}
    for order in wanted:
        of_order[order] = _cases(
            order,
            given[order],
            draws,
            trailer_id=trailer_id,
            cases_before=len(ordered),
            unreadable_share=unreadable_share,
        )
        ordered |= {case.case_id: case for case in of_order[order].values()}
        manifest += _lines(order, given[order], trailer_id)
    goods = Goods(trailer_id=trailer_id, manifest=tuple(manifest), cases=tuple(ordered.values()))
    goods = with_mistakes(goods, mistakes, draws, unreadable_share=unreadable_share)
    loose = {case.case_id: case for case in goods.cases}
    stacks: list[_Stack] = []
    for order, cases in of_order.items():
        steps = [step for step in plans.get(order, ()) if _is_as_ordered(cases[step.item.sequence], loose)]
        steps = _carried(plans.get(order, ()), steps)
        stacks += _cut(order, steps, cases, interior_m[2])
    placed, back_m = _stand(stacks, loose, interior_m)
    rest = [case for case in loose.values() if case.case_id not in placed]
    columns, unplaced = fill_with_columns(rest, interior_m=interior_m, back_m=back_m)
    placed |= {case.case_id: case for case in columns}
    return Load(
        trailer_id=trailer_id,
        interior_m=interior_m,
        manifest=goods.manifest,
        cases=tuple(placed[case_id] for case_id in loose if case_id in placed),
        unplaced=_in_order(unplaced, loose),
    )


def _in_order(unplaced: Sequence[Unplaced], loose: Mapping[str, LooseCase]) -> tuple[Unplaced, ...]:
    left = {entry.case.case_id: entry for entry in unplaced}
    return tuple(left[case_id] for case_id in loose if case_id in left)


def _read(data: Path | None, name: str, form: type[T]) -> T:
    path = data / name if data is not None else None
    if path is None or not path.is_file():
        msg = f"{path or name}: got no file, expected the BED-BPP data; nothing was loaded"
        hint = f"get it from {WHERE_TO_GET_THEM} and let DOCKTWIN_DATA name the folder that holds {name}"
        raise DataAbsentError(msg, hint=hint)
    try:
        return msgspec.json.decode(path.read_bytes(), type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{path}: got other data ({error}), expected BED-BPP"
        raise ManifestError(msg) from error


def _check(wanted: Sequence[str], given: Mapping[str, _Order], plans: Mapping[str, Sequence[_Step]]) -> None:
    """Every wanted order is given and wanted once, and its plan stacks its own items, each once at most."""
    mistakes: list[str] = []
    for order, times in Counter(wanted).items():
        if times > 1:
            mistakes.append(f"orders: got {order!r} {times} times, expected each order once")
        if order not in given:
            mistakes.append(f"{ORDERS_FILE}: got no order {order!r}, expected one of {', '.join(given)}")
            continue
        items = {item.sequence: item for item in given[order].item_sequence.values()}
        if len(items) != len(given[order].item_sequence):
            mistakes.append(f"{ORDERS_FILE}: $[{order!r}]: got a sequence number twice, expected each once")
        for number, step in enumerate(plans.get(order, ())):
            if items.pop(step.item.sequence, None) != step.item:
                got = f"item {step.item.sequence}, expected an item of the order as ordered, once"
                mistakes.append(f"{PLANS_FILE}: $[{order!r}][{number}].item: got {got}")
    if mistakes:
        raise ManifestError("\n".join(mistakes))


def _line_id(trailer_id: str, order: str, item: _Item) -> str:
    return f"{trailer_id}-{order}-{item.id}"


def _cases(
    order: str, given: _Order, draws: Draws, *, trailer_id: str, cases_before: int, unreadable_share: float
) -> dict[int, LooseCase]:
    """The order's cases by the sequence number of their item. The label names order and article, hence one line."""
    items = sorted(given.item_sequence.values(), key=lambda item: item.sequence)
    cases: dict[int, LooseCase] = {}
    for number, item in enumerate(items, start=cases_before + 1):
        case_id = case_name(trailer_id, number)
        cases[item.sequence] = LooseCase(
            case_id=case_id,
            size_m=item.size_m(),
            weight_kg=item.weight_kg,
            manifest_line=_line_id(trailer_id, order, item),
            sku=item.id,
            label=f"{order}-{item.id}",
            fault=label_fault(draws, case_id, unreadable_share),
        )
    return cases


def _lines(order: str, given: _Order, trailer_id: str) -> list[ManifestLine]:
    """One line for each article of the order; its size and weight are those of its first item."""
    quantity = Counter(item.id for item in given.item_sequence.values())
    first = {item.id: item for item in sorted(given.item_sequence.values(), key=lambda item: -item.sequence)}
    return [
        ManifestLine(
            line_id=_line_id(trailer_id, order, first[sku]),
            po_id=order,
            sku=sku,
            label=f"{order}-{sku}",
            quantity=quantity[sku],
            size_m=first[sku].size_m(),
            weight_kg=first[sku].weight_kg,
        )
        for sku in quantity
    ]


def _is_as_ordered(case: LooseCase, loose: Mapping[str, LooseCase]) -> bool:
    """Whether the case is there and fills its place in the plan."""
    there = loose.get(case.case_id)
    return there is not None and there.size_m == case.size_m


def _carried(plan: Sequence[_Step], steps: Sequence[_Step]) -> list[_Step]:
    """Those of `steps` of which nothing is missing that the plan has under them."""
    if len(steps) == len(plan):
        return list(steps)
    kept: list[_Step] = []
    gone = [step for step in plan if step not in steps]
    for step in sorted(steps, key=lambda step: step.flb_coordinates[2]):
        (gone if any(_rests_on(step, other) for other in gone) else kept).append(step)
    return kept


def _rests_on(step: _Step, other: _Step) -> bool:
    (x, y, z), (dx, dy, _) = step.flb_coordinates, step.size_m()
    (x1, y1, z1) = other.upper_m()
    (x0, y0, _) = other.flb_coordinates
    is_over = x / 1000.0 < x1 and x0 / 1000.0 < x / 1000.0 + dx and y / 1000.0 < y1 and y0 / 1000.0 < y / 1000.0 + dy
    return is_over and abs(z / 1000.0 - z1) <= TOUCH_M


def _cut(order: str, plan: Sequence[_Step], cases: Mapping[int, LooseCase], height_m: float) -> list[_Stack]:
    """The plan up to the ceiling. What stays never rests on what goes: whatever rests on that is higher still."""
    steps = {cases[step.item.sequence].case_id: step for step in plan if step.upper_m()[2] <= height_m}
    if not steps:
        return []
    ends = [step.upper_m() for step in steps.values()]
    return [_Stack(order, steps, max(x for x, _, _ in ends), max(y for _, y, _ in ends))]


def _stand(
    stacks: Sequence[_Stack], loose: Mapping[str, LooseCase], interior_m: Vector
) -> tuple[dict[str, LoadedCase], float]:
    """The pallets in rows from the nose, as many abreast as the width takes; and the x up to which there is room."""
    length_m, width_m, _ = interior_m
    rows: list[list[_Stack]] = []
    free_m = 0.0
    for stack in stacks:
        if stack.length_m > length_m or stack.width_m > width_m:
            continue  # it stays loose
        if stack.width_m > free_m:
            rows.append([])
            free_m = width_m
        rows[-1].append(stack)
        free_m -= stack.width_m
    placed: dict[str, LoadedCase] = {}
    back_m = length_m
    for row in rows:
        depth_m = max(stack.length_m for stack in row)
        if depth_m > back_m:
            break
        right_m = -sum(stack.width_m for stack in row) / 2.0
        for stack in row:
            placed |= _wrapped(stack, loose, corner_m=(back_m - stack.length_m, right_m))
            right_m += stack.width_m
        back_m -= depth_m
    return placed, back_m


def _wrapped(stack: _Stack, loose: Mapping[str, LooseCase], *, corner_m: tuple[float, float]) -> dict[str, LoadedCase]:
    placed: dict[str, LoadedCase] = {}
    for case_id, step in stack.steps.items():
        size_m, (x, y, z) = step.size_m(), step.upper_m()
        middle_m = (x - size_m[0] / 2.0 + corner_m[0], y - size_m[1] / 2.0 + corner_m[1], z - size_m[2] / 2.0)
        placed[case_id] = place(loose[case_id], center_m=middle_m, size_m=size_m, wrap=stack.order)
    return placed
