"""Filling a trailer with cases of many sizes as people do it: wall after wall, each from the floor up.

A wall grows like a skyline: the lowest ledge is filled next, with the case at hand that suits it best, heavy ones
first. A case stands on tops of one height, which carry nearly all of its base, and is pushed towards the nose until
something is in its way. Of some walls of different depth that could be built, the densest is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim import assumptions
from sim.load.contact import TOUCH_M, Floats, Rectangle, balance_m
from sim.load.load import LoadedCase, LooseCase, Unplaced, Vector, place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twin.rng import Draws

_LEVEL_M = 1e-4
"""Tops nearer than this are of one height and carry a case together; less is the rounding of sums of heights."""

_ROUNDING_M = 1e-9

_CELL_M = 0.01
"""The grid in which the walls so far are remembered, as seen from the door."""

_DEPTHS_TRIED = 8
"""So many depths are tried for a wall; more make it hardly denser."""

_CASES_TRIED = 12
"""So many cases are tried on a ledge before it is left empty, in the order in which they suit it."""

_SHALLOW, _WASTED, _ALIKE = 0.5, 1.5, 0.3
"""What tells against a case that is half as deep as the wall, or leaves a gap of its own width that no other fills, and
for one like that below or beside it. The heaviest at hand scores 1."""


class Waiting(NamedTuple):
    """A case to be loaded, and the extents along x, y, z in which it may stand, one at least."""

    case: LooseCase
    ways: tuple[Vector, ...]


def fill_with_walls(
    waiting: Sequence[Waiting],
    *,
    interior_m: Vector,
    draws: Draws,
    high_max_kg: float = assumptions.WEIGHT_LIMIT_HIGH_KG,
) -> tuple[list[LoadedCase], list[Unplaced]]:
    """The cases in walls from the nose to the door, about in the order given, and those that found no room.

    Nothing heavier than `high_max_kg` has its middle above the chest, unless it stands on the floor.
    """
    queue: list[Waiting] = []
    unplaced: list[Unplaced] = []
    for it in waiting:
        ways = tuple(way for way in it.ways if all(a <= b + _ROUNDING_M for a, b in zip(way, interior_m, strict=True)))
        if ways:
            queue.append(Waiting(it.case, ways))
        else:
            unplaced.append(Unplaced(case=it.case, reason="larger than the trailer"))
    queue.reverse()
    trailer = _Trailer(interior_m, draws)
    at_hand = _AtHand(high_max_kg)
    placed: list[LoadedCase] = []
    wall = trailer.wall_of(at_hand.fetch(queue))
    while wall or queue:
        placed += wall
        wall = trailer.wall_of(at_hand.fetch(queue, is_all_wanted=not wall))
    left = [case for kind in at_hand.kinds for case in kind.cases] + [it.case for it in reversed(queue)]
    return placed, unplaced + [Unplaced(case=case, reason="the trailer is full") for case in left]


class _Kind:
    """Cases at hand that may stand in the same ways, low ones only or anywhere."""

    def __init__(self, ways: tuple[Vector, ...], *, is_heavy: bool) -> None:
        self.ways = ways
        self.is_heavy = is_heavy
        self.cases: list[LooseCase] = []


class _AtHand:
    """What loaders choose from."""

    def __init__(self, high_max_kg: float) -> None:
        self.kinds: list[_Kind] = []
        self._high_max_kg = high_max_kg

    def fetch(self, queue: list[Waiting], *, is_all_wanted: bool = False) -> list[_Kind]:
        """Bring up cases from the end of the queue until there is enough for a wall; all that is at hand then."""
        kinds = {(kind.ways, kind.is_heavy): kind for kind in self.kinds if kind.cases}
        cases = sum(len(kind.cases) for kind in kinds.values())
        volume_m3 = sum(len(kind.cases) * math.prod(kind.ways[0]) for kind in kinds.values())
        while queue and (is_all_wanted or volume_m3 < assumptions.AT_HAND_M3 or cases < assumptions.AT_HAND_MIN):
            case, ways = queue.pop()
            is_heavy = case.weight_kg > self._high_max_kg
            kinds.setdefault((ways, is_heavy), _Kind(ways, is_heavy=is_heavy)).cases.append(case)
            volume_m3 += math.prod(case.size_m)
            cases += 1
        self.kinds = list(kinds.values())
        return self.kinds


class _Stood(NamedTuple):
    """A case of a wall, of kind number `kind` at hand; y counts from the trailer's right side."""

    kind: int
    case: LooseCase
    size_m: Vector
    front_m: float
    y_m: float
    z_m: float

    @property
    def base(self) -> Rectangle:
        return self.front_m, self.y_m, self.front_m + self.size_m[0], self.y_m + self.size_m[1]


