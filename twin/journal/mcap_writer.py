"""An MCAP file, written fast: https://mcap.dev/spec.

The library's own writer makes three objects and a dozen calls of each message; this one packs a message in one call and
leaves all other records to the library's record classes. The tests judge what it writes by the library's readers.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping
from struct import Struct
from typing import BinaryIO

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    Attachment,
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
)
from mcap.writer import MCAP0_MAGIC

CHUNK_BYTES = 1024 * 1024
CHANNELS_MAX = 65_535
"""The format numbers channels with 16 bits."""
_COMPRESSION_LEVEL = 1  # a higher one gains 10 % of a file and costs 3 us a message
_MESSAGE_HEAD = Struct("<BQHIQQ")
_MESSAGE_FIELDS_BYTES = _MESSAGE_HEAD.size - 9
_FOOTER_UP_TO_CRC = Struct("<BQQQ")
_INDEX_HEAD = Struct("<BQHI")


class McapWriter:
    """Writes one file to a binary stream, front to back; the caller opens and closes the stream.

    Times are nanoseconds since the Unix epoch. Every method may raise OSError, the stream's.
    """

    def __init__(self, stream: BinaryIO, *, profile: str, library: str) -> None:
        self._stream = stream
        self._position = 0
        self._data_crc = 0
        self._schemas: list[Schema] = []
        self._channels: list[Channel] = []
        self._chunk_indexes: list[ChunkIndex] = []
        self._attachment_indexes: list[AttachmentIndex] = []
        self._metadata_indexes: list[MetadataIndex] = []
        self._counts: Counter[int] = Counter()
        self._messages = 0
        self._first_ns: int | None = None
        self._last_ns = 0
        self._begin_chunk()
        self._write(MCAP0_MAGIC)
        self._write(_encoded(Header(profile=profile, library=library)))

    def add_schema(self, name: str, encoding: str, data: bytes) -> int:
        """A new schema; its number."""
        schema = Schema(id=len(self._schemas) + 1, name=name, encoding=encoding, data=data)
        self._schemas.append(schema)
        self._append(_encoded(schema))
        return schema.id

    def add_channel(self, topic: str, *, encoding: str, schema_id: int = 0) -> int:
        """A new channel; its number. At most CHANNELS_MAX of them."""
        assert len(self._channels) < CHANNELS_MAX, "the caller counts its channels"
        channel = Channel(
            id=len(self._channels) + 1, topic=topic, message_encoding=encoding, metadata={}, schema_id=schema_id
        )
        self._channels.append(channel)
        self._append(_encoded(channel))
        return channel.id

    def add_message(self, channel_id: int, at_ns: int, data: bytes) -> None:
        """One message; its sequence is its place in the file, counted from 0 over all channels."""
        index = self._index.get(channel_id)
        if index is None:
            index = self._index[channel_id] = []
        index.append(at_ns)
        index.append(self._chunk_bytes)
        if not self._chunk_from_ns <= at_ns <= self._chunk_to_ns:
            self._widen(at_ns)
        length = _MESSAGE_FIELDS_BYTES + len(data)
        self._parts.append(
            _MESSAGE_HEAD.pack(Opcode.MESSAGE, length, channel_id, self._messages & 0xFFFF_FFFF, at_ns, at_ns)
        )
        self._parts.append(data)
        self._messages += 1
        self._chunk_bytes += 9 + length
        if self._chunk_bytes >= CHUNK_BYTES:
            self._end_chunk()

    def add_metadata(self, name: str, values: Mapping[str, str]) -> None:
        """A record of named texts."""
        self._end_chunk()
        record = _encoded(Metadata(name=name, metadata=dict(values)))
        self._metadata_indexes.append(MetadataIndex(offset=self._position, length=len(record), name=name))
        self._write(record)

    def add_attachment(self, name: str, media_type: str, data: bytes) -> None:
        """A file inside the file, without times."""
        self._end_chunk()
        attachment = Attachment(create_time=0, log_time=0, name=name, media_type=media_type, data=data)
        record = _encoded(attachment)
        self._attachment_indexes.append(
            AttachmentIndex(
                offset=self._position,
                length=len(record),
                log_time=0,
                create_time=0,
                data_size=len(data),
                name=name,
                media_type=media_type,
            )
        )
        self._write(record)

    def finish(self) -> None:
        """The summary and the end; nothing can be added after it."""
        self._end_chunk()
        self._write(_encoded(DataEnd(data_section_crc=self._data_crc)))
        records: list[McapRecord] = [*self._schemas, *self._channels, self._statistics()]
        records += [*self._chunk_indexes, *self._attachment_indexes, *self._metadata_indexes]
        summary_start = self._position
        summary = b"".join(map(_encoded, records))
        footer_up_to_crc = _FOOTER_UP_TO_CRC.pack(Opcode.FOOTER, 20, summary_start, 0)
        crc = zlib.crc32(footer_up_to_crc, zlib.crc32(summary))
        self._write(summary)
        self._write(_encoded(Footer(summary_start=summary_start, summary_offset_start=0, summary_crc=crc)))
        self._write(MCAP0_MAGIC)

    def _begin_chunk(self) -> None:
        self._parts: list[bytes] = []
        self._index: dict[int, list[int]] = {}
        self._chunk_bytes = 0
        self._chunk_from_ns = 2**64
        self._chunk_to_ns = -1

    def _append(self, record: bytes) -> None:
        self._parts.append(record)
        self._chunk_bytes += len(record)

    def _widen(self, at_ns: int) -> None:
        self._chunk_from_ns = min(self._chunk_from_ns, at_ns)
        self._chunk_to_ns = max(self._chunk_to_ns, at_ns)

    def _end_chunk(self) -> None:
        if not self._parts:
            return
        if not self._index:  # channels or schemas alone: a chunk has times, those of a message
            self._chunk_from_ns = self._chunk_to_ns = 0
        plain = b"".join(self._parts)
        chunk = Chunk(
            compression="zstd",
            data=zstandard.compress(plain, _COMPRESSION_LEVEL),
            message_start_time=self._chunk_from_ns,
            message_end_time=self._chunk_to_ns,
            uncompressed_crc=zlib.crc32(plain),
            uncompressed_size=len(plain),
        )
        record, start = _encoded(chunk), self._position
        self._write(record)
        index_start, offsets = self._position, self._write_message_indexes()
        self._chunk_indexes.append(
            ChunkIndex(
                chunk_length=len(record),
                chunk_start_offset=start,
                compression=chunk.compression,
                compressed_size=len(chunk.data),
                message_end_time=chunk.message_end_time,
                message_index_length=self._position - index_start,
                message_index_offsets=offsets,
                message_start_time=chunk.message_start_time,
                uncompressed_size=chunk.uncompressed_size,
            )
        )
        if self._index:
            self._first_ns = min(self._chunk_from_ns, self._chunk_from_ns if self._first_ns is None else self._first_ns)
            self._last_ns = max(self._last_ns, self._chunk_to_ns)
        self._begin_chunk()

    def _write_message_indexes(self) -> dict[int, int]:
        offsets: dict[int, int] = {}
        for channel_id, index in self._index.items():
            offsets[channel_id] = self._position
            entries = Struct(f"<{len(index)}Q").pack(*index)
            self._write(_INDEX_HEAD.pack(Opcode.MESSAGE_INDEX, 6 + len(entries), channel_id, len(entries)) + entries)
            self._counts[channel_id] += len(index) // 2
        return offsets

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=len(self._attachment_indexes),
            channel_count=len(self._channels),
            channel_message_counts=dict(sorted(self._counts.items())),
            chunk_count=len(self._chunk_indexes),
            message_count=self._messages,
            message_end_time=self._last_ns,
            message_start_time=self._first_ns or 0,
            metadata_count=len(self._metadata_indexes),
            schema_count=len(self._schemas),
        )

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._position += len(data)
        self._data_crc = zlib.crc32(data, self._data_crc)


def _encoded(record: McapRecord) -> bytes:
    builder = RecordBuilder()
    record.write(builder)
    return bytes(builder.end())  # type: ignore[no-untyped-call] # the library annotates all but this one
