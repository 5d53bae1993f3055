"""Shrinking, with the search for a failure replaced by a rule: which faults must be there, and how many cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scenarios.explore import shrink
from scenarios.explore.campaign import base_of
from scenarios.explore.candidate import Wanted
from scenarios.explore.document import written
from scenarios.explore.shrink import Answer, Shrinker, Suspect
from scenarios.explore.trial import EXPECTATION, INVARIANT, Finding, loaded
from scenarios.pool import Pool
from twin.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenarios.explore.campaign import Base
    from scenarios.explore.document import Document

SMALL = Path(__file__).parents[1] / "data" / "two_small_trailers.yaml"
SIGNATURE = (INVARIANT, "case_place")
FAULTS: list[dict[str, Any]] = [
    {"at": "06:03:17.25", "fault": "grip_fails", "robot": "r1"},
    {"at": "06:04", "fault": "conveyor_jam", "conveyor": "c2", "for": "7 min 3 s"},
    {"at": "06:05", "fault": "robot_silent", "robot": "r2", "for": "3 min"},
    {"when": {"cases_placed": 20, "of_trailer": "t-2"}, "fault": "case_drops", "robot": "r2"},
    {"at": "06:06", "fault": "robot_dies", "robot": "r1"},
    {
        "at": "06:07",
        "fault": "messages_lost",
        "what": "robot/r2",
        "types": ["case.picked.v1", "case.placed.v1"],
        "share": "80 %",
        "for": "3 min",
    },
]


@pytest.fixture(scope="module")
def base() -> Base:
    return base_of(str(SMALL), wanted=Wanted(), folder=SMALL.parent)


def shrunk(
    base: Base, monkeypatch: pytest.MonkeyPatch, fails: Callable[[Document], bool], *, budget: int = 2_000
) -> Shrinker:
    """What is left of a scenario that fails by this rule."""

    def examined(suspect: Suspect) -> Answer:
        try:
            loaded(suspect.document, suspect.path)
        except BadInputError:
            return Answer(runs=0)
        if not fails(suspect.document):
            return Answer()
        at_us = base.clock.us("06:10")
        return Answer(finding=Finding(what=INVARIANT, name="case_place", sentence="", at_us=at_us), end_us=at_us * 2)

    monkeypatch.setattr(shrink, "examined", examined)
    document = {**base.document, "timeline": FAULTS, "seed": 4711}
    shrinker = Shrinker(Pool(1), Suspect(document, base.path, SIGNATURE), base.clock, budget=budget)
    shrinker.shrink(lambda _: None)
    return shrinker


def kinds(document: dict[str, Any]) -> list[str]:
    return [fault["fault"] for fault in document.get("timeline", [])]


def test_only_the_faults_that_it_takes_are_left(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    needed = {"conveyor_jam", "case_drops"}
    least = shrunk(base, monkeypatch, lambda document: needed <= set(kinds(document))).best
    assert sorted(kinds(least)) == sorted(needed)


def test_one_robot_one_trailer_one_door_and_one_case_are_left_if_that_will_do(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    least = shrunk(base, monkeypatch, lambda document: "robot_silent" in kinds(document)).best
    assert [len(least["site"]["robots"]), len(least["site"]["doors"]), len(least["trailers"])] == [1, 1, 1]
    assert least["trailers"][0]["cases"] == 1
    assert least["timeline"][0]["robot"] == least["site"]["robots"][0]["id"]


def test_the_fewest_cases_are_found_exactly(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    least = shrunk(base, monkeypatch, lambda document: sum(t["cases"] for t in document["trailers"]) >= 17).best
    assert sum(trailer["cases"] for trailer in least["trailers"]) == 17
    assert kinds(least) == []


def test_a_fault_becomes_shorter_and_its_instant_round(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    least = shrunk(base, monkeypatch, lambda document: {"grip_fails", "robot_silent"} <= set(kinds(document))).best
    by_kind = {fault["fault"]: fault for fault in least["timeline"]}
    assert by_kind["grip_fails"]["at"] in ("06:00", "06:01", "06:02", "06:03")
    assert by_kind["robot_silent"]["for"] == "1 s"


def test_the_day_ends_soon_after_the_breach(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    least = shrunk(base, monkeypatch, lambda document: "robot_dies" in kinds(document)).best
    assert least["until"] == "06:11"


def test_the_budget_bounds_the_runs_and_what_is_left_still_fails(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(document: Document) -> bool:
        return "robot_dies" in kinds(document)

    shrinker = shrunk(base, monkeypatch, fails, budget=5)
    assert shrinker.runs <= 5
    assert fails(shrinker.best)


def test_every_run_counts_also_the_first(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    for budget in (0, 1, 2, 30):
        documents: list[Document] = []

        def fails(document: Document, documents: list[Document] = documents) -> bool:
            documents.append(document)
            return "robot_dies" in kinds(document)

        shrinker = shrunk(base, monkeypatch, fails, budget=budget)
        assert shrinker.runs == len(documents) <= budget


def test_shrinking_changes_nothing_of_the_document_it_was_given(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written(base.document), str(FAULTS)
    shrunk(base, monkeypatch, lambda document: "case_drops" in kinds(document))
    assert (written(base.document), str(FAULTS)) == before


def test_a_promise_that_no_dock_could_keep_in_that_time_is_no_failure(base: Base) -> None:
    hopeless = {**base.document, "until": "06:02", "trailers": base.document["trailers"][:1], "timeline": FAULTS[:1]}
    hopeless["timeline"] = [{**FAULTS[0], "at": "06:01"}]
    suspect = Suspect(hopeless, base.path, (EXPECTATION, "every trailer departed"))
    assert shrink.examined(suspect).finding is None
    assert shrink.examined(suspect).runs == 2
    shrinker = Shrinker(Pool(1), suspect, base.clock)
    shrinker.shrink(lambda _: None)
    assert (shrinker.best, shrinker.runs) == (hopeless, 2)
    assert shrink.examined(suspect._replace(document={**hopeless, "timeline": []})).finding is not None


def test_of_messages_lost_fewer_types_a_smaller_share_and_a_shorter_time_are_left(
    base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(document: Document) -> bool:
        return any(
            fault["fault"] == "messages_lost"
            and "case.placed.v1" in fault.get("types", ())
            and int(fault.get("share", "0 %").removesuffix(" %")) >= 20
            for fault in document.get("timeline", ())
        )

    (lost,) = shrunk(base, monkeypatch, fails).best["timeline"]
    assert (lost["types"], lost["share"], lost["for"]) == (["case.placed.v1"], "25 %", "1 s")
