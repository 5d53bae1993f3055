from __future__ import annotations

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.journal.digest import RunDigest, short

MESSAGES = st.lists(
    st.tuples(
        st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b" ")),
        st.integers(min_value=-(2**63), max_value=2**63 - 1),
    ),
    max_size=40,
)


def digest_in_windows(messages: list[tuple[bytes, int]], bounds: list[int]) -> str:
    digest = RunDigest()
    for start, end in zip([0, *bounds], [*bounds, len(messages)], strict=True):
        window = messages[start:end]
        digest.update(b"".join(payload + b"\n" for payload, _ in window), [at_us for _, at_us in window])
    return digest.hexdigest()


def by_the_book(messages: list[tuple[bytes, int]]) -> str:
    """The protocol's words, once more and slowly."""
    lines = blake2b(b"".join(payload + b"\n" for payload, _ in messages)).digest()
    times = blake2b(b"".join(at_us.to_bytes(8, "little", signed=True) for _, at_us in messages)).digest()
    return blake2b(lines + times).hexdigest()


@given(messages=MESSAGES, data=st.data())
def test_it_is_the_protocols_digest_wherever_the_windows_begin_and_end(
    messages: list[tuple[bytes, int]], data: st.DataObject
) -> None:
    bounds = data.draw(st.lists(st.integers(0, len(messages)), max_size=8).map(sorted))
    assert digest_in_windows(messages, bounds) == by_the_book(messages)


@pytest.mark.parametrize(
    "other",
    [
        [(b"a", 1), (b"b", 2), (b"c", 4)],
        [(b"a", 1), (b"b", 2)],
        [(b"b", 1), (b"a", 2), (b"c", 3)],
        [(b"ab", 1), (b"", 2), (b"c", 3)],
        [(b"a", 2), (b"b", 1), (b"c", 3)],
    ],
)
def test_another_payload_order_time_or_count_gives_another_digest(other: list[tuple[bytes, int]]) -> None:
    assert digest_in_windows(other, []) != digest_in_windows([(b"a", 1), (b"b", 2), (b"c", 3)], [])


def test_asking_for_the_digest_so_far_changes_nothing() -> None:
    digest, unasked = RunDigest(), RunDigest()
    for each in (digest, unasked):
        each.update(b"a\n", [1])
    so_far = digest.hexdigest()
    for each in (digest, unasked):
        each.update(b"b\n", [2])
    assert so_far != digest.hexdigest() == unasked.hexdigest()
    assert digest.messages == 2


@pytest.mark.parametrize(("lines", "times_us"), [(b"a", [1]), (b"a\n", []), (b"", [1])])
def test_a_payload_without_its_newline_or_time_is_a_bug(lines: bytes, times_us: list[int]) -> None:
    with pytest.raises(AssertionError):
        RunDigest().update(lines, times_us)


def test_people_compare_sixteen_digits_in_fours() -> None:
    assert short("c2a817f40b6e93d1" + "0" * 112) == "c2a8 17f4 0b6e 93d1"
