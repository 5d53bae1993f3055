"""The composition root: where simulator and backend meet."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scenarios.replications import replicate
    from scenarios.running import run

__all__ = ["replicate", "run"]
_HOME = {"replicate": "scenarios.replications", "run": "scenarios.running"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any export
    """Exports are imported when first asked for: `docktwin --help` needs no simulator."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
