"""Mutants that nothing notices, and why: by key, one sentence each."""

from __future__ import annotations

SURVIVORS: dict[str, str] = {}
