"""`docktwin calibrate physics`: tables fitted to seeded picks by physics, their error, and a page that compares."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from scenarios.commands.options import whole_number
from scenarios.commands.places import check_folder
from scenarios.pool import Pool
from scenarios.report.calibration import CalibrationProgress, calibration_block, sentence
from scenarios.report.console import say
from sim.physics.calibration import SeededLoad, Seen, look
from sim.physics.calibration_fit import Calibration, calibrated
from sim.physics.parameters import Parameters
from sim.physics.tables import TableFile
from twin.clock import SystemClock
from twin.config import load_profile
from twin.errors import EXIT_PASSED, ConfigError, OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence

SEEDS, PICKS, CASES = 30, 8, 200
SEEDS_MAX, PICKS_MAX, CASES_MAX, WORKERS_MAX = 100_000, 1_000, 1_000, 256
SEEDS_MIN = 9
"""Three loads of each kind, of which one is held out."""
TABLES, PAGE = "tables.json", "comparison.html"


class CalibrateRequest(Struct, frozen=True, kw_only=True):
    """The options of `docktwin calibrate physics` as they were typed."""

    seeds: str | None = None
    picks: str | None = None
    cases: str | None = None
    out: Path | None = None
    workers: str | None = None

    def loads(self) -> list[SeededLoad]:
        """The loads to be picked from. Raises UsageError."""
        seeds = _number("--seeds", self.seeds, SEEDS, least=SEEDS_MIN, most=SEEDS_MAX)
        picks = _number("--picks", self.picks, PICKS, least=1, most=PICKS_MAX)
        cases = _number("--cases", self.cases, CASES, least=10, most=CASES_MAX)
        return [SeededLoad(seed=seed, cases_max=cases, picks=picks) for seed in range(1, seeds + 1)]

    def workers_for(self, loads: int) -> int:
        """How many processes. Raises UsageError."""
        cores = len(os.sched_getaffinity(0))
        return min(_number("--workers", self.workers, cores, least=1, most=WORKERS_MAX), loads)

    def folder(self) -> Path:
        """Where the files go; it is there then. Raises ConfigError."""
        folder = self.out or load_profile().runs_dir / "calibrate-physics"
        check_folder("--out", folder, TABLES, PAGE)
        return folder


def calibrate(request: CalibrateRequest) -> int:
    """Look, fit, write, tell; the exit status. Raises BadInputError before anything is run.

    Nothing is written before all is known: an interrupted campaign leaves the files of the last one as they were.
    """
    loads = request.loads()
    workers = request.workers_for(len(loads))
    if find_spec("pybullet") is None:
        msg = "got calibrate physics without the package pybullet, expected it installed; nothing was run"
        raise ConfigError(msg)
    folder = request.folder()
    clock = SystemClock()
    began_us = clock.steady_us()
    result = calibrated(_seen(loads, workers))
    took_us = clock.steady_us() - began_us
    files = [folder / TABLES, folder / PAGE]
    _write_whole(TableFile(tables=result.tables, evidence=_evidence(result, loads)), result, files)
    say(calibration_block(result, files, took_us=took_us), sys.stdout)
    return EXIT_PASSED


def _number(option: str, text: str | None, default: int, *, least: int, most: int) -> int:
    return default if text is None else whole_number(option, text, least=least, most=most)


def _seen(loads: list[SeededLoad], workers: int) -> list[Seen]:
    """What physics did, in the order of the seeds."""
    from sim.physics.bullet_physics import BulletPhysics  # noqa: PLC0415 - where PyBullet is absent, that is said in words

    seen: list[Seen] = []
    with CalibrationProgress(sys.stderr, loads=len(loads)) as tell, Pool(workers) as pool:
        for done, of_load in enumerate(pool.in_order(partial(look, physics=BulletPhysics()), loads), start=1):
            seen += of_load
            tell(done, len(seen))
    return seen


def _evidence(result: Calibration, loads: list[SeededLoad]) -> dict[str, object]:
    """What was counted and fitted, to which loads, and the physics of it."""
    from sim.physics.bullet import version  # noqa: PLC0415 - where PyBullet is absent, that is said in words

    counted: dict[str, object] = msgspec.to_builtins(result)
    del counted["tables"]
    first, last = loads[0], loads[-1]
    campaign = {"seeds": [first.seed, last.seed], "picks": first.picks, "cases": first.cases_max}
    physics = {"engine": version(), "parameters": msgspec.to_builtins(Parameters())}
    return {**counted, "campaign": campaign, "physics": physics}


def _write_page(result: Calibration, path: Path) -> None:
    # Plotly takes a while to import, and is needed when all else is done.
    from scenarios.report.calibration_figures import comparison  # noqa: PLC0415
    from scenarios.report.load_figures import write_page  # noqa: PLC0415

    write_page(comparison(result), path, title="What falls: physics against the tables", sentence=sentence(result))


def _write_whole(tables: TableFile, result: Calibration, files: Sequence[Path]) -> None:
    """Write the tables and the page, both or neither. Raises OutputError."""
    parts = [path.with_name(f".{path.name}.part") for path in files]
    try:
        parts[0].write_bytes(msgspec.json.format(msgspec.json.encode(tables), indent=1) + b"\n")
        _write_page(result, parts[1])
        for part, path in zip(parts, files, strict=True):
            part.replace(path)
    except OSError as error:
        msg = f"{files[0].parent} cannot be written: {error.strerror or error}"
        raise OutputError(msg, hint="Name another folder: --out") from error
    finally:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
