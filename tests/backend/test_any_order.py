"""Whatever the radio does to durable messages, the same things have happened on the dock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backend.fake_dock import FakeDock, dock_of
from twin.ids import DURABLE_CHANNELS

if TYPE_CHECKING:
    from twin.messages import Message

_DAY_S = 3 * 3600


def a_day(delays: list[list[int]] | None) -> FakeDock:
    """One trailer with everything that goes wrong short of death; durable messages are delayed and doubled as drawn."""
    drawn = iter(delays or [])

    def link(message: Message) -> list[int]:
        return next(drawn, [20_000]) if message.CHANNEL in DURABLE_CHANNELS else [20_000]

    dock = dock_of(cases=8, link=link)
    dock.grips |= {"t-1-c2": ["refused"], "t-1-c4": ["grip_failed"]}
    dock.reads["t-1-c1"] = False
    dock.answers |= {"no_read": "assist", "grip_failed": "retry"}
    return dock.run(_DAY_S)


_PLAIN = a_day(None)
_DELAY_US = st.integers(min_value=1_000, max_value=3_000_000)
_COPIES = st.lists(_DELAY_US, min_size=1, max_size=3)


@given(st.lists(_COPIES, min_size=40, max_size=120))
@settings(max_examples=60)
def test_delay_duplication_and_reordering_give_the_same_domain(delays: list[list[int]]) -> None:
    dock = a_day(delays)
    dock.backend.audit()
    assert dock.backend.violations == []
    assert dock.backend.domain_hash() == _PLAIN.backend.domain_hash()


@given(st.integers(min_value=0, max_value=100), st.integers(min_value=2_000_000, max_value=25_000_000))
@settings(max_examples=40)
def test_one_very_late_message_gives_the_same_domain(which: int, delay_us: int) -> None:
    dock = a_day([[20_000]] * which + [[delay_us]])
    dock.backend.audit()
    assert dock.backend.violations == []
    assert dock.backend.domain_hash() == _PLAIN.backend.domain_hash()


def test_the_plain_day_ends_with_a_receipt() -> None:
    assert _PLAIN.backend.state.trailers["t-1"].has_receipt
    assert _PLAIN.backend.state.exceptions == {}
