"""`receipt` expectations of a file."""

from __future__ import annotations

import pytest

from scenarios.model import Bounds, ReceiptCounts
from tests.scenarios.days import read
from twin.errors import ScenarioError


def expecting(entry: str) -> str:
    return f"expect:\n  - {{{entry}}}\n"


def test_a_receipt_is_expected_by_numbers_and_by_bounds() -> None:
    (expectation,) = read(expecting("receipt: t-1, short: 2, over: {at_most: 3}, unidentified: 0")).expectations
    assert expectation.name == "receipt of t-1"
    assert expectation.condition == ReceiptCounts(
        trailer_id="t-1",
        numbers={
            "short": Bounds(at_least=2, at_most=2),
            "over": Bounds(at_most=3),
            "unidentified": Bounds(at_least=0, at_most=0),
        },
    )


def test_a_receipt_may_be_that_of_a_purchase_order_or_a_line() -> None:
    (expectation,) = read(expecting("receipt: t-1, po: po-2, line: l7, received: {at_least: 1}")).expectations
    assert expectation.name == "receipt of t-1 po-2 line l7"
    assert expectation.condition == ReceiptCounts(
        trailer_id="t-1", po_id="po-2", line_id="l7", numbers={"received": Bounds(at_least=1)}
    )


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("receipt: t-9, short: 0", 'got "t-9", expected a trailer of this scenario: t-1'),
        ("receipt: t-1", "expect[0].expected"),
        ("receipt: t-1, short: -1", "expected a whole number 0 to 1000000, or a mapping of at_most, at_least"),
        ("receipt: t-1, short: {at_most: 1, at_least: 2}", "bounds that leave room: 2 is above 1"),
        ("receipt: t-1, short: {}", "expect[0].short"),
        ("receipt: t-1, po: po-1, unidentified: 0", "got the key beside po"),
    ],
)
def test_a_receipt_that_cannot_be_expected_is_blamed_at_its_place(entry: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(expecting(entry))
    assert said in " ".join(str(caught.value).split())