class _Ledge(NamedTuple):
    """A stretch of the skyline at one height. `carriers`: what has its top there, from right to left."""

    from_m: float
    to_m: float
    z_m: float
    level: int
    """Cases below it; 0 on the trailer's floor."""
    carriers: tuple[_Stood, ...] = ()


class _Trailer:
    """The trailer, and the fronts of the walls in it so far in cells across and up."""

    def __init__(self, interior_m: Vector, draws: Draws) -> None:
        length_m, self.width_m, self.height_m = interior_m
        self.stack_m = min(self.height_m, assumptions.STACK_HEIGHT_M)
        self.draws = draws
        self.front_m: Floats = np.full([math.ceil(side_m / _CELL_M) + 1 for side_m in interior_m[1:]], length_m)
        self.walls = 0

    def wall_of(self, kinds: Sequence[_Kind]) -> list[LoadedCase]:
        """Another wall of what is at hand, which is taken from there; empty if nothing fits."""
        depths_m = sorted({way[0] for kind in kinds for way in kind.ways})
        count = min(len(depths_m), _DEPTHS_TRIED)
        step = (len(depths_m) - 1) / max(count - 1, 1)
        tried = [_Wall(self, kinds, depths_m[round(number * step)]) for number in range(count)]
        wall = max(tried, key=lambda wall: wall.density, default=None)
        if wall is None:
            return []
        self.front_m = wall.front_m
        self.walls += 1
        for it in wall.stood:
            kinds[it.kind].cases.remove(it.case)
        return [self._loaded(it) for it in wall.stood]

    def _loaded(self, it: _Stood) -> LoadedCase:
        dx, dy, dz = it.size_m
        center_m = (it.front_m + dx / 2.0, it.y_m + dy / 2.0 - self.width_m / 2.0, it.z_m + dz / 2.0)
        return place(it.case, center_m=center_m, size_m=it.size_m)


def _cells(start_m: float, extent_m: float) -> slice:
    """The cells that this stretch has a part in."""
    first = int((start_m + _ROUNDING_M) / _CELL_M)
    return slice(first, max(math.ceil((start_m + extent_m - _ROUNDING_M) / _CELL_M), first + 1))


