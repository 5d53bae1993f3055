from __future__ import annotations

import zlib
from itertools import pairwise
from pathlib import Path
from struct import unpack_from
from typing import TYPE_CHECKING

import pytest
from mcap.opcode import Opcode
from mcap.reader import make_reader
from mcap.records import Chunk, MessageIndex
from mcap.stream_reader import StreamReader, get_chunk_data_stream
from mcap.writer import MCAP0_MAGIC, Writer

from tests.twin.journal.runs import START_US, a_run, run_header
from twin.errors import RecordingError, RecordingWriteError
from twin.journal import mcap_writer, recording
from twin.journal.digest import RunDigest
from twin.journal.reading import RecordingReader, digest_of
from twin.journal.recording import RecordingWriter
from twin.rng import Draws

if TYPE_CHECKING:
    from tests.twin.journal.runs import Record


def test_what_was_recorded_is_read_back_in_order(record: Record) -> None:
    sent = a_run(500)
    reader = RecordingReader(record("run.mcap", sent))
    assert [(subject, payload, at_us) for _, subject, payload, at_us in reader.messages()] == sent
    assert [message.position for message in reader.messages()] == list(range(1, 501))


def test_messages_keep_their_order_even_where_bus_times_go_back(record: Record) -> None:
    sent = [("a.b", b"{}", START_US + 5), ("a.c", b"{}", START_US), ("a.b", b"{}", START_US + 3)]
    reader = RecordingReader(record("run.mcap", sent))
    assert [(subject, payload, at_us) for _, subject, payload, at_us in reader.messages()] == sent


def test_the_file_says_what_the_run_was(record: Record) -> None:
    reader = RecordingReader(record("run.mcap", a_run(3), driver="lockstep"))
    assert reader.run == run_header("lockstep")


def test_inputs_of_the_core_are_read_back_in_applied_order_and_are_no_messages(record: Record) -> None:
    inputs = list(RecordingReader(record("run.mcap", a_run(2))).inputs())
    assert [(entry.index, entry.at_us - START_US, entry.kind, entry.ref) for entry in inputs] == [
        (1, 0, "message", "m-0"),
        (2, 1, "timer", "watch/r0"),
        (3, 0, "message", "m-1"),
        (4, 1, "timer", "watch/r0"),
    ]


def test_the_digest_is_recomputed_from_the_messages_alone(record: Record) -> None:
    sent, digest = a_run(2_345), RunDigest()
    digest.update(b"".join(payload + b"\n" for _, payload, _ in sent), [at_us for _, _, at_us in sent])
    found = digest_of(record("run.mcap", sent))
    assert (found.stamped, found.recomputed, found.messages) == (digest.hexdigest(), digest.hexdigest(), 2_345)
    assert found.agrees


def test_a_recording_that_lacks_a_message_does_not_agree_with_its_stamp(tmp_path: Path) -> None:
    digest = RunDigest()
    with RecordingWriter(tmp_path / "run.mcap") as writer:
        writer.header(run_header())
        for subject, payload, at_us in a_run(3):
            digest.update(payload + b"\n", [at_us])
            if b"m-1" not in payload[:12]:
                writer.message(subject, payload, at_us)
        writer.finish(digest=digest.hexdigest())
    assert not digest_of(tmp_path / "run.mcap").agrees


def test_the_same_run_gives_the_same_bytes(record: Record) -> None:
    assert record("a.mcap", a_run(300)).read_bytes() == record("b.mcap", a_run(300)).read_bytes()


def test_a_run_without_messages_is_a_recording(record: Record) -> None:
    path = record("run.mcap", [])
    assert list(RecordingReader(path).messages()) == []
    assert digest_of(path).agrees


