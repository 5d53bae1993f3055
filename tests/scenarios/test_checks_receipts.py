from __future__ import annotations

import pytest
from msgspec import structs

from scenarios.checks import Judge
from scenarios.model import Bounds, EveryCase, ReceiptCounts
from scenarios.results import ExpectationResult
from sim.truth import Truth
from tests.scenarios.dock_story import DockStory, receipt_line
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
    return ReceiptLine(
        line_id="l1", po_id="po-1", expected=expected, received=received, damaged=damaged, short=short, over=over
    )


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


# -- what a receipt says ---------------------------------------------------------------------------------------------


def counted(condition: ReceiptCounts) -> ExpectationResult:
    """T-1 has two purchase orders: 10 received and 2 short on po-1, 5 received and 1 over on two lines of po-2."""
    story = DockStory()
    story.receipt(9, "t-1", receipt_line("l1", 10, short=2), of=(1, 2), unidentified=3)
    story.receipt(
        9,
        "t-1",
        receipt_line("l2", 4, po="po-2", damaged=1),
        receipt_line("l3", 1, po="po-2", over=1, refused=1),
        of=(2, 2),
        unidentified=3,
    )
    day = scenario(condition)
    return Judge(day, HandmadeRun(scenario=day, deliveries=[*story.log, *story.log])).results()[0]


def exactly(number: int) -> Bounds:
    return Bounds(at_least=number, at_most=number)


def test_a_receipt_is_counted_over_all_its_parts_and_lines() -> None:
    numbers = {
        "expected": 19,
        "received": 15,
        "damaged": 1,
        "refused": 1,
        "short": 2,
        "over": 1,
        "unidentified": 3,
    }
    wanted = {name: exactly(number) for name, number in numbers.items()}
    assert counted(ReceiptCounts(trailer_id="t-1", numbers=wanted)).met  # type: ignore[arg-type] # the names are these
    for name, number in numbers.items():
        wrong = {**wanted, name: exactly(number + 1)}
        assert not counted(ReceiptCounts(trailer_id="t-1", numbers=wrong)).met, name  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("po_id", "line_id", "received"), [("po-1", None, 10), ("po-2", None, 5), (None, "l3", 1), ("po-2", "l2", 4)]
)
def test_a_receipt_is_counted_by_purchase_order_and_by_line(
    po_id: str | None, line_id: str | None, received: int
) -> None:
    condition = ReceiptCounts(
        trailer_id="t-1", po_id=po_id, line_id=line_id, numbers={"received": exactly(received), "over": Bounds()}
    )
    assert counted(condition).met


def test_a_receipt_that_says_another_number_shows_both() -> None:
    wanted = {"short": exactly(0), "over": Bounds(at_most=2)}
    result = counted(ReceiptCounts(trailer_id="t-1", po_id="po-1", numbers=wanted))  # type: ignore[arg-type]
    assert (result.met, result.expected, result.got) == (False, "short 0, over <= 2", "short 2, over 0")
    assert result.failure is not None
    assert result.failure.expected == "receipt of T-1, po-1: short 0, over <= 2"
    assert result.failure.chain[-1].text == "receipt of T-1 closed"


def test_a_purchase_order_that_is_not_on_the_receipt_is_not_met_and_names_those_that_are() -> None:
    result = counted(ReceiptCounts(trailer_id="t-1", po_id="po-9", numbers={"short": exactly(0)}))
    assert result.failure is not None
    assert (result.failure.got, result.failure.note) == ("no po-9 on it", "its purchase orders: po-1, po-2")


def test_a_receipt_that_is_not_closed_says_nothing() -> None:
    result = counted(ReceiptCounts(trailer_id="t-2", numbers={"short": exactly(0)}))
    assert result.failure is not None
    assert result.failure.got == "not closed by the end of the run"


# -- goods that are not as announced ---------------------------------------------------------------------------------


def misloaded(*, receipt_over: int = 1, unidentified: int = 1) -> ExpectationResult:
    """Announced with 4. One is missing, one is too many, one carries a label of no line, another such is damaged.

    A ghost was seen, refused and retracted, and two cases were first seen as one.
    """
    story = DockStory()
    story.announced(0, "t-1", cases=4, due_s=100)
    story.refused(1, "r1", "t-1", "t-1-c1")
    story.retracted(2, "r1", "t-1", "t-1-c1")
    story.split(3, "r1", "t-1", "t-1-c2", "t-1-c3", "t-1-c4")
    for n in (3, 4, 5, 6):
        story.identified(n, "t-1", f"t-1-c{n}")
    story.damaged(7, "r1", "t-1", "t-1-c7")
    story.recovered(8, "t-1", "t-1-c7", "damaged")
    line = receipt_line("l1", 2, short=2, over=receipt_over)
    story.receipt(9, "t-1", line, unidentified=unidentified)
    day = scenario(EveryCase(allowed=("received", "damaged")))
    true = truth({"c1": "received", "c2": "received", "extra": "received", "wrong": "received", "bad": "damaged"})
    off_lines = {"wrong", "bad"}
    rows = [structs.replace(row, manifest_line=None) if row.case_id in off_lines else row for row in true.cases]
    true = Truth(trailers=true.trailers, cases=tuple(rows))
    return Judge(day, HandmadeRun(scenario=day, deliveries=story.log, truth=true)).results()[0]


def test_a_load_that_is_not_as_announced_is_held_to_what_really_was_in_it() -> None:
    result = misloaded()
    assert result.met, result.failure


def test_a_receipt_that_hides_what_was_too_many_is_found() -> None:
    result = misloaded(receipt_over=0)
    assert result.failure is not None
    assert (result.failure.expected, result.failure.got) == ("4 cases on the receipt of T-1", "3")


def test_a_receipt_that_forgets_what_nobody_knows_is_found() -> None:
    assert not misloaded(unidentified=0).met
