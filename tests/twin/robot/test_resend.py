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
    assert again.lost is None


def test_what_has_left_the_buffer_is_said_to_be_lost() -> None:
    buffer = ResendBuffer(bound=3)
    publish(buffer, 10)
    again = buffer.answer(asked(5, 9))
    assert [message.seq for message in again.messages] == [8, 9]
    assert again.lost == EventsLostData(lost_boot=1, channel="event", from_seq=5, to_seq=7)


def test_a_boot_of_which_nothing_is_kept_is_lost_as_far_as_asked() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3, boot=2)
    assert buffer.answer(asked(1, 9)).lost == EventsLostData(lost_boot=1, channel="event", from_seq=1, to_seq=9)


def test_an_earlier_boot_is_sent_again_while_it_is_kept() -> None:
    buffer = ResendBuffer()
    said = publish(buffer, 3)
    publish(buffer, 3, boot=2)
    assert buffer.answer(asked(2, 3)).messages == tuple(said[1:])


def test_numbers_not_yet_used_are_neither_sent_nor_lost() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3)
    assert buffer.answer(asked(4, 9)) == ((), None)


def test_a_power_cut_loses_what_was_kept() -> None:
    buffer = ResendBuffer()
    publish(buffer, 3)
    buffer.forget()
    assert buffer.answer(asked(1, 3)).lost is not None


@given(st.integers(1, 8), st.integers(0, 20), st.integers(1, 20), st.integers(0, 20))
def test_each_number_asked_for_is_sent_or_lost_or_not_yet_used(bound: int, count: int, start: int, more: int) -> None:
    buffer = ResendBuffer(bound)
    publish(buffer, count)
    again = buffer.answer(asked(start, start + more))
    sent = {message.seq for message in again.messages}
    lost = set(range(again.lost.from_seq, again.lost.to_seq + 1)) if again.lost else set()
    published = set(range(1, count + 1)) if count else set(range(start, start + more + 1))
    assert sent | lost == published & set(range(start, start + more + 1))
    assert not sent & lost
