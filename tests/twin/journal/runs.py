"""Runs to record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from twin.journal.recording import RunHeader

START_US = 1_767_589_200_000_000
SENT = tuple[str, bytes, int]


class Record(Protocol):
    def __call__(self, name: str, sent: Iterable[SENT], *, driver: str = ...) -> Path: ...


def run_header(driver: str = "inline") -> RunHeader:
    return RunHeader(
        scenario="first_truck",
        scenario_text="name: first_truck  # 1 Tür\n",
        seed=7,
        driver=driver,
        fidelity="case",
        platform="linux-x86_64",
        versions={"docktwin": "0.1.0", "numpy": "2.4.6"},
        options={"dock_planner": "earliest_due"},
    )


def a_run(count: int) -> list[SENT]:
    """`count` messages of three robots, each caused by the one before; bus times tie now and then."""
    return [
        (
            f"dock.v1.bos1.robot.r{i % 3}.event.case_picked_v1",
            json.dumps(
                {
                    "id": f"m-{i}",
                    "type": "case.picked.v1",
                    **({"causationid": f"m-{i - 1}"} if i else {}),
                    "data": {"case": f"c-{i}", "pose": {"x": i / 4}},
                }
            ).encode(),
            START_US + i // 2 * 1_000,
        )
        for i in range(count)
    ]
