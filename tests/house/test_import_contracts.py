"""The import contracts of pyproject.toml, each broken once in a skeleton of the house."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"
ROOMS = [
    "backend/core",
    "backend/host",
    "backend/planning",
    "backend/services",
    "backend/store",
    "scenarios",
    "sim/physics/bullet",
    "twin/bus/nats",
    "twin/messages",
]

ONE_WAY = "Imports go one way"
INSIDE = "Inside the backend"
PURE = "reach no I/O"
STILL = "read no clock"
ENGINES = "without the simulator's engines"
SIDES = "do not know the transport"
ADAPTER = "One adapter"
ENGINE = "One adapter speaks to PyBullet"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Empty packages, and each adapter, under the contracts of this repository."""
    for room in ROOMS:
        (tmp_path / room).mkdir(parents=True, exist_ok=True)
        for folder in [Path(room), *Path(room).parents][:-1]:
            (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "twin/bus/nats/__init__.py").write_text("import asyncio\n\nimport nats\n")
    (tmp_path / "sim/physics/bullet/__init__.py").write_text("import pybullet\n")
    (tmp_path / "pyproject.toml").write_text((TOP / "pyproject.toml").read_text())
    return tmp_path


def verdicts(house: Path) -> dict[str, str]:
    """KEPT or BROKEN by contract."""
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {LINT}", "--no-cache"],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.rpartition(" ") for line in ran.stdout.splitlines() if line.endswith((" KEPT", " BROKEN"))]
    assert lines, ran.stdout + ran.stderr
    return {name: verdict for name, _, verdict in lines}


def test_the_skeleton_breaks_no_contract(house: Path) -> None:
    assert set(verdicts(house).values()) == {"KEPT"}


@pytest.mark.parametrize(
    ("room", "imports", "contract"),
    [
        ("twin/messages", "sim", ONE_WAY),
        ("twin", "backend.core", ONE_WAY),
        ("sim", "backend.core", ONE_WAY),
        ("backend/host", "sim", ONE_WAY),
        ("sim", "scenarios", ONE_WAY),
        ("backend/core", "backend.planning", INSIDE),
        ("backend/planning", "backend.services", INSIDE),
        ("backend/services", "backend.store", INSIDE),
        ("backend/services", "asyncio", PURE),
        ("backend/core", "twin.bus.nats", PURE),
        ("twin/messages", "asyncio", PURE),
        ("backend/planning", "random", STILL),
        ("backend/core", "time", STILL),
        ("backend/host", "simpy", ENGINES),
        ("sim", "nats", SIDES),
        ("backend/host", "nats", SIDES),
        ("scenarios", "nats", ADAPTER),
        ("sim/physics", "pybullet", ENGINE),
    ],
)
def test_a_planted_import_breaks_its_contract(house: Path, room: str, imports: str, contract: str) -> None:
    (house / room / "__init__.py").write_text(f"import {imports}\n")
    broken = [name for name, verdict in verdicts(house).items() if verdict == "BROKEN"]
    assert [name for name in broken if contract in name]
