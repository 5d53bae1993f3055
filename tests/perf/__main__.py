"""`python -m tests.perf`: measure, print the table, write bench.json in the working folder. Some minutes.

A missed budget is reported and is no failure; only a comparison that does not hold ends with an error. Where physics
misses one, the dearest functions follow.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

import msgspec

from tests.perf.bench import PARTS, measure
from tests.perf.days import FULL
from tests.perf.hot_spots import hot_spots
from tests.perf.machine import commit_line, machine_line
from tests.perf.physics.rows import physics_hot_spots
from tests.perf.rows import table

RESULTS = "bench.json"


def main() -> None:
    """Measure, or with `--profile` show where the time goes."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show the dearest functions of an inline run instead")
    parser.add_argument("--only", choices=list(PARTS), help="measure this part alone, and leave bench.json as it is")
    asked = parser.parse_args()
    if asked.profile:
        _say(physics_hot_spots(FULL) if asked.only == "physics" else hot_spots(FULL))
        return
    results = measure(FULL, lambda part: _say([f"measuring the {part} ..."], sys.stderr), only=asked.only)
    _say([*table(results), "", f"{machine_line()}; {commit_line()}"])
    if asked.only is None:
        Path(RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    if any(result.ok is False for name, result in results.items() if name.startswith("physics")):
        _say(physics_hot_spots(FULL))


def _say(lines: list[str], stream: TextIO = sys.stdout) -> None:
    stream.write("\n".join(lines) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
