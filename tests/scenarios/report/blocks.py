"""The blocks that the golden files hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

import msgspec

from scenarios.baselines import Change, Comparison
from scenarios.kpis import BY_NAME
from scenarios.model import EveryCase, EveryTrailer, KpiBound, MessagePattern, Never
from scenarios.replications import replications_of
from scenarios.report.baselines import baseline_block
from scenarios.report.commands import Invocation
from scenarios.report.errors import error_block
from scenarios.report.files import FILES
from scenarios.report.replications import replications_block
from scenarios.report.suite import suite_block
from scenarios.report.terminal import verdict_block
from scenarios.suite import Job, Outcome
from scenarios.verdict import Verdict, judge
from sim.plan import Action, Trigger
from tests.scenarios.plans import HandmadeRun, at, scenario, truth
from tests.scenarios.story import Story
from twin.errors import BusConnectError, ScenarioError
from twin.mistakes import Mistake
from twin.run_control import Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text

ASKED = Invocation(target="small_day", seed=7)


def a_day() -> Story:
    """Three cases, a robot that is lost for a while, one trailer that departs at 06:58:20."""
    story = Story()
    story.announced(0, "t-1", cases=3, due_s=3600)
    story.factsheet(0, "r1")
    story.arrived(60, "t-1")
    story.docked(180, "t-1")
    story.started(300, "r1", "t-1")
    placed = ""
    for n in (1, 2, 3):
        picked = story.picked(300 + n * 10, "r1", "t-1", f"t-1-c{n}")
        placed = story.placed(305 + n * 10, "r1", "t-1", f"t-1-c{n}", cause=picked)
        story.identified(320 + n * 10, "t-1", f"t-1-c{n}", cause=placed)
    lost = story.raised(500, "x1", "robot_lost", cause=placed)
    resolved = story.resolved(522, "x1", "robot_lost", "floor", cause=lost)
    story.finished(900, "r1", "t-1", cases=3)
    story.departed(3500, "t-1", cause=resolved)
    return story


def a_verdict(
    *, by_s: float = 4000.0, violations: list[Violation] | None = None, story: Story | None = None
) -> Verdict:
    day = scenario(
        ("every trailer departed", EveryTrailer(by_us=at(by_s))),
        ("no trailer departs after its free time", EveryTrailer(departed="before_due")),
        ("every case in exactly one place", EveryCase()),
        (
            "turn-around, 90th percentile, of all trailers of this small day",
            KpiBound(kpi="turnaround_min_p90", at_most=58),
        ),
        ("no case is dropped", Never(message=MessagePattern(type="case.dropped.v1"))),
        due_s={"t-1": 3600},
        timeline=(Action(trigger=Trigger(at_us=at(400)), fault="robot_silent", entity="robot/r1", line=61),),
    )
    run = HandmadeRun(
        scenario=day,
        deliveries=(story or a_day()).log,
        truth=truth({"c1": "received", "c2": "received", "c3": "received"}),
        violations=violations or [],
    )
    return judge(run)  # type: ignore[arg-type] # it has the attributes of a RunResult


def _block(verdict: Verdict, *, is_verbose: bool = False) -> list[Text]:
    with (
        mock.patch("shutil.which", return_value="/usr/bin/docktwin"),
        mock.patch("scenarios.report.terminal.INVARIANTS", range(31)),  # their number is no matter of layout
    ):
        return verdict_block(verdict, ASKED, files=("runs/small_day-7", FILES), is_verbose=is_verbose)


def passed() -> list[Text]:
    return _block(a_verdict())


def passed_verbose() -> list[Text]:
    return _block(a_verdict(), is_verbose=True)


def failed() -> list[Text]:
    return _block(a_verdict(by_s=3400.0))


def failed_verbose() -> list[Text]:
    return _block(a_verdict(by_s=3400.0), is_verbose=True)


def broken() -> list[Text]:
    violations = [
        Violation(code="owned_once", entity="robot/r1", detail=f"t-1-c{n} is owned by r1 and by r2", at_us=at(300 + n))
        for n in range(1, 6)
    ]
    return _block(a_verdict(violations=violations))


def long_chain() -> list[Text]:
    story = Story()
    cause = None
    for n in range(1, 21):
        cause = story.picked(10 * n, "r1", "t-1", f"t-1-c{n}", cause=cause)
    cause = story.raised(300, "x1", "grip_failed", cause=cause)
    for n in range(31, 51):
        cause = story.placed(10 * n, "r1", "t-1", f"t-1-c{n}", cause=cause)
    story.departed(3500, "t-1", cause=cause)
    return _block(a_verdict(by_s=3400.0, story=story))


def mistakes() -> list[Text]:
    error = ScenarioError(
        "morning_rush.yaml",
        [
            Mistake(
                path="morning_rush.yaml",
                line=61,
                column=12,
                length=12,
                key="timeline[0].fault",
                got='"robot_silnet"',
                expected="one of conveyor_jam, link, no_read, robot_silent",
                suggestion="robot_silent",
                excerpt=((61, "    fault: robot_silnet"),),
            ),
            Mistake(
                path="morning_rush.yaml",
                line=23,
                column=12,
                length=3,
                key="trailers[3].cases",
                got="-40",
                expected="a whole number 1 to 5000",
                excerpt=((22, "  - id: T-1034"), (23, "    cases: -40")),
            ),
        ],
    )
    with mock.patch("shutil.which", return_value="/usr/bin/docktwin"):
        return error_block(error)


def transport() -> list[Text]:
    return error_block(
        BusConnectError(
            "no NATS server answers at 127.0.0.1:4222 (tried for 5 s); nothing was run",
            hint="Start one there, or leave out --nats-url: docktwin then starts its own.",
        )
    )


def an_outcome(
    target: str,
    seed: int,
    word: str,
    sentence: str = "",
    messages: int = 100,
    alike: str = "",
    *,
    is_broken: bool = False,
) -> Outcome:
    return Outcome(
        job=Job(target=target, seed=seed, driver="inline"),
        scenario=target,
        word=word,  # type: ignore[arg-type]
        sentence=sentence,
        alike=(alike or sentence,),
        is_broken=is_broken,
        messages=messages,
        content={},
    )


def suite() -> list[Text]:
    late = "no trailer departs after its free time"
    outcomes = [
        an_outcome("first_truck", 1, "passed"),
        an_outcome("morning_rush", 1, "failed", f"{late}: got departed 08:17:04, 12 min 04 s late", 900, late),
        an_outcome("morning_rush", 2, "failed", f"{late}: got departed 08:20:04, 15 min 04 s late", 800, late),
        an_outcome("morning_rush", 3, "failed", f"{late}: got departed 08:30:04, 25 min 04 s late", 950, late),
        an_outcome("morning_rush", 4, "failed", "owned_once at robot/r1: owned twice", 700, is_broken=True),
        an_outcome("real_orders", 1, "skipped", "the packing plans are absent. Get them, and set DOCKTWIN_DATA"),
    ]
    with mock.patch("shutil.which", return_value="/usr/bin/docktwin"):
        return suite_block(outcomes, wall_s=12.34, workers=2)


def baselines() -> list[Text]:
    beyond = (
        Change(kpi="cases_received", baseline=4860, now=4859, tolerance="exact", verdict="beyond"),
        Change(kpi="turnaround_min_p50", baseline=73.2401, now=80.1, tolerance="2 %", verdict="beyond"),
        Change(kpi="recovery_min_max", baseline=None, now=8.53, tolerance="2 %", verdict="beyond"),
        Change(kpi="robot_utilisation", baseline=0.5521, now=0.5589, tolerance="0.01", verdict="within"),
        Change(kpi="remote_utilisation", baseline=None, now=0.12, tolerance="0.01", verdict="new"),
        Change(kpi="cases_lifted", baseline=12, now=None, tolerance="exact", verdict="gone"),
    )
    within = Change(kpi="detention_cost", baseline=1210.5, now=1210.51, tolerance="2 %", verdict="within")
    comparisons = [
        Comparison(scenario="first_truck", seed=1, word="same"),
        Comparison(scenario="morning_rush", seed=1, word="beyond", changes=beyond, is_other_digest=True),
        Comparison(scenario="live_unload_detention", seed=4, word="within", changes=(within,), is_other_digest=True),
        Comparison(scenario="zombie_robot", seed=1, word="absent"),
        Comparison(
            scenario="radio_storm",
            seed=2,
            word="of_another_run",
            detail="the baseline is of seed 1, this run of seed 2",
        ),
    ]
    update = "docktwin test scenarios/library --baseline scenarios/library/baselines --update"
    outcomes = [an_outcome(each.scenario, each.seed, "passed") for each in comparisons]
    with mock.patch("shutil.which", return_value="/usr/bin/docktwin"):
        head = suite_block(outcomes, comparisons, wall_s=12.34, workers=2)
    folder = Path("scenarios/library/baselines")
    return head + baseline_block(
        comparisons,
        folder=folder,
        update=update,
        written=None,
        look="docktwin run morning_rush --seed 1 --verbose",
        unused=["quiet_night", "snow_day"],
    )


def baselines_written() -> list[Text]:
    comparisons = [
        Comparison(scenario="first_truck", seed=1, word="same"),
        Comparison(
            scenario="morning_rush",
            seed=1,
            word="beyond",
            changes=(Change(kpi="cases_received", baseline=4860, now=4859, tolerance="exact", verdict="beyond"),),
        ),
        Comparison(scenario="zombie_robot", seed=1, word="absent"),
    ]
    folder = Path("scenarios/library/baselines")
    return baseline_block(comparisons, folder=folder, update="", written=["morning_rush", "zombie_robot"])


def replications() -> list[Text]:
    quiet: dict[str, float | None] = dict.fromkeys(BY_NAME)
    late = "no trailer departs after its free time"
    outcomes = [
        msgspec.structs.replace(
            an_outcome("morning_rush", seed, word, late if word == "failed" else "", 900 - seed),
            content={"kpis": {**quiet, **kpis}},
        )
        for seed, word, kpis in (
            (1, "passed", {"cases_received": 4860, "turnaround_min_p50": 73.2, "recovery_min_max": 8.5}),
            (2, "failed", {"cases_received": 4859, "turnaround_min_p50": 91.7}),
            (3, "passed", {"cases_received": 4860, "turnaround_min_p50": 74.9}),
            (4, "failed", {"cases_received": 4860, "turnaround_min_p50": 95.1}),
        )
    ]
    with mock.patch("shutil.which", return_value="/usr/bin/docktwin"):
        return replications_block(replications_of(outcomes), wall_s=12.34, workers=2)


BLOCKS: dict[str, Callable[[], list[Text]]] = {
    block.__name__: block
    for block in (
        passed,
        passed_verbose,
        failed,
        failed_verbose,
        broken,
        long_chain,
        mistakes,
        transport,
        suite,
        baselines,
        baselines_written,
        replications,
    )
}
