"""All processes agree on which code computes physics, and other code is told from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.physics import code_hash as module
from sim.physics.code_hash import code_hash


def test_every_process_has_the_same_hash_whatever_it_has_imported() -> None:
    code = "import scenarios.drivers; from sim.physics.code_hash import code_hash; print(code_hash())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == code_hash()


def test_an_edit_of_any_file_gives_another_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "files", lambda _: tmp_path)
    file = tmp_path / "episode.py"
    file.write_text("LIFT_M = 0.015\n")
    before = code_hash.__wrapped__()
    file.write_text("LIFT_M = 0.016\n")
    assert code_hash.__wrapped__() != before
    assert code_hash() == code_hash(), "but not in a process that has begun"
