"""Any valid message of any type survives the wire: more than 2,000 of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.message_strategies import any_message, messages_of
from twin.errors import MessageRefused
from twin.messages import TYPES, Message, codec
from twin.subjects import subject_of

EXAMPLES_PER_TYPE = 50
assert EXAMPLES_PER_TYPE * len(TYPES) >= 2_000


@pytest.mark.parametrize("name", TYPES)
def test_a_valid_message_decodes_to_itself_and_encodes_to_the_same_bytes(name: str) -> None:
    @settings(max_examples=EXAMPLES_PER_TYPE)
    @given(messages_of(TYPES[name]))
    def holds(message: Message) -> None:
        payload = codec.encode(message)
        subject = subject_of(message)
        again = codec.decode(payload, subject=subject)
        assert again == message
        assert type(again) is TYPES[name]
        assert codec.encode(again) == payload

    holds()


@given(any_message())
def test_the_head_of_a_valid_message_can_be_peeked(message: Message) -> None:
    head = codec.peek(codec.encode(message))
    assert head is not None
    assert head == (message.id, message.source, message.boot, message.CHANNEL, message.seq, message.target)


@given(st.lists(any_message(), max_size=5))
def test_lines_are_the_messages_each_ended_by_a_newline(messages: list[Message]) -> None:
    lines = codec.encode_lines(messages)
    assert lines == b"".join(codec.encode(message) + b"\n" for message in messages)
    assert lines.count(b"\n") == len(messages)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["type", "id", "source", "boot", "seq", "time", "data"]) | st.text(), JSON))
def test_any_json_object_is_refused_with_a_code(body: dict[str, Any]) -> None:
    with pytest.raises(MessageRefused):
        codec.decode(json.dumps(body).encode())
    assert codec.peek(json.dumps(body).encode()) is None


@given(st.binary())
def test_any_bytes_are_refused_with_a_code(payload: bytes) -> None:
    with pytest.raises(MessageRefused):
        codec.decode(payload)
    assert codec.peek(payload) is None
