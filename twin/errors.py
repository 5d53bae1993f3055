"""One tree of errors. Every error has a stable code, says what to do, and knows the exit status it ends a command with.

An operating error (an expired command, a silent robot) is a message or a result, not an exception; an assertion is
a bug.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from twin.mistakes import Mistake, described, summarised

EXIT_PASSED = 0
EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_OUR_FAULT = 3
EXIT_INTERRUPTED = 130


class DocktwinError(Exception):
    """The root: catch this to catch everything docktwin raises on purpose."""

    code: ClassVar[str] = "E-DOCKTWIN"
    exit_status: ClassVar[int] = EXIT_OUR_FAULT

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class BadInputError(DocktwinError):
    """What a person or a file gave us cannot be used; nothing was run."""

    code = "E-INPUT"
    exit_status = EXIT_BAD_INPUT


class ScenarioError(BadInputError):
    """A scenario file has mistakes: `mistakes` are all of them, in line order; `str()` is what a person reads."""

    code = "E-SCENARIO"

    def __init__(self, path: str, mistakes: Sequence[Mistake]) -> None:
        super().__init__(summarised(path, mistakes), hint="All keys and values: docktwin schema scenario")
        self.path = path
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (mistake.line, mistake.column)))

    def __str__(self) -> str:
        return "\n\n".join([self.message, *map(described, self.mistakes), self.hint])

    def __reduce__(self) -> tuple[type[ScenarioError], tuple[str, tuple[Mistake, ...]]]:
        # A suite's workers send it to the process that reports.
        return ScenarioError, (self.path, self.mistakes)


class ManifestError(BadInputError):
    """A manifest or packing plan cannot be turned into a load."""

    code = "E-MANIFEST"


class DataAbsentError(ManifestError):
    """Outside data that a scenario needs are not here: a suite skips it and says where to get them."""

    code = "E-DATA-ABSENT"


class UsageError(BadInputError):
    """A command was given arguments it does not take."""

    code = "E-USAGE"


class RecordingError(BadInputError):
    """A recording is missing, cut off or not ours."""

    code = "E-RECORDING"


class ConfigError(BadInputError):
    """A profile or an option cannot be used."""

    code = "E-CONFIG"


Refusal = Literal[
    "too_large",
    "too_deep",
    "not_utf8",
    "not_json",
    "not_finite",
    "duplicate_key",
    "missing_field",
    "wrong_type",
    "unknown_type",
    "unknown_value",
    "out_of_range",
    "bad_text",
    "impossible_geometry",
    "id_mismatch",
    "subject_mismatch",
    "wrong_publisher",
]
"""Why a message was refused: stable, counted by, explained in docs/errors.md."""


class MessageRefused(BadInputError):  # noqa: N818 - a refusal is an answer to bad input, not a failure of ours
    """A message is not as the contract says: `refusal` says why, `path` where (`$.data.seq`), `detail` what it is."""

    code = "E-MESSAGE"

    def __init__(self, refusal: Refusal, path: str, detail: str) -> None:
        super().__init__(f"{refusal} at {path}: {detail}")
        self.refusal = refusal
        self.path = path
        self.detail = detail

    def __reduce__(self) -> tuple[type[MessageRefused], tuple[Refusal, str, str]]:
        return MessageRefused, (self.refusal, self.path, self.detail)


class OutputError(DocktwinError):
    """What there was to say cannot be written to standard output."""

    code = "E-OUTPUT"


class TransportError(DocktwinError):
    """The bus failed us; whether the last message arrived is not known."""

    code = "E-BUS"


class BusConnectError(TransportError):
    """No NATS server answers at the given address."""

    code = "E-BUS-CONNECT"


class ServerStartError(TransportError):
    """The embedded nats-server did not start."""

    code = "E-BUS-SERVER"


class StallError(TransportError):
    """The other side of a lockstep run did not answer its grant."""

    code = "E-RUN-STALL"


class DivergenceError(DocktwinError):
    """The two sides of a lockstep run counted or hashed different messages."""

    code = "E-RUN-DIVERGED"


class PlannerHangError(DocktwinError):
    """A planner gave no answer within the hang guard."""

    code = "E-PLANNER-HANG"


class FencedError(DocktwinError):
    """Another backend has taken over the site: this one may write no more."""

    code = "E-LEDGER-FENCED"


class RecordingWriteError(DocktwinError):
    """A recording cannot be written."""

    code = "E-RECORDING-WRITE"
