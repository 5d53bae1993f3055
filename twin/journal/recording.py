"""Recordings: every message of a run on its bus time, what the run was, and every input of the core, in one MCAP file.

Topic = subject, log time = bus time; topics that begin with `journal.` are ours and no messages. A file holds no wall
time, so a run that repeats to the byte repeats its recording to the byte. Any MCAP tool reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from twin.errors import RecordingWriteError
from twin.journal.mcap_writer import CHANNELS_MAX, McapWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

PROFILE = "docktwin"
FORMAT = "1"
JOURNAL_TOPICS = "journal."
INPUTS_TOPIC = "journal.inputs"
RUN_RECORD = "docktwin.run"
RESULT_RECORD = "docktwin.result"
SCENARIO_ATTACHMENT = "scenario.yaml"
_ANY_OBJECT_SCHEMA = b'{"type":"object"}'
_NS_PER_US = 1000


@dataclass(frozen=True, kw_only=True)
class RunHeader:
    """What a run was: enough, with its code, to run it again."""

    scenario: str
    """The scenario's name."""
    scenario_text: str
    """Its file as it was read."""
    seed: int
    driver: str
    fidelity: str
    platform: str
    versions: Mapping[str, str] = field(default_factory=dict)
    """What decides whether another machine gives the same digest: docktwin, python, numpy."""
    options: Mapping[str, str] = field(default_factory=dict)
    """What else the run was started with: planners, windows."""


class Recorded(NamedTuple):
    """One message of a recording; `position` counts them from 1."""

    position: int
    subject: str
    payload: bytes
    at_us: int


class CoreInput(msgspec.Struct, frozen=True, gc=False):
    """One input of the core, in applied order; `ref` is the id of a message or the name of a timer."""

    index: int
    at_us: int
    kind: str
    ref: str


class _Typed(msgspec.Struct):
    type: str


class RecordingWriter:
    """Writes a recording under a temporary name; it gets its own when it is finished, so that no half file bears it.

    Used as `with RecordingWriter(path) as recording:`; a block that ends without `finish` leaves nothing.
    Every method raises RecordingWriteError if the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.part")
        self._channels: dict[str, int] = {}
        self._schemas: dict[str, int] = {}
        self._messages = 0
        self._inputs = 0
        self._is_finished = False
        self._encode_input = msgspec.json.Encoder().encode
        with self._told():
            self._stream: BinaryIO = self._part.open("wb")
            self._mcap = McapWriter(self._stream, profile=PROFILE, library=PROFILE)

    def __enter__(self) -> Self:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Throw away what was not finished."""
        self.discard()

    def header(self, run: RunHeader) -> None:
        """What this run is; before its first message."""
        about = {
            "format": FORMAT,
            "scenario": run.scenario,
            "seed": str(run.seed),
            "driver": run.driver,
            "fidelity": run.fidelity,
            "platform": run.platform,
            "versions": _as_json(run.versions),
            "options": _as_json(run.options),
        }
        with self._told():
            self._mcap.add_metadata(RUN_RECORD, about)
            self._mcap.add_attachment(SCENARIO_ATTACHMENT, "application/yaml", run.scenario_text.encode())

    def message(self, subject: str, payload: bytes, at_us: int) -> None:
        """One message as it was on the bus, in canonical order; `at_us` is its bus time."""
        channel = self._channels.get(subject)
        if channel is None:
            channel = self._open_channel(subject, payload)
        try:
            self._mcap.add_message(channel, at_us * _NS_PER_US, payload)
        except OSError as error:
            raise self._unwritten(error) from error
        self._messages += 1

    def inputs(self, batch: Iterable[tuple[int, str, str]]) -> None:
        """Inputs of the core in applied order, each (at_us, kind, ref); kind is "message", "timer" or another word."""
        channel = self._channels.get(INPUTS_TOPIC)
        if channel is None:
            channel = self._channels[INPUTS_TOPIC] = self._mcap.add_channel(INPUTS_TOPIC, encoding="json")
        with self._told():
            for at_us, kind, ref in batch:
                self._inputs += 1
                self._mcap.add_message(
                    channel, at_us * _NS_PER_US, self._encode_input(CoreInput(self._inputs, at_us, kind, ref))
                )

    def finish(self, *, digest: str) -> None:
        """Stamp the run's digest, end the file and give it its name."""
        result = {"digest": digest, "messages": str(self._messages), "inputs": str(self._inputs)}
        with self._told():
            self._mcap.add_metadata(RESULT_RECORD, result)
            self._mcap.finish()
            self._stream.close()
            self._part.replace(self.path)
        self._is_finished = True

    def discard(self) -> None:
        """Close and remove what was not finished; after `finish` this does nothing."""
        if not self._is_finished:
            with suppress(OSError):  # what could not be written need not be
                self._stream.close()
            self._part.unlink(missing_ok=True)

    def _open_channel(self, subject: str, payload: bytes) -> int:
        if len(self._channels) >= CHANNELS_MAX:
            msg = f"{self.path}: got more than {CHANNELS_MAX:,} subjects, which one recording cannot hold"
            raise RecordingWriteError(msg)
        channel = self._mcap.add_channel(subject, encoding="json", schema_id=self._schema(payload))
        self._channels[subject] = channel
        return channel

    def _schema(self, payload: bytes) -> int:
        """The number of the schema that bears the message's type as its name; 0 if the message names none."""
        try:
            name = msgspec.json.decode(payload, type=_Typed).type
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return 0
        if name not in self._schemas:
            self._schemas[name] = self._mcap.add_schema(name, "jsonschema", _ANY_OBJECT_SCHEMA)
        return self._schemas[name]

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._unwritten(error) from error

    def _unwritten(self, error: OSError) -> RecordingWriteError:
        return RecordingWriteError(
            f"{self.path}: the recording cannot be written: {error.strerror or error}",
            hint="Choose another folder with --out, or make room on this one.",
        )


def _as_json(texts: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(texts), order="sorted").decode()
