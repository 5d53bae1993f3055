"""A scenario's document as a candidate: what it expects, how long it may take, what is added, how large it is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from scenarios.language.kinds import duration_text
from scenarios.model import EveryCase
from sim.plan import CountedLoad, GeneratedLoad
from twin.clock import US_PER_S

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.explore.document import Document
    from scenarios.explore.faults import Drawn
    from scenarios.model import Scenario

ENDED = ("received", "manual", "damaged", "refused")
"""Where a case may end whatever goes wrong: somebody has it, or said why not."""
GRACE_LEAST_US = 1800 * US_PER_S
"""So long after the last departure every belt has run empty, and every receipt is closed."""
_DAY_US = 24 * 3600 * US_PER_S


class Wanted(Struct, frozen=True, kw_only=True):
    """What counts as a failure besides broken invariants and errors.

    `has_all`: every expectation of the file, as it is; else that every trailer departs and every case ends somewhere.
    `has_deadlines`: what the file says of trailers stays with its deadlines.
    """

    has_all: bool = False
    has_deadlines: bool = False


class Size(Struct, frozen=True, kw_only=True):
    """How large a candidate is; `cases` leaves out loads whose number stands in another file."""

    faults: int
    robots: int
    trailers: int
    cases: int
    span_us: int


def prepared(document: Document, scenario: Scenario, wanted: Wanted) -> Document:
    """The document with what counts as a failure as its expectations, and time enough for them, faults or not.

    What is counted is spelled out, so that it can be made fewer.
    """
    site = scenario.day.site
    ready = {**document, "site": dict(document["site"])}
    ready["site"]["doors"] = _named_doors(document["site"]["doors"], scenario)
    if isinstance(document["site"]["robots"], int):
        ready["site"]["robots"] = [{"id": robot} for robot in site.robots]
    if wanted.has_all:
        return ready
    if scenario.day.until_us < scenario.day.start_us + _DAY_US:
        ready.pop("until", None)
    if scenario.day.grace_us < GRACE_LEAST_US:
        ready["grace"] = duration_text(GRACE_LEAST_US)
    ready.pop("measure", None)
    ready["expect"] = [*_trailers_expected(document, wanted), {"every_case": _ends(scenario)}]
    return ready


def _named_doors(doors: Any, scenario: Scenario) -> Any:  # noqa: ANN401 - a value of a file
    if isinstance(doors, list):
        return doors
    return [
        {"id": door.door_id, "conveyor": door.conveyor_id, "position": f"{door.position_m:g} m"}
        for door in scenario.day.site.doors
    ]


def _trailers_expected(document: Document, wanted: Wanted) -> list[dict[str, Any]]:
    given = [entry for entry in document.get("expect") or [] if "every_trailer" in entry]
    return given if wanted.has_deadlines and given else [{"every_trailer": "departed"}]


def _ends(scenario: Scenario) -> list[str]:
    allowed = [e.condition.allowed for e in scenario.expectations if isinstance(e.condition, EveryCase)]
    return list(dict.fromkeys((*ENDED, *(end for ends in allowed for end in ends))))


def moved(document: Document, *, from_folder: Path, to_folder: Path) -> Document:
    """The document as it reads in another folder: manifests are looked for beside a scenario."""
    if from_folder.resolve() == to_folder.resolve():
        return document
    way = os.path.relpath(from_folder, to_folder)
    trailers = [
        {**entry, "manifest": os.path.normpath(f"{way}/{entry['manifest']}")} if "manifest" in entry else entry
        for entry in document["trailers"]
    ]
    return {**document, "trailers": trailers}


def struck(document: Document, drawn: Drawn) -> Document:
    """The document with the faults and the seed of a run."""
    return {**document, "seed": drawn.seed, "timeline": [*(document.get("timeline") or ()), *drawn.faults]}


def calm(document: Document) -> Document:
    """The document with nothing going wrong that it asks for."""
    return {key: value for key, value in document.items() if key not in ("timeline", "faults")}


def fault_count(document: Document) -> int:
    """How many faults it asks for."""
    return len(document.get("timeline") or []) + len(document.get("faults") or [])


def size_of(document: Document, scenario: Scenario, end_us: int) -> Size:
    """How large a candidate is that was run until `end_us`."""
    day = scenario.day
    loads = [trailer.load for trailer in day.trailers]
    return Size(
        faults=fault_count(document),
        robots=len(day.site.robots),
        trailers=len(day.trailers),
        cases=sum(load.cases for load in loads if isinstance(load, CountedLoad | GeneratedLoad)),
        span_us=end_us - day.start_us,
    )
