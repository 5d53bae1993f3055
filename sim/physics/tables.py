"""The tables of the fidelity `case`: how likely a case falls that lost a support, and a seal lets go.

A table is a line through points, level before the first and after the last. Those shipped are rules of thumb; others
are fitted to physics by `docktwin calibrate physics`, and are files.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from sim.assumptions import SUPPORT_MARGIN_M
from twin.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

Points = tuple[tuple[float, float], ...]
"""Where, and the probability there."""

POINTS_MAX = 100
_BYTES_MAX = 1024 * 1024


def _where(point: tuple[float, float]) -> float:
    return point[0]


def _check(name: str, points: Points) -> None:
    if not 1 <= len(points) <= POINTS_MAX:
        msg = f"{name}: got {len(points)} points, expected 1 to {POINTS_MAX}"
        raise ValueError(msg)
    for number, (where, probability) in enumerate(points):
        if not math.isfinite(where) or not 0.0 <= probability <= 1.0:
            msg = f"{name}[{number}]: got {where}, {probability}, expected a finite number, and a probability"
            raise ValueError(msg)
    for number, (before, after) in enumerate(pairwise(points), start=1):
        if after[0] <= before[0]:
            msg = f"{name}[{number}]: got {after[0]} after {before[0]}, expected one that is larger"
            raise ValueError(msg)
        if after[1] < before[1]:
            msg = f"{name}[{number}]: got a probability {after[1]} after {before[1]}, expected none that is less"
            raise ValueError(msg)


class FailureTables(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Tables of probabilities; one that is made of impossible points raises ValueError.

    `stays`: that a case which lost a support stays where it is, by how many metres its middle is inside what still
    carries it, negative outside. `lets_go`: that the seal lets go of a case as a robot pulls
    it out, by how many kilograms it carries.
    """

    stays: Points
    lets_go: Points

    def __post_init__(self) -> None:
        """Refuse what is no table."""
        for name, points in (("stays", self.stays), ("lets_go", self.lets_go)):
            _check(name, points)

    def stays_at(self, inside_m: float) -> float:
        """How likely a case stays whose middle is so far inside what carries it, -inf where nothing does."""
        return at(self.stays, inside_m)

    def lets_go_at(self, carried_kg: float) -> float:
        """How likely the seal lets go of a case that carries so much."""
        return at(self.lets_go, carried_kg)

    @property
    def may_let_go(self) -> bool:
        """Whether any pull fails by its seal."""
        return any(probability > 0.0 for _, probability in self.lets_go)


def at(points: Points, where: float) -> float:
    """The height of the line through the points.

    >>> at(((0.0, 0.0), (0.01, 1.0)), 0.0025), at(((0.0, 0.2), (1.0, 1.0)), float("-inf"))
    (0.25, 0.2)
    """
    after = bisect_right(points, where, key=_where)
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[after - 1], points[after]
    return y0 + (y1 - y0) * ((where - x0) / (x1 - x0))


RULE_OF_THUMB = FailureTables(stays=((0.0, 0.0), (SUPPORT_MARGIN_M, 1.0)), lets_go=((0.0, 0.0),))
"""Balance alone decides what falls, and a seal holds whatever the case carries. Assumption: `SUPPORT_MARGIN_M`."""


class TableFile(msgspec.Struct, frozen=True, kw_only=True):
    """Tables as they are written. `evidence`: what they were fitted to, and how far they are off; for people."""

    tables: FailureTables
    evidence: dict[str, object] = {}


def read_tables(path: Path) -> FailureTables:
    """The tables of a file. Raises ConfigError, with path, if they cannot be used."""
    try:
        if path.stat().st_size > _BYTES_MAX:
            raise _refusal(path, "has more than 1 MiB")
        return msgspec.json.decode(path.read_bytes(), type=TableFile).tables
    except OSError as error:
        raise _refusal(path, f"cannot be read ({error.strerror or error})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _refusal(path, f"cannot be used ({error})") from error


def _refusal(path: Path, reason: str) -> ConfigError:
    """What was expected is said by whom the file was named to."""
    return ConfigError(f"{path} {reason}", hint="docktwin calibrate physics writes one.")
