"""The mirror: while a run goes on, what the backend believes is held against what is so."""

from __future__ import annotations

from scenarios.mirror.mirror import Mirror

__all__ = ["Mirror"]
