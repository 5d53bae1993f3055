"""Baselines: the KPIs of a scenario as a person has reviewed them, one file a scenario, and what differs from them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from scenarios.kpis import BY_NAME, KPIS
from scenarios.tolerance import Tolerance, tolerance_of
from twin.errors import BadInputError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DECIMALS = 6
SUFFIX = ".json"
Word = Literal["same", "within", "beyond", "absent", "of_another_run"]


class _EntryFile(Struct, frozen=True, forbid_unknown_fields=True):
    value: float | None
    tolerance: str | float


class _BaselineFile(Struct, frozen=True, forbid_unknown_fields=True):
    scenario: str
    seed: int
    fidelity: str
    digest: str
    kpis: dict[str, _EntryFile]


class Figure(Struct, frozen=True, kw_only=True):
    """A reviewed value, and how far another may be from it."""

    value: float | None
    tolerance: Tolerance


class Baseline(Struct, frozen=True, kw_only=True):
    """The KPIs of one run of a scenario, by name. `digest`: of its messages, for information."""

    scenario: str
    seed: int
    fidelity: str
    digest: str
    kpis: dict[str, Figure]


class Change(Struct, frozen=True, kw_only=True):
    """One KPI that is not what it was. `verdict` new: the baseline does not know it; gone: we do not."""

    kpi: str
    baseline: float | None
    now: float | None
    tolerance: str
    verdict: Literal["beyond", "within", "new", "gone"]

    @property
    def is_asked(self) -> bool:
        """Whether a person has to say that it is as it should be."""
        return self.verdict != "within"


class Comparison(Struct, frozen=True, kw_only=True):
    """One run against its baseline. `is_other_digest`: its messages are not those of then.

    `word` absent: there is no baseline; of_another_run: it is of another seed or fidelity (`detail` says which).
    """

    scenario: str
    seed: int
    word: Word
    changes: tuple[Change, ...] = ()
    is_other_digest: bool = False
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing changed beyond its tolerance."""
        return self.word in {"same", "within"}

    @property
    def beyond(self) -> tuple[Change, ...]:
        """The changes that a person is asked about."""
        return tuple(change for change in self.changes if change.is_asked)


def file_of(folder: Path, scenario: str) -> Path:
    """Where the baseline of a scenario lies."""
    return folder / f"{scenario}{SUFFIX}"


def read_baselines(folder: Path, scenarios: Iterable[str], *, may_be_new: bool) -> dict[str, Baseline]:
    """The baselines of these scenarios, as far as there are any.

    Raises BadInputError for a folder that is none (unless it `may_be_new`) and for a file that is no baseline.
    """
    if folder.exists() and not folder.is_dir():
        msg = f"--baseline {folder}: got a file, expected a folder; nothing was run"
        raise BadInputError(msg)
    if not folder.exists() and not may_be_new:
        msg = f"--baseline {folder}: got no such folder, expected one that holds baselines; nothing was run"
        raise BadInputError(msg, hint="Write the first ones with --update, then read them.")
    return {name: read_baseline(path) for name in scenarios if (path := file_of(folder, name)).is_file()}


