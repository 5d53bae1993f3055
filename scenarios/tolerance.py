"""How far a KPI may be from its baseline."""

from __future__ import annotations

import re
from math import isfinite

from msgspec import Struct

_PERCENT = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?) %\Z")
_ROUNDING = 1e-9
"""Of floats: 2 % of a value is within 2 % of it."""


class Tolerance(Struct, frozen=True, kw_only=True):
    """A share of the baseline's value (`relative`: 0.02 is 2 %) or a number in the KPI's unit (`absolute`)."""

    relative: float | None = None
    absolute: float = 0.0

    def allows(self, baseline: float | None, now: float | None) -> bool:
        """Whether this change is within it; a figure that appears or goes never is.

        >>> Tolerance(relative=0.02).allows(100.0, 102.0), EXACT.allows(3, 4), EXACT.allows(None, None)
        (True, False, True)
        """
        if baseline is None or now is None:
            return baseline is now
        allowed = self.absolute if self.relative is None else self.relative * abs(baseline)
        return abs(now - baseline) <= allowed + _ROUNDING * max(abs(baseline), abs(now))

    def __str__(self) -> str:
        if self.relative is not None:
            return f"{self.relative * 100:.6g} %"
        return f"{self.absolute:.6g}" if self.absolute else "exact"

    def as_written(self) -> str | float:
        """As it stands in a file: `"2 %"`, or a number in the KPI's unit."""
        if self.relative is not None:
            return str(self)
        return int(self.absolute) if self.absolute == int(self.absolute) else self.absolute


EXACT = Tolerance()


def tolerance_of(written: str | float) -> Tolerance:
    """The tolerance that is written so.

    Raises ValueError.

    >>> tolerance_of("2 %"), tolerance_of(0)
    (Tolerance(relative=0.02, absolute=0.0), Tolerance(relative=None, absolute=0.0))
    """
    if isinstance(written, str):
        found = _PERCENT.match(written)
        if found is not None:
            return Tolerance(relative=float(found["number"]) / 100)
    elif isfinite(written) and written >= 0:
        return Tolerance(absolute=float(written))
    msg = f'got {written!r}, expected a share as "2 %", or a number from 0 upwards'
    raise ValueError(msg)
