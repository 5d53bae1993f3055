"""How the stories in code are told: a day as a scenario, its backend looked into more closely than a user's."""

from __future__ import annotations

from scenarios.drivers import Oversight, run_scenario
from scenarios.schema import scenario_from_text
from scenarios.verdict import Verdict, judge

CLOSELY = Oversight(recheck_every=1)
"""As the library is when bugs are planted: no input leaves anything undone."""


def told(day: str, name: str, *, seed: int | None = None, oversight: Oversight = CLOSELY) -> Verdict:
    """The verdict of a day that is written as a scenario; `name`: of its file, if it had one."""
    return judge(run_scenario(scenario_from_text(day, f"{name}.yaml", seed=seed), oversight=oversight))