def test_any_mcap_tool_can_read_and_seek_in_it(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcap_writer, "CHUNK_BYTES", 2_000)
    sent = a_run(200)
    with record("run.mcap", sent).open("rb") as stream:
        reader = make_reader(stream, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == 600
        assert summary.statistics.message_start_time == START_US * 1000
        assert summary.statistics.message_end_time == (sent[-1][2] + 1) * 1000
        assert len(summary.chunk_indexes) == summary.statistics.chunk_count > 10
        one_robot = "dock.v1.bos1.robot.r1.event.case_picked_v1"
        found = [
            (channel.topic, message.data, message.log_time // 1000)
            for schema, channel, message in reader.iter_messages(
                topics=[one_robot], starting_at=(START_US + 10_000) * 1000, ending_before=(START_US + 90_000) * 1000
            )
            if schema is not None and (schema.name, schema.encoding) == ("case.picked.v1", "jsonschema")
        ]
        assert found == [s for s in sent if s[0] == one_robot and START_US + 10_000 <= s[2] < START_US + 90_000]
        assert [metadata.name for metadata in reader.iter_metadata()] == ["docktwin.run", "docktwin.result"]
        assert [a.data for a in reader.iter_attachments()] == ["name: first_truck  # 1 Tür\n".encode()]


def test_sequences_number_all_records_in_the_order_written(record: Record) -> None:
    with record("run.mcap", a_run(20)).open("rb") as stream:
        sequences = [m.sequence for _, _, m in make_reader(stream).iter_messages(log_time_order=False)]
    assert sequences == list(range(60))
    assert all(after == before + 1 for before, after in pairwise(sequences))


def test_a_run_that_is_interrupted_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> None:
        with RecordingWriter(tmp_path / "run.mcap") as writer:
            writer.header(run_header())
            writer.message("a.b", b"{}", START_US)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_until_it_is_finished_an_older_recording_keeps_its_name(record: Record) -> None:
    path = record("run.mcap", a_run(3))
    before = path.read_bytes()
    with RecordingWriter(path) as writer:
        writer.message("a.b", b"{}", START_US)
        assert path.read_bytes() == before
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_payload_that_is_no_json_is_recorded_as_it_was(record: Record) -> None:
    sent = [("a.b", b"\xff\x00{", START_US), ("a.c", b"", START_US), ("a.d", b"[" * 5_000, START_US)]
    reader = RecordingReader(record("run.mcap", sent))
    assert [payload for _, _, payload, _ in reader.messages()] == [payload for _, payload, _ in sent]


def test_a_folder_that_is_not_there_is_our_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(RecordingWriteError, match="No such file or directory") as caught:
        RecordingWriter(tmp_path / "missing" / "run.mcap")
    assert caught.value.code == "E-RECORDING-WRITE"
    assert "--out" in caught.value.hint


def test_a_full_disk_is_our_error_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcap_writer, "CHUNK_BYTES", 10)

    def on_a_full_disk() -> None:
        with RecordingWriter(tmp_path / "run.mcap") as writer:
            writer._stream.close()
            writer._stream = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 - the writer closes it
            writer._mcap._stream = writer._stream
            writer.message("a.b", b"{}", START_US)

    with pytest.raises(RecordingWriteError, match="No space left on device"):
        on_a_full_disk()
    assert list(tmp_path.iterdir()) == []


def test_more_subjects_than_the_format_can_number_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "CHANNELS_MAX", 2)
    with RecordingWriter(tmp_path / "run.mcap") as writer:
        writer.message("a.b", b"{}", START_US)
        writer.message("a.c", b"{}", START_US)
        with pytest.raises(RecordingWriteError, match="more than 2 subjects"):
            writer.message("a.d", b"{}", START_US)


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"run\.mcap: the recording cannot be read: No such file") as caught:
        digest_of(tmp_path / "run.mcap")
    assert (caught.value.code, caught.value.exit_status) == ("E-RECORDING", 2)


@pytest.mark.parametrize("content", [b"", b"verdict: passed\n", b"\x89MCAP0\r\n"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run.mcap").write_bytes(content)
    with pytest.raises(RecordingError, match=r"run\.mcap: "):
        digest_of(tmp_path / "run.mcap")


def test_an_mcap_file_of_someone_else_is_no_recording(tmp_path: Path) -> None:
    with (tmp_path / "run.mcap").open("wb") as stream:
        writer = Writer(stream)
        writer.start(profile="ros2")
        writer.finish()  # type: ignore[no-untyped-call]
    with pytest.raises(RecordingError, match="no recording of docktwin"):
        digest_of(tmp_path / "run.mcap")


def test_a_recording_of_another_format_asks_for_its_version(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FORMAT", "2")
    with pytest.raises(RecordingError, match="got format '2', expected '1'"):
        digest_of(record("run.mcap", a_run(1)))


def read_all(path: Path) -> None:
    assert digest_of(path).agrees
    assert list(RecordingReader(path).inputs())


def test_wherever_a_recording_is_cut_off_the_error_is_ours(record: Record, tmp_path: Path) -> None:
    whole = record("run.mcap", a_run(20)).read_bytes()
    cut = tmp_path / "cut.mcap"
    for length in range(len(whole)):
        cut.write_bytes(whole[:length])
        with pytest.raises(RecordingError):
            read_all(cut)


def test_whatever_byte_is_changed_nothing_is_raised_but_our_error(record: Record, tmp_path: Path) -> None:
    whole = record("run.mcap", a_run(20)).read_bytes()
    changed, draw = tmp_path / "changed.mcap", Draws(seed=1).stream("damage", "run.mcap")
    refused = 0
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= draw.randrange(1, 256)
        changed.write_bytes(damaged)
        try:
            read_all(changed)
        except RecordingError:
            refused += 1
    # what it still reads was changed in the summary, which reading front to back does not need
    assert refused > len(whole) / 2


def test_every_index_entry_points_at_its_message(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcap_writer, "CHUNK_BYTES", 2_000)
    pointed_at, plain = 0, b""
    with record("run.mcap", a_run(60)).open("rb") as stream:
        for item in StreamReader(stream, emit_chunks=True).records:
            if isinstance(item, Chunk):
                plain = get_chunk_data_stream(item, validate_crc=True)[0].read(item.uncompressed_size)
            elif isinstance(item, MessageIndex):
                for at_ns, offset in item.records:
                    opcode, _, channel_id, sequence, log_ns, _ = unpack_from("<BQHIQQ", plain, offset)
                    assert (opcode, channel_id, log_ns) == (Opcode.MESSAGE, item.channel_id, at_ns)
                    assert sequence < 180
                    pointed_at += 1
    assert pointed_at == 180


def test_the_check_sum_of_the_summary_is_the_formats(record: Record) -> None:
    whole = record("run.mcap", a_run(5)).read_bytes()
    footer_bytes = 9 + 8 + 8 + 4
    footer_at = len(whole) - len(MCAP0_MAGIC) - footer_bytes
    opcode, _, summary_start, _, crc = unpack_from("<BQQQI", whole, footer_at)
    assert opcode == Opcode.FOOTER
    assert crc == zlib.crc32(whole[summary_start : footer_at + footer_bytes - 4])
