"""`python -m tests.perf.physics agreement|skips|report`: campaigns of up to an hour, which go on where they were.

Results and tables are kept in runs/physics. `report` makes docs/results/physics.md of the tables, and measures nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from tests.perf.machine import commit_line, machine_line
from tests.perf.physics import agreement, loads, report, skips
from tests.perf.physics.kept import FOLDER

PAGE = Path(__file__).resolve().parents[3] / "docs/results/physics.md"
_AGREEMENT, _SKIPS = FOLDER / "agreement.md", FOLDER / "skips.md"
_HEAD = """\
# The physics against what it stands for

Written by `.venv/bin/python -m tests.perf.physics report` of what the campaigns of `make bench` found; nothing here is
typed.
"""


def main() -> None:
    """Run a campaign and print its table, or write the page of both."""
    parser = argparse.ArgumentParser(prog="python -m tests.perf.physics", description=__doc__)
    parser.add_argument("part", choices=["agreement", "skips", "report"])
    parser.add_argument("--pulls", type=int, help="about so many pulls in all")
    parser.add_argument("--loads", type=int, help="unload only the first so many loads")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    machine = f"Measured on {machine_line()}; {commit_line()}"
    if asked.part == "report":
        PAGE.write_text("\n".join([_HEAD, *(part.read_text() for part in (_AGREEMENT, _SKIPS))]), encoding="utf-8")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    if asked.part == "agreement":
        plan = agreement.Plan()
        if asked.pulls is not None:
            each = plan.pulls_a_load * len(loads.KINDS)
            plan = plan._replace(loads_a_kind=max(min(asked.pulls // each, plan.loads_a_kind), 1))
        for pulls in agreement.campaign(plan, workers=asked.workers, tell=_tell):
            _AGREEMENT.write_text(report.agreement_part(pulls, machine), encoding="utf-8")
        sys.stdout.write(_AGREEMENT.read_text())
    else:
        for unloaded in skips.campaign(skips.TRIALS[: asked.loads], workers=asked.workers, tell=_tell):
            _SKIPS.write_text(report.skips_part(unloaded, machine), encoding="utf-8")
        sys.stdout.write(_SKIPS.read_text())


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
