from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.errors import MessageRefused
from twin.messages.quarantine import BYTES_MAX, PAYLOAD_BYTES_KEPT_MAX, Quarantine

NOT_JSON = MessageRefused("not_json", "$", "no")
TOO_LARGE = MessageRefused("too_large", "$", "no")


def add(quarantine: Quarantine, payload: bytes, refused: MessageRefused = NOT_JSON, at_us: int = 0) -> None:
    quarantine.add(at_us=at_us, subject="s", payload=payload, refused=refused)


def test_an_entry_holds_the_bytes_and_what_was_wrong() -> None:
    quarantine = Quarantine()
    add(quarantine, b"{", at_us=7)
    (entry,) = quarantine.entries()
    assert (entry.at_us, entry.subject, entry.payload, entry.refusal, entry.path) == (7, "s", b"{", "not_json", "$")


def test_counters_go_by_code_and_outlive_the_entries() -> None:
    quarantine = Quarantine(entries_max=1)
    add(quarantine, b"a")
    add(quarantine, b"b")
    add(quarantine, b"c", TOO_LARGE)
    assert quarantine.counts == {"not_json": 2, "too_large": 1}
    assert (quarantine.total, quarantine.dropped) == (3, 2)


def test_the_oldest_leave_first() -> None:
    quarantine = Quarantine(entries_max=2)
    for payload in (b"a", b"b", b"c"):
        add(quarantine, payload)
    assert [entry.payload for entry in quarantine.entries()] == [b"b", b"c"]


def test_of_a_long_payload_the_beginning_and_the_length_are_kept() -> None:
    quarantine = Quarantine()
    add(quarantine, b"x" * (PAYLOAD_BYTES_KEPT_MAX + 1))
    (entry,) = quarantine.entries()
    assert (len(entry.payload), entry.payload_bytes) == (PAYLOAD_BYTES_KEPT_MAX, PAYLOAD_BYTES_KEPT_MAX + 1)


@given(st.lists(st.integers(0, PAYLOAD_BYTES_KEPT_MAX + 10), max_size=60), st.integers(1, 5))
def test_neither_bound_is_ever_passed_and_nothing_goes_uncounted(lengths: list[int], entries_max: int) -> None:
    quarantine = Quarantine(entries_max=entries_max, bytes_max=2 * PAYLOAD_BYTES_KEPT_MAX)
    for length in lengths:
        add(quarantine, b"x" * length)
    entries = quarantine.entries()
    assert len(entries) <= entries_max
    assert sum(len(entry.payload) for entry in entries) <= 2 * PAYLOAD_BYTES_KEPT_MAX < BYTES_MAX
    assert len(entries) + quarantine.dropped == quarantine.total == len(lengths)
