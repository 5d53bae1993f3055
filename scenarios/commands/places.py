"""Places that a person names for what is written: refused before anything is run, if nothing can be written there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twin.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def check_file(option: str, path: Path, *, ending: str) -> None:
    """Raises ConfigError where no file of this kind can be written. `ending`: that of its name, as .png."""
    if path.exists() and not path.is_file():
        raise _refusal(option, path, "a folder" if path.is_dir() else "a device", "a file")
    if path.suffix.lower() != ending:
        raise _refusal(option, path, f"a name that ends in {path.suffix or 'nothing'}", f"one that ends in {ending}")
    folder = path.absolute().parent
    if not folder.exists():
        raise _refusal(option, path, f"a folder {folder.name} that does not exist", "one that does")
    if not _is_writable(folder):
        raise _refusal(option, path, "a place that cannot be written", "a file in a folder that can")


def check_folder(option: str, folder: Path, *files: str) -> None:
    """Make the folder if need be. Raises ConfigError where these files cannot be written into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        got = f"a place that cannot be written ({error.strerror or error})"
        raise _refusal(option, folder, got, "a folder") from error
    if not _is_writable(folder):
        raise _refusal(option, folder, "a folder that cannot be written", "one that can")
    for name in files:
        if (folder / name).is_dir():
            raise _refusal(option, folder, f"a folder with a folder {name} in it", f"{name} to be a file, or absent")


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _refusal(option: str, path: Path, got: str, expected: str) -> ConfigError:
    return ConfigError(f"{option} {path}: got {got}, expected {expected}; nothing was run")
