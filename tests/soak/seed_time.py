"""How long one seed of a campaign may take."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SEED_TIME_MAX_S = 300
"""A seed that takes longer hangs."""


@contextmanager
def limited() -> Iterator[None]:
    """Raises TimeoutError within, if it takes longer than a seed may."""
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(SEED_TIME_MAX_S)
    try:
        yield
    finally:
        signal.alarm(0)


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    msg = f"still running after {SEED_TIME_MAX_S} s"
    raise TimeoutError(msg)
