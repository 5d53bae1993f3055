"""Picks that were spared an episode of physics: whether that was right, by those that were given one all the same.

Each that was wrong is written into the folder of the run with all it takes to play it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from sim.physics.boxes import Boxes
from sim.physics.port import Pick
from sim.truth import MissedSkip
from twin.run_control import Violation

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.drivers import RunResult
    from sim.truth import PhysicsReport

SKIPS_FILE = "skip_misses.json"
CODE = "skip_audit_missed"
MISSED_SHARE_MAX = 0.01
"""More of the audited picks may not have needed an episode: then the run is no longer the physics. Source: DESIGN
section 5, the skip rule is good for 99 %."""


def violations_of(report: PhysicsReport, *, end_us: int) -> list[Violation]:
    """A broken rule if too many of the audited picks moved something after all."""
    if not report.missed or len(report.missed) <= MISSED_SHARE_MAX * report.audited:
        return []
    detail = f"{told(report)}; {MISSED_SHARE_MAX * 100:.0f} % may"
    return [Violation(code=CODE, entity=f"trailer/{report.missed[0].trailer_id}", detail=detail, at_us=end_us)]


def told(report: PhysicsReport) -> str:
    """How many were audited, and of how many it was wrong, in a few words."""
    missed = len(report.missed)
    where = f", each in {SKIPS_FILE}" if missed else ""
    moving = f"; {report.unsettled} times not settled at the cap" if report.unsettled else ""
    return f"{missed} of {report.audited} audited picks needed the episode they were to be spared{where}{moving}"


def as_json(report: PhysicsReport) -> dict[str, Any]:
    """What the verdict says of it."""
    return {
        "audited": report.audited,
        "missed": len(report.missed),
        "unsettled": report.unsettled,
        "replays": SKIPS_FILE if report.missed else None,
    }


# -- replays ---------------------------------------------------------------------------------------------------------


def write_skips(result: RunResult, path: Path) -> None:
    """Write each missed pick: the load before it, box by box, the pick, its draws, and what moved."""
    day = result.scenario.day
    content = {
        "scenario": day.name,
        "seed": day.seed,
        "misses": [_as_plain(missed) for missed in result.physics.missed],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")


def read_skips(path: Path) -> list[MissedSkip]:
    """The missed picks of a run as they were, to the last bit. The file is one of ours, else msgspec raises."""
    return [_from_plain(missed) for missed in msgspec.json.decode(path.read_bytes())["misses"]]


def _as_plain(missed: MissedSkip) -> dict[str, Any]:
    boxes = missed.boxes
    columns = (boxes.ids, boxes.center_m.tolist(), boxes.half_m.tolist(), boxes.orientation_xyzw.tolist())
    return {
        "trailer_id": missed.trailer_id,
        "pick": {"case_id": missed.pick.case_id, "by": missed.pick.by},
        "uniforms": missed.uniforms,
        "moved": missed.moved,
        "interior_m": missed.interior_m,
        "boxes": [
            {
                "case_id": case_id,
                "center_m": center_m,
                "half_m": half_m,
                "orientation_xyzw": orientation_xyzw,
                "weight_kg": weight_kg,
            }
            for case_id, center_m, half_m, orientation_xyzw, weight_kg in zip(*columns, missed.weights_kg, strict=True)
        ],
    }


def _from_plain(missed: dict[str, Any]) -> MissedSkip:
    rows = missed["boxes"]
    count = len(rows)
    return MissedSkip(
        trailer_id=missed["trailer_id"],
        pick=msgspec.convert(missed["pick"], Pick),
        uniforms=tuple(missed["uniforms"]),
        moved=tuple(missed["moved"]),
        interior_m=tuple(missed["interior_m"]),
        boxes=Boxes(
            ids=tuple(row["case_id"] for row in rows),
            center_m=np.array([row["center_m"] for row in rows]).reshape(count, 3),
            half_m=np.array([row["half_m"] for row in rows]).reshape(count, 3),
            orientation_xyzw=np.array([row["orientation_xyzw"] for row in rows]).reshape(count, 4),
        ),
        weights_kg=tuple(row["weight_kg"] for row in rows),
    )
