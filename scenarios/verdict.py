"""The verdict of a run: what was expected, what came out, and all it takes to repeat it."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from scenarios import skips
from scenarios.checks import Judge
from scenarios.kpis import PEOPLE, percentile
from scenarios.results import ExpectationResult
from scenarios.window import Window
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scenarios.drivers import RunResult
    from scenarios.tally import Tally
    from twin.errors import DocktwinError
    from twin.run_control import Violation

Word = Literal["passed", "failed", "error"]
_LOCK_DIGITS = 16


class CaseCounts(Struct, frozen=True, kw_only=True):
    """Where the cases of the trailers that arrived went, by the messages of the whole day; they add up to `announced`.

    `to_come`: of trailers that have not departed. `over`: beyond what departed trailers had announced.
    """

    announced: int
    received: int
    manual: int
    damaged: int
    refused: int
    short: int
    to_come: int
    over: int


class ExceptionCounts(Struct, frozen=True, kw_only=True):
    """The exceptions of the whole day. `median_s`: from raised to resolved; None if none was."""

    raised: int
    resolved: int
    open: int
    by_rule: int
    by_people: int
    median_s: float | None
    by_type: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came out of a run. `as_json` gives what `--json` prints; `result` the log and the truth."""

    scenario: str
    seed: int
    version: str
    platform: Mapping[str, str | None]
    driver: str
    fidelity: str
    digest: str
    messages: int
    simulated_s: float
    wall_s: float
    verdict: Word
    expectations: tuple[ExpectationResult, ...]
    invariants_checked: int
    violations: tuple[Violation, ...]
    kpis: Mapping[str, float | None]
    exceptions: ExceptionCounts
    cases: CaseCounts
    result: RunResult = field(repr=False)

    @property
    def passed(self) -> bool:
        """Every expectation met and no invariant broken."""
        return self.verdict == "passed"

    @property
    def not_met(self) -> tuple[ExpectationResult, ...]:
        """The expectations that are not met, in the order of the file."""
        return tuple(e for e in self.expectations if not e.met)

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints and verdict.json holds."""
        content = {
            "scenario": self.scenario,
            "seed": self.seed,
            "version": self.version,
            "platform": dict(self.platform),
            "driver": self.driver,
            "fidelity": self.fidelity,
            "digest": self.digest,
            "messages": self.messages,
            "simulated_s": self.simulated_s,
            "wall_s": self.wall_s,
            "verdict": self.verdict,
            "expectations": [
                {**msgspec.to_builtins(expectation), "is_close": expectation.is_close}
                for expectation in self.expectations
            ],
            "invariants": {
                "checked": self.invariants_checked,
                "violations": self.violations,
            },
            "kpis": dict(self.kpis),
            "exceptions": self.exceptions,
            "skip_audit": skips.as_json(self.result.physics) if self.fidelity == "physics" else None,
        }
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
        return plain


def judge(result: RunResult) -> Verdict:
    """The verdict of a finished run."""
    scenario = result.scenario
    court = Judge(scenario, result)
    expectations = court.results()
    is_passed = all(e.met for e in expectations) and not result.violations
    return Verdict(
        scenario=scenario.name,
        seed=scenario.day.seed,
        version=version(),
        platform=this_platform(),
        driver=result.driver,
        fidelity=scenario.day.fidelity,
        digest=result.digest,
        messages=len(result.deliveries),
        simulated_s=(result.end_us - result.start_us) / US_PER_S,
        wall_s=result.wall_s,
        verdict="passed" if is_passed else "failed",
        expectations=expectations,
        invariants_checked=result.inputs_checked,
        violations=tuple(result.violations),
        kpis=court.kpis,
        exceptions=_exceptions(court.tally),
        cases=_cases(court.tally),
        result=result,
    )


def error_object(
    error: DocktwinError,
    *,
    scenario: str | None = None,
    driver: str | None = None,
    seed: int | None = None,
    fidelity: str | None = None,
) -> dict[str, Any]:
    """What `--json` prints of a run that gave no verdict: the same keys, null where nothing is known, and `error`."""
    return {
        "scenario": scenario,
        "seed": seed,
        "version": version(),
        "platform": dict(this_platform()),
        "driver": driver,
        "fidelity": fidelity,
        "digest": None,
        "messages": None,
        "simulated_s": None,
        "wall_s": None,
        "verdict": "error",
        "expectations": [],
        "invariants": {"checked": None, "violations": []},
        "kpis": {},
        "exceptions": {},
        "skip_audit": None,
        "error": {"code": error.code, "message": error.message, "hint": error.hint},
    }


def version() -> str:
    """The version of docktwin."""
    return version_of("docktwin")


@lru_cache(maxsize=1)
def this_platform() -> Mapping[str, str | None]:
    """What decides whether another machine gives the same digest.

    None where there is none: `pybullet` if it is not installed, `lock` without a requirements.lock.
    """
    lock = Path(__file__).parent.parent / "requirements.lock"
    return {
        "os": platform.system(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "numpy": version_of("numpy"),
        "pybullet": _pybullet(),
        "lock": hashlib.sha256(lock.read_bytes()).hexdigest()[:_LOCK_DIGITS] if lock.is_file() else None,
    }


def _pybullet() -> str | None:
    try:
        return version_of("pybullet")
    except PackageNotFoundError:
        return None


def _exceptions(tally: Tally) -> ExceptionCounts:
    known = list(tally.exceptions.values())
    resolved = [e for e in known if e.resolved_us is not None]
    spans = [e.resolved_us - e.raised_us for e in resolved if e.resolved_us is not None and e.raised_us is not None]
    median_us = percentile(spans, 0.5)
    return ExceptionCounts(
        raised=len(known),
        resolved=len(resolved),
        open=len(known) - len(resolved),
        by_rule=sum(e.by == "rule" for e in resolved),
        by_people=sum(e.by in PEOPLE for e in resolved),
        median_s=None if median_us is None else median_us / US_PER_S,
        by_type=dict(sorted(Counter(e.exception_type for e in known).items())),
    )


def _cases(tally: Tally) -> CaseCounts:
    day = Window(tally)
    outcomes = Counter(outcome.outcome for outcome in tally.accounted().values())
    received = outcomes["received"] + sum(cases for _, _, cases in tally.counted)
    announced = sum(t.announced_cases for t in tally.trailers.values() if t.arrived_us is not None)
    accounted = received + outcomes["manual"] + outcomes["damaged"] + outcomes["refused"]
    short = day.short() or 0
    return CaseCounts(
        announced=announced,
        received=received,
        manual=outcomes["manual"],
        damaged=outcomes["damaged"],
        refused=outcomes["refused"],
        short=short,
        to_come=max(0, announced - accounted - short),
        over=max(0, accounted + short - announced),
    )
