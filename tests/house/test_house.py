"""The house keeps its rules, and each rule is able to fail."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.house import lint

TOP = Path(__file__).resolve().parents[2]
IGNORED = {".git", ".venv", "runs", "build", "dist", "__pycache__"}


def tracked_files() -> list[str]:
    """Paths of what git tracks or would; of an exported tree, which has no git, everything that is not made here."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git on the PATH
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0 and (TOP / ".git").exists():
        names = [name for name in listed.stdout.split("\0") if name]
    else:
        names = [path.relative_to(TOP).as_posix() for path in TOP.rglob("*")]
        names = [name for name in names if not IGNORED & set(name.split("/")) and "_cache" not in name]
    return sorted(name for name in set(names) if (TOP / name).is_file())


FILES = tracked_files()
SOURCES = [name for name in FILES if name.endswith(".py")]


@pytest.mark.parametrize("path", SOURCES)
def test_a_source_file_keeps_the_house_rules(path: str) -> None:
    source = lint.Source.of(path, (TOP / path).read_text())
    assert lint.broken(source) == []


def test_the_top_of_the_repository_holds_only_what_belongs_there() -> None:
    assert lint.strangers(FILES) == set()


def test_no_file_is_larger_than_a_mebibyte() -> None:
    assert [path for path in FILES if (TOP / path).stat().st_size > lint.FILE_BYTES_MAX] == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    texts = {path: (TOP / path).read_bytes().decode(errors="replace") for path in FILES}
    assert [line for path, text in texts.items() for line in lint.foreign_lines(path, text)] == []


def test_every_module_that_may_be_long_exists_is_long_and_has_a_reason() -> None:
    for path, reason in lint.LONG_MODULES.items():
        assert (TOP / path).read_text().count("\n") > lint.MODULE_LINES_MAX, path
        assert reason, path