class _Wall:
    """One wall, about `depth_m` deep. `density`: its volume by what it takes of the trailer's length."""

    def __init__(self, trailer: _Trailer, kinds: Sequence[_Kind], depth_m: float) -> None:
        self.stood: list[_Stood] = []
        self._trailer = trailer
        self._kinds = kinds
        self._left = [len(kind.cases) for kind in kinds]
        self._options = list(self._ways(depth_m))
        self._build()
        self.front_m = trailer.front_m.copy()
        for it in self.stood:
            cells = _cells(it.y_m, it.size_m[1]), _cells(it.z_m, it.size_m[2])
            self.front_m[cells] = np.minimum(self.front_m[cells], it.front_m)
        taken_m = float((trailer.front_m.min(axis=1) - self.front_m.min(axis=1)).mean())
        self.density = sum(math.prod(it.size_m) for it in self.stood) / taken_m if self.stood else 0.0

    def _ways(self, depth_m: float) -> Iterator[tuple[float, int, Vector]]:
        """Every way of every kind at hand: what speaks for it wherever it stands, the number of the kind, extents."""
        heaviest_kg = max(kind.cases[0].weight_kg for kind in self._kinds)
        for number, kind in enumerate(self._kinds):
            for way in kind.ways:
                off = abs(way[0] - depth_m) / max(way[0], depth_m)
                yield kind.cases[0].weight_kg / heaviest_kg - 2.0 * _SHALLOW * off, number, way

    def _build(self) -> None:
        skyline = [_Ledge(0.0, self._trailer.width_m, 0.0, 0)]
        while True:
            index = min(range(len(skyline)), key=lambda number: skyline[number].z_m)
            it = self._stand_on(skyline[index])
            if it is not None:
                self.stood.append(it)
                self._left[it.kind] -= 1
                skyline[index : index + 1] = _built_on(skyline[index], it)
            elif len(skyline) == 1:
                return
            else:
                _leave_empty(skyline, index)
            _join_level(skyline)

    def _stand_on(self, ledge: _Ledge) -> _Stood | None:
        """The case for this ledge; None if none at hand can stand there."""
        suited = self._suited(ledge)
        suited.sort(reverse=True)
        for _, option in suited[:_CASES_TRIED]:
            _, number, way = self._options[-option]
            it = self._placed(ledge, number, way)
            if it is not None:
                return it
        return None

    def _suited(self, ledge: _Ledge) -> list[tuple[float, int]]:
        """What has room on a ledge: how well it suits, and the number of the option, negated: the first are first."""
        left = self._left
        room_m = ledge.to_m - ledge.from_m + _ROUNDING_M
        top_m = self._trailer.stack_m if ledge.level else self._trailer.height_m
        high_m = top_m - ledge.z_m + _ROUNDING_M
        low_m = min(2.0 * (assumptions.CHEST_HEIGHT_M - ledge.z_m), high_m) if ledge.level else high_m
        like = (ledge.carriers or self.stood)[-1:]
        narrowest_m = min((way[1] for _, number, way in self._options if left[number]), default=0.0)
        suited = []
        for option, (merit, number, way) in enumerate(self._options):
            if not left[number] or way[1] > room_m or way[2] > (low_m if self._kinds[number].is_heavy else high_m):
                continue
            spare_m = room_m - way[1]
            wasted = spare_m / room_m if spare_m < narrowest_m else 0.0
            is_alike = bool(like) and like[0].size_m == way
            suited.append((merit - _WASTED * wasted + _ALIKE * is_alike, -option))
        return suited

    def _placed(self, ledge: _Ledge, number: int, way: Vector) -> _Stood | None:
        """The next case of a kind at one end of the ledge, as far back as it goes; None if it would not hold."""
        kind, trailer = self._kinds[number], self._trailer
        case = kind.cases[len(kind.cases) - self._left[number]]
        beside, behind, *_ = trailer.draws.uniforms("load.play", case.case_id)
        behind_m = 0.0 if ledge.level else round(behind * assumptions.PLAY_MAX_M, 3)
        for y_m in self._places_m(ledge, way[1], beside):
            up = _cells(ledge.z_m, way[2])
            # What stands out above would be in the way of the next on top.
            blocked_m = float(trailer.front_m[_cells(y_m, way[1]), up.start :].min()) - behind_m
            ends_m = {min(blocked_m, it.front_m + it.size_m[0]) for it in ledge.carriers} or {blocked_m}
            for end_m in (max(ends_m), min(ends_m)):
                it = _Stood(number, case, way, end_m - way[0], y_m, ledge.z_m)
                if it.front_m >= -_ROUNDING_M and (not ledge.level or _is_carried(it.base, ledge.carriers)):
                    return it
        return None

    def _places_m(self, ledge: _Ledge, width_m: float, uniform: float) -> list[float]:
        """Where a case of this width may begin: a little from the end of the ledge, or in line with the case below.

        One layer begins on the right, the next on the left, so that joints are lapped where there is room to spare.
        """
        abreast = max(int((ledge.to_m - ledge.from_m + _ROUNDING_M) / width_m), 1)
        spare_m = max((ledge.to_m - ledge.from_m) / abreast - width_m, 0.0)
        play_m = min(round(uniform * assumptions.PLAY_MAX_M, 3), spare_m)
        if (ledge.level + self._trailer.walls) % 2:
            places_m = [ledge.from_m + play_m, *(it.y_m for it in ledge.carriers[:1])]
        else:
            places_m = [ledge.to_m - play_m - width_m, *(it.base[3] - width_m for it in ledge.carriers[-1:])]
        least_m, most_m = ledge.from_m - _ROUNDING_M, ledge.to_m - width_m + _ROUNDING_M
        return [max(y_m, 0.0) for y_m in places_m if least_m <= y_m <= most_m]


