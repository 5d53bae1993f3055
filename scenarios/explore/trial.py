"""One run of a candidate: what of it failed, if anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from scenarios.bugs import name_of, words_of
from scenarios.checks import Judge
from scenarios.drivers import Oversight, run_scenario
from scenarios.explore.candidate import calm, fault_count
from scenarios.explore.document import Document, written
from scenarios.means import means_for
from scenarios.schema import scenario_from_text
from twin.errors import BadInputError

if TYPE_CHECKING:
    from scenarios.drivers import RunResult
    from scenarios.model import Scenario
    from scenarios.results import ExpectationResult

INVARIANT, EXPECTATION, ERROR = "invariant", "expectation", "error"
CLOSELY = Oversight(recheck_every=7)
"""A run is half as long again."""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that failed. `name` tells it from others: an invariant, an expectation's words, an error and its place.

    `at_us`: when it broke, where that is one instant.
    """

    what: str
    name: str
    sentence: str
    at_us: int | None = None

    @property
    def signature(self) -> tuple[str, str]:
        """The same of two runs: they fail alike."""
        return self.what, self.name


class Report(Struct, frozen=True, kw_only=True):
    """What became of a run: findings, the gravest first; or the mistake for which there was nothing to run.

    `end_us`: of the run; of one that broke off, when it was to end. `calm_end_us`: without its faults,
    if it was run so. `digest`: of the messages of a run that came to its end.
    """

    findings: tuple[Finding, ...] = ()
    mistake: str | None = None
    end_us: int = 0
    calm_end_us: int | None = None
    digest: str = ""

    @property
    def runs(self) -> int:
        """How many it took."""
        return (self.mistake is None) + (self.calm_end_us is not None)

    def has(self, signature: tuple[str, str]) -> bool:
        """Whether this is among what failed."""
        return any(finding.signature == signature for finding in self.findings)


def loaded(document: Document, path: str) -> Scenario:
    """The scenario a document says; what is written is what is run. Raises ScenarioError."""
    return scenario_from_text(written(document), path)


def tried(document: Document, path: str) -> Report:
    """Run it, inline and without files. An exception in the run is a finding, one before it is no scenario."""
    try:
        scenario = loaded(document, path)
    except BadInputError as error:
        return Report(mistake=str(error))
    try:
        result = run_scenario(scenario, oversight=CLOSELY, means=means_for(scenario.day.fidelity))
    except Exception as error:  # noqa: BLE001 - whatever is raised is what we look for
        return Report(findings=(_raised(error),), end_us=scenario.day.until_us)
    return reported(scenario, result)


def of_faults(report: Report, document: Document, path: str) -> Report:
    """The report without the promises that the candidate does not keep without its faults either: it is run so too.

    That a trailer is not gone by the end is no failure of a dock where it could not be.
    """
    if not fault_count(document):
        return report
    quiet = tried(calm(document), path)
    kept = tuple(it for it in report.findings if it.what != EXPECTATION or not quiet.has(it.signature))
    return replace(report, findings=kept, calm_end_us=quiet.end_us)


def reported(scenario: Scenario, result: RunResult) -> Report:
    """What failed in a run that came to its end: broken invariants first, in the order in which they broke."""
    broken: dict[str, Finding] = {}
    for v in result.violations:
        finding = Finding(what=INVARIANT, name=v.code, sentence=f"{v.entity}: {v.detail}", at_us=v.at_us)
        broken.setdefault(v.code, finding)
    unmet = [_unmet(e) for e in Judge(scenario, result).results() if not e.met]
    findings = sorted(broken.values(), key=lambda finding: finding.at_us or 0)
    return Report(findings=(*findings, *unmet), end_us=result.end_us, digest=result.digest)


def _unmet(expectation: ExpectationResult) -> Finding:
    failure = expectation.failure
    told = f"expected {failure.expected}, got {failure.got}" if failure is not None else f"got {expectation.got}"
    return Finding(what=EXPECTATION, name=expectation.name, sentence=told)


def _raised(error: Exception) -> Finding:
    return Finding(what=ERROR, name=name_of(error), sentence=words_of(error))
