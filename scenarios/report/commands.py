"""Commands as a person would type them, so that they work when pasted."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from msgspec import Struct


class Invocation(Struct, frozen=True, kw_only=True):
    """What a run was asked for, as far as it differs from the defaults; `target` as it was typed."""

    target: str
    seed: int
    driver: str = "inline"
    fidelity: str | None = None
    dock_planner: str | None = None
    unload_planner: str | None = None
    nats_url: str | None = None

    def again(self, *, verbose: bool = False) -> str:
        """The command that repeats the run."""
        options = {
            "--seed": str(self.seed),
            "--driver": None if self.driver == "inline" else self.driver,
            "--fidelity": self.fidelity,
            "--dock-planner": self.dock_planner,
            "--unload-planner": self.unload_planner,
            "--nats-url": self.nats_url,
        }
        words = ["run", self.target]
        for option, value in options.items():
            if value is not None:
                words += [option, value]
        return command(*words, *(["--verbose"] if verbose else []))


def command(*words: str) -> str:
    """A `docktwin` command, quoted for the shell."""
    return shlex.join([*_program(), *words])


def _program() -> list[str]:
    """How docktwin is called from here: by its name if the shell finds it, else by its path."""
    if shutil.which("docktwin") is not None:
        return ["docktwin"]
    script = Path(sys.executable).parent / "docktwin"
    if not script.exists():
        return [_from_here(Path(sys.executable)), "-m", "scenarios.cli"]
    return [_from_here(script)]


def _from_here(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
