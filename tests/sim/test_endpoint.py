"""What every entity on the dock answers alike."""

from __future__ import annotations

import pytest

from tests.sim.console import Console
from tests.sim.days import day
from twin.messages.robot import Snapshot, SnapshotData


@pytest.mark.parametrize(
    "address",
    ["robot/r1", "yard/yard", "door/d1", "conveyor/c1", "sorter/s1", "operator/remote", "operator/floor"],
)
def test_whoever_has_a_state_publishes_it_when_asked(address: str) -> None:
    console = Console(day(sorter_id="s1", cases=5)).run(2)
    source = f"/{address}"
    before = [message for _, message in console.log if message.source.endswith(source) and message.CHANNEL == "state"]
    asked = console.command(Snapshot, address, console.data(SnapshotData))
    console.run(1)
    after = [message for _, message in console.log if message.source.endswith(source) and message.CHANNEL == "state"]
    assert console.outcome(asked) == [("accepted", None), ("completed", None)]
    assert len(after) == len(before) + 1
