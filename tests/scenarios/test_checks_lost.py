"""What is judged where messages are lost for good: less may be told than was, never more; and what was counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from scenarios.checks import Judge
from scenarios.model import EveryCase, EveryTrailer
from scenarios.results import ExpectationResult
from sim.plan import Action, Trigger
from tests.scenarios.plans import HandmadeRun, at, scenario, truth
from tests.scenarios.story import Story
from twin.messages.receipt import ReceiptClosed, ReceiptClosedData, ReceiptLine

if TYPE_CHECKING:
    from scenarios.model import Condition
    from sim.truth import Truth

CASES = truth({"c1": "received", "c2": "received"})


def judged(story: Story, condition: Condition, true: Truth, *types: str) -> ExpectationResult:
    lost = Action(trigger=Trigger(at_us=at(0)), fault="messages_lost", entity="*", for_us=1, types=types)
    day = scenario(condition, due_s={"t-1": 3600.0}, timeline=(lost,))
    return Judge(day, HandmadeRun(scenario=day, deliveries=story.log, truth=true)).results()[0]


def identified(count: int, *, on_receipt: int | None = None) -> Story:
    story = Story()
    for n in range(count):
        story.identified(n, "t-1", f"t-1-c{n}")
    if on_receipt is not None:
        line = ReceiptLine(line_id="l1", po_id="po-1", expected=on_receipt, received=on_receipt)
        data = ReceiptClosedData(trailer_id="t-1", part=1, parts=1, lines=(line,), unidentified=0)
        story.say(9, "backend/core", ReceiptClosed, data)
    return story


@pytest.mark.parametrize(
    ("told", "on_receipt", "is_met"), [(2, 2, True), (1, 1, True), (0, None, True), (3, 2, False), (2, 3, False)]
)
def test_fewer_cases_may_be_told_of_and_never_more(told: int, on_receipt: int | None, is_met: bool) -> None:  # noqa: FBT001 - a table
    assert judged(identified(told, on_receipt=on_receipt), EveryCase(allowed=("received",)), CASES).met is is_met


def test_where_a_case_really_ended_counts_all_the_same() -> None:
    astray = truth({"c1": "received", "c2": "in_hand"})
    assert not judged(identified(1), EveryCase(allowed=("received",)), astray).met


@pytest.mark.parametrize("kept", ["robot.state.v1", "order.assign.v1", "command.completed.v1"])
def test_without_states_commands_or_replies_each_case_is_still_told_of(kept: str) -> None:
    assert not judged(identified(1), EveryCase(allowed=("received",)), CASES, kept).met
    assert judged(identified(1), EveryCase(allowed=("received",)), CASES, kept, "case.identified.v1").met


def test_a_trailer_of_whose_departure_nobody_heard_has_departed() -> None:
    row = replace(CASES.trailers[0], departed_us=at(3000))
    gone = replace(CASES, trailers=(row,))
    assert judged(Story(), EveryTrailer(), gone).met
    assert not judged(Story(), EveryTrailer(by_us=at(2999)), gone).met
    assert not judged(Story(), EveryTrailer(), CASES).met
    assert not judged(Story(), EveryTrailer(), gone, "trailer.assign_door.v1").met
