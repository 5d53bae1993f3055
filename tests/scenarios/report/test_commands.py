from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scenarios.report.commands import Invocation, command

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_command_repeats_what_was_asked_and_leaves_out_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: "/usr/bin/docktwin")
    assert Invocation(target="first_truck", seed=3).again() == "docktwin run first_truck --seed 3"
    asked = Invocation(
        target="my trucks/a.yaml", seed=3, driver="lockstep", fidelity="trailer", nats_url="nats://127.0.0.1:4222"
    )
    assert asked.again(verbose=True) == (
        "docktwin run 'my trucks/a.yaml' --seed 3 --driver lockstep --fidelity trailer "
        "--nats-url nats://127.0.0.1:4222 --verbose"
    )


def test_where_the_shell_does_not_find_docktwin_its_path_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bin_folder = tmp_path / "a b" / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "docktwin").touch()
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr(sys, "executable", str(bin_folder / "python"))
    monkeypatch.chdir(tmp_path / "a b")
    assert command("list") == ".venv/bin/docktwin list"
    monkeypatch.chdir(tmp_path)
    assert command("list") == "'a b/.venv/bin/docktwin' list"
