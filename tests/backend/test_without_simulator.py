"""The backend runs where the simulator and its engines are not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"sim", "simpy", "pybullet", "numpy", "scipy"}:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
"""


def run_blocked(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED + code, str(ROOT)], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_every_module_of_the_backend_is_imported_without_simulator() -> None:
    done = run_blocked(
        "import importlib, pkgutil, backend\n"
        "names = [m.name for m in pkgutil.walk_packages(backend.__path__, 'backend.')]\n"
        "for name in names: importlib.import_module(name)\n"
        "assert len(names) > 20, names\n"
    )
    assert done.returncode == 0, done.stderr


def test_the_backends_own_tests_pass_without_simulator() -> None:
    done = run_blocked(
        "import pytest\n"
        "sys.exit(pytest.main(['-q', '-x', '-p', 'no:cacheprovider', '-p', 'no:nbmake',\n"
        "    '-o', 'addopts=--import-mode=importlib', 'tests/backend',\n"
        "    '--ignore', 'tests/backend/test_without_simulator.py']))\n"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_blocker_blocks() -> None:
    done = run_blocked("import simpy\n")
    assert done.returncode != 0
    assert "simpy is not installed here" in done.stderr
