from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.message_strategies import KINDS, TOKENS
from twin.ids import TOKEN_PATTERN, Address, parse_address, parse_source, source_of, stream_prefix

ADDRESSES = st.builds(Address, st.sampled_from(KINDS), TOKENS)


@given(TOKENS, ADDRESSES)
def test_a_source_names_site_and_address(site: str, address: Address) -> None:
    assert parse_source(source_of(site, address)) == (site, address)


@given(ADDRESSES)
def test_an_address_survives_its_text(address: Address) -> None:
    assert parse_address(str(address)) == address


@given(TOKENS, ADDRESSES, st.integers(1, 9), TOKENS, ADDRESSES, st.integers(1, 9))
def test_two_streams_never_share_a_prefix(
    site: str, address: Address, boot: int, other_site: str, other: Address, other_boot: int
) -> None:
    is_same = (site, address, boot) == (other_site, other, other_boot)
    first = stream_prefix(source_of(site, address), boot, "event")
    second = stream_prefix(source_of(other_site, other), other_boot, "event")
    assert (first == second) == is_same
    assert first.startswith(second) == is_same


def test_a_token_is_lower_case_and_at_most_32_long() -> None:
    fits = {
        text: bool(re.match(TOKEN_PATTERN, text)) for text in ("r7", "a" * 32, "a" * 33, "", "R7", "a.b", "a b", "a\n")
    }
    assert [text for text, is_token in fits.items() if is_token] == ["r7", "a" * 32]
