"""Settings from the environment; no other module reads it."""

from __future__ import annotations

import os
from pathlib import Path

DATA_VARIABLE = "DOCKTWIN_DATA"
"""Names the folder of the outside data that tests and scenarios use."""

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


def data_dir() -> Path | None:
    """The folder of the outside data: what `DOCKTWIN_DATA` says, else `shared/data` beside the checkout, else None."""
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    return _BESIDE_THE_CHECKOUT if _BESIDE_THE_CHECKOUT.is_dir() else None
