"""What the pytest plugin collects; imported with the first scenario, so that other tests need no simulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rich.text import Text

from scenarios.report.commands import Invocation
from scenarios.report.errors import error_block
from scenarios.report.terminal import verdict_block
from scenarios.running import run_loaded
from scenarios.schema import load_scenario
from twin.errors import DataAbsentError, DocktwinError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from _pytest._code.code import TerminalRepr

    from scenarios.verdict import Verdict


class NotPassedError(Exception):
    """A scenario failed; its last block says why."""

    def __init__(self, verdict: Verdict, invocation: Invocation) -> None:
        super().__init__(f"{verdict.scenario}, seed {verdict.seed}: {verdict.verdict}")
        self.verdict = verdict
        self.invocation = invocation


class ScenarioCollector(pytest.File):
    """A scenario file: one item."""

    def collect(self) -> Iterable[ScenarioItem]:
        """The scenario, if the file has no mistake."""
        load_scenario(self.path)
        yield ScenarioItem.from_parent(self, name=self.path.stem)

    def repr_failure(  # type: ignore[override] # pytest's own narrows it too
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        """The mistakes of the file, without a trace."""
        return _told(excinfo.value) or super().repr_failure(excinfo)


class ScenarioItem(pytest.Item):
    """One run of a scenario with its own seed."""

    def runtest(self) -> None:
        """Run and judge it; skipped where its outside data are absent."""
        scenario = load_scenario(self.path)
        driver = self.config.getoption("--docktwin-driver")
        try:
            verdict = run_loaded(scenario, driver=driver)
        except DataAbsentError as error:
            pytest.skip(f"{error.message}; {error.hint}")
        if not verdict.passed:
            target = scenario.path
            raise NotPassedError(verdict, Invocation(target=target, seed=verdict.seed, driver=driver))

    def repr_failure(
        self,
        excinfo: pytest.ExceptionInfo[BaseException],
        style: Any = None,  # noqa: ANN401 - pytest names it nowhere public
    ) -> str | TerminalRepr:
        """Our last block; a trace only for a bug."""
        return _told(excinfo.value) or super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it lies and what it is called."""
        return self.path, 0, f"scenario {self.name}"


def _told(error: BaseException) -> str:
    lines: list[Text] = []
    if isinstance(error, NotPassedError):
        lines = verdict_block(error.verdict, error.invocation, files=None)
    elif isinstance(error, DocktwinError):
        lines = error_block(error)
    return "\n".join(line.plain for line in lines)
