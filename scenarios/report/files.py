"""The files of a run: verdict, recording, and the simulator's truth as two tables."""

from __future__ import annotations

import csv
import heapq
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from scenarios.skips import SKIPS_FILE, write_skips
from twin.clock import US_PER_S
from twin.errors import ConfigError
from twin.ids import parse_source
from twin.journal.recording import RecordingWriter, RunHeader
from twin.messages import codec
from twin.subjects import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scenarios.drivers import RunResult
    from scenarios.verdict import Verdict

VERDICT_FILE = "verdict.json"
RECORDING_FILE = "run.mcap"
TRAILERS_FILE = "trailers.csv"
CASES_FILE = "cases.csv"
FILES = (VERDICT_FILE, RECORDING_FILE, TRAILERS_FILE, CASES_FILE)
"""Those of every run."""

TRAILER_COLUMNS = (
    "trailer_id",
    "door_id",
    "arrived_s",
    "docked_s",
    "unload_started_s",
    "unload_finished_s",
    "released_s",
    "departed_s",
    "cases",
)
CASE_COLUMNS = ("case_id", "trailer_id", "manifest_line", "label", "weight_kg", "fault", "outcome", "picked_s")


def files_of(verdict: Verdict) -> tuple[str, ...]:
    """The names of the files of this run."""
    return (*FILES, SKIPS_FILE) if verdict.result.physics.missed else FILES


def check_can_write(out: Path) -> None:
    """Refuse a folder that holds something other than a run of ours, before anything is run.

    Raises ConfigError.
    """
    with _told(out):
        is_there = out.exists()
        above = next(folder for folder in out.absolute().parents if folder.exists())
        ours = {*FILES, SKIPS_FILE}
        foreign = sorted(path.name for path in out.iterdir() if path.name not in ours) if out.is_dir() else []
    if is_there and not out.is_dir():
        msg = f"--out {out}: got a file, expected a folder; nothing was written"
        raise ConfigError(msg)
    if not above.is_dir():
        msg = f"--out {out}: got a path below the file {above}, expected one below a folder; nothing was written"
        raise ConfigError(msg)
    if not os.access(above, os.W_OK | os.X_OK):
        msg = f"--out {out}: got a place in {above} that cannot be written, expected one that can; nothing was written"
        raise ConfigError(msg, hint="Choose another folder with --out.")
    if foreign:
        expected = "expected an empty one or that of an earlier run; nothing was written"
        msg = f"--out {out}: got a folder that holds {foreign[0]}, {expected}"
        raise ConfigError(msg, hint="It would be replaced as a whole. Choose another folder.")


def write_files(verdict: Verdict, out: Path) -> None:
    """Write all files of the run into the folder `out`, which then holds all of them and nothing else.

    They are written beside it and moved at the end, so that an interrupted run leaves what was there before.
    Raises ConfigError if the folder is not ours or cannot be written.
    """
    check_can_write(out)
    with _told(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
        try:
            part.chmod(0o755)  # mkdtemp makes it private
            _write_verdict(verdict, part / VERDICT_FILE)
            _write_recording(verdict, part / RECORDING_FILE)
            _write_trailers(verdict.result, part / TRAILERS_FILE)
            _write_cases(verdict.result, part / CASES_FILE)
            if verdict.result.physics.missed:
                write_skips(verdict.result, part / SKIPS_FILE)
            if out.exists():
                shutil.rmtree(out)
            part.rename(out)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


@contextmanager
def _told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"{out}: the files of the run cannot be written: {error.strerror or error}"
        raise ConfigError(msg, hint="Choose another folder with --out.") from error


def _write_verdict(verdict: Verdict, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(verdict.as_json()), indent=2) + b"\n")


def _write_recording(verdict: Verdict, path: Path) -> None:
    result = verdict.result
    scenario = result.scenario
    platform = verdict.platform
    header = RunHeader(
        scenario=scenario.name,
        scenario_text=scenario.text,
        seed=verdict.seed,
        driver=verdict.driver,
        fidelity=verdict.fidelity,
        platform=f"{platform['os']} {platform['arch']}",
        versions={
            "docktwin": verdict.version,
            **{name: platform[name] or "not known" for name in ("python", "numpy", "lock")},
            "pybullet": platform["pybullet"] or "not there",
        },
        options={"dock_planner": scenario.dock_planner, "unload_planner": scenario.unload_planner},
    )
    with RecordingWriter(path) as recording:
        recording.header(header)
        for at_us, message in result.deliveries:
            subject = subject_of(message)
            recording.message(subject, codec.encode(message), at_us)
        recording.inputs(core_inputs(result))
        recording.finish(digest=verdict.digest)


def core_inputs(result: RunResult) -> Iterable[tuple[int, str, str]]:
    """What the core handled, in applied order: what others published, and at each instant afterwards its timers."""
    heard = (
        (at_us, "message", message.id)
        for at_us, message in result.deliveries
        if parse_source(message.source)[1].kind != "backend"
    )
    timers = ((at_us, "timer", name) for at_us, name in result.timers)
    return heapq.merge(heard, timers, key=lambda entry: entry[0])


def _write_trailers(result: RunResult, path: Path) -> None:
    def seconds(at_us: int | None) -> str:
        return _seconds(at_us, result.start_us)

    _write_table(
        path,
        TRAILER_COLUMNS,
        (
            (
                row.trailer_id,
                row.door_id or "",
                seconds(row.arrived_us),
                seconds(row.docked_us),
                seconds(row.unload_started_us),
                seconds(row.unload_finished_us),
                seconds(row.released_us),
                seconds(row.departed_us),
                row.cases,
            )
            for row in result.truth.trailers
        ),
    )


def _write_cases(result: RunResult, path: Path) -> None:
    _write_table(
        path,
        CASE_COLUMNS,
        (
            (
                row.case_id,
                row.trailer_id,
                row.manifest_line or "",
                row.label,
                row.weight_kg,
                row.fault,
                row.outcome,
                _seconds(row.picked_us, result.start_us),
            )
            for row in result.truth.cases
        ),
    )


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _seconds(at_us: int | None, start_us: int) -> str:
    """Seconds since the scenario's start, six decimals, from integers alone; empty if it did not happen.

    >>> _seconds(1_500_000, 0), _seconds(-1, 0), _seconds(None, 0)
    ('1.500000', '-0.000001', '')
    """
    if at_us is None:
        return ""
    since = at_us - start_us
    sign = "-" if since < 0 else ""
    return f"{sign}{abs(since) // US_PER_S}.{abs(since) % US_PER_S:06d}"
