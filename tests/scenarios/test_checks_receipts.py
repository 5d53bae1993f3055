from __future__ import annotations

from scenarios.checks import ExpectationResult, Judge
from scenarios.model import EveryCase
from tests.scenarios.plans import HandmadeRun, scenario, truth
from tests.scenarios.story import Story
from twin.messages.receipt import ReceiptClosed, ReceiptClosedData, ReceiptLine


def judged(*parts: ReceiptClosedData) -> ExpectationResult:
    """Three cases came out, a fourth was damaged; and the receipt says so."""
    story = Story()
    for n in (1, 2, 3):
        story.identified(n, "t-1", f"t-1-c{n}")
    story.damaged(4, "r1", "t-1", "t-1-c4")
    for part in parts:
        story.say(9, "backend/core", ReceiptClosed, part)
    day = scenario(EveryCase(allowed=("received", "damaged")))
    true = truth({"c1": "received", "c2": "received", "c3": "received", "c4": "damaged"})
    return Judge(day, HandmadeRun(scenario=day, deliveries=story.log, truth=true)).results()[0]


def part(*lines: ReceiptLine, of: tuple[int, int] = (1, 1), unidentified: int = 0) -> ReceiptClosedData:
    return ReceiptClosedData(trailer_id="t-1", part=of[0], parts=of[1], lines=lines, unidentified=unidentified)


def line(received: int, *, damaged: int = 0, short: int = 0, over: int = 0) -> ReceiptLine:
    expected = received + damaged + short
    return ReceiptLine(line_id="l1", expected=expected, received=received, damaged=damaged, short=short, over=over)


def test_a_receipt_in_parts_is_added_up_and_its_unidentified_cases_once() -> None:
    assert judged(part(line(2), of=(1, 2), unidentified=1), part(line(0, damaged=1), of=(2, 2), unidentified=1)).met


def test_a_receipt_that_leaves_a_case_out_is_found_though_all_came_out() -> None:
    result = judged(part(line(2, damaged=1, short=1)))
    assert result.failure is not None
    assert (result.failure.expected, result.failure.got) == ("4 cases on the receipt of T-1", "3")


def test_a_receipt_that_counts_a_case_twice_is_found() -> None:
    assert not judged(part(line(3, damaged=1, over=1))).met


def test_a_receipt_that_is_not_closed_yet_is_not_judged() -> None:
    assert judged().met
