"""The recording row: what `--out` costs a message."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scenarios.drivers import run_scenario
from scenarios.report.files import _write_recording
from scenarios.schema import load_scenario
from scenarios.verdict import judge
from tests.perf.rows import Measured, measured
from tests.perf.stopwatch import cpu_us, in_turns
from twin.journal.reading import digest_of

if TYPE_CHECKING:
    from tests.perf.days import Size


def recording_rows(size: Size) -> dict[str, Measured]:
    """The one row; what was written is read again and holds the digest."""
    verdict = judge(run_scenario(load_scenario(size.lockstep_scenario)))
    with tempfile.TemporaryDirectory(prefix="docktwin-bench-") as folder:
        path = Path(folder) / "run.mcap"
        us = in_turns({"write": lambda: cpu_us(lambda: _write_recording(verdict, path))}, repeats=size.repeats)
        assert digest_of(path).recomputed == verdict.digest, "all of the run is in the file"
        size_bytes = path.stat().st_size
    return {
        "recording_us_per_message": measured(
            "recording_us_per_message",
            us["write"] / verdict.messages,
            f"{verdict.scenario}, {verdict.messages:,} messages and the inputs, {size_bytes / verdict.messages:.0f} "
            "bytes a message",
        )
    }
