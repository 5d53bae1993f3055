"""`python -m tests.perf`: measure, print the table, write bench.json in the working folder. A minute or two.

A missed budget is reported and is no failure; only a comparison that does not hold ends with an error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TextIO

import msgspec

from tests.perf.bench import measure
from tests.perf.days import FULL
from tests.perf.hot_spots import hot_spots
from tests.perf.machine import commit_line, machine_line
from tests.perf.rows import table

RESULTS = "bench.json"


def main() -> None:
    """Measure, or with `--profile` show where the time goes."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show the dearest functions of an inline run instead")
    if parser.parse_args().profile:
        _say(hot_spots(FULL))
        return
    results = measure(FULL, lambda part: _say([f"measuring the {part} ..."], sys.stderr))
    _say([*table(results), "", f"{machine_line()}; {commit_line()}"])
    Path(RESULTS).write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")


def _say(lines: list[str], stream: TextIO = sys.stdout) -> None:
    stream.write("\n".join(lines) + "\n")
    stream.flush()


if __name__ == "__main__":
    main()
