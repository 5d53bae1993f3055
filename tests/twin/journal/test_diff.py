from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.twin.journal.runs import START_US, a_run
from twin.errors import RecordingError
from twin.journal.diff import ANCESTORS_MAX, FieldDifference, first_difference

if TYPE_CHECKING:
    from tests.twin.journal.runs import SENT, Record


def message(at_us: int = START_US, subject: str = "a.b", **body: Any) -> SENT:  # noqa: ANN401 - any JSON
    return (subject, json.dumps(body).encode(), at_us)


def test_recordings_of_the_same_messages_do_not_differ_whoever_drove_them(record: Record) -> None:
    a, b = record("a.mcap", a_run(50)), record("b.mcap", a_run(50), driver="lockstep")
    assert first_difference(a, b) is None


def test_the_first_message_that_differs_is_named_with_place_times_and_fields(record: Record) -> None:
    sent = a_run(30)
    changed = list(sent)
    for number in (17, 20):
        subject, payload, at_us = sent[number]
        body = json.loads(payload)
        body["data"]["pose"]["x"] = -1
        changed[number] = (subject, json.dumps(body).encode(), at_us + 4)
    found = first_difference(record("a.mcap", sent), record("b.mcap", changed))
    assert found is not None
    assert found.a is not None
    assert found.b is not None
    assert found.position == found.a.position == found.b.position == 18
    assert (found.a.payload, found.b.payload) == (sent[17][1], changed[17][1])
    assert found.fields == (
        FieldDifference(path="bus time", a=str(sent[17][2]), b=str(sent[17][2] + 4)),
        FieldDifference(path="data.pose.x", a="4.25", b="-1"),
    )


def test_what_caused_it_is_followed_back_on_each_side_oldest_first(record: Record) -> None:
    common = [
        message(id="plan"),
        message(id="pick", causationid="plan"),
        message(id="aside"),
        message(id="drop", causationid="pick"),
    ]
    a = record("a.mcap", [*common, message(id="help", causationid="drop")])
    b = record("b.mcap", [*common, message(id="tick", causationid="aside")])
    found = first_difference(a, b)
    assert found is not None
    assert [json.loads(cause.payload)["id"] for cause in found.causes_a] == ["plan", "pick", "drop"]
    assert [json.loads(cause.payload)["id"] for cause in found.causes_b] == ["aside"]
    assert [cause.position for cause in found.causes_a] == [1, 2, 4]


def test_of_a_message_sent_again_the_first_is_the_cause(record: Record) -> None:
    common = [message(id="order"), message(id="order", at_us=START_US + 9)]
    a = record("a.mcap", [*common, message(id="x", causationid="order")])
    found = first_difference(a, record("b.mcap", common))
    assert found is not None
    assert [cause.position for cause in found.causes_a] == [1]


def test_causes_in_a_circle_or_without_end_are_cut(record: Record) -> None:
    circle = [message(id="a", causationid="b"), message(id="b", causationid="a")]
    found = first_difference(
        record("a.mcap", [*circle, message(causationid="b")]), record("b.mcap", [*circle, message(causationid="a")])
    )
    assert found is not None
    assert len(found.causes_a) == len(found.causes_b) == 2
    long = a_run(ANCESTORS_MAX + 20)
    found = first_difference(record("c.mcap", long), record("d.mcap", long[:-1]))
    assert found is not None
    assert len(found.causes_a) == ANCESTORS_MAX


def test_a_recording_that_ends_earlier_differs_where_it_ends(record: Record) -> None:
    sent = a_run(5)
    found = first_difference(record("a.mcap", sent[:3]), record("b.mcap", sent))
    assert found is not None
    assert found.position == 4
    assert found.a is None
    assert found.b is not None
    assert found.b.payload == sent[3][1]
    assert found.fields == ()
    assert found.causes_a == ()
    assert len(found.causes_b) == 3


@pytest.mark.parametrize(
    ("a", "b", "path", "values"),
    [
        ({"x": 1}, {"x": 1, "y": None}, "y", (None, "null")),
        ({"x": [1, 2]}, {"x": [1]}, "x[1]", ("2", None)),
        ({"x": [{"y": "a"}]}, {"x": [{"y": "b"}]}, "x[0].y", ('"a"', '"b"')),
        ({"x": 1}, {"x": True}, "x", ("1", "true")),
        ({"x": {"y": 1}}, {"x": 2}, "x", ('{"y": 1}', "2")),
    ],
)
def test_fields_are_named_by_their_path(
    record: Record, a: dict[str, Any], b: dict[str, Any], path: str, values: tuple[str | None, str | None]
) -> None:
    found = first_difference(record("a.mcap", [message(**a)]), record("b.mcap", [message(**b)]))
    assert found is not None
    assert found.fields == (FieldDifference(path=path, a=values[0], b=values[1]),)


def test_another_subject_is_a_difference(record: Record) -> None:
    found = first_difference(record("a.mcap", [message(id="x")]), record("b.mcap", [message(id="x", subject="a.c")]))
    assert found is not None
    assert found.fields == (FieldDifference(path="subject", a='"a.b"', b='"a.c"'),)


@pytest.mark.parametrize(("a", "b"), [(b'{"x":1}', b'{"x": 1}'), (b"\xff", b"\xfe"), (b"[" * 9000, b"[" * 9001)])
def test_other_bytes_without_another_field_differ_as_payload(record: Record, a: bytes, b: bytes) -> None:
    found = first_difference(record("a.mcap", [("a.b", a, START_US)]), record("b.mcap", [("a.b", b, START_US)]))
    assert found is not None
    assert found.fields == (FieldDifference(path="payload", a=repr(a), b=repr(b)),)


def test_what_is_no_recording_is_our_error(record: Record, tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        first_difference(record("a.mcap", a_run(1)), tmp_path / "b.mcap")