def _is_carried(base: Rectangle, carriers: Sequence[_Stood]) -> bool:
    """Whether the carriers are under nearly all of the base, and under its middle for sure."""
    x0, y0, x1, y1 = base
    patches: list[Rectangle] = []
    for carrier in carriers:
        a0, b0, a1, b1 = carrier.base
        patch = max(x0, a0), max(y0, b0), min(x1, a1), min(y1, b1)
        if patch[2] - patch[0] > TOUCH_M and patch[3] - patch[1] > TOUCH_M:
            patches.append(patch)
    if not patches:
        return False
    over_x_m, over_y_m = assumptions.OVERHANG_MAX * (x1 - x0), assumptions.OVERHANG_MAX * (y1 - y0)
    from_x, from_y, to_x, to_y = zip(*patches, strict=True)
    if max(min(from_x) - x0, x1 - max(to_x)) > over_x_m or max(min(from_y) - y0, y1 - max(to_y)) > over_y_m:
        return False
    return balance_m((x0 + x1) / 2.0, (y0 + y1) / 2.0, patches) >= assumptions.BALANCE_MIN_M


def _built_on(ledge: _Ledge, it: _Stood) -> list[_Ledge]:
    """What is left of a ledge, and the top of the case at its one end."""
    end_m = it.base[3]
    if it.y_m - ledge.from_m <= ledge.to_m - end_m:
        parts = [_Ledge(ledge.from_m, end_m, 0.0, 0), ledge._replace(from_m=end_m)]
        top = 0
    else:
        parts = [ledge._replace(to_m=it.y_m), _Ledge(it.y_m, ledge.to_m, 0.0, 0)]
        top = 1
    parts[top] = parts[top]._replace(z_m=it.z_m + it.size_m[2], level=ledge.level + 1, carriers=(it,))
    return [part for part in parts if part.to_m - part.from_m > _ROUNDING_M]


def _leave_empty(skyline: list[_Ledge], index: int) -> None:
    """Nothing goes on this ledge: from now on it belongs to the lower one beside it."""
    beside = [number for number in (index - 1, index + 1) if 0 <= number < len(skyline)]
    into = min(beside, key=lambda number: skyline[number].z_m)
    first, last = sorted((index, into))
    skyline[first : last + 1] = [skyline[into]._replace(from_m=skyline[first].from_m, to_m=skyline[last].to_m)]


def _join_level(skyline: list[_Ledge]) -> None:
    """Neighbours of one height become one ledge."""
    joined = skyline[:1]
    for ledge in skyline[1:]:
        last = joined[-1]
        if abs(ledge.z_m - last.z_m) > _LEVEL_M:
            joined.append(ledge)
            continue
        level, carriers = max(last.level, ledge.level), last.carriers + ledge.carriers
        joined[-1] = _Ledge(last.from_m, ledge.to_m, max(last.z_m, ledge.z_m), level, carriers)
    skyline[:] = joined
