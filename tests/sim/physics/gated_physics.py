"""The support graph as a slow physics would be: in a worker, a pick may wait at a gate until a test opens it."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Literal

from sim.physics.support import SupportPhysics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sim.load.load import Load
    from sim.physics.port import Extraction, Pick
    from sim.physics.support import SupportGraph

Word = Literal["go", "die", "fail", "speak"]


class Gates:
    """A folder of gates, each a named pipe: whoever comes to one waits until a test says a word into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.home = os.getpid()

    def put_up(self, *names: str) -> None:
        for name in names:
            os.mkfifo(self._folder / name)

    def open(self, name: str, word: Word = "go") -> None:
        """Wait until somebody is there, and let him pass with a word."""
        (self._folder / name).write_text(word)

    def pass_through(self, name: str) -> str:
        gate = self._folder / name
        return gate.read_text() if gate.exists() else "go"


class GatedPhysics(SupportPhysics):
    """At home it counts what it does, and knows no gates."""

    def __init__(self, gates: Gates, say: Callable[[str], None], *, kept: Sequence[Load] = ()) -> None:
        super().__init__()
        self.done: list[str] = []
        self._gates = gates
        self._say = say
        self._kept = kept

    def recalled(self, load: Load) -> SupportGraph | None:
        return super().settle(load) if load in self._kept else None

    def settle(self, load: Load) -> SupportGraph:
        self._pass(load.trailer_id)
        return super().settle(load)

    def extract(self, state: SupportGraph, pick: Pick, uniforms: Sequence[float]) -> tuple[SupportGraph, Extraction]:
        self._pass(pick.case_id)
        return super().extract(state, pick, uniforms)

    def _pass(self, name: str) -> None:
        if os.getpid() == self._gates.home:
            self.done.append(name)
            return
        word = self._gates.pass_through(name)
        if word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "fail":
            msg = f"{name} has had enough"
            raise RuntimeError(msg)
        elif word == "speak":
            self._say(f"{name} was here")


def no_physics(_say: Callable[[str], None]) -> GatedPhysics:
    """What cannot be made but at home."""
    msg = "there is no physics in a worker"
    raise ImportError(msg)
