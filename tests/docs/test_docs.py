"""The README and the docs tell the truth: their commands run, their scenarios pass, their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.drivers import run_scenario
from scenarios.schema import scenario_from_text
from scenarios.verdict import judge

TOP = Path(__file__).resolve().parents[2]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
RUN_BY_CI = {"make demo", "make test"}
"""`.ci/run` calls these; the second is this very run."""
TIMEOUT_S = 300


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[str]:
    """What a reader would paste: without prompts, comments and output."""
    lines = [line.removeprefix("$ ") for block in blocks(page, "console") for line in block.splitlines()]
    return [line for line in lines if line.startswith((".venv/bin/", "docktwin ", "make "))]


def runnable(command: str) -> str:
    """The command with this very interpreter in the place of the one a reader has."""
    python = shlex.quote(sys.executable)
    for shown, meant in ((r"(\.venv/bin/)?docktwin\b", f"{python} -m scenarios.cli"), (r"\.venv/bin/python\b", python)):
        command, replaced = re.subn(f"^{shown}", meant.replace("\\", r"\\"), command)
        if replaced:
            return command
    raise AssertionError(command)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the checkout, to leave files in."""
    folder = tmp_path_factory.mktemp("a reader")
    for name in ("scenarios", "docs", "notebooks", "pyproject.toml"):
        if (TOP / name).exists():
            (folder / name).symlink_to(TOP / name)
    return folder


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.stem)
def test_the_commands_of_a_page_run(page: Path, checkout: Path) -> None:
    for command in commands(page):
        if command in RUN_BY_CI or command.startswith("make "):
            assert command.split()[1] in (TOP / "Makefile").read_text()
            continue
        done = subprocess.run(
            ["bash", "-c", runnable(command)],  # noqa: S607 - whichever bash the reader has
            cwd=checkout,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_the_readme_scenario_passes() -> None:
    (text,) = blocks(TOP / "README.md", "yaml")
    verdict = judge(run_scenario(scenario_from_text(text, "readme.yaml")))
    assert verdict.verdict == "passed"


def test_the_readme_python_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks(TOP / "README.md", "python")
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102 - our own README
    assert capsys.readouterr().out.startswith("passed ")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
