"""`docktwin run` goes by the profile: what docktwin.toml or the environment says holds unless an option says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scenarios.commands.options import RunRequest
from scenarios.commands.run import run
from tests.e2e.small import SMALL
from twin.errors import EXIT_PASSED, ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a scenario, and an environment that says nothing."""
    for variable in ("DOCKTWIN_NATS_URL", "DOCKTWIN_HANG_GUARD_S", "DOCKTWIN_RUNS_DIR"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "small.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_go_where_the_profile_says(folder: Path) -> None:
    (folder / "docktwin.toml").write_text('[profiles.sim]\nruns_dir = "left here"\n')
    assert run(RunRequest(scenario="small.yaml", seed="3"), out=None, as_json=True, is_verbose=False) == EXIT_PASSED
    assert (folder / "left here" / "small-3" / "verdict.json").is_file()


def test_an_option_wins_over_the_profile(folder: Path) -> None:
    (folder / "docktwin.toml").write_text('[profiles.sim]\nruns_dir = "left here"\n')
    run(RunRequest(scenario="small.yaml"), out=folder / "there", as_json=True, is_verbose=False)
    assert (folder / "there" / "verdict.json").is_file()
    assert not (folder / "left here").exists()


def test_a_lockstep_run_goes_to_the_server_of_the_profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKTWIN_NATS_URL", "nats://192.0.2.1:4222")
    with pytest.raises(ConfigError, match=r"got a NATS server at 192\.0\.2\.1:4222, expected one on this machine"):
        run(RunRequest(scenario="small.yaml", driver="lockstep"), out=folder / "x", as_json=True, is_verbose=False)


def test_a_profile_that_cannot_be_used_ends_the_command_before_anything_runs(folder: Path) -> None:
    (folder / "docktwin.toml").write_text("[profiles.sim]\nhang_guard_s = -1\n")
    with pytest.raises(ConfigError, match=r"docktwin\.toml: profiles\.sim\.hang_guard_s: got -1"):
        run(RunRequest(scenario="small.yaml"), out=None, as_json=True, is_verbose=False)
    assert not (folder / "runs").exists()
