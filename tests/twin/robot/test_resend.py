from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from twin.ids import Address
from twin.messages import codec
from twin.messages.conveyor import ConveyorData, ConveyorJammed
from twin.messages.emitter import Emitter
from twin.messages.envelope import Message
from twin.messages.robot import EventsLostData, ResendData
from twin.robot import ResendBuffer


def asked(from_seq: int, to_seq: int, *, boot: int = 1) -> ResendData:
    return ResendData(
        action_id="a",
        epoch=1,
        expires_at="2026-01-05T06:00:00.000000Z",
        lost_boot=boot,
        channel="event",
        from_seq=from_seq,
        to_seq=to_seq,
    )


def lost(from_seq: int, to_seq: int) -> EventsLostData:
    return EventsLostData(lost_boot=1, channel="event", from_seq=from_seq, to_seq=to_seq)


def publish(buffer: ResendBuffer, count: int, *, boot: int = 1) -> list[Message]:
    emitter = Emitter(site="bos1", address=Address("conveyor", "c1"), boot=boot)
    said: list[Message] = [emitter.emit(ConveyorJammed, ConveyorData(), at_us=n) for n in range(count)]
    for message in said:
        buffer.keep(message)
    return said


def test_what_is_kept_is_sent_again_identical_to_the_byte() -> None:
    buffer = ResendBuffer()
    said = publish(buffer, 5)
    again = buffer.answer(asked(2, 4))
    assert [codec.encode(message) for message in again.messages] == [codec.encode(message) for message in said[1:4]]
    assert again.lost == ()


def test_what_has_left_the_buffer_is_said_to_be_lost() -> None:
    buffer = ResendBuffer(bound=3)
    publish(buffer, 10)
    again = buffer.answer(asked(5, 9))
    assert [message.seq for message in again.messages] == [8, 9]
    assert again.lost == (lost(5, 7),)


def test_a_boot_of_which_nothing_is_kept_is_lost_as_far_as_asked() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3, boot=2)
    assert buffer.answer(asked(1, 9)).lost == (lost(1, 9),)


def test_an_earlier_boot_is_sent_again_while_it_is_kept() -> None:
    buffer = ResendBuffer()
    said = publish(buffer, 3)
    publish(buffer, 3, boot=2)
    assert buffer.answer(asked(2, 3)).messages == tuple(said[1:])


def test_numbers_not_yet_used_are_neither_sent_nor_lost() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3)
    assert buffer.answer(asked(4, 9)) == ((), ())


def test_a_power_cut_loses_what_was_kept() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3)
    buffer.forget()
    assert buffer.answer(asked(1, 3)).lost == (lost(1, 3),)


def test_what_was_lost_on_the_way_is_said_to_be_lost_between_what_is_kept() -> None:
    buffer = ResendBuffer()
    said = publish(buffer, 7)
    for message in (said[1], said[2], said[4], said[6]):
        buffer.lose(message)
    assert buffer.answer(asked(2, 9)) == ((said[3], said[5]), (lost(2, 3), lost(5, 5), lost(7, 7)))


def test_what_was_sent_again_can_be_lost_too() -> None:
    buffer = ResendBuffer()
    said = publish(buffer, 3)
    buffer.lose(said[1])
    assert buffer.answer(asked(1, 3)) == ((said[0], said[2]), (lost(2, 2),))


def test_a_huge_gap_is_answered_at_once() -> None:
    assert ResendBuffer().answer(asked(1, 2**53 - 1)).lost == (lost(1, 2**53 - 1),)


@given(st.integers(1, 8), st.integers(0, 20), st.integers(1, 20), st.integers(0, 20), st.sets(st.integers(0, 19)))
def test_each_number_asked_for_is_sent_or_lost_or_not_yet_used(
    bound: int, count: int, start: int, more: int, gone: set[int]
) -> None:
    buffer = ResendBuffer(bound)
    emitter = Emitter(site="bos1", address=Address("conveyor", "c1"), boot=1)
    for number in range(count):
        message = emitter.emit(ConveyorJammed, ConveyorData(), at_us=number)
        buffer.keep(message)
        if number in gone:
            buffer.lose(message)
    again = buffer.answer(asked(start, start + more))
    sent = {message.seq for message in again.messages}
    missing = [seq for it in again.lost for seq in range(it.from_seq, it.to_seq + 1)]
    is_any_kept = bool(buffer.answer(asked(1, 20)).messages)
    published = set(range(1, count + 1)) if is_any_kept else set(range(start, start + more + 1))
    assert sent | set(missing) == published & set(range(start, start + more + 1))
    assert not sent & set(missing)
    assert len(set(missing)) == len(missing)
