"""What was asked for on the command line, checked in our words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

from msgspec import Struct

from scenarios.report.commands import Invocation
from scenarios.schema import SEED_MAX, load_scenario
from twin.errors import UsageError

if TYPE_CHECKING:
    from scenarios.drivers import Driver
    from scenarios.model import Scenario
    from sim.plan import Fidelity

_WHOLE = re.compile(r"[0-9]{1,18}\Z")
_DRIVERS = ("inline", "lockstep")


class Known(TypedDict):
    """What is known of a run that gave no verdict."""

    scenario: str
    driver: str
    seed: int | None
    fidelity: str | None


class RunRequest(Struct, frozen=True, kw_only=True):
    """The options of `docktwin run` as they were typed."""

    scenario: str
    seed: str | None = None
    driver: str | None = None
    fidelity: str | None = None
    dock_planner: str | None = None
    unload_planner: str | None = None
    nats_url: str | None = None

    def the_driver(self) -> Driver:
        """Which driver is meant: a server implies lockstep.

        Raises UsageError.
        """
        if self.nats_url is not None and self.driver == "inline":
            msg = "got --nats-url and --driver inline, expected --driver lockstep; nothing was run"
            raise UsageError(msg, hint="Inline is one process and has no server.")
        return driver_of(self.driver or ("inline" if self.nats_url is None else "lockstep"))

    def the_seed(self) -> int | None:
        """The seed that was asked for. Raises UsageError."""
        return None if self.seed is None else whole_number("--seed", self.seed, least=0, most=SEED_MAX)

    def load(self) -> Scenario:
        """The scenario, with what was asked for. Raises BadInputError."""
        return load_scenario(
            self.scenario,
            seed=self.the_seed(),
            fidelity=cast("Fidelity | None", self.fidelity),
            dock_planner=self.dock_planner,
            unload_planner=self.unload_planner,
        )

    def known(self) -> Known:
        """What can be said of the run without its file."""
        is_seed = self.seed is not None and _WHOLE.match(self.seed)
        return Known(
            scenario=Path(self.scenario).stem,
            driver=self.driver or ("inline" if self.nats_url is None else "lockstep"),
            seed=int(self.seed) if self.seed is not None and is_seed else None,
            fidelity=self.fidelity,
        )

    def invocation(self, scenario: Scenario) -> Invocation:
        """The same request, to be typed again."""
        return Invocation(
            target=self.scenario,
            seed=scenario.day.seed,
            driver=self.the_driver(),
            fidelity=self.fidelity,
            dock_planner=self.dock_planner,
            unload_planner=self.unload_planner,
            nats_url=self.nats_url,
        )


def driver_of(text: str) -> Driver:
    """The driver of this name. Raises UsageError."""
    if text not in _DRIVERS:
        msg = f'--driver: got "{text}", expected one of {", ".join(_DRIVERS)}; nothing was run'
        raise UsageError(msg)
    return cast("Driver", text)


def whole_number(option: str, text: str, *, least: int, most: int) -> int:
    """The number that was typed. Raises UsageError."""
    if not _WHOLE.match(text) or not least <= int(text) <= most:
        msg = f'{option}: got "{text}", expected a whole number {least} to {most}; nothing was run'
        raise UsageError(msg)
    return int(text)
