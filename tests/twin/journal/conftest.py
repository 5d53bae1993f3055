from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.twin.journal.runs import SENT, Record, run_header
from twin.journal.digest import RunDigest
from twin.journal.recording import RecordingWriter


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """Writes a finished recording of what was sent, stamped with its true digest."""

    def write(name: str, sent: Iterable[SENT], *, driver: str = "inline") -> Path:
        digest = RunDigest()
        with RecordingWriter(tmp_path / name) as recording:
            recording.header(run_header(driver))
            for number, (subject, payload, at_us) in enumerate(sent):
                recording.message(subject, payload, at_us)
                recording.inputs([(at_us, "message", f"m-{number}"), (at_us + 1, "timer", "watch/r0")])
                digest.update(payload + b"\n", [at_us])
            recording.finish(digest=digest.hexdigest())
        return tmp_path / name

    return write
