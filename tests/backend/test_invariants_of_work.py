"""One robot works a trailer, and what a receipt says is short is what is short: faults planted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from backend.core import invariants, receipt
from backend.core.changes import Changes
from tests.backend.fake_dock import dock_of
from tests.backend.field import Field
from twin.messages import robot

if TYPE_CHECKING:
    import pytest

    from twin.messages.receipt import ReceiptLine
    from twin.messages.trailer import ManifestLine

INSIDE = robot.UnloadData(trailer_id="t-1", door_id="d1")


def working() -> Field:
    """r1 works in t-1; r2 is idle."""
    field = Field(doors=2, robots=2)
    field.start(cases=4)
    field.report("r2")
    assert field.backend.state.robots["r1"].inside == "t-1"
    return field


def test_a_second_robot_in_a_trailer_is_found() -> None:
    field = working()
    field.say("robot/r2", robot.UnloadStarted, INSIDE)
    assert field.codes() == ["two_robots_inside"]


def test_a_robot_in_another_trailer_than_that_of_its_order_is_found() -> None:
    field = working()
    field.backend.state.robots["r1"].inside = None
    other = robot.UnloadData(trailer_id="t-2", door_id="d1")
    field.backend.state.doors["d1"].restrains = "t-2"
    field.say("robot/r1", robot.UnloadStarted, other)
    assert "two_robots_inside" in field.codes()


def test_a_robot_whose_word_that_it_entered_comes_late_is_not_held_against_it() -> None:
    field = working()
    entered = field.make("robot/r2", robot.UnloadStarted, INSIDE)
    left = robot.UnloadFinishedData(trailer_id="t-1", door_id="d1", cases_placed=0)
    field.say("robot/r2", robot.UnloadFinished, left)
    field.deliver(entered)
    assert field.codes() == []


def test_a_robot_that_people_have_carried_out_is_not_inside_when_its_word_that_it_entered_comes() -> None:
    field = working()
    field.say("operator/floor", robot.RobotRemoved, robot.RobotRemovedData(robot_id="r2", door_id="d1"))
    field.say("robot/r2", robot.UnloadStarted, INSIDE)
    assert field.codes() == []
    assert field.backend.state.robots["r2"].inside is None


def test_what_is_short_is_counted_anew_from_cases_and_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    trailer = dock_of(cases=4).run(1800).backend.state.trailers["t-1"]
    line_of = receipt._line

    def wrong(line: ManifestLine, left: dict[str, int], *, is_last: bool) -> ReceiptLine:
        told = line_of(line, left, is_last=is_last)
        return msgspec.structs.replace(told, received=told.received - 1, short=told.short + 1)

    def codes() -> list[str]:
        changes = Changes()
        invariants.check_receipt(changes, trailer, *receipt.count(trailer))
        return [it.code for it in changes.breaches]

    assert codes() == []
    monkeypatch.setattr(receipt, "_line", wrong)
    assert codes().count("receipt_line") == 4
