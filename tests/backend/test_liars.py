"""A field that says anything at all, in good form: the backend may find it impossible, but never breaks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from backend.core import hashing
from tests.backend.field import Field
from tests.message_strategies import messages_of
from twin.messages import TYPES, Command

_POOLS: dict[str, list[Any]] = {
    "trailer_id": ["t-1", "t-2"],
    "door_id": ["d1", "d2", "d9"],
    "robot_id": ["r1", "r2", "r9"],
    "track_id": ["t-1-c1", "t-1-c2", "x"],
    "holding": [("t-1-c1",), ("t-1-c1", "t-1-c2"), ()],
    "conveyor_id": ["c1", "c2"],
    "intervention_id": ["i-1", "i-2", "i-3"],
    "error_id": ["e1", "e2"],
    "action_id": [f"a-{n}" for n in range(1, 8)],
    "lost_boot": [1, 2],
    "from_seq": [1, 2, 3],
    "to_seq": [3, 9],
    "last_event_seq": [0, 1, 5],
    "last_reply_seq": [0, 1, 5],
    "previous_boot": [None],
    "part": [1, 2],
    "parts": [2],
    "scan_id": ["s1", "s2"],
}
_SPEAKERS = {
    "robot": ["robot/r1", "robot/r2"],
    "yard": ["yard/yard"],
    "door": ["door/d1", "door/d2"],
    "conveyor": ["conveyor/c1", "conveyor/c2"],
    "operator": ["operator/remote", "operator/floor"],
}
_SAID = sorted(name for name, cls in TYPES.items() if not issubclass(cls, Command) and cls.PUBLISHERS & set(_SPEAKERS))


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, type[Any], Any, float]:
    """Who says what, and how long after the one before."""
    message_type = TYPES[draw(st.sampled_from(_SAID))]
    data = draw(messages_of(message_type)).data
    known = {name: draw(st.sampled_from(pool)) for name, pool in _POOLS.items() if name in data.__struct_fields__}
    speakers = [who for kind in sorted(message_type.PUBLISHERS & set(_SPEAKERS)) for who in _SPEAKERS[kind]]
    wait_s = draw(st.sampled_from([0.0, 0.0, 1.1, 31.0]))
    return draw(st.sampled_from(speakers)), message_type, msgspec.structs.replace(data, **known), wait_s


@pytest.mark.parametrize("has_begun", [False, True])
@given(st.lists(statements(), min_size=5, max_size=40))
@settings(max_examples=60, phases=[Phase.generate])  # to shrink a statement takes minutes
def test_nothing_said_in_good_form_breaks_the_backend(
    has_begun: bool,  # noqa: FBT001 - a parameter of the test
    said: list[tuple[str, type[Any], Any, float]],
) -> None:
    field = Field(doors=2, robots=2)
    if has_begun:
        field.start()
    for who, message_type, data, wait_s in said:
        field.say(who, message_type, data)
        field.wait(wait_s)
    field.wait(3600)
    field.backend.audit()
    snapshot = field.backend.snapshot()
    assert hashing.encode(hashing.decode(snapshot)) == snapshot
