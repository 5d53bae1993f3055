"""Results of a long campaign, kept line by line, so that one that was interrupted goes on where it was.

A line counts only for the code that made it: hash of the physics, version of Bullet. What other code has found is
left out, and measured again. Of the campaigns' own code, all modules of this folder count.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from sim.physics.bullet import version
from sim.physics.code_hash import code_hash

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path("runs/physics")
_CAMPAIGNS = sorted(Path(__file__).parent.glob("*.py"))

ResultT = TypeVar("ResultT", bound=msgspec.Struct)


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    job: str
    results: msgspec.Raw


class Kept(Generic[ResultT]):
    """The results of jobs in a file of this name. `kind`: what a result is."""

    def __init__(self, name: str, kind: type[ResultT], folder: Path = FOLDER) -> None:
        self._path = folder / f"{name}.jsonl"
        self._kind = kind
        told = (code_hash() + version()).encode() + b"".join(file.read_bytes() for file in _CAMPAIGNS)
        self._code = blake2b(told, digest_size=8).hexdigest()

    def done(self) -> dict[str, list[ResultT]]:
        """By job, what this code has found."""
        if not self._path.is_file():
            return {}
        lines = [msgspec.json.decode(line, type=_Line) for line in self._path.read_bytes().splitlines()]
        results = msgspec.json.Decoder(list[self._kind])  # type: ignore[name-defined]
        return {line.job: results.decode(line.results) for line in lines if line.code == self._code}

    def do(self, job: str, work: Callable[[], list[ResultT]]) -> list[ResultT]:
        """Do a job, in this process, and keep what it found."""
        results = work()
        line = _Line(code=self._code, job=job, results=msgspec.Raw(msgspec.json.encode(results)))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return results
