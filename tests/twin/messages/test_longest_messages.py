"""The longest list that each message may carry fits into a message."""

from __future__ import annotations

from typing import Any

import pytest

from twin.ids import Address
from twin.messages import Message, codec
from twin.messages.emitter import Emitter
from twin.messages.envelope import MESSAGE_BYTES_MAX, SEQ_MAX
from twin.messages.receipt import RECEIPT_LINES_PER_PART_MAX, ReceiptClosed, ReceiptClosedData, ReceiptLine
from twin.messages.robot import RECENT_ACTIONS_MAX, RecentAction
from twin.messages.trailer import (
    MANIFEST_LINES_PER_PART_MAX,
    STANDING_TRAILERS_MAX,
    ManifestLine,
    StandingTrailer,
    TrailerManifest,
    TrailerManifestData,
    YardState,
    YardStateData,
)
from twin.messages.wall import CASES_PER_PART_MAX, SeenCase, WallScanned, WallScannedData
from twin.subjects import subject_for

LONGEST_NAME = "n" * 64
LONGEST_TOKEN = "t" * 32
LONGEST_FLOAT = 1.2345678901234567e-05


def longest(kind: str, message_type: type[Message], data: Any) -> Message:  # noqa: ANN401 - of any type
    emitter = Emitter(
        site=LONGEST_TOKEN, address=Address(kind, LONGEST_TOKEN), boot=SEQ_MAX, seqs={"event": SEQ_MAX - 1}
    )
    return emitter.emit(message_type, data, at_us=1, correlation_id=LONGEST_NAME, causation_id="c" * 160)


def full_parts() -> list[Message]:
    """The longest message of each type with a list in it that grows with the dock, in ASCII."""
    name, token, number = LONGEST_NAME, LONGEST_TOKEN, LONGEST_FLOAT
    line = ManifestLine(line_id=name, po_id=name, sku=name, label=name, quantity=100_000, weight_kg=number)
    seen = SeenCase(
        track_id=name,
        position_m=(-number, -number, -number),
        size_m=(number, number, number),
        orientation_xyzw=(-0.5000000000000001, -0.5000000000000001, -0.5000000000000001, -0.49999999999999994),
        visible_fraction=number,
        lies_on_floor=True,
    )
    million = 1_000_000
    received = ReceiptLine(
        line_id=name,
        po_id=name,
        expected=million,
        received=million,
        damaged=million,
        refused=million,
        short=million,
        over=million,
    )
    standing = StandingTrailer(trailer_id=token, door_id=token, is_released=True)
    action = RecentAction(action_id=name, action_state="INITIALIZING")
    return [
        longest(
            "yard",
            YardState,
            YardStateData(
                last_event_seq=SEQ_MAX,
                last_reply_seq=SEQ_MAX,
                trailers=(standing,) * STANDING_TRAILERS_MAX,
                recent_actions=(action,) * RECENT_ACTIONS_MAX,
            ),
        ),
        longest(
            "yard",
            TrailerManifest,
            TrailerManifestData(trailer_id=token, part=9999, parts=9999, lines=(line,) * MANIFEST_LINES_PER_PART_MAX),
        ),
        longest(
            "robot",
            WallScanned,
            WallScannedData(
                trailer_id=token,
                scan_id=name,
                part=9999,
                parts=9999,
                frame_id=name,
                captured_at="2026-01-05T06:00:00.000000Z",
                position_stddev_m=number,
                cases=(seen,) * CASES_PER_PART_MAX,
            ),
        ),
        longest(
            "backend",
            ReceiptClosed,
            ReceiptClosedData(
                trailer_id=token,
                part=9999,
                parts=9999,
                lines=(received,) * RECEIPT_LINES_PER_PART_MAX,
                unidentified=million,
            ),
        ),
    ]


@pytest.mark.parametrize("message", full_parts(), ids=lambda message: message.type)
def test_the_longest_list_fits_in_a_message(message: Message) -> None:
    payload = codec.encode(message)
    assert len(payload) <= MESSAGE_BYTES_MAX
    assert codec.decode(payload, subject=subject_for(message.source, message.CHANNEL, message.type, None)) == message
