from __future__ import annotations

import msgspec

from scenarios.model import EveryCase, KpiBound, MessagePattern, Never
from scenarios.verdict import Verdict, error_object, judge
from tests.scenarios.plans import HandmadeRun, at, scenario, truth
from tests.scenarios.story import Story
from twin.errors import BusConnectError
from twin.run_control import Violation

KEYS = {
    "scenario",
    "seed",
    "version",
    "platform",
    "driver",
    "fidelity",
    "digest",
    "messages",
    "simulated_s",
    "wall_s",
    "verdict",
    "expectations",
    "invariants",
    "kpis",
    "exceptions",
    "skip_audit",
}


def a_verdict(*, violations: list[Violation] | None = None, is_met: bool = True) -> Verdict:
    story = Story()
    story.announced(0, "t-1", cases=4, due_s=3600)
    story.arrived(60, "t-1")
    story.identified(100, "t-1", "t-1-c1")
    story.recovered(200, "t-1", "t-1-c2", "manual")
    story.recovered(200, "t-1", "t-1-c3", "damaged")
    story.raised(300, "x1", "no_read")
    story.raised(300, "x2", "robot_lost")
    story.resolved(310, "x1", "no_read", "remote")
    story.departed(3000, "t-1")
    story.announced(3000, "t-2", cases=10, due_s=9000)
    story.arrived(3100, "t-2")
    story.identified(3200, "t-2", "t-2-c1")
    pattern = MessagePattern(type="case.dropped.v1" if is_met else "case.identified.v1")
    day = scenario(
        ("nothing of this kind", Never(message=pattern)), ("no figure", KpiBound(kpi="cases_short", at_most=1))
    )
    run = HandmadeRun(scenario=day, deliveries=story.log, violations=violations or [])
    return judge(run)  # type: ignore[arg-type] # it has the attributes of a RunResult


def test_the_json_object_has_exactly_the_promised_keys() -> None:
    content = a_verdict().as_json()
    assert set(content) == KEYS
    assert set(content["invariants"]) == {"checked", "violations"}
    assert set(content["platform"]) == {"os", "arch", "python", "numpy", "pybullet", "lock"}
    assert msgspec.json.decode(msgspec.json.encode(content)) == content


def test_everything_met_and_no_invariant_broken_is_passed() -> None:
    verdict = a_verdict()
    assert (verdict.verdict, verdict.passed, verdict.not_met) == ("passed", True, ())


def test_one_expectation_not_met_is_failed() -> None:
    verdict = a_verdict(is_met=False)
    assert verdict.verdict == "failed"
    assert [e.name for e in verdict.not_met] == ["nothing of this kind"]
    first = verdict.as_json()["expectations"][0]
    assert first["met"] is False
    assert first["failure"]["chain"][-1]["message_id"] == "bos1/conveyor/c1:1:event:1"


def test_a_broken_invariant_is_failed_even_if_every_expectation_is_met() -> None:
    violation = Violation(code="INV-2", entity="robot/r1", detail="owned twice", at_us=at(1))
    verdict = a_verdict(violations=[violation])
    assert verdict.verdict == "failed"
    assert verdict.as_json()["invariants"] == {
        "checked": 74_311,
        "violations": [{"code": "INV-2", "entity": "robot/r1", "detail": "owned twice", "at_us": at(1)}],
    }


def test_the_cases_add_up_to_what_was_announced() -> None:
    cases = a_verdict().cases
    assert cases.announced == 14
    assert (cases.received, cases.manual, cases.damaged, cases.refused) == (2, 1, 1, 0)
    assert (cases.short, cases.to_come, cases.over) == (1, 9, 0)
    assert cases.received + cases.manual + cases.damaged + cases.refused + cases.short + cases.to_come == 14


def test_the_exceptions_are_counted_by_type_and_by_who_ended_them() -> None:
    exceptions = a_verdict().exceptions
    assert (exceptions.raised, exceptions.resolved, exceptions.open) == (2, 1, 1)
    assert (exceptions.by_rule, exceptions.by_people, exceptions.median_s) == (0, 1, 10.0)
    assert exceptions.by_type == {"no_read": 1, "robot_lost": 1}


def test_a_run_without_a_verdict_has_the_same_keys_and_says_why() -> None:
    content = error_object(BusConnectError("no server", hint="start one"), scenario="first_truck", driver="lockstep")
    assert set(content) == KEYS | {"error"}
    assert content["verdict"] == "error"
    assert content["error"] == {"code": "E-BUS-CONNECT", "message": "no server", "hint": "start one"}


def test_every_case_of_a_day_is_judged_by_its_truth() -> None:
    day = scenario(EveryCase())
    story = Story()
    story.identified(0, "t-1", "t-1-c1")
    run = HandmadeRun(scenario=day, deliveries=story.log, truth=truth({"c1": "received"}))
    assert judge(run).passed  # type: ignore[arg-type] # it has the attributes of a RunResult
