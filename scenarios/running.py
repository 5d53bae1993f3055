"""From a scenario's name to its verdict, in one call: what notebooks, the command and the suite share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from scenarios.drivers import Driver, run_scenario
from scenarios.means import means_for
from scenarios.model import Scenario
from scenarios.report.files import check_can_write, write_files
from scenarios.schema import load_scenario
from scenarios.verdict import Verdict, judge
from twin.errors import ConfigError
from twin.run_control import HANG_GUARD_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.run_log import Progress
    from sim.physics.choose import Means
    from sim.plan import Fidelity


def run(
    scenario: str | Path | Scenario,
    *,
    seed: int | None = None,
    driver: Driver = "inline",
    dock_planner: str | None = None,
    unload_planner: str | None = None,
    fidelity: Fidelity | None = None,
    out: str | Path | None = None,
    workers: int = 0,
) -> Verdict:
    """The verdict of one run of a scenario: a name of the library, a path, or one that is loaded (then taken as it is).

    None leaves what the scenario says. `out`: a folder for verdict, recording and tables. `workers`: so many processes
    compute physics beside this one. A scenario that fails is a verdict, not an exception. Raises BadInputError if it
    cannot be run as asked, TransportError or another DocktwinError if the run breaks.
    """
    if not isinstance(scenario, Scenario):
        scenario = load_scenario(
            scenario, seed=seed, fidelity=fidelity, dock_planner=dock_planner, unload_planner=unload_planner
        )
    means = means_for(scenario.day.fidelity, workers=workers)
    return run_loaded(scenario, driver=driver, out=None if out is None else Path(out), means=means)


def run_loaded(
    scenario: Scenario,
    *,
    driver: Driver = "inline",
    nats_url: str | None = None,
    hang_guard_s: float = HANG_GUARD_S,
    out: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    means: Means | None = None,
) -> Verdict:
    """The verdict of one run of a loaded scenario; `progress` is told now and then how far it is.

    `means`: what it may use of this machine; None: the cache, as the profile says, and no other process. Raises as
    `run`.
    """
    if driver not in get_args(Driver):
        msg = f'driver: got "{driver}", expected one of {", ".join(get_args(Driver))}; nothing was run'
        raise ConfigError(msg)
    if out is not None:
        check_can_write(out)
    verdict = judge(
        run_scenario(
            scenario,
            driver=driver,
            nats_url=nats_url,
            hang_guard_s=hang_guard_s,
            progress=progress,
            means=means or means_for(scenario.day.fidelity),
        )
    )
    if out is not None:
        write_files(verdict, out)
    return verdict
