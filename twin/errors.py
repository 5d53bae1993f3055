"""One tree of errors. Every error has a stable code, says what to do, and knows the exit status it ends a command with.

An operating error (a refused message, a silent robot) is a message or a result, not an exception; an assertion is a bug.
"""

from __future__ import annotations

from typing import ClassVar

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
    """A scenario file has mistakes."""

    code = "E-SCENARIO"


class ManifestError(BadInputError):
    """A manifest or packing plan cannot be turned into a load."""

    code = "E-MANIFEST"


class RecordingError(BadInputError):
    """A recording is missing, cut off or not ours."""

    code = "E-RECORDING"


class ConfigError(BadInputError):
    """A profile or an option cannot be used."""

    code = "E-CONFIG"


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
