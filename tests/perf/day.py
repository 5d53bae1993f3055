"""The rows of a whole day: its speed against real time, and the memory it takes.

`python -m tests.perf.day SCENARIO` runs the scenario inline in this process, judges it, writes its files as
`docktwin run` does, and prints what that took as JSON. The rows come from such a process: memory that another part of
the benchmark has held is not counted.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from scenarios.running import run
from tests.perf.rows import Measured, measured

if TYPE_CHECKING:
    from tests.perf.days import Size

_PEAK = "VmHWM:"


class Day(Struct, frozen=True, kw_only=True):
    """What a day took."""

    name: str
    passed: bool
    trailers: int
    messages: int
    simulated_s: float
    wall_s: float
    cpu_s: float
    peak_mib: float


def run_day(name: str) -> Day:
    """Run it in this process, from the file of the scenario to the files of the run."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(prefix="docktwin-bench-") as folder:
        verdict = run(name, out=folder)
    return Day(
        name=verdict.scenario,
        passed=verdict.passed,
        trailers=len(verdict.result.truth.trailers),
        messages=verdict.messages,
        simulated_s=verdict.simulated_s,
        wall_s=time.perf_counter() - began_s,
        cpu_s=time.process_time() - began_cpu_s,
        peak_mib=peak_mib(),
    )


def peak_mib() -> float:
    """Of this program alone: what getrusage tells may be of the process that started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(_PEAK)) / 1024


def day_rows(size: Size) -> dict[str, Measured]:
    """Both rows, of one run."""
    command = [sys.executable, "-m", "tests.perf.day", size.day_scenario]
    day = msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout, type=Day)
    assert day.passed, f"{day.name} passes: it is the whole day that is measured"
    return {
        "day_speed": measured(
            "day_speed",
            day.simulated_s / day.wall_s,
            f"{day.name}, {day.trailers} trailers, {day.messages:,} messages, {day.simulated_s:,.0f} s in "
            f"{day.wall_s:.1f} s of wall time, {day.cpu_s:.1f} s of CPU; loading, verdict and files included",
        ),
        "day_memory_mib": measured("day_memory_mib", day.peak_mib, f"{day.name}, the verdict and its files included"),
    }


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(run_day(sys.argv[1])).decode() + "\n")
