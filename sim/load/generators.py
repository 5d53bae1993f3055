"""Filling a trailer wall after wall, from the nose to the door: plain columns, or bricks in bond.

A wall is one case deep. Its cases stand flush against the wall behind and reach as high as people stack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from sim import assumptions
from sim.load.goods import Goods, loaded
from sim.load.load import Load, LoadedCase, LooseCase, Unplaced, Vector, place
from sim.load.mixed import mixed

_ROUNDING_M = 1e-9
"""Forgives the rounding of sums of lengths, so that three cases of a third fill the width."""

BOND_LAP = 0.4
"""Where the end case of a shifted layer begins, in case widths from the end of the layer below. Exactly half would
leave the end case of the next layer balancing on its middle: the layer is spread a little, as loaders do."""

BOND_WIDTH_MIN = 3
"""Fewer cases side by side have no joint to lap without an end that tips: they stand as columns."""


class _Cell(msgspec.Struct, frozen=True):
    """A place in a wall: y of its middle from the first case's side, z of its floor; metres."""

    y_m: float
    z_m: float


class _Room(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a trailer: x runs from 0 to `back_m`."""

    back_m: float
    width_m: float
    height_m: float
    stack_m: float

    def across(self, size: Vector) -> int:
        """Cases of this size side by side."""
        return int((self.width_m + _ROUNDING_M) / size[1])

    def layers(self, size: Vector) -> int:
        """Cases of this size on top of each other: as high as people stack, at least one where one fits."""
        return max(int((self.stack_m + _ROUNDING_M) / size[2]), int(size[2] <= self.height_m + _ROUNDING_M))


class _Supply:
    """Cases of one size waiting to be placed, heavy ones kept from high places."""

    def __init__(self, size_m: Vector, cases: Iterable[LooseCase]) -> None:
        self.size_m = size_m
        self._heavy: deque[LooseCase] = deque()
        self._light: deque[LooseCase] = deque()
        for case in cases:
            (self._heavy if case.weight_kg > assumptions.WEIGHT_LIMIT_HIGH_KG else self._light).append(case)

    def __len__(self) -> int:
        return len(self._heavy) + len(self._light)

    def take(self, floor_z_m: float) -> LooseCase | None:
        """The next case for a place at this height, if any may stand there."""
        center_z_m = floor_z_m + self.size_m[2] / 2.0
        # On the floor the heaviest may stand, however tall it is.
        if self._heavy and (center_z_m <= assumptions.CHEST_HEIGHT_M or floor_z_m == 0.0):
            return self._heavy.popleft()
        return self._light.popleft() if self._light else None


_Stack = tuple[Vector, list[tuple[_Cell, LooseCase]]]
"""Case size, and the cases of one column or one wall of bricks; `y_m` counts from the stack's own side."""


def columns(goods: Goods, *, interior_m: Vector = assumptions.CONTAINER_40FT_M) -> Load:
    """The goods in columns of one kind each, side by side in walls. What does not fit is reported."""
    cases, unplaced = fill_with_columns(goods.cases, interior_m=interior_m, back_m=interior_m[0])
    return loaded(goods, interior_m, cases, unplaced)


def bricks(goods: Goods, *, interior_m: Vector = assumptions.CONTAINER_40FT_M) -> Load:
    """The goods in walls of one size each, every other layer shifted half a case. What does not fit is reported."""
    room = _room(interior_m, interior_m[0])
    supplies, unplaced = _supplies(goods.cases, room, key=lambda case: str(case.size_m))
    walls = [stack for supply in supplies for stack in _brick_walls(supply, room)]
    cases, left_over = _line_up(walls, room)
    return loaded(goods, interior_m, cases, unplaced + left_over)


Generator = Callable[..., Load]
GENERATORS: Mapping[str, Generator] = {"columns": columns, "bricks": bricks, "mixed": mixed}
"""By the names a scenario uses; called with goods and `interior_m`."""


def fill_with_columns(
    loose: Sequence[LooseCase], *, interior_m: Vector, back_m: float
) -> tuple[list[LoadedCase], list[Unplaced]]:
    """The cases in columns between the door and `back_m`, and those that found no room."""
    room = _room(interior_m, back_m)
    supplies, unplaced = _supplies(loose, room, key=lambda case: case.sku)
    stacks = [stack for supply in supplies for stack in _columns(supply, room)]
    cases, left_over = _line_up(stacks, room)
    return cases, unplaced + left_over


def _room(interior_m: Vector, back_m: float) -> _Room:
    _, width_m, height_m = interior_m
    return _Room(back_m=back_m, width_m=width_m, height_m=height_m, stack_m=min(height_m, assumptions.STACK_HEIGHT_M))


def _supplies(
    loose: Sequence[LooseCase], room: _Room, *, key: Callable[[LooseCase], str]
) -> tuple[list[_Supply], list[Unplaced]]:
    """The cases grouped by `key` and size as they stand, first come first; and those that fit no way round."""
    groups: dict[tuple[str, Vector], list[LooseCase]] = {}
    unplaced: list[Unplaced] = []
    standing: dict[Vector, Vector | None] = {}
    for case in loose:
        if case.size_m not in standing:
            standing[case.size_m] = _best_way_round(case.size_m, room)
        size = standing[case.size_m]
        if size is None:
            unplaced.append(Unplaced(case=case, reason="larger than the trailer"))
        else:
            groups.setdefault((key(case), size), []).append(case)
    return [_Supply(size, cases) for (_, size), cases in groups.items()], unplaced


def _best_way_round(size: Vector, room: _Room) -> Vector | None:
    """The way round that fills more of the width; as given where both do as well. None if neither fits."""
    dx, dy, dz = size
    fitting = [
        way
        for way in ((dx, dy, dz), (dy, dx, dz))
        if way[0] <= room.back_m + _ROUNDING_M and room.across(way) and room.layers(way)
    ]
    return max(fitting, key=lambda way: room.across(way) * way[1], default=None)


def _columns(supply: _Supply, room: _Room) -> Iterator[_Stack]:
    while supply:
        cells = [_Cell(supply.size_m[1] / 2.0, layer * supply.size_m[2]) for layer in range(room.layers(supply.size_m))]
        yield supply.size_m, _fill(cells, supply)


def _brick_walls(supply: _Supply, room: _Room) -> Iterator[_Stack]:
    across, dy, dz = room.across(supply.size_m), supply.size_m[1], supply.size_m[2]
    straight = [(k + 0.5) * dy for k in range(across)]
    shifted = straight
    if across >= BOND_WIDTH_MIN:
        first, last = (BOND_LAP + 0.5) * dy, (across - BOND_LAP - 0.5) * dy
        shifted = [first + k * (last - first) / (across - 2) for k in range(across - 1)]
    cells = [
        _Cell(y_m, layer * dz)
        for layer in range(room.layers(supply.size_m))
        for y_m in (shifted if layer % 2 else straight)
    ]
    while supply:
        yield supply.size_m, _fill(cells, supply)


def _fill(cells: Sequence[_Cell], supply: _Supply) -> list[tuple[_Cell, LooseCase]]:
    """Cases for the cells, lowest first; stops at the first cell that none may stand in, so nothing hangs."""
    filled = []
    for cell in cells:
        case = supply.take(cell.z_m)
        if case is None:
            break
        filled.append((cell, case))
    return filled


def _line_up(stacks: Iterable[_Stack], room: _Room) -> tuple[list[LoadedCase], list[Unplaced]]:
    """Stack beside stack, wall after wall, from `back_m` towards the door."""
    placed: list[LoadedCase] = []
    unplaced: list[Unplaced] = []
    wall: list[tuple[float, _Stack]] = []
    back_m, depth_m, used_m = room.back_m, 0.0, 0.0
    for size, filled in stacks:
        width_m = max(cell.y_m for cell, _ in filled) + size[1] / 2.0
        if wall and used_m + width_m > room.width_m + _ROUNDING_M:
            placed += _stand(wall, back_m=back_m, used_m=used_m)
            wall, back_m, depth_m, used_m = [], back_m - depth_m, 0.0, 0.0
        if size[0] > back_m + _ROUNDING_M:
            unplaced += [Unplaced(case=case, reason="the trailer is full") for _, case in filled]
            continue
        wall.append((used_m, (size, filled)))
        used_m += width_m
        depth_m = max(depth_m, size[0])
    return placed + _stand(wall, back_m=back_m, used_m=used_m), unplaced


def _stand(wall: Sequence[tuple[float, _Stack]], *, back_m: float, used_m: float) -> list[LoadedCase]:
    """The wall's cases in the trailer's frame, the wall in the middle of the width, its back at `back_m`."""
    return [
        place(
            case,
            center_m=(back_m - size[0] / 2.0, from_m + cell.y_m - used_m / 2.0, cell.z_m + size[2] / 2.0),
            size_m=size,
        )
        for from_m, (size, filled) in wall
        for cell, case in filled
    ]
