"""What became of an expectation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from scenarios.evidence import Failure

if TYPE_CHECKING:
    from scenarios.model import Expectation

CLOSE_FRACTION = 0.05
"""With less to spare than this share of what is allowed, a met expectation is called close."""


class ExpectationResult(Struct, frozen=True, kw_only=True):
    """What became of one expectation. `expected`, `got`, `to_spare` in a few words each, with their units.

    `spare_fraction`: what is to spare as a share of what is allowed; None where there is no measure of it. `is_asked`:
    whether it is asked in the fidelity of the run; one that is not counts as met.
    """

    name: str
    line: int
    met: bool
    expected: str
    got: str
    to_spare: str | None = None
    spare_fraction: float | None = None
    failure: Failure | None = None
    is_asked: bool = True

    @property
    def is_close(self) -> bool:
        """Met, but only just."""
        return self.met and self.spare_fraction is not None and self.spare_fraction < CLOSE_FRACTION


def not_asked(expectation: Expectation) -> ExpectationResult:
    """That it is asked in other fidelities only."""
    return ExpectationResult(
        name=expectation.name,
        line=expectation.line,
        met=True,
        expected=f"only in {' or '.join(expectation.asked_in)}",
        got="-",
        is_asked=False,
    )