def unused_in(folder: Path, scenarios: Iterable[str]) -> list[str]:
    """The names of those baselines of a folder that are of none of these scenarios, in order."""
    return sorted({path.stem for path in folder.glob(f"*{SUFFIX}")} - set(scenarios))


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises BadInputError."""
    try:
        file = msgspec.json.decode(path.read_bytes(), type=_BaselineFile)
        kpis = {name: _figure(name, entry) for name, entry in file.kpis.items()}
    except (OSError, ValueError) as error:  # msgspec's are ValueErrors
        said = error.strerror if isinstance(error, OSError) else str(error)
        msg = f"{path}: got no baseline ({said}); nothing was run"
        raise BadInputError(msg, hint="Delete it and write it anew with --update, or mend it.") from error
    if file.scenario != path.stem:
        msg = f'{path}: got a baseline of "{file.scenario}", expected one of "{path.stem}"; nothing was run'
        raise BadInputError(msg)
    return Baseline(scenario=file.scenario, seed=file.seed, fidelity=file.fidelity, digest=file.digest, kpis=kpis)


def _figure(name: str, entry: _EntryFile) -> Figure:
    try:
        return Figure(value=entry.value, tolerance=tolerance_of(entry.tolerance))
    except ValueError as error:
        msg = f"kpis.{name}.tolerance: {error}"
        raise ValueError(msg) from error


def compare(baseline: Baseline | None, run: Mapping[str, Any]) -> Comparison:
    """One run, as the object of its verdict, against its baseline."""
    scenario, seed = run["scenario"], run["seed"]
    if baseline is None:
        return Comparison(scenario=scenario, seed=seed, word="absent")
    for what in ("seed", "fidelity"):
        was = getattr(baseline, what)
        if run[what] != was:
            detail = f"the baseline is of {what} {was}, this run of {what} {run[what]}"
            return Comparison(scenario=scenario, seed=seed, word="of_another_run", detail=detail)
    changes = tuple(_changes(baseline.kpis, run["kpis"]))
    word: Word = "beyond" if any(change.is_asked for change in changes) else "within" if changes else "same"
    is_other_digest = run["digest"] != baseline.digest
    return Comparison(scenario=scenario, seed=seed, word=word, changes=changes, is_other_digest=is_other_digest)


def _changes(reviewed: Mapping[str, Figure], now: Mapping[str, float | None]) -> Iterable[Change]:
    for kpi in KPIS:
        value = _rounded(now.get(kpi.name))
        was = reviewed.get(kpi.name)
        if was is None:
            yield Change(kpi=kpi.name, baseline=None, now=value, tolerance=str(kpi.tolerance), verdict="new")
        elif value != was.value:
            verdict: Literal["within", "beyond"] = "within" if was.tolerance.allows(was.value, value) else "beyond"
            yield Change(kpi=kpi.name, baseline=was.value, now=value, tolerance=str(was.tolerance), verdict=verdict)
    for name, was in reviewed.items():
        if name not in BY_NAME:
            yield Change(kpi=name, baseline=was.value, now=None, tolerance=str(was.tolerance), verdict="gone")


def updated(baseline: Baseline | None, run: Mapping[str, Any]) -> Baseline:
    """The baseline that this run would be; tolerances that were given stay."""
    before = baseline.kpis if baseline is not None else {}
    kpis = {
        kpi.name: Figure(
            value=_rounded(run["kpis"].get(kpi.name)),
            tolerance=before[kpi.name].tolerance if kpi.name in before else kpi.tolerance,
        )
        for kpi in KPIS
    }
    return Baseline(
        scenario=run["scenario"], seed=run["seed"], fidelity=run["fidelity"], digest=run["digest"], kpis=kpis
    )


def _rounded(value: float | None) -> float | None:
    if value is None:
        return None
    rounded = round(value, _DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded


def as_text(baseline: Baseline) -> str:
    """The file of a baseline: one line a KPI, in the order of `docs/kpis.md`; the same bytes for the same figures."""
    head = {name: getattr(baseline, name) for name in ("scenario", "seed", "fidelity", "digest")}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    entries = {name: {"value": it.value, "tolerance": it.tolerance.as_written()} for name, it in baseline.kpis.items()}
    figures = [f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items()]
    return "\n".join(["{", *lines, '  "kpis": {', ",\n".join(figures), "  }", "}", ""])


def write_baseline(folder: Path, baseline: Baseline) -> bool:
    """Write it if its file would change; whether it did. Raises ConfigError."""
    path = file_of(folder, baseline.scenario)
    text = as_text(baseline)
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105 - the one that is atomic by its documentation
    except OSError as error:
        msg = f"{path}: the baseline cannot be written: {error.strerror or error}"
        raise ConfigError(msg, hint="Choose another folder with --baseline.") from error
    return True
