"""Reading recordings back. Whatever is wrong with a file, the error is ours and names it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import zstandard
from mcap.exceptions import InvalidMagic, McapError
from mcap.records import Attachment, Channel, Header, Message, Metadata
from mcap.stream_reader import StreamReader

from twin.errors import RecordingError
from twin.journal.digest import RunDigest
from twin.journal.recording import (
    FORMAT,
    INPUTS_TOPIC,
    JOURNAL_TOPICS,
    PROFILE,
    RESULT_RECORD,
    RUN_RECORD,
    SCENARIO_ATTACHMENT,
    CoreInput,
    Recorded,
    RunHeader,
)

if TYPE_CHECKING:
    from mcap.records import McapRecord

RECORD_BYTES_MAX = 256 * 1024 * 1024
_NS_PER_US = 1000
_DIGEST_BATCH = 1000
_DAMAGE = (
    McapError,
    EOFError,
    LookupError,
    MemoryError,
    OverflowError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zstandard.ZstdError,
)
"""All that the library was seen to raise on damaged bytes (the tests change and cut them everywhere)."""


@dataclass(frozen=True, kw_only=True)
class RecordedDigest:
    """The digest stamped into a recording, and the one its messages have."""

    stamped: str
    recomputed: str
    messages: int

    @property
    def agrees(self) -> bool:
        """The recording holds the messages its run had."""
        return self.stamped == self.recomputed


class RecordingReader:
    """A finished recording; opening it reads it through once, so that a damaged one is refused before it is used.

    Raises RecordingError if the file is missing, cut off, damaged or not a recording of docktwin.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        about: dict[str, dict[str, str]] = {}
        scenario_text: str | None = None
        profile = ""
        with self._told():
            for record in self._records(emit_chunks=True):
                if isinstance(record, Header):
                    profile = record.profile
                elif isinstance(record, Metadata):
                    about[record.name] = record.metadata
                elif isinstance(record, Attachment) and record.name == SCENARIO_ATTACHMENT:
                    scenario_text = record.data.decode()
        if profile != PROFILE or RUN_RECORD not in about or scenario_text is None:
            raise _not_ours(path)
        if about[RUN_RECORD].get("format") != FORMAT:
            msg = f"{path}: got format {about[RUN_RECORD].get('format')!r}, expected {FORMAT!r}"
            raise RecordingError(msg, hint="Read it with the version of docktwin that wrote it.")
        with self._told():
            self.run = _run_header(about[RUN_RECORD], scenario_text)
            self.digest = about[RESULT_RECORD]["digest"]
            """The digest its run ended with."""

    def messages(self) -> Iterator[Recorded]:
        """The messages in file order, which is the canonical one."""
        position = 0
        for topic, message in self._messages():
            if not topic.startswith(JOURNAL_TOPICS):
                position += 1
                yield Recorded(position, topic, message.data, message.log_time // _NS_PER_US)

    def inputs(self) -> Iterator[CoreInput]:
        """The inputs of the core, in applied order."""
        decode = msgspec.json.Decoder(CoreInput).decode
        for topic, message in self._messages():
            if topic == INPUTS_TOPIC:
                with self._told():
                    entry = decode(message.data)
                yield entry

    def _messages(self) -> Iterator[tuple[str, Message]]:
        topics: dict[int, str] = {}
        records = self._records(emit_chunks=False)
        while True:
            with self._told():
                record = next(records, None)
                if isinstance(record, Channel):
                    topics[record.id] = record.topic
                topic = topics[record.channel_id] if isinstance(record, Message) else ""
            if record is None:
                return
            if isinstance(record, Message):
                yield topic, record

    def _records(self, *, emit_chunks: bool) -> Iterator[McapRecord]:
        with self.path.open("rb") as stream:
            reader = StreamReader(
                stream, emit_chunks=emit_chunks, validate_crcs=True, record_size_limit=RECORD_BYTES_MAX
            )
            yield from reader.records

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except IsADirectoryError as error:
            msg = f"{self.path}: got a folder, expected the run.mcap of a run"
            raise RecordingError(msg, hint=f"It may be {self.path / 'run.mcap'}.") from error
        except OSError as error:
            msg = f"{self.path}: the recording cannot be read: {error.strerror or error}"
            raise RecordingError(msg) from error
        except InvalidMagic as error:
            raise _not_ours(self.path) from error
        except _DAMAGE as error:
            msg = f"{self.path}: the recording is cut off or damaged"
            raise RecordingError(msg, hint="Run its scenario again: the same seed gives the same recording.") from error


def digest_of(path: Path) -> RecordedDigest:
    """The digest of a recording's messages beside the one stamped into it. Raises RecordingError."""
    reader, digest = RecordingReader(path), RunDigest()
    lines: list[bytes] = []
    times_us: list[int] = []
    for _, _, payload, at_us in reader.messages():
        lines.append(payload + b"\n")
        times_us.append(at_us)
        if len(lines) == _DIGEST_BATCH:
            digest.update(b"".join(lines), times_us)
            lines, times_us = [], []
    digest.update(b"".join(lines), times_us)
    return RecordedDigest(stamped=reader.digest, recomputed=digest.hexdigest(), messages=digest.messages)


def _run_header(about: dict[str, str], scenario_text: str) -> RunHeader:
    return RunHeader(
        scenario=about["scenario"],
        scenario_text=scenario_text,
        seed=int(about["seed"]),
        driver=about["driver"],
        fidelity=about["fidelity"],
        platform=about["platform"],
        versions=msgspec.json.decode(about["versions"], type=dict[str, str]),
        options=msgspec.json.decode(about["options"], type=dict[str, str]),
    )


def _not_ours(path: Path) -> RecordingError:
    return RecordingError(
        f"{path}: got a file that is no recording of docktwin, expected the run.mcap of a run",
        hint="Every run writes one beside its verdict.",
    )
