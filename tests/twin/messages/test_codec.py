"""Each refusal by itself: its code, and the path it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from twin.errors import BadInputError, MessageRefused, Refusal
from twin.messages import Message, codec
from twin.messages.case import CasePicked
from twin.messages.emitter import trace_parent
from twin.messages.envelope import MESSAGE_BYTES_MAX, SEQ_MAX
from twin.messages.examples import example
from twin.messages.robot import Resend, Snapshot
from twin.messages.wall import WallScanned

PICKED = codec.encode(example(CasePicked))
SUBJECT = "dock.v1.bos1.robot.r5.event.case_picked_v1"


def body(message_type: type[Message] = CasePicked) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(codec.encode(example(message_type)))
    return loaded


def refusal(payload: bytes | dict[str, Any], *, subject: str | None = None) -> tuple[Refusal, str]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    with pytest.raises(MessageRefused) as caught:
        codec.decode(raw, subject=subject)
    return caught.value.refusal, caught.value.path


def with_data(**fields: object) -> dict[str, Any]:
    return {**body(), "data": {**body()["data"], **fields}}


def replaced(old: bytes, new: bytes) -> bytes:
    assert PICKED.count(old) == 1
    return PICKED.replace(old, new)


def test_a_message_on_its_own_subject_is_taken() -> None:
    assert codec.decode(PICKED, subject=SUBJECT) == example(CasePicked)


def test_other_spacing_and_order_of_keys_are_taken() -> None:
    assert codec.decode(json.dumps(body(), indent=1, sort_keys=True).encode()) == example(CasePicked)


def test_an_unknown_field_is_skipped() -> None:
    assert codec.decode(json.dumps({**with_data(later=[1, {"a": None}]), "more": 1}).encode()) == example(CasePicked)


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        pytest.param(b"", "not_json", "$", id="nothing"),
        pytest.param(b"[]", "wrong_type", "$", id="an array"),
        pytest.param(PICKED[:-1], "not_json", "$", id="cut off"),
        pytest.param(PICKED + b"{}", "not_json", "$", id="two objects"),
        pytest.param(b"\xef\xbb\xbf" + PICKED, "not_json", "$", id="byte order mark"),
        pytest.param(replaced(b"t-1-c7", b"\xff"), "not_utf8", "$", id="not UTF-8"),
        pytest.param(replaced(b'"data":', b'"x":"\xff","data":'), "not_utf8", "$", id="not UTF-8 where skipped"),
        pytest.param(replaced(b'"attempts":1', b'"attempts":NaN'), "not_finite", "$", id="NaN"),
        pytest.param(replaced(b'"weight_kg":2.5', b'"weight_kg":-Infinity'), "not_finite", "$", id="minus infinity"),
        pytest.param(
            replaced(b'"weight_kg":2.5', b'"weight_kg":1e999'), "not_finite", "$.data.weight_kg", id="a huge number"
        ),
        pytest.param(replaced(b'"data":', b'"x":1e999,"data":'), "not_finite", "$", id="a huge number where skipped"),
        pytest.param(replaced(b'"attempts":1', b'"attempts":-1'), "out_of_range", "$.data.attempts", id="negative"),
        pytest.param(
            replaced(b'"attempts":1', b'"attempts":' + b"9" * 500), "out_of_range", "$.data.attempts", id="500 digits"
        ),
        pytest.param(
            replaced(b'"attempts":1', b'"attempts":1,"attempts":1'),
            "duplicate_key",
            "$.data.attempts",
            id="a key twice with one value",
        ),
        pytest.param(replaced(b'"boot":3', b'"boot":2,"boot":3'), "duplicate_key", "$.boot", id="a key twice"),
        pytest.param(
            replaced(b'"data":', b'"x":{"a":1,"a":1},"data":'), "duplicate_key", "$.x.a", id="a skipped key twice"
        ),
        pytest.param(replaced(b'"data":', b'"x":' + b"[" * 20 + b"]" * 20 + b',"data":'), "too_deep", None, id="deep"),
        pytest.param(b'{"a":' * 9000 + b"1" + b"}" * 9000, "too_deep", "$", id="very deep"),
        pytest.param(replaced(b"t-1-c7", rb"\ud800"), "bad_text", "$", id="a lone surrogate"),
        pytest.param(replaced(b"t-1-c7", rb"\u001b[2J"), "bad_text", "$.data.track_id", id="a terminal escape"),
        pytest.param(replaced(b"t-1-c7", b"\x7f"), "bad_text", "$.data.track_id", id="a delete character"),
        pytest.param(replaced(b"t-1-c7", b"\xc2\x85"), "bad_text", "$.data.track_id", id="a C1 control character"),
        pytest.param(replaced(b"t-1-c7", b""), "bad_text", "$.data.track_id", id="an empty name"),
        pytest.param(replaced(b"t-1-c7", b"x" * 65), "bad_text", "$.data.track_id", id="a name of 65 characters"),
        pytest.param(
            replaced(b'"trailer_id":"t-1"', b'"trailer_id":"T 1"'), "bad_text", "$.data.trailer_id", id="token"
        ),
        pytest.param(replaced(b'"floor"', b'"ceiling"'), "unknown_value", "$.data.taken_from", id="an unknown value"),
        pytest.param(replaced(b"case.picked.v1", b"case.picked.v2"), "unknown_type", "$.type", id="a later type"),
        pytest.param(
            replaced(b'"attempts":1', b'"attempts":"1"'), "wrong_type", "$.data.attempts", id="text for number"
        ),
        pytest.param(replaced(b'"attempts":1,', b""), "missing_field", "$.data.attempts", id="a field left out"),
        pytest.param(replaced(b'"type":"case.picked.v1",', b""), "missing_field", "$.type", id="no type"),
        pytest.param(b" " * (MESSAGE_BYTES_MAX + 1), "too_large", "$", id="too large"),
    ],
)
def test_a_refusal_has_a_code_and_a_path(payload: bytes, code: str, path: str | None) -> None:
    got_code, got_path = refusal(payload)
    assert got_code == code
    assert path is None or got_path == path


def test_a_message_of_exactly_the_largest_size_is_taken() -> None:
    assert codec.decode(PICKED.ljust(MESSAGE_BYTES_MAX)) == example(CasePicked)


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-29T06:00:00.000000Z",
        "2026-13-01T06:00:00.000000Z",
        "2026-01-05T24:00:00.000000Z",
        "2026-01-05T06:00:60.000000Z",
        "2026-01-05T06:00:00Z",
        "2026-01-05T06:00:00.000000+00:00",
        "2026-01-05T06:00:00.000000Z\n",
        "\u0662026-01-05T06:00:00.000000Z",
    ],
)
def test_what_is_no_instant_is_refused_in_every_field_that_holds_one(instant: str) -> None:
    assert refusal({**body(), "time": instant})[1] == "$.time"
    command = body(Snapshot)
    command["data"]["expires_at"] = instant
    assert refusal(command)[1] == "$.data.expires_at"


def test_an_orientation_that_is_no_unit_quaternion_is_impossible_geometry() -> None:
    wall = body(WallScanned)
    wall["data"]["cases"][0]["orientation_xyzw"] = [0.0, 0.0, 0.0, 0.5]
    assert refusal(wall) == ("impossible_geometry", "$.data.cases[0]")


def test_a_case_of_no_size_is_out_of_range() -> None:
    wall = body(WallScanned)
    wall["data"]["cases"][0]["size_m"] = [0.4, 0.0, 0.4]
    assert refusal(wall)[0] == "out_of_range"


def test_part_three_of_two_is_out_of_range() -> None:
    wall = body(WallScanned)
    wall["data"]["part"] = 3
    assert refusal(wall) == ("out_of_range", "$.data")


def test_a_resend_that_ends_before_it_begins_is_out_of_range() -> None:
    resend = body(Resend)
    resend["data"]["from_seq"] = resend["data"]["to_seq"] + 1
    assert refusal(resend) == ("out_of_range", "$.data")


@pytest.mark.parametrize(
    "change", [{"seq": 2}, {"boot": 4}, {"source": "/bos1/robot/r6"}, {"id": "bos1/robot/r5:3:event:01"}]
)
def test_an_id_that_disagrees_with_its_envelope_is_refused(change: dict[str, object]) -> None:
    assert refusal({**body(), **change}) == ("id_mismatch", "$.id")


def test_a_commands_id_names_its_target() -> None:
    assert refusal({**body(Snapshot), "subject": "robot/r6"}) == ("id_mismatch", "$.id")


@pytest.mark.parametrize(
    "subject",
    [
        "dock.v1.bos1.robot.r6.event.case_picked_v1",
        "dock.v1.bos2.robot.r5.event.case_picked_v1",
        "dock.v1.bos1.robot.r5.reply.case_picked_v1",
        "dock.v1.bos1.robot.r5.event.case_placed_v1",
        "",
    ],
)
def test_a_message_on_another_subject_is_refused(subject: str) -> None:
    assert refusal(PICKED, subject=subject) == ("subject_mismatch", "$")


def test_a_kind_that_may_not_publish_a_type_is_refused() -> None:
    forged = {**body(), "source": "/bos1/yard/r5", "id": "bos1/yard/r5:3:event:1"}
    assert refusal(forged) == ("wrong_publisher", "$.source")


@pytest.mark.parametrize(
    "source", ["bos1/robot/r5", "/bos1/robot/r5/", "/bos1/robot/r5\n", "/bos1/human/r5", "/b/robot/"]
)
def test_a_source_of_another_form_is_refused(source: str) -> None:
    assert refusal({**body(), "source": source})[0] == "bad_text"


def test_a_trace_parent_of_another_form_is_refused() -> None:
    assert refusal({**body(), "traceparent": trace_parent("x")[:-1]}) == ("bad_text", "$.traceparent")


def test_a_refusal_says_what_it_got_in_printable_ascii_and_briefly() -> None:
    with pytest.raises(MessageRefused) as caught:
        codec.decode(replaced(b'"floor"', '"\u202e{}"'.format("x" * 5000).encode()))
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 300


def test_a_refusal_is_bad_input() -> None:
    with pytest.raises(BadInputError) as caught:
        codec.decode(b"{")
    assert (caught.value.code, caught.value.exit_status) == ("E-MESSAGE", 2)


def test_the_head_of_a_refused_message_can_be_read_so_that_it_uses_up_its_number() -> None:
    later = replaced(b"case.picked.v1", b"case.weighed.v1")
    assert refusal(later)[0] == "unknown_type"
    head = codec.peek(later, subject="dock.v1.bos1.robot.r5.event.case_weighed_v1")
    assert head == ("bos1/robot/r5:3:event:1", "/bos1/robot/r5", 3, "event", 1, None)


def test_the_head_of_a_command_names_its_target() -> None:
    head = codec.peek(codec.encode(example(Snapshot)))
    assert head is not None
    assert (head.channel, head.target) == ("command", "robot/r5")


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 2},
        {"seq": True},
        {"seq": SEQ_MAX + 1},
        {"boot": 0},
        {"source": "/bos1/robot/r6"},
        {"id": 7},
        {"type": None},
    ],
)
def test_a_head_whose_fields_disagree_is_not_believed(change: dict[str, object]) -> None:
    assert codec.peek(json.dumps({**body(), **change}).encode()) is None


def test_a_head_on_anothers_subject_is_not_believed() -> None:
    assert codec.peek(PICKED, subject="dock.v1.bos1.robot.r6.event.case_picked_v1") is None


def test_a_head_that_says_a_thing_twice_is_not_believed() -> None:
    assert codec.peek(replaced(b'"seq":1', b'"seq":1,"seq":1')) is None


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"{}", b"[" * 60_000, b" " * (MESSAGE_BYTES_MAX + 1)])
def test_bytes_without_a_head_have_none(payload: bytes) -> None:
    assert codec.peek(payload) is None
